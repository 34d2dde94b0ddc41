package token_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const address = "registry_token.test"

func token(env *acctest.Env, body string) string {
	return fmt.Sprintf("resource \"registry_token\" \"test\" {\n  username = %q\n%s\n}\n", env.Name("alice"), body)
}

func is(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

func expect(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

const replace = plancheck.ResourceActionDestroyBeforeCreate

// only returns the one live token that alice has.
func only(t *testing.T, env *acctest.Env) acctest.LiveToken {
	t.Helper()
	live := env.LiveTokens(t, env.Name("alice"))
	if len(live) != 1 {
		t.Fatalf("alice has %d live tokens, want 1: %+v", len(live), live)
	}
	return live[0]
}

func TestTokenLifecycle(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		const base = "expires_in = \"30d\"\n description = \"%s\"\n%s"
		env.Live(t, acctest.Lifecycle{
			Address: address,
			Create:  token(env, fmt.Sprintf(base, "first", "")),
			Checks: []statecheck.StateCheck{
				is("id", knownvalue.NotNull()), is("access_token", knownvalue.NotNull()), is("expires_at", knownvalue.NotNull()),
				is("refresh_token", knownvalue.Null()), is("reference_token", knownvalue.Null()),
				is("revocable", knownvalue.Bool(true)), is("persisted", knownvalue.Bool(true)), is("rotation_due", knownvalue.Bool(false)),
				is("scopes", knownvalue.SetExact([]knownvalue.Check{
					knownvalue.StringExact(acctest.Pick(env, "applied-permissions/user", "read:artifacts")),
				})),
			},
			Rest: map[string]string{
				"username": "replaces the token", "scopes": "replaces the token", "keepers": "replaces the token", "artifactory": "replaces the token",
			},
			Updates: []acctest.Update{
				{Config: token(env, fmt.Sprintf(base, "second", ""))},
				{Config: token(env, fmt.Sprintf(base, "second", "rotate_before = \"7d\"")), Checks: []statecheck.StateCheck{is("rotation_due", knownvalue.Bool(false))}},
				{Config: token(env, strings.Replace(fmt.Sprintf(base, "second", ""), "30d", "720h", 1))},
				{Config: token(env, fmt.Sprintf(base, "second", "on_unreachable = \"warn\"\n idempotency_key = \"k\"\n revoke_on_destroy = false"))},
				{Config: token(env, fmt.Sprintf(base, "second", ""))},
			},
			Drifts: []acctest.Drift{{
				Change: func() {
					live := only(t, env)
					if err := env.Registry.Tokens.Revoke(t.Context(), live.UserID, live.ID); err != nil {
						t.Fatal(err)
					}
				},
				Expect: replace,
			}},
		})
	})
}

func TestTokenReplacements(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		readers := env.Group(t, "readers").Name
		scope := acctest.Pick(env, "applied-permissions/groups:"+readers, "write:artifacts")
		differs := statecheck.CompareValue(compare.ValuesDiffer())
		step := func(body string, action plancheck.ResourceActionType) resource.TestStep {
			return resource.TestStep{
				Config: env.Config(token(env, body)), ConfigPlanChecks: expect(action),
				ConfigStateChecks: []statecheck.StateCheck{differs.AddStateValue(address, tfjsonpath.New("access_token"))},
			}
		}
		env.Test(t,
			step("", plancheck.ResourceActionCreate),
			step("expires_in = \"31d\"", replace),
			step("keepers = { version = \"1\" }\n expires_in = \"31d\"", replace),
			step("keepers = { version = \"2\" }\n expires_in = \"31d\"", replace),
			step(fmt.Sprintf("scopes = [%q]", scope), replace),
			// An optional argument that is taken out means its default again.
			step("", replace),
		)
	})
}

func TestTokenRotation(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it shortens a token's life in the store")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		config := env.Config(token(env, "expires_in = \"30d\"\n rotate_before = \"7d\""))
		shorten := func(left time.Duration) func() {
			return func() {
				id := only(t, env).ID
				env.Server.Store.Update(func(s *state.State) { s.TokenByID(id).ExpiresAt = time.Now().Add(left) })
			}
		}
		env.Test(t,
			resource.TestStep{Config: config},
			resource.TestStep{PreConfig: shorten(8 * 24 * time.Hour), Config: config, PlanOnly: true},
			resource.TestStep{PreConfig: shorten(6 * 24 * time.Hour), Config: config, ConfigPlanChecks: expect(replace)},
			resource.TestStep{PreConfig: func() { only(t, env) }, Config: config, PlanOnly: true},
			// An expired token is replaced even while the registry still lists it.
			resource.TestStep{PreConfig: shorten(-time.Hour), Config: config, ConfigPlanChecks: expect(replace)},
			resource.TestStep{PreConfig: func() { only(t, env) }, Config: config, PlanOnly: true},
		)
	})
}

