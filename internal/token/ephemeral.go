package token

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewEphemeralResource makes the ephemeral registry_token.
func NewEphemeralResource() ephemeral.EphemeralResource { return &ephemeralToken{} }

type ephemeralToken struct{ tfkit.EphemeralResource }

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*ephemeralToken)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*ephemeralToken)(nil)
)

// The least lifetimes that the registries store and let revoke: what a killed run leaves behind lapses soon.
const (
	artifactoryLifetime    = 3 * time.Hour
	artifactKeeperLifetime = tfkit.Day
)

const ephemeralKey = "token"

// opened is what Close needs: ids, never the secret.
type opened struct {
	ID        string `json:"id"`
	OwnerID   string `json:"owner_id"`
	Username  string `json:"username"`
	ExpiresAt string `json:"expires_at"`
	Lenient   bool   `json:"toleratesUnreachable,omitempty"`
}

// ephemeralModel is the ephemeral registry_token.
type ephemeralModel struct {
	Username      types.String `tfsdk:"username"`
	Description   types.String `tfsdk:"description"`
	Scopes        types.Set    `tfsdk:"scopes"`
	OnUnreachable types.String `tfsdk:"on_unreachable"`
	ID            types.String `tfsdk:"id"`
	AccessToken   types.String `tfsdk:"access_token"`
	ExpiresAt     types.String `tfsdk:"expires_at"`
}

var _ tfkit.ModelFromAPI[registry.MintedToken] = (*ephemeralModel)(nil)

// Metadata implements ephemeral.EphemeralResource.
func (e *ephemeralToken) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_token"
}

// Schema implements ephemeral.EphemeralResource.
func (e *ephemeralToken) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A token for the time of one run: minted when Terraform opens it, in plan and in apply, and revoked when Terraform closes " +
			"it. It is always an additional token and appears in no plan and no state. Needs Terraform 1.10 or OpenTofu 1.11.\n\n" +
			"Its lifetime is the shortest that the registry stores and can revoke (three hours on Artifactory, one day on Artifact Keeper), " +
			"so that a token which a killed run leaves behind lapses soon.",
		Attributes: map[string]schema.Attribute{
			"username": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 255)},
				MarkdownDescription: "Name of the account on the registry that the token acts as. Administrators are refused unless the provider block says `allow_admin_tokens`.",
			},
			"description": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtMost(maxDescription)},
				MarkdownDescription: "Text for people who read the registry's token list or audit log.",
			},
			"scopes": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Validators: []validator.Set{
					setvalidator.SizeBetween(1, 50), setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(stringvalidator.LengthBetween(1, 256), tfkit.SyntaxValidator("scope", registry.CheckScope)),
				},
				MarkdownDescription: "What the token may do, in the registry's own words, one scope in each element. Default: `applied-permissions/user` on Artifactory, `read:artifacts` on Artifact Keeper. Scopes " +
					"that may carry administrator rights need the provider's `allow_admin_tokens`.",
			},
			"on_unreachable": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.OneOf(string(tfkit.OnUnreachableError), string(tfkit.OnUnreachableWarn))},
				MarkdownDescription: "What a token that cannot be revoked at the end of the run is: an `error`, or a `warn`ing with its id and end. Default: the provider's `on_unreachable`.",
			},
			"id":           schema.StringAttribute{Computed: true, MarkdownDescription: "The registry's id of the token."},
			"access_token": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The token itself."},
			"expires_at":   schema.StringAttribute{Computed: true, MarkdownDescription: "When the token ends if the run does not, in RFC 3339 (UTC)."},
		},
	}
}

// Open mints an additional token; one that exists is never touched.
func (e *ephemeralToken) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var result ephemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &result)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, createTimeout)
	defer cancel()
	reg := e.Client.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	scopes, diags := parseScopes(ctx, result.Scopes)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	spec := registry.TokenSpec{Username: result.Username.ValueString(), Scopes: scopes}
	if spec.Scopes == nil {
		spec.Scopes = reg.Capabilities.DefaultTokenScopes
	}
	if reg.Server.Type == registry.Artifactory {
		spec.Expiry.Duration = artifactoryLifetime
		spec.Artifactory = &registry.ArtifactoryTokenSpec{ForceRevocable: true}
	} else {
		spec.Expiry.Duration = artifactKeeperLifetime
	}
	mint := minter{reg: reg, allowAdmin: e.Data.AllowAdminTokens}
	user, ok := mint.owner(ctx, spec.Username, spec.Scopes, &resp.Diagnostics)
	if !ok {
		return
	}
	spec.UserID, spec.Username = user.ID, user.Username
	minted, err := mint.mint(ctx, spec, result.Description.ValueString(), "")
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot mint a token for user %q", spec.Username), err)
		return
	}
	if minted.Scopes == nil {
		minted.Scopes = spec.Scopes.Strings()
	}
	resp.Diagnostics.Append(result.FromAPI(ctx, minted)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, ephemeralKey, opened{
		ID: minted.ID, OwnerID: user.ID, Username: spec.Username, ExpiresAt: result.ExpiresAt.ValueString(),
		Lenient: e.toleratesUnreachable(result),
	})...)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &result)...)
	if resp.Diagnostics.HasError() {
		// Terraform does not close what did not open.
		if err := reg.Tokens.Revoke(ctx, user.ID, minted.ID); err != nil && !registry.IsNotFound(err) {
			tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot revoke token %s again", minted.ID), err)
		}
	}
}

// Close revokes the token. One that is gone is closed.
func (e *ephemeralToken) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	var token opened
	found, diags := tfkit.LoadPrivate(ctx, req.Private, ephemeralKey, &token)
	resp.Diagnostics.Append(diags...)
	if !found {
		return
	}
	limit := deleteTimeout
	if token.Lenient {
		limit = patience
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := retryRevoke(ctx, func(ctx context.Context) error { return e.revoke(ctx, token) })
	what := fmt.Sprintf("token %s of user %q", token.ID, token.Username)
	switch {
	case err == nil || registry.IsNotFound(err):
	case token.Lenient:
		tfkit.AddWarning(&resp.Diagnostics, "Not revoked: "+what,
			fmt.Sprintf("The registry could not be asked to revoke it, so it stays valid until it lapses by itself at %s.", token.ExpiresAt), err)
	default:
		tfkit.AddError(&resp.Diagnostics, "Cannot revoke "+what, err)
	}
}

func (e *ephemeralToken) revoke(ctx context.Context, token opened) error {
	reg, err := e.Data.Connection.Open(ctx)
	if err != nil {
		return err
	}
	return reg.Tokens.Revoke(ctx, token.OwnerID, token.ID)
}

func (e *ephemeralToken) toleratesUnreachable(result ephemeralModel) bool {
	if tfkit.IsSet(result.OnUnreachable) {
		return result.OnUnreachable.ValueString() == string(tfkit.OnUnreachableWarn)
	}
	return e.Data.OnUnreachable == tfkit.OnUnreachableWarn
}

// FromAPI implements tfkit.ModelFromAPI.
func (m *ephemeralModel) FromAPI(ctx context.Context, in registry.MintedToken) (diags diag.Diagnostics) {
	m.ID = types.StringValue(in.ID)
	m.AccessToken = types.StringValue(in.AccessToken.Reveal())
	m.ExpiresAt = tfkit.TimeOrNull(in.ExpiresAt)
	if !tfkit.IsSet(m.Scopes) {
		m.Scopes, diags = tfkit.StringSet(ctx, in.Scopes)
	}
	return diags
}
