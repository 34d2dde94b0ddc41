package artifactory

import (
	"cmp"
	"context"
	"crypto/sha256"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/directory"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// authenticationCache is how long a directory's answer about a name and password is taken again without asking (JFrog
// help: "LDAP", artifactory.security.authentication.cache.idleTimeSecs).
const authenticationCache = 300 * time.Second

// person is somebody a directory vouches for.
type person struct {
	dn, email string
	// groups are those the directory has the person in.
	groups  []ldapMembership
	setting state.LDAPSetting
	until   time.Time // when the directory is asked again
}

// people remembers who was vouched for, by digest of name and password.
type people struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]*person
}

func digestOf(name, secret string) [sha256.Size]byte {
	return sha256.Sum256([]byte(name + "\x00" + secret))
}

func (p *people) get(name, secret string, now time.Time) *person {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found := p.known[digestOf(name, secret)]; found != nil && now.Before(found.until) {
		return found
	}
	return nil
}

func (p *people) put(name, secret string, found *person, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[[sha256.Size]byte]*person{}
	}
	maps.DeleteFunc(p.known, func(_ [sha256.Size]byte, known *person) bool { return !now.Before(known.until) })
	p.known[digestOf(name, secret)] = found
}

// byDirectory asks the enabled directories in the order of their settings for a name and password, before the server's own
// users are looked at (JFrog help: "LDAP"). It gives nil when none of them knows the pair or can be reached: then the
// server's own password decides.
func (s *server) byDirectory(ctx context.Context, name, secret string) *principal {
	var settings []state.LDAPSetting
	var groups []state.LDAPGroup
	s.Store.View(func(st *state.State) {
		for _, setting := range st.Artifactory.LDAPSettings {
			if setting.Enabled {
				settings = append(settings, *setting)
			}
		}
		groups = slices.Clone(st.Artifactory.LDAPGroups)
	})
	if len(settings) == 0 || !usernamePattern.MatchString(name) {
		return nil
	}
	now := s.Store.Now()
	if known := s.people.get(name, secret, now); known != nil {
		if p, ok := s.welcome(name, known, now, false); ok {
			return p
		}
	}
	for _, setting := range settings {
		found, err := s.ask(ctx, setting, groups, name, secret)
		if err != nil {
			continue
		}
		found.until = now.Add(authenticationCache)
		s.people.put(name, secret, found, now)
		p, _ := s.welcome(name, found, now, true)
		return p
	}
	return nil
}

// welcome turns a person into a caller. When the directory has just been asked, the account is made if it is missing, with
// the groups that everybody joins, and its memberships of directory groups become what the directory says. ok is false for
// an answer from the cache whose account has gone since.
func (s *server) welcome(name string, found *person, now time.Time, fresh bool) (p *principal, ok bool) {
	s.Store.Update(func(st *state.State) {
		user := st.UserByName(name)
		switch {
		case user == nil && !found.setting.AutoCreateUser:
			p, ok = s.transient(st, name, found), true
			return
		case user == nil && !fresh:
			return
		case user == nil:
			user = &state.User{
				ID: uuid.NewString(), Username: name, Email: found.email, Active: true, AuthProvider: realmLDAP, CreatedAt: now,
				ProfileUpdate: found.setting.AllowUserProfile, ExternalID: found.dn,
			}
			_ = addUser(st, user, nil, now) // which fails for unknown groups only, and none is asked for
		}
		ok = true
		if !user.Active || user.LockedUntil.After(now) {
			return
		}
		if fresh {
			followDirectory(st, user, found, now)
		}
		user.FailedLogins, user.LastLogin = 0, now
		p = s.principalOf(st, user)
	})
	return p, ok
}

// transient is a person without an account: the groups count, and nothing is kept (JFrog help: "LDAP", Auto Create System
// Users).
func (s *server) transient(st *state.State, name string, found *person) *principal {
	p := &principal{username: name, identity: true, grants: grants{user: true}}
	for _, group := range st.Groups {
		if group.AutoJoin || found.in(group) {
			p.groups = append(p.groups, group.Name)
			p.admin = p.admin || group.AdminPrivileges
		}
	}
	return p
}

// followDirectory makes an account's memberships of directory groups those the directory has.
func followDirectory(st *state.State, user *state.User, found *person, now time.Time) {
	for _, group := range st.Groups {
		if group.Realm != realmLDAP {
			continue
		}
		if found.in(group) {
			join(group, user.ID, now)
		} else {
			group.RemoveMember(user.ID)
		}
	}
}

// ldapServer is how a setting's directory is reached.
func (s *server) ldapServer(setting state.LDAPSetting) (server directory.Server, base string) {
	server = directory.Server{URL: setting.URL, CAs: s.DirectoryCAs, Paging: setting.PagingSupport}
	if address, err := url.Parse(setting.URL); err == nil {
		base = strings.Trim(address.Path, "/")
	}
	return server, base
}

