package artifactkeeper

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/issuer"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
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
	verifier := issuer.Verifier{Client: s.opt.IssuerClient, Now: s.store.Now}
	verified, err := verifier.Verify(r.Context(), assertion, issuer.Expect{URL: provider.IssuerURL, Audience: provider.Audience})
	if err != nil {
		return nil, authFailed("Invalid CI token")
	}
	return s.signInPipeline(provider.ID, verified)
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
