package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// A registry that accepts requests and never answers holds a workspace's stop up for ten seconds per step at most: the
// refresh and the revocation. The warning says which token stays valid, and until when.
func TestTokenHangingRegistry(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		core := env.Core(t)
		resource := plugintest.Resource{Type: "registry_token", Config: map[string]any{"username": "alice", "on_unreachable": "warn"}}
		state, _, err := core.Apply(t.Context(), resource, plugintest.State{})
		if err != nil {
			t.Fatal(err)
		}
		if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: "* /", Kind: devregistry.FaultSlow, Delay: "5m", Count: -1}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		after, report, err := core.Destroy(t.Context(), resource, state)
		took := time.Since(began)
		if err != nil || !after.Empty() {
			t.Errorf("the destroy did not end: %v", err)
		}
		if took > 22*time.Second {
			t.Errorf("the destroy took %s", took)
		}
		said := report.Diagnostics.Warnings().Error()
		for _, part := range []string{"Not revoked", state.Current.Attribute("id"), state.Current.Attribute("expires_at")} {
			if !strings.Contains(said, part) {
				t.Errorf("the warning lacks %q:\n%s", part, said)
			}
		}
	})
}
