package artifactkeeper

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// allowedScopes are the scopes a token may have (Artifact Keeper: services/token_service.rs).
var allowedScopes = []string{
	"read:artifacts", "write:artifacts", "delete:artifacts", "promote:artifacts", "read:repositories",
	"write:repositories", "delete:repositories", "read:users", "write:users", "trigger:sync", "admin", "*",
}

// adminScopes are those that only an administrator may hand out, to whomever.
var adminScopes = []string{
	"admin", "*", "delete:artifacts", "delete:repositories", "promote:artifacts", "trigger:sync", "write:users",
}

// Limits of a token request (Artifact Keeper: services/auth_service.rs).
const (
	maxScopes      = 50
	maxScopeLength = 256
	minTokenDays   = 1
	maxTokenDays   = 3650
)

func (s *server) tokenRoutes() {
	s.handle("GET /api/v1/users/{id}/tokens", hard, s.listUserTokens)
	s.handle("POST /api/v1/users/{id}/tokens", hard, s.createUserToken)
	s.handle("DELETE /api/v1/users/{id}/tokens/{token}", hard, s.revokeUserToken)
	for _, self := range []string{"/api/v1/users/me/tokens", "/api/v1/profile/access-tokens"} {
		s.handle("GET "+self, hard, s.listOwnTokens)
		s.handle("DELETE "+self+"/{token}", hard, s.revokeOwnToken)
	}
	s.handle("POST /api/v1/users/me/tokens", hard, s.createOwnToken(plainBody, required[[]string]))
	s.handle("POST /api/v1/profile/access-tokens", hard, s.createOwnToken(plainBody, scopesOrRead))
	s.handle("POST /api/v1/auth/tokens", hard, s.createOwnToken(envelopeBody, required[[]string]))
	s.handle("DELETE /api/v1/auth/tokens/{token}", hard, s.revokeOwnToken)
}

// tokenResponse is a token in a list. Its value is never shown again (Artifact Keeper: api/handlers/users.rs).
type tokenResponse struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Prefix     string   `json:"token_prefix"`
	Scopes     []string `json:"scopes"`
	ExpiresAt  *stamp   `json:"expires_at"`
	LastUsedAt *stamp   `json:"last_used_at"`
	CreatedAt  stamp    `json:"created_at"`
}

func describeToken(t *state.Token) tokenResponse {
	return tokenResponse{
		ID: t.ID, Name: t.Label, Prefix: t.Prefix, Scopes: orEmpty(t.Scopes), ExpiresAt: stampOrNull(t.ExpiresAt),
		LastUsedAt: stampOrNull(t.LastUsed), CreatedAt: stamp(t.IssuedAt),
	}
}

// orEmpty makes an absent list an empty one in JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// mintedToken is the only answer with the token's value.
type mintedToken struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Token string `json:"token"`
}

// tokenRequest is what all token routes ask for.
type tokenRequest struct {
	name   string
	scopes []string
	days   *int64
}

func readTokenRequest(body *fields, scopes func(*fields, string) []string) tokenRequest {
	return tokenRequest{required[string](body, "name"), scopes(body, "scopes"), maybe[int64](body, "expires_in_days")}
}

// scopesOrRead reads the scopes of the profile route, which has a default.
func scopesOrRead(body *fields, name string) []string {
	return orElse(body, name, []string{"read:artifacts"})
}

// checkScopes refuses scopes that do not exist, that the caller may not hand out, or that the caller's own token lacks.
func checkScopes(who *caller, scopes []string) error {
	if len(scopes) > maxScopes {
		return invalid(fmt.Sprintf("Too many scopes: at most %d are allowed", maxScopes))
	}
	for _, scope := range scopes {
		if utf8.RuneCountInString(scope) > maxScopeLength {
			return invalid(fmt.Sprintf("Scope is too long: at most %d characters are allowed", maxScopeLength))
		}
		if !slices.Contains(allowedScopes, scope) {
			return invalid(fmt.Sprintf("Invalid scope: '%s'. Allowed scopes: %s", scope, quotedList(allowedScopes)))
		}
	}
	if who.isAdmin() {
		return nil
	}
	for _, scope := range scopes {
		if slices.Contains(adminScopes, scope) {
			return forbidden("Only administrators can create tokens with scope: " + scope)
		}
		if !who.hasScope(scope) {
			return forbidden("Cannot create a token with a scope the current token does not have: " + scope)
		}
	}
	return nil
}

