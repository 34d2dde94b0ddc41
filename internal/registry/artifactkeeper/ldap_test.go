package artifactkeeper_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const (
	ldapPath = "/api/v1/admin/sso/ldap"
	ldapID   = "5f0c6a53-6a2c-4f5c-9f1e-0e7a1b2c3d4e"
	oneLDAP  = `{"id":"` + ldapID + `","name":"corp","is_enabled":true,"server_url":"ldap://h","user_base_dn":"dc=x","user_filter":"(uid={0})","bind_dn":"cn=m",` +
		`"has_bind_password":true,"email_attribute":"mail","insecure_skip_verify":false,"has_ca_certificate":false}`
	oldLDAP = `{"id":"` + ldapID + `","name":"corp","server_url":"ldap://h","user_base_dn":"dc=x"}`
)

// An update sends what changed and nothing else, and what is not sent stays.
func TestLDAPUpdateSendsWhatChanged(t *testing.T) {
	t.Parallel()
	reg, server := script(t, scripted{"PUT " + ldapPath + "/" + ldapID: {ok(oneLDAP)}, "GET " + ldapPath + "/" + ldapID: {ok(oneLDAP)}})
	prior := registry.LDAPSettingsSpec{LDAPSettings: registry.LDAPSettings{
		Name: "corp", Enabled: true, URL: "ldap://h", BaseDN: "dc=x", SearchFilter: "(uid={0})", ManagerDN: "cn=m",
		ArtifactKeeper: &registry.ArtifactKeeperLDAPSettings{CACertificate: "PEM"},
	}}
	next := prior
	next.SearchBases, next.ArtifactKeeper = []string{"ou=people"}, &registry.ArtifactKeeperLDAPSettings{}
	if _, err := reg.LDAP.Update(t.Context(), ldapID, prior, next); err != nil {
		t.Fatal(err)
	}
	sent := server.Seen()
	if diff := cmp.Diff(map[string]any{"user_base_dn": "ou=people,dc=x", "ca_certificate": ""}, sent[len(sent)-1].Body); diff != "" {
		t.Error(diff)
	}
	if _, err := reg.LDAP.Update(t.Context(), ldapID, prior, prior); err != nil {
		t.Fatal(err)
	}
	if sent := server.Seen(); sent[len(sent)-1].What[:3] != "GET" {
		t.Errorf("an update without a change writes: %+v", sent[len(sent)-1])
	}
}

// A server of before takes TLS settings and forgets them. That must not pass for a checked certificate.
func TestLDAPRefusesForgottenTLS(t *testing.T) {
	t.Parallel()
	reg, _ := script(t, scripted{"GET " + ldapPath: {ok(`[]`)}, "POST " + ldapPath: {ok(oldLDAP)}})
	spec := registry.LDAPSettingsSpec{LDAPSettings: registry.LDAPSettings{
		Name: "corp", URL: "ldap://h", BaseDN: "dc=x", ArtifactKeeper: &registry.ArtifactKeeperLDAPSettings{CACertificate: "PEM"},
	}}
	made, err := reg.LDAP.Create(t.Context(), spec)
	wantKind(t, err, registry.KindUnsupported)
	if made.ID != ldapID {
		t.Error("what was made is not told, and would be left behind")
	}
	spec.ArtifactKeeper.CACertificate = ""
	if _, err := reg.LDAP.Create(t.Context(), spec); err != nil {
		t.Error(err)
	}
}

// The server answers a taken name with a 500.
func TestLDAPTakenName(t *testing.T) {
	t.Parallel()
	other := `{"id":"11111111-6a2c-4f5c-9f1e-0e7a1b2c3d4e","name":"taken","server_url":"ldap://h","user_base_dn":"dc=x"}`
	reg, server := script(t, scripted{
		"GET " + ldapPath: {ok(`[` + other + `]`)}, "PUT " + ldapPath + "/" + ldapID: {refuse(500, `{"code":"INTERNAL_ERROR","message":"Internal server error"}`)},
	})
	_, err := reg.LDAP.Create(t.Context(), registry.LDAPSettingsSpec{LDAPSettings: registry.LDAPSettings{Name: "taken"}})
	wantKind(t, err, registry.KindConflict)
	if sent := server.Seen(); len(sent) != 1 {
		t.Errorf("a taken name is tried: %v", sent)
	}
	_, err = reg.LDAP.Update(t.Context(), ldapID, registry.LDAPSettingsSpec{}, registry.LDAPSettingsSpec{LDAPSettings: registry.LDAPSettings{Name: "taken"}})
	wantKind(t, err, registry.KindConflict)
}
