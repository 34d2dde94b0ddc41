package artifactory

import (
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/session"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// authorizer exchanges the token of an outside issuer (help: oidctokenexchange); nil for other credentials, which go along
// with every request as they are.
func authorizer(client *transport.Client, dialect transport.Dialect) transport.Authorizer {
	identity := client.Credential().Identity
	if identity.Empty() {
		return nil
	}
	return session.Exchange{
		Client: client, Dialect: dialect, Path: oidcPath + "/token",
		Body: func(token registry.Secret) map[string]string {
			body := map[string]string{
				"grant_type":         "urn:ietf:params:oauth:grant-type:token-exchange",
				"subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
				"subject_token":      token.Reveal(),
				"provider_name":      identity.Provider,
			}
			if identity.Mapping != "" {
				body["identity_mapping_name"] = identity.Mapping
			}
			if identity.Project != "" {
				body["project_key"] = identity.Project
			}
			return body
		},
		Missing: "This Artifactory has no token exchange (" + oidcPath + "/token), which exists since " + oidcSince + " and, self-hosted, " +
			"7.77.3; upgrade it, or use `access_token`",
	}.New()
}
