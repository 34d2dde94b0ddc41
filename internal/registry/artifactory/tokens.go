package artifactory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	tokensPath = "/access/api/v1/tokens"
	tokenPath  = tokensPath + "/{id}"

	// revocableThreshold is the shortest lifetime of a token that can be revoked, unless that was asked for (help:
	// recommended-configurations, token.revocable-expiry-threshold).
	revocableThreshold = 6 * time.Hour
)

// tokens is help: create-token, get-tokens, get-token-by-id, revoke-token-by-id.
type tokens struct{ c *transport.Client }

// mintBody leaves out what was not asked for. An expires_in of 0 means "never", which is why it is a pointer: sending
// it for "not set" makes an administrator's tokens immortal.
type mintBody struct {
	GrantType        string `json:"grant_type"`
	Username         string `json:"username,omitempty"`
	Scope            string `json:"scope,omitempty"`
	ExpiresIn        *int64 `json:"expires_in,omitempty"` // seconds
	Refreshable      bool   `json:"refreshable,omitempty"`
	Description      string `json:"description,omitempty"`
	Audience         string `json:"audience,omitempty"`
	ProjectKey       string `json:"project_key,omitempty"`
	IncludeReference bool   `json:"include_reference_token,omitempty"`
	ForceRevocable   bool   `json:"force_revocable,omitempty"`
}

type mintJSON struct {
	TokenID        string `json:"token_id"`
	AccessToken    string `json:"access_token"`
	RefreshToken   string `json:"refresh_token"`
	ReferenceToken string `json:"reference_token"`
	ExpiresIn      int64  `json:"expires_in"`
	Scope          string `json:"scope"`
}

// Complete implements the transport's check of a success.
func (m *mintJSON) Complete() error {
	if m.AccessToken == "" {
		return errors.New("it holds no token")
	}
	if m.TokenID == "" && claimsOf(m.AccessToken).ID == "" {
		return errors.New("it names no token id")
	}
	return nil
}

// Mint implements registry.Tokens.
func (t tokens) Mint(ctx context.Context, spec registry.TokenSpec) (registry.MintedToken, error) {
	op, object := "mint", "token for "+userObject(spec.Username)
	body := mintBody{
		GrantType: "client_credentials", Username: registry.LowerASCII(spec.Username),
		Scope: strings.Join(spec.Scopes.Strings(), " "), Description: spec.Label,
	}
	switch lifetime := spec.Expiry; {
	case lifetime.Never:
		body.ExpiresIn = new(int64)
	case lifetime.ServerDefault:
	case lifetime.Duration < time.Second || lifetime.Duration%time.Second != 0:
		return registry.MintedToken{}, &registry.Error{
			Kind: registry.KindInvalid, Op: op, Object: object,
			Message: fmt.Sprintf("a lifetime of %s is not possible: it must be whole seconds, at least one", lifetime.Duration),
		}
	default:
		seconds := int64(lifetime.Duration / time.Second)
		body.ExpiresIn = &seconds
	}
	if a := spec.Artifactory; a != nil {
		body.Refreshable, body.IncludeReference, body.ForceRevocable = a.Refreshable, a.Reference, a.ForceRevocable
		body.Audience, body.ProjectKey = a.Audience, a.ProjectKey
	}
	var answer mintJSON
	now := time.Now()
	err := t.c.Do(ctx, transport.Request{
		Op: op, Object: object, Class: transport.Create, Method: http.MethodPost, Path: tokensPath, Body: body,
	}, &answer)
	if err != nil {
		return registry.MintedToken{}, err
	}
	minted := answer.minted(spec, now)
	if spec.Username != "" && !registry.EqualFoldASCII(minted.Username, spec.Username) {
		return registry.MintedToken{}, t.refuse(ctx, op, object, minted, fmt.Sprintf("the registry minted it for %q instead", minted.Username))
	}
	if widened := widened(spec.Scopes, minted.Scopes); widened != "" {
		return registry.MintedToken{}, t.refuse(ctx, op, object, minted, fmt.Sprintf("the registry minted it with the scope %q, which was not asked for", widened))
	}
	return minted, nil
}

// widened gives a scope of an answer that may carry administrator rights although no such scope was asked for; "" when there
// is none. Other differences are the server's spelling.
func widened(asked registry.Scopes, answered []string) string {
	if _, _, unsafe := asked.Unsafe(registry.Artifactory); unsafe {
		return ""
	}
	groups, _ := asked.Groups()
	for _, text := range answered {
		scopes, err := registry.ParseScopes([]string{text})
		if err != nil {
			continue // no scope that this server would have minted
		}
		if _, _, unsafe := scopes.Unsafe(registry.Artifactory); unsafe {
			return text
		}
		more, _ := scopes.Groups()
		if slices.ContainsFunc(more, func(name string) bool { return !slices.Contains(groups, name) }) {
			return text
		}
	}
	return ""
}

