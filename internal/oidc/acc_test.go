package oidc_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

const (
	providerAddress = "registry_oidc_provider.test"
	mappingAddress  = "registry_oidc_mapping.test"
	why             = "an issuer that is trusted changes who can sign in"
)

func issuer(body string) string {
	return "resource \"registry_oidc_provider\" \"test\" {\n name = \"ci\"\n" + body + "\n}\n"
}

const at = "issuer_url = \"https://token.actions.example.com\"\n"

func plans(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{
		PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)},
		PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}
}

func value(address, attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
}

func TestProviderLifecycle(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		updates := []acctest.Update{
			{Config: issuer("issuer_url = \"https://gitlab.example.com\"")}, {Config: issuer(at + `audience = "registry"`)},
		}
		rest := map[string]string{"sign_in": "TestSignInLifecycle"}
		if env.IsArtifactKeeper() {
			rest["artifactory"], rest["name"] = "is of the other registry", "TestProviderRename"
			updates = append(updates, acctest.Update{Config: issuer(at + `artifact_keeper = { enabled = false }`)}, acctest.Update{Config: issuer(at + `artifact_keeper = { provider_type = "gitlab" }`)})
		} else {
			rest["artifact_keeper"], rest["name"] = "is of the other registry", "TestProviderRename"
			for _, own := range []string{
				`provider_type = "GitHub"`, `description = "CI"`, `organization = "acme"`, `project_key = "acme"`, `token_issuer = "https://sts.example.com"`, `azure_app_id = "1"`,
				`use_default_proxy = true`, `enable_permissive_configuration = true`, ``,
			} {
				updates = append(updates, acctest.Update{Config: issuer(at + "artifactory = {\n" + own + "\n}")})
			}
		}
		env.Live(t, acctest.Lifecycle{
			Address: providerAddress, Create: issuer(at), ImportIDs: []string{"ci"}, Updates: updates, Rest: rest,
			Checks: []statecheck.StateCheck{value(providerAddress, "audience", acctest.Pick[knownvalue.Check](env, knownvalue.Null(), knownvalue.StringExact("artifact-keeper")))},
			Drifts: []acctest.Drift{{
				Change: func() {
					found, err := env.Registry.OIDCProviders.Find(t.Context(), "ci")
					if err == nil {
						err = env.Registry.OIDCProviders.Delete(t.Context(), found.ID, false)
					}
					if err != nil {
						t.Fatal(err)
					}
				},
				Expect: plancheck.ResourceActionCreate,
			}},
		})
	})
}

func TestProviderRename(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		renamed := "resource \"registry_oidc_provider\" \"test\" {\n name = \"other\"\n" + at + "}"
		env.Test(
			t,
			resource.TestStep{Config: env.Config(issuer(at))},
			resource.TestStep{Config: env.Config(renamed), ConfigPlanChecks: plans(providerAddress, acctest.Pick(env, plancheck.ResourceActionReplace, plancheck.ResourceActionUpdate))},
		)
	})
}

func signIn(version int, more string) string {
	return issuer(at + fmt.Sprintf("sign_in = {\n client_id = \"registry\"\n client_secret_wo = \"secret-%d\"\n client_secret_wo_version = %d\n%s\n}", version, version, more))
}

func TestSignInLifecycle(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	secret := func(want string) func() {
		return func() {
			env.Server.Store.View(func(st *state.State) {
				if got := st.ArtifactKeeper.SSO[0].Secrets["client_secret"]; got != want {
					t.Errorf("the registry has the secret %q, want %q", got, want)
				}
			})
		}
	}
	env.Live(t, acctest.Lifecycle{
		Address: providerAddress, Create: signIn(1, ""), ImportIDs: []string{"ci"}, ImportIgnore: []string{"sign_in.client_secret_wo_version"},
		Updates: []acctest.Update{
			{Config: signIn(2, `attribute_mapping = jsonencode({ groups_claim = "groups", fetch_userinfo_groups = true })`)},
			{Config: signIn(2, `attribute_mapping = jsonencode({ groups_claim = "roles" })`)},
			{Config: signIn(2, `scopes = ["openid", "groups"]`)},
			{Config: signIn(2, `auto_create_users = false`)},
			{Config: signIn(2, `pkce_enabled = false`)},
			{Config: signIn(2, `map_groups_to_groups = true`)},
			{Config: signIn(2, `allow_legacy_rsa_keys = true`)},
			{Config: signIn(2, "")},
		},
		Drifts: []acctest.Drift{{
			Change: func() {
				secret("secret-2")()
				env.Server.Store.Update(func(st *state.State) { st.ArtifactKeeper.SSO[0].Secrets = map[string]string{} })
			},
			Expect: plancheck.ResourceActionUpdate,
		}, {
			Change: secret("secret-2"), Expect: plancheck.ResourceActionNoop,
		}},
	})
}

func mapping(body string) string {
	return issuer(at) + "resource \"registry_oidc_mapping\" \"test\" {\n provider_id = registry_oidc_provider.test.id\n name = \"app\"\n" + body + "\n}\n"
}

