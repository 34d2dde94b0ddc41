package user_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const address = "registry_user.test"

func user(body string) string {
	return fmt.Sprintf("resource \"registry_user\" \"test\" {\n%s\n}\n", body)
}

func is(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

func TestUserLifecycle(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		const base = `username = "quinn"
			email = "%s"
			%s`
		specific := acctest.Pick(env, `artifactory = { profile_updatable = false }`, `display_name = "Quinn Q."`)
		env.Live(t, acctest.Lifecycle{
			Address: address,
			Create:  user(fmt.Sprintf(base, "quinn@example.com", "")),
			Checks: []statecheck.StateCheck{
				is("admin", knownvalue.Bool(false)), is("enabled", knownvalue.Bool(true)), is("password_wo", knownvalue.Null()),
				is("realm", knownvalue.StringExact(acctest.Pick(env, "internal", "local"))),
			},
			ImportIDs: []string{"quinn"},
			Updates: []acctest.Update{
				{Config: user(fmt.Sprintf(base, "q@example.com", "")), Checks: []statecheck.StateCheck{is("email", knownvalue.StringExact("q@example.com"))}},
				{Config: user(fmt.Sprintf(base, "q@example.com", "admin = true")), Checks: []statecheck.StateCheck{is("admin", knownvalue.Bool(true))}},
				{Config: user(fmt.Sprintf(base, "q@example.com", "enabled = false")), Checks: []statecheck.StateCheck{
					is("enabled", knownvalue.Bool(false)), is("admin", knownvalue.Bool(false)),
				}},
				{Config: user(fmt.Sprintf(base, "q@example.com", specific))},
				{Config: user(fmt.Sprintf(base, "q@example.com", "deletion_policy = \"delete\"\n adopt_existing = true\n"+specific))},
			},
			Drifts: []acctest.Drift{
				{
					Change: func() {
						env.Server.Store.Update(func(s *state.State) { s.UserByName("quinn").Email = "other@example.com" })
					},
					Expect: plancheck.ResourceActionUpdate,
				},
				{
					Change: func() {
						env.Server.Store.Update(func(s *state.State) { s.UserByName("quinn").Active = false })
					},
					Expect: plancheck.ResourceActionUpdate,
				},
				{
					Change: func() {
						if err := env.Registry.Users.Delete(t.Context(), mustFind(t, env, "quinn").ID); err != nil {
							t.Fatal(err)
						}
					},
					Expect: plancheck.ResourceActionCreate,
				},
			},
		})
	})
}

func mustFind(t *testing.T, env *acctest.Env, name string) registry.User {
	t.Helper()
	u, err := env.Registry.Users.FindByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUserPassword(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		config := func(password string, version int) string {
			return env.Config(user(fmt.Sprintf("username = \"quinn\"\n email = \"quinn@example.com\"\n password_wo = %q\n password_wo_version = %d", password, version)))
		}
		works := func(password string, want bool) func() {
			return func() {
				env.Server.Store.View(func(s *state.State) {
					if got := s.UserByName("quinn").CheckPassword(password); got != want {
						t.Errorf("password %q works: %t, want %t", password, got, want)
					}
				})
			}
		}
		env.Test(t,
			resource.TestStep{Config: config("First-Passw0rd", 1)},
			// Another value under the same version is not sent.
			resource.TestStep{PreConfig: works("First-Passw0rd", true), Config: config("Second-Passw0rd", 1), PlanOnly: true},
			resource.TestStep{
				PreConfig: works("First-Passw0rd", true), Config: config("Second-Passw0rd", 2),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
				}},
			},
			resource.TestStep{PreConfig: works("Second-Passw0rd", true), Config: config("Second-Passw0rd", 2), PlanOnly: true},
		)
	})
}

// The peer's provider destroys an imported user whose configuration carries a password.
func TestUserImportChangesNoPassword(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		body := user("username = \"alice\"\n email = \"alice@example.com\"\n password_wo = \"Other-Passw0rd\"\n password_wo_version = 1\n deletion_policy = \"abandon\"")
		unchanged := func() {
			env.Server.Store.View(func(s *state.State) {
				if !s.UserByName("alice").CheckPassword("Alice-Passw0rd") {
					t.Error("the import changed alice's password")
				}
			})
		}
		env.Test(t,
			resource.TestStep{
				ResourceName: address, ImportState: true, ImportStateId: "alice", ImportStatePersist: true, Config: env.Config(body),
			},
			resource.TestStep{
				Config: env.Config(body),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
				}},
			},
			resource.TestStep{PreConfig: unchanged, Config: env.Config(body), PlanOnly: true},
		)
	})
}

func TestUserDeletionPolicies(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		for policy, want := range map[string]func(*state.User) bool{
			"delete":  func(u *state.User) bool { return u == nil },
			"disable": func(u *state.User) bool { return u != nil && !u.Active },
			"abandon": func(u *state.User) bool { return u != nil && u.Active },
		} {
			name := "leaving-" + policy
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{Config: env.Config(user(fmt.Sprintf(
					"username = %q\n email = \"%s@example.com\"\n deletion_policy = %q", name, name, policy)))}},
			})
			env.Server.Store.View(func(s *state.State) {
				if u := s.UserByName(name); !want(u) {
					t.Errorf("%s left the account as %+v", policy, u)
				}
			})
		}
	})
}

