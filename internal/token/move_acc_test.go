package token_test

import (
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Moving from a peer keeps the token and its value.
func TestTokenMoves(t *testing.T) {
	t.Parallel()
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		alice, err := env.Registry.Users.FindByUsername(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		scopes := env.Registry.Capabilities.DefaultTokenScopes.Strings()
		minted, err := env.Registry.Tokens.Mint(t.Context(), registry.TokenSpec{
			UserID: alice.ID, Username: "alice", Label: "by the peer", Scopes: env.Registry.Capabilities.DefaultTokenScopes, Expiry: registry.Expiry{Duration: 30 * 24 * time.Hour},
		})
		if err != nil {
			t.Fatal(err)
		}
		secret := minted.AccessToken.Reveal()
		move := acctest.Pick(env,
			acctest.Move{Provider: "jfrog/artifactory", Type: "artifactory_scoped_token", State: map[string]any{
				"id": minted.ID, "username": "alice", "subject": "jfac@01/users/alice", "scopes": scopes, "expires_in": 2592000,
				"expiry": minted.ExpiresAt.Unix(), "issued_at": minted.IssuedAt.Unix(), "issuer": "jfac@01", "token_type": "Bearer", "grant_type": "client_credentials",
				"access_token": secret, "refresh_token": nil, "reference_token": nil, "refreshable": false, "include_reference_token": false,
				"audiences": nil, "project_key": nil, "description": "by the peer", "ignore_missing_token_warning": false,
			}},
			acctest.Move{Provider: "nicola-preda/artifact-keeper", Type: "artifactkeeper_user_api_token", State: map[string]any{
				"id": minted.ID, "user_id": alice.ID, "name": "by the peer", "scopes": scopes, "expires_in_days": 30, "token": secret, "token_prefix": secret[:8],
				"created_at": minted.IssuedAt.Format(time.RFC3339), "expires_at": minted.ExpiresAt.Format(time.RFC3339), "last_used_at": nil,
			}},
		)
		move.To = plugintest.Resource{Type: "registry_token", Config: map[string]any{
			"username": "alice", "description": "by the peer", "scopes": scopes, "expires_in": "30d",
		}}
		after := env.Moves(t, move)
		if got := after.Current.Attribute("access_token"); got != secret {
			t.Error("the move lost the token's value")
		}
		if live := only(t, env); live.ID != minted.ID {
			t.Error("the move replaced the token")
		}
	})
}
