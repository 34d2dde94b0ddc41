package token

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// ModifyPlan implements resource.ResourceWithModifyPlan: what replaces the token, and the checks that need a server.
func (r *tokenResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) && stays(ctx, req, &resp.Diagnostics) {
		return
	}
	var plan, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !req.State.Raw.IsNull() && !r.planChange(ctx, req, plan, config, resp) {
		return
	}
	r.planWithServer(ctx, plan, config, resp)
}

// stays reports whether a token of which nothing was changed is kept. It spares most plans decoding three whole objects.
func stays(ctx context.Context, req resource.ModifyPlanRequest, diags *diag.Diagnostics) bool {
	var due types.Bool
	var scopes types.Set
	var from origin
	diags.Append(req.State.GetAttribute(ctx, path.Root("rotation_due"), &due)...)
	diags.Append(req.Config.GetAttribute(ctx, path.Root("scopes"), &scopes)...)
	_, loaded := tfkit.LoadPrivate(ctx, req.Private, originKey, &from)
	diags.Append(loaded...)
	return !due.ValueBool() && (!scopes.IsNull() || from.DefaultScopes || from.Imported)
}

// planChange decides between keeping and replacing a token in the state. It reports whether the server's rules need
// checking, which they do not while the token stays.
func (r *tokenResource) planChange(ctx context.Context, req resource.ModifyPlanRequest, plan, config model, resp *resource.ModifyPlanResponse) bool {
	var state model
	var from origin
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	_, diags := tfkit.LoadPrivate(ctx, req.Private, originKey, &from)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return false
	}
	resp.RequiresReplace = append(resp.RequiresReplace, replacements(state, plan, config, from)...)
	switch {
	case state.RotationDue.ValueBool():
		// Terraform replaces only for a value that changes.
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("rotation_due"), types.BoolValue(false))...)
	case !plan.RotateBefore.SameLength(state.RotateBefore):
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("rotation_due"), types.BoolUnknown())...)
	}
	if len(resp.RequiresReplace) == 0 {
		return false
	}
	if config.Scopes.IsNull() && !from.DefaultScopes {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("scopes"), types.SetUnknown(types.StringType))...)
	}
	return true
}

// replacements lists the changes that only a new token can bring. A value that an import could not learn is taken over.
func replacements(state, plan, config model, from origin) path.Paths {
	var paths path.Paths
	replace := func(name string, same bool, was attr.Value) {
		if !same && (!from.Imported || !was.IsNull()) {
			paths = append(paths, path.Root(name))
		}
	}
	replace("username", plan.Username.Equal(state.Username), state.Username)
	replace("expires_in", plan.ExpiresIn.SameLength(state.ExpiresIn), state.ExpiresIn)
	replace("keepers", plan.Keepers.Equal(state.Keepers), state.Keepers)
	replace("artifactory", plan.Artifactory.Equal(state.Artifactory), state.Artifactory)
	if config.Scopes.IsNull() {
		// Scopes taken out of the configuration mean the default again, which state holds only if it was the default before.
		replace("scopes", from.DefaultScopes || from.Imported, state.Scopes)
	} else {
		replace("scopes", plan.Scopes.Equal(state.Scopes), state.Scopes)
	}
	if state.RotationDue.ValueBool() {
		paths = append(paths, path.Root("rotation_due"))
	}
	return paths
}

// planWithServer checks a token to be minted against the registry's rules, and waits while those are not known.
func (r *tokenResource) planWithServer(ctx context.Context, plan, config model, resp *resource.ModifyPlanResponse) {
	if !r.Configured() || plan.ExpiresIn.IsUnknown() || config.Scopes.IsUnknown() || plan.Artifactory.IsUnknown() || resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	plan.Scopes = config.Scopes
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(checkServer(reg, spec, r.Data.AllowAdminTokens)...)
	if spec.Scopes == nil {
		scopes, diags := tfkit.StringSet(ctx, reg.Capabilities.DefaultTokenScopes.Strings())
		resp.Diagnostics.Append(diags...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("scopes"), scopes)...)
	}
}

// checkServer holds a token to be minted against the rules that differ between registries. It makes no request.
func checkServer(reg *registry.Registry, spec registry.TokenSpec, allowAdmin bool) (diags diag.Diagnostics) {
	title := reg.Server.Type.Title()
	if err := checkExpiry(reg, spec.Expiry); err != nil {
		diags.AddAttributeError(path.Root("expires_in"), "Invalid lifetime for "+title, err.Error()+".")
	}
	if spec.Artifactory != nil && reg.Server.Type != registry.Artifactory {
		diags.AddAttributeError(path.Root("artifactory"), "Not possible on "+title,
			fmt.Sprintf("The provider is configured for %s at %s, which cannot mint what artifactory = {…} asks for. Remove it.",
				title, reg.Server.URL))
	}
	if length := spec.Scopes.Length(); reg.Server.Type == registry.Artifactory && length > registry.MaxScopesLength {
		diags.AddAttributeError(path.Root("scopes"), "Too many scopes for "+title,
			fmt.Sprintf("The scopes have %d characters together; %s takes %d.", length, title, registry.MaxScopesLength))
	}
	if denied := unsafeScope(reg.Server.Type, spec.Scopes); denied != nil && !allowAdmin {
		diags.Append(denied)
	}
	return diags
}
