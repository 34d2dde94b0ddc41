package artifactkeeper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/directory"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// ldapConfig is a stored LDAP provider ready for use.
type ldapConfig struct {
	id     string
	server directory.Server
	text   func(name string) string
	// bindDN and bindPassword are the account that searches; both are there, or the provider cannot search.
	bindDN, bindPassword string
}

func (s *server) ldapConfig(p *state.SSOProvider) ldapConfig {
	text := func(name string) string { value, _ := p.Settings[name].(string); return value }
	flag := func(name string) bool { value, _ := p.Settings[name].(bool); return value }
	c := ldapConfig{id: p.ID, text: text, bindDN: text("bind_dn"), bindPassword: p.Secrets["bind_password"], server: directory.Server{
		URL: text("server_url"), StartTLS: flag("use_starttls"), Insecure: flag("insecure_skip_verify"),
	}}
	if ca := p.Secrets["ca_certificate"]; ca != "" {
		c.server.CAs = [][]byte{[]byte(ca)}
	}
	return c
}

func (c ldapConfig) searches() bool { return c.bindDN != "" && c.bindPassword != "" }

// ldapLogin signs in with a directory's password, the only place that takes one: Basic authentication knows local passwords
// alone. Accounts are always made (Artifact Keeper: api/handlers/sso.rs, services/ldap_service.rs).
func (s *server) ldapLogin(r *http.Request, _ *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	body, err := readObject(r, envelopeBody)
	if err != nil {
		return nil, err
	}
	username, password := required[string](body, "username"), required[string](body, "password")
	if err := body.done(); err != nil {
		return nil, err
	}
	provider, err := s.ssoProvider("ldap", id)
	if err != nil {
		return nil, err
	}
	c := s.ldapConfig(provider)
	if username == "" || password == "" {
		return nil, authFailed("Username and password required")
	}
	person, groups, err := c.authenticate(r.Context(), username, password)
	if errors.Is(err, directory.ErrCredentials) {
		return nil, authFailed("Invalid credentials")
	}
	if err != nil {
		return nil, internalError()
	}
	g, err := s.signIn(r, person, groups)
	if err != nil {
		return nil, err
	}
	return g.session(), nil
}

// authenticate searches for the person, proves the password and finds the groups. Without an account to search with, what
// was typed as a name is bound as it is, and nothing more is known about the person.
func (c ldapConfig) authenticate(ctx context.Context, username, password string) (federated, []string, error) {
	person := federated{
		source: "ldap", providerID: c.id, externalID: username, username: username, adminGroup: c.text("admin_group_dn"), create: true,
	}
	if !c.searches() {
		person.email = emailOf("", username, "ldap")
		return person, c.syncedNames(nil), c.prove(ctx, username, password)
	}
	conn, err := c.server.Connect(ctx, c.bindDN, c.bindPassword)
	if err != nil {
		return person, nil, err
	}
	defer conn.Close()
	filter := strings.NewReplacer("{0}", directory.EscapeFilter(username), "{username}", directory.EscapeFilter(username)).
		Replace(c.text("user_filter"))
	entries, err := conn.Search(c.text("user_base_dn"), directory.SubTree, filter,
		c.text("username_attribute"), c.text("email_attribute"), c.text("display_name_attribute"), c.text("groups_attribute"))
	if err == nil && len(entries) == 0 {
		err = directory.ErrCredentials
	}
	if err == nil {
		err = c.prove(ctx, entries[0].DN, password)
	}
	if err != nil {
		return person, nil, err
	}
	c.describe(&person, entries[0])
	if !c.syncs() {
		return person, nil, nil
	}
	return person, c.syncedNames(c.groupNames(conn, person)), nil
}

func (c ldapConfig) prove(ctx context.Context, dn, password string) error {
	conn, err := c.server.Connect(ctx, dn, password)
	if err == nil {
		conn.Close()
	}
	return err
}

// describe takes from the entry what the account is to show.
func (c ldapConfig) describe(person *federated, entry *ldap.Entry) {
	person.externalID = entry.DN
	person.email = emailOf(entry.GetEqualFoldAttributeValue(c.text("email_attribute")), entry.DN, "ldap")
	person.groups = entry.GetEqualFoldAttributeValues(c.text("groups_attribute"))
	if name := entry.GetEqualFoldAttributeValue(c.text("username_attribute")); name != "" {
		person.username = name
	}
	if display := entry.GetEqualFoldAttributeValue(c.text("display_name_attribute")); display != "" {
		person.display = &display
	}
}

