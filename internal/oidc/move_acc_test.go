package oidc_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const (
	platform = "jfrog/platform"
	keeper   = "nicola-preda/artifact-keeper"
	made     = "2026-01-01T00:00:00Z"
)

// trusts makes a provider behind Terraform's back.
func trusts(t *testing.T, env *acctest.Env, spec registry.OIDCProvider) registry.OIDCProvider {
	t.Helper()
	spec.Name, spec.IssuerURL = "ci", "https://token.actions.example.com"
	provider, err := env.Registry.OIDCProviders.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	env.Rebase()
	return provider
}

// maps makes a mapping of a provider behind Terraform's back.
func maps(t *testing.T, env *acctest.Env, spec registry.OIDCMapping) registry.OIDCMapping {
	t.Helper()
	spec.Name, spec.Priority, spec.Claims = "app", 1, json.RawMessage(`{"repository":"acme/app"}`)
	mapping, err := env.Registry.OIDCMappings.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	env.Rebase()
	return mapping
}

// moves moves one object, which the registry must not notice.
func moves(t *testing.T, env *acctest.Env, move acctest.Move) {
	t.Helper()
	env.Moves(t, move)
	if err := env.CheckUnchanged(nil); err != nil {
		t.Error(err)
	}
}

func TestProviderMovesFromPlatform(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, devregistry.Artifactory)
	trusts(t, env, registry.OIDCProvider{Audience: "registry", Artifactory: &registry.ArtifactoryOIDCProvider{ProviderType: "GitHub", Organization: "acme", Description: "CI"}})
	moves(t, env, acctest.Move{
		Provider: platform, Type: "platform_oidc_configuration",
		State: map[string]any{
			"name": "ci", "issuer_url": "https://token.actions.example.com", "audience": "registry", "provider_type": "GitHub", "organization": "acme",
			"description": "CI", "use_default_proxy": false, "enable_permissive_configuration": false,
		},
		To: plugintest.Resource{Type: "registry_oidc_provider", Config: map[string]any{
			"name": "ci", "issuer_url": "https://token.actions.example.com", "audience": "registry",
			"artifactory": map[string]any{"provider_type": "GitHub", "organization": "acme", "description": "CI"},
		}},
	})
}

func TestMappingMovesFromPlatform(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, devregistry.Artifactory)
	provider := trusts(t, env, registry.OIDCProvider{})
	maps(t, env, registry.OIDCMapping{Provider: provider.ID, Artifactory: &registry.ArtifactoryOIDCMapping{Username: "alice", Scope: "applied-permissions/user", Audience: "*@*", ExpiresIn: 10 * time.Minute}})
	moves(t, env, acctest.Move{
		Provider: platform, Type: "platform_oidc_identity_mapping",
		State: map[string]any{
			"name": "app", "provider_name": "ci", "priority": 1, "claims_json": `{"repository":"acme/app"}`,
			"token_spec": map[string]any{"username": "alice", "scope": "applied-permissions/user", "audience": "*@*", "expires_in": 600},
		},
		To: plugintest.Resource{Type: "registry_oidc_mapping", Config: map[string]any{
			"name": "app", "provider_id": "ci", "priority": 1, "claims": `{"repository": "acme/app"}`,
			"artifactory": map[string]any{"username": "alice", "scope": "applied-permissions/user", "expires_in": "10m"},
		}},
	})
}

func TestProviderMovesFromAnExchange(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	provider := trusts(t, env, registry.OIDCProvider{Audience: "registry", ArtifactKeeper: &registry.ArtifactKeeperOIDCProvider{Enabled: true, ProviderType: "github"}})
	moves(t, env, acctest.Move{
		Provider: keeper, Type: "artifactkeeper_ci_oidc_provider",
		State: map[string]any{
			"id": provider.ID, "name": "ci", "issuer_url": "https://token.actions.example.com", "audience": "registry", "provider_type": "github",
			"is_enabled": true, "mapping_count": 0, "created_at": made, "updated_at": made,
		},
		To: plugintest.Resource{Type: "registry_oidc_provider", Config: map[string]any{
			"name": "ci", "issuer_url": "https://token.actions.example.com", "audience": "registry", "artifact_keeper": map[string]any{"provider_type": "github"},
		}},
	})
}

func TestMappingMovesFromArtifactKeeper(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	provider := trusts(t, env, registry.OIDCProvider{})
	mapping := maps(t, env, registry.OIDCMapping{Provider: provider.ID, ArtifactKeeper: &registry.ArtifactKeeperOIDCMapping{Enabled: true, Repositories: []string{"npm-private"}}})
	moves(t, env, acctest.Move{
		Provider: keeper, Type: "artifactkeeper_ci_oidc_identity_mapping",
		State: map[string]any{
			"id": mapping.ID, "provider_id": provider.ID, "name": "app", "priority": 1, "claim_filters": `{"repository":"acme/app"}`,
			"allowed_repo_ids": []string{"id-of-repository"}, "is_enabled": true, "created_at": made, "updated_at": made,
		},
		To: plugintest.Resource{Type: "registry_oidc_mapping", Config: map[string]any{
			"name": "app", "provider_id": provider.ID, "priority": 1, "claims": `{"repository": "acme/app"}`,
			"artifact_keeper": map[string]any{"allowed_repositories": []string{"npm-private"}},
		}},
	})
}

