package directory_test

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry/directory"
)

func TestSyntax(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		check     func(string) error
		good, bad []string
	}{
		"URL": {
			directory.CheckURL,
			[]string{"ldap://a", "ldaps://a:636", "ldap://[::1]:389/", "LDAPS://a"},
			[]string{"", "a", "http://a", "ldapi:///var/run/ldapi", "ldap://", "ldap://u:p@a", "ldap://a/dc=x", "ldap://a?mail", "ldap://a:x"},
		},
		"DN": {
			directory.CheckDN,
			[]string{"", "dc=example,dc=com", "CN=Smith\\, John, OU=People", "1.2.840.113556=x", "cn=ä"},
			[]string{"dc", "dc=example,dc", "=x", "dc=x,,dc=y"},
		},
		"DN pattern":  {directory.CheckDNPattern, []string{"uid={0},ou=people", "uid={username}"}, []string{"", "uid=x", "{0}", "uid={0},ou"}},
		"filter":      {directory.CheckFilter, []string{"(uid=x)", "(&(a=b)(!(c=d)))", "(member={0})"}, []string{"", "uid=x", "(uid=x", "(&(a=b)", "(uid=x))"}},
		"user filter": {directory.CheckUserFilter, []string{"(uid={0})", "(|(uid={username})(mail={0}))"}, []string{"(uid=*)", "(uid={0}", "{0}", ""}},
		"attribute":   {directory.CheckAttribute, []string{"mail", "memberOf", "1.2.3", "userCertificate;binary", "x-a"}, []string{"", "ma il", "-a", "ä", "a=b"}},
	} {
		for _, text := range c.good {
			if err := c.check(text); err != nil {
				t.Errorf("%s %q is refused: %v", name, text, err)
			}
		}
		for _, text := range c.bad {
			if err := c.check(text); err == nil {
				t.Errorf("%s %q is accepted", name, text)
			}
		}
	}
}

func TestSameDN(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"dc=Example,dc=com", "DC=example, DC=com", true},
		{"dc=example,dc=com", "dc=com,dc=example", false},
		{"", "", true},
		{"", "dc=com", false},
		{"not a name", "not a name", true},
		{"not a name", "another", false},
	} {
		if got := directory.SameDN(c.a, c.b); got != c.want {
			t.Errorf("%q and %q are of one entry: %t, want %t", c.a, c.b, got, c.want)
		}
	}
	if directory.Join("ou=a", "dc=b") != "ou=a,dc=b" || directory.Join("", "dc=b") != "dc=b" || directory.Join("ou=a", "") != "ou=a" {
		t.Error("names are joined wrongly")
	}
}
