package ldap_test

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
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/slapdtest"
)

const groupsAddress = "registry_ldap_group_settings.test"

// directories is an Artifactory with the settings corp.
func directories(t *testing.T) *acctest.Env {
	t.Helper()
	env := acctest.StartEmbedded(t, devregistry.Artifactory)
	for _, name := range []string{"corp", "branch"} {
		spec := registry.LDAPSettingsSpec{LDAPSettings: theirs}
		spec.Name = name
		if _, err := env.Registry.LDAP.Create(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	env.Rebase()
	return env
}

func groupSettings(strategy, member, more string) string {
	return fmt.Sprintf("resource \"registry_ldap_group_settings\" \"test\" {\n name = \"groups\"\n ldap_settings = \"corp\"\n strategy = %q\n"+
		" group_member_attribute = %q\n filter = \"(objectClass=groupOfNames)\"\n%s\n}\n", strategy, member, more)
}

func ofGroups(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(groupsAddress, tfjsonpath.New(attribute), value)
}

func TestGroupSettingsLifecycle(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	env := directories(t)
	env.Live(t, acctest.Lifecycle{
		Address: groupsAddress, Create: groupSettings("STATIC", "member", ""), ImportIDs: []string{"groups"},
		Checks: []statecheck.StateCheck{
			ofGroups("sub_tree", knownvalue.Bool(true)), ofGroups("group_name_attribute", knownvalue.StringExact("cn")), ofGroups("group_base_dn", knownvalue.Null()),
		},
		Updates: []acctest.Update{
			{Config: groupSettings("DYNAMIC", "memberOf", ""), Checks: []statecheck.StateCheck{ofGroups("sub_tree", knownvalue.Bool(true))}},
			{Config: groupSettings("HIERARCHICAL", "ou", ""), Checks: []statecheck.StateCheck{ofGroups("sub_tree", knownvalue.Bool(false))}},
			{Config: groupSettings("STATIC", "member", "sub_tree = false\n group_base_dn = \"ou=groups\"\n force_attribute_search = true")},
			{Config: groupSettings("STATIC", "uniqueMember", "group_name_attribute = \"ou\"\n description_attribute = \"o\"")},
			{Config: strings.ReplaceAll(groupSettings("STATIC", "uniqueMember", ""), "groupOfNames", "groupOfUniqueNames")},
			{Config: strings.ReplaceAll(groupSettings("STATIC", "uniqueMember", ""), "corp", "branch")},
		},
		Rest: map[string]string{
			"name": "replaces the settings", "refresh_operation": "TestGroupSettingsRefresh", "refresh_triggers": "TestGroupSettingsRefresh",
		},
		Drifts: []acctest.Drift{
			{
				Change: func() {
					env.Server.Store.Update(func(st *state.State) { st.Artifactory.LDAPGroups[0].Filter = "(cn=*)" })
				},
				Expect: plancheck.ResourceActionUpdate,
			},
			{Change: func() { env.Server.Store.Update(func(st *state.State) { st.Artifactory.LDAPGroups = nil }) }, Expect: plancheck.ResourceActionCreate},
		},
	})
}

func TestGroupSettingsBadInput(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	env := directories(t)
	keeper := acctest.StartEmbedded(t, devregistry.ArtifactKeeper)
	for name, c := range map[string]struct {
		env    *acctest.Env
		config string
		says   []string
	}{
		"a tree with a hierarchy":   {env, groupSettings("HIERARCHICAL", "ou", "sub_tree = true"), []string{`HIERARCHICAL has no sub-tree`}},
		"another strategy":          {env, groupSettings("static", "member", ""), []string{`"STATIC"`}},
		"no attribute":              {env, groupSettings("STATIC", "mem ber", ""), []string{`Invalid attribute name`}},
		"a broken base":             {env, groupSettings("STATIC", "member", `group_base_dn = "ou=groups,x"`), []string{`Invalid DN`}},
		"a trigger of nothing":      {env, groupSettings("STATIC", "member", `refresh_triggers = { run = "1" }`), []string{`needs refresh_operation`}},
		"the other registry":        {keeper, groupSettings("STATIC", "member", ""), []string{`This registry is Artifact Keeper`, `artifact_keeper.group_base_dn`}},
		"settings that are not yet": {env, "resource \"registry_ldap_group_settings\" \"test\" {\n name = \"g\"\n ldap_settings = \"nope\"\n strategy = \"STATIC\"\n group_member_attribute = \"member\"\n filter = \"(cn=*)\"\n}", []string{`Cannot create LDAP group settings "g"`, `nope does not exist`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.env.Test(t, resource.TestStep{Config: c.env.Config(c.config), ExpectError: acctest.ExpectText(c.says...)})
		})
	}
}

// With a real directory behind, a refresh imports its groups; when it cannot be reached, the settings are there all the same.
func TestGroupSettingsRefresh(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, why)
	directory := slapdtest.Start(t)
	env := acctest.StartEmbedded(t, devregistry.Artifactory)
	config := func(url, trigger string) string {
		return env.Config(settings(fmt.Sprintf("name = \"corp\"\n url = %q\n base_dn = %q\n search_filter = \"(uid={0})\"\n manager_dn = %q\n manager_password_wo = %q",
			url, slapdtest.BaseDN, slapdtest.ReaderDN, slapdtest.ReaderPassword)) +
			groupSettings("STATIC", "member", "refresh_operation = \"UPDATE_AND_IMPORT\"\n refresh_triggers = { run = \""+trigger+"\" }\n depends_on = [registry_ldap_settings.test]"))
	}
	imported := func() []string {
		var names []string
		env.Server.Store.View(func(st *state.State) {
			for _, g := range st.Groups {
				if g.Realm == "ldap" {
					names = append(names, g.Name)
				}
			}
		})
		slices.Sort(names)
		return names
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{
		{Config: config("ldap://127.0.0.1:1", "1")},
		{
			PreConfig: func() {
				if names := imported(); names != nil {
					t.Errorf("a directory that is not there has groups: %v", names)
				}
			},
			Config: config(directory.URL, "2"), ConfigPlanChecks: plans(groupsAddress, plancheck.ResourceActionUpdate),
		},
		{
			PreConfig: func() {
				if want := []string{"engineers", "operators", "writers"}; !slices.Equal(imported(), want) {
					t.Errorf("the refresh imported %v, want %v", imported(), want)
				}
			},
			Config: config(directory.URL, "2"), PlanOnly: true,
		},
	}})
}

// Before anybody is locked out, the plan says so; switching off and leaving things as they are says nothing.
func TestSettingsWarnOfLocalPasswords(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, _ *acctest.Protocol, env *acctest.Env) {
		core := env.Core(t)
		warned := func(enabled bool, s plugintest.State) (bool, plugintest.State) {
			r := plugintest.Resource{Type: "registry_ldap_settings", Config: map[string]any{
				"name": "corp", "url": "ldaps://ldap.example.com", "base_dn": "dc=example,dc=com", "search_filter": "(uid={0})", "enabled": enabled,
			}}
			report, err := core.Plan(t.Context(), r, s)
			if err != nil {
				t.Fatal(err)
			}
			after, _, err := core.Apply(t.Context(), r, s)
			if err != nil {
				t.Fatal(err)
			}
			return len(report.Diagnostics.Warnings()) > 0, after
		}
		var s plugintest.State
		for i, step := range []struct{ enabled, warns bool }{{false, false}, {true, true}, {true, false}, {false, false}} {
			var got bool
			if got, s = warned(step.enabled, s); got != (step.warns && env.IsArtifactKeeper()) {
				t.Errorf("step %d: a warning: %t", i+1, got)
			}
		}
	})
}