// The peer's provider recreates such a token in every run (its registry never stored it).
func TestTokenTooShortToBeStored(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it counts on thresholds that a server may change")
	env := acctest.StartEmbedded(t, "artifactory")
	config := env.Config(token(env, "expires_in = \"1h\"\n rotate_before = \"10m\""))
	env.Test(t,
		resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			is("persisted", knownvalue.Bool(false)), is("revocable", knownvalue.Bool(false)), is("expires_at", knownvalue.NotNull()),
		}},
		resource.TestStep{Config: config, PlanOnly: true},
		resource.TestStep{RefreshState: true},
		resource.TestStep{Config: env.Config(token(env, "expires_in = \"1h\"\n rotate_before = \"59m\"")), ConfigPlanChecks: expect(plancheck.ResourceActionUpdate)},
	)
}

func TestTokenArtifactoryKinds(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, "artifactory")
	env.User(t, "alice")
	readers := env.Group(t, "readers").Name
	env.Test(t,
		resource.TestStep{
			Config: env.Config(token(env, "artifactory = { refreshable = true, reference = true, audience = \"*@*\" }")),
			ConfigStateChecks: []statecheck.StateCheck{
				is("refresh_token", knownvalue.NotNull()), is("reference_token", knownvalue.StringRegexp(regexp.MustCompile("^cmVmd"))),
			},
		},
		resource.TestStep{
			Config:            env.Config(token(env, "expires_in = \"default\"")),
			ConfigPlanChecks:  expect(replace),
			ConfigStateChecks: []statecheck.StateCheck{is("expires_at", knownvalue.NotNull()), is("refresh_token", knownvalue.Null())},
		},
		resource.TestStep{
			Config:            env.Config(token(env, "expires_in = \"4h\"\n artifactory = { force_revocable = true }")),
			ConfigStateChecks: []statecheck.StateCheck{is("revocable", knownvalue.Bool(true)), is("persisted", knownvalue.Bool(true))},
		},
		// A name without an account, with the rights of a group.
		resource.TestStep{
			Config: env.Config(fmt.Sprintf("resource \"registry_token\" \"test\" {\n username = %q\n scopes = [\"applied-permissions/groups:%s\"]\n}",
				env.Name("ci-job"), readers)),
		},
	)
}

func TestTokenNever(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		env.Test(t, resource.TestStep{
			Config:            env.Config(token(env, "expires_in = \"never\"")),
			ConfigStateChecks: []statecheck.StateCheck{is("expires_at", knownvalue.Null())},
		})
	})
}

func TestTokenImport(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		alice, bob := env.User(t, "alice"), env.User(t, "bob")
		minted, err := env.Registry.Tokens.Mint(t.Context(), registry.TokenSpec{
			UserID: alice.ID, Username: alice.Username, Label: "made by hand", Scopes: env.Registry.Capabilities.DefaultTokenScopes,
			Expiry: registry.Expiry{Duration: 30 * 24 * time.Hour},
		})
		if err != nil {
			t.Fatal(err)
		}
		config := env.Config(token(env, "description = \"made by hand\""))
		env.Test(t,
			resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: alice.Username + "/" + minted.ID, ImportStatePersist: true, Config: config},
			// The secret is unknown and stays so, and nothing is replaced.
			resource.TestStep{Config: config, PlanOnly: true},
			resource.TestStep{
				Config: config, ResourceName: address, ImportState: true, ImportStateId: alice.Username + "/no-such-token",
				ExpectError: regexp.MustCompile(`Cannot import token`),
			},
			resource.TestStep{
				Config: config, ResourceName: address, ImportState: true, ImportStateId: bob.Username + "/" + minted.ID,
				ExpectError: regexp.MustCompile(`Cannot import token`),
			},
			resource.TestStep{
				Config: config, ResourceName: address, ImportState: true, ImportStateId: alice.Username + "/",
				ExpectError: regexp.MustCompile(`Invalid import id`),
			},
		)
	})
}

