package permission_test

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// grant makes a permission behind Terraform's back.
func grant(t *testing.T, env *acctest.Env, spec registry.PermissionSpec) {
	t.Helper()
	if _, err := env.Registry.Permissions.Create(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	env.Rebase()
}

func TestPermissionMovesFromPlatform(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, "artifactory")
	grant(t, env, registry.PermissionSpec{
		Name: "install", Repositories: []string{"npm-private", "go-private"},
		Users: map[string][]string{"alice": {"READ"}}, Groups: map[string][]string{"readers": {"READ", "WRITE"}},
	})
	named := func(name string, permissions ...string) map[string]any {
		return map[string]any{"name": name, "permissions": permissions}
	}
	target := func(name string) map[string]any {
		return map[string]any{"name": name, "include_patterns": []string{"**"}, "exclude_patterns": nil}
	}
	env.Moves(t, acctest.Move{
		Provider: "jfrog/platform", Type: "platform_permission",
		State: map[string]any{
			"name": "install", "build": nil, "release_bundle": nil, "destination": nil, "pipeline_source": nil,
			"artifact": map[string]any{
				"actions": map[string]any{"users": []any{named("alice", "READ")}, "groups": []any{named("readers", "READ", "WRITE")}},
				"targets": []any{target("npm-private"), target("go-private")},
			},
		},
		To: plugintest.Resource{Type: "registry_permission", Config: map[string]any{
			"name": "install", "repositories": []string{"npm-private", "go-private"},
			"users": map[string]any{"alice": []string{"read"}}, "groups": map[string]any{"readers": []string{"read", "write"}},
		}},
	})
	if err := env.CheckUnchanged(nil); err != nil {
		t.Error(err)
	}
}

func TestPermissionMovesFromARow(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, "artifact_keeper")
	grant(t, env, registry.PermissionSpec{
		Name: "npm-private", Repositories: []string{"npm-private"},
		Users: map[string][]string{"alice": {"read"}, "bob": {"read", "write"}},
	})
	env.Moves(t, acctest.Move{
		Provider: "nicola-preda/artifact-keeper", Type: "artifactkeeper_permission",
		State: map[string]any{
			"id": "row", "principal_type": "user", "principal_id": "id-of-bob", "principal_name": "bob", "target_type": "repository",
			"target_id": "id-of-repository", "target_name": "npm-private", "actions": []string{"write", "read"},
			"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
		},
		To: plugintest.Resource{Type: "registry_permission", Config: map[string]any{
			"name": "npm-private", "repositories": []string{"npm-private"}, "additive": true, "users": map[string]any{"bob": []string{"read", "write"}},
		}},
	})
	if err := env.CheckUnchanged(nil); err != nil {
		t.Error(err)
	}
}
