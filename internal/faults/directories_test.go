package faults

import (
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

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
