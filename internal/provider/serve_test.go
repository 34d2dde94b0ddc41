package provider_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/registry-identity/terraform-provider-registry/internal/provider"
)

// TestCallsAreForgotten: what belongs to a call can be collected when the call has ended. There are several for each object,
// and the framework keeps their contexts.
func TestCallsAreForgotten(t *testing.T) {
	t.Parallel()
	server := provider.NewServer("test")
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	objects := schemas.ResourceSchemas["registry_user"].ValueType()
	null, err := tfprotov6.NewDynamicValue(objects, tftypes.NewValue(objects, nil))
	if err != nil {
		t.Fatal(err)
	}
	type key struct{}
	for name, call := range map[string]func(context.Context) error{
		"validate": func(ctx context.Context) error {
			_, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: "registry_user", Config: &null})
			return err
		},
		"upgrade": func(ctx context.Context) error {
			_, err := server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{
				TypeName: "registry_user", RawState: &tfprotov6.RawState{JSON: []byte(`{}`)},
			})
			return err
		},
		"upgrade the identity": func(ctx context.Context) error {
			_, err := server.UpgradeResourceIdentity(ctx, &tfprotov6.UpgradeResourceIdentityRequest{
				TypeName: "registry_user", RawIdentity: &tfprotov6.RawState{JSON: []byte(`{}`)},
			})
			return err
		},
		"read": func(ctx context.Context) error {
			_, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: "registry_user", CurrentState: &null})
			return err
		},
		"plan": func(ctx context.Context) error {
			_, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
				TypeName: "registry_user", PriorState: &null, ProposedNewState: &null, Config: &null,
			})
			return err
		},
		"apply": func(ctx context.Context) error {
			_, err := server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
				TypeName: "registry_user", PriorState: &null, PlannedState: &null, Config: &null,
			})
			return err
		},
	} {
		collected := make(chan struct{})
		func() {
			of := &struct{ text [64]byte }{}
			runtime.AddCleanup(of, func(c chan struct{}) { close(c) }, collected)
			ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, of))
			defer cancel() // as the protocol's server does
			if err := call(ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}()
		if !isCollected(collected) {
			t.Errorf("%s: the call's context is kept", name)
		}
	}
	runtime.KeepAlive(server)
}

// isCollected collects garbage until the cleanup has run: it needs a collection or two, and its own goroutine.
func isCollected(cleaned <-chan struct{}) bool {
	for range 500 {
		runtime.GC()
		select {
		case <-cleaned:
			return true
		default:
		}
	}
	return false
}
