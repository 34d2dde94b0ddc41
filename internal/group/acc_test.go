package group_test

import (
	"fmt"
	"slices"
	"strings"
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

const address = "registry_group.test"

func group(body string) string {
	return fmt.Sprintf("resource \"registry_group\" \"test\" {\n%s\n}\n", body)
}

func is(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

func flag(name string, value bool) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New("artifactory").AtMapKey(name), knownvalue.Bool(value))
}

func names(env *acctest.Env, list ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(list))
	for i, name := range list {
		checks[i] = knownvalue.StringExact(env.Name(name))
	}
	return knownvalue.SetExact(checks)
}

func find(t *testing.T, env *acctest.Env, name string) registry.Group {
	t.Helper()
	g, err := env.Registry.Groups.FindByName(t.Context(), env.Name(name))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func updates(address string) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)}}
}

func TestGroupLifecycle(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		env.User(t, "bob")
		dana := env.User(t, "dana").Username
		life := acctest.Lifecycle{
			Address: address,
			Create:  group(`name = "<team>"`),
			Checks: []statecheck.StateCheck{
				is("id", acctest.Pick[knownvalue.Check](env, knownvalue.StringExact(env.Name("team")), knownvalue.StringRegexp(acctest.UUID))),
				is("description", knownvalue.Null()), is("members", knownvalue.Null()), is("external_source", knownvalue.Null()),
			},
			ImportIDs: []string{"<team>"},
			// An import takes the members over; a configuration without them changes nothing about it.
			ImportIgnore: []string{"members"},
			Rest:         map[string]string{"name": "TestGroupRename", "artifactory": "TestGroupFlags"},
			Updates: []acctest.Update{
				{Config: group(`name = "<team>"` + "\n" + `description = "A team"`), Checks: []statecheck.StateCheck{is("description", knownvalue.StringExact("A team"))}},
				{Config: group(`name = "<team>"` + "\n" + `description = ""`)},
				{Config: group(`name = "<team>"` + "\n" + `members = ["<alice>", "<bob>"]`), Checks: []statecheck.StateCheck{is("members", names(env, "alice", "bob"))}},
				{Config: group(`name = "<team>"` + "\n" + `members = []`), Checks: []statecheck.StateCheck{is("members", names(env))}},
				{Config: group(`name = "<team>"` + "\n" + `members = ["<bob>"]`)},
			},
			Drifts: []acctest.Drift{
				{
					Change: func() {
						if err := env.Registry.Groups.ChangeMembers(t.Context(), find(t, env, "team").ID, []string{dana}, []string{env.Name("bob")}); err != nil {
							t.Fatal(err)
						}
					},
					Expect: plancheck.ResourceActionUpdate, Checks: []statecheck.StateCheck{is("members", names(env, "bob"))},
				},
				{
					Change: func() {
						team := find(t, env, "team")
						spec := registry.GroupSpec{Name: team.Name, Description: "somebody else's words"}
						if _, err := env.Registry.Groups.Update(t.Context(), team.ID, spec); err != nil {
							t.Fatal(err)
						}
					},
					Expect: plancheck.ResourceActionUpdate,
				},
				{
					Change: func() {
						if err := env.Registry.Groups.Delete(t.Context(), find(t, env, "team").ID); err != nil {
							t.Fatal(err)
						}
					},
					Expect: plancheck.ResourceActionCreate,
				},
			},
		}
		env.Live(t, life)
	})
}

// Imported with its members, it is the same in every way of importing.
func TestGroupImport(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		env.Group(t, "readers")
		env.Live(t, acctest.Lifecycle{
			Address: address, Create: group("name = \"<team>\"\n members = [\"<alice>\"]"), ImportIDs: []string{"<team>"},
		})
		config := env.Config(group(`name = "<readers>"`))
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			Steps: []resource.TestStep{
				{ResourceName: address, ImportState: true, ImportStateId: env.Name("readers"), ImportStatePersist: true, Config: config},
				{Config: config, PlanOnly: true},
				{Config: env.Config(`removed {
					from = registry_group.test
					lifecycle { destroy = false }
				}`)},
			},
		})
		env.Test(t, resource.TestStep{
			Config: config, ResourceName: address, ImportState: true, ImportStateId: env.Name("nobodies"),
			ExpectError: env.ExpectText(`Cannot import group "<nobodies>"`),
		})
	})
}

