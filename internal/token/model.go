package token

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// model is registry_token in plan and state.
type model struct {
	Username        types.String   `tfsdk:"username"`
	Description     types.String   `tfsdk:"description"`
	Scopes          types.Set      `tfsdk:"scopes"`
	ExpiresIn       tfkit.Duration `tfsdk:"expires_in"`
	RotateBefore    tfkit.Duration `tfsdk:"rotate_before"`
	Keepers         types.Map      `tfsdk:"keepers"`
	IdempotencyKey  types.String   `tfsdk:"idempotency_key"`
	RevokeOnDestroy types.Bool     `tfsdk:"revoke_on_destroy"`
	OnUnreachable   types.String   `tfsdk:"on_unreachable"`
	Artifactory     types.Object   `tfsdk:"artifactory"`

	ID             types.String `tfsdk:"id"`
	AccessToken    types.String `tfsdk:"access_token"`
	RefreshToken   types.String `tfsdk:"refresh_token"`
	ReferenceToken types.String `tfsdk:"reference_token"`
	ExpiresAt      types.String `tfsdk:"expires_at"`
	Revocable      types.Bool   `tfsdk:"revocable"`
	Persisted      types.Bool   `tfsdk:"persisted"`
	RotationDue    types.Bool   `tfsdk:"rotation_due"`

	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// identityModel names one token of one user on one server.
type identityModel struct {
	Server   types.String `tfsdk:"server"`
	Username types.String `tfsdk:"username"`
	ID       types.String `tfsdk:"id"`
}

// artifactoryModel is the nested attribute of what only Artifactory mints.
type artifactoryModel struct {
	Refreshable    types.Bool   `tfsdk:"refreshable"`
	Reference      types.Bool   `tfsdk:"reference"`
	Audience       types.String `tfsdk:"audience"`
	ProjectKey     types.String `tfsdk:"project_key"`
	ForceRevocable types.Bool   `tfsdk:"force_revocable"`
}

var (
	_ tfkit.ModelToAPI[registry.TokenSpec]            = (*model)(nil)
	_ tfkit.ModelFromAPI[registry.MintedToken]        = (*model)(nil)
	_ tfkit.ModelFromTerraform[types.Object]          = (*artifactoryModel)(nil)
	_ tfkit.ModelToAPI[registry.ArtifactoryTokenSpec] = (*artifactoryModel)(nil)
)

// ToAPI implements tfkit.ModelToAPI. Owner and label are not the model's to know.
func (m *model) ToAPI(ctx context.Context) (registry.TokenSpec, diag.Diagnostics) {
	spec := registry.TokenSpec{Username: m.Username.ValueString()}
	var diags diag.Diagnostics
	spec.Scopes, diags = parseScopes(ctx, m.Scopes)
	var err error
	if spec.Expiry, err = expiry(m.ExpiresIn); err != nil {
		diags.AddAttributeError(path.Root("expires_in"), "Invalid duration", err.Error()+".")
	}
	if tfkit.IsSet(m.Artifactory) {
		var own artifactoryModel
		diags.Append(own.FromTerraform(ctx, m.Artifactory)...)
		artifactory, d := own.ToAPI(ctx)
		diags.Append(d...)
		spec.Artifactory = &artifactory
	}
	return spec, diags
}

// parseScopes reads the scopes of a configuration; they are nil when it names none.
func parseScopes(ctx context.Context, set types.Set) (registry.Scopes, diag.Diagnostics) {
	texts, diags := tfkit.Strings(ctx, set)
	scopes, err := registry.ParseScopes(texts)
	if err != nil {
		diags.AddAttributeError(path.Root("scopes"), "Invalid scope", err.Error()+". No token was minted.")
	}
	return scopes, diags
}

// FromAPI implements tfkit.ModelFromAPI for the one answer that carries the secret.
func (m *model) FromAPI(ctx context.Context, in registry.MintedToken) diag.Diagnostics {
	m.ID = types.StringValue(in.ID)
	m.AccessToken = tfkit.StringOrNull(in.AccessToken.Reveal())
	m.RefreshToken = tfkit.StringOrNull(in.RefreshToken.Reveal())
	m.ReferenceToken = tfkit.StringOrNull(in.ReferenceToken.Reveal())
	m.ExpiresAt = tfkit.TimeOrNull(in.ExpiresAt)
	m.RotationDue = types.BoolValue(false)
	if tfkit.IsSet(m.Scopes) {
		return nil
	}
	var diags diag.Diagnostics
	m.Scopes, diags = tfkit.StringSet(ctx, in.Scopes)
	return diags
}

// stored takes over what the registry tells about a token it stored. The lifetime that was asked for stays as it was
// written: the registry only knows the end.
func (m *model) stored(ctx context.Context, in registry.Token) diag.Diagnostics {
	m.ExpiresAt = tfkit.TimeOrNull(in.ExpiresAt)
	m.Persisted = types.BoolValue(true)
	if m.Username.IsNull() {
		m.Username = tfkit.StringOrNull(in.Username)
	}
	var diags diag.Diagnostics
	if m.Scopes.IsNull() && len(in.Scopes) > 0 {
		m.Scopes, diags = tfkit.StringSet(ctx, in.Scopes)
	}
	return diags
}

// imported fills what an import cannot learn elsewhere: arguments that live in the label and in the lifetime, and the
// defaults of those that live in the configuration only, so that the first plan has nothing to change.
func (m *model) imported(in registry.Token) {
	m.Description = tfkit.StringOrNull(describe(in.Label))
	m.ExpiresIn = lifetime(in)
	m.RevokeOnDestroy = types.BoolValue(true)
	m.RotationDue = types.BoolValue(false)
}

// rotateIfDue sets rotation_due by the token's own end.
func (m *model) rotateIfDue(now time.Time) {
	m.RotationDue = types.BoolValue(due(tfkit.ParseTime(m.ExpiresAt), m.RotateBefore.Length(), now))
}

// FromTerraform implements tfkit.ModelFromTerraform.
func (m *artifactoryModel) FromTerraform(ctx context.Context, in types.Object) diag.Diagnostics {
	return in.As(ctx, m, basetypes.ObjectAsOptions{UnhandledNullAsEmpty: true, UnhandledUnknownAsEmpty: true})
}

// ToAPI implements tfkit.ModelToAPI.
func (m *artifactoryModel) ToAPI(context.Context) (registry.ArtifactoryTokenSpec, diag.Diagnostics) {
	return registry.ArtifactoryTokenSpec{
		Refreshable:    m.Refreshable.ValueBool(),
		Reference:      m.Reference.ValueBool(),
		Audience:       m.Audience.ValueString(),
		ProjectKey:     m.ProjectKey.ValueString(),
		ForceRevocable: m.ForceRevocable.ValueBool(),
	}, nil
}
