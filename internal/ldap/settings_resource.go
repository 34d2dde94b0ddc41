// Package ldap holds registry_ldap_settings and registry_ldap_group_settings, which describe a directory to the registry, and
// registry_ldap_check, which tries one.
package ldap

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// timeout is what an operation may take unless the timeouts block says otherwise.
const timeout = 5 * time.Minute

// adoptedKey marks settings that were imported or moved: the registry has a password already, and the first version that a
// configuration gives is that password's.
const adoptedKey = "adopted"

// NewSettingsResource makes registry_ldap_settings.
func NewSettingsResource() resource.Resource { return &settingsResource{} }

type settingsResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure      = (*settingsResource)(nil)
	_ resource.ResourceWithIdentity       = (*settingsResource)(nil)
	_ resource.ResourceWithImportState    = (*settingsResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*settingsResource)(nil)
	_ resource.ResourceWithValidateConfig = (*settingsResource)(nil)
)

// Metadata implements resource.Resource. Artifact Keeper renames settings in place, so an identity may change.
func (r *settingsResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_ldap_settings"
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema implements resource.Resource.
func (r *settingsResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = settingsSchema(ctx)
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *settingsResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = settingsIdentity()
}

// Create makes the settings and saves them at once.
func (r *settingsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan settingsModel
	var password types.String
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("manager_password_wo"), &password)...)
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
	resp.Diagnostics.Append(checkSettings(reg, plan)...)
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	spec.ManagerPassword = secret(password)
	made, err := reg.LDAP.Create(ctx, spec)
	if made.ID == "" {
		made, err = tfkit.AdoptCreated(ctx, made, err,
			func(ctx context.Context) (registry.LDAPSettings, error) { return reg.LDAP.FindByName(ctx, spec.Name) },
			func(found registry.LDAPSettings) bool { return sameSettings(found, spec.LDAPSettings) })
	}
	if made.ID != "" {
		resp.Diagnostics.Append(plan.FromAPI(ctx, made)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
		resp.Diagnostics.Append(r.RecordServer(ctx, reg, resp.Private)...)
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot create LDAP settings %q", spec.Name), err)
	}
}

// sameSettings reports whether settings that were found after a lost answer are those that were asked for.
func sameSettings(found, asked registry.LDAPSettings) bool {
	return found.Enabled == asked.Enabled && sameURL(found.URL, asked.URL) && found.ManagerDN == asked.ManagerDN &&
		found.EmailAttribute == asked.EmailAttribute && (asked.SearchFilter == "" || found.SearchFilter == asked.SearchFilter)
}

func secret(value types.String) *registry.Secret {
	if !tfkit.IsSet(value) {
		return nil
	}
	s := registry.NewSecret(value.ValueString())
	return &s
}

// Read implements resource.Resource.
func (r *settingsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state settingsModel
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
	if reg == nil {
		return
	}
	found, err := reg.LDAP.Get(ctx, state.ID.ValueString())
	if registry.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read LDAP settings %q", state.Name.ValueString()), err)
		return
	}
	if found.PasswordLost {
		// The next version is sent, whatever it is.
		resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, adoptedKey, false)...)
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
}

// Update sends what changed, and the password when it must be sent.
func (r *settingsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state settingsModel
	var password types.String
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("manager_password_wo"), &password)...)
	limit, diags := plan.Timeouts.Update(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var adopted bool
	_, diags = tfkit.LoadPrivate(ctx, req.Private, adoptedKey, &adopted)
	resp.Diagnostics.Append(diags...)
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil {
		r.RequireConfigured(&resp.Diagnostics)
		return
	}
	before, diags := state.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	send, err := passwordToSend(reg, plan, state, password, adopted)
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("manager_password_wo"), "No password to set",
			"manager_password_wo_version was changed, but manager_password_wo is null or empty. Give the new password, or leave the version as it is.")
	}
	if resp.Diagnostics.HasError() {
		return
	}
	spec.ManagerPassword = send
	updated, err := reg.LDAP.Update(ctx, state.ID.ValueString(), before, spec)
	if updated.ID != "" {
		resp.Diagnostics.Append(plan.FromAPI(ctx, updated)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot update LDAP settings %q", state.Name.ValueString()), err)
	}
}

// passwordToSend gives the password that an update must carry, if any: on a registry that replaces settings as a whole
// always, elsewhere when it is another one.
func passwordToSend(reg *registry.Registry, plan, state settingsModel, password types.String, adopted bool) (*registry.Secret, error) {
	changed, send, err := tfkit.WriteOnly{
		Value: password, Planned: plan.ManagerPasswordWOVersion, Prior: state.ManagerPasswordWOVersion, Adopted: adopted,
	}.ToSend()
	switch {
	case err != nil:
		return nil, err
	case plan.ManagerDN.IsNull():
		return nil, nil
	case send:
		return &changed, nil
	case reg.Capabilities.LDAPWholePassword, !plan.ManagerDN.Equal(state.ManagerDN):
		return secret(password), nil
	default:
		return nil, nil
	}
}

// Delete implements resource.Resource. Settings that are gone are deleted.
func (r *settingsResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state settingsModel
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
	if err := reg.LDAP.Delete(ctx, state.ID.ValueString()); err != nil && !registry.IsNotFound(err) {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot delete LDAP settings %q", state.Name.ValueString()), err)
	}
}

// ImportState takes the name or the id, or the identity.
func (r *settingsResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	key := r.ImportKey(ctx, req.ID, req.Identity, "name", &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, err := tfkit.ByNameOrID(ctx, key, reg.LDAP.FindByName, reg.LDAP.Get)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot import LDAP settings %q", key), err)
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), found.ID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), found.Name)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, adoptedKey, true)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, namedIdentity{
			Server: types.StringValue(r.ServerURL()), Name: types.StringValue(found.Name),
		})...)
	}
}

func (r *settingsResource) identity(state settingsModel) namedIdentity {
	return namedIdentity{Server: types.StringValue(r.ServerURL()), Name: state.Name}
}
