package group

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// ValidateConfig checks what needs no server.
func (r *groupResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if tfkit.IsSet(config.Name) {
		checkName("", config.Name.ValueString(), &resp.Diagnostics)
	}
	if !tfkit.IsSet(config.Artifactory) {
		return
	}
	var own artifactoryModel
	resp.Diagnostics.Append(own.FromTerraform(ctx, config.Artifactory)...)
	if own.AutoJoin.ValueBool() && own.AdminPrivileges.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("artifactory").AtName("auto_join"), "auto_join makes everybody an administrator",
			"A group that every new user joins cannot have admin_privileges: Artifactory refuses the combination. Drop one of the two.")
	}
	if own.AutoJoin.ValueBool() && tfkit.IsSet(config.Members) {
		resp.Diagnostics.AddAttributeWarning(path.Root("members"), "Every new user joins this group by themselves",
			"With auto_join, new users show up as drift of members, and the next apply removes them. Leave members out, and use "+
				"registry_group_membership for single users.")
	}
	tfkit.XrayPolicies{Manager: own.PolicyManager, Viewer: own.PolicyViewer}.Check(&resp.Diagnostics)
	checkLDAP(config, own, &resp.Diagnostics)
}

// ModifyPlan checks what needs to know the server and plans what the server will decide.
func (r *groupResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	var plan, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	creating := req.State.Raw.IsNull()
	var state model
	if !creating {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
		r.planPolicyViewer(ctx, config, state, resp)
		planLink(ctx, plan, state, resp)
	}
	if !r.Configured() {
		return // asked again in Create and Update
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	resp.Diagnostics.Append(checkServer(ctx, reg, config.commonModel)...)
	if creating {
		warnCollision(ctx, reg, plan, &resp.Diagnostics)
	}
	if creating || resp.Diagnostics.HasError() {
		return
	}
	if !plan.Name.Equal(state.Name) && reg.Server.Type == registry.Artifactory {
		resp.RequiresReplace.Append(path.Root("name")) // its API addresses groups by name
		return
	}
	if !tfkit.IsSet(config.Members) || plan.Members.Equal(state.Members) {
		return
	}
	if state.Members.IsNull() {
		warnTakeover(ctx, reg, plan, state, &resp.Diagnostics)
	}
	if source := state.ExternalSource.ValueString(); source != "" {
		resp.Diagnostics.AddAttributeError(path.Root("members"), "The membership belongs to "+source,
			fmt.Sprintf("Group %q is synchronised from %s, and the registry refuses to change its members. Leave members out here, "+
				"and change the membership where it comes from.", state.Name.ValueString(), source))
	}
}

// warnTakeover says who leaves the group when a membership that was not managed so far becomes managed.
func warnTakeover(ctx context.Context, reg *registry.Registry, plan, state model, diags *diag.Diagnostics) {
	if slices.ContainsFunc(plan.Members.Elements(), attr.Value.IsUnknown) {
		return
	}
	found, err := reg.Groups.Get(ctx, state.ID.ValueString())
	if err != nil {
		return // Update will tell
	}
	desired, d := tfkit.Strings(ctx, plan.Members)
	diags.Append(d...)
	tfkit.WarnRemovedMembers(diags, state.Name.ValueString(), found.Members, desired)
}

// planPolicyViewer plans what switching policy_manager on does to policy_viewer.
func (r *groupResource) planPolicyViewer(ctx context.Context, config, state model, resp *resource.ModifyPlanResponse) {
	if !tfkit.IsSet(config.Artifactory) {
		return
	}
	var own, current artifactoryModel
	resp.Diagnostics.Append(own.FromTerraform(ctx, config.Artifactory)...)
	if tfkit.IsSet(state.Artifactory) {
		resp.Diagnostics.Append(current.FromTerraform(ctx, state.Artifactory)...)
	}
	policies := tfkit.XrayPolicies{Manager: own.PolicyManager, Viewer: own.PolicyViewer}
	resp.Diagnostics.Append(policies.Plan(ctx, current.PolicyManager, &resp.Plan)...)
}

// checkServer applies the rules of the server at hand to a configuration.
func checkServer(ctx context.Context, reg *registry.Registry, config commonModel) diag.Diagnostics {
	var diags diag.Diagnostics
	if tfkit.IsSet(config.Name) {
		checkName(reg.Server.Type, config.Name.ValueString(), &diags)
	}
	// In Create the configuration is the plan, where a computed block is unknown: only a given one is somebody's wish.
	if tfkit.IsSet(config.Artifactory) && reg.Server.Type != registry.Artifactory {
		diags.AddAttributeError(path.Root("artifactory"), "This registry is "+reg.Server.Type.Title(),
			fmt.Sprintf("The artifactory block holds what only JFrog Artifactory's groups have, and %s is %s. Remove the block.",
				reg.Server.URL, reg.Server.Type.Title()))
	}
	if tfkit.IsSet(config.Members) && !slices.ContainsFunc(config.Members.Elements(), attr.Value.IsUnknown) {
		members, d := tfkit.Strings(ctx, config.Members)
		diags.Append(d...)
		diags.Append(tfkit.CheckUsernames(reg.Server.Type, path.Root("members"), members)...)
	}
	return diags
}

func checkName(t registry.Type, name string, diags *diag.Diagnostics) {
	if err := registry.CheckGroupName(t, name); err != nil {
		diags.AddAttributeError(path.Root("name"), fmt.Sprintf("Invalid group name %q", name), "The registry would refuse it: "+err.Error()+".")
	}
}

// changes gives what an update has to send, and whether there is anything.
func (m *commonModel) changes(ctx context.Context, state commonModel) (registry.GroupSpec, bool, diag.Diagnostics) {
	spec := registry.GroupSpec{Name: m.Name.ValueString(), Description: m.Description.ValueString()}
	changed := spec.Name != state.Name.ValueString() || spec.Description != state.Description.ValueString()
	if !tfkit.IsSet(m.Artifactory) {
		return spec, changed, nil
	}
	var planned, current artifactoryModel
	diags := planned.FromTerraform(ctx, m.Artifactory)
	if tfkit.IsSet(state.Artifactory) {
		diags.Append(current.FromTerraform(ctx, state.Artifactory)...)
	}
	link, d := planned.link(ctx)
	diags.Append(d...)
	if planned.LDAP.Equal(current.LDAP) {
		link = nil
	}
	patch := registry.ArtifactoryGroupPatch{
		LDAP:            link,
		AutoJoin:        tfkit.ChangedBool(planned.AutoJoin, current.AutoJoin.ValueBool()),
		AdminPrivileges: tfkit.ChangedBool(planned.AdminPrivileges, current.AdminPrivileges.ValueBool()),
		ExternalID:      tfkit.ChangedString(planned.ExternalID, current.ExternalID.ValueString()),
		ReportsManager:  tfkit.ChangedBool(planned.ReportsManager, current.ReportsManager.ValueBool()),
		WatchManager:    tfkit.ChangedBool(planned.WatchManager, current.WatchManager.ValueBool()),
		PolicyManager:   tfkit.ChangedBool(planned.PolicyManager, current.PolicyManager.ValueBool()),
		PolicyViewer:    tfkit.ChangedBool(planned.PolicyViewer, current.PolicyViewer.ValueBool()),
		ManageResources: tfkit.ChangedBool(planned.ManageResources, current.ManageResources.ValueBool()),
		ManageWebhook:   tfkit.ChangedBool(planned.ManageWebhook, current.ManageWebhook.ValueBool()),
	}
	if patch != (registry.ArtifactoryGroupPatch{}) {
		spec.Artifactory, changed = &patch, true
	}
	return spec, changed, diags
}
