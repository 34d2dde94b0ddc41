package directory

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Both registries wait this long for a connection and for an answer (JFrog help: "LDAP").
const (
	connectTimeout = 10 * time.Second
	answerTimeout  = 15 * time.Second
	// mostEntries is how many entries a search may bring: more groups than anybody is in, and few enough to keep while a
	// directory sends them without an end.
	mostEntries = 10_000
)

// Query is a directory connection, as a registry's settings describe it, and the person to look for.
type Query struct {
	URL          string
	BaseDN       string
	SearchBases  []string // relative to BaseDN
	SearchFilter string
	// OneLevel searches people directly below the bases only, not in the whole sub-tree.
	OneLevel bool
	// UserDNPattern gives the person's DN, relative to BaseDN, without a search. It is tried first, with the Password that it takes.
	UserDNPattern   string
	ManagerDN       string
	ManagerPassword registry.Secret
	StartTLS        bool
	// InsecureSkipVerify accepts any certificate; CACertificate is PEM to trust besides the system's.
	InsecureSkipVerify bool
	CACertificate      string
	// Username is what the person signs in with. With a Password it is tried whether they could.
	Username string
	Password registry.Secret
	// GroupsAttribute lists a person's groups in their own entry. GroupBaseDN and GroupFilter find groups whose entries list
	// the person, whose DN takes the place of {0}.
	GroupsAttribute string
	GroupBaseDN     string
	GroupFilter     string
	// EmailAttribute is what is read of the entry besides the names.
	EmailAttribute string
}

// Person is what a registry would see of somebody.
type Person struct {
	DN    string
	Email string
	// Groups are DNs, sorted.
	Groups []string
}

// Look finds the person and their groups as Artifactory does: by UserDNPattern, if there is one and the person's password fits,
// else by a search with SearchFilter, if there is one. After a search it signs in as the person if there is a password.
func Look(ctx context.Context, q Query) (Person, error) {
	if q.UserDNPattern == "" {
		return connected(ctx, q, lookBySearch)
	}
	p, byPattern := connected(ctx, q, lookByPattern)
	if byPattern == nil || q.SearchFilter == "" {
		return p, byPattern
	}
	p, err := connected(ctx, q, lookBySearch)
	if err != nil {
		return p, fmt.Errorf("%w; before that: %w", err, byPattern)
	}
	return p, nil
}

// connected looks over a connection of its own, which the end of the context closes.
func connected(ctx context.Context, q Query, look func(context.Context, *ldap.Conn, Query) (Person, error)) (Person, error) {
	conn, stop, err := dial(ctx, q)
	if err != nil {
		return Person{}, interruption(ctx, q, err)
	}
	defer stop()
	p, err := look(ctx, conn, q)
	return p, interruption(ctx, q, err)
}

// interruption tells of the end of the context instead of what it did to the connection.
func interruption(ctx context.Context, q Query, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	message := "cancelled before the directory answered"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		message = "the time for this operation ended before the directory answered"
	}
	return &registry.Error{Kind: registry.KindUnavailable, Op: "look up", Object: fmt.Sprintf("%q", q.Username), Message: message, Err: ctx.Err()}
}

func lookBySearch(ctx context.Context, conn *ldap.Conn, q Query) (Person, error) {
	if q.ManagerDN != "" {
		if err := bind(conn, q.ManagerDN, q.ManagerPassword); err != nil {
			return Person{}, fail("bind as", q.ManagerDN, err, "Check manager_dn and manager_password")
		}
	}
	entry, err := find(ctx, conn, q)
	if err != nil {
		return Person{}, err
	}
	p, err := describe(ctx, conn, q, entry)
	if err == nil && !q.Password.Empty() {
		if err := bind(conn, entry.DN, q.Password); err != nil {
			return p, fail("sign in as", entry.DN, err, "The entry was found; the password is not its")
		}
	}
	return p, err
}

// lookByPattern signs in under the DN that the pattern gives, and reads with the person's own rights.
func lookByPattern(ctx context.Context, conn *ldap.Conn, q Query) (Person, error) {
	filled, err := fill(q.UserDNPattern, ldap.EscapeDN(q.Username))
	if err != nil {
		return Person{}, fail("use", "user_dn_pattern", err, "")
	}
	dn := Join(filled, q.BaseDN)
	if err := bind(conn, dn, q.Password); err != nil {
		return Person{}, fail("sign in as", dn, err, "Check user_dn_pattern, base_dn and the person's password")
	}
	entries, err := search(ctx, conn, dn, ldap.ScopeBaseObject, "(objectClass=*)", 0, q.EmailAttribute, q.GroupsAttribute)
	if err == nil && len(entries) != 1 {
		err = errors.New("the entry is not shown to the person")
	}
	if err != nil {
		return Person{}, fail("read", dn, err, "A registry reads a person's entry with their own rights if it has a pattern: let them, or use search_filter")
	}
	return describe(ctx, conn, q, entries[0])
}

// describe reads what a registry would of a person's entry and groups.
func describe(ctx context.Context, conn *ldap.Conn, q Query, entry *ldap.Entry) (Person, error) {
	p := Person{DN: entry.DN, Email: entry.GetEqualFoldAttributeValue(q.EmailAttribute), Groups: slices.Clone(entry.GetEqualFoldAttributeValues(q.GroupsAttribute))}
	if q.GroupFilter != "" {
		filter := strings.ReplaceAll(q.GroupFilter, "{0}", ldap.EscapeFilter(entry.DN))
		groups, err := search(ctx, conn, q.GroupBaseDN, ldap.ScopeWholeSubtree, filter, 0, "1.1")
		if err != nil {
			return Person{}, fail("search groups below", q.GroupBaseDN, err, "Check group_base_dn, group_filter and what the one who searches may read")
		}
		for _, group := range groups {
			p.Groups = append(p.Groups, group.DN)
		}
	}
	slices.Sort(p.Groups)
	p.Groups = slices.Compact(p.Groups)
	return p, nil
}

