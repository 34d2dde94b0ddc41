package artifactory

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// principal is an authenticated caller.
type principal struct {
	username string
	// userID is empty for a transient subject, which only a token can name.
	userID string
	// tokenID and token are set when a token authenticated.
	tokenID string
	token   claims
	// admin is set for an administrator who did not come with a narrower token.
	admin bool
	// identity is set when the caller acts with everything the user may do.
	identity bool
	// groups are the names of the groups whose permissions the caller has.
	groups []string
	grants grants
}

// lastUsedEvery is how stale a token's last_used may get before a request writes it again.
const lastUsedEvery = time.Minute

func unauthorized(r *http.Request, access, artifactory string) *problem {
	if isAccess(r) {
		return &problem{status: http.StatusUnauthorized, message: access, detail: "Unauthorized"}
	}
	return newProblem(http.StatusUnauthorized, artifactory)
}

func errNoCredentials(r *http.Request) *problem {
	return unauthorized(r, "HTTP 401 Unauthorized", "Authentication is required")
}

func errBadCredentials(r *http.Request) *problem {
	return unauthorized(r, "HTTP 401 Unauthorized", "Bad credentials")
}

// errBadToken words a refused token as the two services do; clients match the text for an expired one.
func errBadToken(r *http.Request, why string) *problem {
	return unauthorized(r, "Invalid token, "+why, "Token failed verification: "+why)
}

// authenticate finds out who sends a request. No credentials give nil and no error; wrong ones a 401.
func (s *server) authenticate(r *http.Request) (*principal, error) {
	if value := r.Header.Get("X-JFrog-Art-Api"); value != "" {
		return s.byToken(r, value)
	}
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "":
		return nil, nil
	case "bearer":
		return s.byToken(r, strings.TrimSpace(value))
	case "basic":
		name, secret, ok := r.BasicAuth()
		if !ok {
			return nil, errBadCredentials(r)
		}
		return s.byBasic(r, strings.ToLower(name), secret)
	default:
		return nil, errBadCredentials(r)
	}
}

// byBasic takes a password, or a token in its place; the name must then be that of the token's subject (JFrog help:
// "Access Tokens", basic authentication).
func (s *server) byBasic(r *http.Request, name, secret string) (*principal, error) {
	if looksLikeJWT(secret) || looksLikeReference(secret) {
		p, err := s.byToken(r, secret)
		if err == nil && p.username != name {
			return nil, unauthorized(r, "HTTP 401 Unauthorized", "Token principal mismatch")
		}
		return p, err
	}
	if p := s.byDirectory(r.Context(), name, secret); p != nil {
		return p, nil
	}
	now := s.Store.Now()
	var p *principal
	s.Store.Update(func(st *state.State) {
		user := st.UserByName(name)
		if user == nil || !user.Active || user.NoPassword || user.MustChange || user.LockedUntil.After(now) {
			return
		}
		if !user.CheckPassword(secret) {
			st.Artifactory.CountFailure(user, now)
			return
		}
		user.FailedLogins, user.LastLogin = 0, now
		p = s.principalOf(st, user)
	})
	if p == nil {
		return nil, errBadCredentials(r)
	}
	return p, nil
}

// principalOf is a user with all rights of their own.
func (s *server) principalOf(st *state.State, user *state.User) *principal {
	p := &principal{username: user.Username, userID: user.ID, identity: true, grants: grants{user: true}}
	p.admin = effectiveAdmin(st, user)
	for _, group := range st.GroupsOf(user.ID) {
		p.groups = append(p.groups, group.Name)
	}
	return p
}

// effectiveAdmin tells whether a user is an administrator in person or by a group.
func effectiveAdmin(st *state.State, user *state.User) bool {
	return user.Admin || slices.ContainsFunc(st.GroupsOf(user.ID), func(g *state.Group) bool { return g.AdminPrivileges })
}

// byToken takes a JWT or a reference token.
func (s *server) byToken(r *http.Request, value string) (*principal, error) {
	now := s.Store.Now()
	var c claims
	if looksLikeReference(value) {
		found := false
		s.Store.View(func(st *state.State) {
			if t := tokenByReference(st, value); t != nil {
				c, found = s.claimsOf(t), true
			}
		})
		if !found {
			return nil, errBadToken(r, "parse")
		}
		if c.ExpiresAt != 0 && now.Unix() >= c.ExpiresAt {
			return nil, errBadToken(r, "expired")
		}
	} else {
		var err error
		if c, err = s.signer.verify(value, now); err != nil {
			return nil, errBadToken(r, reason(err))
		}
	}
	return s.byClaims(r, c, now)
}

// byClaims turns verified claims into a principal: what the signature cannot say is whether the token was revoked and
// whether its user is still there and enabled.
func (s *server) byClaims(r *http.Request, c claims, now time.Time) (*principal, error) {
	granted, err := parseScopes(splitScope(c.Scope))
	if err != nil {
		return nil, errBadToken(r, "scope")
	}
	var p *principal
	why, touch := "", false
	s.Store.View(func(st *state.State) {
		stored := st.TokenByID(c.ID)
		if c.isRevocable() && stored == nil || stored != nil && !stored.RevokedAt.IsZero() {
			why = "revoked"
			return
		}
		touch = stored != nil && now.Sub(stored.LastUsed) >= lastUsedEvery
		user := st.UserByName(c.username())
		if user != nil && !user.Active || user == nil && granted.user {
			why = "user"
			return
		}
		p = s.principalWith(st, user, c, granted)
	})
	if p == nil {
		return nil, errBadToken(r, why)
	}
	if touch {
		s.Store.Update(func(st *state.State) {
			if stored := st.TokenByID(c.ID); stored != nil {
				stored.LastUsed = now.Truncate(time.Second)
			}
		})
	}
	return p, nil
}

// principalWith narrows a user to what a token grants. user is nil for a transient subject.
func (s *server) principalWith(st *state.State, user *state.User, c claims, granted grants) *principal {
	p := &principal{username: c.username()}
	if user != nil {
		whole := s.principalOf(st, user)
		p.userID = user.ID
		if granted.user {
			p = whole
		}
	}
	p.tokenID, p.token, p.grants = c.ID, c, granted
	p.admin = p.admin || granted.admin
	for _, group := range st.Groups {
		named := slices.ContainsFunc(granted.groups, func(pattern string) bool { return matchesFold(pattern, group.Name) })
		own := granted.ownGroups && user != nil && slices.Contains(st.GroupsOf(user.ID), group)
		if named || own {
			p.groups = append(p.groups, group.Name)
			p.admin = p.admin || group.AdminPrivileges
		}
	}
	return p
}
