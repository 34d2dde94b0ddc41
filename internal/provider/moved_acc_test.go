package provider_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// peer is as much of another provider as a `moved` block needs: the tool asks for the schema of what is in the state.
type peer struct {
	tfprotov6.ProviderServer

	resources map[string]*tfprotov6.Schema
}

func (p peer) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	answer := &tfprotov6.GetMetadataResponse{}
	for name := range p.resources {
		answer.Resources = append(answer.Resources, tfprotov6.ResourceMetadata{TypeName: name})
	}
	return answer, nil
}

func (p peer) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{Provider: &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}}, ResourceSchemas: p.resources}, nil
}

func (p peer) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

func (p peer) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func peerServer(typeName string, version int64, attributes map[string]tftypes.Type) func() (tfprotov6.ProviderServer, error) {
	block := &tfprotov6.SchemaBlock{}
	for name, t := range attributes {
		block.Attributes = append(block.Attributes, &tfprotov6.SchemaAttribute{Name: name, Type: t, Optional: true, Computed: true})
	}
	return func() (tfprotov6.ProviderServer, error) {
		return peer{resources: map[string]*tfprotov6.Schema{typeName: {Version: version, Block: block}}}, nil
	}
}

// A `moved` block takes an account out of a peer's hands with the real tool: one plan without a change, and a state that
// knows the peer no longer. The rest of what moves is tested in the plugin protocol, beside each object.
func TestMovedBlock(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		alice, err := env.Registry.Users.FindByUsername(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		set, text, yes := tftypes.Set{ElementType: tftypes.String}, tftypes.String, tftypes.Bool
		source, typeName, version := "jfrog/artifactory", "artifactory_user", int64(1)
		attributes := map[string]tftypes.Type{
			"id": text, "name": text, "email": text, "password": text, "admin": yes, "profile_updatable": yes, "disable_ui_access": yes,
			"internal_password_disabled": yes, "groups": set,
		}
		values := map[string]any{
			"id": "alice", "name": "alice", "email": "alice@example.com", "password": "Peers-Passw0rd", "admin": false, "profile_updatable": true,
			"disable_ui_access": false, "internal_password_disabled": false, "groups": []string{"readers"},
		}
		if env.Keeper() {
			source, typeName, version = "nicola-preda/artifact-keeper", "artifactkeeper_user", 0
			attributes = map[string]tftypes.Type{
				"id": text, "username": text, "email": text, "password": text, "generated_password": text, "display_name": text, "is_active": yes,
				"is_admin": yes, "auth_provider": text, "created_at": text, "last_login_at": text, "must_change_password": yes,
			}
			values = map[string]any{
				"id": alice.ID, "username": "alice", "email": "alice@example.com", "password": "Peers-Passw0rd", "generated_password": nil,
				"display_name": nil, "is_active": true, "is_admin": false, "auth_provider": "local", "created_at": "2026-01-01T00:00:00Z",
				"last_login_at": nil, "must_change_password": false,
			}
		}
		cli := acctest.NewCLI(t, map[string]func() (tfprotov6.ProviderServer, error){
			"registry-identity/registry": acctest.Factories()["registry"], source: peerServer(typeName, version, attributes),
		})
		cli.WriteJSON("terraform.tfstate", map[string]any{
			"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "6a6f1e4e-0000-4000-8000-000000000000", "outputs": map[string]any{},
			"resources": []any{map[string]any{
				"mode": "managed", "type": typeName, "name": "test", "provider": fmt.Sprintf("provider[%q]", acctest.Address(source)),
				"instances": []any{map[string]any{"schema_version": version, "attributes": values}},
			}},
		})
		cli.Write("main.tf", env.Provider()+fmt.Sprintf(`
			resource "registry_user" "test" {
				username = "alice"
				email    = "alice@example.com"
			}
			moved {
				from = %s.test
				to   = registry_user.test
			}`, typeName))
		cli.Run("init", "-no-color")
		plan, _ := cli.Plan()
		for _, change := range acctest.Changes(plan) {
			t.Error(change)
		}
		if len(plan.ResourceChanges) != 1 || plan.ResourceChanges[0].PreviousAddress != typeName+".test" {
			t.Errorf("nothing was moved: %v", plan.ResourceChanges)
		}
		cli.Run("apply", "-no-color", "-input=false", "plan.bin")
		if after := cli.Read("terraform.tfstate"); strings.Contains(after, "Peers-Passw0rd") || strings.Contains(after, source) {
			t.Error("the state still knows the peer or its password")
		}
		cli.Run("plan", "-no-color", "-detailed-exitcode")
		if err := env.CheckUnchanged(nil); err != nil {
			t.Error(err)
		}
		env.Server.Store.View(func(s *state.State) {
			if !s.UserByName("alice").CheckPassword("Alice-Passw0rd") {
				t.Error("the move changed the password")
			}
		})
	})
}