// dial connects. stop closes the connection, as the end of the context does.
func dial(ctx context.Context, q Query) (conn *ldap.Conn, stop func(), err error) {
	u, err := url.Parse(q.URL)
	if err != nil {
		return nil, nil, fail("connect to", "the directory", errors.New("the url is none"), "")
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if q.CACertificate != "" && !pool.AppendCertsFromPEM([]byte(q.CACertificate)) {
		return nil, nil, fail("read", "ca_certificate", errors.New("it holds no PEM certificate"), "")
	}
	trust := &tls.Config{
		RootCAs: pool, ServerName: u.Hostname(), MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: q.InsecureSkipVerify, //nolint:gosec // the registry's own switch, which the check repeats
	}
	wire, err := connect(ctx, u, trust)
	if err != nil {
		return nil, nil, fail("connect to", u.Host, err, connectHint(err))
	}
	unwatch := context.AfterFunc(ctx, func() { _ = wire.Close() })
	conn = ldap.NewConn(wire, u.Scheme == "ldaps")
	conn.SetTimeout(answerTimeout)
	conn.Start()
	stop = func() { unwatch(); _ = conn.Close() }
	if q.StartTLS {
		if err := startTLS(wire, conn, trust); err != nil {
			stop()
			return nil, nil, fail("encrypt the connection to", u.Host, err, connectHint(err))
		}
	}
	return conn, stop, nil
}

// connect opens the connection, encrypted from the start for ldaps.
func connect(ctx context.Context, u *url.URL, trust *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if u.Scheme == "ldaps" {
		return (&tls.Dialer{Config: trust}).DialContext(ctx, "tcp", withPort(u, ldap.DefaultLdapsPort))
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", withPort(u, ldap.DefaultLdapPort))
}

func withPort(u *url.URL, port string) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
}

// startTLS gives the handshake a deadline, which the library does not.
func startTLS(wire net.Conn, conn *ldap.Conn, trust *tls.Config) error {
	if err := wire.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	if err := conn.StartTLS(trust); err != nil {
		return err
	}
	return wire.SetDeadline(time.Time{})
}

func connectHint(err error) string {
	text := err.Error()
	if strings.Contains(text, "x509:") || strings.Contains(text, "certificate") {
		return "The directory's certificate is not trusted here: give its CA in ca_certificate. The registry needs it too: Artifact Keeper in its settings, Artifactory in the trust store of its Java"
	}
	return "Check url, and that the directory can be reached from here; the registry must reach it from where it runs"
}

// bind refuses an empty password, which many directories take for an anonymous bind that succeeds (RFC 4513, 5.1.2).
func bind(conn *ldap.Conn, dn string, password registry.Secret) error {
	if password.Empty() {
		return errors.New("there is no password")
	}
	return conn.Bind(dn, password.Reveal())
}

// find looks for exactly one entry.
func find(ctx context.Context, conn *ldap.Conn, q Query) (*ldap.Entry, error) {
	filter, err := fill(q.SearchFilter, ldap.EscapeFilter(q.Username))
	if err != nil {
		return nil, fail("use", "search_filter", err, "")
	}
	bases := q.SearchBases
	if len(bases) == 0 {
		bases = []string{""}
	}
	scope := ldap.ScopeWholeSubtree
	if q.OneLevel {
		scope = ldap.ScopeSingleLevel
	}
	var found []*ldap.Entry
	for _, base := range bases {
		entries, err := search(ctx, conn, Join(base, q.BaseDN), scope, filter, 2, q.EmailAttribute, q.GroupsAttribute)
		if err != nil {
			return nil, fail("search people below", Join(base, q.BaseDN), err, "Check base_dn and search_bases, and what the manager may read")
		}
		found = append(found, entries...)
	}
	person := fmt.Sprintf("%q", q.Username)
	switch len(found) {
	case 0:
		return nil, fail("find", person, fmt.Errorf("no entry fits %s", filter), "Check the name, base_dn, search_bases and search_filter, and what the manager may read")
	case 1:
		return found[0], nil
	default:
		return nil, fail("find", person, fmt.Errorf("several entries fit %s: %s and %s", filter, found[0].DN, found[1].DN), "A registry could not tell them apart; narrow search_filter or the bases")
	}
}

// search gives the entries that a search brings: as many as most, or all if that is 0. A directory is not trusted to keep to a
// limit, or to end.
func search(ctx context.Context, conn *ldap.Conn, base string, scope int, filter string, most int, attributes ...string) ([]*ldap.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	request := ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, most, int(answerTimeout/time.Second), false, filter, attributes, nil)
	answer := conn.SearchAsync(ctx, request, 0)
	var entries []*ldap.Entry
	for answer.Next() {
		if entry := answer.Entry(); entry != nil {
			entries = append(entries, entry)
		}
		if most > 0 && len(entries) == most {
			return entries, nil
		}
		if len(entries) > mostEntries {
			return nil, fmt.Errorf("it sent more than %d entries for %s", mostEntries, filter)
		}
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("it sent %d entries in %s and did not end", len(entries), answerTimeout)
	}
	return entries, answer.Err()
}

// fail puts what the protocol says into the domain's words. The library quotes names and codes, never passwords.
func fail(op, object string, err error, hint string) error {
	kind := registry.KindUnavailable
	switch {
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultUnwillingToPerform):
		kind = registry.KindUnauthorized
	case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		kind = registry.KindNotFound
	}
	return &registry.Error{Kind: kind, Op: op, Object: object, Message: "the directory, asked from here, says: " + trimmed(err), Hint: hint, Err: err}
}
