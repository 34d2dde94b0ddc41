package permission_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// A permission whose targets have patterns of their own cannot be said here, and importing it would widen it at the first
// update.
func TestPermissionUnevenIsNotImported(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, "artifactory")
	env.Server.Store.Update(func(s *state.State) {
		s.Targets = append(s.Targets, &state.PermissionTarget{Name: "uneven", Sections: map[string]*state.PermissionSection{
			"artifact": {
				Users: map[string][]string{"alice": {"READ"}}, Groups: map[string][]string{},
				Targets: map[string]state.Patterns{"npm-private": {Include: []string{"**"}}, "go-private": {Include: []string{"acme/**"}}},
			},
		}})
	})
	env.Rebase()
	env.Test(t, resource.TestStep{
		Config: env.Config(`
resource "registry_permission" "test" {
  name         = "uneven"
  repositories = ["go-private", "npm-private"]
  users        = { alice = ["read"] }
}
`),
		ResourceName: "registry_permission.test", ImportState: true, ImportStateId: "uneven",
		ExpectError: env.ExpectText(`Permission "uneven" cannot be taken over as it is`),
	})
}
