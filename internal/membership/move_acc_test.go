package membership_test

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

func TestGroupMembersMove(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, "artifactory")
	if err := env.Registry.Groups.ChangeMembers(t.Context(), "developers", []string{"alice", "bob"}, nil); err != nil {
		t.Fatal(err)
	}
	env.Rebase()
	env.Moves(t, acctest.Move{
		Provider: "jfrog/platform", Type: "platform_group_members",
		State: map[string]any{"name": "developers", "members": []string{"alice", "bob"}},
		To: plugintest.Resource{Type: "registry_group_members", Config: map[string]any{
			"group": "developers", "members": []string{"alice", "bob"},
		}},
	})
	if err := env.CheckUnchanged(nil); err != nil {
		t.Error(err)
	}
}
