package faults

import (
	"fmt"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// directorySubject is the connection to a directory, with a secret that must neither get lost nor be sent too often.
func directorySubject() subject {
	create := config{
		"name": "corp", "url": "ldaps://ldap.example.com", "base_dn": "dc=example,dc=com", "search_filter": "(uid={0})",
		"manager_dn": "cn=reader,dc=example,dc=com", "manager_password_wo": firstPassword, "manager_password_wo_version": 1,
	}
	return subject{
		name: "directory", resource: "registry_ldap_settings", create: create,
		update: with(create, config{
			"url": "ldaps://new.example.com", "email_attribute": "email", "manager_password_wo": secondPassword, "manager_password_wo_version": 2,
		}),
		replace: with(create, config{"name": "corp-two"}), // a rename on Artifact Keeper
		claim:   claim{importID: "corp"},
	}
}

// directoryGroupsSubject is how Artifactory reads groups from a directory, for which there must be one.
func directoryGroupsSubject() subject {
	create := config{
		"name": "groups", "ldap_settings": "others", "strategy": "STATIC", "group_member_attribute": "member", "filter": "(objectClass=groupOfNames)",
	}
	return subject{
		name: "directory groups", resource: "registry_ldap_group_settings", create: create,
		update:  with(create, config{"strategy": "HIERARCHICAL", "group_member_attribute": "ou"}),
		replace: with(create, config{"name": "groups-two"}),
		claim:   claim{importID: "groups"},
		others: func(st *state.State) {
			st.Artifactory.LDAPSettings = append(st.Artifactory.LDAPSettings, &state.LDAPSetting{Key: "others", URL: "ldaps://ldap.example.com"})
		},
	}
}

// directoryGroupSubject is a group that stands for one of a directory, which only Artifactory's older API can make.
func directoryGroupSubject() subject {
	link := func(dn string) config {
		return config{"ldap": config{"strategy": "STATIC", "group_dn": dn}, "manage_webhook": true}
	}
	create := config{"name": "crew", "description": "first", "artifactory": link("cn=crew,ou=groups,dc=example,dc=com")}
	return subject{
		name: "directory group", resource: "registry_group", create: create,
		update:  with(create, config{"description": "second", "artifactory": link("cn=crew,ou=teams,dc=example,dc=com")}),
		replace: with(create, config{"name": "crew-two"}),
		claim:   claim{importID: "crew"},
	}
}

// signIn lists directories and identity providers with everything that counts about them.
func signIn(st *state.State) []string {
	var lines []string
	add := func(format string, a ...any) { lines = append(lines, fmt.Sprintf(format, a...)) }
	for _, l := range st.Artifactory.LDAPSettings {
		add("directory %s %s by %s with %s enabled=%t mail=%s", l.Key, l.URL, text(l.ManagerDN), l.ManagerPassword, l.Enabled, l.EmailAttribute)
	}
	for _, g := range st.Artifactory.LDAPGroups {
		add("directory groups %+v", g)
	}
	for _, p := range st.ArtifactKeeper.SSO {
		add("%s %s enabled=%t %v secrets=%v", p.Kind, p.Name, p.Enabled, p.Settings, p.Secrets)
	}
	return lines
}
