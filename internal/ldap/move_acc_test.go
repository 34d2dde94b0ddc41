package ldap_test

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

var theirs = registry.LDAPSettings{
	Name: "corp", Enabled: true, URL: "ldaps://ldap.example.com", BaseDN: "dc=example,dc=com", SearchFilter: "(uid={0})", EmailAttribute: "mail",
}

// Moving from a peer changes nothing and keeps the password.
func TestSettingsMove(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect                      devregistry.Dialect
		provider, typ, field, secret string
	}{
		{devregistry.Artifactory, "jfrog/artifactory", "artifactory_ldap_setting_v2", "key", "manager_password"},
		{devregistry.ArtifactKeeper, "nicola-preda/artifact-keeper", "artifactkeeper_sso_ldap", "name", "bind_password"},
	} {
		t.Run(c.typ, func(t *testing.T) {
			t.Parallel()
			env := acctest.StartEmbedded(t, c.dialect)
			password := registry.NewSecret("theirs")
			with := theirs
			with.ManagerDN = "cn=reader,dc=example,dc=com"
			made, err := env.Registry.LDAP.Create(t.Context(), registry.LDAPSettingsSpec{LDAPSettings: with, ManagerPassword: &password})
			if err != nil {
				t.Fatal(err)
			}
			env.Rebase()
			env.Moves(t, acctest.Move{
				Provider: c.provider, Type: c.typ,
				State: map[string]any{"id": made.ID, c.field: "corp", c.secret: "theirs"},
				To: plugintest.Resource{Type: "registry_ldap_settings", Config: map[string]any{
					"name": "corp", "url": "ldaps://ldap.example.com", "base_dn": "dc=example,dc=com", "search_filter": "(uid={0})",
					"manager_dn": "cn=reader,dc=example,dc=com",
				}},
			})
			hasPassword(t, env, "theirs")()
			if err := env.CheckUnchanged(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestGroupSettingsMove(t *testing.T) {
	t.Parallel()
	env := directories(t)
	_, err := env.Registry.LDAPGroups.Create(t.Context(), registry.LDAPGroupSettings{
		Name: "groups", Settings: "corp", Strategy: registry.LDAPStatic, NameAttribute: "cn", MemberAttribute: "member",
		DescriptionAttribute: "description", Filter: "(objectClass=groupOfNames)", SubTree: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	env.Rebase()
	env.Moves(t, acctest.Move{
		Provider: "jfrog/artifactory", Type: "artifactory_ldap_group_setting_v2", State: map[string]any{"id": "groups", "name": "groups", "refresh_operation": "UPDATE_AND_IMPORT"},
		To: plugintest.Resource{Type: "registry_ldap_group_settings", Config: map[string]any{
			"name": "groups", "ldap_settings": "corp", "strategy": "STATIC", "group_member_attribute": "member", "filter": "(objectClass=groupOfNames)",
		}},
	})
	if err := env.CheckUnchanged(nil); err != nil {
		t.Error(err)
	}
}
