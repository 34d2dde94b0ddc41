package artifactory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/directory"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// How a directory tells who is in a group (JFrog help: "LDAP Groups"): the group lists its people, people list their
// groups, or a person's name contains them.
const (
	strategyStatic       = "STATIC"
	strategyDynamic      = "DYNAMIC"
	strategyHierarchical = "HIERARCHICAL"
)

// ldapMembership is a directory's group, under the lower-case name groups are imported by.
type ldapMembership struct {
	name, dn, strategy string
	description        string
}

// realmAttributes is what a group keeps of the directory's group it stands for (JFrog help: "Synchronize LDAP Groups").
func (m ldapMembership) realmAttributes() string {
	return "ldapGroupName=" + m.name + ";groupsStrategy=" + m.strategy + ";groupDn=" + m.dn
}

// parseRealmAttributes reads them back. The name comes last in the text and may itself contain semicolons.
func parseRealmAttributes(text string) ldapMembership {
	var m ldapMembership
	head, dn, _ := strings.Cut(text, "groupDn=")
	m.dn = dn
	for field := range strings.SplitSeq(head, ";") {
		switch name, value, _ := strings.Cut(field, "="); name {
		case "ldapGroupName":
			m.name = value
		case "groupsStrategy":
			m.strategy = value
		}
	}
	return m
}

// in tells whether the directory has the person in a group: one of its realm whose name, strategy and exact DN are those
// of a membership.
func (p *person) in(group *state.Group) bool {
	if group.Realm != realmLDAP {
		return false
	}
	want := parseRealmAttributes(group.RealmAttributes)
	return slices.ContainsFunc(p.groups, func(m ldapMembership) bool {
		return m.name == strings.ToLower(want.name) && m.strategy == want.strategy && directory.Same(m.dn, want.dn)
	})
}

// membershipsOf finds a person's groups by the strategy of a group setting.
func membershipsOf(
	conn *directory.Conn, setting state.LDAPGroup, base string, entry *ldap.Entry, username string,
) ([]ldapMembership, error) {
	switch setting.Strategy {
	case strategyHierarchical:
		return partsOf(setting, base, entry.DN), nil
	case strategyDynamic:
		listed := entry.GetEqualFoldAttributeValues(setting.GroupMemberAttribute)
		all, err := directoryGroups(conn, setting, base, "")
		return slices.DeleteFunc(all, func(m ldapMembership) bool {
			return !slices.ContainsFunc(listed, func(value string) bool {
				return directory.Same(value, m.dn) || strings.EqualFold(value, m.name)
			})
		}), err
	default:
		// Groups list names in full or, as those of POSIX do, user names alone.
		attribute := setting.GroupMemberAttribute
		return directoryGroups(conn, setting, base, "(|("+attribute+"="+directory.EscapeFilter(entry.DN)+")("+attribute+"="+
			directory.EscapeFilter(username)+"))")
	}
}

// directoryGroups lists the groups a setting is about, those alone that a further filter fits.
func directoryGroups(conn *directory.Conn, setting state.LDAPGroup, base, filter string) ([]ldapMembership, error) {
	scope := directory.Level
	if setting.SubTree || setting.Strategy == strategyHierarchical {
		scope = directory.SubTree
	}
	wanted := cmp.Or(setting.Filter, "(objectClass=*)")
	if filter != "" {
		wanted = "(&" + wanted + filter + ")"
	}
	entries, err := conn.Search(
		directory.Below(setting.GroupBaseDN, base), scope, wanted, setting.GroupNameAttribute, cmp.Or(setting.DescriptionAttribute, "description"),
	)
	if err != nil {
		return nil, err
	}
	var groups []ldapMembership
	for _, entry := range entries {
		if name := entry.GetEqualFoldAttributeValue(setting.GroupNameAttribute); name != "" {
			groups = append(groups, ldapMembership{
				name: strings.ToLower(name), dn: entry.DN, strategy: setting.Strategy,
				description: entry.GetEqualFoldAttributeValue(cmp.Or(setting.DescriptionAttribute, "description")),
			})
		}
	}
	return groups, nil
}

// partsOf are the groups a person's name contains, below the group base: uid=a,ou=developers,ou=uk is in developers and uk.
func partsOf(setting state.LDAPGroup, base, dn string) []ldapMembership {
	below := directory.Below(setting.GroupBaseDN, base)
	var groups []ldapMembership
	for _, part := range directory.Parts(dn) {
		isGroup := strings.EqualFold(part.Attribute, setting.GroupMemberAttribute) ||
			strings.EqualFold(part.Attribute, setting.GroupNameAttribute)
		if isGroup && directory.Within(part.DN, below) {
			groups = append(groups, ldapMembership{name: strings.ToLower(part.Value), dn: part.DN, strategy: setting.Strategy})
		}
	}
	return groups
}