// A sign_in that another resource decides is judged when it is known.
func TestSignInUnknownAtPlan(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	config := func(trigger, more string) string {
		return env.Config(`
resource "terraform_data" "settings" {
  triggers_replace = "` + trigger + `"
}
` + issuer(at+`sign_in = terraform_data.settings.id == "" ? null : { client_id = "registry", client_secret_wo = "secret", client_secret_wo_version = 1`+more+` }`))
	}
	env.Test(
		t,
		resource.TestStep{Config: config("1", ""), Check: resource.TestCheckResourceAttr(providerAddress, "sign_in.pkce_enabled", "true")},
		resource.TestStep{
			Config: config("2", ", pkce_enabled = false"), ConfigPlanChecks: plans(providerAddress, plancheck.ResourceActionUpdate),
			Check: resource.TestCheckResourceAttr(providerAddress, "sign_in.pkce_enabled", "false"),
		},
	)
}

func TestMappingLifecycle(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		base := func(priority int, claims, own string) string {
			return mapping(fmt.Sprintf("priority = %d\n claims = jsonencode({ repository = %q })\n%s = {\n%s\n}", priority, claims, acctest.Pick(env, "artifactory", "artifact_keeper"), own))
		}
		first := acctest.Pick(env, `username = "alice"`, ``)
		updates := []acctest.Update{{Config: base(2, "acme/app", first)}, {Config: base(2, "acme/other", first)}}
		rest := map[string]string{"provider_id": "replaces the mapping", "name": "replaces it on Artifactory"}
		if env.IsArtifactKeeper() {
			rest["artifactory"] = "is of the other registry"
			updates = append(updates, acctest.Update{Config: base(2, "acme/other", `enabled = false`)}, acctest.Update{Config: base(2, "acme/other", `allowed_repositories = ["npm-private"]`)},
				acctest.Update{Config: base(2, "acme/other", `allowed_repositories = []`)})
		} else {
			rest["artifact_keeper"] = "is of the other registry"
			for _, own := range []string{
				`username_pattern = "{{sub}}"`, `groups_pattern = "{{group}}"`, `scope = "applied-permissions/user"`, `audience = "jfrt@*"`, `expires_in = "10m"`, `description = "words"`,
				`project_key = "acme"`,
			} {
				updates = append(updates, acctest.Update{Config: base(2, "acme/other", own)})
			}
		}
		env.Live(t, acctest.Lifecycle{
			Address: mappingAddress, Create: base(1, "acme/app", first), ImportIDs: []string{"ci/app"}, Updates: updates, Rest: rest,
			Checks: []statecheck.StateCheck{value(mappingAddress, "username", acctest.Pick[knownvalue.Check](env, knownvalue.Null(), knownvalue.NotNull()))},
			Drifts: []acctest.Drift{{
				Change: func() {
					provider, err := env.Registry.OIDCProviders.Find(t.Context(), "ci")
					if err != nil {
						t.Fatal(err)
					}
					found, err := env.Registry.OIDCMappings.FindByName(t.Context(), provider.ID, "app")
					if err == nil {
						err = env.Registry.OIDCMappings.Delete(t.Context(), provider.ID, found.ID)
					}
					if err != nil {
						t.Fatal(err)
					}
				},
				Expect: plancheck.ResourceActionCreate,
			}},
		})
	})
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		claims := "priority = 1\n claims = jsonencode({ sub = \"x\" })\n"
		type bad struct {
			config string
			says   []string
		}
		cases := map[string]bad{
			"plain http":     {issuer(`issuer_url = "http://issuer.example.com"`), []string{`Invalid issuer`, `https://`}},
			"no claim":       {mapping("priority = 1\n claims = jsonencode({})"), []string{`at least one claim`}},
			"claims no JSON": {mapping("priority = 1\n claims = \"sub\""), []string{`Invalid JSON`}},
		}
		if env.IsArtifactKeeper() {
			cases["the other registry's token"] = bad{mapping(claims + `artifactory = { username = "alice" }`), []string{`This registry is Artifact Keeper`}}
			cases["no secret"] = bad{issuer(at + `sign_in = { client_id = "x" }`), []string{`The client's secret is missing`}}
			cases["an audience to sign in"] = bad{issuer(at + "audience = \"x\"\n sign_in = {\n client_id = \"x\"\n client_secret_wo = \"y\"\n}"), []string{`A sign-in has no audience`}}
			cases["two scopes in one"] = bad{signIn(1, `scopes = ["openid groups"]`), []string{`Invalid scope`, `white space`}}
			cases["no repository"] = bad{mapping(claims + `artifact_keeper = { allowed_repositories = ["nowhere"] }`), []string{`There is no repository "nowhere"`}}
		} else {
			cases["a browser"] = bad{signIn(1, ""), []string{`This registry is JFrog Artifactory`}}
			cases["nobody's token"] = bad{mapping(claims), []string{`The token is missing`}}
			cases["two users"] = bad{mapping(claims + "artifactory = {\n username = \"a\"\n username_pattern = \"b\"\n}"), []string{`username_pattern`}}
		}
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{{Config: env.Config(c.config), ExpectError: acctest.ExpectText(c.says...)}}})
			})
		}
	})
}

// A limit that Artifact Keeper could not lift replaces the mapping.
func TestMappingUnlimited(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	with := func(own string) string {
		return env.Config(mapping("priority = 1\n claims = jsonencode({ sub = [\"a\", \"b\"] })\n artifact_keeper = {" + own + "}"))
	}
	env.Test(
		t,
		resource.TestStep{Config: with(`allowed_repositories = ["npm-private"]`)},
		resource.TestStep{Config: with(``), ConfigPlanChecks: plans(mappingAddress, plancheck.ResourceActionReplace)},
	)
}
