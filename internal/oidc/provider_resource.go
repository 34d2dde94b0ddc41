// Package oidc holds registry_oidc_provider and registry_oidc_mapping: issuers that the registry trusts, and what their tokens
// are exchanged for.
package oidc

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

const (
	// timeout is what an operation may take unless the timeouts block says otherwise.
	timeout = 5 * time.Minute
	// importedKey marks a provider that was just imported, of which nobody here knows whether people sign in with it.
	importedKey = "imported"
	// adoptedKey marks a provider whose secret the registry has already.
	adoptedKey = "adopted"
)

// NewProviderResource makes registry_oidc_provider.
func NewProviderResource() resource.Resource { return &providerResource{} }

type providerResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure   = (*providerResource)(nil)
	_ resource.ResourceWithIdentity    = (*providerResource)(nil)
	_ resource.ResourceWithImportState = (*providerResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*providerResource)(nil)
)

// Metadata implements resource.Resource. Artifact Keeper renames in place.
func (r *providerResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_oidc_provider"
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema implements resource.Resource.
func (r *providerResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = providerSchema(ctx)
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *providerResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: nameIdentity("OIDC provider")}
}

// ModifyPlan checks what needs to know the server.
func (r *providerResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	var signIn types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("sign_in"), &signIn)...)
	if signIn.IsUnknown() {
		return // Terraform plans again as soon as it is known
	}
	var plan, config, state providerModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	creating := req.State.Raw.IsNull()
	if !creating {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if !creating && (plan.SignIn == nil) != (state.SignIn == nil) {
		resp.RequiresReplace.Append(path.Root("sign_in"))
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("audience"), config.Audience)...)
		if config.Audience.IsNull() {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("audience"), types.StringUnknown())...)
		}
	}
	if !r.Configured() {
		return // Create and Update ask again
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	resp.Diagnostics.Append(checkProvider(ctx, reg, config)...)
	if creating {
		if err := reg.OIDCProviders.Supported(ctx); err != nil {
			tfkit.AddError(&resp.Diagnostics, "This registry is too old for OpenID Connect", err)
		}
	}
	if reg.Server.Type == registry.Artifactory && !creating {
		if !plan.Name.Equal(state.Name) {
			resp.RequiresReplace.Append(path.Root("name")) // its API addresses providers by name
		}
		if config.Audience.IsNull() && !resp.Diagnostics.HasError() {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("audience"), types.StringNull())...)
		}
	}
	makes := creating || len(resp.RequiresReplace) > 0
	if plan.SignIn == nil || resp.Diagnostics.HasError() {
		return
	}
	if makes && config.SignIn.ClientSecretWO.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("sign_in").AtName("client_secret_wo"), "The client's secret is missing", "Artifact Keeper makes no provider without one.")
	}
	if enabled(plan) && (makes || !enabled(state)) {
		resp.Diagnostics.AddAttributeWarning(path.Root("sign_in"), "Local passwords stop working",
			"While any directory or identity provider is enabled on Artifact Keeper, nobody but administrators can sign in with a password of the registry itself. Tokens keep working.")
	}
}

// enabled is what a plan or a state says about an Artifact Keeper's provider; unsaid it is on.
func enabled(m providerModel) bool {
	value, ok := m.ArtifactKeeper.Attributes()["enabled"].(types.Bool)
	return !ok || !tfkit.IsSet(value) || value.ValueBool()
}

// checkProvider applies the rules of the server at hand.
func checkProvider(ctx context.Context, reg *registry.Registry, config providerModel) diag.Diagnostics {
	var diags diag.Diagnostics
	keeper := reg.Server.Type == registry.ArtifactKeeper
	foreign := func(block, owner string) {
		diags.AddAttributeError(path.Root(block), "This registry is "+reg.Server.Type.Title(),
			fmt.Sprintf("%s is what only %s has, and %s is %s. Remove it.", block, owner, reg.Server.URL, reg.Server.Type.Title()))
	}
	if keeper && tfkit.IsSet(config.Artifactory) {
		foreign("artifactory", "JFrog Artifactory")
	}
	if !keeper && tfkit.IsSet(config.ArtifactKeeper) {
		foreign("artifact_keeper", "Artifact Keeper")
	}
	if !keeper && config.SignIn != nil {
		foreign("sign_in", "Artifact Keeper")
	}
	if config.SignIn == nil {
		return diags
	}
	if tfkit.IsSet(config.Audience) {
		diags.AddAttributeError(path.Root("audience"), "A sign-in has no audience", "The audience of a token to sign in with is the client itself. Remove audience, or sign_in.")
	}
	if tfkit.IsSet(config.ArtifactKeeper) {
		var own keeperModel
		diags.Append(config.ArtifactKeeper.As(ctx, &own, basetypes.ObjectAsOptions{})...)
		if tfkit.IsSet(own.ProviderType) {
			diags.AddAttributeError(path.Root("artifact_keeper").AtName("provider_type"), "A sign-in has no provider type", "provider_type is of providers for an exchange. Remove it, or sign_in.")
		}
	}
	return diags
}