func TestUserAdoptExisting(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		body := "username = \"dana\"\n email = \"dana@example.com\"\n deletion_policy = \"abandon\"\n password_wo = \"Other-Passw0rd\"\n password_wo_version = 1"
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			Steps: []resource.TestStep{
				{Config: env.Config(user(body)), ExpectError: regexp.MustCompile(`(?s)User "dana" exists already.*adopt_existing`)},
				{Config: env.Config(user(body + "\n adopt_existing = true")), ConfigStateChecks: []statecheck.StateCheck{
					is("email", knownvalue.StringExact("dana@example.com")),
				}},
			},
		})
		env.Server.Store.View(func(s *state.State) {
			u := s.UserByName("dana")
			if u.Email != "dana@example.com" || !u.CheckPassword("Dana-Passw0rd") {
				t.Errorf("adopting left dana as %+v", u)
			}
		})
	})
}

// A directory's sign-in rewrites these fields, so that sending them would start a fight.
func TestUserFederatedIsNotFought(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		env.Server.Store.Update(func(s *state.State) {
			s.UserByName("bob").AuthProvider = "ldap"
			s.UserByName("bob").PasswordHash = nil
		})
		config := env.Config(user("username = \"bob\"\n email = \"bob@corp.example.com\"\n deletion_policy = \"abandon\""))
		env.Test(t,
			resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: "bob", ImportStatePersist: true, Config: config},
			resource.TestStep{Config: config},
			resource.TestStep{
				PreConfig: func() {
					env.Server.Store.Update(func(s *state.State) {
						if got := s.UserByName("bob").Email; got != "bob@example.com" {
							t.Errorf("the directory's address was overwritten with %q", got)
						}
						s.UserByName("bob").Email = "robert@example.com"
					})
				},
				Config: config, PlanOnly: true,
			},
			resource.TestStep{PreConfig: func() {
				env.Server.Store.Update(func(s *state.State) { s.UserByName("bob").Email = "bob@example.com" })
			}, Config: config, PlanOnly: true},
		)
	})
}

func TestUserBadInput(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		cases := []struct{ name, body, want string }{
			{"duplicate", "username = \"alice\"\n email = \"a2@example.com\"", `(?s)User "alice" exists already.*409`},
			{"padded name", "username = \" quinn\"\n email = \"q@example.com\"", `(?s)Invalid user name.*white space`},
			{"empty name", "username = \"\"\n email = \"q@example.com\"", `length must be between`},
			{"version without password", "username = \"quinn\"\n email = \"q@example.com\"\n password_wo_version = 1", `password_wo`},
			{"unknown policy", "username = \"quinn\"\n email = \"q@example.com\"\n deletion_policy = \"keep\"", `deletion_policy`},
			{"other registry's block", acctest.Pick(env,
				"username = \"quinn\"\n email = \"q@example.com\"\n display_name = \"Quinn\"",
				"username = \"quinn\"\n email = \"q@example.com\"\n artifactory = { profile_updatable = true }"), `Not possible on`},
		}
		if !env.Keeper() {
			cases = append(cases, struct{ name, body, want string }{"upper case", "username = \"Quinn\"\n email = \"q@example.com\"", `(?s)Invalid user name.*lower-case`})
		} else {
			cases = append(cases, struct{ name, body, want string }{"duplicate address", "username = \"quinn\"\n email = \"alice@example.com\"", `(?s)exists already.*409`})
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				env.Test(t, resource.TestStep{Config: env.Config(user(c.body)), ExpectError: regexp.MustCompile(c.want)})
			})
		}
	})
}

func TestUserDataSource(t *testing.T) {
	t.Parallel()
	acctest.Dialects(t, func(t *testing.T, env *acctest.Env) {
		check := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue("data.registry_user.test", tfjsonpath.New(attribute), value)
		}
		env.Test(t,
			resource.TestStep{
				Config:      env.Config(`data "registry_user" "test" { username = "nobody" }`),
				ExpectError: regexp.MustCompile(`Cannot read user "nobody"`),
			},
			resource.TestStep{
				Config:      env.Config(`data "registry_user" "test" {}`),
				ExpectError: regexp.MustCompile(`(?i)exactly one`),
			},
			resource.TestStep{
				Config: env.Config(`data "registry_user" "test" { username = "alice" }`),
				ConfigStateChecks: []statecheck.StateCheck{
					check("email", knownvalue.StringExact("alice@example.com")), check("effective_admin", knownvalue.Bool(false)),
					check("enabled", knownvalue.Bool(true)), check("id", knownvalue.StringExact(mustFind(t, env, "alice").ID)),
				},
			},
		)
	})
}
