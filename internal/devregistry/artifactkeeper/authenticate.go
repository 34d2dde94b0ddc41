package artifactkeeper

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// Lock-out after failed password checks (Artifact Keeper: config.rs). The lock is soft: the right password still works.
const (
	lockThreshold = 5
	lockDuration  = 30 * time.Minute
)

// lastUsedInterval is how often a token's last use is written down at most (Artifact Keeper: services/auth_service.rs).
const lastUsedInterval = 5 * time.Minute

// admit runs a route's authentication layer. A nil caller without error is an anonymous one.
func (s *server) admit(l layer, r *http.Request) (*caller, error) {
	if l == public {
		return nil, nil
	}
	cred := credentialOf(r)
	if err := csrfGuard(r, cred); err != nil {
		return nil, err
	}
	switch l {
	case optional:
		if cred.form == noCredential {
			return nil, nil
		}
		who := s.resolve(cred, encodedPasswords)
		if who == nil {
			return nil, challenged(r)
		}
		return who, nil
	case hard:
		who, err := s.insist(cred, 0)
		if err == nil && who.mustChange && !reachableBeforeChange(r.URL.Path) {
			return nil, refused(http.StatusPreconditionRequired,
				"Password change required: rotate your password before continuing")
		}
		return who, err
	default:
		who, err := s.insist(cred, encodedPasswords)
		if err == nil && !who.isAdmin() {
			return nil, refused(http.StatusForbidden, "Admin access required")
		}
		return who, err
	}
}

// reachableBeforeChange lists what a user may call who has to change the password first.
func reachableBeforeChange(path string) bool {
	return strings.HasSuffix(path, "/auth/me") || strings.HasSuffix(path, "/password") ||
		strings.HasSuffix(path, "/auth/logout")
}

// csrfGuard protects changes that a browser's cookie authenticates.
func csrfGuard(r *http.Request, cred credential) error {
	if !cred.cookie || !isWrite(r.Method) || r.Header.Get("X-Requested-With") != "" {
		return nil
	}
	return refused(http.StatusForbidden, "CSRF check failed: missing X-Requested-With header")
}

// insist resolves a credential and says in text what is wrong with it.
func (s *server) insist(cred credential, accept acceptance) (*caller, error) {
	if who := s.resolve(cred, accept); who != nil {
		return who, nil
	}
	reason := map[credentialForm]string{
		noCredential:        "Missing authorization header",
		malformedCredential: "Invalid authorization header format",
		bearerCredential:    "Invalid or expired token",
		keyCredential:       "Invalid or expired API token",
		basicCredential:     "Invalid credentials",
	}[cred.form]
	if cred.form == basicCredential {
		if _, _, ok := basicPair(cred.value); !ok {
			reason = "Invalid Basic auth credentials"
		}
	}
	return nil, refused(http.StatusUnauthorized, reason)
}

// acceptance are the forms of credential that only some routes take.
type acceptance int

const (
	// encodedPasswords accepts base64(user:password) as a Bearer token.
	encodedPasswords acceptance = 1 << iota
	// basicTokens accepts an API token as the password of Basic authentication: package formats only.
	basicTokens
)

// resolve finds the account behind a credential, nil when it is no good. The order of attempts is the server's: with Basic
// a password check comes first, so a token sent under the name of a real local user counts as that user's failed login.
func (s *server) resolve(cred credential, accept acceptance) *caller {
	switch cred.form {
	case bearerCredential:
		if who := s.bySession(cred.value); who != nil {
			return who
		}
		if who := s.byToken(cred.value); who != nil {
			return who
		}
		if user, password, ok := basicPair(cred.value); ok && accept&encodedPasswords != 0 {
			return s.byPassword(user, password)
		}
	case keyCredential:
		return s.byToken(cred.value)
	case noCredential, malformedCredential:
	case basicCredential:
		user, password, ok := basicPair(cred.value)
		if !ok {
			return nil
		}
		if who := s.byPassword(user, password); who != nil {
			return who
		}
		if who := s.bySession(password); who != nil {
			return who
		}
		if accept&basicTokens != 0 {
			return s.byToken(password)
		}
	}
	return nil
}

func basicPair(encoded string) (user, password string, ok bool) {
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(decoded), ":")
}

// byPassword checks a local user's password and keeps the books on failures. Names nobody has are refused before any
// hashing (Artifact Keeper: services/auth_service.rs).
func (s *server) byPassword(username, password string) *caller {
	var user state.User
	s.store.View(func(st *state.State) {
		if u := st.UserByName(username); u != nil {
			user = *u
		}
	})
	if user.ID == "" || !user.Active || !isLocal(&user) || len(user.PasswordHash) == 0 {
		return nil
	}
	good, now := user.CheckPassword(truncated(password)), s.store.Now()
	var who *caller
	s.store.Update(func(st *state.State) {
		u := st.UserByID(user.ID)
		switch {
		case u == nil:
		case good:
			u.FailedLogins, u.LockedUntil, u.LastLogin = 0, time.Time{}, now
			who = newCaller(u)
		default:
			u.FailedLogins++
			if u.FailedLogins >= lockThreshold {
				u.LockedUntil = now.Add(lockDuration)
			}
		}
	})
	return who
}

// truncated is the part of a password that bcrypt looks at; the server's implementation cuts silently.
func truncated(password string) string { return password[:min(len(password), 72)] }

func isLocal(u *state.User) bool { return u.AuthProvider == "local" || u.AuthProvider == "" }

// byToken finds the owner of an API token that is neither revoked nor expired. A deactivated owner's tokens rest: they
// work again when the account does.
func (s *server) byToken(value string) *caller {
	if !strings.Contains(value, "_") {
		return nil
	}
	now := s.store.Now()
	var who *caller
	touch := false
	s.store.View(func(st *state.State) {
		t := findToken(st, value)
		if t == nil || !t.RevokedAt.IsZero() || expired(t, now) {
			return
		}
		u := st.UserByID(t.UserID)
		if u == nil || !u.Active {
			return
		}
		who = newCaller(u)
		who.tokenID, who.scoped, who.scopes = t.ID, true, slices.Clone(t.Scopes)
		who.limited, who.repoLimit = tokenLimit(st, t)
		touch = now.Sub(t.LastUsed) >= lastUsedInterval
	})
	if touch {
		s.store.Update(func(st *state.State) {
			if t := st.TokenByID(who.tokenID); t != nil {
				t.LastUsed = now
			}
		})
	}
	return who
}

func findToken(st *state.State, value string) *state.Token {
	digest := state.Digest(value)
	for _, t := range st.Tokens {
		if slices.Equal(t.Hash, digest) {
			return t
		}
	}
	return nil
}

func expired(t *state.Token, now time.Time) bool {
	return !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt)
}

// tokenLimit works out the repositories a token is good for. An explicit list that is empty, a selector nobody can read
// and a selector without criteria are no limit at all; a selector that matches nothing denies everything (Artifact Keeper:
// services/auth_service.rs, services/repo_selector_service.rs).
func tokenLimit(st *state.State, t *state.Token) (limited bool, ids []string) {
	if t.Selector != nil {
		sel := parseSelector(t.Selector)
		if sel.empty() {
			return false, nil
		}
		for _, repo := range sel.matching(st.Repositories) {
			ids = append(ids, repo.ID)
		}
		return true, ids
	}
	// Rows of deleted repositories vanish with them, which lifts the limit when the last one goes.
	for _, id := range t.RepoIDs {
		if repositoryByID(st, id) != nil {
			ids = append(ids, id)
		}
	}
	return len(ids) > 0, ids
}
