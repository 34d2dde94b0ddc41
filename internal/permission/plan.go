package permission

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// ModifyPlan checks what needs to know the server, and warns of what a first rule does on Artifact Keeper.
func (r *permissionResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) || !r.Configured() {
		return // a configuration that is not known yet is checked in Create and Update
	}
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	resp.Diagnostics.Append(checkServer(ctx, reg, plan)...)
	if !req.State.Raw.IsNull() {
		var state model
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
		warnReleased(plan, state, &resp.Diagnostics)
		warnTakeover(ctx, reg, plan, state, &resp.Diagnostics)
	} else if reg.Capabilities.PermissionPerRepository && tfkit.IsSet(plan.Name) && !resp.Diagnostics.HasError() {
		warnFirstRule(ctx, reg, plan.Name.ValueString(), &resp.Diagnostics)
	}
}

// warnFirstRule says that the first rule on a private repository changes who can read it: without rules its roles
// decide, with one only the rules do (Artifact Keeper: api/middleware/auth.rs). What cannot be asked now is not warned of.
func warnFirstRule(ctx context.Context, reg *registry.Registry, key string, diags *diag.Diagnostics) {
	repository, err := reg.Repositories.Get(ctx, key)
	if err != nil || repository.Public {
		return // a repository that does not exist may be made in the same run; creating the permission will tell
	}
	if _, err := reg.Permissions.Get(ctx, key); !registry.IsNotFound(err) {
		return
	}
	diags.AddAttributeWarning(path.Root("name"), fmt.Sprintf("The first rule changes who can read %q", key),
		"The repository is private and has no rule yet, so that roles decide who reads it. With its first rule only users and groups "+
			"with a rule can, its creator included. Name everybody who needs it.")
}

// warnReleased says whose rules nobody manages any more when a permission becomes additive: the plan shows them as removed,
// and they stay. An import owns every rule of the repository, so this is how one becomes a shared one.
func warnReleased(plan, state model, diags *diag.Diagnostics) {
	if !plan.Additive.ValueBool() || state.Additive.ValueBool() {
		return
	}
	var dropped []string
	for _, pair := range []struct{ was, will types.Map }{{state.Users, plan.Users}, {state.Groups, plan.Groups}} {
		for name := range pair.was.Elements() {
			if _, stays := pair.will.Elements()[name]; !stays && !pair.will.IsUnknown() {
				dropped = append(dropped, name)
			}
		}
	}
	if len(dropped) == 0 {
		return
	}
	slices.Sort(dropped)
	diags.AddAttributeWarning(path.Root("additive"), "Rules of others are left alone from now on",
		fmt.Sprintf("Until now this permission owned every rule of the repository. It becomes additive, and these principals are not in the "+
			"configuration any more: %s. Their rules stay and are nobody's; withdraw them where that is not wanted.", strings.Join(dropped, ", ")))
}

// warnTakeover says whose rules go when an additive permission becomes the repository's only one: the plan never knew them.
func warnTakeover(ctx context.Context, reg *registry.Registry, plan, state model, diags *diag.Diagnostics) {
	if plan.Additive.IsUnknown() || plan.Additive.ValueBool() || !state.Additive.ValueBool() {
		return
	}
	found, err := reg.Permissions.Get(ctx, state.Name.ValueString())
	if err != nil {
		return // Update will tell
	}
	var others []string
	for _, pair := range []struct {
		has  map[string][]string
		will types.Map
	}{{found.Users, plan.Users}, {found.Groups, plan.Groups}} {
		for name := range pair.has {
			if _, stays := pair.will.Elements()[name]; !stays {
				others = append(others, name)
			}
		}
	}
	if len(others) == 0 {
		return
	}
	slices.Sort(others)
	diags.AddAttributeWarning(path.Root("additive"), fmt.Sprintf("Rules of others on %q will be withdrawn", state.Name.ValueString()),
		"Without additive, this permission owns every rule of the repository. These principals have one now and are not in the "+
			"configuration: "+strings.Join(others, ", ")+".")
}