// Create makes the provider and saves it at once.
func (r *providerResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config providerModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
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
	resp.Diagnostics.Append(checkProvider(ctx, reg, config)...)
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if spec.SignIn != nil {
		secret := registry.NewSecret(config.SignIn.ClientSecretWO.ValueString())
		spec.SignIn.ClientSecret = &secret
	}
	made, err := reg.OIDCProviders.Create(ctx, spec)
	made, err = tfkit.AdoptCreated(ctx, made, err,
		func(ctx context.Context) (registry.OIDCProvider, error) {
			return reg.OIDCProviders.Find(ctx, spec.Name)
		},
		func(found registry.OIDCProvider) bool {
			return found.IssuerURL == spec.IssuerURL && (found.SignIn == nil) == (spec.SignIn == nil) && (spec.Audience == "" || found.Audience == spec.Audience)
		})
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot create OIDC provider %q", spec.Name), err)
		return
	}
	resp.Diagnostics.Append(plan.FromAPI(ctx, made)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
	resp.Diagnostics.Append(r.RecordServer(ctx, reg, resp.Private)...)
}

// Read implements resource.Resource.
func (r *providerResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state providerModel
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
	var imported bool
	_, diags = tfkit.LoadPrivate(ctx, req.Private, importedKey, &imported)
	resp.Diagnostics.Append(diags...)
	var found registry.OIDCProvider
	var err error
	if imported {
		found, err = reg.OIDCProviders.Find(ctx, state.ID.ValueString())
		resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, importedKey, false)...)
	} else {
		found, err = reg.OIDCProviders.Get(ctx, state.ID.ValueString(), state.SignIn != nil)
	}
	if registry.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read OIDC provider %q", state.Name.ValueString()), err)
		return
	}
	if found.SignIn != nil && found.SignIn.SecretLost {
		resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, adoptedKey, false)...)
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
}

// Update sends what changed, and the secret when its version was raised.
func (r *providerResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state, config providerModel
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
	if spec.SignIn != nil && state.SignIn != nil {
		secret, send, err := tfkit.WriteOnly{
			Value: config.SignIn.ClientSecretWO, Planned: plan.SignIn.ClientSecretWOVersion, Prior: state.SignIn.ClientSecretWOVersion, Adopted: adopted,
		}.ToSend()
		if err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("sign_in").AtName("client_secret_wo"), "No secret to set",
				"client_secret_wo_version was changed, but client_secret_wo is null or empty. Give the new secret, or leave the version as it is.")
		}
		if send {
			spec.SignIn.ClientSecret = &secret
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	updated, err := reg.OIDCProviders.Update(ctx, state.ID.ValueString(), before, spec)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot update OIDC provider %q", state.Name.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(plan.FromAPI(ctx, updated)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
}

// Delete implements resource.Resource. A provider that is gone is deleted; its mappings go along.
func (r *providerResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state providerModel
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
	if err := reg.OIDCProviders.Delete(ctx, state.ID.ValueString(), state.SignIn != nil); err != nil && !registry.IsNotFound(err) {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot delete OIDC provider %q", state.Name.ValueString()), err)
	}
}

// ImportState takes the name or the id, or the identity.
func (r *providerResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	key := r.ImportKey(ctx, req.ID, req.Identity, "name", &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, err := reg.OIDCProviders.Find(ctx, key)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot import OIDC provider %q", key), err)
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), found.ID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), found.Name)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, importedKey, true)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, adoptedKey, true)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, nameModel{Server: types.StringValue(r.ServerURL()), Name: types.StringValue(found.Name)})...)
	}
}

func (r *providerResource) identity(state providerModel) nameModel {
	return nameModel{Server: types.StringValue(r.ServerURL()), Name: state.Name}
}
