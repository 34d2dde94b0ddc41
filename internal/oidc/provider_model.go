package oidc

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

type attrValue = attr.Value

// providerModel is registry_oidc_provider in configuration, plan and state.
type providerModel struct {
	ID             types.String   `tfsdk:"id"`
	Name           types.String   `tfsdk:"name"`
	IssuerURL      types.String   `tfsdk:"issuer_url"`
	Audience       types.String   `tfsdk:"audience"`
	Artifactory    types.Object   `tfsdk:"artifactory"`
	ArtifactKeeper types.Object   `tfsdk:"artifact_keeper"`
	SignIn         *signInModel   `tfsdk:"sign_in"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

// nameModel names one object on one server.
type nameModel struct {
	Server types.String `tfsdk:"server"`
	Name   types.String `tfsdk:"name"`
}

type artifactoryModel struct {
	ProviderType types.String `tfsdk:"provider_type"`
	Description  types.String `tfsdk:"description"`
	Organization types.String `tfsdk:"organization"`
	ProjectKey   types.String `tfsdk:"project_key"`
	TokenIssuer  types.String `tfsdk:"token_issuer"`
	AzureAppID   types.String `tfsdk:"azure_app_id"`
	Proxy        types.Bool   `tfsdk:"use_default_proxy"`
	Permissive   types.Bool   `tfsdk:"enable_permissive_configuration"`
}

var artifactoryTypes = map[string]attr.Type{
	"provider_type": types.StringType, "description": types.StringType, "organization": types.StringType, "project_key": types.StringType,
	"token_issuer": types.StringType, "azure_app_id": types.StringType, "use_default_proxy": types.BoolType, "enable_permissive_configuration": types.BoolType,
}

type keeperModel struct {
	Enabled      types.Bool   `tfsdk:"enabled"`
	ProviderType types.String `tfsdk:"provider_type"`
}

var keeperTypes = map[string]attr.Type{"enabled": types.BoolType, "provider_type": types.StringType}

type signInModel struct {
	ClientID              types.String         `tfsdk:"client_id"`
	ClientSecretWO        types.String         `tfsdk:"client_secret_wo"`
	ClientSecretWOVersion types.Int64          `tfsdk:"client_secret_wo_version"`
	Scopes                types.Set            `tfsdk:"scopes"`
	AttributeMapping      jsontypes.Normalized `tfsdk:"attribute_mapping"`
	AutoCreateUsers       types.Bool           `tfsdk:"auto_create_users"`
	PKCE                  types.Bool           `tfsdk:"pkce_enabled"`
	MapGroups             types.Bool           `tfsdk:"map_groups_to_groups"`
	LegacyRSA             types.Bool           `tfsdk:"allow_legacy_rsa_keys"`
}

var (
	_ tfkit.ModelFromAPI[registry.OIDCProvider] = (*providerModel)(nil)
	_ tfkit.ModelToAPI[registry.OIDCProvider]   = (*providerModel)(nil)
	_ tfkit.ModelFromAPI[*registry.OIDCSignIn]  = (*signInModel)(nil)
	_ tfkit.ModelToAPI[*registry.OIDCSignIn]    = (*signInModel)(nil)
)

// FromAPI implements tfkit.ModelFromAPI.
func (m *providerModel) FromAPI(ctx context.Context, in registry.OIDCProvider) diag.Diagnostics {
	var diags diag.Diagnostics
	m.ID, m.Name, m.IssuerURL = types.StringValue(in.ID), types.StringValue(in.Name), types.StringValue(in.IssuerURL)
	m.Audience = tfkit.StringOrNull(in.Audience)
	m.Artifactory, m.ArtifactKeeper = types.ObjectNull(artifactoryTypes), types.ObjectNull(keeperTypes)
	if a := in.Artifactory; a != nil {
		object, d := types.ObjectValueFrom(ctx, artifactoryTypes, artifactoryModel{
			ProviderType: types.StringValue(a.ProviderType), Description: tfkit.StringOrNull(a.Description), Organization: tfkit.StringOrNull(a.Organization),
			ProjectKey: tfkit.StringOrNull(a.ProjectKey), TokenIssuer: tfkit.StringOrNull(a.TokenIssuer), AzureAppID: tfkit.StringOrNull(a.AzureAppID),
			Proxy: types.BoolValue(a.UseDefaultProxy), Permissive: types.BoolValue(a.Permissive),
		})
		diags.Append(d...)
		m.Artifactory = object
	}
	if k := in.ArtifactKeeper; k != nil {
		object, d := types.ObjectValueFrom(ctx, keeperTypes, keeperModel{Enabled: types.BoolValue(k.Enabled), ProviderType: tfkit.StringOrNull(k.ProviderType)})
		diags.Append(d...)
		m.ArtifactKeeper = object
	}
	if in.SignIn == nil {
		m.SignIn = nil
		return diags
	}
	if m.SignIn == nil {
		m.SignIn = &signInModel{}
	}
	diags.Append(m.SignIn.FromAPI(ctx, in.SignIn)...)
	return diags
}

// ToAPI implements tfkit.ModelToAPI. The secret is not part of a model.
func (m *providerModel) ToAPI(ctx context.Context) (registry.OIDCProvider, diag.Diagnostics) {
	var diags diag.Diagnostics
	spec := registry.OIDCProvider{Name: m.Name.ValueString(), IssuerURL: m.IssuerURL.ValueString(), Audience: m.Audience.ValueString()}
	if tfkit.IsSet(m.Artifactory) {
		var a artifactoryModel
		diags.Append(m.Artifactory.As(ctx, &a, basetypes.ObjectAsOptions{})...)
		spec.Artifactory = &registry.ArtifactoryOIDCProvider{
			ProviderType: a.ProviderType.ValueString(), Description: a.Description.ValueString(), Organization: a.Organization.ValueString(),
			ProjectKey: a.ProjectKey.ValueString(), TokenIssuer: a.TokenIssuer.ValueString(), AzureAppID: a.AzureAppID.ValueString(),
			UseDefaultProxy: a.Proxy.ValueBool(), Permissive: a.Permissive.ValueBool(),
		}
	}
	if tfkit.IsSet(m.ArtifactKeeper) {
		var k keeperModel
		diags.Append(m.ArtifactKeeper.As(ctx, &k, basetypes.ObjectAsOptions{})...)
		spec.ArtifactKeeper = &registry.ArtifactKeeperOIDCProvider{Enabled: k.Enabled.ValueBool(), ProviderType: k.ProviderType.ValueString()}
	}
	if m.SignIn != nil {
		own, d := m.SignIn.ToAPI(ctx)
		diags.Append(d...)
		spec.SignIn = own
	}
	return spec, diags
}

// FromAPI implements tfkit.ModelFromAPI.
func (s *signInModel) FromAPI(ctx context.Context, in *registry.OIDCSignIn) diag.Diagnostics {
	scopes, diags := tfkit.StringSet(ctx, in.Scopes)
	s.ClientID, s.ClientSecretWO, s.Scopes = types.StringValue(in.ClientID), types.StringNull(), scopes
	if in.SecretLost {
		s.ClientSecretWOVersion = types.Int64Null()
	}
	s.AttributeMapping = sameJSON(s.AttributeMapping, in.AttributeMapping)
	s.AutoCreateUsers, s.PKCE = types.BoolValue(in.AutoCreateUsers), types.BoolValue(in.PKCE)
	s.MapGroups, s.LegacyRSA = types.BoolValue(in.MapGroups), types.BoolValue(in.AllowLegacyRSAKeys)
	return diags
}

// sameJSON keeps an empty object that the configuration has, which the registry does not tell from none.
func sameJSON(prior jsontypes.Normalized, raw json.RawMessage) jsontypes.Normalized {
	if len(raw) == 0 {
		if tfkit.IsSet(prior) && prior.ValueString() == "{}" {
			return prior
		}
		return jsontypes.NewNormalizedNull()
	}
	return jsontypes.NewNormalizedValue(string(raw))
}

// ToAPI implements tfkit.ModelToAPI.
func (s *signInModel) ToAPI(ctx context.Context) (*registry.OIDCSignIn, diag.Diagnostics) {
	scopes, diags := tfkit.Strings(ctx, s.Scopes)
	own := &registry.OIDCSignIn{
		ClientID: s.ClientID.ValueString(), Scopes: scopes, AutoCreateUsers: s.AutoCreateUsers.ValueBool(), PKCE: s.PKCE.ValueBool(),
		MapGroups: s.MapGroups.ValueBool(), AllowLegacyRSAKeys: s.LegacyRSA.ValueBool(),
	}
	if text := s.AttributeMapping.ValueString(); text != "" {
		own.AttributeMapping = json.RawMessage(text)
	}
	return own, diags
}
