package provider_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const quinn = `
resource "registry_user" "test" {
  username = "<quinn>"
  email    = "<quinn>@example.com"
}
`

// Each mistake in the provider block is one specific error, and whatever was made before stays in the state.
func TestProviderBadInput(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it moves the clock")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		other := acctest.Pick(env, "artifact_keeper", "artifactory")
		expired := mint(t, env, "alice", 24*time.Hour)
		ordinary := mint(t, env, "alice", 240*time.Hour)
		env.Server.Store.Advance(25 * time.Hour)
		env.Rebase()
		cases := []struct {
			name      string
			arguments []string
			says      []string
		}{
			{"nobody listens", []string{`url = "https://127.0.0.1:9"`, `max_retries = 0`}, []string{"points at another server", "https://127.0.0.1:9"}},
			{"wrong path", []string{fmt.Sprintf("url = %q", env.Server.URL+"/wrong"), `max_retries = 0`}, []string{"points at another server", "/wrong"}},
			{"wrong type", []string{fmt.Sprintf("type = %q", other)}, []string{"points at another server"}},
			{"unknown authority", []string{`ca_certificate = null`}, []string{"Cannot read user", "certificate"}},
			{"token of nobody", []string{`access_token = "nonsense"`}, []string{"Cannot read user", "401", "credential"}},
			{"expired token", []string{fmt.Sprintf("access_token = %q", expired)}, []string{"Cannot read user", "401"}},
			{"token without rights", []string{fmt.Sprintf("access_token = %q", ordinary)}, []string{"Cannot", "user", "403"}},
			{"plain http", []string{`url = "http://127.0.0.1:1"`}, []string{"allow_plain_http"}},
			{"no credential", []string{`access_token = ""`}, []string{"No credential for the registry"}},
			{"certificate that is none", []string{`ca_certificate = "/no/such/file"`}, []string{"Invalid ca_certificate", "no such file"}},
		}
		steps := []resource.TestStep{{Config: env.Config(quinn)}}
		for _, c := range cases {
			if c.name == "token without rights" && env.IsArtifactKeeper() {
				continue // there anybody may read an account's own row; changing needs rights, as below
			}
			steps = append(steps,
				resource.TestStep{Config: env.Config(quinn, c.arguments...), ExpectError: acctest.ExpectText(c.says...)},
				resource.TestStep{Config: env.Config(quinn), PlanOnly: true},
			)
		}
		steps = append(steps,
			resource.TestStep{
				Config:      env.Config(quinn+"resource \"registry_user\" \"more\" {\n username = \"more\"\n email = \"m@example.com\"\n}\n", fmt.Sprintf("access_token = %q", ordinary)),
				ExpectError: acctest.ExpectText("403"),
			},
			resource.TestStep{Config: env.Config(quinn), PlanOnly: true},
		)
		env.Test(t, steps...)
	})
}

// mint makes a token for the provider itself.
func mint(t *testing.T, env *acctest.Env, username string, lifetime time.Duration) string {
	t.Helper()
	user, err := env.Registry.Users.FindByUsername(t.Context(), username)
	if err != nil {
		t.Fatal(err)
	}
	minted, err := env.Registry.Tokens.Mint(t.Context(), registry.TokenSpec{
		UserID: user.ID, Username: username, Label: "for the provider", Scopes: env.Registry.Capabilities.DefaultTokenScopes,
		Expiry: registry.Expiry{Duration: lifetime},
	})
	if err != nil {
		t.Fatal(err)
	}
	return minted.AccessToken.Reveal()
}

func TestProviderHTMLInTheWay(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it breaks answers")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		env.Test(t,
			resource.TestStep{Config: env.Config(quinn)},
			resource.TestStep{
				PreConfig: func() {
					if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: "* /", Kind: devregistry.FaultHTML, Count: -1}); err != nil {
						t.Fatal(err)
					}
				},
				Config: env.Config(quinn), ExpectError: acctest.ExpectText("Cannot read user", "HTML"),
			},
			resource.TestStep{PreConfig: env.Server.Faults.Clear, Config: env.Config(quinn), PlanOnly: true},
		)
	})
}

// The type is found out when it is not given, by requests that carry no credential.
func TestProviderDetectsTheType(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.Test(t, resource.TestStep{Config: env.Config(quinn, "type = null")})
	})
}

// A registry that is made in the same run is not known at plan.
func TestProviderUnknownURL(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		config := env.Config(fmt.Sprintf(`
			resource "terraform_data" "server" { input = %q }
		`, env.Registry.Server.URL)+quinn+`
			resource "registry_group" "test" {
			  name    = "<made-later>"
			  members = [registry_user.test.username]
			}
			resource "registry_token" "test" {
			  username = registry_user.test.username
			}
		`, "url = terraform_data.server.output")
		env.Test(t,
			resource.TestStep{Config: config},
			resource.TestStep{Config: config, PlanOnly: true},
		)
	})
}

// Neither validation nor configuring asks anybody, and a plan that only makes things asks no more than who is there.
func TestProviderConfigureMakesNoRequest(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it counts requests")
	env := acctest.StartEmbedded(t, devregistry.Artifactory)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			PreConfig: env.Server.Log.Reset, Config: env.Config(quinn), PlanOnly: true, ExpectNonEmptyPlan: true,
		}},
		CheckDestroy: func(*terraform.State) error {
			if entries := env.Server.Log.Entries(); len(entries) != 0 {
				return fmt.Errorf("planning a new user made %d requests: %+v", len(entries), entries)
			}
			return nil
		},
	})
}

// previous_url lets a server change its address.
func TestProviderServerMoves(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it reaches the server under two names")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		moved := fmt.Sprintf("url = %q", "https://localhost"+env.Server.URL[len("https://127.0.0.1"):])
		previous := fmt.Sprintf("previous_url = %q", env.Server.URL)
		steps := []resource.TestStep{{Config: env.Config(quinn)}}
		if env.IsArtifactKeeper() {
			// It has no id of its own, so only the user can say that it is the same.
			steps = append(steps, resource.TestStep{Config: env.Config(quinn, moved), ExpectError: acctest.ExpectText("points at another server", "previous_url")})
		}
		env.Test(t, append(steps,
			resource.TestStep{Config: env.Config(quinn, moved, previous), PlanOnly: true},
			resource.TestStep{Config: env.Config(quinn, moved, previous)},
			resource.TestStep{RefreshState: true},
		)...)
	})
}
