package group_test

import (
	"strconv"
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
)

func linked(strategy, dn, more string) string {
	return group("name = \"<team>\"\n artifactory = {\n ldap = {\n strategy = \"" + strategy + "\"\n group_dn = " + strconv.Quote(dn) + "\n }\n" + more + "\n}")
}

// A group of a directory is made, changed and found again; what only the newer API knows survives the older one.
func TestGroupOfDirectory(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, devregistry.Artifactory)
	const dn, other = "cn=Team,ou=groups,dc=example,dc=com", "cn=Team\\;x,ou=teams,dc=example,dc=com"
	attributes := func(strategy, dn string) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New("artifactory").AtMapKey("realm_attributes"),
			knownvalue.StringExact("ldapGroupName="+env.Name("team")+";groupsStrategy="+strategy+";groupDn="+dn))
	}
	env.Live(t, acctest.Lifecycle{
		Address: address, Create: linked("STATIC", dn, "manage_webhook = true"), ImportIDs: []string{"<team>"}, ImportIgnore: []string{"members"},
		Checks: []statecheck.StateCheck{is("external_source", knownvalue.StringExact("ldap")), flag("manage_webhook", true), attributes("STATIC", dn)},
		Updates: []acctest.Update{
			{Config: linked("DYNAMIC", other, "manage_webhook = true"), Checks: []statecheck.StateCheck{flag("manage_webhook", true), attributes("DYNAMIC", other)}},
			{Config: linked("DYNAMIC", other, "policy_manager = true"), Checks: []statecheck.StateCheck{flag("policy_viewer", true), attributes("DYNAMIC", other)}},
			// Left out, the link stays.
			{Config: group("name = \"<team>\"\n description = \"words\"\n artifactory = { policy_manager = true }"), Checks: []statecheck.StateCheck{attributes("DYNAMIC", other)}},
			{Config: linked("HIERARCHICAL", "ou=team,dc=example,dc=com", ""), Checks: []statecheck.StateCheck{flag("policy_viewer", true)}},
		},
		Drifts: []acctest.Drift{{
			Change: func() {
				spec := registry.GroupSpec{Name: env.Name("team"), Artifactory: &registry.ArtifactoryGroupPatch{
					LDAP: &registry.LDAPGroupLink{Strategy: registry.LDAPStatic, GroupDN: "cn=elsewhere"},
				}}
				if _, err := env.Registry.Groups.Update(t.Context(), env.Name("team"), spec); err != nil {
					t.Fatal(err)
				}
			},
			Expect: plancheck.ResourceActionUpdate,
		}},
	})
}

// A local group becomes one of the directory in place, and nobody leaves it for that.
func TestGroupBecomesOneOfDirectory(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, devregistry.Artifactory)
	env.User(t, "alice")
	members := func() {
		if got := find(t, env, "team").Members; len(got) != 1 || got[0] != env.Name("alice") {
			t.Errorf("the members are %v", got)
		}
	}
	env.Test(
		t,
		resource.TestStep{Config: env.Config(group("name = \"<team>\"\n members = [\"<alice>\"]\n artifactory = { manage_webhook = true }"))},
		resource.TestStep{
			Config: env.Config(linked("STATIC", "cn=team,dc=example,dc=com", "")), ConfigPlanChecks: updates(address),
			ConfigStateChecks: []statecheck.StateCheck{is("external_source", knownvalue.StringExact("ldap")), flag("manage_webhook", true)},
		},
		resource.TestStep{PreConfig: members, Config: env.Config(linked("STATIC", "cn=team,dc=example,dc=com", "")), PlanOnly: true},
	)
}

func TestGroupOfDirectoryBadInput(t *testing.T) {
	t.Parallel()
	env := acctest.EmbeddedOrLive(t, devregistry.Artifactory)
	env.Group(t, "developers")
	link := "artifactory = {\n ldap = {\n strategy = \"STATIC\"\n group_dn = \"cn=x,dc=example,dc=com\"\n }\n}"
	for name, c := range map[string]struct {
		config string
		says   []string
	}{
		"upper case":   {group("name = \"Team\"\n" + link), []string{`has a lower-case name`, `Write "team"`}},
		"members":      {group("name = \"<team>\"\n members = []\n" + link), []string{`The membership belongs to the directory`}},
		"a broken DN":  {linked("STATIC", "team", ""), []string{`Invalid DN`}},
		"no strategy":  {linked("TREE", "cn=x", ""), []string{`"HIERARCHICAL"`}},
		"one is there": {group("name = \"<developers>\"\n" + link), []string{`Cannot create group "<developers>"`, `Import it`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env.Test(t, resource.TestStep{Config: env.Config(c.config), ExpectError: env.ExpectText(c.says...)})
		})
	}
}

// On Artifact Keeper a group made here stops one of a directory from appearing. The plan says so where there is a directory.
func TestGroupWarnsOfCollision(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, _ *acctest.Protocol, env *acctest.Env) {
		warnings := func() int {
			report, err := env.Core(t).Plan(t.Context(), plugintest.Resource{Type: "registry_group", Config: map[string]any{"name": "engineers"}}, plugintest.State{})
			if err != nil {
				t.Fatal(err)
			}
			return len(report.Diagnostics.Warnings())
		}
		if n := warnings(); n != 0 {
			t.Errorf("without a directory there are %d warnings", n)
		}
		env.Server.Store.Update(func(st *state.State) {
			st.ArtifactKeeper.SSO = append(st.ArtifactKeeper.SSO, &state.SSOProvider{ID: "1", Kind: "ldap", Name: "corp", Enabled: true})
		})
		if n := warnings(); (n == 1) != env.IsArtifactKeeper() {
			t.Errorf("with a directory there are %d warnings", n)
		}
	})
}
