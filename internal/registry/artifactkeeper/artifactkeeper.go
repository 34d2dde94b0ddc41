// Package artifactkeeper speaks Artifact Keeper's REST API (/api/v1). Rules of the outside world come from the server's
// public sources, named where they matter by file below backend/src/api/handlers (users.rs, groups.rs, permissions.rs, …).
package artifactkeeper

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// New gives the registry behind a client. It makes no request. The hint of diagnose, which may be nil, explains answers
// that are not Artifact Keeper's.
func New(client *transport.Client, diagnose func(context.Context) string) *registry.Registry {
	dialect := transport.Dialect{Problem: problem, Diagnose: diagnose}
	dialect.Authorizer = authorizer(client, dialect)
	c := client.With(dialect)
	u := users{c}
	g := groups{c, u}
	r := repositories{c}
	return &registry.Registry{
		Server: registry.Server{Type: registry.ArtifactKeeper, URL: c.BaseURL()},
		Capabilities: registry.Capabilities{
			Actions:                 []string{"read", "write", "delete", "admin"},
			DefaultTokenScopes:      registry.MustParseScopes("read:artifacts"),
			WholeDayExpiry:          true,
			BasicTokenUsername:      "__token__",
			PermissionPerRepository: true,
			DisplayName:             true,
		},
		Users:         u,
		Groups:        g,
		Permissions:   permissions{c, u, g, r},
		Tokens:        tokens{c, u},
		Repositories:  r,
		System:        system{c},
		LDAP:          newLDAP(c),
		OIDCProviders: newOIDC(c),
		OIDCMappings:  oidcMappings{c, r},
		GroupSources:  &groupSources{c: c},
	}
}

// SetupStatusPath is answered without a credential, even while the server is not set up or refuses guests (auth.rs).
const SetupStatusPath = "/api/v1/setup/status"

// ChallengePath is the package API's entry, whose challenge names the product (oci_v2.rs).
const ChallengePath = "/v2/"

// Recognises reports whether an answer of one of the two paths can only come from Artifact Keeper.
func Recognises(a transport.Response) bool {
	switch a.Path {
	case SetupStatusPath:
		var body struct {
			SetupRequired *bool `json:"setup_required"`
		}
		return a.Status == http.StatusOK && a.JSON() && json.Unmarshal(a.Body, &body) == nil && body.SetupRequired != nil
	case ChallengePath:
		return a.Status == http.StatusUnauthorized &&
			strings.Contains(strings.Join(a.Header.Values("Www-Authenticate"), ","), `service="artifact-keeper"`)
	default:
		return false
	}
}

// problem reads the server's error shapes. Handlers answer JSON with a code, guards answer JSON with an error, and the
// layers around them plain text; only a handler can say that an object is missing.
func problem(a transport.Response) (transport.Problem, bool) {
	if a.JSON() {
		var body struct {
			Code    string `json:"code"`
			Error   string `json:"error"`
			Message string `json:"message"`
		}
		if json.Unmarshal(a.Body, &body) != nil || body.Code == "" && body.Error == "" {
			return transport.Problem{}, false
		}
		if a.Status == http.StatusNotFound && body.Code != missingCode {
			return transport.Problem{}, false
		}
		p := transport.Problem{Code: body.Code + body.Error, Message: body.Message, Missing: saysMissing(a, body.Code, body.Message)}
		switch body.Error {
		case "SETUP_REQUIRED":
			p.Kind = registry.KindUnavailable
			p.Hint = "Finish the server's setup first: sign in as its first administrator and change the password"
		case "GUEST_ACCESS_DISABLED":
			p.Kind = registry.KindUnauthorized
		}
		return withHint(a, p), true
	}
	text := strings.TrimSpace(string(a.Body[:min(len(a.Body), 1024)]))
	switch a.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity, http.StatusPreconditionRequired:
		if text != "" && strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
			return withHint(a, transport.Problem{Message: text}), true
		}
	}
	return transport.Problem{}, false
}

func withHint(a transport.Response, p transport.Problem) transport.Problem {
	switch a.Status {
	case http.StatusForbidden:
		if p.Hint == "" {
			p.Hint = "The provider needs an administrator whose token carries the scope admin or *"
		}
	case http.StatusPreconditionRequired:
		p.Kind = registry.KindForbidden
		p.Hint = "The provider's account must change its password before the server lets it do anything else"
	}
	return p
}
