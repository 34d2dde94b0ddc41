package acctest

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/provider"
)

// Move is a `moved` block from a peer's resource: the state that the peer wrote, without its nulls, and the configuration
// it moves to.
type Move struct {
	Provider, Type string
	State          map[string]any
	To             plugintest.Resource
}

// Core plays Terraform's core with this registry, without a command line tool.
func (e *Env) Core(t *testing.T) *plugintest.Core {
	t.Helper()
	core, err := plugintest.New(t.Context(), newServer, map[string]any{
		"url": e.Server.URL, "access_token": e.Server.AdminToken, "ca_certificate": string(e.Server.CAPEM), "type": string(e.Dialect),
	})
	if err != nil {
		t.Fatal(err)
	}
	return core
}

func newServer() tfprotov6.ProviderServer {
	return provider.NewServer("test")
}

// Moves moves an object and applies. Whatever the first plan changes is changed in place, and the second plan is empty.
func (e *Env) Moves(t *testing.T, move Move) plugintest.State {
	t.Helper()
	core := e.Core(t)
	state := moved(t, move)
	after, report, err := core.Apply(t.Context(), move.To, state)
	if err != nil {
		t.Fatalf("applying after the move: %v", err)
	}
	if report.Action != plugintest.NoOp && report.Action != plugintest.Update {
		t.Errorf("the move plans to %s", report.Action)
	}
	again, err := core.Plan(t.Context(), move.To, after)
	if err != nil {
		t.Fatal(err)
	}
	if again.Action != plugintest.NoOp {
		t.Errorf("the second plan is to %s", again.Action)
	}
	return after
}

// Moved is the state right after a `moved` block, before anything is applied.
func (e *Env) Moved(t *testing.T, move Move) plugintest.State {
	t.Helper()
	return moved(t, move)
}

// moved calls the provider as core does for a `moved` block. The host in the address is one that nobody compares.
func moved(t *testing.T, move Move) plugintest.State {
	t.Helper()
	server := newServer()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	version, source := PeerState(t, move.Provider, move.Type, move.State)
	raw, err := json.Marshal(source)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: "registry.example.com/" + move.Provider, SourceTypeName: move.Type, SourceSchemaVersion: int64(version),
		SourceState: &tfprotov6.RawState{JSON: raw}, TargetTypeName: move.To.Type,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Errorf("moving: %s: %s", d.Summary, d.Detail)
	}
	if resp.TargetState == nil {
		t.Fatal("the move gave no state")
	}
	value, err := resp.TargetState.Unmarshal(schemas.ResourceSchemas[move.To.Type].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	return plugintest.State{Current: &plugintest.Object{Value: value, Private: resp.TargetPrivate}}
}
