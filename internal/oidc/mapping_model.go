package oidc

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// mappingModel is registry_oidc_mapping in configuration, plan and state.
type mappingModel struct {
	ID             types.String         `tfsdk:"id"`
	ProviderID     types.String         `tfsdk:"provider_id"`
	Name           types.String         `tfsdk:"name"`
	Priority       types.Int64          `tfsdk:"priority"`
	Claims         jsontypes.Normalized `tfsdk:"claims"`
	Username       types.String         `tfsdk:"username"`
	Artifactory    types.Object         `tfsdk:"artifactory"`
	ArtifactKeeper types.Object         `tfsdk:"artifact_keeper"`
	Timeouts       timeouts.Value       `tfsdk:"timeouts"`
}

// mappingIdentity names one mapping on one server.
type mappingIdentity struct {
	Server   types.String `tfsdk:"server"`
	Provider types.String `tfsdk:"provider_id"`
	Name     types.String `tfsdk:"name"`
}

type tokenModel struct {
	Description     types.String   `tfsdk:"description"`
	ProjectKey      types.String   `tfsdk:"project_key"`
	Username        types.String   `tfsdk:"username"`
	UsernamePattern types.String   `tfsdk:"username_pattern"`
	GroupsPattern   types.String   `tfsdk:"groups_pattern"`
	Scope           types.String   `tfsdk:"scope"`
	Audience        types.String   `tfsdk:"audience"`
	ExpiresIn       tfkit.Duration `tfsdk:"expires_in"`
}

var tokenTypes = map[string]attr.Type{
	"description": types.StringType, "project_key": types.StringType, "username": types.StringType, "username_pattern": types.StringType,
	"groups_pattern": types.StringType, "scope": types.StringType, "audience": types.StringType, "expires_in": tfkit.DurationType{},
}

type limitModel struct {
	Enabled      types.Bool `tfsdk:"enabled"`
	Repositories types.Set  `tfsdk:"allowed_repositories"`
}

var limitTypes = map[string]attr.Type{"enabled": types.BoolType, "allowed_repositories": types.SetType{ElemType: types.StringType}}

var (
	_ tfkit.ModelFromAPI[registry.OIDCMapping] = (*mappingModel)(nil)
	_ tfkit.ModelToAPI[registry.OIDCMapping]   = (*mappingModel)(nil)
)

// FromAPI implements tfkit.ModelFromAPI.
func (m *mappingModel) FromAPI(ctx context.Context, in registry.OIDCMapping) diag.Diagnostics {
	var diags diag.Diagnostics
	var prior tokenModel
	if tfkit.IsSet(m.Artifactory) {
		diags.Append(m.Artifactory.As(ctx, &prior, basetypes.ObjectAsOptions{UnhandledUnknownAsEmpty: true})...)
	}
	m.ID, m.ProviderID, m.Name, m.Priority = types.StringValue(in.ID), types.StringValue(in.Provider), types.StringValue(in.Name), types.Int64Value(in.Priority)
	m.Claims, m.Username = jsontypes.NewNormalizedValue(string(in.Claims)), types.StringNull()
	m.Artifactory, m.ArtifactKeeper = types.ObjectNull(tokenTypes), types.ObjectNull(limitTypes)
	if a := in.Artifactory; a != nil {
		expiry := tfkit.NewDuration(fmt.Sprintf("%ds", int64(a.ExpiresIn/time.Second)))
		if prior.ExpiresIn.SameLength(expiry) {
			expiry = prior.ExpiresIn
		}
		object, d := types.ObjectValueFrom(ctx, tokenTypes, tokenModel{
			Description: tfkit.StringOrNull(a.Description), ProjectKey: tfkit.StringOrNull(a.ProjectKey), Username: tfkit.StringOrNull(a.Username),
			UsernamePattern: tfkit.StringOrNull(a.UsernamePattern), GroupsPattern: tfkit.StringOrNull(a.GroupsPattern), Scope: tfkit.StringOrNull(a.Scope),
			Audience: types.StringValue(a.Audience), ExpiresIn: expiry,
		})
		diags.Append(d...)
		m.Artifactory = object
	}
	if k := in.ArtifactKeeper; k != nil {
		m.Username = types.StringValue(k.Username)
		repositories, d := tfkit.StringSet(ctx, k.Repositories)
		diags.Append(d...)
		object, d := types.ObjectValueFrom(ctx, limitTypes, limitModel{Enabled: types.BoolValue(k.Enabled), Repositories: repositories})
		diags.Append(d...)
		m.ArtifactKeeper = object
	}
	return diags
}

// ToAPI implements tfkit.ModelToAPI.
func (m *mappingModel) ToAPI(ctx context.Context) (registry.OIDCMapping, diag.Diagnostics) {
	var diags diag.Diagnostics
	spec := registry.OIDCMapping{
		Provider: m.ProviderID.ValueString(), Name: m.Name.ValueString(), Priority: m.Priority.ValueInt64(), Claims: json.RawMessage(m.Claims.ValueString()),
	}
	if tfkit.IsSet(m.Artifactory) {
		var a tokenModel
		diags.Append(m.Artifactory.As(ctx, &a, basetypes.ObjectAsOptions{})...)
		spec.Artifactory = &registry.ArtifactoryOIDCMapping{
			Description: a.Description.ValueString(), ProjectKey: a.ProjectKey.ValueString(), Username: a.Username.ValueString(),
			UsernamePattern: a.UsernamePattern.ValueString(), GroupsPattern: a.GroupsPattern.ValueString(), Scope: a.Scope.ValueString(),
			Audience: a.Audience.ValueString(), ExpiresIn: a.ExpiresIn.Length(),
		}
	}
	if tfkit.IsSet(m.ArtifactKeeper) {
		var k limitModel
		diags.Append(m.ArtifactKeeper.As(ctx, &k, basetypes.ObjectAsOptions{})...)
		repositories, d := tfkit.Strings(ctx, k.Repositories)
		diags.Append(d...)
		spec.ArtifactKeeper = &registry.ArtifactKeeperOIDCMapping{Enabled: k.Enabled.ValueBool(), Repositories: repositories}
	}
	return spec, diags
}
