package artifactkeeper

import (
	"context"
	"fmt"
	"net/http"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/session"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// authorizer signs in with a credential that is no token; nil for a token, which goes along with every request as it is.
func authorizer(client *transport.Client, dialect transport.Dialect) transport.Authorizer {
	switch cred := client.Credential(); {
	case cred.Username != "":
		return newLogin(client.With(dialect), cred)
	case !cred.Identity.Empty():
		return newExchange(client, dialect)
	default:
		return nil
	}
}

// newExchange signs in as a pipeline: the account of the mapping that fits the outside token (ci_auth.rs).
func newExchange(client *transport.Client, dialect transport.Dialect) transport.Authorizer {
	identity := client.Credential().Identity
	if err := checkIdentity(identity); err != nil {
		return session.New("by exchange", func(context.Context) (session.Grant, error) { return session.Grant{}, err })
	}
	return session.Exchange{
		Client: client, Dialect: dialect, Path: "/api/v1/auth/ci/token", InHeader: true,
		Body: func(registry.Secret) map[string]string { return map[string]string{"provider_id": identity.Provider} },
		Explain: func(e *registry.Error) string {
			switch {
			case e.Status == http.StatusNotFound && e.Code == "NOT_FOUND":
				return "This Artifact Keeper has no OIDC provider for pipelines with that id; `oidc.provider_name` takes the `id` of a " +
					"`registry_oidc_provider` without `sign_in`"
			case e.Status == http.StatusConflict:
				return "The account of a mapping serves one subject, and another one has it already; give this subject a mapping of its own"
			}
			return ""
		},
		Missing: "This Artifact Keeper has no token exchange for pipelines (/api/v1/auth/ci/token); upgrade it, or use `access_token`",
	}.New()
}

// checkIdentity refuses what this registry's exchange does not take.
func checkIdentity(identity transport.Identity) error {
	refuse := func(argument, why, hint string) error {
		return &registry.Error{Kind: registry.KindUnauthorized, Op: "sign in", Object: "by `oidc." + argument + "`", Message: why, Hint: hint}
	}
	switch {
	case !uuid.MatchString(identity.Provider):
		return refuse("provider_name", fmt.Sprintf("Artifact Keeper knows its OIDC providers by UUID, and %q is none", identity.Provider),
			"Use the `id` of the `registry_oidc_provider`")
	case identity.Mapping != "":
		return refuse("artifactory", "`identity_mapping_name` is Artifactory's; Artifact Keeper takes the first mapping that fits", "Leave it out")
	case identity.Project != "":
		return refuse("artifactory", "`project_key` is Artifactory's; Artifact Keeper's OIDC providers belong to no project", "Leave it out")
	}
	return nil
}
