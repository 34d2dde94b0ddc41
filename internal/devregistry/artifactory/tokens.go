package artifactory

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

const defaultScope = "applied-permissions/user"

func (s *server) tokenRoutes() {
	s.anonymous("POST /access/api/v1/tokens", s.postToken)
	s.authenticated("GET /access/api/v1/tokens", s.listTokens)
	s.authenticated("GET /access/api/v1/tokens/{token_id}", s.getToken)
	s.authenticated("DELETE /access/api/v1/tokens/{token_id}", s.deleteToken)
	s.admin("DELETE /access/api/v1/tokens/revoke", s.revokeTokenByValue)
}

// minted is what a successful create or refresh answers with. expires_in is left out for a token that never expires.
type minted struct {
	TokenID        string `json:"token_id"`
	AccessToken    string `json:"access_token"`
	RefreshToken   string `json:"refresh_token,omitempty"`
	ExpiresIn      int64  `json:"expires_in,omitempty"`
	Scope          string `json:"scope"`
	TokenType      string `json:"token_type"`
	ReferenceToken string `json:"reference_token,omitempty"`
}

// postToken is the one endpoint for both grants. Only a refresh may come without credentials, since the pair of tokens
// speaks for itself.
func (s *server) postToken(w http.ResponseWriter, r *http.Request, p *principal) error {
	if p == nil && r.Header.Get("Content-Type") == "" {
		return errNoCredentials(r)
	}
	req, err := readTokenRequest(w, r)
	if err != nil {
		if p == nil {
			return errNoCredentials(r)
		}
		return err
	}
	switch req.GrantType {
	case "refresh_token":
		return s.refresh(w, r, p, req)
	case "", "client_credentials":
		if p == nil {
			return errNoCredentials(r)
		}
		return s.create(w, p, req)
	default:
		if p == nil {
			return errNoCredentials(r)
		}
		return badRequest("Unsupported grant type: " + req.GrantType)
	}
}

func (s *server) create(w http.ResponseWriter, p *principal, req tokenRequest) error {
	if err := req.validate(); err != nil {
		return err
	}
	username := strings.ToLower(req.Username)
	if username == "" {
		username = p.username
	}
	if username != p.username && !p.admin {
		return forbidden("Only an administrator may create a token for another user")
	}
	scopes := splitScope(req.Scope)
	if len(scopes) == 0 {
		scopes = []string{defaultScope}
	}
	granted, err := parseScopes(scopes)
	if err != nil {
		return err
	}
	if err := p.mayGrant(granted); err != nil {
		return err
	}
	lifetime, err := s.lifetime(p.admin, req.ExpiresIn)
	if err != nil {
		return err
	}

	now := s.Store.Now().Truncate(time.Second)
	token := &state.Token{
		ID: uuid.NewString(), Username: username, Label: req.Description, Scopes: scopes, IssuedAt: now,
		Refreshable: bool(req.Refreshable), Audience: req.Audience, ProjectKey: req.ProjectKey,
	}
	if token.Audience == "" {
		token.Audience = "*@*"
	}
	if lifetime > 0 {
		token.ExpiresAt = now.Add(lifetime)
	}
	token.Revocable = s.revocable(lifetime, bool(req.ForceRevocable))
	answer := newSecrets(token, bool(req.IncludeReference))
	s.Store.Update(func(st *state.State) {
		user := st.UserByName(username)
		if granted.user && (user == nil || !user.Active) {
			// Only tokens that do not act as a user can be made for a name nobody has.
			err = badRequest(fmt.Sprintf("User %s does not exist or is disabled", username))
			return
		}
		if user != nil {
			token.UserID = user.ID
		}
		s.keep(st, token)
	})
	if err != nil {
		return err
	}
	return s.writeMinted(w, token, answer)
}

