package token_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const listType = "registry_token"

// mint gives somebody a token of a month.
func mint(t *testing.T, env *acctest.Env, username, label string) registry.MintedToken {
	t.Helper()
	return mintFor(t, env, username, label, registry.Expiry{Duration: 30 * 24 * time.Hour})
}

func mintFor(t *testing.T, env *acctest.Env, username, label string, expiry registry.Expiry) registry.MintedToken {
	t.Helper()
	user, err := env.Registry.Users.FindByUsername(t.Context(), username)
	if err != nil {
		t.Fatal(err)
	}
	minted, err := env.Registry.Tokens.Mint(t.Context(), registry.TokenSpec{
		UserID: user.ID, Username: username, Label: label, Scopes: env.Registry.Capabilities.DefaultTokenScopes,
		Expiry: expiry,
	})
	if err != nil {
		t.Fatal(err)
	}
	return minted
}

// expiresAt is when the registry ends a token.
func expiresAt(env *acctest.Env, id string) (text string) {
	env.Server.Store.View(func(s *state.State) {
		for _, token := range s.Tokens {
			if token.ID == id {
				text = token.ExpiresAt.UTC().Format(time.RFC3339)
			}
		}
	})
	return text
}

func TestTokenList(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		for i := range 12 {
			mint(t, env, "alice", fmt.Sprintf("laptop %d", i))
		}
		mint(t, env, "bob", "phone")
		alices := map[string]any{"username": "alice"}
		if got := p.Names(p.List(listType, alices, 0, false)); len(got) != 12 {
			t.Errorf("alice has %v", got)
		}
		if got := p.Names(p.List(listType, alices, 5, false)); len(got) != 5 {
			t.Errorf("listed %d of at most 5", len(got))
		}
		if got := p.Names(p.List(listType, map[string]any{"username": "alice", "description_contains": "laptop 1"}, 0, false)); len(got) != 3 {
			t.Errorf("filtered to %v", got)
		}
		if got := p.Names(p.List(listType, map[string]any{"username": "dana"}, 0, true)); len(got) != 0 {
			t.Errorf("dana has %v", got)
		}
		everybodys := p.List(listType, map[string]any{"description_contains": "phone"}, 0, false)
		if env.IsArtifactKeeper() {
			if len(everybodys) != 1 || !strings.Contains(everybodys[0].Problem, "Whose tokens?") {
				t.Errorf("listed %v", everybodys)
			}
		} else if got := p.Names(everybodys); len(got) != 1 || got[0] != "bob: phone" {
			t.Errorf("listed %v", got)
		}
		// Importing an expired token would only replace it.
		env.Server.Store.Update(func(s *state.State) {
			for _, token := range s.Tokens {
				if token.Username == "alice" {
					token.ExpiresAt = time.Now().Add(-time.Hour)
				}
			}
		})
		if got := p.Names(p.List(listType, alices, 0, false)); len(got) != 0 {
			t.Errorf("expired, and listed: %v", got)
		}
	})
}

func TestTokenListResource(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		minted := mint(t, env, "alice", "laptop [tf-nonce:ABC]")
		filter := map[string]any{"username": "alice"}
		got := p.List(listType, filter, 0, false)
		if len(got) != 1 || got[0].Resource != nil || got[0].Identity["id"] != minted.ID || got[0].Identity["username"] != "alice" {
			t.Errorf("a query without resources answered %v", got)
		}
		got = p.List(listType, filter, 0, true)
		want := map[string]any{
			"id": minted.ID, "username": "alice", "description": "laptop", "expires_in": "30d", "persisted": true, "revoke_on_destroy": true,
			"rotation_due": false, "expires_at": expiresAt(env, minted.ID),
		}
		if env.IsArtifactKeeper() {
			want["scopes"] = []any{"read:artifacts"}
		}
		if len(got) != 1 || got[0].DisplayName != "alice: laptop" || !cmp.Equal(got[0].Resource, want) {
			t.Errorf("listed %s", cmp.Diff([]acctest.Listed{{Resource: want}}, got))
		}
		endless := mintFor(t, env, "bob", "robot", registry.Expiry{Never: true})
		if bobs := p.List(listType, map[string]any{"username": "bob"}, 0, true); len(bobs) != 1 ||
			bobs[0].Resource["id"] != endless.ID || bobs[0].Resource["expires_in"] != "never" || bobs[0].Resource["expires_at"] != nil {
			t.Errorf("a token without an end is listed as %v", bobs)
		}
		if strings.Contains(fmt.Sprint(got), minted.AccessToken.Reveal()) {
			t.Error("the query shows the token")
		}
	})
}

func TestTokenListErrors(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		missing := p.List(listType, map[string]any{"username": "nobody"}, 0, false)
		if env.IsArtifactKeeper() && (len(missing) != 1 || !strings.Contains(missing[0].Problem, `Cannot look up user "nobody"`)) || !env.IsArtifactKeeper() && len(missing) != 0 {
			t.Errorf("listed %v", missing)
		}
		endpoint := acctest.Pick(env, "GET /access/api/v1/tokens", "GET /api/v1/users/{id}/tokens")
		if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: endpoint, Count: -1, Kind: devregistry.FaultLostRights}); err != nil {
			t.Fatal(err)
		}
		got := p.List(listType, map[string]any{"username": "alice"}, 0, false)
		if len(got) != 1 || !strings.Contains(got[0].Problem, "Cannot list tokens") || !strings.Contains(got[0].Problem, "403") {
			t.Errorf("listed %v", got)
		}
	})
}
