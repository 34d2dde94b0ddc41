package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// model is the provider block.
type model struct {
	URL                   types.String   `tfsdk:"url"`
	Type                  types.String   `tfsdk:"type"`
	AccessToken           types.String   `tfsdk:"access_token"`
	Username              types.String   `tfsdk:"username"`
	Password              types.String   `tfsdk:"password"`
	OIDC                  types.Object   `tfsdk:"oidc"`
	CACertificate         types.String   `tfsdk:"ca_certificate"`
	ClientCertificate     types.String   `tfsdk:"client_certificate"`
	ClientKey             types.String   `tfsdk:"client_key"`
	InsecureSkipVerify    types.Bool     `tfsdk:"insecure_skip_verify"`
	Proxy                 types.String   `tfsdk:"proxy"`
	Headers               types.Map      `tfsdk:"headers"`
	RequestTimeout        tfkit.Duration `tfsdk:"request_timeout"`
	MaxRetries            types.Int64    `tfsdk:"max_retries"`
	MaxConcurrentRequests types.Int64    `tfsdk:"max_concurrent_requests"`
	BulkReads             types.Bool     `tfsdk:"bulk_reads"`
	AllowAdminTokens      types.Bool     `tfsdk:"allow_admin_tokens"`
	AllowPlainHTTP        types.Bool     `tfsdk:"allow_plain_http"`
	OnUnreachable         types.String   `tfsdk:"on_unreachable"`
	PreviousURL           types.String   `tfsdk:"previous_url"`
}

// Schema implements provider.Provider.
func (p *registryProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	text := func(description string, validators ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
	}
	secret := func(description string, validators ...validator.String) schema.StringAttribute {
		a := text(description, validators...)
		a.Sensitive = true
		return a
	}
	yesNo := func(description string) schema.BoolAttribute {
		return schema.BoolAttribute{Optional: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Users, groups, permissions and user-scoped tokens of a package registry: JFrog Artifactory or Artifact " +
			"Keeper, by the same configuration.\n\nEvery argument falls back to an environment variable. The URL and the credential " +
			"always come from the same place: the provider block together with `REGISTRY_*`, else `JFROG_URL` with " +
			"`JFROG_ACCESS_TOKEN`, else `ARTIFACT_KEEPER_ENDPOINT` with `ARTIFACT_KEEPER_TOKEN`. Configuring the provider makes no " +
			"request.",
		Attributes: map[string]schema.Attribute{
			"url": text("Address of the registry: scheme, host, port and path prefix if a proxy adds one. A final `/artifactory` is " +
				"dropped. Else `REGISTRY_URL`."),
			"type": text("What the registry is: `artifactory` or `artifact_keeper`. Default: found out once by unauthenticated requests; "+
				"giving it saves those. Else `REGISTRY_TYPE`.",
				stringvalidator.OneOf(string(registry.Artifactory), string(registry.ArtifactKeeper))),
			"access_token": secret("Token of an administrator; on Artifact Keeper it needs the scope `admin` or `*`. Conflicts with " +
				"`username`, `password` and `oidc`. Else `REGISTRY_ACCESS_TOKEN`, which is used only if `REGISTRY_URL` is not set or names the same server as `url`."),
			"username": text("Name of an administrator, to sign in with `password` instead of a token. Else `REGISTRY_USERNAME`.",
				stringvalidator.ConflictsWith(path.MatchRoot("access_token"))),
			"password": secret("Password of `username`. Else `REGISTRY_PASSWORD`.",
				stringvalidator.ConflictsWith(path.MatchRoot("access_token"))),
			"oidc": oidcAttribute(),
			"ca_certificate": text("Certificates to trust besides the system's: PEM text, or the path of a PEM file. Else " +
				"`REGISTRY_CA_CERTIFICATE`."),
			"client_certificate": text("Client certificate for mutual TLS: PEM text, or the path of a PEM file. Needs `client_key`. Else " +
				"`REGISTRY_CLIENT_CERTIFICATE`."),
			"client_key": secret("Private key of `client_certificate`: PEM text, or the path of a PEM file. Else `REGISTRY_CLIENT_KEY`."),
			"insecure_skip_verify": yesNo("Whether to accept any server certificate. Default `false`. For experiments only: whoever sits " +
				"in between reads the credential. Else `REGISTRY_INSECURE_SKIP_VERIFY`."),
			"proxy": secret("URL of an http, https or socks5 proxy. Default: the environment's `HTTPS_PROXY`, `HTTP_PROXY` and " +
				"`NO_PROXY`. Else `REGISTRY_PROXY`."),
			"headers": schema.MapAttribute{
				Optional: true, Sensitive: true, ElementType: types.StringType,
				MarkdownDescription: "Headers added to every request, for example what a proxy in front of the registry wants. Else " +
					"`REGISTRY_HEADERS`, a JSON object.",
			},
			"request_timeout": schema.StringAttribute{
				Optional: true, CustomType: tfkit.DurationType{},
				MarkdownDescription: "How long one attempt of a request may take, as a duration such as `30s` (the default). Else " +
					"`REGISTRY_REQUEST_TIMEOUT`.",
			},
			"max_retries": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{int64validator.Between(0, 100)},
				MarkdownDescription: "How often a request that can safely be repeated is tried again. Default `4`; `0` means never. Else " +
					"`REGISTRY_MAX_RETRIES`.",
			},
			"max_concurrent_requests": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{int64validator.Between(1, 1000)},
				MarkdownDescription: "How many requests may be under way at a time, whatever the command line tool's parallelism. Default " +
					"`16`. Else `REGISTRY_MAX_CONCURRENT_REQUESTS`.",
			},
			"bulk_reads": yesNo("Whether a refresh of many objects reads them by few requests: from the registry's lists where those hold every " +
				"field, and each group once for all its memberships. Default `true`; `false` reads each object alone. Else `REGISTRY_BULK_READS`."),
			"allow_admin_tokens": yesNo("Whether people may be mapped to administrators and tokens be minted with administrator rights. " +
				"Default `false`. Else `REGISTRY_ALLOW_ADMIN_TOKENS`."),
			"allow_plain_http": yesNo("Whether a credential may be sent over plain http. Default `false`. Else `REGISTRY_ALLOW_PLAIN_HTTP`."),
			"on_unreachable": text("What a registry that cannot be asked does to tokens that end by themselves: `error` (the default) stops "+
				"the run, `warn` keeps them on refresh and lets them go on destroy, so that a workspace can always stop. Else "+
				"`REGISTRY_ON_UNREACHABLE`.",
				stringvalidator.OneOf(string(tfkit.OnUnreachableError), string(tfkit.OnUnreachableWarn))),
			"previous_url": text("URL under which the same server was known before it moved. Objects in the state that remember it then move " +
				"to `url`; without it, a state made on another server is refused. Else `REGISTRY_PREVIOUS_URL`."),
		},
	}
}

// ValidateConfig implements provider.ProviderWithValidateConfig.
func (p *registryProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	for name, value := range map[string]types.String{"url": config.URL, "previous_url": config.PreviousURL} {
		if !tfkit.IsSet(value) || value.ValueString() == "" {
			continue
		}
		if _, err := registry.NormalizeURL(value.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root(name), "Invalid URL", invalidURL(err))
		}
	}
}
