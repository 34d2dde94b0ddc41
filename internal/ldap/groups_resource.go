package ldap

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

// NewGroupSettingsResource makes registry_ldap_group_settings.
func NewGroupSettingsResource() resource.Resource { return &groupsResource{} }

type groupsResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure      = (*groupsResource)(nil)
	_ resource.ResourceWithIdentity       = (*groupsResource)(nil)
	_ resource.ResourceWithImportState    = (*groupsResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*groupsResource)(nil)
	_ resource.ResourceWithValidateConfig = (*groupsResource)(nil)
)

// Metadata implements resource.Resource.
func (r *groupsResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_ldap_group_settings"
}

// Schema implements resource.Resource.
func (r *groupsResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = groupsSchema(ctx)
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *groupsResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = groupsIdentity()
}

// ValidateConfig checks what needs no server.
func (r *groupsResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config groupsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if config.Strategy.ValueString() == string(registry.LDAPHierarchical) && config.SubTree.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("sub_tree"), "HIERARCHICAL has no sub-tree",
			"With this strategy the parts of a person's DN are the groups, and Artifactory refuses sub_tree = true. Leave sub_tree out.")
	}
	if tfkit.IsSet(config.RefreshTriggers) && config.RefreshOperation.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("refresh_triggers"), "Nothing to trigger", "refresh_triggers needs refresh_operation, which says what is done.")
	}
}

// ModifyPlan plans the default of sub_tree, which depends on the strategy, and checks what needs to know the server.
func (r *groupsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, config groupsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if config.SubTree.IsNull() && !plan.Strategy.IsUnknown() {
		fallback := plan.Strategy.ValueString() != string(registry.LDAPHierarchical)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("sub_tree"), fallback)...)
	}
	if !r.Configured() || resp.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil || !hasGroupSettings(reg, &resp.Diagnostics) {
		return
	}
	if req.State.Raw.IsNull() {
		if err := reg.LDAPGroups.Supported(ctx); err != nil {
			tfkit.AddError(&resp.Diagnostics, "This registry is too old for LDAP group settings", err)
		}
	}
	if !plan.RefreshOperation.IsNull() {
		if err := reg.LDAPGroups.RefreshSupported(ctx); err != nil {
			tfkit.AddError(&resp.Diagnostics, "This registry is too old for refresh_operation", err, path.Root("refresh_operation"))
		}
	}
}

// hasGroupSettings refuses a registry that has no such thing.
func hasGroupSettings(reg *registry.Registry, diags *diag.Diagnostics) bool {
	if reg.LDAPGroups == nil {
		diags.AddError("This registry is "+reg.Server.Type.Title(),
			fmt.Sprintf("%s has no LDAP group settings: its LDAP settings say how groups are found (artifact_keeper.group_base_dn, group_filter and groups_attribute of "+
				"registry_ldap_settings), and a group appears when the first of its people signs in. Remove this resource.", reg.Server.Type.Title()))
	}
	return reg.LDAPGroups != nil
}

// Create makes the settings, saves them, and refreshes.
func (r *groupsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan groupsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	limit, diags := plan.Timeouts.Create(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil || !hasGroupSettings(reg, &resp.Diagnostics) {
		return
	}
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	made, err := reg.LDAPGroups.Create(ctx, spec)
	made, err = tfkit.AdoptCreated(ctx, made, err,
		func(ctx context.Context) (registry.LDAPGroupSettings, error) {
			return reg.LDAPGroups.Get(ctx, spec.Name)
		},
		func(found registry.LDAPGroupSettings) bool { return found == spec })
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot create LDAP group settings %q", spec.Name), err)
		return
	}
	resp.Diagnostics.Append(plan.FromAPI(ctx, made)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
	resp.Diagnostics.Append(r.RecordServer(ctx, reg, resp.Private)...)
	refresh(ctx, reg, plan, &resp.Diagnostics)
}

// refresh has Artifactory read the groups now. The settings are there whatever comes of it, so a failure is a warning.
func refresh(ctx context.Context, reg *registry.Registry, m groupsModel, diags *diag.Diagnostics) {
	if m.RefreshOperation.IsNull() {
		return
	}
	err := reg.LDAPGroups.Refresh(ctx, m.Name.ValueString(), registry.LDAPRefresh(m.RefreshOperation.ValueString()))
	if err != nil {
		tfkit.AddWarning(diags, fmt.Sprintf("The groups of %q are not refreshed", m.Name.ValueString()),
			"The settings are saved, but Artifactory did not read the directory's groups. Change refresh_triggers to have it try again.", err)
	}
}

// Read implements resource.Resource.
func (r *groupsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state groupsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Read(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(state))...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil || !hasGroupSettings(reg, &resp.Diagnostics) {
		return
	}
	found, err := reg.LDAPGroups.Get(ctx, state.Name.ValueString())
	if registry.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read LDAP group settings %q", state.Name.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update replaces the settings, if they differ, and refreshes.
func (r *groupsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state groupsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := plan.Timeouts.Update(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(state))...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil || !hasGroupSettings(reg, &resp.Diagnostics) {
		r.RequireConfigured(&resp.Diagnostics)
		return
	}
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	before, diags := state.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if spec != before {
		updated, err := reg.LDAPGroups.Update(ctx, spec)
		if err != nil {
			tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot update LDAP group settings %q", spec.Name), err)
			return
		}
		resp.Diagnostics.Append(plan.FromAPI(ctx, updated)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	if spec != before || !plan.RefreshOperation.Equal(state.RefreshOperation) || !plan.RefreshTriggers.Equal(state.RefreshTriggers) {
		refresh(ctx, reg, plan, &resp.Diagnostics)
	}
}

// Delete implements resource.Resource. Settings that are gone are deleted; groups that were imported stay.
func (r *groupsResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state groupsModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Delete(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil || !hasGroupSettings(reg, &resp.Diagnostics) {
		r.RequireConfigured(&resp.Diagnostics)
		return
	}
	if err := reg.LDAPGroups.Delete(ctx, state.Name.ValueString()); err != nil && !registry.IsNotFound(err) {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot delete LDAP group settings %q", state.Name.ValueString()), err)
	}
}

// ImportState takes the name, as an id or as an identity. The refresh that follows tells whether there are such settings.
func (r *groupsResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	name := r.ImportKey(ctx, req.ID, req.Identity, "name", &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil || !hasGroupSettings(reg, &resp.Diagnostics) {
		return
	}
	if _, err := reg.LDAPGroups.Get(ctx, name); err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot import LDAP group settings %q", name), err)
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), name)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, namedIdentity{Server: types.StringValue(r.ServerURL()), Name: types.StringValue(name)})...)
	}
}

func (r *groupsResource) identity(state groupsModel) namedIdentity {
	return namedIdentity{Server: types.StringValue(r.ServerURL()), Name: state.Name}
}
