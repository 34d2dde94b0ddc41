package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// oidcModel is the oidc attribute of the provider block.
type oidcModel struct {
	ProviderName types.String `tfsdk:"provider_name"`
	Token        types.String `tfsdk:"token"`
	TokenFile    types.String `tfsdk:"token_file"`
	Artifactory  types.Object `tfsdk:"artifactory"`
}

// exchangeModel is what only Artifactory's exchange takes.
type exchangeModel struct {
	IdentityMappingName types.String `tfsdk:"identity_mapping_name"`
	ProjectKey          types.String `tfsdk:"project_key"`
}

// workloadToken is where HCP Terraform puts a run's identity token.
const workloadToken = "TFC_WORKLOAD_IDENTITY_TOKEN"

func oidcAttribute() schema.SingleNestedAttribute {
	text := func(description string, validators ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
	}
	token := text("The identity token, a JSON web token; an ephemeral value keeps it out of plans. Conflicts with `token_file`. Else "+
		"`REGISTRY_OIDC_TOKEN`, else what HCP Terraform gives its runs, `"+workloadToken+"`.",
		stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("token_file")))
	token.Sensitive = true
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Sign in with a token of an OpenID Connect issuer that the registry trusts (`registry_oidc_provider`), so that CI holds no " +
			"token of the registry. The identity token is exchanged when the first object needs the registry, through the same TLS settings as " +
			"everything else; what the registry gives for it is shared by all requests, kept in memory only, and exchanged for anew when it ends, as " +
			"long as the identity token is good. `oidc = {}` takes everything from the environment. Conflicts with `access_token`, `username` and " +
			"`password`. The mapping must lead to an administrator: on Artifactory by its `scope` or `username`; on Artifact Keeper its account " +
			"(`username` of the `registry_oidc_mapping`), which exists from the first exchange on, must be made one.",
		Validators: []validator.Object{objectvalidator.ConflictsWith(
			path.MatchRoot("access_token"), path.MatchRoot("username"), path.MatchRoot("password"))},
		Attributes: map[string]schema.Attribute{
			"provider_name": text("The registry's OIDC provider, the `id` of a `registry_oidc_provider`: its name on Artifactory, a UUID on Artifact " +
				"Keeper. Else `REGISTRY_OIDC_PROVIDER_NAME`."),
			"token": token,
			"token_file": text("Path of a file with the identity token, read at every exchange, so that whoever renews it (Kubernetes, for example) " +
				"keeps a long run going. Else `REGISTRY_OIDC_TOKEN_FILE`."),
			"artifactory": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "What only Artifactory's exchange takes. An error on Artifact Keeper.",
				Attributes: map[string]schema.Attribute{
					"identity_mapping_name": text("The mapping to use. Default: the first that fits the token, by priority. Else " +
						"`REGISTRY_OIDC_IDENTITY_MAPPING_NAME`."),
					"project_key": text("Key of the project that the OIDC provider belongs to. Default: none, it is global. Else " +
						"`REGISTRY_OIDC_PROJECT_KEY`."),
				},
			},
		},
	}
}

// oidcVariables are the variables of the arguments below oidc.
var oidcVariables = []string{"oidc_provider_name", "oidc_token", "oidc_token_file", "oidc_identity_mapping_name", "oidc_project_key"}

// oidcInEnvironment reports whether a variable asks for an exchange.
func (r *resolver) oidcInEnvironment() bool {
	for _, argument := range oidcVariables {
		if r.getenv(envName(argument)) != "" {
			return true
		}
	}
	return false
}

// identity reads the oidc attribute, and what it leaves open from the environment if that belongs to the same server.
func (r *resolver) identity(ctx context.Context, config types.Object, ours bool) transport.Identity {
	var m oidcModel
	var only exchangeModel
	if r.isUnknown(config) {
		return transport.Identity{}
	}
	known := basetypes.ObjectAsOptions{UnhandledNullAsEmpty: true}
	if !config.IsNull() {
		r.diags.Append(config.As(ctx, &m, known)...)
	}
	if r.isUnknown(m.Artifactory) {
		return transport.Identity{}
	}
	if !m.Artifactory.IsNull() {
		r.diags.Append(m.Artifactory.As(ctx, &only, known)...)
	}
	text := func(argument string, value types.String) string {
		if r.isUnknown(value) || value.ValueString() != "" || !ours {
			return value.ValueString()
		}
		return r.getenv(envName(argument))
	}
	i := transport.Identity{
		Provider: strings.TrimSpace(text("oidc_provider_name", m.ProviderName)),
		Mapping:  text("oidc_identity_mapping_name", only.IdentityMappingName),
		Project:  text("oidc_project_key", only.ProjectKey),
	}
	// The two ways to give a token stand in for each other: what the block says rules out both variables.
	if r.isUnknown(m.Token) || r.isUnknown(m.TokenFile) {
		return i
	}
	token := m.Token.ValueString()
	i.TokenFile = m.TokenFile.ValueString()
	if token == "" && i.TokenFile == "" && ours {
		token, i.TokenFile = r.getenv(envName("oidc_token")), r.getenv(envName("oidc_token_file"))
	}
	if token == "" && i.TokenFile == "" {
		token = r.getenv(workloadToken)
	}
	i.Token = registry.NewSecret(strings.TrimSpace(token))
	return i
}

// checkIdentity says what is missing, by the names that people can set.
func (r *resolver) checkIdentity(i transport.Identity, url string) {
	at := path.Root("oidc")
	switch {
	case i.Provider == "":
		r.diags.AddAttributeError(at.AtName("provider_name"), "No OIDC provider to sign in by",
			"The provider signs in by exchange (oidc), but neither oidc.provider_name nor REGISTRY_OIDC_PROVIDER_NAME says which OIDC provider "+
				"of the registry trusts the identity token."+r.notUsed(url))
	case i.Token.Empty() && i.TokenFile == "":
		r.diags.AddAttributeError(at.AtName("token"), "No identity token to sign in with",
			"The provider signs in by exchange (oidc), but there is no identity token: set oidc.token, oidc.token_file, REGISTRY_OIDC_TOKEN, "+
				"REGISTRY_OIDC_TOKEN_FILE or "+workloadToken+". A CI system has to be told to issue one (GitHub: permission id-token: write; "+
				"GitLab: id_tokens)."+r.notUsed(url))
	case !i.Token.Empty() && i.TokenFile != "":
		r.diags.AddAttributeError(at.AtName("token"), "Two identity tokens",
			"REGISTRY_OIDC_TOKEN and REGISTRY_OIDC_TOKEN_FILE are both set. Unset one of the two.")
	}
}