func TestGroupFlags(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "its group takes in everybody who is made meanwhile, and makes administrators of them")
	env := acctest.StartEmbedded(t, devregistry.Artifactory)
	with := func(flags string) string {
		return group("name = \"<team>\"\n artifactory = {\n" + flags + "\n}")
	}
	life := acctest.Lifecycle{
		Address: address, Create: with(`auto_join = true`), ImportIDs: []string{"<team>"}, ImportIgnore: []string{"members"},
		Checks: []statecheck.StateCheck{flag("auto_join", true), flag("admin_privileges", false), flag("policy_viewer", false)},
	}
	for _, name := range []string{"reports_manager", "watch_manager", "policy_viewer", "manage_resources", "manage_webhook"} {
		life.Updates = append(
			life.Updates,
			acctest.Update{Config: with(name + " = true"), Checks: []statecheck.StateCheck{flag(name, true)}},
			acctest.Update{Config: with(name + " = false"), Checks: []statecheck.StateCheck{flag(name, false)}},
		)
	}
	life.Updates = append(
		life.Updates,
		acctest.Update{Config: with(`external_id = "4711"`)},
		acctest.Update{Config: with(`policy_manager = true`), Checks: []statecheck.StateCheck{flag("policy_manager", true), flag("policy_viewer", true)}},
		acctest.Update{Config: with(`auto_join = false` + "\n" + `admin_privileges = true`), Checks: []statecheck.StateCheck{flag("admin_privileges", true), flag("policy_manager", true)}},
	)
	life.Drifts = []acctest.Drift{{
		Change: func() {
			env.Server.Store.Update(func(s *state.State) {
				s.GroupByName("team").AdminPrivileges, s.GroupByName("team").AutoJoin = false, true
			})
		},
		Expect: plancheck.ResourceActionUpdate,
	}}
	env.Live(t, life)
}

func TestGroupRename(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		env.User(t, "bob")
		action := acctest.Pick(env, plancheck.ResourceActionDestroyBeforeCreate, plancheck.ResourceActionUpdate)
		env.Test(
			t,
			resource.TestStep{Config: env.Config(group("name = \"<team>\"\n members = [\"<alice>\"]"))},
			resource.TestStep{
				Config: env.Config(group("name = \"<crew>\"\n members = [\"<alice>\", \"<bob>\"]")),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{is("name", knownvalue.StringExact(env.Name("crew"))), is("members", names(env, "alice", "bob"))},
			},
		)
	})
}

// Membership that is not managed is nobody's drift, and what was managed is let go of as it is.
func TestGroupMembersNotManaged(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		env.User(t, "bob")
		env.User(t, "dana")
		config, managed := env.Config(group(`name = "<team>"`)), env.Config(group("name = \"<team>\"\n members = [\"<bob>\"]"))
		change := func(add, remove []string) func() {
			return func() {
				if err := env.Registry.Groups.ChangeMembers(t.Context(), find(t, env, "team").ID, add, remove); err != nil {
					t.Fatal(err)
				}
			}
		}
		expect := func(bases ...string) func() {
			return func() {
				want := make([]string, len(bases))
				for i, base := range bases {
					want[i] = env.Name(base)
				}
				got := find(t, env, "team").Members
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("members are %v, want %v", got, want)
				}
			}
		}
		env.Test(
			t,
			resource.TestStep{Config: config},
			resource.TestStep{PreConfig: change([]string{env.Name("alice")}, nil), Config: config, PlanOnly: true},
			resource.TestStep{
				Config:            env.Config(group("name = \"<team>\"\n description = \"A team\"")),
				ConfigStateChecks: []statecheck.StateCheck{is("members", knownvalue.Null())},
			},
			resource.TestStep{PreConfig: expect("alice"), Config: managed},
			resource.TestStep{PreConfig: expect("bob"), Config: config, PlanOnly: true, ExpectNonEmptyPlan: false},
			resource.TestStep{PreConfig: change([]string{env.Name("dana")}, nil), Config: config},
			resource.TestStep{PreConfig: expect("bob", "dana"), Config: config, PlanOnly: true},
		)
	})
}

func TestGroupOwnedBySignOn(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it hands a group to single sign-on, which only single sign-on can")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		with := func(body string) string { return env.Config(group("name = \"<team>\"\n" + body)) }
		env.Test(
			t,
			resource.TestStep{Config: with(`members = ["<alice>"]`)},
			resource.TestStep{
				PreConfig: func() {
					env.Server.Store.Update(func(s *state.State) {
						g, source := s.GroupByName("team"), "saml"
						g.ExternalSource, g.Realm = &source, source
					})
				},
				Config:      with(`members = ["<alice>", "<bob>"]`),
				ExpectError: env.ExpectText(`The membership belongs to saml`, `Leave members out`),
			},
			resource.TestStep{Config: with(`description = "Theirs"`), ConfigPlanChecks: updates(address)},
		)
	})
}

