package user_test

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// Both registries make an account enabled and switch it off in a second step. The peer's provider forgets the account
// when that step fails, and the next apply runs into it.
func TestUserSecondStepFails(t *testing.T) {
	t.Parallel()
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		env.Rebase()
		core := env.Core(t)
		quinn := plugintest.Resource{Type: "registry_user", Config: map[string]any{"username": "quinn", "email": "quinn@example.com", "enabled": false}}
		refused := devregistry.Fault{
			Endpoint: acctest.Pick(env, "PATCH /access/api/v1/scim/v2/Users", "PATCH /api/v1/users"), Kind: devregistry.FaultStatus, Status: 400,
		}
		if err := env.Server.Faults.Set(refused); err != nil {
			t.Fatal(err)
		}
		state, _, err := core.Apply(t.Context(), quinn, plugintest.State{})
		if err == nil || state.Current.Attribute("username") != "quinn" {
			t.Fatalf("the half-made account is not in the state: %v", err)
		}
		state, _, err = core.Apply(t.Context(), quinn, state)
		if err != nil {
			t.Fatal(err)
		}
		if mustFind(t, env, "quinn").Enabled {
			t.Error("the account is enabled")
		}
		if _, _, err := core.Destroy(t.Context(), quinn, state); err != nil {
			t.Fatal(err)
		}
		if err := env.CheckUnchanged(nil); err != nil {
			t.Error(err)
		}
	})
}
