package artifactory

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) legacyTokenRoutes() {
	const root = "/artifactory/api/security/token"
	s.anonymous("POST "+root, s.legacyPostToken)
	s.admin("GET "+root, s.listTokens)
	s.admin("POST "+root+"/revoke", s.legacyRevokeToken)
}

// legacyExpiry is the lifetime of a token of the older API that asks for none, in seconds (JFrog help: "Create Token
// (Deprecated)").
const legacyExpiry int64 = 3600

// legacyPostToken takes forms only. What it mints is a token like any other; only the scope is written differently.
func (s *server) legacyPostToken(w http.ResponseWriter, r *http.Request, p *principal) error {
	if !isMedia(r, "x-www-form-urlencoded") {
		if p == nil {
			return errNoCredentials(r)
		}
		return newProblem(http.StatusUnsupportedMediaType, "Unsupported Media Type")
	}
	req, err := readTokenRequest(w, r)
	switch {
	case err == nil && req.GrantType == "refresh_token":
		return s.legacyRefresh(w, r, p, req)
	case p == nil:
		return errNoCredentials(r)
	case err != nil:
		return err
	}
	if req.ExpiresIn == nil {
		seconds := legacyExpiry
		req.ExpiresIn = &seconds
	}
	if req.Scope, err = s.modernScope(req.Username, req.Scope, p); err != nil {
		return err
	}
	return s.create(w, p, req)
}

// legacyRefresh takes the pair of tokens for the credentials, whoever sends them. With any other parameter the request has
// to be an administrator's, who may refresh for everybody (JFrog help: "Access Tokens", Refresh Token).
func (s *server) legacyRefresh(w http.ResponseWriter, r *http.Request, p *principal, req tokenRequest) error {
	pairOnly := tokenRequest{GrantType: req.GrantType, RefreshToken: req.RefreshToken, AccessToken: req.AccessToken}
	switch {
	case req == pairOnly && req.AccessToken != "":
		return s.refresh(w, r, nil, req)
	case p == nil:
		return errNoCredentials(r)
	case !p.admin:
		return errForbidden
	}
	return s.refresh(w, r, p, req)
}

// modernScope translates "api:*" and "member-of-groups:…". A name that is no user's stands for a transient user, who has
// the groups of the scope and nothing else.
func (s *server) modernScope(username, scope string, p *principal) (string, error) {
	exists := username == "" || strings.EqualFold(username, p.username)
	if !exists {
		s.Store.View(func(st *state.State) { exists = st.UserByName(strings.ToLower(username)) != nil })
	}
	modern := ""
	for _, part := range splitScope(scope) {
		groups, isGroups := strings.CutPrefix(part, "member-of-groups:")
		switch {
		case isGroups && groups == "*" && exists:
			modern = defaultScope
		case isGroups:
			modern = "applied-permissions/groups:" + strings.ReplaceAll(groups, " ", "")
		case part != "api:*":
			return "", invalidScope(part)
		}
	}
	if modern == "" {
		if !exists {
			return "", badRequest(fmt.Sprintf("The user %s does not exist: a scope with member-of-groups is required", username))
		}
		modern = defaultScope
	}
	return modern, nil
}

// legacyRevokeToken takes a token or an id; what is not there counts as done.
func (s *server) legacyRevokeToken(w http.ResponseWriter, r *http.Request, p *principal) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return badRequest("Failed to parse the request body as a form")
	}
	value, id := r.PostForm.Get("token"), r.PostForm.Get("token_id")
	var revoked string
	var err error
	switch {
	case value != "":
		revoked, err = s.revokeValue(p, value)
	case id != "":
		revoked, err = s.revoke(p, func(st *state.State) *state.Token { return st.TokenByID(id) })
	default:
		return badRequest("token or token_id is required")
	}
	if err != nil {
		return err
	}
	if revoked == "" {
		writeText(w, http.StatusOK, "Token not found")
		return nil
	}
	writeText(w, http.StatusOK, "Token revoked")
	return nil
}
