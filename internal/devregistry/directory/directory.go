// Package directory asks LDAP directories for the embedded registry: connecting, binding, searching and comparing names.
// What a registry makes of the answers is its dialect's business.
package directory

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// ErrCredentials is a directory's refusal of a name and password, or of an empty password, which many directories would
// take for an anonymous bind that succeeds (RFC 4513, section 5.1.2).
var ErrCredentials = errors.New("the directory refuses these credentials")

// Both registries wait ten seconds for a connection and fifteen for an answer, unless they are told otherwise (JFrog help:
// "LDAP"; Artifact Keeper: services/ldap_service.rs).
const (
	connectTimeout = 10 * time.Second
	answerTimeout  = 15 * time.Second
)

// pageSize is how many entries are asked for at a time where paging is on.
const pageSize = 500

// Server is a directory's address and how its certificate is judged.
type Server struct {
	// URL is ldap://host:port or ldaps://host:port. A path, which is a base DN, is not looked at.
	URL      string
	StartTLS bool
	// Insecure accepts any certificate.
	Insecure bool
	// CAs are PEM certificates of authorities that are trusted besides the system's.
	CAs [][]byte
	// Paging asks for results page by page (RFC 2696), so that a directory's limit on one answer does not cut them off.
	Paging bool
}

// Conn is a bound connection.
type Conn struct {
	ldap   *ldap.Conn
	paging bool
	stop   func() bool
}

// Connect connects and binds; without a name the connection is anonymous. It is closed when ctx ends.
func (s Server) Connect(ctx context.Context, dn, password string) (*Conn, error) {
	address, err := url.Parse(s.URL)
	if err != nil {
		return nil, err
	}
	trust, err := s.trust(address.Hostname())
	if err != nil {
		return nil, err
	}
	conn, err := ldap.DialURL(
		address.Scheme+"://"+address.Host,
		ldap.DialWithDialer(&net.Dialer{Timeout: connectTimeout}), ldap.DialWithTLSConfig(trust),
	)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", address.Host, err)
	}
	conn.SetTimeout(answerTimeout)
	c := &Conn{ldap: conn, paging: s.Paging, stop: context.AfterFunc(ctx, func() { _ = conn.Close() })}
	if err := c.prepare(s, trust, dn, password); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) prepare(s Server, trust *tls.Config, dn, password string) error {
	if s.StartTLS {
		if err := c.ldap.StartTLS(trust); err != nil {
			return fmt.Errorf("StartTLS: %w", err)
		}
	}
	if dn == "" {
		return nil
	}
	return c.Bind(dn, password)
}

func (s Server) trust(host string) (*tls.Config, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	for _, ca := range s.CAs {
		if !pool.AppendCertsFromPEM(ca) {
			return nil, errors.New("there is no certificate in the CA certificate")
		}
	}
	return &tls.Config{
		RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: s.Insecure, //nolint:gosec // the registry's own switch for it
	}, nil
}

// Close ends the connection.
func (c *Conn) Close() {
	c.stop()
	_ = c.ldap.Close()
}

// Bind makes the connection somebody's.
func (c *Conn) Bind(dn, password string) error {
	if password == "" {
		return ErrCredentials
	}
	err := c.ldap.Bind(dn, password)
	refusals := []uint16{
		ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultNoSuchObject,
		ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultUnwillingToPerform,
	}
	if err != nil && ldap.IsErrorAnyOf(err, refusals...) {
		return ErrCredentials
	}
	return err
}

// The scopes of a search.
const (
	Entry   = ldap.ScopeBaseObject
	Level   = ldap.ScopeSingleLevel
	SubTree = ldap.ScopeWholeSubtree
)

// Search finds entries with the attributes that are named. A base that does not exist has none.
func (c *Conn) Search(base string, scope int, filter string, attributes ...string) ([]*ldap.Entry, error) {
	request := ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil)
	search := c.ldap.Search
	if c.paging {
		search = func(r *ldap.SearchRequest) (*ldap.SearchResult, error) { return c.ldap.SearchWithPaging(r, pageSize) }
	}
	found, err := search(request)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("searching %q below %q: %w", filter, base, err)
	}
	return found.Entries, nil
}
