// Package user holds registry_user: the resource and the data source.
package user

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// timeout is the time an operation may take unless the timeouts block says otherwise.
const timeout = 5 * time.Minute

// adoptedKey marks in private state an account that existed before: its password is not ours to change by accident.
const adoptedKey = "adopted"

// NewResource makes registry_user.
func NewResource() resource.Resource { return &userResource{} }

type userResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure      = (*userResource)(nil)
	_ resource.ResourceWithIdentity       = (*userResource)(nil)
	_ resource.ResourceWithImportState    = (*userResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*userResource)(nil)
	_ resource.ResourceWithValidateConfig = (*userResource)(nil)
)

// Metadata implements resource.Resource.
func (r *userResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user"
}

// Create makes the account, or takes over an existing one where the configuration allows that.
func (r *userResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	var password types.String
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("password_wo"), &password)...)
	limit, diags := plan.Timeouts.Create(ctx, timeout)
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
	resp.Diagnostics.Append(checkServer(reg, plan)...)
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	spec.Password = registry.NewSecret(password.ValueString())

	created, err := reg.Users.Create(ctx, spec)
	created, err = tfkit.AdoptCreated(ctx, created, err,
		func(ctx context.Context) (registry.User, error) { return reg.Users.FindByUsername(ctx, spec.Username) },
		func(u registry.User) bool { return matches(spec, u) })
	if err == nil && created.Enabled != spec.Enabled {
		// The registries make accounts enabled and switch them off in a second step, which a lost first answer left out.
		var changed registry.User
		if changed, err = reg.Users.Update(ctx, created.ID, registry.UserPatch{Enabled: &spec.Enabled}); err == nil {
			created = changed
		}
	}
	adopted := false
	var kept []string
	if registry.KindOf(err) == registry.KindConflict && plan.AdoptExisting.ValueBool() {
		created, kept, adopted, err = r.adopt(ctx, reg, plan, err, &resp.Diagnostics)
	}
	// An account that was made although a later step failed is saved, so that the next run can finish or remove it.
	if created.ID != "" {
		wanted := plan.commonModel
		resp.Diagnostics.Append(plan.FromAPI(ctx, created)...)
		plan.keepOwned(reg.Server.Type, created, wanted)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(plan))...)
		resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, adoptedKey, adopted)...)
		resp.Diagnostics.Append(r.RecordServer(ctx, reg, resp.Private)...)
		warnKept(&resp.Diagnostics, created, kept)
	}
	if err != nil {
		addCreateError(&resp.Diagnostics, spec, err)
	}
}

// Read refreshes the account. Fields that a directory rewrites are shown as the configuration last had them.
func (r *userResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
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
	current, err := reg.Users.Get(ctx, state.ID.ValueString())
	if registry.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read user %q", state.Username.ValueString()), err)
		return
	}
	prior := state.commonModel
	resp.Diagnostics.Append(state.FromAPI(ctx, current)...)
	state.keepOwned(reg.Server.Type, current, prior)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update sends what changed and nothing else; the password only when its version was raised.
func (r *userResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	var password types.String
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("password_wo"), &password)...)
	limit, diags := plan.Timeouts.Update(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(state))...)
	var adopted bool
	_, diags = tfkit.LoadPrivate(ctx, req.Private, adoptedKey, &adopted)
	resp.Diagnostics.Append(diags...)
	secret, send, err := tfkit.WriteOnly{
		Value: password, Planned: plan.PasswordWOVersion, Prior: state.PasswordWOVersion, Adopted: adopted,
	}.ToSend()
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("password_wo"), "No password to set",
			"password_wo_version was changed, but password_wo is null or empty. Give the new password, or leave the version as it is.")
	}
	current, diags := state.user(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil {
		return
	}

	patch, kept, diags := plan.patchFrom(ctx, reg.Server.Type, current)
	resp.Diagnostics.Append(diags...)
	if a := patch.Artifactory; a != nil && a.InternalPasswordDisabled != nil && !*a.InternalPasswordDisabled && tfkit.IsSet(password) {
		// Artifactory wants the password in the request that allows passwords again.
		patch.Password, send = registry.NewSecret(password.ValueString()), false
	}
	if !empty(patch) {
		if current, err = reg.Users.Update(ctx, state.ID.ValueString(), patch); err != nil {
			tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot update user %q", plan.Username.ValueString()), err)
			return
		}
	}
	wanted, version := plan.commonModel, plan.PasswordWOVersion
	resp.Diagnostics.Append(plan.FromAPI(ctx, current)...)
	plan.keepOwned(reg.Server.Type, current, wanted)
	if send {
		// The first step is done; if the password is refused, the next run only has to repeat that.
		plan.PasswordWOVersion = state.PasswordWOVersion
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		if err := reg.Users.SetPassword(ctx, state.ID.ValueString(), secret); err != nil {
			tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot set the password of user %q", plan.Username.ValueString()), err, path.Root("password_wo"))
			return
		}
		plan.PasswordWOVersion = version
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	warnKept(&resp.Diagnostics, current, kept)
}

// Delete follows the deletion policy. An account that is gone is deleted.
func (r *userResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Delete(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || state.DeletionPolicy.ValueString() == policyAbandon {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, req.Private, &resp.Diagnostics)
	if reg == nil {
		r.RequireConfigured(&resp.Diagnostics)
		return
	}
	name, id := state.Username.ValueString(), state.ID.ValueString()
	if state.DeletionPolicy.ValueString() != policyDisable {
		if err := reg.Users.Delete(ctx, id); err != nil && !registry.IsNotFound(err) {
			tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot delete user %q", name), err)
		}
		return
	}
	disabled := false
	if _, err := reg.Users.Update(ctx, id, registry.UserPatch{Enabled: &disabled}); err != nil && !registry.IsNotFound(err) {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot disable user %q", name), err)
	}
}

// ImportState takes the user name or the registry's id.
func (r *userResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	key := r.ImportKey(ctx, req.ID, req.Identity, "username", &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, err := tfkit.ByNameOrID(ctx, key, reg.Users.FindByUsername, reg.Users.Get)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot import user %q", key), err)
		return
	}
	state, diags := importedModel(ctx, found)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, adoptedKey, true)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
	}
}

func (r *userResource) identity(state model) identityModel {
	return identityModel{Server: types.StringValue(r.ServerURL()), Username: state.Username}
}

// matches reports whether an account is what a create asked for, so that a lost answer can be taken as given. One that is
// still enabled although it shall not be may be half made.
func matches(spec registry.UserSpec, u registry.User) bool {
	return registry.EqualFoldASCII(u.Username, spec.Username) && registry.EqualFoldASCII(u.Email, spec.Email) &&
		u.AdminFlag == spec.Admin && (u.Enabled || !spec.Enabled) && !u.Federated() && !u.ServiceAccount &&
		(spec.DisplayName == "" || u.DisplayName == spec.DisplayName)
}

// describeKept names fields for a sentence.
func describeKept(fields []string) string { return strings.Join(fields, ", ") }
