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
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
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
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		first, second, quinn := env.Email("quinn"), env.Email("q"), env.Name("quinn")
		base := "username = \"" + quinn + "\"\n email = \"%s\"\n %s"
		specific := acctest.Pick(env, `artifactory = { profile_updatable = false }`, `display_name = "Quinn Q."`)
		env.Live(t, acctest.Lifecycle{
			Address: address,
			Create:  user(fmt.Sprintf(base, first, "")),
			Checks: []statecheck.StateCheck{
				is("admin", knownvalue.Bool(false)), is("enabled", knownvalue.Bool(true)), is("password_wo", knownvalue.Null()),
				is("realm", knownvalue.StringExact(acctest.Pick(env, "internal", "local"))),
			},
			ImportIDs: []string{quinn},
			Rest: acctest.Pick(env, map[string]string{
				"username": "replaces the account", "password_wo": "never in a plan; TestUserPassword", "password_wo_version": "TestUserPassword",
				"display_name": "Artifact Keeper only",
			}, map[string]string{
				"username": "replaces the account", "password_wo": "never in a plan; TestUserPassword", "password_wo_version": "TestUserPassword",
				"artifactory": "Artifactory only",
			}),
			Updates: []acctest.Update{
				{Config: user(fmt.Sprintf(base, second, "")), Checks: []statecheck.StateCheck{is("email", knownvalue.StringExact(second))}},
				{Config: user(fmt.Sprintf(base, second, "admin = true")), Checks: []statecheck.StateCheck{is("admin", knownvalue.Bool(true))}},
				{Config: user(fmt.Sprintf(base, second, "enabled = false")), Checks: []statecheck.StateCheck{
					is("enabled", knownvalue.Bool(false)), is("admin", knownvalue.Bool(false)),
				}},
				{Config: user(fmt.Sprintf(base, second, specific))},
				{Config: user(fmt.Sprintf(base, second, "deletion_policy = \"disable\"\n adopt_existing = true\n"+specific))},
				{Config: user(fmt.Sprintf(base, second, specific))},
			},
			Drifts: []acctest.Drift{
				{
					Change: func() {
						other := env.Email("other")
						change(t, env, quinn, registry.UserPatch{Email: &other})
					},
					Expect: plancheck.ResourceActionUpdate,
				},
				{
					Change: func() {
						enabled := false
						change(t, env, quinn, registry.UserPatch{Enabled: &enabled})
					},
					Expect: plancheck.ResourceActionUpdate,
				},
				{
					Change: func() {
						if err := env.Registry.Users.Delete(t.Context(), mustFind(t, env, quinn).ID); err != nil {
							t.Fatal(err)
						}
					},
					Expect: plancheck.ResourceActionCreate,
				},
			},
		})
	})
}

// Every flag can be set, changed and left alone again, each in place.
func TestUserFlags(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, devregistry.Artifactory)
	with := func(flags string) string {
		return user("username = \"<quinn>\"\n email = \"<quinn>@example.com\"\n password_wo = \"Quinns-Passw0rd\"\n password_wo_version = 1\n artifactory = {\n" + flags + "\n}")
	}
	life := acctest.Lifecycle{Address: address, Create: with("profile_updatable = true")}
	for _, flags := range []map[string]bool{
		{"disable_ui_access": true, "watch_manager": true, "reports_manager": true, "resources_manager": true},
		{"disable_ui_access": false, "watch_manager": false, "reports_manager": false, "resources_manager": false},
		{"policy_manager": true},
		{"policy_manager": false, "policy_viewer": false},
		{"policy_viewer": true, "internal_password_disabled": true},
		{"internal_password_disabled": false, "profile_updatable": false},
	} {
		var update acctest.Update
		for name, value := range flags {
			update.Config += fmt.Sprintf("%s = %t\n", name, value)
			update.Checks = append(update.Checks, statecheck.ExpectKnownValue(address, tfjsonpath.New("artifactory").AtMapKey(name), knownvalue.Bool(value)))
		}
		update.Config = with(update.Config)
		life.Updates = append(life.Updates, update)
	}
	env.Live(t, life)
}

