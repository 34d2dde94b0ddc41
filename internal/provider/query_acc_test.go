package provider_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/querycheck/queryfilter"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// estate fills a registry as a company has it before it knows Terraform: people of every kind, one group of them all,
// permissions, and ten tokens of alice, one of them without an end.
func estate(t *testing.T, env *acctest.Env, users int) {
	t.Helper()
	env.Server.Store.Update(func(s *state.State) {
		made, realm, about := s.Groups[0].CreatedAt, acctest.Pick(env, "internal", "local"), "Everybody's \"team\" ${x}"
		team := &state.Group{ID: uuid.NewString(), Name: "team", Description: &about, Realm: realm, CreatedAt: made}
		for i := range users {
			name := fmt.Sprintf("person-%04d", i)
			u := &state.User{
				ID: uuid.NewString(), Username: name, Email: name + "@example.com", Active: i%7 != 0, Admin: i%100 == 1,
				AuthProvider: realm, ProfileUpdate: i%2 == 0, CreatedAt: made,
			}
			if i%10 == 0 {
				u.AuthProvider = "ldap"
			}
			if env.IsArtifactKeeper() && i%3 == 0 {
				u.DisplayName, u.DisplayNameSet = fmt.Sprintf("Person \"%d\" ${x}", i), true
			}
			s.Users = append(s.Users, u)
			team.Members = append(team.Members, state.Member{UserID: u.ID})
		}
		s.Groups = append(s.Groups, team)
	})
	for _, repository := range []string{"npm-private", "go-private", "pypi-private"} {
		_, err := env.Registry.Permissions.Create(t.Context(), registry.PermissionSpec{
			Name: repository, Repositories: []string{repository}, Users: map[string][]string{"alice": {"read"}},
			Groups: map[string][]string{"team": {"read", "write"}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	alice, err := env.Registry.Users.FindByUsername(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		_, err = env.Registry.Tokens.Mint(t.Context(), registry.TokenSpec{
			UserID: alice.ID, Username: alice.Username, Label: fmt.Sprintf("laptop %d", i), Scopes: env.Registry.Capabilities.DefaultTokenScopes,
			Expiry: registry.Expiry{Never: i == 0, Duration: time.Duration(30+i) * 24 * time.Hour},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	env.Rebase()
}

// A query writes the configuration of what a registry holds. Applying that imports everything and changes nothing.
func TestQueryWritesConfiguration(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it fills the store with hundreds of accounts")
	acctest.Requires(t, acctest.FeatureQuery)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		const users = 500
		estate(t, env, users)
		cli := acctest.NewCLI(t, map[string]func() (tfprotov6.ProviderServer, error){
			"registry-identity/registry": acctest.Factories()["registry"],
		})
		cli.Write("main.tf", env.Provider())
		cli.Write("estate.tfquery.hcl", `
			list "registry_user" "all" {
				provider = registry
				limit    = 1000
			}
			list "registry_group" "all" { provider = registry }
			list "registry_permission" "all" { provider = registry }
			list "registry_token" "all" {
				provider = registry
				config { username = "alice" }
			}`)
		cli.Run("init", "-no-color")
		env.Server.Log.Reset()
		began := time.Now()
		cli.Run("query", "-no-color", "-generate-config-out=generated.tf")
		queried, requests := time.Since(began), len(env.Server.Log.Entries())

		env.Server.Log.Reset()
		began = time.Now()
		plan, printed := cli.Plan()
		planned := time.Since(began)
		t.Logf("query: %s, %d requests; plan: %s, %d requests; %d bytes of configuration", queried.Round(time.Millisecond), requests,
			planned.Round(time.Millisecond), len(env.Server.Log.Entries()), len(cli.Read("generated.tf")))
		// All people: alice and others who came with the registry, but not its service account.
		want := users + acctest.Pick(env, 6, 5) + 3 + 3 + 10
		if summary := fmt.Sprintf("Plan: %d to import, 0 to add, 0 to change, 0 to destroy.", want); !strings.Contains(printed, summary) {
			t.Errorf("the plan does not say %q", summary)
		}
		for _, change := range acctest.Changes(plan) {
			t.Error(change)
		}
		cli.Run("apply", "-no-color", "-input=false", "plan.bin")
		if err := env.CheckUnchanged(nil); err != nil {
			t.Error(err)
		}
		if _, again := cli.Plan("-detailed-exitcode"); !strings.Contains(again, "No changes.") {
			t.Errorf("after the import the plan is not empty:\n%s", again)
		}
	})
}

func TestQuery(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it fills the store with hundreds of accounts")
	acctest.Requires(t, acctest.FeatureQuery)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		estate(t, env, 250)
		tests := []struct {
			object, arguments, filter string
			length                    int
			identity                  map[string]knownvalue.Check
			attribute                 string
			value                     knownvalue.Check
		}{
			{
				"user", "limit = 1000", "username_contains = \"person-01\"", 100,
				map[string]knownvalue.Check{"username": knownvalue.StringExact("person-0142")},
				"email", knownvalue.StringExact("person-0142@example.com"),
			},
			{
				"user", "limit = 3", "username_contains = \"alice\"", 1,
				map[string]knownvalue.Check{"username": knownvalue.StringExact("alice")},
				"deletion_policy", knownvalue.StringExact("delete"),
			},
			{
				"group", "", "name_contains = \"team\"", 1,
				map[string]knownvalue.Check{"name": knownvalue.StringExact("team")},
				"members", knownvalue.SetSizeExact(250),
			},
			{
				"permission", "", "name_contains = \"-private\"", 3,
				map[string]knownvalue.Check{"name": knownvalue.StringExact("npm-private")},
				"repositories", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("npm-private")}),
			},
			{
				"token", "", "username = \"alice\"\n description_contains = \"laptop 3\"", 1,
				map[string]knownvalue.Check{"username": knownvalue.StringExact("alice"), "id": knownvalue.NotNull()},
				"description", knownvalue.StringExact("laptop 3"),
			},
		}
		steps := []resource.TestStep{{Config: env.Config("")}}
		for _, test := range tests {
			address := "registry_" + test.object + ".found"
			test.identity["server"] = knownvalue.StringExact(env.Registry.Server.URL)
			steps = append(steps, resource.TestStep{
				Query: true,
				Config: fmt.Sprintf("list \"registry_%s\" \"found\" {\n provider = registry\n include_resource = true\n %s\n config {\n %s\n }\n}\n",
					test.object, test.arguments, test.filter),
				QueryResultChecks: []querycheck.QueryResultCheck{
					querycheck.ExpectLength(address, test.length),
					querycheck.ExpectIdentity(address, test.identity),
					querycheck.ExpectResourceKnownValues(address, queryfilter.ByResourceIdentity(test.identity), []querycheck.KnownValueCheck{
						{Path: tfjsonpath.New(test.attribute), KnownValue: test.value},
					}),
				},
			})
		}
		env.Test(t, steps...)
	})
}
