package artifactkeeper

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) signInRoutes() {
	const base = "/api/v1/auth/sso"
	s.handle("POST "+base+"/ldap/{id}/login", public, s.ldapLogin)
	s.handle("GET "+base+"/oidc/{id}/login", public, s.oidcLogin)
	s.handle("GET "+base+"/oidc/{id}/callback", public, s.oidcCallback)
	s.handle("GET "+base+"/oidc/callback", public, s.oidcCallback)
	s.handle("POST "+base+"/exchange", public, s.exchangeHandover)
}

// federated is somebody an identity provider vouches for.
type federated struct {
	source     string // ldap or oidc
	providerID string
	externalID string // the entry's name, or the token's subject: what an account is found by, and nothing else
	username   string
	email      string
	display    *string
	groups     []string // what the administrators' group is looked for among
	adminGroup string   // empty: administrators are made here
	create     bool     // whether an account may be made
}

// account finds or makes the account. An account that is found gets the provider's word for everything, and is active
// again whatever an administrator did to it. One of the same name or e-mail that came from elsewhere is in the way
// (Artifact Keeper: services/auth_service.rs).
func (f federated) account(st *state.State, now time.Time) (*state.User, error) {
	i := slices.IndexFunc(st.Users, func(u *state.User) bool {
		return u.AuthProvider == f.source && u.ExternalID == f.externalID
	})
	named, mailed := st.UserByName(f.username), userByEmail(st, f.email)
	var u *state.User
	switch {
	case i >= 0:
		u = st.Users[i]
		if named != nil && named != u || mailed != nil && mailed != u {
			return nil, databaseError()
		}
	case !f.create:
		return nil, authFailed("No account exists for this identity and automatic account creation is disabled")
	case named != nil:
		return nil, conflict("Username already exists")
	case mailed != nil:
		return nil, conflict("Email already exists")
	case tooLong(f.username, f.email):
		return nil, databaseError()
	default:
		u = &state.User{ID: uuid.NewString(), AuthProvider: f.source, ExternalID: f.externalID, CreatedAt: now}
		st.Users = append(st.Users, u)
	}
	u.Username, u.Email, u.Active, u.UpdatedAt, u.LastLogin = f.username, f.email, true, now, now
	u.DisplayName, u.DisplayNameSet = "", false
	setDisplayName(u, f.display)
	if f.adminGroup != "" {
		u.Admin = slices.ContainsFunc(f.groups, func(g string) bool { return strings.EqualFold(g, f.adminGroup) })
	}
	return u, nil
}

// syncGroups makes the account's memberships of a provider's own groups the ones that are named, and makes groups that are
// missing. A group of that name which somebody else made is left alone and joined by nobody (Artifact Keeper:
// api/handlers/sso.rs).
func (f federated) syncGroups(st *state.State, userID string, names []string, now time.Time) {
	kind := map[string]string{"ldap": "LDAP group", "oidc": "OIDC group claim"}[f.source]
	for _, name := range names {
		if strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > maxColumn || st.GroupByName(name) != nil {
			continue
		}
		description, source := "Auto-created from "+kind+": "+name, f.source
		st.Groups = append(st.Groups, &state.Group{
			ID: uuid.NewString(), Name: name, Description: &description, ExternalSource: &source,
			ExternalProvider: f.providerID, CreatedAt: now, UpdatedAt: now,
		})
	}
	for _, g := range st.Groups {
		switch {
		case deref(g.ExternalSource) != f.source || g.ExternalProvider != f.providerID:
		case !slices.Contains(names, g.Name):
			g.RemoveMember(userID)
		case !g.HasMember(userID):
			g.Members = append(g.Members, state.Member{UserID: userID, JoinedAt: now})
		}
	}
}

// signIn lets somebody in. groups are the names to be reflected as groups; nil when the provider is not set up for it.
func (s *server) signIn(r *http.Request, f federated, groups []string) (grant, error) {
	now := s.store.Now()
	var userID string
	var err error
	s.store.Update(func(st *state.State) {
		var u *state.User
		if u, err = f.account(st, now); err != nil {
			return
		}
		userID = u.ID
		if groups != nil {
			f.syncGroups(st, u.ID, groups, now)
		}
	})
	if err != nil {
		return grant{}, err
	}
	record.From(r.Context()).User = f.username
	g, err := s.startSession(userID)
	if err != nil {
		return grant{}, internalError()
	}
	return g, nil
}

// handoverCookies is how long the cookies of a sign-in at a provider live, in seconds.
const handoverCookies = 3600

// ssoSession is a sign-in's answer. Unlike that of a login it does not say how long the token is good.
type ssoSession struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	TokenType    string `json:"token_type"`
}

func (g grant) session() ssoSession { return ssoSession{g.access, g.refresh, "Bearer"} }

func (a ssoSession) respond(w http.ResponseWriter) {
	a.cookies(w, handoverCookies)
	writeJSON(w, http.StatusOK, a)
}

func (a ssoSession) cookies(w http.ResponseWriter, maxAge int) {
	setCookie(w, accessCookie, a.AccessToken, "/", maxAge)
	setCookie(w, refreshCookie, a.RefreshToken, "/api/v1/auth", int(refreshLifetime.Seconds()))
}

// ssoProvider copies the provider in the path. Whether it is enabled is not looked at: a disabled one stays open to whoever
// knows its id (Artifact Keeper: api/handlers/sso.rs).
func (s *server) ssoProvider(kind, id string) (*state.SSOProvider, error) {
	var found *state.SSOProvider
	s.store.View(func(st *state.State) {
		for _, p := range st.ArtifactKeeper.SSO {
			if p.Kind == kind && p.ID == id {
				copied := *p // settings are replaced as a whole, never edited; secrets are
				copied.Secrets = maps.Clone(p.Secrets)
				found = &copied
			}
		}
	})
	if found == nil {
		return nil, notFound("SSO configuration not found")
	}
	return found, nil
}

// emailOf is the address to keep, which has to be there and nobody else's: a made-up one when the provider tells none.
func emailOf(told, externalID, source string) string {
	if strings.TrimSpace(told) != "" {
		return told
	}
	sum := sha256.Sum256([]byte(externalID))
	return hex.EncodeToString(sum[:16]) + "@" + source + ".invalid"
}
