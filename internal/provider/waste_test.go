package provider_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// thrifty are one of each resource that the registry holds. after is how many requests follow the one that makes the
// object: an Artifactory's id is asked for once, and a token's stored form is not in the answer that mints it.
func thrifty(dialect devregistry.Dialect) map[string]struct {
	config map[string]any
	after  int
} {
	id, rules := 1, map[string]any{
		"name": "npm-readers", "repositories": []string{"npm-private"}, "users": map[string]any{"bob": []string{"read"}},
	}
	if dialect == devregistry.ArtifactKeeper {
		id = 0
		rules["name"], rules["repositories"] = "npm-secret", []string{"npm-secret"}
	}
	type one = struct {
		config map[string]any
		after  int
	}
	return map[string]one{
		"registry_user":             {map[string]any{"username": "zoe", "email": "zoe@example.com"}, id},
		"registry_group":            {map[string]any{"name": "crew", "description": "all hands"}, id},
		"registry_group_membership": {map[string]any{"group": "developers", "username": "alice"}, id},
		"registry_group_members":    {map[string]any{"group": "developers", "members": []string{"alice", "bob"}}, id},
		"registry_permission":       {rules, id},
		"registry_token":            {map[string]any{"username": "alice", "expires_in": "30d"}, 1},
	}
}

// TestNoWaste: nothing is read back after a create whose answer told everything, and an update that changes nothing on
// the registry sends nothing but its refresh.
func TestNoWaste(t *testing.T) {
	t.Parallel()
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		for resource, c := range thrifty(dialect) {
			t.Run(string(dialect)+"/"+resource, func(t *testing.T) {
				t.Parallel()
				server := devregistrytest.Start(t, dialect)
				o := &organisation{server: server, reg: acctest.Open(t, server)}
				core := o.core(t, nil)
				made, _, err := core.Apply(t.Context(), plugintest.Resource{Type: resource, Config: c.config}, plugintest.State{})
				must(t, err)
				var sent []string
				last := 0
				for i, entry := range server.Log.Entries() {
					sent = append(sent, entry.Endpoint)
					if !strings.HasPrefix(entry.Endpoint, "GET ") {
						last = i
					}
				}
				if after := len(sent) - 1 - last; after > c.after {
					t.Errorf("%d requests after the object was made, at most %d are needed:\n%s", after, c.after, strings.Join(sent, "\n"))
				}

				server.Log.Reset()
				_, err = core.Plan(t.Context(), plugintest.Resource{Type: resource, Config: c.config}, made)
				must(t, err)
				refresh := len(server.Log.Entries())

				changed := maps.Clone(c.config)
				changed["timeouts"] = map[string]any{"create": "3m"}
				server.Log.Reset()
				_, report, err := core.Apply(t.Context(), plugintest.Resource{Type: resource, Config: changed}, made)
				must(t, err)
				if used := len(server.Log.Entries()); used > refresh || report.Action != plugintest.Update {
					t.Errorf("%s of the timeouts alone took %d requests, its refresh takes %d: %v", report.Action, used, refresh, server.Log.Count())
				}
			})
		}
	}
}