// minted reads the answer. The token itself tells expiry and owner exactly; the answer's own fields are the fallback.
func (m *mintJSON) minted(spec registry.TokenSpec, now time.Time) registry.MintedToken {
	claims := claimsOf(m.AccessToken)
	token := registry.MintedToken{
		Token: registry.Token{
			ID: m.TokenID, Username: spec.Username, Label: spec.Label, Scopes: splitScopes(m.Scope),
			IssuedAt: claims.issuedAt(), ExpiresAt: claims.expiresAt(),
			Refreshable: m.RefreshToken != "",
		},
		AccessToken:    registry.NewSecret(m.AccessToken),
		RefreshToken:   registry.NewSecret(m.RefreshToken),
		ReferenceToken: registry.NewSecret(m.ReferenceToken),
	}
	if token.ID == "" {
		token.ID = claims.ID
	}
	if name, ok := usernameOf(claims.Subject); ok {
		token.Username = name
	}
	if token.IssuedAt.IsZero() {
		token.IssuedAt = now.UTC().Truncate(time.Second)
	}
	if token.ExpiresAt.IsZero() && m.ExpiresIn > 0 {
		token.ExpiresAt = token.IssuedAt.Add(time.Duration(m.ExpiresIn) * time.Second)
	}
	return token
}

// refuse ends a token that the server minted otherwise than was asked; handing it on would hand over rights that nobody
// checked.
func (t tokens) refuse(ctx context.Context, op, object string, minted registry.MintedToken, message string) error {
	e := &registry.Error{
		Kind: registry.KindInvalid, Op: op, Object: object,
		Message: message,
		Hint:    "The token was revoked at once",
	}
	if err := t.Revoke(ctx, "", minted.ID); err != nil && !registry.IsNotFound(err) {
		e.Err = err
		e.Hint = fmt.Sprintf("It could not be revoked; revoke the token with id %s", minted.ID)
	}
	return e
}

// tokenJSON is the metadata of a token. The value is never told again.
type tokenJSON struct {
	TokenID     string    `json:"token_id"`
	Subject     string    `json:"subject"`
	Description string    `json:"description"`
	IssuedAt    timestamp `json:"issued_at"`
	Expiry      timestamp `json:"expiry"` // absent for "never"
	LastUsed    timestamp `json:"last_used"`
	Refreshable bool      `json:"refreshable"`
	Scope       string    `json:"scope"`

	asked string
}

// Complete implements the transport's check of a success.
func (t *tokenJSON) Complete() error {
	if t.TokenID == "" {
		return errors.New("it names no token id")
	}
	return sameName(t.asked, t.TokenID)
}

func (t *tokenJSON) token() registry.Token {
	name, ok := usernameOf(t.Subject)
	if !ok {
		name = t.Subject
	}
	return registry.Token{
		ID: t.TokenID, Username: name, Label: t.Description, Scopes: splitScopes(t.Scope),
		IssuedAt: t.IssuedAt.Time, ExpiresAt: t.Expiry.Time, LastUsedAt: t.LastUsed.Time, Refreshable: t.Refreshable,
	}
}

// Get implements registry.Tokens.
func (t tokens) Get(ctx context.Context, _, id string) (registry.Token, error) {
	answer := tokenJSON{asked: id}
	err := t.c.Do(ctx, transport.Request{
		Op: "read", Object: tokenObject(id), Method: http.MethodGet, Path: tokenPath,
		Params: map[string]string{"id": id},
	}, &answer)
	if err != nil {
		return registry.Token{}, err
	}
	return answer.token(), nil
}

// List implements registry.Tokens. The list has no pages (help: get-tokens).
func (t tokens) List(ctx context.Context, filter registry.TokenFilter) ([]registry.Token, error) {
	owner := filter.Username
	if owner == "" {
		owner = filter.UserID // the same on Artifactory
	}
	query := url.Values{}
	setIf(query, "username", registry.LowerASCII(owner))
	found := transport.NewList("tokens", func(item *tokenJSON) (registry.Token, bool) {
		token := item.token()
		fits := owner == "" || registry.EqualFoldASCII(token.Username, owner)
		return token, fits && strings.Contains(token.Label, filter.LabelContains)
	})
	err := t.c.Do(ctx, transport.Request{
		Op: "list", Object: "tokens", Method: http.MethodGet, Path: tokensPath, Query: query,
	}, found)
	if err != nil {
		return nil, err
	}
	return found.Items, nil
}

// All implements registry.Whole: one list tells everything that a single token's answer does.
func (t tokens) All(ctx context.Context, _ int) ([]registry.Token, int, error) {
	all, err := t.List(ctx, registry.TokenFilter{})
	return all, 1, err
}

// Revoke implements registry.Tokens.
func (t tokens) Revoke(ctx context.Context, _, id string) error {
	return t.c.Do(ctx, transport.Request{
		Op: "revoke", Object: tokenObject(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: tokenPath,
		Params: map[string]string{"id": id},
	}, nil)
}

// Revocable implements registry.Tokens. The token says it itself; the thresholds are the servers' defaults.
func (t tokens) Revocable(token registry.MintedToken) bool {
	claims := claimsOf(token.AccessToken.Reveal())
	if revocable, told := claims.revocable(); told {
		return revocable
	}
	return token.ExpiresAt.IsZero() || token.ExpiresAt.Sub(token.IssuedAt) >= revocableThreshold
}

func tokenObject(id string) string { return "token " + id }
