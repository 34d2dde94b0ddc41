package artifactkeeper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	userTokensPath = userPath + "/tokens"
	userTokenPath  = userTokensPath + "/{token}"
	selfPath       = "/api/v1/auth/me"

	day = 24 * time.Hour
	// maxDays is where the server silently cuts a longer lifetime (auth_service.rs).
	maxDays = 3650
)

// tokens is the user-scoped token API of users.rs. A token has a name and scopes, a lifetime in whole days, and cannot be
// read alone or changed.
type tokens struct {
	c     *transport.Client
	users users
}

type tokenJSON struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Scopes     []string  `json:"scopes"`
	ExpiresAt  time.Time `json:"expires_at"` // or null for "never"
	LastUsedAt time.Time `json:"last_used_at"`
	CreatedAt  time.Time `json:"created_at"`
}

func (t *tokenJSON) token(username string) registry.Token {
	return registry.Token{
		ID: t.ID, Username: username, Label: t.Name, Scopes: t.Scopes,
		IssuedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt,
	}
}

// selfJSON is the account that a credential belongs to (auth.rs).
type selfJSON struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

// Complete implements the transport's check of a success.
func (s *selfJSON) Complete() error {
	if s.ID == "" || s.Username == "" {
		return errors.New("it names no user")
	}
	return nil
}

type mintedJSON struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Token string `json:"token"`
}

// Complete implements the transport's check of a success.
func (m *mintedJSON) Complete() error {
	if m.ID == "" || m.Token == "" {
		return errors.New("it holds no token")
	}
	return nil
}

// Mint implements registry.Tokens. The answer tells neither expiry nor scopes: they are what was asked for, the expiry
// by our clock. Get tells the server's.
func (t tokens) Mint(ctx context.Context, spec registry.TokenSpec) (registry.MintedToken, error) {
	op, object := "mint", "token for "+userObject(spec.Username)
	days, err := wholeDays(spec.Expiry)
	if err != nil {
		err.Op, err.Object = op, object
		return registry.MintedToken{}, err
	}
	if err := checkLengths(op, object, spec.Label); err != nil {
		return registry.MintedToken{}, err
	}
	body := struct {
		Name      string   `json:"name"`
		Scopes    []string `json:"scopes"`
		ExpiresIn *int     `json:"expires_in_days,omitempty"`
	}{spec.Label, spec.Scopes.Strings(), days}
	var answer mintedJSON
	now := time.Now().UTC().Truncate(time.Second)
	failed := t.c.Do(ctx, transport.Request{
		Op: op, Object: object, Class: transport.Create, Method: http.MethodPost, Path: userTokensPath,
		Params: map[string]string{"id": spec.UserID}, Body: body,
	}, &answer)
	if failed != nil {
		return registry.MintedToken{}, t.explainMint(ctx, spec, failed)
	}
	minted := registry.MintedToken{
		Token: registry.Token{
			ID: answer.ID, Username: spec.Username, Label: spec.Label, Scopes: body.Scopes, IssuedAt: now,
		},
		AccessToken: registry.NewSecret(answer.Token),
	}
	if days != nil {
		minted.ExpiresAt = now.Add(time.Duration(*days) * day)
	}
	return minted, nil
}

// wholeDays turns a lifetime into the server's unit; nil is a token without an end. There is no default to leave it to:
// a request without a lifetime mints a token that never expires.
func wholeDays(e registry.Expiry) (*int, *registry.Error) {
	invalid := func(message, hint string) (*int, *registry.Error) {
		return nil, &registry.Error{Kind: registry.KindInvalid, Message: message, Hint: hint}
	}
	switch {
	case e.Never:
		return nil, nil
	case e.ServerDefault:
		return invalid("Artifact Keeper has no default lifetime; a token without one would never expire",
			"Name a lifetime such as 30d, or never")
	case e.Duration < day || e.Duration%day != 0:
		return invalid(fmt.Sprintf("a lifetime of %s is not possible: Artifact Keeper counts whole days, at least one", e.Duration), "")
	case e.Duration > maxDays*day:
		return invalid(fmt.Sprintf("a lifetime of %d days is too long: Artifact Keeper ends tokens after %d days",
			e.Duration/day, maxDays), "")
	}
	days := int(e.Duration / day)
	return &days, nil
}

// explainMint finds the reason behind a 500: minting for an account that does not exist breaks a foreign key
// (auth_service.rs), so nothing was made.
func (t tokens) explainMint(ctx context.Context, spec registry.TokenSpec, cause error) error {
	var e *registry.Error
	if !errors.As(cause, &e) || e.Status != http.StatusInternalServerError {
		return cause
	}
	if _, err := t.users.Get(ctx, spec.UserID); registry.IsNotFound(err) {
		return &registry.Error{
			Kind: registry.KindNotFound, Op: e.Op, Object: e.Object, Err: cause,
			Message: "the account does not exist (any more)", Hint: "Create it first",
		}
	}
	return cause
}

// Get implements registry.Tokens through the owner's list, the only place that tells a token. A token that is not listed
// is looked for once more.
func (t tokens) Get(ctx context.Context, userID, id string) (registry.Token, error) {
	var self selfJSON
	if userID == "" {
		err := t.c.Do(ctx, transport.Request{Op: "read", Object: "the provider's own account", Method: http.MethodGet, Path: selfPath}, &self)
		if err != nil {
			return registry.Token{}, err
		}
		userID = self.ID
	}
	for range 2 {
		listed, err := t.list(ctx, userID)
		if err != nil {
			return registry.Token{}, err
		}
		for i := range listed {
			if listed[i].ID == id {
				return listed[i].token(self.Username), nil
			}
		}
	}
	return registry.Token{}, &registry.Error{
		Kind: registry.KindNotFound, Op: "read", Object: tokenObject(id),
		Message: "the owner's list does not have it: it was revoked",
	}
}

// List implements registry.Tokens. Revoked tokens are not listed, expired ones are.
func (t tokens) List(ctx context.Context, filter registry.TokenFilter) ([]registry.Token, error) {
	listed, err := t.list(ctx, filter.UserID)
	if err != nil {
		return nil, err
	}
	var found []registry.Token
	for i := range listed {
		if strings.Contains(listed[i].Name, filter.LabelContains) {
			found = append(found, listed[i].token(filter.Username))
		}
	}
	return found, nil
}

func (t tokens) list(ctx context.Context, userID string) ([]tokenJSON, error) {
	op, object := "list", "tokens of "+userObject(userID)
	if !uuid.MatchString(userID) {
		return nil, notAnID(op, object)
	}
	answer := transport.NewList("items", transport.KeepAll[tokenJSON])
	err := t.c.Do(ctx, transport.Request{
		Op: op, Object: object, Method: http.MethodGet, Path: userTokensPath,
		Params: map[string]string{"id": userID},
	}, answer)
	return answer.Items, err
}

// Complete implements the transport's check of an item.
func (t *tokenJSON) Complete() error {
	if t.ID == "" {
		return errors.New("it names no token")
	}
	return nil
}

// Revoke implements registry.Tokens.
func (t tokens) Revoke(ctx context.Context, userID, id string) error {
	return t.c.Do(ctx, transport.Request{
		Op: "revoke", Object: tokenObject(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: userTokenPath,
		Params: map[string]string{"id": userID, "token": id},
	}, nil)
}

// Revocable implements registry.Tokens: every token is.
func (tokens) Revocable(registry.MintedToken) bool { return true }

func tokenObject(id string) string { return "token " + id }
