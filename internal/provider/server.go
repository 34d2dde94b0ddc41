package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// peer is the pair of environment variables that another provider or tool uses for one kind of registry.
type peer struct {
	serverType    registry.Type
	urlVar        string
	credentialVar string
}

var peers = []peer{
	{registry.Artifactory, "JFROG_URL", "JFROG_ACCESS_TOKEN"},
	{registry.ArtifactKeeper, "ARTIFACT_KEEPER_ENDPOINT", "ARTIFACT_KEEPER_TOKEN"},
}

// server finds the URL and the credential, which always come from the same set: the provider block together with
// REGISTRY_*, else one of the peers' pairs. A credential is never sent to a server that it was not written down with.
func (r *resolver) server(ctx context.Context, config model, set *settings) {
	url := r.url("url", config.URL)
	credential := r.credential(ctx, config, url)
	set.transport.BaseURL, set.transport.Credential = url, credential
	if r.unknown || r.diags.HasError() {
		return
	}
	switch {
	case url != "" && credential.Empty():
		r.diags.AddAttributeError(path.Root("access_token"), "No credential for the registry",
			fmt.Sprintf("The provider is configured for %s without access_token, username and password, or oidc, and without "+
				"REGISTRY_ACCESS_TOKEN, REGISTRY_USERNAME and REGISTRY_PASSWORD, or REGISTRY_OIDC_PROVIDER_NAME and REGISTRY_OIDC_TOKEN.%s", url, r.notUsed(url)))
	case url == "" && !credential.Empty():
		r.diags.AddAttributeError(path.Root("url"), "No URL for the registry",
			"The provider has a credential but neither url nor REGISTRY_URL."+r.otherURLs())
	case url == "":
		r.peerServer(set)
	}
}

// credential reads the provider's own credential: what the block says, else what REGISTRY_* says.
func (r *resolver) credential(ctx context.Context, config model, url string) transport.Credential {
	unknown := false
	for _, value := range []interface{ IsUnknown() bool }{config.AccessToken, config.Username, config.Password, config.OIDC} {
		unknown = unknown || value.IsUnknown()
	}
	if unknown {
		r.unknown = true
		return transport.Credential{}
	}
	token, user, password := config.AccessToken.ValueString(), config.Username.ValueString(), config.Password.ValueString()
	exchange, ours := !config.OIDC.IsNull(), r.environmentIsOf(url)
	if ours {
		switch {
		case token != "" || exchange:
		case user != "" || password != "":
			user, password = orElse(user, r.getenv(envName("username"))), orElse(password, r.getenv(envName("password")))
		default:
			token = r.getenv(envName("access_token"))
			user, password = r.getenv(envName("username")), r.getenv(envName("password"))
			exchange = r.oidcInEnvironment()
		}
	}
	switch {
	case exchange && (token != "" || user != "" || password != ""):
		r.diags.AddAttributeError(path.Root("oidc"), "Two credentials for one registry",
			"Variables that begin with REGISTRY_OIDC_ are set together with REGISTRY_ACCESS_TOKEN, REGISTRY_USERNAME or REGISTRY_PASSWORD. "+
				"Unset those of one kind, or choose one in the provider block.")
	case token != "" && (user != "" || password != ""):
		r.diags.AddAttributeError(path.Root("access_token"), "Two credentials for one registry",
			"REGISTRY_ACCESS_TOKEN is set together with REGISTRY_USERNAME or REGISTRY_PASSWORD. Unset one of the two.")
	}
	credential := transport.Credential{
		AccessToken: registry.NewSecret(strings.TrimSpace(token)), Username: user, Password: registry.NewSecret(password),
	}
	if exchange && !r.diags.HasError() {
		credential.Identity = r.identity(ctx, config.OIDC, ours)
		if !r.unknown {
			r.checkIdentity(credential.Identity, url)
		}
	}
	return credential
}

// environmentIsOf reports whether a credential in REGISTRY_* belongs to this URL: it does unless REGISTRY_URL names
// another server.
func (r *resolver) environmentIsOf(url string) bool {
	environment := r.getenv(envName("url"))
	if environment == "" || url == "" {
		return true
	}
	normal, err := registry.NormalizeURL(environment)
	return err == nil && normal == url
}

// peerServer falls back to the variables of other tools.
func (r *resolver) peerServer(set *settings) {
	var found []peer
	for _, p := range peers {
		if r.getenv(p.urlVar) != "" && (set.serverType == "" || set.serverType == p.serverType) {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 0:
		r.diags.AddAttributeError(path.Root("url"), "No URL for the registry",
			"Set url in the provider block or REGISTRY_URL, together with access_token or REGISTRY_ACCESS_TOKEN."+r.otherURLs())
		return
	case len(found) > 1:
		r.diags.AddAttributeError(path.Root("type"), "Two registries in the environment",
			fmt.Sprintf("Both %s and %s are set. Say which one is meant by type or REGISTRY_TYPE, or set url.", found[0].urlVar, found[1].urlVar))
		return
	}
	p := found[0]
	token := strings.TrimSpace(r.getenv(p.credentialVar))
	if token == "" {
		r.diags.AddAttributeError(path.Root("access_token"), "No credential for the registry",
			fmt.Sprintf("The URL comes from %s, so the credential must come from %s, which is not set. A credential of another set of "+
				"variables is never sent there.", p.urlVar, p.credentialVar))
		return
	}
	url, err := registry.NormalizeURL(r.getenv(p.urlVar))
	if err != nil {
		r.diags.AddAttributeError(path.Root("url"), "Invalid URL", fmt.Sprintf("%s The value comes from %s.", invalidURL(err), p.urlVar))
		return
	}
	set.serverType = p.serverType
	set.transport.BaseURL = url
	set.transport.Credential = transport.Credential{AccessToken: registry.NewSecret(token)}
}

// notUsed names the credentials in the environment that belong elsewhere, so that nobody wonders why they are ignored.
func (r *resolver) notUsed(url string) string {
	var others []string
	if !r.environmentIsOf(url) && (r.getenv(envName("access_token")) != "" || r.getenv(envName("password")) != "" || r.oidcInEnvironment()) {
		others = append(others, "REGISTRY_ACCESS_TOKEN, REGISTRY_PASSWORD or REGISTRY_OIDC_TOKEN belongs to the server in REGISTRY_URL")
	}
	for _, p := range peers {
		if r.getenv(p.credentialVar) != "" {
			others = append(others, fmt.Sprintf("%s belongs to the server in %s", p.credentialVar, p.urlVar))
		}
	}
	if len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("\n\nThe environment holds a credential that was not used: %s. A credential is never sent to a server that it was "+
		"not set together with.", strings.Join(others, "; "))
}

func (r *resolver) otherURLs() string {
	for _, p := range peers {
		if r.getenv(p.urlVar) != "" {
			return fmt.Sprintf("\n\n%s was not used: it goes together with %s only, and with type = %q or none.",
				p.urlVar, p.credentialVar, p.serverType)
		}
	}
	return ""
}

func orElse(value, fallback string) string {
	if value != "" {
		return value
	}
	return fallback
}