// change changes an account behind Terraform's back.
func change(t *testing.T, env *acctest.Env, name string, patch registry.UserPatch) {
	t.Helper()
	if _, err := env.Registry.Users.Update(t.Context(), mustFind(t, env, name).ID, patch); err != nil {
		t.Fatal(err)
	}
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
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		config := func(password string, version int) string {
			return env.Config(user(fmt.Sprintf("username = %q\n email = %q\n password_wo = %q\n password_wo_version = %d",
				env.Name("quinn"), env.Email("quinn"), password, version)))
		}
		works := func(password string, want bool) func() {
			return func() {
				if got := env.SignsIn(t, env.Name("quinn"), password); got != want {
					t.Errorf("password %q works: %t, want %t", password, got, want)
				}
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
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		alice := env.User(t, "alice", func(u *registry.UserSpec) { u.Password = registry.NewSecret("Alice-Passw0rd") })
		body := user(fmt.Sprintf("username = %q\n email = %q\n password_wo = \"Other-Passw0rd\"\n password_wo_version = 1\n deletion_policy = \"abandon\"",
			alice.Username, alice.Email))
		unchanged := func() {
			if !env.SignsIn(t, alice.Username, "Alice-Passw0rd") {
				t.Error("the import changed alice's password")
			}
		}
		env.Test(t,
			resource.TestStep{
				ResourceName: address, ImportState: true, ImportStateId: alice.Username, ImportStatePersist: true, Config: env.Config(body),
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
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		for policy, want := range map[string]string{"delete": "gone", "disable": "disabled", "abandon": "enabled"} {
			name := env.Name("leaving-" + policy)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{Config: env.Config(user(fmt.Sprintf(
					"username = %q\n email = \"%s@example.com\"\n deletion_policy = %q", name, name, policy)))}},
			})
			got := "disabled"
			if u, err := env.Registry.Users.FindByUsername(t.Context(), name); registry.IsNotFound(err) {
				got = "gone"
			} else if err != nil {
				t.Error(err)
			} else if u.Enabled {
				got = "enabled"
			}
			if got != want {
				t.Errorf("%s left the account %s, want it %s", policy, got, want)
			}
		}
	})
}

func TestUserAdoptExisting(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		dana := env.User(t, "dana", func(u *registry.UserSpec) {
			u.Email, u.Password = env.Email("d.whitfield"), registry.NewSecret("Dana-Passw0rd")
		}).Username
		body := fmt.Sprintf("username = %q\n email = %q\n", dana, env.Email("dana")) + "deletion_policy = \"abandon\"\n password_wo = \"Other-Passw0rd\"\n password_wo_version = 1"
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			Steps: []resource.TestStep{
				{Config: env.Config(user(body)), ExpectError: acctest.ExpectText(fmt.Sprintf("User %q exists already", dana), "adopt_existing")},
				{Config: env.Config(user(body + "\n adopt_existing = true")), ConfigStateChecks: []statecheck.StateCheck{
					is("email", knownvalue.StringExact(env.Email("dana"))),
				}},
			},
		})
		if u := mustFind(t, env, dana); u.Email != env.Email("dana") || !env.SignsIn(t, dana, "Dana-Passw0rd") {
			t.Errorf("adopting left dana as %+v", u)
		}
	})
}

// A directory's sign-in rewrites these fields, so that sending them would start a fight.
func TestUserFederatedIsNotFought(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it makes an account a directory's, which only a directory can")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
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
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		body := func(name, email, more string) string {
			return fmt.Sprintf("username = %q\n email = %q\n %s", name, email, more)
		}
		quinn, q := env.Name("quinn"), env.Email("q")
		cases := []struct{ name, body, want string }{
			{"duplicate", body(env.Name("alice"), env.Email("a2"), ""), `(?s)User "` + env.Name("alice") + `" exists already.*409`},
			{"padded name", body(" "+quinn, q, ""), `(?s)Invalid user name.*white space`},
			{"empty name", body("", q, ""), `length must be between`},
			{"version without password", body(quinn, q, "password_wo_version = 1"), `password_wo`},
			{
				"policy manager who is no viewer", body(quinn, q, "artifactory = {\n policy_manager = true\n policy_viewer = false\n }"),
				`policy_manager implies policy_viewer`,
			},
			{"unknown policy", body(quinn, q, "deletion_policy = \"keep\""), `deletion_policy`},
			{"other registry's block", acctest.Pick(env,
				body(quinn, q, "display_name = \"Quinn\""),
				body(quinn, q, "artifactory = { profile_updatable = true }")), `Not possible on`},
		}
		if !env.IsArtifactKeeper() {
			cases = append(cases, struct{ name, body, want string }{"upper case", body(env.Name("Quinn"), q, ""), `(?s)Invalid user name.*lower-case`})
		} else {
			cases = append(cases, struct{ name, body, want string }{"duplicate address", body(quinn, env.Email("alice"), ""), `(?s)exists already.*409`})
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
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		alice := env.User(t, "alice")
		check := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue("data.registry_user.test", tfjsonpath.New(attribute), value)
		}
		env.Test(t,
			resource.TestStep{
				Config:      env.Config(fmt.Sprintf("data \"registry_user\" \"test\" { username = %q }", env.Name("nobody"))),
				ExpectError: regexp.MustCompile(`Cannot read user "` + env.Name("nobody") + `"`),
			},
			resource.TestStep{
				Config:      env.Config(`data "registry_user" "test" {}`),
				ExpectError: regexp.MustCompile(`(?i)exactly one`),
			},
			resource.TestStep{
				Config: env.Config(fmt.Sprintf("data \"registry_user\" \"test\" { username = %q }", alice.Username)),
				ConfigStateChecks: []statecheck.StateCheck{
					check("email", knownvalue.StringExact(alice.Email)), check("effective_admin", knownvalue.Bool(false)),
					check("enabled", knownvalue.Bool(true)), check("id", knownvalue.StringExact(alice.ID)),
				},
			},
		)
	})
}
