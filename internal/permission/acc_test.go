package permission_test

import (
	"fmt"
	"net/http"
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

const address = "registry_permission.test"

func permission(name, body string) string {
	return fmt.Sprintf("resource \"registry_permission\" \"test\" {\n  name = %q\n%s\n}\n", name, body)
}

// on grants on the npm repository, whose key is the permission's name: the form that both registries understand.
func on(body string) string {
	return permission("<npm-private/permission>", "repositories = [\"<npm-private>\"]\n"+body)
}

func is(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

func may(env *acctest.Env, principals map[string][]string) knownvalue.Check {
	checks := map[string]knownvalue.Check{}
	for name, actions := range principals {
		var each []knownvalue.Check
		for _, action := range actions {
			each = append(each, knownvalue.StringExact(action))
		}
		checks[env.Name(name)] = knownvalue.SetExact(each)
	}
	return knownvalue.MapExact(checks)
}

func current(t *testing.T, env *acctest.Env, name string) registry.Permission {
	t.Helper()
	p, err := env.Registry.Permissions.Get(t.Context(), env.Expand(name))
	if err != nil && !registry.IsNotFound(err) {
		t.Fatal(err)
	}
	return p
}

// change edits the permission on the npm repository behind Terraform's back.
func change(t *testing.T, env *acctest.Env, edit func(*registry.PermissionSpec)) func() {
	return func() {
		t.Helper()
		was := current(t, env, "<npm-private/permission>")
		prior := registry.PermissionSpec{Name: was.Name, Repositories: was.Repositories, Users: was.Users, Groups: was.Groups, Artifactory: was.Artifactory}
		next := prior
		next.Users, next.Groups = map[string][]string{}, map[string][]string{}
		for name, actions := range was.Users {
			next.Users[name] = actions
		}
		for name, actions := range was.Groups {
			next.Groups[name] = actions
		}
		edit(&next)
		if _, err := env.Registry.Permissions.Update(t.Context(), prior, next); err != nil {
			t.Fatal(err)
		}
	}
}

// people makes sure of those to whom the tests grant something.
func people(t *testing.T, env *acctest.Env) {
	t.Helper()
	for _, name := range []string{"alice", "bob", "dana"} {
		env.User(t, name)
	}
	env.Group(t, "developers")
	env.Group(t, "readers")
}

func TestPermissionLifecycle(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		env.Repositories(t, "npm-private")
		most := acctest.Pick(env, "manage", "admin")
		env.Live(t, acctest.Lifecycle{
			Address: address,
			Create:  on(`groups = { <developers> = ["read"] }`),
			Checks: []statecheck.StateCheck{
				is("groups", may(env, map[string][]string{"developers": {"read"}})), is("users", knownvalue.Null()),
				is("artifactory", knownvalue.Null()), is("additive", knownvalue.Bool(false)),
			},
			ImportIDs: []string{"<npm-private/permission>"},
			Rest: acctest.Pick(env, map[string]string{
				"name": "replaces the permission", "repositories": "TestPermissionSections", "additive": "Artifact Keeper only", "artifactory": "TestPermissionSections",
			}, map[string]string{
				"name": "replaces the permission", "repositories": "always the one that the name says", "additive": "TestPermissionAdditive", "artifactory": "Artifactory only",
			}),
			Updates: []acctest.Update{
				{Config: on(`groups = { <developers> = ["read", "write"] }`), Checks: []statecheck.StateCheck{is("groups", may(env, map[string][]string{"developers": {"read", "write"}}))}},
				{
					Config: on(`groups = { <developers> = ["write"], <readers> = ["read"] }` + "\n" + `users = { <alice> = ["` + most + `"] }`),
					Checks: []statecheck.StateCheck{is("users", may(env, map[string][]string{"alice": {most}}))},
				},
				{Config: on(`users = { <alice> = ["read"], <bob> = ["delete"] }`), Checks: []statecheck.StateCheck{is("groups", knownvalue.Null())}},
				{Config: on(`users = { <alice> = ["read"] }` + "\n" + `groups = {}`)},
			},
			Drifts: []acctest.Drift{
				{
					Change: change(t, env, func(s *registry.PermissionSpec) { s.Users[env.Name("dana")] = []string{"write"} }),
					Expect: plancheck.ResourceActionUpdate, Checks: []statecheck.StateCheck{is("users", may(env, map[string][]string{"alice": {"read"}}))},
				},
				{
					Change: change(t, env, func(s *registry.PermissionSpec) { s.Users[env.Name("alice")] = []string{"delete"} }),
					Expect: plancheck.ResourceActionUpdate,
				},
				{
					Change: func() {
						if err := env.Registry.Permissions.Delete(t.Context(), registry.PermissionSpec{Name: env.Name("npm-private/permission")}); err != nil {
							t.Fatal(err)
						}
					},
					Expect: plancheck.ResourceActionCreate,
				},
			},
		})
	})
}

