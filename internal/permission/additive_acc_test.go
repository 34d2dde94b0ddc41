package permission_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// theirs is a rule on the npm repository that another configuration made.
func theirs(t *testing.T, env *acctest.Env) {
	t.Helper()
	spec := registry.PermissionSpec{
		Name: env.Name("npm-private/permission"), Repositories: []string{env.Name("npm-private")}, Additive: true, Users: map[string][]string{env.Name("bob"): {"read"}},
	}
	if _, err := env.Registry.Permissions.Create(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

func expectUsers(t *testing.T, env *acctest.Env, want map[string]string) func() {
	return func() {
		t.Helper()
		got := current(t, env, "<npm-private/permission>").Users
		if len(got) != len(want) {
			t.Errorf("users are %v, want %v", got, want)
		}
		for name, action := range want {
			if len(got[env.Name(name)]) != 1 || got[env.Name(name)][0] != action {
				t.Errorf("%s may %v, want %s", name, got[env.Name(name)], action)
			}
		}
	}
}

func TestPermissionAdditive(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, devregistry.ArtifactKeeper)
	people(t, env)
	env.Repositories(t, "npm-private")
	theirs(t, env)
	additive := func(users string) string { return env.Config(on("additive = true\n users = {" + users + "}")) }
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config:            additive(`<alice> = ["read"]`),
				ConfigPlanChecks:  resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				ConfigStateChecks: []statecheck.StateCheck{is("users", may(env, map[string][]string{"alice": {"read"}}))},
			},
			// What others change is theirs.
			{PreConfig: change(t, env, func(s *registry.PermissionSpec) { s.Users[env.Name("bob")] = []string{"write"} }), Config: additive(`<alice> = ["read"]`), PlanOnly: true},
			{
				PreConfig: expectUsers(t, env, map[string]string{"alice": "read", "bob": "write"}), Config: additive(`<dana> = ["read"]`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)}},
			},
			// A rule of another configuration is not overwritten.
			{
				PreConfig: expectUsers(t, env, map[string]string{"dana": "read", "bob": "write"}),
				Config: additive(`<dana> = ["read"]`) + env.Expand(`
					resource "registry_permission" "second" {
						name         = "<npm-private>"
						repositories = ["<npm-private>"]
						additive     = true
						users        = { <bob> = ["delete"] }
					}`),
				ExpectError: env.ExpectText(`Cannot create permission "<npm-private/permission>"`, "already grants rights to user <bob>"),
			},
			{PreConfig: change(t, env, func(s *registry.PermissionSpec) { delete(s.Users, env.Name("dana")) }), Config: additive(`<dana> = ["read"]`)},
			// It becomes the only owner, and the others go.
			{PreConfig: expectUsers(t, env, map[string]string{"dana": "read", "bob": "write"}), Config: env.Config(on(`users = { <dana> = ["read"] }`))},
			{PreConfig: expectUsers(t, env, map[string]string{"dana": "read"}), Config: additive(`<dana> = ["read"]`)},
			{PreConfig: change(t, env, func(s *registry.PermissionSpec) { s.Users[env.Name("bob")] = []string{"read"} }), Config: additive(`<dana> = ["read"]`), PlanOnly: true},
		},
	})
	expectUsers(t, env, map[string]string{"bob": "read"})()
}

// An import owns every rule; made additive, it lets go of those it does not name.
func TestPermissionAdditiveAfterImport(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, devregistry.ArtifactKeeper)
	people(t, env)
	env.Repositories(t, "npm-private")
	theirs(t, env)
	change(t, env, func(s *registry.PermissionSpec) { s.Users[env.Name("alice")] = []string{"read"} })()
	config := env.Config(on("additive = true\n users = { <alice> = [\"write\"] }"))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{ResourceName: address, ImportState: true, ImportStateId: env.Name("npm-private/permission"), ImportStatePersist: true, Config: config},
			{Config: config, ConfigStateChecks: []statecheck.StateCheck{is("users", may(env, map[string][]string{"alice": {"write"}}))}},
			{PreConfig: expectUsers(t, env, map[string]string{"alice": "write", "bob": "read"}), Config: config, PlanOnly: true},
		},
	})
	expectUsers(t, env, map[string]string{"bob": "read"})()
}

// Rules outlive their principals. They grant nothing and are swept out with the permission, since they keep the
// repository's rules switched on.
func TestPermissionSweepsOrphans(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it plants a rule for nobody in the store")
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	env.Repositories(t, "npm-private")
	env.Test(
		t,
		resource.TestStep{Config: env.Config(on(`users = { <alice> = ["read"] }`))},
		resource.TestStep{
			PreConfig: func() {
				env.Server.Store.Update(func(s *state.State) {
					s.Rows = append(s.Rows, &state.PermissionRow{
						ID: "6f1c1f0e-3f4a-4d51-9f0a-5a9d8a2b7c11", PrincipalType: "user", PrincipalID: "0b7a4b1e-52f1-4f0c-9a51-8d3c1f6e2a77",
						TargetType: "repository", TargetID: s.RepositoryByKey("npm-private").ID, Actions: []string{"read"},
					})
				})
			},
			Config: env.Config(on(`users = { <alice> = ["read"] }`)), PlanOnly: true,
		},
	)
}

// Service accounts are named like users, and filed apart by the registry.
func TestPermissionOfAServiceAccount(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it needs a service account, which the provider does not make")
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	env.Repositories(t, "npm-private")
	env.Live(t, acctest.Lifecycle{
		Address: address, Create: on(`users = { svc-builder = ["read"] }`), ImportIDs: []string{"<npm-private/permission>"},
		Checks: []statecheck.StateCheck{is("users", may(env, map[string][]string{"svc-builder": {"read"}})), is("groups", knownvalue.Null())},
	})
}
