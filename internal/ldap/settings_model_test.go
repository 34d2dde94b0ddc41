package ldap

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var artifactorySettings = registry.LDAPSettings{
	ID: "corp", Name: "corp", Enabled: true, URL: "ldaps://ldap.example.com", BaseDN: "dc=example,dc=com", SearchBases: []string{"ou=a", "ou=b"},
	SearchFilter: "(uid={0})", EmailAttribute: "", ManagerDN: "cn=reader",
	Artifactory: &registry.ArtifactoryLDAPSettings{UserDNPattern: "uid={0},ou=a", SearchSubTree: true, Paging: true},
}

var keeperSettings = registry.LDAPSettings{
	ID: "0a1b", Name: "corp", URL: "ldap://ldap.example.com", BaseDN: "ou=people,dc=example,dc=com", SearchFilter: "(uid={0})", EmailAttribute: "mail",
	ArtifactKeeper: &registry.ArtifactKeeperLDAPSettings{
		UsernameAttribute: "uid", DisplayNameAttribute: "cn", GroupsAttribute: "memberOf", GroupBaseDN: "ou=groups", GroupFilter: "(member={0})",
		AdminGroupDN: "cn=admins", StartTLS: true, InsecureSkipVerify: true, Priority: 7,
	},
}

// What a registry answers is what would be sent to have it again.
func TestSettingsModelRoundTrip(t *testing.T) {
	t.Parallel()
	for _, in := range []registry.LDAPSettings{artifactorySettings, keeperSettings} {
		m := settingsModel{SearchBases: types.SetNull(types.StringType)}
		if diags := m.FromAPI(t.Context(), in); diags.HasError() {
			t.Fatal(diags)
		}
		out, diags := m.ToAPI(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		out.ID = in.ID // a spec has none
		if diff := cmp.Diff(in, out.LDAPSettings); diff != "" {
			t.Error(diff)
		}
	}
}

// What the registry writes in another way stays as the configuration has it; what differs in meaning does not.
func TestSettingsModelKeepsSpelling(t *testing.T) {
	t.Parallel()
	bases, _ := tfkit.StringSet(t.Context(), []string{"OU=people"})
	prior := func() settingsModel {
		return settingsModel{
			URL: types.StringValue("LDAP://ldap.example.com/"), BaseDN: types.StringValue("DC=example, DC=com"), SearchBases: bases,
			ManagerDN: types.StringValue("CN=reader, DC=example"), ManagerPasswordWOVersion: types.Int64Value(2),
		}
	}
	in := keeperSettings
	in.ManagerDN = "cn=reader,dc=example"
	m := prior()
	m.FromAPI(t.Context(), in)
	if m.URL.ValueString() != "LDAP://ldap.example.com/" || m.BaseDN.ValueString() != "DC=example, DC=com" || !m.SearchBases.Equal(bases) ||
		m.ManagerDN.ValueString() != "CN=reader, DC=example" || m.ManagerPasswordWOVersion.ValueInt64() != 2 {
		t.Errorf("another spelling looks like another value: %+v", m)
	}
	in.BaseDN, in.PasswordLost = "ou=staff,dc=example,dc=com", true
	m = prior()
	m.FromAPI(t.Context(), in)
	if m.BaseDN.ValueString() != in.BaseDN || !m.SearchBases.IsNull() || !m.ManagerPasswordWOVersion.IsNull() {
		t.Errorf("another place, or a lost password, goes unseen: %+v", m)
	}
}

// The certificate is never answered: it stays as long as the registry has one.
func TestKeeperModelCertificate(t *testing.T) {
	t.Parallel()
	k := keeperModel{CACertificate: types.StringValue("PEM")}
	k.FromAPI(t.Context(), &registry.ArtifactKeeperLDAPSettings{HasCACertificate: true})
	if k.CACertificate.ValueString() != "PEM" {
		t.Error("the certificate is forgotten")
	}
	k.FromAPI(t.Context(), &registry.ArtifactKeeperLDAPSettings{})
	if !k.CACertificate.IsNull() {
		t.Error("a certificate that the registry lost goes unseen")
	}
}