func TestGroupBadInput(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		env.Group(t, "developers")
		cases := map[string]struct {
			body string
			says []string
		}{
			"duplicate":      {`name = "<developers>"`, []string{`Cannot create group "<developers>"`, `409`, `Import it`}},
			"unknown member": {"name = \"<team>\"\n members = [\"<alice>\", \"<nobody>\"]", []string{`Cannot create group "<team>"`, `There is no user "<nobody>"`}},
			"no name":        {`name = ""`, []string{`length must be between`}},
			"padded name":    {`name = "<team> "`, []string{`Invalid group name "<team> "`, `white space`}},
			"padded member":  {"name = \"<team>\"\n members = [\" <alice>\"]", []string{`Invalid user name " <alice>"`, `white space`}},
			"everybody an administrator": {
				"name = \"<team>\"\n artifactory = {\n auto_join = true\n admin_privileges = true\n}", []string{`auto_join makes everybody an administrator`},
			},
			"half a policy manager": {
				"name = \"<team>\"\n artifactory = {\n policy_manager = true\n policy_viewer = false\n}", []string{`policy_manager implies policy_viewer`},
			},
		}
		if env.IsArtifactKeeper() {
			cases["the other registry's block"] = struct {
				body string
				says []string
			}{"name = \"<team>\"\n artifactory = { auto_join = false }", []string{`This registry is Artifact Keeper`, `Remove the block`}}
		} else {
			cases["a long name"] = struct {
				body string
				says []string
			}{fmt.Sprintf("name = %q", strings.Repeat("x", 65)), []string{`Invalid group name`, `at most 64 characters`}}
			cases["upper case"] = struct {
				body string
				says []string
			}{"name = \"<team>\"\n members = [\"<Alice>\"]", []string{`Invalid user name "<Alice>"`, `lower-case`}}
		}
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				env.Test(t, resource.TestStep{Config: env.Config(group(c.body)), ExpectError: env.ExpectText(c.says...)})
			})
		}
	})
}

// An unknown member leaves the group that exists, and its state, as they were.
func TestGroupUnknownMemberLater(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		env.Test(
			t,
			resource.TestStep{Config: env.Config(group("name = \"<team>\"\n members = [\"<alice>\"]"))},
			resource.TestStep{
				Config:      env.Config(group("name = \"<team>\"\n description = \"New\"\n members = [\"<alice>\", \"<nobody>\"]")),
				ExpectError: env.ExpectText(`Cannot change the members of group "<team>"`, `There is no user "<nobody>"`),
			},
			resource.TestStep{
				Config:            env.Config(group("name = \"<team>\"\n description = \"New\"\n members = [\"<alice>\"]")),
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				ConfigStateChecks: []statecheck.StateCheck{is("description", knownvalue.StringExact("New"))},
			},
		)
	})
}

// The answer to the create is lost, the group is not: there is one, in the state, and a destroy removes it.
func TestGroupLostAnswer(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it loses an answer")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		endpoint := acctest.Pick(env, "POST /access/api/v2/groups/{$}", "POST /api/v1/groups/{$}")
		if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: endpoint, Kind: devregistry.FaultResetAfter}); err != nil {
			t.Fatal(err)
		}
		env.Test(
			t,
			resource.TestStep{
				Config:            env.Config(group("name = \"<team>\"\n members = [\"<alice>\"]")),
				ConfigPlanChecks:  resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				ConfigStateChecks: []statecheck.StateCheck{is("members", names(env, "alice"))},
			},
		)
	})
}

func TestGroupDataSource(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.Group(t, "developers")
		env.Group(t, "crew", acctest.Members(env.User(t, "alice"), env.User(t, "bob")))
		check := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue("data.registry_group.test", tfjsonpath.New(attribute), value)
		}
		env.Test(
			t,
			resource.TestStep{
				Config:      env.Config(`data "registry_group" "test" { name = "<nobodies>" }`),
				ExpectError: env.ExpectText(`Cannot read group "<nobodies>"`),
			},
			resource.TestStep{
				Config: env.Config(`data "registry_group" "test" { name = "<crew>" }`),
				ConfigStateChecks: []statecheck.StateCheck{
					check("id", knownvalue.StringExact(find(t, env, "crew").ID)), check("members", names(env, "alice", "bob")), check("external_source", knownvalue.Null()),
				},
			},
			resource.TestStep{
				Config:            env.Config(`data "registry_group" "test" { name = "<developers>" }`),
				ConfigStateChecks: []statecheck.StateCheck{check("members", names(env))},
			},
		)
	})
}