func quotedList(values []string) string { return `["` + strings.Join(values, `", "`) + `"]` }

// newToken makes a token record and its value: eight hexadecimal characters, an underscore, and 32 more.
func newToken(userID string, req tokenRequest, now time.Time) (*state.Token, string) {
	prefix := randomHex(4)
	value := prefix + "_" + randomHex(16)
	t := &state.Token{
		ID: uuid.NewString(), UserID: userID, Label: req.name, Scopes: req.scopes, Hash: state.Digest(value),
		Prefix: prefix, IssuedAt: now, Revocable: true,
	}
	if req.days != nil {
		// Out-of-range lifetimes are bent into range without a word; only an absent one means forever.
		days := min(max(*req.days, minTokenDays), maxTokenDays)
		t.ExpiresAt = now.Add(time.Duration(days) * 24 * time.Hour)
	}
	return t, value
}

// mint stores a token for a user. For a user that does not exist the insert fails on its foreign key, which is a 500.
func (s *server) mint(userID string, req tokenRequest, adjust func(*state.Token)) (mintedToken, error) {
	t, value := newToken(userID, req, s.store.Now())
	if adjust != nil {
		adjust(t)
	}
	err := databaseError()
	s.store.Update(func(st *state.State) {
		u := st.UserByID(userID)
		if u == nil || tooLong(t.Label) {
			return
		}
		t.Username = u.Username
		st.Tokens = append(st.Tokens, t)
		err = nil
	})
	return mintedToken{t.ID, t.Label, value}, err
}

// liveTokens lists a user's tokens newest first, without revoked ones and with expired ones.
func (s *server) liveTokens(userID string) []tokenResponse {
	list := []tokenResponse{}
	s.store.View(func(st *state.State) {
		for _, t := range slices.Backward(st.Tokens) {
			if t.UserID == userID && t.RevokedAt.IsZero() {
				list = append(list, describeToken(t))
			}
		}
	})
	return list
}

// revoke ends a token. One that is unknown, already revoked or somebody else's is not found.
func (s *server) revoke(userID, tokenID string) error {
	now := s.store.Now()
	err := notFound("API token not found")
	s.store.Update(func(st *state.State) {
		if t := st.TokenByID(tokenID); t != nil && t.UserID == userID && t.RevokedAt.IsZero() {
			t.RevokedAt, err = now, nil
		}
	})
	return err
}

func (s *server) listUserTokens(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	if !who.mayTouch(id) {
		return nil, forbidden("Cannot view other users' tokens")
	}
	return items[tokenResponse]{s.liveTokens(id)}, nil
}

func (s *server) createUserToken(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	req := readTokenRequest(body, required[[]string])
	if err := body.done(); err != nil {
		return nil, err
	}
	if !who.mayTouch(id) {
		return nil, forbidden("Cannot create tokens for other users")
	}
	if err := checkScopes(who, req.scopes); err != nil {
		return nil, err
	}
	return result(s.mint(id, req, nil))
}

// result makes a handler's answer of a value and an error.
func result[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (s *server) revokeUserToken(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	token, err := pathID(r, "token")
	if err != nil {
		return nil, err
	}
	if !who.mayTouch(id) {
		return nil, forbidden("Cannot revoke other users' tokens")
	}
	return nil, s.revoke(id, token)
}

func (s *server) listOwnTokens(_ *http.Request, who *caller) (any, error) {
	return items[tokenResponse]{s.liveTokens(who.userID)}, nil
}

// createOwnToken is the self-service route in its variants.
func (s *server) createOwnToken(style bodyStyle, scopes func(*fields, string) []string) endpoint {
	return func(r *http.Request, who *caller) (any, error) {
		body, err := readObject(r, style)
		if err != nil {
			return nil, err
		}
		req := readTokenRequest(body, scopes)
		if err := body.done(); err != nil {
			return nil, err
		}
		if err := checkScopes(who, req.scopes); err != nil {
			return nil, err
		}
		return result(s.mint(who.userID, req, nil))
	}
}

func (s *server) revokeOwnToken(r *http.Request, who *caller) (any, error) {
	token, err := pathID(r, "token")
	if err != nil {
		return nil, err
	}
	return nil, s.revoke(who.userID, token)
}
