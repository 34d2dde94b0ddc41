package user

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// ModifyPlan implements resource.ResourceWithModifyPlan: the checks that need to know the server. They wait while it is
// not known, run only for a plan that changes something, and are repeated by Create.
func (r *userResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	var plan, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		r.planPolicyViewer(ctx, config, req, resp)
	}
	if resp.Diagnostics.HasError() || !r.Configured() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	// What the configuration says, not what was computed, is held against the server.
	plan.DisplayName, plan.Artifactory = config.DisplayName, config.Artifactory
	resp.Diagnostics.Append(checkServer(reg, plan)...)
}

// ValidateConfig implements resource.ResourceWithValidateConfig: what needs no server.
func (r *userResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var artifactory types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("artifactory"), &artifactory)...)
	if resp.Diagnostics.HasError() || !tfkit.IsSet(artifactory) {
		return
	}
	var own artifactoryModel
	resp.Diagnostics.Append(own.FromTerraform(ctx, artifactory)...)
	tfkit.XrayPolicies{Manager: own.PolicyManager, Viewer: own.PolicyViewer}.Check(&resp.Diagnostics)
}

// planPolicyViewer plans what switching policy_manager on does to policy_viewer.
func (r *userResource) planPolicyViewer(ctx context.Context, config model, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var own, current artifactoryModel
	var before model
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	if resp.Diagnostics.HasError() || !tfkit.IsSet(config.Artifactory) {
		return
	}
	resp.Diagnostics.Append(own.FromTerraform(ctx, config.Artifactory)...)
	if tfkit.IsSet(before.Artifactory) {
		resp.Diagnostics.Append(current.FromTerraform(ctx, before.Artifactory)...)
	}
	policies := tfkit.XrayPolicies{Manager: own.PolicyManager, Viewer: own.PolicyViewer}
	resp.Diagnostics.Append(policies.Plan(ctx, current.PolicyManager, &resp.Plan)...)
}

// checkServer holds a planned account against the rules that differ between registries. It makes no request.
func checkServer(reg *registry.Registry, plan model) (diags diag.Diagnostics) {
	title := reg.Server.Type.Title()
	if tfkit.IsSet(plan.Username) {
		if err := registry.CheckUsername(reg.Server.Type, plan.Username.ValueString()); err != nil {
			diags.AddAttributeError(path.Root("username"), "Invalid user name",
				fmt.Sprintf("%q cannot be a user name on %s: %s.", plan.Username.ValueString(), title, err))
		}
	}
	if tfkit.IsSet(plan.DisplayName) && !reg.Capabilities.DisplayName {
		diags.AddAttributeError(path.Root("display_name"), "Not possible on "+title,
			fmt.Sprintf("The provider is configured for %s at %s, whose accounts have no display name. Remove display_name.", title, reg.Server.URL))
	}
	if tfkit.IsSet(plan.Artifactory) && reg.Server.Type != registry.Artifactory {
		diags.AddAttributeError(path.Root("artifactory"), "Not possible on "+title,
			fmt.Sprintf("The provider is configured for %s at %s, which has none of the flags in artifactory = {…}. Remove it.", title, reg.Server.URL))
	}
	return diags
}