// syncs tells whether groups are reflected: a base or a filter for them is set.
func (c ldapConfig) syncs() bool {
	return c.text("group_base_dn") != "" || c.text("group_filter") != ""
}

// syncedNames is nil when groups are not reflected, and else never.
func (c ldapConfig) syncedNames(names []string) []string {
	if !c.syncs() {
		return nil
	}
	return append([]string{}, names...)
}

// groupNames are the groups the person's entry lists, as far as they lie below the group base, and those that are found by
// the group filter. A search that fails adds none.
func (c ldapConfig) groupNames(conn *directory.Conn, person federated) []string {
	var names []string
	for _, group := range person.groups {
		if parts := directory.Parts(group); len(parts) > 0 && directory.Within(group, c.text("group_base_dn")) {
			names = append(names, parts[0].Value)
		}
	}
	base := c.text("group_base_dn")
	if base == "" {
		base = c.text("user_base_dn")
	}
	entries, _ := conn.Search(base, directory.SubTree, c.groupFilter(person), "cn")
	for _, entry := range entries {
		names = append(names, entry.GetEqualFoldAttributeValue("cn"))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// groupFilter is the filter for a person's groups. One that names nobody says what a group is, and who is in it is asked
// for besides.
func (c ldapConfig) groupFilter(person federated) string {
	dn, name := directory.EscapeFilter(person.externalID), directory.EscapeFilter(person.username)
	members := "(|(member=" + dn + ")(uniqueMember=" + dn + ")(memberUid=" + name + "))"
	filter := c.text("group_filter")
	filled := strings.NewReplacer("{0}", dn, "{dn}", dn, "{1}", name, "{username}", name).Replace(filter)
	switch {
	case filter == "":
		return members
	case filled == filter:
		return "(&" + filter + members + ")"
	default:
		return filled
	}
}

// ldapTest is the answer of the connection test, a 200 whatever came of it.
type ldapTest struct {
	Success      bool   `json:"success"`
	Message      string `json:"message"`
	ResponseTime int64  `json:"response_time_ms"`
}

// probeTimeout bounds the connection test's look whether anybody listens.
const probeTimeout = 5 * time.Second

// testLDAP connects and, when there is an account to search with, binds as it. The messages are few, so that nobody maps a
// network with them (Artifact Keeper: services/auth_config_service.rs).
func (s *server) testLDAP(r *http.Request, _ *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	provider, err := s.ssoProvider("ldap", id)
	if err != nil {
		return nil, err
	}
	c, begun := s.ldapConfig(provider), time.Now()
	result := func(success bool, message string) (any, error) {
		return ldapTest{success, message, time.Since(begun).Milliseconds()}, nil
	}
	address, err := s.probe(r.Context(), c.server.URL)
	var api *apiError
	switch {
	case errors.As(err, &api):
		return nil, err
	case err != nil:
		return result(false, "Connection failed")
	case !c.searches():
		return result(true, fmt.Sprintf("Connected to %s; no bind DN/password configured, so credentials were not verified", address))
	}
	conn, err := c.server.Connect(r.Context(), c.bindDN, c.bindPassword)
	if errors.Is(err, directory.ErrCredentials) {
		return result(false, "LDAP bind rejected: check the bind DN and bind password")
	}
	if err != nil {
		return result(false, "LDAP connection failed during bind")
	}
	conn.Close()
	return result(true, "Connection and LDAP bind successful")
}

// probe finds out whether anybody listens. An address that turns out to be private is refused as in a configuration.
func (s *server) probe(ctx context.Context, server string) (address string, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"ldap": "389", "ldaps": "636"}[u.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return "", err
	}
	allowed := slices.IndexFunc(found, func(ip netip.Addr) bool { return s.opt.AllowPrivateIssuers || !private(ip.Unmap()) })
	if allowed < 0 {
		return "", invalid("LDAP server URL is not allowed (private/internal network)")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(found[allowed].String(), port))
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(u.Hostname(), port), conn.Close()
}
