package artifactory_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const (
	oneSetting = `{"key":"corp","enabled":true,"ldap_url":"ldap://ldap.example.com:389/ou=all%20people,dc=example","search":{"search_filter":"(uid={0})",` +
		`"search_base":"ou=a|ou=b","search_sub_tree":true,"manager_dn":"cn=m","novel":1},"email_attribute":"","auto_create_user":true,"novel":{"a":"b"}}`
	bareSetting = `{"key":"bare","ldap_url":"ldap://h","search":{"search_filter":null,"search_base":null,"search_sub_tree":null,"manager_dn":null}}`
	collection  = "/access/api/v1/ldap/settings"
)

func TestLDAPReads(t *testing.T) {
	t.Parallel()
	reg, _ := script(t, scripted{
		"GET " + collection + "/corp": {ok(oneSetting)}, "GET " + collection + "/bare": {ok(bareSetting)},
		// 400 is what some servers answer for a key that is not there; the list knows.
		"GET " + collection + "/gone": {refuse(400, `{"errors":[{"code":"BAD_REQUEST","message":"no such setting"}]}`)},
		"GET " + collection + "/sick": {refuse(400, `{"errors":[{"code":"BAD_REQUEST","message":"bad"}]}`)},
		"GET " + collection:           {ok(`[` + oneSetting + `,{"key":"sick","ldap_url":"ldap://h"}]`)},
	})
	found, err := reg.LDAP.Get(t.Context(), "corp")
	if err != nil {
		t.Fatal(err)
	}
	want := registry.LDAPSettings{
		ID: "corp", Name: "corp", Enabled: true, URL: "ldap://ldap.example.com:389", BaseDN: "ou=all people,dc=example", SearchBases: []string{"ou=a", "ou=b"},
		SearchFilter: "(uid={0})", ManagerDN: "cn=m", Artifactory: &registry.ArtifactoryLDAPSettings{SearchSubTree: true, AutoCreateUser: true},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if bare, err := reg.LDAP.Get(t.Context(), "bare"); err != nil || bare.SearchBases != nil || bare.BaseDN != "" || bare.URL != "ldap://h" {
		t.Errorf("settings without a search are read as %+v, %v", bare, err)
	}
	_, err = reg.LDAP.Get(t.Context(), "gone")
	wantKind(t, err, registry.KindNotFound)
	_, err = reg.LDAP.Get(t.Context(), "sick")
	wantKind(t, err, registry.KindInvalid)
}

// An update replaces the settings as a whole: what we do not know goes back as it came, and the password goes along.
func TestLDAPUpdateKeepsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	reg, server := script(t, scripted{"GET " + collection + "/corp": {ok(oneSetting)}, "PUT " + collection + "/": {ok(oneSetting)}})
	spec := registry.LDAPSettingsSpec{LDAPSettings: registry.LDAPSettings{
		Name: "corp", URL: "ldaps://new", BaseDN: "dc=new", ManagerDN: "cn=m", Artifactory: &registry.ArtifactoryLDAPSettings{},
	}}
	_, err := reg.LDAP.Update(t.Context(), "corp", registry.LDAPSettingsSpec{}, spec)
	wantKind(t, err, registry.KindInvalid)
	if sent := server.Seen(); len(sent) != 0 {
		t.Errorf("an update that would lose the password was sent: %v", sent)
	}
	secret := registry.NewSecret("s3cret")
	spec.ManagerPassword = &secret
	if _, err := reg.LDAP.Update(t.Context(), "corp", registry.LDAPSettingsSpec{}, spec); err != nil {
		t.Fatal(err)
	}
	sent := server.Seen()
	body := sent[len(sent)-1].Body
	want := map[string]any{
		"key": "corp", "enabled": false, "ldap_url": "ldaps://new/dc=new", "email_attribute": "", "user_dn_pattern": "", "auto_create_user": false,
		"ldap_poisoning_protection": false, "paging_support_enabled": false, "allow_user_to_access_profile": false, "novel": map[string]any{"a": "b"},
		"search": map[string]any{
			"search_filter": "", "search_base": "", "search_sub_tree": false, "manager_dn": "cn=m", "manager_password": "s3cret", "novel": 1.0,
		},
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
}

func TestLDAPVersions(t *testing.T) {
	t.Parallel()
	for version, old := range map[string]bool{"7.57.0": true, "7.9.2": true, "7.57.1": false, "7.57.1-m001": false, "7.146.17": false, "strange": false} {
		reg, _ := script(t, scripted{"GET /artifactory/api/system/version": {ok(`{"version":"` + version + `"}`)}})
		err := reg.LDAP.Supported(t.Context())
		if (err != nil) != old {
			t.Errorf("%s: %v", version, err)
		}
		if old {
			wantKind(t, err, registry.KindUnsupported)
			if !strings.Contains(err.Error(), version) || !strings.Contains(err.Error(), "7.57.1") {
				t.Errorf("the refusal does not tell the versions: %v", err)
			}
		}
	}
	reg, _ := script(t, scripted{"GET /artifactory/api/system/version": {ok(`{"version":"7.78.3"}`)}})
	wantKind(t, reg.LDAPGroups.RefreshSupported(t.Context()), registry.KindUnsupported)
}
