package membership_test

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// The peer's state names nobody: only ids are in it.
func TestGroupMembershipMove(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, "artifact_keeper")
	ctx, reg := t.Context(), env.Registry
	alice, err := reg.Users.FindByUsername(ctx, "alice")
	if err != nil {
		t.Fatal(err)
	}
	developers, err := reg.Groups.FindByName(ctx, "developers")
	if err != nil {
		t.Fatal(err)
	}
	if err := reg.Groups.ChangeMembers(ctx, developers.ID, []string{"alice", "bob"}, nil); err != nil {
		t.Fatal(err)
	}
	env.Rebase()
	after := env.Moves(t, acctest.Move{
		Provider: "nicola-preda/artifact-keeper", Type: "artifactkeeper_group_membership",
		State: map[string]any{"id": developers.ID + "/" + alice.ID, "group_id": developers.ID, "user_id": alice.ID},
		To:    plugintest.Resource{Type: "registry_group_membership", Config: map[string]any{"group": "developers", "username": "alice"}},
	})
	if got := after.Current.Attribute("id"); got != "developers/alice" {
		t.Errorf("the membership is called %q", got)
	}
	if err := env.CheckUnchanged(nil); err != nil {
		t.Error(err)
	}
}