func TestPermissionSections(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it grants on pipelines, bundles and destinations, which a server may lack")
	env := acctest.StartEmbedded(t, devregistry.Artifactory)
	with := func(own string) string {
		return permission("install", "repositories = [\"npm-private\", \"go-private\"]\n groups = { <developers> = [\"read\"] }\n artifactory = {\n"+own+"\n}")
	}
	section := func(name, target, action string) string {
		return fmt.Sprintf("%s = {\n targets = [%q]\n users = { <alice> = [%q] }\n groups = { <developers> = [\"read\"] }\n}\n", name, target, action)
	}
	env.Live(t, acctest.Lifecycle{
		Address: address, Create: with(`include_patterns = ["@acme/**"]`), ImportIDs: []string{"install"},
		Updates: []acctest.Update{
			{Config: with("include_patterns = [\"@acme/**\", \"lib/**\"]\n exclude_patterns = [\"lib/secret/**\"]")},
			{Config: with(`exclude_patterns = []`)},
			{Config: with(section("builds", "artifactory-build-info", "manage"))},
			{Config: with(section("builds", "artifactory-build-info", "read") + section("release_bundles", "release-bundles", "write"))},
			{Config: with(section("destinations", "*", "distribute") + section("pipeline_sources", "*", "read"))},
			{Config: permission("install", "repositories = [\"ANY LOCAL\"]\n groups = { <developers> = [\"read\"] }")},
			{Config: permission("install", "repositories = []\n artifactory = {\n"+section("builds", "artifactory-build-info", "read")+"}")},
		},
		Drifts: []acctest.Drift{
			{
				Change: func() {
					env.Server.Store.Update(func(s *state.State) {
						s.TargetByName("install").Sections["release_bundle"] = &state.PermissionSection{
							Groups: map[string][]string{"readers": {"READ"}}, Targets: map[string]state.Patterns{"release-bundles": {Include: []string{"**"}}},
						}
					})
				},
				Expect: plancheck.ResourceActionUpdate,
			},
			{
				Change: func() {
					env.Server.Store.Update(func(s *state.State) {
						s.TargetByName("install").Sections["build"].Users["bob"] = []string{"MANAGE"}
					})
				},
				Expect: plancheck.ResourceActionUpdate,
			},
		},
	})
}

// Only what changed is written: the other sections are not touched.
func TestPermissionWritesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it looks at the requests")
	env := acctest.StartEmbedded(t, devregistry.Artifactory)
	env.Repositories(t, "npm-private")
	config := func(action string) string {
		return env.Config(on(fmt.Sprintf(`groups = { <developers> = ["read"] }
			artifactory = { builds = { targets = ["artifactory-build-info"], users = { <alice> = [%q] } } }`, action)))
	}
	env.Test(
		t,
		resource.TestStep{Config: config("read")},
		resource.TestStep{PreConfig: env.Server.Log.Reset, Config: config("manage")},
		resource.TestStep{PreConfig: func() {
			for _, e := range env.Server.Log.Entries() {
				if e.Method != http.MethodGet && e.Path != "/access/api/v2/permissions/npm-private/build" {
					t.Errorf("%s %s was sent for a change of another section", e.Method, e.Path)
				}
			}
		}, Config: config("manage"), PlanOnly: true},
	)
}

// Renaming is no update on either registry.
func TestPermissionNameReplaces(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		env.Repositories(t, "npm-private", "go-private")
		env.Test(
			t,
			resource.TestStep{Config: env.Config(on(`groups = { <developers> = ["read"] }`))},
			resource.TestStep{
				Config: env.Config(permission("<go-private/permission>", "repositories = [\"<go-private>\"]\n groups = { <developers> = [\"read\"] }")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
				}},
			},
		)
	})
}

