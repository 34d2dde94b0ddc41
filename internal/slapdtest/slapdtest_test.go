package slapdtest_test

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/registry-identity/terraform-provider-registry/internal/slapdtest"
)

// What tests of registries build on: passwords are checked, TLS is that of the private authority on both addresses,
// nobody reads anonymously, and group membership shows on the person's side too.
func TestDirectory(t *testing.T) {
	t.Parallel()
	d := slapdtest.Start(t)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(d.CAPEM) {
		t.Fatal("no certificate in CAPEM")
	}
	trust := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
	dial := func(url string, options ...ldap.DialOpt) *ldap.Conn {
		t.Helper()
		conn, err := ldap.DialURL(url, options...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	if _, err := ldap.DialURL(d.TLSURL, ldap.DialWithTLSConfig(&tls.Config{RootCAs: x509.NewCertPool()})); err == nil {
		t.Error("the directory's certificate is trusted by everybody")
	}
	plain := dial(d.URL)
	if err := plain.StartTLS(trust); err != nil {
		t.Error(err)
	}
	conn := dial(d.TLSURL, ldap.DialWithTLSConfig(trust))
	search := ldap.NewSearchRequest(slapdtest.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
		"(uid=ada)", []string{"mail", "memberOf"}, nil)
	if found, err := conn.Search(search); err == nil && len(found.Entries) > 0 {
		t.Error("the directory can be read anonymously")
	}
	if err := conn.Bind(slapdtest.PersonDN("ada"), "wrong"); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		t.Errorf("a wrong password: %v", err)
	}
	if err := conn.Bind(slapdtest.PersonDN("ada"), "Ada-Passw0rd"); err != nil {
		t.Error(err)
	}
	groups := func() []string {
		t.Helper()
		if err := conn.Bind(slapdtest.ReaderDN, slapdtest.ReaderPassword); err != nil {
			t.Fatal(err)
		}
		found, err := conn.Search(search)
		if err != nil || len(found.Entries) != 1 || found.Entries[0].GetAttributeValue("mail") != "ada@example.com" {
			t.Fatalf("%v %v", found, err)
		}
		return found.Entries[0].GetAttributeValues("memberOf")
	}
	const operators = "cn=operators,ou=groups,dc=example,dc=com"
	if slices.Contains(groups(), operators) {
		t.Error("ada runs things already")
	}
	d.Join(t, "operators", "ada")
	if !slices.Contains(groups(), operators) {
		t.Errorf("ada is in %v", groups())
	}
	d.Leave(t, "operators", "ada")
	if slices.Contains(groups(), operators) {
		t.Errorf("ada is in %v", groups())
	}
}
