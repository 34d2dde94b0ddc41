package ldap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const (
	settingsAddress = "registry_ldap_settings.test"
	why             = "a directory that is switched on changes who can sign in"
)

func settings(body string) string {
	return fmt.Sprintf("resource \"registry_ldap_settings\" \"test\" {\n%s\n}\n", body)
}

// corp are settings with more.
func corp(more string) string {
	return settings("name = \"corp\"\n url = \"ldaps://ldap.example.com\"\n base_dn = \"dc=example,dc=com\"\n search_filter = \"(uid={0})\"\n" + more)
}

// managed is corp with a manager, whose password has a version.
func managed(password string, version int, more string) string {
	return corp(fmt.Sprintf("manager_dn = \"cn=reader,dc=example,dc=com\"\n manager_password_wo = %q\n manager_password_wo_version = %d\n%s", password, version, more))
}

func is(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(settingsAddress, tfjsonpath.New(attribute), value)
}

func within(block, attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(settingsAddress, tfjsonpath.New(block).AtMapKey(attribute), value)
}

func plans(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{
		PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)},
		PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}
}

// password is what the registry has for the manager.
func password(env *acctest.Env) string {
	var got string
	env.Server.Store.View(func(st *state.State) {
		if env.IsArtifactKeeper() {
			got = st.ArtifactKeeper.SSO[0].Secrets["bind_password"]
		} else {
			got = st.Artifactory.LDAPSettings[0].ManagerPassword
		}
	})
	return got
}

func hasPassword(t *testing.T, env *acctest.Env, want string) func() {
	return func() {
		t.Helper()
		if got := password(env); got != want {
			t.Errorf("the registry has the password %q, want %q", got, want)
		}
	}
}

func find(t *testing.T, env *acctest.Env) registry.LDAPSettings {
	t.Helper()
	found, err := env.Registry.LDAP.FindByName(t.Context(), "corp")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSettingsLifecycle(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		env.Live(t, acctest.Lifecycle{
			Address: settingsAddress, Create: corp(""), ImportIDs: []string{"corp"},
			Checks: []statecheck.StateCheck{
				is("id", acctest.Pick[knownvalue.Check](env, knownvalue.StringExact("corp"), knownvalue.StringRegexp(acctest.UUID))),
				is("enabled", knownvalue.Bool(true)), is("email_attribute", knownvalue.StringExact("mail")), is("search_bases", knownvalue.Null()),
				is("manager_dn", knownvalue.Null()), is(acctest.Pick(env, "artifact_keeper", "artifactory"), knownvalue.Null()),
				acctest.Pick(env, within("artifactory", "search_sub_tree", knownvalue.Bool(true)), within("artifact_keeper", "groups_attribute", knownvalue.StringExact("memberOf"))),
			},
			Updates: []acctest.Update{
				{Config: corp(`enabled = false`)},
				{Config: corp(`email_attribute = "userPrincipalName"`), Checks: []statecheck.StateCheck{is("enabled", knownvalue.Bool(true))}},
				{Config: corp(`search_bases = ["ou=people"]`), Checks: []statecheck.StateCheck{is("base_dn", knownvalue.StringExact("dc=example,dc=com"))}},
				{Config: strings.NewReplacer("ldap.example", "ldap2.example", "dc=com", "dc=org", "uid=", "cn=").Replace(corp(""))},
				{Config: managed("s3cret", 1, "")},
			},
			Rest: map[string]string{
				"name": "TestSettingsReplace", "manager_password_wo": "never in a plan; hasPassword looks",
				"artifactory": "TestSettingsOwnFields", "artifact_keeper": "TestSettingsOwnFields",
			},
			Drifts: []acctest.Drift{
				{
					Change: func() {
						found := find(t, env)
						spec := registry.LDAPSettingsSpec{LDAPSettings: found}
						changed := spec
						changed.URL, changed.EmailAttribute = "ldap://old.example.com", "email"
						secret := registry.NewSecret("s3cret")
						changed.ManagerPassword = &secret
						if _, err := env.Registry.LDAP.Update(t.Context(), found.ID, spec, changed); err != nil {
							t.Fatal(err)
						}
					},
					Expect: plancheck.ResourceActionUpdate,
				},
				{
					Change: func() {
						if err := env.Registry.LDAP.Delete(t.Context(), find(t, env).ID); err != nil {
							t.Fatal(err)
						}
					},
					Expect: plancheck.ResourceActionCreate,
				},
			},
		})
	})
}

