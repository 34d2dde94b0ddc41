package membership_test

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

const edgeAddress = "registry_group_membership.test"

func edge(group, username string) string {
	return fmt.Sprintf("resource \"registry_group_membership\" \"test\" {\n  group    = %q\n  username = %q\n}\n", group, username)
}

// members are the names of a group's members as the server has them.
func members(t *testing.T, env *acctest.Env, group string) []string {
	t.Helper()
	found, err := env.Registry.Groups.FindByName(t.Context(), env.Name(group))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(slices.Values(found.Members))
}

func expectMembers(t *testing.T, env *acctest.Env, group string, want ...string) func() {
	return func() {
		t.Helper()
		if got, want := members(t, env, group), called(env, want); !slices.Equal(got, want) {
			t.Errorf("members of %s are %v, want %v", group, got, want)
		}
	}
}

// called are the names of those whom the test calls so.
func called(env *acctest.Env, bases []string) []string {
	var names []string
	for _, base := range bases {
		names = append(names, env.Name(base))
	}
	return names
}

// change adds and removes members behind Terraform's back.
func change(t *testing.T, env *acctest.Env, group string, add, remove []string) {
	t.Helper()
	found, err := env.Registry.Groups.FindByName(t.Context(), env.Name(group))
	if err == nil {
		err = registry.SwapMembers(t.Context(), env.Registry.Groups, found.ID, called(env, add), called(env, remove))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// makeGroup makes a group behind Terraform's back.
func makeGroup(t *testing.T, env *acctest.Env, name string, members ...string) registry.Group {
	t.Helper()
	g, err := env.Registry.Groups.Create(t.Context(), registry.GroupSpec{Name: env.Name(name), Members: called(env, members)})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// people makes sure of those whom the tests put into groups.
func people(t *testing.T, env *acctest.Env) {
	t.Helper()
	for _, name := range []string{"alice", "bob", "dana"} {
		env.User(t, name)
	}
	env.Group(t, "developers")
}

// handOver makes a group with bob in it whose members come from elsewhere, which only an embedded registry lets a test do.
func handOver(t *testing.T, env *acctest.Env, name, source string) {
	t.Helper()
	if env.Server == nil {
		return
	}
	makeGroup(t, env, name, "bob")
	env.Server.Store.Update(func(s *state.State) {
		g := s.GroupByName(name)
		g.ExternalSource, g.Realm = &source, source
	})
}

func TestMembershipLifecycle(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		at := func(attribute, value string) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(edgeAddress, tfjsonpath.New(attribute), knownvalue.StringExact(env.Expand(value)))
		}
		other := `resource "registry_group" "other" { name = "<testers>" }` + "\n"
		env.Live(t, acctest.Lifecycle{
			Address:   edgeAddress,
			Create:    edge("<developers>", "<alice>"),
			Checks:    []statecheck.StateCheck{at("id", "<developers>/<alice>")},
			ImportIDs: []string{"<developers>/<alice>"},
			Rest:      map[string]string{"username": "replaces the membership"},
			Updates: []acctest.Update{{
				Config: other + strings.Replace(edge("<testers>", "<alice>"), `"<testers>"`, "registry_group.other.name", 1),
				Checks: []statecheck.StateCheck{at("id", "<testers>/<alice>"), at("group", "<testers>")},
			}},
			Drifts: []acctest.Drift{{
				Change: func() {
					expectMembers(t, env, "developers")()
					change(t, env, "testers", []string{"bob"}, []string{"alice"})
				},
				Expect: plancheck.ResourceActionCreate,
			}},
		})
	})
}

// Edges add up, and each takes only its own away.
func TestMembershipForEach(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		config := func(names string) string {
			return env.Config(fmt.Sprintf(`
				resource "registry_group_membership" "test" {
					for_each = { for name in [%s] : name => true }
					group    = "<developers>"
					username = each.key
				}`, names))
		}
		change(t, env, "developers", []string{"dana"}, nil)
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			Steps: []resource.TestStep{
				{Config: config(`"<alice>", "<bob>", "<dana>"`)},
				{PreConfig: expectMembers(t, env, "developers", "alice", "bob", "dana"), Config: config(`"<bob>"`)},
				{PreConfig: expectMembers(t, env, "developers", "bob"), Config: config(``)},
			},
		})
		expectMembers(t, env, "developers")()
	})
}

