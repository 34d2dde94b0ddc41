// Package permission holds registry_permission: the resource and the data source.
package permission

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// timeout is what an operation may take unless the timeouts block says otherwise.
const timeout = 5 * time.Minute

// NewResource makes registry_permission.
func NewResource() resource.Resource { return &permissionResource{} }

type permissionResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure   = (*permissionResource)(nil)
	_ resource.ResourceWithIdentity    = (*permissionResource)(nil)
	_ resource.ResourceWithImportState = (*permissionResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*permissionResource)(nil)
)

// Metadata implements resource.Resource.
func (r *permissionResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_permission"
}

// Schema implements resource.Resource.
func (r *permissionResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *permissionResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema()
}

// Create implements resource.Resource.
func (r *permissionResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
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
	resp.Diagnostics.Append(checkServer(ctx, reg, state)...)
	spec, diags := state.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	made, err := create(ctx, reg, spec)
	if made.ID != "" {
		resp.Diagnostics.Append(state.FromAPI(ctx, seen(made, spec))...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
		resp.Diagnostics.Append(r.RecordServer(ctx, reg, resp.Private)...)
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot create permission %q", spec.Name), err)
	}
}

// create makes the permission. When the answer got lost, the request is not repeated: a permission of that name that
// grants just what was asked for is the one that was made.
func create(ctx context.Context, reg *registry.Registry, spec registry.PermissionSpec) (registry.Permission, error) {
	made, err := reg.Permissions.Create(ctx, spec)
	if made.ID != "" {
		return made, err
	}
	return tfkit.AdoptCreated(ctx, made, err,
		func(ctx context.Context) (registry.Permission, error) { return reg.Permissions.Get(ctx, spec.Name) },
		func(p registry.Permission) bool { return grants(seen(p, spec), spec) })
}

// grants reports whether a permission gives the principals of a spec exactly what it asks for.
func grants(p registry.Permission, spec registry.PermissionSpec) bool {
	same := func(a, b map[string][]string) bool {
		return maps.EqualFunc(a, b, func(x, y []string) bool {
			return slices.Equal(slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y)))
		})
	}
	return same(p.Users, spec.Users) && same(p.Groups, spec.Groups) &&
		slices.Equal(slices.Sorted(slices.Values(p.Repositories)), slices.Sorted(slices.Values(spec.Repositories)))
}

// seen is the part of a permission that a spec is concerned with.
func seen(p registry.Permission, spec registry.PermissionSpec) registry.Permission {
	if !spec.Additive {
		return p
	}
	return restrict(p, spec.Users, spec.Groups)
}

// Read implements resource.Resource.
func (r *permissionResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
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
	found, err := reg.Permissions.Get(ctx, state.Name.ValueString())
	if registry.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read permission %q", state.Name.ValueString()), err)
		return
	}
	if found.Uneven && state.Repositories.IsNull() { // imported or moved, and read for the first time
		resp.Diagnostics.AddError(fmt.Sprintf("Permission %q cannot be taken over as it is", found.Name),
			"Its targets have different patterns, and registry_permission has one set of patterns for all of them: the first update would "+
				"grant on every target what one of them grants now. Give the targets equal patterns in the registry, or split the permission.")
		return
	}
	spec, diags := state.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	found = seen(found, spec)
	if spec.Additive && len(found.Users)+len(found.Groups) == 0 && len(spec.Users)+len(spec.Groups) > 0 {
		resp.State.RemoveResource(ctx) // none of ours is left, whatever others have
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	if state.Additive.IsNull() {
		state.Additive = types.BoolValue(false)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update sends what changed.
func (r *permissionResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
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
	resp.Diagnostics.Append(checkServer(ctx, reg, plan)...)
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	prior, diags := state.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if spec.Additive && !prior.Additive {
		prior = release(prior, spec)
	}
	if reflect.DeepEqual(prior, spec) { // timeouts are the state's own
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
		return
	}
	updated, err := reg.Permissions.Update(ctx, prior, spec)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot update permission %q", spec.Name), err)
		return
	}
	resp.Diagnostics.Append(plan.FromAPI(ctx, seen(updated, spec))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
}

// release drops from what a permission owned the principals that its additive successor does not name.
func release(prior, spec registry.PermissionSpec) registry.PermissionSpec {
	own := restrict(registry.Permission{Users: prior.Users, Groups: prior.Groups}, spec.Users, spec.Groups)
	prior.Users, prior.Groups = own.Users, own.Groups
	return prior
}

// Delete implements resource.Resource. A permission that is gone is deleted.
func (r *permissionResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Delete(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	spec, diags := state.ToAPI(ctx)
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
	if err := reg.Permissions.Delete(ctx, spec); err != nil && !registry.IsNotFound(err) {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot delete permission %q", spec.Name), err)
	}
}

// ImportState takes the permission's name, as an id or as an identity. An import owns the whole permission; additive is
// the configuration's to say.
func (r *permissionResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	name := r.ImportKey(ctx, req.ID, req.Identity, "name", &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, err := reg.Permissions.Get(ctx, name)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot import permission %q", name), err)
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), found.ID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), found.Name)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("additive"), false)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{
			Server: types.StringValue(r.ServerURL()), Name: types.StringValue(found.Name),
		})...)
	}
}

func (r *permissionResource) identity(state model) identityModel {
	return identityModel{Server: types.StringValue(r.ServerURL()), Name: state.Name}
}