func TestPermissionBadInput(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		env.Repositories(t, "npm-private", "go-private")
		type bad struct {
			body string
			says []string
		}
		cases := map[string]bad{
			"unknown repository": {
				permission("<npm-lost>", "repositories = [\"<npm-lost>\"]\n groups = { <developers> = [\"read\"] }"),
				[]string{`Cannot create permission "<npm-lost>"`, "<npm-lost>"},
			},
			"unknown user":  {on(`users = { <nobody> = ["read"] }`), []string{`Cannot create permission "<npm-private/permission>"`, "<nobody>"}},
			"unknown group": {on(`groups = { <nobodies> = ["read"] }`), []string{`Cannot create permission "<npm-private/permission>"`, "<nobodies>"}},
			"unknown action": {
				on(`users = { <alice> = ["fly"] }`),
				[]string{`has no action "fly"`, `User "<alice>" asks for it. The registry knows: read`},
			},
			"the other registry's action": {
				on(fmt.Sprintf(`groups = { <developers> = [%q] }`, acctest.Pick(env, "admin", "annotate"))), []string{"has no action"},
			},
			"no action": {on(`groups = { <developers> = [] }`), []string{`No action for "<developers>"`}},
		}
		if env.IsArtifactKeeper() {
			cases["artifactory block"] = bad{on("users = { <alice> = [\"read\"] }\n artifactory = {}"), []string{"This registry is Artifact Keeper", "Remove the block"}}
			cases["two repositories"] = bad{
				permission("<npm-private/permission>", "repositories = [\"<npm-private>\", \"<go-private>\"]\n users = { <alice> = [\"read\"] }"),
				[]string{"A permission of Artifact Keeper is the rules of one repository", "for_each"},
			}
			cases["a name of its own"] = bad{
				permission("<install>", "repositories = [\"<npm-private>\"]\n users = { <alice> = [\"read\"] }"), []string{"name must be the repository's key"},
			}
			cases["nobody"] = bad{on(""), []string{"Nobody is granted anything"}}
		} else {
			cases["additive"] = bad{on("users = { <alice> = [\"read\"] }\n additive = true"), []string{"This registry is JFrog Artifactory", "one owner"}}
			cases["about nothing"] = bad{permission("<install>", "repositories = []\n users = { <alice> = [\"read\"] }"), []string{"The permission is about nothing"}}
			cases["any, misspelled"] = bad{permission("<install>", "repositories = [\"ANY-LOCAL\"]\n users = { <alice> = [\"read\"] }"), []string{`Write "ANY LOCAL"`}}
		}
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				env.Test(t, resource.TestStep{Config: env.Config(c.body), ExpectError: env.ExpectText(c.says...)})
			})
		}
		env.Test(t, resource.TestStep{
			Config: env.Config(on(`groups = { <developers> = ["read"] }`)), ResourceName: address, ImportState: true, ImportStateId: env.Name("npm-private/permission"),
			ExpectError: env.ExpectText(`Cannot import permission "<npm-private/permission>"`),
		})
	})
}

// Somebody made it already: nothing of theirs is overwritten.
func TestPermissionExists(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		env.Repositories(t, "npm-private")
		theirs := registry.PermissionSpec{Name: env.Name("npm-private/permission"), Repositories: []string{env.Name("npm-private")}, Users: map[string][]string{env.Name("bob"): {"read"}}}
		if _, err := env.Registry.Permissions.Create(t.Context(), theirs); err != nil {
			t.Fatal(err)
		}
		resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{{
			Config:      env.Config(on(`groups = { <developers> = ["read"] }`)),
			ExpectError: env.ExpectText(`Cannot create permission "<npm-private/permission>"`, acctest.Pick(env, "409", "already grants rights to user <bob>"), "Import"),
		}}})
		if got := current(t, env, "<npm-private/permission>"); len(got.Users[env.Name("bob")]) != 1 || len(got.Groups) != 0 {
			t.Errorf("their permission became %+v", got)
		}
	})
}

func TestPermissionLostAnswer(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it loses an answer")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		env.Repositories(t, "npm-private")
		endpoint := acctest.Pick(env, "POST /access/api/v2/permissions/{$}", "POST /api/v1/permissions/{$}")
		if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: endpoint, Kind: devregistry.FaultResetAfter}); err != nil {
			t.Fatal(err)
		}
		env.Test(t, resource.TestStep{
			Config:           env.Config(on(`groups = { <developers> = ["read"] }` + "\n" + `users = { <alice> = ["write"] }`)),
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		})
	})
}

func TestPermissionDataSource(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		env.Repositories(t, "npm-private")
		check := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue("data.registry_permission.test", tfjsonpath.New(attribute), value)
		}
		read := "data \"registry_permission\" \"test\" {\n  name = registry_permission.test.name\n}\n"
		env.Test(
			t,
			resource.TestStep{
				Config:      env.Config(`data "registry_permission" "test" { name = "<npm-private/permission>" }`),
				ExpectError: env.ExpectText(`Cannot read permission "<npm-private/permission>"`),
			},
			resource.TestStep{
				Config: env.Config(on(`groups = { <developers> = ["read"] }`) + read),
				ConfigStateChecks: []statecheck.StateCheck{
					check("groups", may(env, map[string][]string{"developers": {"read"}})), check("users", knownvalue.Null()),
					check("repositories", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact(env.Name("npm-private"))})),
				},
			},
		)
	})
}