// What only one registry has: every attribute changes in place, and left out again it is the default again.
func TestSettingsOwnFields(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		block := acctest.Pick(env, "artifactory", "artifact_keeper")
		with := func(body string) string { return corp(block + " = {\n" + body + "\n}") }
		updates := []acctest.Update{
			{Config: with(`user_dn_pattern = "uid={0},ou=people"`)},
			{Config: with(`search_sub_tree = false`), Checks: []statecheck.StateCheck{within(block, "user_dn_pattern", knownvalue.Null())}},
			{Config: with(`auto_create_user = false`)},
			{Config: with(`ldap_poisoning_protection = false`)},
			{Config: with(`allow_user_to_access_profile = true`)},
			{Config: with(`paging_support_enabled = false`)},
			{Config: with(``), Checks: []statecheck.StateCheck{within(block, "paging_support_enabled", knownvalue.Bool(true))}},
		}
		if env.IsArtifactKeeper() {
			updates = []acctest.Update{
				{Config: with(`username_attribute = "sAMAccountName"`)},
				{Config: with(`display_name_attribute = "displayName"`)},
				{Config: with(`groups_attribute = "isMemberOf"`)},
				{Config: with(`priority = 3`)},
				{Config: with(`insecure_skip_verify = true`)},
				{Config: with(`ca_certificate = "-----BEGIN CERTIFICATE-----"`)},
				{Config: with(``), Checks: []statecheck.StateCheck{within(block, "ca_certificate", knownvalue.Null()), within(block, "priority", knownvalue.Int64Exact(0))}},
				{Config: with("group_base_dn = \"ou=groups,dc=example,dc=com\"\n group_filter = \"(member={0})\"\n admin_group_dn = \"cn=admins,ou=groups,dc=example,dc=com\"")},
			}
		}
		env.Live(t, acctest.Lifecycle{Address: settingsAddress, Create: corp(""), ImportIDs: []string{"corp"}, Updates: updates})
	})
}

// The password goes in when it is made, when its version is raised and, where settings are replaced as a whole, with every
// change. It is never lost and never read.
func TestSettingsPassword(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		update := plans(settingsAddress, plancheck.ResourceActionUpdate)
		kept := acctest.Pick(env, "third", "second")
		steps := []resource.TestStep{
			{Config: env.Config(managed("first", 1, ""))},
			{PreConfig: hasPassword(t, env, "first"), Config: env.Config(managed("ignored", 1, "")), PlanOnly: true},
			{Config: env.Config(managed("second", 2, "")), ConfigPlanChecks: update},
			{PreConfig: hasPassword(t, env, "second"), Config: env.Config(managed("third", 2, `enabled = false`)), ConfigPlanChecks: update},
			// A manager of another name has another password.
			{PreConfig: hasPassword(t, env, kept), Config: env.Config(corp("manager_dn = \"cn=other,dc=example,dc=com\"\n manager_password_wo = \"fourth\"")), ConfigPlanChecks: update},
			{PreConfig: hasPassword(t, env, "fourth"), Config: env.Config(corp("")), ConfigPlanChecks: plans(settingsAddress, acctest.Pick(env, plancheck.ResourceActionUpdate, plancheck.ResourceActionReplace))},
			{PreConfig: hasPassword(t, env, ""), Config: env.Config(corp("")), PlanOnly: true},
		}
		env.Test(t, steps...)
	})
}

// Imported settings have a password that nobody here knows. Artifactory may forget it with the next change, so there the
// change waits for it; Artifact Keeper keeps it.
func TestSettingsImportedPassword(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		secret := registry.NewSecret("theirs")
		_, err := env.Registry.LDAP.Create(t.Context(), registry.LDAPSettingsSpec{
			LDAPSettings: registry.LDAPSettings{
				Name: "corp", Enabled: true, URL: "ldaps://ldap.example.com", BaseDN: "dc=example,dc=com", SearchFilter: "(uid={0})",
				EmailAttribute: "mail", ManagerDN: "CN=reader, DC=example, DC=com",
			},
			ManagerPassword: &secret,
		})
		if err != nil {
			t.Fatal(err)
		}
		manager := "manager_dn = \"CN=reader, DC=example, DC=com\"\n"
		steps := []resource.TestStep{
			{ResourceName: settingsAddress, ImportState: true, ImportStateId: "corp", ImportStatePersist: true, Config: env.Config(corp(manager))},
			{Config: env.Config(corp(manager)), PlanOnly: true},
		}
		if env.IsArtifactKeeper() {
			steps = append(steps, resource.TestStep{
				Config: env.Config(corp(manager + `email_attribute = "email"`)), ConfigPlanChecks: plans(settingsAddress, plancheck.ResourceActionUpdate),
			}, resource.TestStep{
				// The first version names the password that is there.
				PreConfig: hasPassword(t, env, "theirs"), Config: env.Config(corp(manager + "manager_password_wo = \"ours\"\n manager_password_wo_version = 1")),
			}, resource.TestStep{
				PreConfig: hasPassword(t, env, "theirs"), Config: env.Config(corp(manager + "manager_password_wo = \"ours\"\n manager_password_wo_version = 2")),
			})
		} else {
			steps = append(steps, resource.TestStep{
				Config: env.Config(corp(manager + `email_attribute = "email"`)), ExpectError: acctest.ExpectText("The manager's password is missing", "replaces the settings as a whole"),
			}, resource.TestStep{
				PreConfig: hasPassword(t, env, "theirs"), Config: env.Config(corp(manager + "email_attribute = \"email\"\n manager_password_wo = \"ours\"")),
				ConfigPlanChecks: plans(settingsAddress, plancheck.ResourceActionUpdate),
			})
		}
		env.Test(t, append(steps, resource.TestStep{PreConfig: hasPassword(t, env, "ours"), Config: steps[len(steps)-1].Config, PlanOnly: true}, resource.TestStep{
			Config: env.Config(""), Destroy: false,
		})...)
	})
}
