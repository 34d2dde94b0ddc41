package artifactory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport/transporttest"
)

const mint = "POST /access/api/v1/tokens"

func aliceToken() string {
	return jwt(`{"sub":"jfac@01x/users/alice","jti":"id-1","iat":1767225600,"exp":1769817600,"ext":"{\"revocable\":\"true\"}"}`)
}

func TestMintSendsOnlyWhatIsSet(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*registry.TokenSpec)
		want   string
	}{
		"lifetime": {
			func(s *registry.TokenSpec) { s.Expiry.Duration = 30 * 24 * time.Hour },
			`{"grant_type":"client_credentials","username":"alice","expires_in":2592000}`,
		},
		"the server's default": {
			func(s *registry.TokenSpec) { s.Expiry.ServerDefault = true },
			`{"grant_type":"client_credentials","username":"alice"}`,
		},
		"never": {
			func(s *registry.TokenSpec) { s.Expiry.Never = true },
			`{"grant_type":"client_credentials","username":"alice","expires_in":0}`,
		},
		"everything": {
			func(s *registry.TokenSpec) {
				s.Username, s.Label, s.Scopes = "Alice", "label", registry.MustParseScopes("applied-permissions/groups:a", "system:metrics:r")
				s.Expiry.Duration = time.Hour
				s.Artifactory = &registry.ArtifactoryTokenSpec{
					Refreshable: true, Reference: true, Audience: "jfrt@*", ProjectKey: "proj", ForceRevocable: true,
				}
			},
			`{"grant_type":"client_credentials","username":"alice","scope":"applied-permissions/groups:a system:metrics:r","expires_in":3600,
			"description":"label","refreshable":true,"include_reference_token":true,"audience":"jfrt@*","project_key":"proj","force_revocable":true}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{mint: {ok(`{"token_id":"id-1","access_token":"` + aliceToken() + `"}`)}})
			spec := registry.TokenSpec{UserID: "alice", Username: "alice"}
			tc.change(&spec)
			if _, err := r.Tokens.Mint(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
			s.WantSent(t, mint)
			s.WantBody(t, 0, tc.want)
		})
	}
}

func TestMintedTokenTellsAboutItself(t *testing.T) {
	t.Parallel()
	answer := `{"token_id":"id-1","access_token":"` + aliceToken() + `","refresh_token":"r","reference_token":"f","expires_in":5,
		"scope":"applied-permissions/groups:\"a b\",c applied-permissions/user"}`
	r, _ := script(t, scripted{mint: {ok(answer)}})
	m, err := r.Tokens.Mint(t.Context(), registry.TokenSpec{
		Username: "ALICE", Label: "l", Expiry: registry.Expiry{ServerDefault: true},
		Scopes: registry.MustParseScopes(`applied-permissions/groups:"a b",c`, "applied-permissions/user"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if m.ID != "id-1" || m.Username != "alice" || m.Label != "l" || !m.Refreshable || m.ReferenceToken.Reveal() != "f" ||
		m.IssuedAt.Unix() != 1767225600 || m.ExpiresAt.Unix() != 1769817600 || !r.Tokens.Revocable(m) ||
		!slices.Equal(m.Scopes, []string{`applied-permissions/groups:"a b",c`, "applied-permissions/user"}) {
		t.Errorf("%+v", m)
	}
}

// A token with more rights than were asked for is revoked and never handed on.
func TestMintedTokenHasNoOtherScope(t *testing.T) {
	t.Parallel()
	for scope, widened := range map[string]bool{
		"applied-permissions/groups:a": false, `applied-permissions/groups:\"a\"`: false, "": false, "applied-permissions/admin": true, "applied-permissions/groups:a,b": true,
		"applied-permissions/groups:a system:identities:rw": true,
	} {
		answer := `{"token_id":"id-1","access_token":"` + aliceToken() + `","scope":"` + scope + `"}`
		r, s := script(t, scripted{mint: {ok(answer)}, "DELETE /access/api/v1/tokens/id-1": {ok("")}})
		_, err := r.Tokens.Mint(t.Context(), registry.TokenSpec{Username: "alice", Expiry: registry.Expiry{ServerDefault: true}, Scopes: registry.MustParseScopes("applied-permissions/groups:a")})
		if (err != nil) != widened {
			t.Errorf("minted with %q: %v", scope, err)
		}
		if widened {
			s.WantSent(t, mint, "DELETE /access/api/v1/tokens/id-1")
		}
	}
}

func TestMintWithoutReadableToken(t *testing.T) {
	t.Parallel()
	r, _ := script(t, scripted{mint: {ok(`{"token_id":"id-1","access_token":"opaque","expires_in":3600}`)}})
	m, err := r.Tokens.Mint(t.Context(), registry.TokenSpec{Username: "alice", Expiry: registry.Expiry{Duration: time.Hour}})
	if err != nil || time.Until(m.ExpiresAt).Round(time.Minute) != time.Hour || r.Tokens.Revocable(m) {
		t.Errorf("%+v %v", m, err)
	}
}

