package ldap_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func TestSettingsBadInput(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		of := func(url, base, more string) string {
			return settings(fmt.Sprintf("name = \"corp\"\n url = %q\n base_dn = %q\n%s", url, base, more))
		}
		const address, base, filter = "ldaps://ldap.example.com", "dc=example,dc=com", "search_filter = \"(uid={0})\"\n"
		cases := map[string]struct {
			config string
			says   []string
		}{
			"another scheme":       {of("https://ldap.example.com", base, filter), []string{`Invalid LDAP URL`, `ldap:// or ldaps://`}},
			"a base DN in the URL": {of("ldap://ldap.example.com/dc=example,dc=com", base, filter), []string{`Invalid LDAP URL`, `belongs in base_dn`}},
			"a broken DN":          {of(address, "dc=example,dc", filter), []string{`Invalid DN`, `"dc=example,dc"`}},
			"a broken filter":      {of(address, base, `search_filter = "(uid={0}"`), []string{`Invalid LDAP filter`, `"(uid={0}"`}},
			"a filter for all":     {of(address, base, `search_filter = "(uid=*)"`), []string{`Invalid LDAP filter`, `lacks {0}`}},
			"a manager without a password": {
				of(address, base, filter+`manager_dn = "cn=reader,dc=example,dc=com"`), []string{`The manager's password is missing`, `search anonymously`},
			},
			"a password without a manager": {of(address, base, filter+`manager_password_wo = "x"`), []string{`manager_dn`}},
			"a padded name":                {settings("name = \" corp\"\n url = \"" + address + "\"\n base_dn = \"\"\n" + filter + "search_bases = [\"ou=people\"]"), []string{`Invalid name " corp"`}},
		}
		add := func(name, config string, says ...string) {
			cases[name] = struct {
				config string
				says   []string
			}{config, says}
		}
		if env.IsArtifactKeeper() {
			add("the other registry's block", of(address, base, filter+"artifactory = { auto_create_user = true }"), `This registry is Artifact Keeper`)
			add("two search bases", of(address, base, filter+"search_bases = [\"ou=a\", \"ou=b\"]"), `searches in one place`)
			add("no base", of(address, "", filter), `needs a base DN`)
			add("StartTLS twice", of(address, base, filter+"artifact_keeper = { use_starttls = true }"), `encrypted already`)
			add("a private address", of("ldap://10.0.0.5", base, filter), `Cannot create LDAP settings "corp"`, `private or internal address`, `AK_SSRF_ALLOW_PRIVATE_CIDRS`)
		} else {
			add("the other registry's block", of(address, base, filter+"artifact_keeper = { priority = 1 }"), `This registry is JFrog Artifactory`)
			add("nobody to be found", of(address, base, ""), `Nobody could be found`)
			add("a pattern without a place", of(address, base, "artifactory = { user_dn_pattern = \"uid=x,ou=people\" }"), `Invalid DN pattern`, `lacks {0}`)
		}
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				env.Test(t, resource.TestStep{Config: env.Config(c.config), ExpectError: acctest.ExpectText(c.says...)})
			})
		}
	})
}

func TestSettingsDuplicate(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		twin := "resource \"registry_ldap_settings\" \"twin\" {\n name = registry_ldap_settings.test.name\n url = \"ldap://b.example.com\"\n base_dn = \"dc=b\"\n search_filter = \"(cn={0})\"\n}\n"
		env.Test(t, resource.TestStep{
			Config: env.Config(corp("") + twin), ExpectError: acctest.ExpectText(`Cannot create LDAP settings "corp"`, `Import it`),
		})
	})
}

// Artifactory's API addresses settings by name; Artifact Keeper never forgets some fields.
func TestSettingsReplace(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		full := "artifact_keeper = {\n group_base_dn = \"ou=groups,dc=example,dc=com\"\n group_filter = \"(member={0})\"\n}"
		if !env.IsArtifactKeeper() {
			full = ""
		}
		renamed := settings("name = \"other\"\n url = \"ldaps://ldap.example.com\"\n base_dn = \"dc=example,dc=com\"\n search_filter = \"(uid={0})\"\n" + full)
		steps := []resource.TestStep{
			{Config: env.Config(corp(full))},
			{Config: env.Config(renamed), ConfigPlanChecks: plans(settingsAddress, acctest.Pick(env, plancheck.ResourceActionReplace, plancheck.ResourceActionUpdate))},
		}
		if env.IsArtifactKeeper() {
			emptied := settings("name = \"other\"\n url = \"ldaps://ldap.example.com\"\n base_dn = \"dc=example,dc=com\"\n artifact_keeper = { group_base_dn = \"ou=groups,dc=example,dc=com\" }")
			steps = append(steps, resource.TestStep{Config: env.Config(emptied), ConfigPlanChecks: plans(settingsAddress, plancheck.ResourceActionReplace)})
		}
		env.Test(t, steps...)
	})
}

// The answer to the create is lost, the settings are not.
func TestSettingsLostAnswer(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it loses an answer")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		endpoint := acctest.Pick(env, "POST /access/api/v1/ldap/settings", "POST /api/v1/admin/sso/ldap")
		if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: endpoint, Kind: devregistry.FaultResetAfter}); err != nil {
			t.Fatal(err)
		}
		env.Test(t, resource.TestStep{
			Config:           env.Config(corp("")),
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		})
	})
}

// Artifact Keeper tells that it has lost the password; then the version that it had is sent again.
func TestSettingsPasswordLost(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	env := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	config := env.Config(managed("first", 1, ""))
	env.Test(t,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig: func() {
				env.Server.Store.Update(func(st *state.State) { st.ArtifactKeeper.SSO[0].Secrets = map[string]string{} })
			},
			Config: config, ConfigPlanChecks: plans(settingsAddress, plancheck.ResourceActionUpdate),
		},
		resource.TestStep{PreConfig: hasPassword(t, env, "first"), Config: config, PlanOnly: true},
	)
}
