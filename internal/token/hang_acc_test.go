package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// A registry that accepts requests and never answers holds a workspace's stop up for ten seconds at most, the refresh and
// the revocation together. The warning says which token stays valid, and until when.
func TestTokenHangingRegistry(t *testing.T) {
	t.Parallel()
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
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
		if took > 18*time.Second { // the rest is for a busy machine
			t.Errorf("the destroy took %s", took)
		}
		warnsOf(t, report, state)
	})
}

// warnsOf demands that the user is told which token stays valid, and until when.
func warnsOf(t *testing.T, report plugintest.Report, state plugintest.State) {
	t.Helper()
	said := report.Diagnostics.Warnings().Error()
	for _, part := range []string{"Not revoked", state.Current.Attribute("id"), state.Current.Attribute("expires_at")} {
		if !strings.Contains(said, part) {
			t.Errorf("the warning lacks %q:\n%s", part, said)
		}
	}
}

// Whatever a registry answers, or does not, a refresh leaves the token in the state and plans nothing, and a stop ends
// without an error.
func TestTokenStopWithoutRegistry(t *testing.T) {
	t.Parallel()
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		core := env.Core(t)
		core.Provider["max_retries"] = 0
		resource := plugintest.Resource{Type: "registry_token", Config: map[string]any{"username": "alice", "on_unreachable": "warn"}}
		for name, fault := range map[string]devregistry.Fault{
			"resets":         {Kind: devregistry.FaultResetBefore},
			"loses answers":  {Kind: devregistry.FaultTruncated},
			"sign-in page":   {Kind: devregistry.FaultHTML},
			"proxy's 404":    {Kind: devregistry.FaultHTML, Status: 404},
			"proxy's 502":    {Kind: devregistry.FaultHTML, Status: 502},
			"503":            {Kind: devregistry.FaultStatus, Status: 503},
			"500":            {Kind: devregistry.FaultStatus, Status: 500},
			"401":            {Kind: devregistry.FaultStatus, Status: 401},
			"takes rights":   {Kind: devregistry.FaultLostRights},
			"come back late": {Kind: devregistry.FaultRateLimit, RetryAfter: "900"},
		} {
			env.Server.Faults.Clear()
			state, _, err := core.Apply(t.Context(), resource, plugintest.State{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			fault.Endpoint, fault.Count = "* /", -1
			if err := env.Server.Faults.Set(fault); err != nil {
				t.Fatal(err)
			}
			if report, err := core.Plan(t.Context(), resource, state); err != nil || report.Action != plugintest.NoOp {
				t.Errorf("%s: a refresh plans to %s: %v", name, report.Action, err)
			}
			after, report, err := core.Destroy(t.Context(), resource, state)
			if err != nil || !after.Empty() {
				t.Errorf("%s: the stop fails: %v", name, err)
			}
			if fault.Kind != devregistry.FaultTruncated { // that one did what it was asked
				warnsOf(t, report, state)
			}
		}
	})
}
