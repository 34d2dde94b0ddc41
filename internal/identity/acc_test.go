package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func identity(arguments ...string) string {
	return "data \"registry_identity\" \"test\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

func person(username, email string, more ...string) string {
	return identity(append([]string{fmt.Sprintf("username = %q", username), fmt.Sprintf("email = %q", email)}, more...)...)
}

func is(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("data.registry_identity.test", tfjsonpath.New(attribute), value)
}

func they(env *acctest.Env, username, by string) []statecheck.StateCheck {
	return []statecheck.StateCheck{
		is("registry_username", knownvalue.StringExact(env.Name(username))), is("matched_by", knownvalue.StringExact(by)), is("enabled", knownvalue.Bool(true)),
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		whitfield := people(t, env)
		named := acctest.Pick(env, they(env, "erin@example.com", "email"), they(env, "dana", "email"))
		byAddress := acctest.Pick(env, "<erin@example.com>", whitfield)
		env.Test(
			t,
			resource.TestStep{
				Config: env.Config(person("<alice>", strings.ToUpper(env.Email("alice")))), ConfigStateChecks: append(
					they(env, "alice", acctest.Pick(env, "username", "email")), is("registry_email", knownvalue.StringExact(env.Email("alice"))),
				),
				ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			resource.TestStep{Config: env.Config(person("<renamed-yesterday>", byAddress)), ConfigStateChecks: named},
			resource.TestStep{
				Config:            env.Config(person("<x>", "<bob>@example.com", `match = ["email_local_part"]`)),
				ConfigStateChecks: they(env, "bob", "email_local_part"),
			},
			resource.TestStep{
				Config:            env.Config(person("<x>", whitfield, fmt.Sprintf("override = { %q = \"<dana>\" }", strings.ToUpper(whitfield[:1])+whitfield[1:]))),
				ConfigStateChecks: they(env, "dana", "override"),
			},
			resource.TestStep{
				Config:            env.Config(identity(`username = "<dana>"`, "verify_email = false")),
				ConfigStateChecks: they(env, "dana", "username"),
			},
			resource.TestStep{
				Config: env.Config(person("<zoe>", "<zoe>@example.com", `on_missing = "null"`)),
				ConfigStateChecks: []statecheck.StateCheck{
					is("id", knownvalue.Null()), is("registry_username", knownvalue.Null()), is("registry_email", knownvalue.Null()), is("matched_by", knownvalue.Null()),
				},
			},
			resource.TestStep{
				Config:            env.Config(person("<admin>", "<admin>@example.com"), "allow_admin_tokens = true"),
				ConfigStateChecks: they(env, "admin", acctest.Pick(env, "username", "email")),
			},
		)
	})
}

// In one apply with the account it is about, the look-up waits for the apply: the plan knows the arguments and nothing else,
// and what is found may be called otherwise. Terraform holds the result against the plan.
func TestIdentityDeferred(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		look := person("<renamed-yesterday>", "<QUINN>@EXAMPLE.COM", `match = ["email_local_part", "email"]`, "depends_on = [registry_user.test]")
		env.Test(t, resource.TestStep{
			Config: env.Config(`
				resource "registry_user" "test" {
					username = "<quinn>"
					email    = "<quinn>@example.com"
				}` + "\n" + look + `
				resource "registry_token" "test" {
					username = data.registry_identity.test.registry_username
				}`),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownValue("registry_token.test", tfjsonpath.New("username")),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{
				is("username", knownvalue.StringExact(env.Name("renamed-yesterday"))), is("registry_username", knownvalue.StringExact(env.Name("quinn"))),
				is("registry_email", knownvalue.StringExact(env.Email("quinn"))),
				statecheck.ExpectKnownValue("registry_token.test", tfjsonpath.New("username"), knownvalue.StringExact(env.Name("quinn"))),
			},
		})
	})
}

// people makes sure of those who are looked for, and gives dana's address, which nobody would guess.
func people(t *testing.T, env *acctest.Env) string {
	t.Helper()
	env.User(t, "alice")
	env.User(t, "bob")
	env.User(t, "carol", acctest.Disabled)
	env.User(t, "admin", acctest.Admin)
	if !env.IsArtifactKeeper() {
		env.User(t, "erin@example.com", func(u *registry.UserSpec) { u.Email = u.Username })
	}
	return env.User(t, "dana", func(u *registry.UserSpec) { u.Email = env.Expand("<d.whitfield@example.org>") }).Email
}

func TestIdentityScan(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it reads every account of the server")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		env.Test(t, resource.TestStep{
			Config:            env.Config(person("x", people(t, env), `match = ["username"]`, "scan = true")),
			ConfigStateChecks: they(env, "dana", "scan"),
		})
	})
}

func TestIdentityRefuses(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		for name, c := range map[string]struct {
			body string
			says []string
		}{
			"nobody":              {person("<zoe>", "<zoe>@example.com"), []string{`No registry user for "<zoe>" `, "registry_user"}},
			"a colleague":         {person("<alice>", "<mallory>@example.com"), []string{`has another e-mail address`, "<alice>@example.com"}},
			"a mismatch, no null": {person("<alice>", "<mallory>@example.com", `on_missing = "null"`), []string{"has another e-mail address"}},
			"an administrator":    {person("<admin>", "<admin>@example.com"), []string{"is an administrator", "allow_admin_tokens"}},
			"a disabled account":  {person("<carol>", "<carol>@example.com"), []string{"is disabled", "Enable it"}},
			"no address":          {identity(`username = "<alice>"`), []string{"No e-mail address to verify", "verify_email = false"}},
			"nobody to look for":  {identity(), []string{"Nobody to look for"}},
			"an unknown match":    {person("<alice>", "<alice>@example.com", `match = ["phone"]`), []string{"match", `"phone"`}},
			"no match":            {person("<alice>", "<alice>@example.com", `match = []`), []string{"match", "at least 1"}},
		} {
			t.Run(name, func(t *testing.T) {
				env.Test(t, resource.TestStep{Config: env.Config(c.body), ExpectError: env.ExpectText(c.says...)})
			})
		}
	})
}

func TestIdentityOfAServiceAccount(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it needs a service account, which the provider does not make")
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	env.Test(t, resource.TestStep{
		Config:      env.Config(person("svc-builder", "svc-builder@service-accounts.local"), "allow_admin_tokens = true"),
		ExpectError: env.ExpectText("is a service account", "own account"),
	})
}

// A group can make an administrator on Artifactory without any flag on the account.
func TestIdentityOfAnAdministratorByGroup(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, devregistry.Artifactory)
	alice := env.User(t, "alice")
	env.Group(t, "operators", acctest.AdminGroup, acctest.Members(alice))
	env.Test(t, resource.TestStep{
		Config: env.Config(person(alice.Username, alice.Email)), ExpectError: env.ExpectText("is an administrator"),
	})
}

// The usual person costs one request to find.
func TestIdentityRequests(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it counts requests")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		config := env.Config(person(acctest.Pick(env, "erin@example.com", "alice"), acctest.Pick(env, "erin@example.com", "alice@example.com")))
		env.Test(
			t,
			resource.TestStep{Config: config},
			resource.TestStep{PreConfig: env.Server.Log.Reset, Config: config, PlanOnly: true},
		)
		requests, plans := len(env.Server.Log.Entries()), 2 // a plan-only step plans twice, and there is a destroy to come
		if requests > plans+1 {
			t.Errorf("%d requests for %d look-ups: %v", requests, plans, env.Server.Log.Count())
		}
	})
}