func TestTokenSafety(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		env.User(t, "carol", acctest.Disabled)
		env.User(t, "admin", acctest.Admin)
		of := func(name, body string, arguments ...string) string {
			return env.Config(fmt.Sprintf("resource \"registry_token\" \"test\" {\n username = %q\n%s\n}", env.Name(name), body), arguments...)
		}
		cases := []struct{ name, config, want string }{
			{"administrator", of("admin", ""), `(?s)No token for user "` + env.Name("admin") + `".*allow_admin_tokens`},
			{"disabled", of("carol", ""), `(?s)No token for user "` + env.Name("carol") + `".*disabled`},
			{"nobody", of("nobody", ""), `(?s)No such user.*"` + env.Name("nobody") + `"`},
			{"administrator's scope", of("alice", fmt.Sprintf("scopes = [%q]", acctest.Pick(env, "applied-permissions/admin", "*"))), `No token with administrator rights`},
			{"several scopes in one", of("alice", fmt.Sprintf("scopes = [%q]", acctest.Pick(env, "applied-permissions/user applied-permissions/admin", "read:artifacts admin"))), `(?s)Invalid scope.*white\s+space`},
			{"unknown scope", of("alice", "scopes = [\"nonsense:at:all\"]"), `No token with administrator rights`},
			{"scope the registry rejects", of("alice", "scopes = [\"nonsense:at:all\"]", "allow_admin_tokens = true"), `(?s)Cannot mint a token for user "` + env.Name("alice") + `".*400`},
			{"below zero", of("alice", "expires_in = \"-1d\""), `Invalid duration`},
			{"nothing", of("alice", "expires_in = \"0d\""), `longer than zero`},
			{"rotation too early", of("alice", "rotate_before = \"30d\""), `shorter than the token's`},
			{"rotation without end", of("alice", "expires_in = \"never\"\n rotate_before = \"1d\""), `never expires`},
		}
		if env.IsArtifactKeeper() {
			cases = append(cases, []struct{ name, config, want string }{
				{"no whole day", of("alice", "expires_in = \"36h\""), `(?s)Invalid lifetime.*whole days`},
				{"less than a day", of("alice", "expires_in = \"12h\""), `(?s)Invalid lifetime.*whole days`},
				{"too long", of("alice", "expires_in = \"4000d\""), `(?s)Invalid lifetime.*3650`},
				{"server default", of("alice", "expires_in = \"default\""), `(?s)Invalid lifetime.*never\s+expires`},
				{"Artifactory's block", of("alice", "artifactory = { reference = true }"), `Not possible on Artifact Keeper`},
			}...)
			if env.Server != nil { // the provider makes no service accounts
				cases = append(cases, struct{ name, config, want string }{
					"service account", of("svc-builder", ""), `(?s)No token for user "svc-builder".*service account`,
				})
			}
		} else {
			env.Group(t, "operators", func(g *registry.GroupSpec) {
				privileged := true
				g.Artifactory = &registry.ArtifactoryGroupPatch{AdminPrivileges: &privileged}
			})
			cases = append(cases, []struct{ name, config, want string }{
				{"administrators' group", of("alice", "scopes = [\"applied-permissions/groups:"+env.Name("operators")+"\"]"), `(?s)administrator rights.*"` + env.Name("operators") + `"`},
				{"unknown group", of("alice", "scopes = [\"applied-permissions/groups:"+env.Name("nope")+"\"]"), `(?s)No such group.*"` + env.Name("nope") + `"`},
			}...)
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				env.Test(t, resource.TestStep{Config: c.config, ExpectError: regexp.MustCompile(c.want)})
			})
		}
		t.Run("allowed", func(t *testing.T) {
			env.Test(t, resource.TestStep{Config: of("admin", "", "allow_admin_tokens = true")})
		})
	})
}