func TestMintWithoutATokenIsUncertain(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"token_id":"id-1"}`, `{"access_token":"opaque"}`} {
		r, s := script(t, scripted{mint: {ok(body)}})
		_, err := r.Tokens.Mint(t.Context(), registry.TokenSpec{Username: "alice", Expiry: registry.Expiry{Never: true}})
		wantKind(t, err, registry.KindUncertain)
		s.WantSent(t, mint)
	}
}

// TestTokenOfSomebodyElseIsNotHandedOut: it is revoked instead.
func TestTokenOfSomebodyElseIsNotHandedOut(t *testing.T) {
	t.Parallel()
	for _, revoked := range []bool{true, false} {
		status := map[bool]int{true: 200, false: 403}[revoked]
		r, s := script(t, scripted{
			mint:                                {ok(`{"token_id":"id-1","access_token":"` + aliceToken() + `"}`)},
			"DELETE /access/api/v1/tokens/id-1": {refuse(status, `{"errors":[{"code":"X","message":"y"}]}`)},
		})
		_, err := r.Tokens.Mint(t.Context(), registry.TokenSpec{Username: "bob", Expiry: registry.Expiry{Never: true}})
		wantKind(t, err, registry.KindInvalid)
		s.WantSent(t, mint, "DELETE /access/api/v1/tokens/id-1")
		if !revoked && !strings.Contains(err.Error(), "id-1") {
			t.Error(err)
		}
	}
}

func TestTokenList(t *testing.T) {
	t.Parallel()
	list := "GET /access/api/v1/tokens"
	r, s := script(t, scripted{list: {ok(`{"tokens":[
		{"token_id":"1","subject":"jfac@01x/users/alice","description":"nonce-7","issued_at":1767225600,"expiry":1769817600,"refreshable":true,"last_used":"2026-01-01T00:00:00.5Z"},
		{"token_id":"2","subject":"jfac@01x/users/alice2","description":"nonce-7","issued_at":1767225600},
		{"token_id":"3","subject":"jfac@01x/users/alice","description":"nonce-8","issued_at":"1767225600000","expiry":null,"last_used":{}},
		{"token_id":"4","subject":"alice","description":"nonce-7"},
		{"token_id":"5","subject":"jfac@01x/users/al%69ce","description":"my nonce-7!"}]}`)}})
	found, err := r.Tokens.List(t.Context(), registry.TokenFilter{UserID: "Alice", LabelContains: "nonce-7"})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range found {
		ids = append(ids, f.ID)
	}
	if !slices.Equal(ids, []string{"1", "4", "5"}) || s.Seen()[0].Query != "username=alice" {
		t.Errorf("%q by %s", ids, s.Seen()[0].Query)
	}
	first := found[0]
	if first.ExpiresAt.Unix() != 1769817600 || first.LastUsedAt.Year() != 2026 || !first.Refreshable || found[1].Username != "alice" {
		t.Errorf("%+v", first)
	}
	all, err := r.Tokens.List(t.Context(), registry.TokenFilter{})
	if err != nil || len(all) != 5 || all[2].IssuedAt.Unix() != 1767225600 || !all[2].ExpiresAt.IsZero() {
		t.Errorf("%+v %v", all, err)
	}
}

func TestTokenReads(t *testing.T) {
	t.Parallel()
	const path = "/access/api/v1/tokens/id-1"
	r, s := script(t, scripted{
		"GET " + path:    {gone("Token with id: id-1"), ok(`{"token_id":"id-1","subject":"jfac@01x/users/alice"}`)},
		"DELETE " + path: {refuse(200, ``), refuse(204, ``), gone("Token"), gone("Token"), transporttest.HTML(200)},
	})
	if token, err := r.Tokens.Get(t.Context(), "alice", "id-1"); err != nil || token.Username != "alice" || !token.ExpiresAt.IsZero() {
		t.Errorf("%+v %v", token, err)
	}
	for _, want := range []registry.Kind{registry.KindUnknown, registry.KindUnknown, registry.KindNotFound, registry.KindWrongEndpoint} {
		if err := r.Tokens.Revoke(t.Context(), "alice", "id-1"); registry.KindOf(err) != want {
			t.Errorf("%v, want kind %d", err, want)
		}
	}
	s.WantSent(t, "GET "+path, "GET "+path, "DELETE "+path, "DELETE "+path, "DELETE "+path, "DELETE "+path, "DELETE "+path)
}

func TestRevocable(t *testing.T) {
	t.Parallel()
	r, _ := script(t, nil)
	for payload, want := range map[string]bool{
		`{"ext":"{\"revocable\":\"true\"}"}`:  true,
		`{"ext":"{\"revocable\":true}"}`:      true,
		`{"ext":{"revocable":"true"}}`:        true,
		`{"ext":"{\"revocable\":\"false\"}"}`: false,
		`{"ext":"{}"}`:                        false,
		`{"ext":"no json"}`:                   true, // never expires
		`{}`:                                  true,
	} {
		m := registry.MintedToken{AccessToken: registry.NewSecret(jwt(payload))}
		if got := r.Tokens.Revocable(m); got != want {
			t.Errorf("%s: %t", payload, got)
		}
	}
}
