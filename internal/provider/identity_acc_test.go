package provider_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// known are objects of every type that a query finds, made behind Terraform's back, with what names each of them.
type known struct{ object, identity, config string }

func makeKnown(t *testing.T, env *acctest.Env) []known {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, reg := t.Context(), env.Registry
	user, err := reg.Users.Create(ctx, registry.UserSpec{Username: "quinn", Email: "quinn@example.com", Enabled: true})
	must(err)
	_, err = reg.Groups.Create(ctx, registry.GroupSpec{Name: "crew", Members: []string{"quinn"}})
	must(err)
	_, err = reg.Permissions.Create(ctx, registry.PermissionSpec{
		Name: "npm-private", Repositories: []string{"npm-private"}, Groups: map[string][]string{"crew": {"read"}},
	})
	must(err)
	token, err := reg.Tokens.Mint(ctx, registry.TokenSpec{
		UserID: user.ID, Username: "quinn", Label: "laptop", Scopes: reg.Capabilities.DefaultTokenScopes,
		Expiry: registry.Expiry{Duration: 30 * 24 * time.Hour},
	})
	must(err)
	return []known{
		{"user", `username = "quinn"`, `email = "quinn@example.com"`},
		{"group", `name = "crew"`, `members = ["quinn"]`},
		{"permission", `name = "npm-private"`, `repositories = ["npm-private"]` + "\n groups = { crew = [\"read\"] }"},
		{"token", fmt.Sprintf("username = \"quinn\"\n id = %q", token.ID), `description = "laptop"` + "\n depends_on = [registry_user.test]"},
	}
}

// imports writes the objects and how to import them, each by its identity and what is added to that.
func imports(objects []known, more string) string {
	var b strings.Builder
	for _, k := range objects {
		arguments := k.identity
		if name, _, found := strings.Cut(k.identity, "\n"); found {
			arguments = name
		}
		fmt.Fprintf(&b, "resource \"registry_%s\" \"test\" {\n %s\n %s\n}\n", k.object, arguments, k.config)
		fmt.Fprintf(&b, "import {\n to = registry_%s.test\n identity = {\n %s\n %s\n }\n}\n", k.object, k.identity, more)
	}
	return b.String()
}

func TestImportByIdentity(t *testing.T) {
	t.Parallel()
	acctest.Requires(t, acctest.FeatureIdentity)
	for name, server := range map[string]func(url string) string{
		"without a server": func(string) string { return "" },
		"with its URL":     func(url string) string { return fmt.Sprintf("server = %q", url) },
		"written otherwise": func(url string) string {
			return fmt.Sprintf("server = %q", strings.Replace(url, "https", "HTTPS", 1)+"/")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
				objects := makeKnown(t, env)
				var checks []statecheck.StateCheck
				for _, k := range objects {
					checks = append(checks, statecheck.ExpectIdentity("registry_"+k.object+".test", identityOf(env, k)))
				}
				env.Test(t, resource.TestStep{
					Config:            env.Config(imports(objects, server(env.Registry.Server.URL))),
					ConfigStateChecks: checks,
					ConfigPlanChecks: resource.ConfigPlanChecks{
						PreApply:             []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}, // imports, and no change
						PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
					},
				})
			})
		})
	}
}

// identityOf is what the state must call an object.
func identityOf(env *acctest.Env, k known) map[string]knownvalue.Check {
	checks := map[string]knownvalue.Check{"server": knownvalue.StringExact(env.Registry.Server.URL)}
	for line := range strings.SplitSeq(k.identity, "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		checks[name] = knownvalue.StringExact(strings.Trim(value, `"`))
	}
	return checks
}

func TestImportByIdentityBadInput(t *testing.T) {
	t.Parallel()
	acctest.Requires(t, acctest.FeatureIdentity)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		objects := makeKnown(t, env)
		missing := map[string]string{
			"user":       `username = "nobody"`,
			"group":      `name = "nobody"`,
			"permission": `name = "nothing"`,
			"token":      "username = \"quinn\"\n id = \"00000000-0000-4000-8000-000000000000\"",
		}
		for _, k := range objects {
			only := []known{{k.object, k.identity, strings.Split(k.config, "\n depends_on")[0]}}
			gone := []known{{k.object, missing[k.object], only[0].config}}
			leaving(t,
				resource.TestStep{
					Config:      env.Config(imports(only, `server = "https://other.example.com"`)),
					ExpectError: acctest.ExpectText("The identity is of another server", "https://other.example.com", env.Registry.Server.URL),
				},
				resource.TestStep{
					Config:      env.Config(imports(only, `server = "://"`)),
					ExpectError: acctest.ExpectText("Invalid server in the identity"),
				},
				resource.TestStep{
					Config:      env.Config(imports(gone, "")),
					ExpectError: acctest.ExpectText("Cannot import " + k.object),
				},
			)
		}
	})
}

// leaving runs steps that leave behind what was made before them.
func leaving(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: steps})
}

// Artifact Keeper renames groups in place, and the identities of what hangs on the name follow. This is what every command
// line tool is told; TestGroupRename and its siblings see those that know identities accept it.
func TestIdentityFollowsARename(t *testing.T) {
	t.Parallel()
	members := []string{"alice"}
	for _, r := range []struct {
		resource, name string
		config         map[string]any
	}{
		{"registry_group", "name", nil},
		{"registry_group_members", "group", map[string]any{"members": members}},
		{"registry_group_membership", "group", map[string]any{"username": "alice"}},
	} {
		t.Run(r.resource, func(t *testing.T) {
			t.Parallel()
			env := acctest.StartEmbedded(t, "artifact_keeper")
			group, err := env.Registry.Groups.Create(t.Context(), registry.GroupSpec{Name: "team"})
			if err != nil {
				t.Fatal(err)
			}
			core, block, state := env.Core(t), plugintest.Resource{Type: r.resource}, plugintest.State{}
			named := func(name string) plugintest.Resource {
				block.Config = map[string]any{r.name: name}
				maps.Copy(block.Config, r.config)
				return block
			}
			if r.resource == "registry_group" {
				state, _, err = core.Import(t.Context(), r.resource, "team")
			} else {
				state, _, err = core.Apply(t.Context(), named("team"), state)
			}
			if err != nil {
				t.Fatal(err)
			}
			expectIdentity(t, core, r.resource, state, r.name, "team", env)
			if r.resource != "registry_group" { // which renames it itself
				if _, err := env.Registry.Groups.Update(t.Context(), group.ID, registry.GroupSpec{Name: "crew"}); err != nil {
					t.Fatal(err)
				}
			}
			state, report, err := core.Apply(t.Context(), named("crew"), state)
			if want := map[bool]plugintest.Action{true: plugintest.Update, false: plugintest.NoOp}[r.resource == "registry_group"]; err != nil || report.Action != want {
				t.Fatalf("the rename plans to %s: %v", report.Action, err)
			}
			again, err := core.Plan(t.Context(), named("crew"), state)
			if err != nil || again.Action != plugintest.NoOp {
				t.Errorf("the second plan is to %s: %v", again.Action, err)
			}
			expectIdentity(t, core, r.resource, state, r.name, "crew", env)
		})
	}
}

func expectIdentity(t *testing.T, core *plugintest.Core, resource string, state plugintest.State, attribute, name string, env *acctest.Env) {
	t.Helper()
	identity, err := core.Identity(t.Context(), resource, state.Current)
	if err != nil {
		t.Fatal(err)
	}
	if identity[attribute] != name || identity["server"] != env.Registry.Server.URL {
		t.Errorf("the identity is %v, want %s %q", identity, attribute, name)
	}
}
