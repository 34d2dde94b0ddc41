package ldap_test

import (
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/slapdtest"
)

// The check works with a directory, stops the run without one, and says who of the two parties answered.
func TestCheck(t *testing.T) {
	t.Parallel()
	slapd := slapdtest.Start(t)
	run := func(env *acctest.Env, more map[string]any) (plugintest.Report, error) {
		config := map[string]any{
			"url": slapd.URL, "base_dn": slapdtest.BaseDN, "manager_dn": slapdtest.ReaderDN, "manager_password": slapdtest.ReaderPassword, "username": "ada",
		}
		for name, v := range more {
			config[name] = v
		}
		return env.Core(t).Ephemeral(t.Context(), plugintest.Resource{Type: "registry_ldap_check", Config: config}, func(*plugintest.Object) {})
	}
	acctest.ProtocolDialects(t, func(t *testing.T, _ *acctest.Protocol, env *acctest.Env) {
		if _, err := run(env, nil); err != nil {
			t.Error(err)
		}
		_, err := run(env, map[string]any{"manager_password": "wr0ng-one"})
		if err == nil || !strings.Contains(err.Error(), "asked from here") || strings.Contains(err.Error(), "wr0ng-one") {
			t.Errorf("with a wrong password: %v", err)
		}
		if _, err := run(env, map[string]any{"user_dn_pattern": "uid={0},ou=people", "password": "Ada-Passw0rd", "manager_dn": nil, "manager_password": nil}); err != nil {
			t.Errorf("with a pattern: %v", err)
		}
		if _, err := run(env, map[string]any{"user_dn_pattern": "uid={0},ou=people"}); err == nil || !strings.Contains(err.Error(), "password") {
			t.Errorf("with a pattern and no password: %v", err)
		}
		if _, err := run(env, map[string]any{"search_sub_tree": false}); err == nil || !strings.Contains(err.Error(), "no entry fits") {
			t.Errorf("with one level of too high a base: %v", err)
		}
		stored := theirs
		stored.URL = "ldap://unreachable.example.com"
		if _, err := env.Registry.LDAP.Create(t.Context(), registry.LDAPSettingsSpec{LDAPSettings: stored}); err != nil {
			t.Fatal(err)
		}
		report, err := run(env, map[string]any{"ldap_settings": "corp"})
		if env.Dialect == devregistry.Artifactory {
			if err == nil || !strings.Contains(err.Error(), "no API that tests") {
				t.Errorf("Artifactory tests a directory: %v", err)
			}
			return
		}
		if err != nil || len(report.Diagnostics.Warnings()) != 1 {
			t.Errorf("the registry's no gives %v, %v", report.Diagnostics, err)
		}
	})
}
