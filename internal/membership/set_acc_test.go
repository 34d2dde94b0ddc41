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

const setAddress = "registry_group_members.test"

func set(group string, names ...string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return fmt.Sprintf("resource \"registry_group_members\" \"test\" {\n  group   = %q\n  members = [%s]\n}\n", group, strings.Join(quoted, ", "))
}

func TestMembersLifecycle(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		are := func(names ...string) statecheck.StateCheck {
			checks := make([]knownvalue.Check, len(names))
			for i, name := range names {
				checks[i] = knownvalue.StringExact(env.Name(name))
			}
			return statecheck.ExpectKnownValue(setAddress, tfjsonpath.New("members"), knownvalue.SetExact(checks))
		}
		other := `resource "registry_group" "other" { name = "<testers>" }` + "\n"
		env.Live(t, acctest.Lifecycle{
			Address:   setAddress,
			Create:    set("<developers>", "<alice>", "<bob>"),
			Checks:    []statecheck.StateCheck{are("alice", "bob")},
			ImportIDs: []string{"<developers>"},
			Rest:      map[string]string{},
			Updates: []acctest.Update{
				{Config: set("<developers>", "<bob>", "<dana>"), Checks: []statecheck.StateCheck{are("bob", "dana")}},
				{Config: set("<developers>"), Checks: []statecheck.StateCheck{are()}},
				{Config: set("<developers>", "<dana>"), Checks: []statecheck.StateCheck{are("dana")}},
				{Config: other + strings.Replace(set("<testers>", "<dana>"), `"<testers>"`, "registry_group.other.name", 1)},
			},
			Drifts: []acctest.Drift{
				{Change: func() { change(t, env, "testers", []string{"bob"}, nil) }, Expect: plancheck.ResourceActionUpdate},
				{Change: func() { change(t, env, "testers", nil, []string{"dana"}) }, Expect: plancheck.ResourceActionUpdate},
				{
					Change: func() {
						testers, err := env.Registry.Groups.FindByName(t.Context(), env.Name("testers"))
						if err == nil {
							err = env.Registry.Groups.Delete(t.Context(), testers.ID)
						}
						if err != nil {
							t.Fatal(err)
						}
					},
					Expect: plancheck.ResourceActionCreate,
				},
			},
		})
		expectMembers(t, env, "developers")()
	})
}

// It owns the whole set from the first apply on, also more of it than a registry answers at a time, and takes away only
// what it knows.
func TestMembersIsAuthoritative(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it fills a group with hundreds of users in the store")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		var many []string
		env.Server.Store.Update(func(s *state.State) {
			group := s.GroupByName("developers")
			for i := range 230 {
				name := fmt.Sprintf("user%03d", i)
				many = append(many, name)
				s.Users = append(s.Users, &state.User{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Username: name, Active: true, AuthProvider: "local"})
				group.Members = append(group.Members, state.Member{UserID: s.UserByName(name).ID})
			}
		})
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			AdditionalCLIOptions:     &resource.AdditionalCLIOptions{Plan: resource.PlanOptions{NoRefresh: true}},
			Steps: []resource.TestStep{
				{Config: env.Config(set("<developers>", many[:225]...))},
				{PreConfig: expectMembers(t, env, "developers", many[:225]...), Config: env.Config(set("<developers>", "<alice>", "<bob>"))},
				{
					PreConfig: func() {
						expectMembers(t, env, "developers", "alice", "bob")()
						change(t, env, "developers", []string{"dana"}, []string{"bob"})
					},
					Config: env.Config(set("<developers>", "<alice>", "<bob>")), Destroy: true,
				},
			},
		})
		expectMembers(t, env, "developers", "dana")()
	})
}

func TestMembersOfAGroupThatIsGone(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		makeGroup(t, env, "team")
		removeGroup := func() {
			g, err := env.Registry.Groups.FindByName(t.Context(), env.Name("team"))
			if err == nil {
				err = env.Registry.Groups.Delete(t.Context(), g.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		env.Test(
			t,
			resource.TestStep{Config: env.Config(set("<team>", "<alice>"))},
			resource.TestStep{PreConfig: removeGroup, Config: env.Config(set("<team>", "<alice>")), ExpectError: env.ExpectText(`There is no group "<team>"`)},
		)
	})
}

// A group renamed elsewhere is still the same group: nothing leaves the state, and the plan says what became of it.
func TestMembersOfARenamedGroup(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, devregistry.ArtifactKeeper)
	people(t, env)
	rename := func(from, to string) func() {
		return func() {
			g, err := env.Registry.Groups.FindByName(t.Context(), env.Name(from))
			if err == nil {
				_, err = env.Registry.Groups.Update(t.Context(), g.ID, registry.GroupSpec{Name: env.Name(to)})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	only := func(group string) string { return env.Config(set(group, "<alice>")) }
	env.Test(
		t,
		resource.TestStep{Config: only("<developers>")},
		resource.TestStep{
			PreConfig: rename("developers", "engineers"), Config: only("<developers>"),
			ExpectError: env.ExpectText(`There is no group "<developers>"`),
		},
		resource.TestStep{Config: only("<engineers>")},
		resource.TestStep{PreConfig: rename("engineers", "developers"), Config: only("<developers>")},
	)
}

func TestMembersBadInput(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		people(t, env)
		handOver(t, env, "synchronised", "ldap")
		for name, c := range map[string]struct {
			body string
			says []string
		}{
			"unknown group":    {set("<nobodies>", "<alice>"), []string{`There is no group "<nobodies>"`}},
			"unknown user":     {set("<developers>", "<alice>", "<nobody>"), []string{`Cannot change the members of group "<developers>"`, `There is no user "<nobody>"`}},
			"nameless user":    {set("<developers>", ""), []string{`length must be at least 1`}},
			"padded user":      {set("<developers>", " <alice>"), []string{`Invalid user name " <alice>"`, `white space`}},
			"owned by sign-on": {set("<synchronised>", "<alice>"), []string{`The members of group "<synchronised>" come from ldap`, `single sign-on`}},
		} {
			if name == "owned by sign-on" && env.Server == nil {
				continue // only a directory can make such a group
			}
			t.Run(name, func(t *testing.T) {
				resource.Test(t, resource.TestCase{
					ProtoV6ProviderFactories: acctest.Factories(),
					Steps:                    []resource.TestStep{{Config: env.Config(c.body), ExpectError: env.ExpectText(c.says...)}},
				})
				if got := members(t, env, "developers"); !slices.Equal(got, nil) {
					t.Errorf("a failed apply left %v in the group", got)
				}
			})
		}
	})
}
