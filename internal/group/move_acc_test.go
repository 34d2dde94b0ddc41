package group_test

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// Moving from a peer changes neither the group nor who is in it.
func TestGroupMoves(t *testing.T) {
	t.Parallel()
	flags := map[string]any{
		"admin_privileges": false, "auto_join": true, "external_id": nil, "realm": "internal", "realm_attributes": nil,
		"policy_manager": false, "reports_manager": false, "watch_manager": false,
	}
	with := func(more map[string]any) map[string]any {
		all := map[string]any{}
		for _, part := range []map[string]any{flags, more} {
			for name, v := range part {
				all[name] = v
			}
		}
		return all
	}
	members := []string{"admin", "alice", "bob", "carol", "dana", "erin@example.com"}
	for name, move := range map[string]acctest.Move{
		"platform_group": {Provider: "jfrog/platform", Type: "platform_group", State: with(map[string]any{
			"name": "readers", "members": members, "use_group_members_resource": true, "manage_resources": false, "manage_webhook": false, "policy_viewer": false,
		})},
		"platform_group with members": {
			Provider: "jfrog/platform", Type: "platform_group", State: with(map[string]any{
				"name": "readers", "members": members, "use_group_members_resource": false, "manage_resources": false, "manage_webhook": false, "policy_viewer": false,
			}),
			To: plugintest.Resource{Config: map[string]any{"members": members}},
		},
		"artifactory_group": {
			Provider: "jfrog/artifactory", Type: "artifactory_group", State: with(map[string]any{
				"id": "readers", "name": "readers", "users_names": members, "detach_all_users": false,
			}),
			To: plugintest.Resource{Config: map[string]any{"members": members}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.StartEmbedded(t, "artifactory")
			config := map[string]any{"name": "readers"}
			for name, v := range move.To.Config {
				config[name] = v
			}
			move.To = plugintest.Resource{Type: "registry_group", Config: config}
			env.Moves(t, move)
			if err := env.CheckUnchanged(nil); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("artifactkeeper_group", func(t *testing.T) {
		t.Parallel()
		env := acctest.StartEmbedded(t, "artifact_keeper")
		readers, err := env.Registry.Groups.FindByName(t.Context(), "readers")
		if err != nil {
			t.Fatal(err)
		}
		env.Moves(t, acctest.Move{
			Provider: "nicola-preda/artifact-keeper", Type: "artifactkeeper_group",
			To: plugintest.Resource{Type: "registry_group", Config: map[string]any{"name": "readers"}},
			State: map[string]any{
				"id": readers.ID, "name": "readers", "external_source": nil, "member_count": 6, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
			},
		})
		if err := env.CheckUnchanged(nil); err != nil {
			t.Error(err)
		}
	})
}
