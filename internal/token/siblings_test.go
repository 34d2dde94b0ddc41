package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/provider"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// TestDestroyTellsOfSiblings: what the refresh before a destroy saw is told without asking again, and a stop is the two
// requests of a refresh and a revocation.
func TestDestroyTellsOfSiblings(t *testing.T) {
	t.Parallel()
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			server := devregistrytest.Start(t, dialect)
			core, err := plugintest.New(t.Context(), func() tfprotov6.ProviderServer {
				return provider.NewServer("test")
			}, map[string]any{
				"url": server.URL, "type": string(dialect), "access_token": server.AdminToken, "ca_certificate": string(server.CAPEM),
			})
			if err != nil {
				t.Fatal(err)
			}
			mine := plugintest.Resource{Type: "registry_token", Config: map[string]any{"username": "alice", "expires_in": "30d"}}
			made, _, err := core.Apply(t.Context(), mine, plugintest.State{})
			if err != nil {
				t.Fatal(err)
			}

			server.Store.Advance(time.Minute)
			reg := acctest.Open(t, server)
			alice, err := reg.Users.FindByUsername(t.Context(), "alice")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := reg.Tokens.Mint(t.Context(), registry.TokenSpec{
				UserID: alice.ID, Username: "alice", Label: "made with the other one", Scopes: reg.Capabilities.DefaultTokenScopes,
				Expiry: registry.Expiry{Duration: 24 * time.Hour},
			}); err != nil {
				t.Fatal(err)
			}

			server.Log.Reset()
			left, report, err := core.Destroy(t.Context(), mine, made)
			if err != nil || !left.Empty() {
				t.Fatalf("%v is left: %v", left, err)
			}
			if told := report.Diagnostics.Warnings().Error(); !strings.Contains(told, `User "alice" holds 1 newer token(s)`) {
				t.Errorf("the destroy said %q", told)
			}
			if n := len(server.Log.Entries()); n > 2 {
				t.Errorf("%d requests: %v", n, server.Log.Count())
			}
		})
	}
}