// Artifact Keeper renames groups in place. The members stay in all the time: no request is made for them.
func TestMembershipFollowsARename(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it counts requests")
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	config := func(name string) string {
		return env.Config(fmt.Sprintf(`
			resource "registry_group" "team" { name = %q }
			resource "registry_group_membership" "test" {
				group    = registry_group.team.name
				username = "<alice>"
			}`, name))
	}
	env.Test(
		t,
		resource.TestStep{Config: config("team")},
		resource.TestStep{
			PreConfig: env.Server.Log.Reset, Config: config("team/blue"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(edgeAddress, plancheck.ResourceActionUpdate),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(edgeAddress, tfjsonpath.New("id"), knownvalue.StringExact("team/blue/alice")),
			},
		},
		resource.TestStep{
			PreConfig: func() {
				for endpoint, n := range env.Server.Log.Count() {
					if strings.HasSuffix(endpoint, "/members") {
						t.Errorf("%d × %s, and nobody had to move", n, endpoint)
					}
				}
			},
			ResourceName: edgeAddress, ImportState: true, ImportStateId: "team/blue/alice", ImportStateVerify: true,
		},
	)
}

func TestMembershipBadInput(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		handOver(t, env, "synchronised", "oidc")
		for name, c := range map[string]struct {
			body string
			says []string
		}{
			"unknown group":    {edge("<nobodies>", "<alice>"), []string{`There is no group "<nobodies>"`, `group    = "<nobodies>"`, `Create it first`}},
			"unknown user":     {edge("<developers>", "<nobody>"), []string{`Cannot add user "<nobody>" to group "<developers>"`, `username = "<nobody>"`, `There is no user "<nobody>"`}},
			"padded user":      {edge("<developers>", "<alice> "), []string{`Invalid user name "<alice> "`, `white space`}},
			"owned by sign-on": {edge("<synchronised>", "<alice>"), []string{`The members of group "<synchronised>" come from oidc`, `single sign-on decides`}},
		} {
			if name == "owned by sign-on" && env.Server == nil {
				continue // only single sign-on can make such a group
			}
			t.Run(name, func(t *testing.T) {
				resource.Test(t, resource.TestCase{
					ProtoV6ProviderFactories: acctest.Factories(),
					Steps:                    []resource.TestStep{{Config: env.Config(c.body), ExpectError: env.ExpectText(c.says...)}},
				})
			})
		}
		for id, want := range map[string]string{
			"<developers>":         `not of the form GROUP/USER`,
			"<developers>/":        `not of the form GROUP/USER`,
			"<nobodies>/<alice>":   `There is no group "<nobodies>"`,
			"<developers>/<alice>": `User "<alice>" is not in group "<developers>"`,
		} {
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{
					Config: env.Config(edge("<developers>", "<alice>")), ResourceName: edgeAddress, ImportState: true, ImportStateId: env.Expand(id),
					ExpectError: env.ExpectText(want),
				}},
			})
		}
	})
}

// What was deleted elsewhere needs no deleting: the user, the edge, the group.
func TestMembershipDeleteOfTheAbsent(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		for name, remove := range map[string]func(){
			"edge": func() { change(t, env, "team", nil, []string{"zoe"}) },
			"user": func() {
				u, err := env.Registry.Users.FindByUsername(t.Context(), env.Name("zoe"))
				if err == nil {
					err = env.Registry.Users.Delete(t.Context(), u.ID)
				}
				if err != nil {
					t.Fatal(err)
				}
			},
			"group": func() {
				g, err := env.Registry.Groups.FindByName(t.Context(), env.Name("team"))
				if err == nil {
					err = env.Registry.Groups.Delete(t.Context(), g.ID)
				}
				if err != nil {
					t.Fatal(err)
				}
			},
		} {
			env.User(t, "zoe")
			env.Group(t, "team")
			t.Run(name, func(t *testing.T) {
				resource.Test(t, resource.TestCase{
					ProtoV6ProviderFactories: acctest.Factories(),
					// Without a refresh the destroy meets the change itself.
					AdditionalCLIOptions: &resource.AdditionalCLIOptions{Plan: resource.PlanOptions{NoRefresh: true}},
					Steps: []resource.TestStep{
						{Config: env.Config(edge("<team>", "<zoe>"))},
						{PreConfig: remove, Config: env.Config(edge("<team>", "<zoe>")), Destroy: true},
					},
				})
			})
		}
	})
}

// Single sign-on took the group over after the edge was made: the state lets go of what it cannot change.
func TestMembershipDeleteAfterTakeover(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it hands a group to single sign-on, which only single sign-on can")
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: env.Config(edge("<developers>", "<alice>"))},
			{
				PreConfig: func() {
					env.Server.Store.Update(func(s *state.State) { source := "saml"; s.GroupByName("developers").ExternalSource = &source })
				},
				Config: env.Config(edge("<developers>", "<alice>")), Destroy: true,
			},
		},
	})
	expectMembers(t, env, "developers", "alice")()
}