// ask proves a name and password to one directory: by a bind under the name the pattern gives, else by a search for the
// entry and a bind as what was found.
func (s *server) ask(
	ctx context.Context, setting state.LDAPSetting, groups []state.LDAPGroup, name, secret string,
) (*person, error) {
	server, base := s.ldapServer(setting)
	groups = slices.DeleteFunc(slices.Clone(groups), func(g state.LDAPGroup) bool { return g.EnabledLDAP != setting.Key })
	entry, conn, err := bindByPattern(ctx, server, setting, base, name, secret, attributesFor(setting, groups))
	if err != nil {
		entry, conn, err = searchAndBind(ctx, server, setting, base, name, secret, attributesFor(setting, groups))
	}
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	found := &person{dn: entry.DN, setting: setting}
	if setting.EmailAttribute != "" {
		found.email = entry.GetEqualFoldAttributeValue(setting.EmailAttribute)
	}
	for _, group := range groups {
		// What cannot be found out about groups is no membership; the person is who they are all the same.
		memberships, _ := membershipsOf(conn, group, base, entry, name)
		found.groups = append(found.groups, memberships...)
	}
	return found, nil
}

// attributesFor are the attributes of a person that are read: all ordinary ones, which show what the entry is, and by
// name those that tell its groups, which a directory may keep to itself otherwise (RFC 4511, section 4.5.1.8).
func attributesFor(setting state.LDAPSetting, groups []state.LDAPGroup) []string {
	attributes := []string{"*", cmp.Or(setting.EmailAttribute, "mail")}
	for _, group := range groups {
		if group.Strategy == strategyDynamic {
			attributes = append(attributes, group.GroupMemberAttribute)
		}
	}
	return attributes
}

// bindByPattern binds directly, without a search before it. The connection stays the person's.
func bindByPattern(
	ctx context.Context, server directory.Server, setting state.LDAPSetting, base, name, secret string, attributes []string,
) (*ldap.Entry, *directory.Conn, error) {
	if setting.UserDNPattern == "" {
		return nil, nil, directory.ErrCredentials
	}
	dn := directory.Below(strings.ReplaceAll(setting.UserDNPattern, "{0}", directory.EscapeDN(name)), base)
	if secret == "" {
		return nil, nil, directory.ErrCredentials
	}
	conn, err := server.Connect(ctx, dn, secret)
	if err != nil {
		return nil, nil, err
	}
	entries, err := conn.Search(dn, directory.Entry, "(objectClass=*)", attributes...)
	if err == nil && (len(entries) != 1 || setting.PoisoningProtection && directory.Poisoned(entries[0])) {
		err = directory.ErrCredentials
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return entries[0], conn, nil
}

// searchAndBind finds the one entry the filter fits and proves the password on a connection of its own; the one that is
// given back is the manager's, who sees groups that the person may not.
func searchAndBind(
	ctx context.Context, server directory.Server, setting state.LDAPSetting, base, name, secret string, attributes []string,
) (*ldap.Entry, *directory.Conn, error) {
	if deref(setting.Filter) == "" {
		return nil, nil, directory.ErrCredentials
	}
	conn, err := server.Connect(ctx, deref(setting.ManagerDN), setting.ManagerPassword)
	if err != nil {
		return nil, nil, err
	}
	entry, err := searchPerson(conn, setting, base, name, attributes)
	if err == nil {
		err = prove(ctx, server, entry.DN, secret)
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return entry, conn, nil
}

func prove(ctx context.Context, server directory.Server, dn, secret string) error {
	if secret == "" {
		return directory.ErrCredentials
	}
	conn, err := server.Connect(ctx, dn, secret)
	if err == nil {
		conn.Close()
	}
	return err
}

// searchPerson looks below every search base, which are relative to that of the URL. Two people who fit are nobody.
func searchPerson(
	conn *directory.Conn, setting state.LDAPSetting, base, name string, attributes []string,
) (*ldap.Entry, error) {
	scope := directory.SubTree
	if setting.SubTree != nil && !*setting.SubTree {
		scope = directory.Level
	}
	filter := strings.ReplaceAll(*setting.Filter, "{0}", directory.EscapeFilter(name))
	var entries []*ldap.Entry
	for below := range strings.SplitSeq(deref(setting.Base), "|") {
		found, err := conn.Search(directory.Below(strings.TrimSpace(below), base), scope, filter, attributes...)
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
	}
	if setting.PoisoningProtection {
		entries = slices.DeleteFunc(entries, directory.Poisoned)
	}
	if len(entries) != 1 {
		return nil, directory.ErrCredentials
	}
	return entries[0], nil
}
