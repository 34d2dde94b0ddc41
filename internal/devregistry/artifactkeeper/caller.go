package artifactkeeper

import (
	"net/http"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// caller is who sent a request and what the credential allows. It is a copy: it outlives the transaction it came from.
type caller struct {
	userID, username, email string
	administrator           bool // the account's flag
	serviceAccount          bool
	mustChange              bool

	// tokenID and scopes are set for API tokens. A session has no scope list and is not limited by one.
	tokenID string
	scoped  bool
	scopes  []string
	// repoLimit is the set of repositories the credential is good for, when limited says that there is one.
	limited   bool
	repoLimit []string
}

func newCaller(u *state.User) *caller {
	return &caller{
		userID: u.ID, username: u.Username, email: u.Email, administrator: u.Admin, serviceAccount: u.ServiceAccount,
		mustChange: u.MustChange,
	}
}

// note tells the request log who asked.
func (c *caller) note(e *record.Entry) { e.User, e.TokenID = c.username, c.tokenID }

// isAdmin tells whether the caller is an effective administrator: a token of an administrator is one only when its scopes
// say so (Artifact Keeper: api/middleware/auth.rs).
func (c *caller) isAdmin() bool {
	return c.administrator && (!c.scoped || slices.Contains(c.scopes, "admin") || slices.Contains(c.scopes, "*"))
}

// hasScope tells whether the credential covers a scope: exactly, by wildcard, or by the bare verb before the colon. A
// scope with a colon never covers a bare verb (Artifact Keeper: services/token_service.rs).
func (c *caller) hasScope(scope string) bool {
	if !c.scoped {
		return true
	}
	verb, _, _ := strings.Cut(scope, ":")
	return slices.ContainsFunc(c.scopes, func(held string) bool {
		return held == scope || held == "*" || held == "admin" || held == verb
	})
}

func (c *caller) requireScope(scope string) error {
	if c.hasScope(scope) {
		return nil
	}
	return forbidden("Token does not have required scope: " + scope)
}

func (c *caller) requireAdmin() error {
	if c.isAdmin() {
		return nil
	}
	return forbidden("Admin access required")
}

// mayTouch tells whether the caller may act on an account: the own one, or any as administrator.
func (c *caller) mayTouch(userID string) bool { return c.userID == userID || c.isAdmin() }

// mayUse tells whether the credential's repository limit covers a repository.
func (c *caller) mayUse(repoID string) bool {
	return !c.limited || slices.Contains(c.repoLimit, repoID)
}

// requireCaller is how routes behind optional authentication insist on a caller.
func requireCaller(who *caller) error {
	if who == nil {
		return authFailed("Authentication required")
	}
	return nil
}

// credential is what a request carried, by the form it came in.
type credential struct {
	form  credentialForm
	value string
	// cookie is set when it came from a browser's cookie, which needs protection against forged requests.
	cookie bool
}

type credentialForm int

const (
	noCredential credentialForm = iota
	bearerCredential
	keyCredential
	basicCredential
	malformedCredential
)

// credentialOf finds the credential: Authorization first, then X-API-Key, then the session cookie. Scheme names are
// matched case-sensitively, and a value without a scheme is a token, as cargo sends it (Artifact Keeper:
// api/middleware/auth.rs).
func credentialOf(r *http.Request) credential {
	if header := r.Header.Values("Authorization"); len(header) > 0 {
		return authorization(header[0])
	}
	if key := r.Header.Values("X-API-Key"); len(key) > 0 {
		return credential{form: keyCredential, value: key[0]}
	}
	if cookie, err := r.Cookie(accessCookie); err == nil {
		return credential{form: bearerCredential, value: cookie.Value, cookie: true}
	}
	return credential{}
}

func authorization(header string) credential {
	schemes := []struct {
		prefix string
		form   credentialForm
	}{
		{"Bearer ", bearerCredential},
		{"Token ", bearerCredential},
		{"ApiKey ", keyCredential},
		{"Basic ", basicCredential},
		{"basic ", basicCredential},
	}
	for _, scheme := range schemes {
		if value, ok := strings.CutPrefix(header, scheme.prefix); ok {
			return credential{form: scheme.form, value: value}
		}
	}
	if header != "" && !strings.Contains(header, " ") {
		return credential{form: bearerCredential, value: header}
	}
	return credential{form: malformedCredential}
}