// A template's stop must succeed while the registry is down.
func TestTokenDeadRegistry(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it stops the server")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		config := env.Config(token(env, "on_unreachable = \"warn\""))
		var died time.Time
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			Steps: []resource.TestStep{
				{Config: config},
				{
					PreConfig: func() {
						died = time.Now()
						if err := env.Server.Close(); err != nil {
							t.Fatal(err)
						}
					},
					Config: config, PlanOnly: true,
				},
			},
			CheckDestroy: func(*terraform.State) error {
				// The refresh of the plan above, the one of the destroy, and the revocation: ten seconds each at most.
				if took := time.Since(died); took > 40*time.Second {
					return fmt.Errorf("a dead registry held the run up for %s", took)
				}
				return nil
			},
		})
	})
}

// Pointing the provider at another server must not empty the state.
func TestTokenOtherServer(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it needs two servers")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		other := acctest.StartEmbedded(t, env.Dialect)
		env.Test(t,
			resource.TestStep{Config: env.Config(token(env, ""))},
			resource.TestStep{Config: other.Config(token(env, "")), ExpectError: regexp.MustCompile(`(?s)points at another server.*previous_url`)},
			resource.TestStep{Config: env.Config(token(env, "")), PlanOnly: true},
		)
	})
}

func TestTokensDataSource(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		env.Test(t, resource.TestStep{
			Config: env.Config(token(env, "description = \"mine\"") + `
				data "registry_tokens" "test" {
					username             = registry_token.test.username
					description_contains = "mine"
					depends_on           = [registry_token.test]
				}`),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.registry_tokens.test", tfjsonpath.New("tokens"), knownvalue.ListSizeExact(1)),
				statecheck.CompareValuePairs(address, tfjsonpath.New("id"), "data.registry_tokens.test",
					tfjsonpath.New("tokens").AtSliceIndex(0).AtMapKey("id"), compare.ValuesSame()),
			},
		})
	})
}

func TestEphemeralToken(t *testing.T) {
	t.Parallel()
	acctest.Requires(t, acctest.FeatureEphemeral)
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		config := env.Config(fmt.Sprintf(`
			ephemeral "registry_token" "test" { username = %q }
			provider "echo" { data = ephemeral.registry_token.test.access_token }
			resource "echo" "test" {}
		`, env.Name("alice")))
		bad := fmt.Sprintf("resource \"registry_user\" \"bad\" {\n username = %q\n email = %q\n}\n", env.Name("alice"), env.Email("x"))
		noneLive := func() {
			if live := env.LiveTokens(t, env.Name("alice")); len(live) != 0 {
				t.Errorf("%d ephemeral tokens are still alive", len(live))
			}
		}
		env.Test(t,
			resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("echo.test", tfjsonpath.New("data"), knownvalue.NotNull()),
			}},
			resource.TestStep{PreConfig: noneLive, Config: config + bad, ExpectError: regexp.MustCompile("exists already")},
			resource.TestStep{PreConfig: noneLive, Config: config, PlanOnly: true},
		)
		noneLive()
		if env.Server == nil {
			return // only an embedded registry tells of tokens that are no more
		}
		// Each is opened by one request and closed by one. Renewing is never asked for: no registry moves a token's end.
		opened, closed := 0, 0
		for _, e := range env.Server.Log.Entries() {
			switch {
			case strings.HasSuffix(e.Endpoint, "/tokens") && e.Method == http.MethodPost && e.Status < 300:
				opened++
			case strings.Contains(e.Endpoint, "/tokens/{") && e.Method == http.MethodDelete && e.Status < 300:
				closed++
			case e.Method == http.MethodPost, e.Method == http.MethodDelete, e.Method == http.MethodPut, e.Method == http.MethodPatch:
				if !strings.Contains(e.Endpoint, "/users") {
					t.Errorf("an ephemeral token made a request for %s", e.Endpoint)
				}
			}
		}
		// Every plan and every apply opens one: three steps with one of each at least, one of them failing.
		if opened != closed || opened < 5 {
			t.Errorf("%d tokens were opened and %d closed", opened, closed)
		}
	})
}

func TestTokenClaimsFunction(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, "artifactory")
	env.User(t, "alice")
	env.Test(t, resource.TestStep{
		Config: env.Config(token(env, "") + `
			output "claims" {
				value     = provider::registry::token_claims(registry_token.test.access_token)
				sensitive = true
			}`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownOutputValueAtPath("claims", tfjsonpath.New("username"), knownvalue.StringExact(env.Name("alice"))),
			statecheck.ExpectKnownOutputValueAtPath("claims", tfjsonpath.New("revocable"), knownvalue.Bool(true)),
		},
	})
}
