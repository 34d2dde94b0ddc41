package oidc

import (
	"context"
	"errors"
	"net/url"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// keepText keeps what an update does not change.
var keepText = []planmodifier.String{stringplanmodifier.UseStateForUnknown()}

func checkIssuer(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("it must be an https:// address without user, query and fragment, as in the iss claim of its tokens")
	}
	return nil
}

func providerSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "An issuer of OpenID Connect tokens that the registry trusts. Without `sign_in` it is one for an **exchange**: a pipeline gives the token that " +
			"its CI system made for it and gets one of the registry, as `registry_oidc_mapping` says, so that no pipeline holds a long-lived secret. With `sign_in` " +
			"(Artifact Keeper) people sign in with it in a browser.\n\nOn Artifact Keeper an enabled provider with `sign_in` **closes local password sign-in for " +
			"everybody but administrators**, and an account that was made before its owner's first sign-in refuses that sign-in (HTTP 409).",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, PlanModifiers: keepText, Description: "What the registry addresses the provider by: its name on Artifactory, a UUID on Artifact Keeper.",
			},
			"name": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 255), tfkit.SyntaxValidator("name", registry.CheckObjectName)},
				MarkdownDescription: "Name of the provider. Changing it replaces the provider on Artifactory; Artifact Keeper renames in place.",
			},
			"issuer_url": schema.StringAttribute{
				Required: true, Validators: []validator.String{tfkit.SyntaxValidator("issuer", checkIssuer)},
				MarkdownDescription: "Address of the issuer, exactly as in the `iss` claim of its tokens; always https. Artifact Keeper refuses private addresses unless its " +
					"`SSO_ALLOW_PRIVATE_IPS` or `AK_SSRF_ALLOW_PRIVATE_CIDRS` allows them.",
			},
			"audience": schema.StringAttribute{
				Optional: true, Computed: true, PlanModifiers: keepText, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "What a token must have in its `aud` claim to be exchanged. Default: the registry's, which is `artifact-keeper` on Artifact Keeper and none on " +
					"Artifactory. Not with `sign_in`.",
			},
			"artifactory": schema.SingleNestedAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "What only Artifactory's providers have (7.73.1 or newer; self-hosted 7.77.3). Left out as a whole, a new provider gets the defaults and an existing " +
					"one stays as it is.",
				Attributes: map[string]schema.Attribute{
					"provider_type": schema.StringAttribute{
						Optional: true, Computed: true, Default: stringdefault.StaticString("Generic OpenID Connect"),
						Validators:          []validator.String{stringvalidator.OneOf("Generic OpenID Connect", "GitHub", "GitHub Enterprise", "Azure")},
						MarkdownDescription: "`Generic OpenID Connect` (the default), `GitHub`, `GitHub Enterprise` or `Azure`.",
					},
					"description":                     optionalText("Free text. Default: none."),
					"organization":                    optionalText("Organisation whose tokens are trusted, for GitHub (Access 7.138.0 or newer). Default: none."),
					"project_key":                     optionalText("Key of the project that the provider belongs to. Default: none, it is global."),
					"token_issuer":                    optionalText("Issuer as it is in the tokens, where that differs from `issuer_url`. Default: none."),
					"azure_app_id":                    optionalText("Id of the application, for Azure. Default: none."),
					"use_default_proxy":               flag(false, "Whether the issuer is reached through Artifactory's default proxy. Default `false`."),
					"enable_permissive_configuration": flag(false, "Whether a GitHub provider without an organisation is accepted. Default `false`."),
				},
			},
			"artifact_keeper": schema.SingleNestedAttribute{
				Optional: true, Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "What only Artifact Keeper's providers have. Left out as a whole, a new provider gets the defaults and an existing one stays as it is.",
				Attributes: map[string]schema.Attribute{
					"enabled": flag(true, "Whether the provider works. Default `true`."),
					"provider_type": schema.StringAttribute{
						Optional: true, Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()}, Validators: []validator.String{stringvalidator.OneOf("generic", "github", "gitlab")},
						MarkdownDescription: "`generic` (the default), `github` or `gitlab`. Not with `sign_in`.",
					},
				},
			},
			"sign_in": signInAttribute(),
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts.Block(ctx, tfkit.TimeoutOpts("5m"))},
	}
}

func optionalText(text string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: text}
}

func flag(fallback bool, text string) schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(fallback), MarkdownDescription: text}
}

func signInAttribute() schema.SingleNestedAttribute {
	scopes := types.SetValueMust(types.StringType, []attrValue{types.StringValue("openid"), types.StringValue("profile"), types.StringValue("email")})
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "How people sign in with this provider in a browser. Artifact Keeper only. Adding or removing it replaces the provider. The redirect address to give the " +
			"issuer is `URL/api/v1/auth/sso/oidc/callback`, unless `attribute_mapping` has a `redirect_uri`.",
		Attributes: map[string]schema.Attribute{
			"client_id": schema.StringAttribute{Required: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, Description: "Id of the client that the issuer knows the registry by."},
			"client_secret_wo": schema.StringAttribute{
				Optional: true, Sensitive: true, WriteOnly: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Secret of the client, write-only: sent when the provider is made and when `client_secret_wo_version` changes, never answered, kept in no plan and no " +
					"state. Needed to make a provider.",
			},
			"client_secret_wo_version": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{int64validator.AlsoRequires(path.MatchRelative().AtParent().AtName("client_secret_wo"))},
				MarkdownDescription: "Number of the secret; raise it to have `client_secret_wo` sent again. The first number after an import is taken as that of the secret the registry already has.",
			},
			"scopes": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType, Default: setdefault.StaticValue(scopes),
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(tfkit.SyntaxValidator("scope", registry.CheckScope))},
				MarkdownDescription: "Scopes that are asked for, one in each element. Default `openid`, `profile` and `email`.",
			},
			"attribute_mapping": schema.StringAttribute{
				Optional: true, CustomType: jsontypes.NormalizedType{},
				MarkdownDescription: "JSON object that says which claims mean what; the server reads `username_claim`, `email_claim`, `groups_claim`, `admin_group`, `redirect_uri` and " +
					"`fetch_userinfo_groups`. With `admin_group`, each sign-in gives or takes administrator rights. Default: none.",
			},
			"auto_create_users":     flag(true, "Whether a person gets an account at their first sign-in. Default `true`."),
			"pkce_enabled":          flag(true, "Whether PKCE protects the sign-in. Default `true`."),
			"map_groups_to_groups":  flag(false, "Whether a sign-in makes the groups of the `groups_claim` and puts the person into them. A group of the same name that was made in another way stays as it is. Default `false`."),
			"allow_legacy_rsa_keys": flag(false, "Whether short RSA keys of the issuer are accepted. Default `false`."),
		},
	}
}

func nameIdentity(what string) map[string]identityschema.Attribute {
	return map[string]identityschema.Attribute{
		"server": tfkit.ServerIdentity(),
		"name":   identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the " + what + "."},
	}
}
