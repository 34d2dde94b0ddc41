package user_test

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// Moving from a peer changes neither the account nor its password, whatever the peer's state holds.
func TestUserMoves(t *testing.T) {
	t.Parallel()
	unchanged := func(t *testing.T, env *acctest.Env) {
		t.Helper()
		if err := env.CheckUnchanged(nil); err != nil {
			t.Error(err)
		}
		env.Server.Store.View(func(s *state.State) {
			if !s.UserByName("alice").CheckPassword("Alice-Passw0rd") {
				t.Error("the move changed the password")
			}
		})
	}
	to := plugintest.Resource{Type: "registry_user", Config: map[string]any{
		"username": "alice", "email": "alice@example.com", "password_wo": "Other-Passw0rd", "password_wo_version": 1,
	}}
	for _, source := range []string{"artifactory_user", "artifactory_managed_user", "artifactory_unmanaged_user"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			env := acctest.StartEmbedded(t, "artifactory")
			env.Moves(t, acctest.Move{Provider: "jfrog/artifactory", Type: source, To: to, State: map[string]any{
				"id": "alice", "name": "alice", "email": "alice@example.com", "password": "Other-Passw0rd", "password_policy": nil,
				"admin": false, "profile_updatable": true, "disable_ui_access": false, "internal_password_disabled": false, "groups": []string{"readers"},
			}})
			unchanged(t, env)
		})
	}
	t.Run("artifactkeeper_user", func(t *testing.T) {
		t.Parallel()
		env := acctest.StartEmbedded(t, "artifact_keeper")
		env.Moves(t, acctest.Move{Provider: "nicola-preda/artifact-keeper", Type: "artifactkeeper_user", To: to, State: map[string]any{
			"id": mustFind(t, env, "alice").ID, "username": "alice", "email": "alice@example.com", "display_name": nil, "is_active": true, "is_admin": false,
			"auth_provider": "local", "created_at": "2026-01-01T00:00:00Z", "last_login_at": nil, "must_change_password": false,
			"password": "Other-Passw0rd", "generated_password": nil,
		}})
		unchanged(t, env)
	})
}