// The client's secret is in the peer's state, and in none of ours; the registry keeps the one it has.
func TestProviderMovesFromASignIn(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	secret := registry.NewSecret("clients-own-secret")
	provider := trusts(t, env, registry.OIDCProvider{
		ArtifactKeeper: &registry.ArtifactKeeperOIDCProvider{Enabled: true},
		SignIn: &registry.OIDCSignIn{
			ClientID: "registry", ClientSecret: &secret, Scopes: []string{"openid", "groups"}, AttributeMapping: json.RawMessage(`{"groups_claim":"groups"}`),
			AutoCreateUsers: true, PKCE: true,
		},
	})
	moves(t, env, acctest.Move{
		Provider: keeper, Type: "artifactkeeper_sso_oidc",
		State: map[string]any{
			"id": provider.ID, "name": "ci", "issuer_url": "https://token.actions.example.com", "client_id": "registry", "client_secret": "clients-own-secret",
			"has_secret": true, "scopes": []string{"openid", "groups"}, "attribute_mapping": map[string]any{"groups_claim": "groups"}, "is_enabled": true,
			"auto_create_users": true, "pkce_enabled": true, "map_groups_to_groups": false, "allow_legacy_rsa_keys": false, "created_at": made, "updated_at": made,
		},
		To: plugintest.Resource{Type: "registry_oidc_provider", Config: map[string]any{
			"name": "ci", "issuer_url": "https://token.actions.example.com",
			"sign_in": map[string]any{
				"client_id": "registry", "client_secret_wo": "not-sent", "client_secret_wo_version": 1, "scopes": []string{"openid", "groups"},
				"attribute_mapping": `{"groups_claim": "groups"}`,
			},
		}},
	})
	env.Server.Store.View(func(s *state.State) {
		if got := s.ArtifactKeeper.SSO[0].Secrets["client_secret"]; got != secret.Reveal() {
			t.Errorf("the registry has the secret %q", got)
		}
	})
}

// What moves is which object it is. A state that does not say so moves nowhere.
func TestMovesOfStates(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, _ *acctest.Env) {
		const oidcProvider, mapping = "registry_oidc_provider", "registry_oidc_mapping"
		for _, c := range []struct {
			peer, from, to string
			state, want    map[string]any
			needs          []string
		}{
			{platform, "platform_oidc_configuration", oidcProvider, map[string]any{"name": "ci"}, map[string]any{"id": "ci", "name": "ci"}, []string{"name"}},
			{
				platform, "platform_oidc_identity_mapping", mapping,
				map[string]any{"name": "app", "provider_name": "ci"},
				map[string]any{"id": "app", "name": "app", "provider_id": "ci"},
				[]string{"name", "provider_name"},
			},
			{keeper, "artifactkeeper_ci_oidc_provider", oidcProvider, map[string]any{"id": "1", "name": "ci"}, map[string]any{"id": "1", "name": "ci"}, []string{"id", "name"}},
			{
				keeper, "artifactkeeper_sso_oidc", oidcProvider,
				map[string]any{"id": "1", "name": "ci", "client_id": "registry", "client_secret": "clients-own-secret"},
				map[string]any{"id": "1", "name": "ci", "sign_in": map[string]any{"client_id": "registry"}},
				[]string{"id", "name"},
			},
			{
				keeper, "artifactkeeper_ci_oidc_identity_mapping", mapping,
				map[string]any{"id": "2", "provider_id": "1", "name": "app"},
				map[string]any{"id": "2", "provider_id": "1", "name": "app"},
				[]string{"id", "provider_id", "name"},
			},
		} {
			move := func(provider string) acctest.Moved {
				raw, err := json.Marshal(c.state)
				if err != nil {
					t.Fatal(err)
				}
				return p.Move(provider, c.from, c.to, raw)
			}
			for _, host := range []string{"registry.terraform.io/", "registry.opentofu.org/"} {
				got := move(host + c.peer)
				if got.Problem != "" || !cmp.Equal(got.State, c.want) {
					t.Errorf("%s moved to %s%s", c.from, got.Problem, cmp.Diff(c.want, got.State))
				}
				if strings.Contains(fmt.Sprint(got), "secret") {
					t.Errorf("the secret of %s moved along: %v", c.from, got)
				}
			}
			_, stranger, _ := strings.Cut(c.peer, "/")
			if got := move("registry.terraform.io/somebody/" + stranger); got.Problem == "" {
				t.Errorf("a stranger's %s was moved", c.from)
			}
			for _, attribute := range c.needs {
				had := c.state[attribute]
				c.state[attribute] = nil
				got := move("registry.terraform.io/" + c.peer)
				if !strings.Contains(got.Problem, "Cannot move this "+c.from) || !strings.Contains(got.Problem, "no "+attribute) || !strings.Contains(got.Problem, "Import") {
					t.Errorf("%s without %s moved to %v: %s", c.from, attribute, got.State, got.Problem)
				}
				c.state[attribute] = had
			}
		}
	})
}
