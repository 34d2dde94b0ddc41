package artifactkeeper

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
)

const ssoBase = "/api/v1/admin/sso"

func oidcBody(name string) object {
	return object{"name": name, "issuer_url": "https://idp.example.com", "client_id": "id", "client_secret": "hush"}
}

func TestSSOConfigurations(t *testing.T) {
	t.Parallel()
	for kind, tc := range map[string]struct {
		body   object
		secret string
		fields []string
	}{
		"oidc": {oidcBody("x"), "hush", []string{
			"issuer_url", "client_id", "has_secret", "scopes", "attribute_mapping",
			"auto_create_users", "pkce_enabled", "map_groups_to_groups", "allow_legacy_rsa_keys",
		}},
		"ldap": {
			object{"name": "x", "server_url": "ldaps://ldap.example.com", "user_base_dn": "dc=x", "bind_password": "hush"},
			"hush",
			[]string{
				"server_url", "user_base_dn", "bind_dn", "has_bind_password", "user_filter", "group_base_dn",
				"group_filter", "email_attribute", "display_name_attribute", "username_attribute", "groups_attribute",
				"admin_group_dn", "use_starttls", "insecure_skip_verify", "has_ca_certificate", "priority",
			},
		},
		"saml": {
			object{"name": "x", "entity_id": "e", "sso_url": "https://idp.example.com/sso", "certificate": "hush"},
			"hush",
			[]string{
				"entity_id", "sso_url", "has_certificate", "slo_url", "name_id_format", "attribute_mapping",
				"sp_entity_id", "sign_requests", "require_signed_assertions", "admin_group", "use_absolute_acs_url",
				"map_groups_to_groups",
			},
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, Options{})
			base := ssoBase + "/" + kind
			if got := w.get(base, w.asAdmin()).ok().body; got != "[]" {
				t.Errorf("empty list %s", got)
			}
			a := w.call("POST", base, w.asAdmin(), tc.body).ok()
			if strings.Contains(a.body, tc.secret) {
				t.Errorf("the secret comes back: %s", a.body)
			}
			made := a.object()
			wantKeys(t, made, append([]string{"id", "name", "is_enabled", "created_at", "updated_at"}, tc.fields...)...)
			path := base + "/" + made["id"].(string)
			w.call("POST", base, w.asAdmin(), tc.body).failsWith(500, "INTERNAL_ERROR")
			w.call("POST", base, w.asAdmin(), object{"name": "y"}).begins(422, "Failed to deserialize")
			w.get(path, w.asAdmin()).ok()
			if got := w.call("PUT", path, w.asAdmin(), object{"is_enabled": false}).ok().object(); got["name"] != "x" || got["is_enabled"] != false {
				t.Errorf("not a partial update: %v", got)
			}
			w.call("PATCH", path+"/toggle", w.asAdmin(), object{"enabled": true}).empty(200)
			providers := w.get(ssoBase+"/providers", w.asAdmin()).ok().body
			if !strings.Contains(providers, made["id"].(string)) || !strings.Contains(providers, `"provider_type":"`+kind) {
				t.Errorf("providers %s", providers)
			}
			w.get("/api/v1/auth/sso/providers", nil).ok()
			w.call("DELETE", path, w.asAdmin(), nil).empty(200)
			w.call("DELETE", path, w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
			w.get(base, w.login(aliceName)).says(403, "Admin access required")
		})
	}
}

func TestOIDCConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	base := ssoBase + "/oidc"
	body := oidcBody("x")
	body["attribute_mapping"] = object{"username_claim": "sub", "nested": object{"a": 1, "b": 2}}
	made := w.call("POST", base, w.asAdmin(), body).ok().object()
	if made["pkce_enabled"] != true || made["auto_create_users"] != true || made["has_secret"] != true ||
		fmt.Sprint(made["scopes"]) != "[openid profile email]" {
		t.Errorf("defaults: %v", made)
	}
	path := base + "/" + made["id"].(string)
	// The mapping is merged at all depths and null removes, unless it is replaced.
	got := w.call("PUT", path, w.asAdmin(), `{"attribute_mapping":{"username_claim":null,"nested":{"b":null,"c":3}}}`).ok().object()
	if fmt.Sprint(got["attribute_mapping"]) != "map[nested:map[a:1 c:3]]" {
		t.Error(got["attribute_mapping"])
	}
	got = w.call("PUT", path, w.asAdmin(), `{"attribute_mapping":{"z":1},"attribute_mapping_replace":true}`).ok().object()
	if fmt.Sprint(got["attribute_mapping"]) != "map[z:1]" {
		t.Error(got["attribute_mapping"])
	}
	w.call("PUT", path, w.asAdmin(), object{"issuer_url": "https://10.0.0.1"}).failsWith(400, "VALIDATION_ERROR")
	second := w.call("POST", base, w.asAdmin(), oidcBody("y")).ok().object()["id"].(string)
	w.call("PUT", base+"/"+second, w.asAdmin(), object{"name": "x"}).failsWith(500, "INTERNAL_ERROR")
	w.call("PUT", base+"/"+uuid.NewString(), w.asAdmin(), object{}).failsWith(404, "NOT_FOUND")
}

func TestLDAPConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	base := ssoBase + "/ldap"
	body := object{"name": "x", "server_url": "ldap://ldap.example.com", "user_base_dn": "dc=x", "bind_dn": "cn=a", "ca_certificate": "PEM"}
	made := w.call("POST", base, w.asAdmin(), body).ok().object()
	if made["user_filter"] != "(uid={0})" || made["priority"] != 0.0 || made["has_ca_certificate"] != true || made["has_bind_password"] != false {
		t.Errorf("defaults: %v", made)
	}
	path := base + "/" + made["id"].(string)
	got := w.call("PUT", path, w.asAdmin(), `{"bind_dn":null,"ca_certificate":""}`).ok().object()
	if got["bind_dn"] != "cn=a" || got["has_ca_certificate"] != false {
		t.Errorf("null cleared, or the certificate stays: %v", got)
	}
	test := w.call("POST", path+"/test", w.asAdmin(), nil).ok().object()
	wantKeys(t, test, "success", "message", "response_time_ms")
	for _, url := range []string{"http://ldap.example.com", "ldap://127.0.0.1", "ldap://localhost"} {
		body["name"], body["server_url"] = url, url
		w.call("POST", base, w.asAdmin(), body).failsWith(400, "VALIDATION_ERROR")
	}
}

// Any enabled provider ends local sign-in for all but administrators; Basic authentication is not touched.
func TestProvidersEndLocalLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	id := w.call("POST", ssoBase+"/oidc", w.asAdmin(), oidcBody("x")).ok().object()["id"].(string)
	w.call("POST", "/api/v1/auth/login", nil, object{"username": aliceName, "password": password}).failsWith(401, "AUTH_ERROR")
	w.login(adminName)
	w.get("/api/v1/users/me", basic(aliceName, password)).ok()
	auth := w.get("/api/v1/system/config", nil).ok().object()["auth"].(object)
	if auth["local_login_enabled"] != false || auth["oidc_enabled"] != false {
		t.Error(auth)
	}
	w.call("PATCH", ssoBase+"/oidc/"+id+"/toggle", w.asAdmin(), object{"enabled": false}).ok()
	w.login(aliceName)
}
