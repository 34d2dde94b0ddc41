package directory_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/directory"
	"github.com/registry-identity/terraform-provider-registry/internal/slapdtest"
)

// What a registry would see is seen in a real directory, and what goes wrong is told with its cause and no password.
func TestLook(t *testing.T) {
	t.Parallel()
	slapd := slapdtest.Start(t)
	good := directory.Query{
		URL: slapd.TLSURL, CACertificate: string(slapd.CAPEM), BaseDN: slapdtest.BaseDN, SearchBases: []string{"ou=people"}, SearchFilter: "(uid={0})",
		ManagerDN: slapdtest.ReaderDN, ManagerPassword: registry.NewSecret(slapdtest.ReaderPassword), Username: "ada", GroupsAttribute: "memberOf", EmailAttribute: "mail",
	}
	for name, c := range map[string]struct {
		change func(*directory.Query)
		kind   registry.Kind
		says   string
	}{
		"ldaps":    {func(*directory.Query) {}, 0, ""},
		"StartTLS": {func(q *directory.Query) { q.URL, q.StartTLS = slapd.URL, true }, 0, ""},
		"plain":    {func(q *directory.Query) { q.URL = slapd.URL }, 0, ""},
		"groups": {func(q *directory.Query) {
			q.GroupsAttribute, q.GroupBaseDN, q.GroupFilter = "none", "ou=groups,"+slapdtest.BaseDN, "(member={0})"
		}, 0, ""},
		"one level": {func(q *directory.Query) { q.OneLevel = true }, 0, ""},
		"one level, too high": {
			func(q *directory.Query) { q.OneLevel, q.SearchBases = true, nil }, registry.KindUnavailable, "no entry fits (uid=ada)",
		},
		"a pattern": {func(q *directory.Query) {
			q.UserDNPattern, q.SearchFilter, q.ManagerDN, q.Password = "uid={0},ou=people", "", "cn=nobody", registry.NewSecret("Ada-Passw0rd")
		}, 0, ""},
		"a pattern and another password": {func(q *directory.Query) {
			q.UserDNPattern, q.SearchFilter, q.Password = "uid={0},ou=people", "", registry.NewSecret("wr0ng-one")
		}, registry.KindUnauthorized, "Check user_dn_pattern"},
		"a pattern and no password": {func(q *directory.Query) { q.UserDNPattern, q.SearchFilter = "uid={0},ou=people", "" }, registry.KindUnavailable, "there is no password"},
		"a pattern and a name that injects": {func(q *directory.Query) {
			q.UserDNPattern, q.SearchFilter, q.Username, q.Password = "uid={0},ou=people", "", "ada,ou=people", registry.NewSecret("Ada-Passw0rd")
		}, registry.KindUnauthorized, `uid=ada\,ou=people,ou=people`},
		"a search after a pattern that does not fit": {func(q *directory.Query) {
			q.UserDNPattern, q.Password = "uid={0},ou=nowhere", registry.NewSecret("Ada-Passw0rd")
		}, 0, ""},
		"neither fits": {func(q *directory.Query) {
			q.UserDNPattern, q.SearchFilter, q.Password = "uid={0},ou=nowhere", "(uid=x{0})", registry.NewSecret("Ada-Passw0rd")
		}, registry.KindUnavailable, "before that: "},
		"signing in": {func(q *directory.Query) { q.Password = registry.NewSecret("Ada-Passw0rd") }, 0, ""},
		"another password": {
			func(q *directory.Query) { q.Password = registry.NewSecret("wr0ng-one") }, registry.KindUnauthorized, "password is not its",
		},
		"another manager password": {
			func(q *directory.Query) { q.ManagerPassword = registry.NewSecret("wr0ng-one") }, registry.KindUnauthorized, "Check manager_dn and manager_password",
		},
		"no manager password": {func(q *directory.Query) { q.ManagerPassword = registry.Secret{} }, registry.KindUnavailable, "there is no password"},
		"an unknown CA":       {func(q *directory.Query) { q.CACertificate = "" }, registry.KindUnavailable, "not trusted here"},
		"nobody listening":    {func(q *directory.Query) { q.URL = "ldap://127.0.0.1:1" }, registry.KindUnavailable, "can be reached from here"},
		"nobody of the name":  {func(q *directory.Query) { q.Username = "nobody" }, registry.KindUnavailable, "no entry fits (uid=nobody)"},
		"a name that injects": {func(q *directory.Query) { q.Username = "*" }, registry.KindUnavailable, `no entry fits (uid=\2a)`},
		"several":             {func(q *directory.Query) { q.SearchFilter = "(|(uid={0})(uid=grace))" }, registry.KindUnavailable, "several entries fit"},
		"no such base":        {func(q *directory.Query) { q.SearchBases = []string{"ou=nowhere"} }, registry.KindNotFound, "Check base_dn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := good
			c.change(&q)
			p, err := directory.Look(t.Context(), q)
			if c.says == "" {
				want := []string{"cn=Writers,ou=groups," + slapdtest.BaseDN, "cn=engineers,ou=groups," + slapdtest.BaseDN}
				if err != nil || !directory.SameDN(p.DN, "uid=ada,ou=people,"+slapdtest.BaseDN) || p.Email != "ada@example.com" || !slices.Equal(p.Groups, want) {
					t.Errorf("Look() = %+v, %v", p, err)
				}
				return
			}
			var e *registry.Error
			if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("Look() failed with %v", err)
			}
		})
	}
}
