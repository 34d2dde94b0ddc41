package artifactkeeper

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// ciAlgorithms are the signatures accepted from CI identity providers (Artifact Keeper: services/ci_oidc_service.rs).
var ciAlgorithms = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "PS256", "PS384", "PS512"}

// issuerTimeout bounds the calls to an identity provider, maxIssuerAnswer what is read of an answer, in bytes.
const (
	issuerTimeout   = 10 * time.Second
	maxIssuerAnswer = 1 << 20
)

// exchangeCIToken gives a pipeline a session for its mapping's account, never for a person (Artifact Keeper:
// api/handlers/ci_auth.rs). No refresh token comes with it.
func (s *server) exchangeCIToken(r *http.Request, _ *caller) (any, error) {
	body, err := readObject(r, envelopeBody)
	if err != nil {
		return nil, err
	}
	providerID := string(required[uid](body, "provider_id"))
	if err := body.done(); err != nil {
		return nil, err
	}
	assertion, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || assertion == "" {
		return nil, authFailed("Missing Authorization header. Supply the CI JWT as: Authorization: Bearer <jwt>")
	}
	var provider state.CIProvider
	s.store.View(func(st *state.State) {
		if p := ciProviderByID(st, providerID); p != nil {
			provider = *p
			provider.Mappings = slices.Clone(p.Mappings)
		}
	})
	switch {
	case provider.ID == "":
		return nil, notFound("CI OIDC provider not found")
	case !provider.Enabled:
		return nil, authFailed("CI OIDC provider is disabled")
	}
	verified, err := s.verifyAssertion(r.Context(), provider, assertion)
	if err != nil {
		return nil, authFailed("Invalid CI token")
	}
	return s.signInPipeline(provider.ID, verified)
}

// verifyAssertion checks the pipeline's token against the keys its issuer publishes.
func (s *server) verifyAssertion(ctx context.Context, p state.CIProvider, assertion string) (jwt.MapClaims, error) {
	ctx, cancel := context.WithTimeout(ctx, issuerTimeout)
	defer cancel()
	var discovery struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := s.fetch(ctx, strings.TrimSuffix(p.IssuerURL, "/")+"/.well-known/openid-configuration", &discovery); err != nil {
		return nil, err
	}
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := s.fetch(ctx, discovery.JWKS, &set); err != nil {
		return nil, err
	}
	now := s.store.Now()
	verified := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(assertion, verified, func(t *jwt.Token) (any, error) { return pickKey(set.Keys, t) },
		jwt.WithValidMethods(ciAlgorithms), jwt.WithIssuer(p.IssuerURL), jwt.WithAudience(p.Audience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	return verified, err
}

func (s *server) fetch(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := s.opt.IssuerClient
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, resp.Status)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, maxIssuerAnswer)).Decode(into)
}

// jwk is a public key as RFC 7517 writes it.
type jwk struct {
	Type  string `json:"kty"`
	ID    string `json:"kid"`
	N     string `json:"n"`
	E     string `json:"e"`
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

func pickKey(keys []jwk, t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	for _, k := range keys {
		if k.ID == kid {
			return k.public()
		}
	}
	return nil, errors.New("the issuer publishes no key " + kid)
}

func (k jwk) public() (any, error) {
	switch k.Type {
	case "RSA":
		n, err := bigInt(k.N)
		if err != nil {
			return nil, err
		}
		e, err := bigInt(k.E)
		if err != nil || !e.IsInt64() {
			return nil, errors.New("unusable RSA exponent")
		}
		return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
	case "EC":
		curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384()}[k.Curve]
		x, errX := base64.RawURLEncoding.DecodeString(k.X)
		y, errY := base64.RawURLEncoding.DecodeString(k.Y)
		if curve == nil || errX != nil || errY != nil {
			return nil, errors.New("unusable EC key")
		}
		return ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	}
	return nil, errors.New("unknown key type " + k.Type)
}

func bigInt(encoded string) (*big.Int, error) {
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, err
	}
	return new(big.Int).SetBytes(raw), nil
}

// signInPipeline finds the mapping and its account. The account is named after the mapping, yet looked up by the token's
// subject: a second subject under one mapping tries to make the same account again and conflicts. Every sign-in activates
// the account, whatever an administrator did to it.
func (s *server) signInPipeline(providerID string, verified jwt.MapClaims) (any, error) {
	subject, _ := verified.GetSubject()
	now := s.store.Now()
	type session struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"` // seconds
		Username    string `json:"username"`
	}
	out := session{TokenType: "Bearer", ExpiresIn: int(accessLifetime.Seconds())}
	var err error
	s.store.Update(func(st *state.State) {
		p := ciProviderByID(st, providerID)
		if p == nil {
			err = notFound("CI OIDC provider not found")
			return
		}
		m := matchingMapping(p, verified)
		if m == nil {
			err = authFailed("No identity mapping matches the CI token")
			return
		}
		var u *state.User
		if u, err = pipelineAccount(st, m, subject, now); err != nil {
			return
		}
		u.LastLogin = now
		out.Username = u.Username
		if out.AccessToken, err = s.sign(u, now, accessType, "", "", m.AllowedRepoIDs); err != nil {
			err = internalError()
		}
	})
	return result(out, err)
}

func matchingMapping(p *state.CIProvider, verified jwt.MapClaims) *state.CIMapping {
	for _, m := range byPriority(p.Mappings) {
		if m.Enabled && satisfies(m.ClaimFilters, verified) {
			return m
		}
	}
	return nil
}

// satisfies tells whether all filters hold: a claim has the value, or one of the values.
func satisfies(filters map[string]any, verified jwt.MapClaims) bool {
	for claim, want := range filters {
		got := verified[claim]
		accepted, isList := want.([]any)
		if !isList {
			accepted = append(accepted, want)
		}
		matches := func(v any) bool { return v != nil && reflect.DeepEqual(v, got) }
		if !slices.ContainsFunc(accepted, matches) {
			return false
		}
	}
	return true
}

func pipelineAccount(st *state.State, m *state.CIMapping, subject string, now time.Time) (*state.User, error) {
	name := ciUsername(m)
	email := name + "@ci.local"
	i := slices.IndexFunc(st.Users, func(u *state.User) bool { return u.AuthProvider == "ci" && u.ExternalID == subject })
	if i >= 0 {
		u := st.Users[i]
		if other := st.UserByName(name); other != nil && other != u {
			return nil, conflict("Username already exists")
		}
		u.Username, u.Email, u.Active, u.UpdatedAt = name, email, true, now
		return u, nil
	}
	switch {
	case st.UserByName(name) != nil:
		return nil, conflict("Username already exists")
	case userByEmail(st, email) != nil:
		return nil, conflict("Email already exists")
	}
	u := &state.User{
		ID: uuid.NewString(), Username: name, Email: email, Active: true, AuthProvider: "ci", ExternalID: subject,
		CreatedAt: now, UpdatedAt: now,
	}
	setDisplayName(u, &m.Name)
	st.Users = append(st.Users, u)
	return u, nil
}
