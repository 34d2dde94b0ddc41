package token

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

const maxDescription = 1024

// Schema implements resource.Resource.
func (r *tokenResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	keepBool := []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A token minted for one user. The registry shows its value once, so the value is kept in the state " +
			"(marked sensitive); use the ephemeral `registry_token` where it is only needed during the run.\n\n" +
			"The token is replaced when `rotation_due` says so: when it is expired, revoked, or nearer to its end than " +
			"`rotate_before`. Minting for an administrator is refused unless the provider block says `allow_admin_tokens`; minting for " +
			"a disabled account or a service account is always refused.",
		Attributes: map[string]schema.Attribute{
			"username": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the account on the registry that the token acts as. Usually `data.registry_identity.….registry_username`. Changing it replaces the token.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 255)},
			},
			"description": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Text for people who read the registry's token list or audit log, such as the workspace and its owner. The registry " +
					"stores it when the token is minted (the description on Artifactory, the name on Artifact Keeper, cut to about 150 " +
					"characters); a later change is kept in the state only and never replaces the token.",
				Validators: []validator.String{stringvalidator.LengthAtMost(maxDescription)},
			},
			"scopes": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				MarkdownDescription: "What the token may do, in the registry's own words, one scope in each element. Default: `applied-permissions/user` on Artifactory (whatever the " +
					"user may do), `read:artifacts` on Artifact Keeper (add `write:artifacts` to publish). Scopes that may carry administrator rights need " +
					"the provider's `allow_admin_tokens`. Known to be harmless on Artifactory: `applied-permissions/user`, `applied-permissions/groups:` with existing groups " +
					"whose members are not administrators, `KIND:TARGET:ACTIONS` with the kinds `artifact`, `build` and `release-bundle` and the actions `r`, `w`, `d` and `a` (for the token, whatever its owner may do), and `system:TARGET:r` with the targets " +
					"`identities`, `permissions`, `metrics` and `info/licenses`; a project role (`applied-permissions/roles:`) is not. On Artifact Keeper: `read:artifacts`, `write:artifacts`, " +
					"`read:repositories`, `write:repositories` and `read:users`. Changing them replaces the token.",
				Validators: []validator.Set{
					setvalidator.SizeBetween(1, 50), setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(stringvalidator.LengthBetween(1, 256), tfkit.SyntaxValidator("scope", registry.CheckScope)),
				},
				PlanModifiers: []planmodifier.Set{setplanmodifier.UseStateForUnknown()},
			},
			"expires_in": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: expiresInType, Default: stringdefault.StaticString(defaultExpiresIn),
				MarkdownDescription: "Lifetime from minting: a duration such as `12h`, `30d` or `1d12h` (units s, m, h, d, w; whole days on Artifact Keeper), " +
					"`never` for a token without an end, or `default` to leave it to the server (Artifactory only). Default `30d`. Durations of " +
					"equal length are the same; any other change replaces the token.",
			},
			"rotate_before": schema.StringAttribute{
				Optional: true, CustomType: tfkit.DurationType{},
				MarkdownDescription: "How long before its end the token is due for rotation, as a duration such as `6h` or `7d`. Must be shorter than " +
					"the lifetime. Default: no time before, so that only an expired token is replaced.",
			},
			"keepers": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Any values of yours; changing one replaces the token. The registry does not see them.",
			},
			"idempotency_key": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "A key that is unique to this resource, such as a workspace id and a module's name. A digest of it is stored with the " +
					"token, so that the next create revokes what a killed run left behind: tokens of this user with this key that were never " +
					"used, as far as the registry tells. Two resources must not share a key. With `create_before_destroy`, a token that was " +
					"never used ends as soon as its replacement is saved. Nothing is looked for while `revoke_on_destroy` is `false`.",
				Validators: []validator.String{stringvalidator.LengthBetween(1, 1024)},
			},
			"revoke_on_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether destroying the resource revokes the token. Default `true`. With `false` it lives until it expires.",
			},
			"on_unreachable": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What a registry that cannot be asked does to a token that has an end: `error` stops the run; `warn` keeps the token as it " +
					"is on refresh and, on destroy, gives up after ten seconds in all with a warning that names the token and when it lapses, so that " +
					"a dead registry never blocks a workspace's stop. Default: the provider's `on_unreachable`.",
				Validators: []validator.String{stringvalidator.OneOf(string(tfkit.OnUnreachableError), string(tfkit.OnUnreachableWarn))},
			},
			"artifactory": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "What only Artifactory can mint. An error on any other registry. Changing it replaces the token.",
				Attributes: map[string]schema.Attribute{
					"refreshable": schema.BoolAttribute{
						Optional:            true,
						MarkdownDescription: "Whether a refresh token comes with it, in `refresh_token`. Default `false`.",
					},
					"reference": schema.BoolAttribute{
						Optional:            true,
						MarkdownDescription: "Whether a short reference token of 64 characters comes with it, in `reference_token`. Default `false`. Needs 7.38.10.",
					},
					"audience": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Service ids that accept the token, separated by spaces, such as `jfrt@*`. Default: all (`*@*`).",
						Validators:          []validator.String{stringvalidator.LengthBetween(1, 255)},
					},
					"project_key": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Key of the project that the token is limited to. Default: no project.",
						Validators:          []validator.String{stringvalidator.LengthBetween(1, 32)},
					},
					"force_revocable": schema.BoolAttribute{
						Optional: true,
						MarkdownDescription: "Whether the token can be revoked even if it is shorter than the server's threshold for revocable tokens (six hours by " +
							"default). Default `false`. Needs 7.50.3.",
					},
				},
			},
			"id": schema.StringAttribute{
				Computed: true, PlanModifiers: keep,
				MarkdownDescription: "The registry's id of the token. It is no secret.",
			},
			"access_token": schema.StringAttribute{
				Computed: true, Sensitive: true, PlanModifiers: keep,
				MarkdownDescription: "The token itself. Null after an import, since the registry shows it only once.",
			},
			"refresh_token": schema.StringAttribute{
				Computed: true, Sensitive: true, PlanModifiers: keep,
				MarkdownDescription: "The refresh token, if `artifactory.refreshable` asked for one.",
			},
			"reference_token": schema.StringAttribute{
				Computed: true, Sensitive: true, PlanModifiers: keep,
				MarkdownDescription: "The reference token, if `artifactory.reference` asked for one.",
			},
			"expires_at": schema.StringAttribute{
				Computed: true, PlanModifiers: keep,
				MarkdownDescription: "When the token ends, in RFC 3339 (UTC). Null if it never does.",
			},
			"revocable": schema.BoolAttribute{
				Computed: true, PlanModifiers: keepBool,
				MarkdownDescription: "Whether the registry lets this token be revoked before it ends.",
			},
			"persisted": schema.BoolAttribute{
				Computed: true, PlanModifiers: keepBool,
				MarkdownDescription: "Whether the registry stored the token, as found once after minting. Artifactory does not store short tokens (below three " +
					"hours by default); they cannot be looked up or revoked, and are judged by their own end.",
			},
			"rotation_due": schema.BoolAttribute{
				Computed: true, PlanModifiers: keepBool,
				MarkdownDescription: "Whether the token must be replaced, as found at the last refresh: expired, revoked, gone from the registry, or nearer to " +
					"its end than `rotate_before`. The next apply then mints another one.",
			},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.Block(ctx, timeouts.Opts{
				Create: true, Read: true, Delete: true,
				CreateDescription: "How long minting may take, as a duration such as `5m` (the default).",
				ReadDescription:   "How long a refresh may take, as a duration such as `2m` (the default); at most seven seconds with `on_unreachable = \"warn\"`.",
				DeleteDescription: "How long revoking may take, as a duration such as `2m` (the default); at most ten seconds, less what the refresh waited, with `on_unreachable = \"warn\"`.",
			}),
		},
	}
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *tokenResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"server": tfkit.ServerIdentity(),
			"username": identityschema.StringAttribute{
				OptionalForImport: true,
				Description:       "Name of the token's owner. Needed for an import from Artifact Keeper, which lists tokens by owner only.",
			},
			"id": identityschema.StringAttribute{RequiredForImport: true, Description: "The registry's id of the token."},
		},
	}
}

// ValidateConfig implements resource.ResourceWithValidateConfig: what needs no server.
func (r *tokenResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var expiresIn, rotateBefore tfkit.Duration
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("expires_in"), &expiresIn)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("rotate_before"), &rotateBefore)...)
	if resp.Diagnostics.HasError() || expiresIn.IsUnknown() || rotateBefore.IsUnknown() {
		return
	}
	wish, err := expiry(expiresIn)
	if err != nil {
		return // the attribute's own type has reported it
	}
	if err := checkRotation(wish, rotateBefore.Length()); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("rotate_before"), "Invalid rotate_before", err.Error()+".")
	}
}
