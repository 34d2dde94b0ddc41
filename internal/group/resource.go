// Package group holds registry_group: the resource and the data source.
package group

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// timeout is what an operation may take unless the timeouts block says otherwise.
const timeout = 5 * time.Minute

// importedKey marks an object that was just imported in its private state: its next Read takes over everything.
const importedKey = "imported"

// NewResource makes registry_group.
func NewResource() resource.Resource { return &groupResource{} }

type groupResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure      = (*groupResource)(nil)
	_ resource.ResourceWithIdentity       = (*groupResource)(nil)
	_ resource.ResourceWithImportState    = (*groupResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*groupResource)(nil)
	_ resource.ResourceWithValidateConfig = (*groupResource)(nil)
)

// Metadata implements resource.Resource. Artifact Keeper renames groups in place, so an identity may change.
func (r *groupResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group"
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema implements resource.Resource.
func (r *groupResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *groupResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema()
}

// Create makes the group and saves it at once; a member that cannot be added does not lose it.
func (r *groupResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Create(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	resp.Diagnostics.Append(checkServer(ctx, reg, state.commonModel)...)
	spec, diags := state.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	managed := spec.Members != nil
	made, err := create(ctx, reg, spec)
	if made.ID != "" {
		resp.Diagnostics.Append(state.FromAPI(ctx, made)...)
		if !managed {
			state.Members = types.SetNull(types.StringType)
		} else if err == nil {
			state.Members, diags = tfkit.StringSet(ctx, spec.Members)
			resp.Diagnostics.Append(diags...)
		}
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
		resp.Diagnostics.Append(r.RecordServer(ctx, reg, resp.Private)...)
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot create group %q", spec.Name), err)
	}
}

// create makes the group. When the answer got lost, the request is not repeated: a group of that name with the same
// description and nobody in it who was not asked for is the one that was made.
func create(ctx context.Context, reg *registry.Registry, spec registry.GroupSpec) (registry.Group, error) {
	made, err := reg.Groups.Create(ctx, spec)
	if made.ID != "" {
		return made, err
	}
	made, err = tfkit.AdoptCreated(ctx, made, err,
		func(ctx context.Context) (registry.Group, error) { return reg.Groups.FindByName(ctx, spec.Name) },
		func(g registry.Group) bool {
			_, strangers := tfkit.Difference(g.Members, spec.Members)
			return g.Description == spec.Description && sameOwner(g, spec) && len(strangers) == 0
		})
	if err != nil {
		return made, err
	}
	// Where members are added by requests of their own, the lost answer was the one before them.
	add, _ := tfkit.Difference(made.Members, spec.Members)
	return made, registry.SwapMembers(ctx, reg.Groups, made.ID, add, nil)
}

// sameOwner reports whether a group is one of the registry itself, or of the directory's group that was asked for.
func sameOwner(g registry.Group, spec registry.GroupSpec) bool {
	if spec.Artifactory == nil || spec.Artifactory.LDAP == nil {
		return g.ExternalSource == ""
	}
	return g.Artifactory != nil && g.Artifactory.LDAP != nil && *g.Artifactory.LDAP == *spec.Artifactory.LDAP
}

// Read implements resource.Resource. Members are read only while they are managed.
func (r *groupResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Read(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(state))...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(registry.Refreshing(ctx), limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil {
		return
	}
	var imported bool
	_, diags = tfkit.LoadPrivate(ctx, req.Private, importedKey, &imported)
	resp.Diagnostics.Append(diags...)
	found, err := reg.Groups.Get(ctx, state.ID.ValueString())
	if registry.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read group %q", state.Name.ValueString()), err)
		return
	}
	if state.Members.IsNull() && !imported {
		found.Members = nil
	}
	if imported {
		resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, importedKey, false)...)
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
}

// Update sends what changed and saves after each step, so that a failure half-way is known.
func (r *groupResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	limit, diags := plan.Timeouts.Update(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil {
		r.RequireConfigured(&resp.Diagnostics)
		return
	}
	resp.Diagnostics.Append(checkServer(ctx, reg, config.commonModel)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.updateGroup(ctx, reg, plan, &state, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	if tfkit.IsSet(config.Members) {
		r.updateMembers(ctx, reg, plan, &state, &resp.Diagnostics)
	}
	state.Timeouts = plan.Timeouts
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
}

func (r *groupResource) updateGroup(ctx context.Context, reg *registry.Registry, plan model, state *model, resp *resource.UpdateResponse) {
	spec, changed, diags := plan.changes(ctx, state.commonModel)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !changed {
		state.Description = plan.Description // "" and null are the same to the registry
		return
	}
	updated, err := reg.Groups.Update(ctx, state.ID.ValueString(), spec)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot update group %q", state.Name.ValueString()), err)
		return
	}
	updated.Members = nil // changed apart
	state.Description = plan.Description
	resp.Diagnostics.Append(state.FromAPI(ctx, updated)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *groupResource) updateMembers(ctx context.Context, reg *registry.Registry, plan model, state *model, diags *diag.Diagnostics) {
	current, d := tfkit.Strings(ctx, state.Members)
	diags.Append(d...)
	desired, d := tfkit.Strings(ctx, plan.Members)
	diags.Append(d...)
	if state.Members.IsNull() {
		// Membership was not managed so far: what is there must be asked.
		found, err := reg.Groups.Get(ctx, state.ID.ValueString())
		if err != nil {
			tfkit.AddError(diags, fmt.Sprintf("Cannot read the members of group %q", state.Name.ValueString()), err)
			return
		}
		current = found.Members
	}
	add, remove := tfkit.Difference(current, desired)
	if err := registry.SwapMembers(ctx, reg.Groups, state.ID.ValueString(), add, remove); err != nil {
		tfkit.AddError(diags, fmt.Sprintf("Cannot change the members of group %q", state.Name.ValueString()), err, path.Root("members"))
		return
	}
	state.Members = plan.Members
}

// Delete implements resource.Resource. A group that is gone is deleted.
func (r *groupResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Delete(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil {
		r.RequireConfigured(&resp.Diagnostics)
		return
	}
	if err := reg.Groups.Delete(ctx, state.ID.ValueString()); err != nil && !registry.IsNotFound(err) {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot delete group %q", state.Name.ValueString()), err)
	}
}

// ImportState takes the group's name, as an id or as an identity.
func (r *groupResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	name := r.ImportKey(ctx, req.ID, req.Identity, "name", &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, err := reg.Groups.FindByName(ctx, name)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot import group %q", name), err)
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), found.ID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), found.Name)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, importedKey, true)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{
			Server: types.StringValue(r.ServerURL()), Name: types.StringValue(found.Name),
		})...)
	}
}

func (r *groupResource) identity(state model) identityModel {
	return identityModel{Server: types.StringValue(r.ServerURL()), Name: state.Name}
}