// mayGrant is what a caller that is not an administrator may ask for: its own identity, or some of its groups (JFrog
// help: "Create Token").
func (p *principal) mayGrant(granted grants) error {
	if p.admin {
		return nil
	}
	switch {
	case granted.admin:
		return forbidden("Only an administrator may request the scope applied-permissions/admin")
	case granted.user && !p.identity:
		return forbidden("The scope applied-permissions/user exceeds the scope of the token in use")
	case len(granted.resources) > 0:
		return forbidden("Only an administrator may request resource scopes")
	}
	for _, group := range granted.groups {
		if !slices.Contains(p.groups, group) {
			return forbidden("The requested groups are not a subset of the user's groups: " + group)
		}
	}
	return nil
}

// lifetime applies the limits to what was asked for, in seconds; the result is 0 for a token that never expires.
func (s *server) lifetime(admin bool, asked *int64) (time.Duration, error) {
	limit := s.Settings.MaxExpiry
	if admin {
		limit = 0
	}
	if asked == nil {
		if limit > 0 {
			return min(s.Settings.DefaultExpiry, limit), nil
		}
		return s.Settings.DefaultExpiry, nil
	}
	lifetime := time.Duration(*asked) * time.Second
	if limit > 0 && (lifetime == 0 || lifetime > limit) {
		return 0, forbidden(fmt.Sprintf("The expiry %d exceeds the maximum allowed for the user: %d", *asked,
			int64(limit/time.Second)))
	}
	return lifetime, nil
}

// revocable says whether a token may be taken back before its end. A lifetime of 0 is one that never ends.
func (s *server) revocable(lifetime time.Duration, force bool) bool {
	threshold := s.Settings.RevocableExpiryThreshold
	return lifetime == 0 || force || threshold >= 0 && lifetime >= threshold
}

// keep stores a token, unless it is too short-lived to be stored. A token that has to be found again by its reference or
// refresh token is stored all the same.
func (s *server) keep(st *state.State, token *state.Token) {
	threshold := s.Settings.PersistentExpiryThreshold
	lifetime := token.ExpiresAt.Sub(token.IssuedAt)
	short := !token.ExpiresAt.IsZero() && threshold >= 0 && lifetime < threshold
	if short && token.Hash == nil && token.RefreshHash == nil {
		token.Revocable = false // there is no record that a revocation could be written to
		return
	}
	st.Tokens = append(st.Tokens, token)
}

// claimsOf is the JWT payload of a token.
func (s *server) claimsOf(token *state.Token) claims {
	c := claims{
		Ext: "{}", Subject: subjectOf(s.ServiceID, token.Username), Scope: strings.Join(token.Scopes, " "),
		Audience: token.Audience, Issuer: s.ServiceID, IssuedAt: token.IssuedAt.Unix(), ID: token.ID,
	}
	if token.Revocable {
		c.Ext = revocable
	}
	if !token.ExpiresAt.IsZero() {
		c.ExpiresAt = token.ExpiresAt.Unix()
	}
	return c
}

// writeMinted signs and answers. Tokens are immutable once made, so this needs no transaction.
func (s *server) writeMinted(w http.ResponseWriter, token *state.Token, answer minted) error {
	c := s.claimsOf(token)
	signed, err := s.signer.sign(c)
	if err != nil {
		return err
	}
	answer.TokenID, answer.AccessToken, answer.Scope, answer.TokenType = token.ID, signed, c.Scope, "Bearer"
	if c.ExpiresAt != 0 {
		answer.ExpiresIn = c.ExpiresAt - c.IssuedAt
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// AddAdminToken puts a never-expiring administrator's token for a user into the state; it is what a fresh server hands
// its operator.
func AddAdminToken(st *state.State, id, username string, now time.Time) *state.Token {
	token := &state.Token{
		ID: id, Username: username, Label: "administrator's token of the embedded registry",
		Scopes: []string{"applied-permissions/admin"}, IssuedAt: now.Truncate(time.Second), Revocable: true, Audience: "*@*",
	}
	if user := st.UserByName(username); user != nil {
		token.UserID = user.ID
	}
	st.Tokens = append(st.Tokens, token)
	return token
}

// SignToken gives the value of a token in the state.
func SignToken(cfg Config, token *state.Token) (string, error) {
	s := &server{Config: cfg, signer: newSigner(cfg.Key, cfg.ServiceID, cfg.Settings.URLSafePayloads)}
	return s.signer.sign(s.claimsOf(token))
}
