package faults

import (
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// The objects that subjects make.
const (
	newUser        = "zoe"
	otherUser      = "zoe-the-second"
	firstPassword  = "First-Passw0rd-1"
	secondPassword = "Second-Passw0rd-2"
)

// subject is one way to use a resource: the configurations of its life. Those that are nil do not apply.
type subject struct {
	name     string
	resource string
	create   map[string]any
	update   map[string]any
	replace  map[string]any
	// others is what somebody else has on the registry.
	others func(*state.State)
	// signIn uses user name and password instead of a token, exchange the identity token of a pipeline.
	signIn, exchange    bool
	createBeforeDestroy bool
	// claim is how an object that a killed run left behind is taken over: by an import of this id, or by arguments that
	// are added to the configuration. A subject without a claim finds its own again.
	claim claim
	// adopts: the object was there before, and outlives the resource.
	adopts bool
	// forgetful subjects leave behind what a killed run made, as documented: tokens without an idempotency key.
	forgetful bool
}

// id is what an import knows an object by: the documentation of each resource says it.
func (s subject) id(o *plugintest.Object) string {
	switch s.resource {
	case "registry_token":
		return o.Attribute("username") + "/" + o.Attribute("id")
	case "registry_group_membership":
		return o.Attribute("group") + "/" + o.Attribute("username")
	case "registry_group_members":
		return o.Attribute("group")
	case "registry_oidc_mapping":
		return o.Attribute("provider_id") + "/" + o.Attribute("name")
	case "registry_user":
		return o.Attribute("username")
	default:
		return o.Attribute("name")
	}
}

type claim struct {
	importID string
	with     map[string]any
}

func (c claim) needed() bool { return c.importID != "" || c.with != nil }

type config = map[string]any

// with gives a configuration with more arguments, or with others.
func with(base config, more config) config {
	merged := config{}
	for _, part := range []config{base, more} {
		for name, v := range part {
			merged[name] = v
		}
	}
	return merged
}

// subjects lists what is put to the test on one registry. A resource that is missing here fails TestEveryResource.
func subjects(dialect devregistry.Dialect) []subject {
	list := []subject{userSubject(), disabledUserSubject(), adoptedUserSubject(), groupSubject(), edgeSubject(), setSubject()}
	list = append(list, tokenSubjects()...)
	list = append(list, directorySubject(), issuerSubject(), exchangedSubject())
	if dialect == devregistry.Artifactory {
		return append(list, targetSubject(), groupTokenSubject(), directoryGroupsSubject(), directoryGroupSubject(),
			mappingSubject("ci", config{"artifactory": config{"username": "alice"}}))
	}
	return append(list, rulesSubject(), sharedRulesSubject(), signedInSubject(), mappingSubject(ciProviderID, nil))
}

func userSubject() subject {
	create := config{"username": newUser, "email": "zoe@example.com", "password_wo": firstPassword, "password_wo_version": 1}
	return subject{
		name: "user", resource: "registry_user", create: create,
		update: with(create, config{
			"email": "zoe@example.org", "enabled": false, "password_wo": secondPassword, "password_wo_version": 2,
		}),
		replace: with(create, config{"username": otherUser}),
		claim:   claim{with: config{"adopt_existing": true}},
	}
}

// disabledUserSubject takes two requests to create: accounts are made enabled.
func disabledUserSubject() subject {
	create := config{"username": newUser, "email": "zoe@example.com", "enabled": false}
	return subject{
		name: "disabled user", resource: "registry_user", create: create,
		update:  with(create, config{"enabled": true}),
		replace: with(create, config{"username": otherUser}),
		claim:   claim{importID: newUser},
	}
}

func adoptedUserSubject() subject {
	create := config{"username": "bob", "email": "bob@example.org", "adopt_existing": true, "deletion_policy": "disable"}
	return subject{
		name: "adopted user", resource: "registry_user", create: create,
		update: with(create, config{"email": "bob@example.net"}), adopts: true,
	}
}

func groupSubject() subject {
	create := config{"name": "crew", "description": "first", "members": []string{"alice", "bob"}}
	return subject{
		name: "group", resource: "registry_group", create: create,
		update:  with(create, config{"description": "second", "members": []string{"bob", "dana"}}),
		replace: with(create, config{"name": "crew-two"}), // a rename on Artifact Keeper
		claim:   claim{importID: "crew"},
	}
}

func edgeSubject() subject {
	create := config{"group": "developers", "username": "alice"}
	return subject{
		name: "membership", resource: "registry_group_membership", create: create,
		update:  with(create, config{"group": "platform"}),
		replace: with(create, config{"username": "bob"}),
	}
}

func setSubject() subject {
	create := config{"group": "developers", "members": []string{"alice", "bob"}}
	return subject{
		name: "members", resource: "registry_group_members", create: create,
		update:  with(create, config{"members": []string{"bob", "dana"}}),
		replace: with(create, config{"group": "platform"}), // moves in place
	}
}

func tokenSubjects() []subject {
	plain := config{"username": "alice", "description": "workspace", "expires_in": "30d"}
	keyed := with(plain, config{"idempotency_key": "workspace-1"})
	life := func(name string, create config) subject {
		return subject{
			name: name, resource: "registry_token", create: create,
			update:  with(create, config{"description": "another text"}),
			replace: with(create, config{"keepers": config{"run": "2"}}),
		}
	}
	forgetful, remembered, handedOver := life("token", plain), life("token with key", keyed), life("token created before destroy", keyed)
	forgetful.forgetful = true
	handedOver.createBeforeDestroy = true
	return []subject{forgetful, remembered, handedOver}
}

// directorySubject is a directory that people sign in with. Its password is write-only, and only Artifact Keeper can keep
// one that a change leaves out.
func directorySubject() subject {
	create := config{
		"name": "corp", "url": "ldaps://ldap.example.com", "base_dn": "dc=example,dc=com", "search_filter": "(uid={0})",
		"manager_dn": "cn=reader,dc=example,dc=com", "manager_password_wo": firstPassword, "manager_password_wo_version": 1,
	}
	return subject{
		name: "LDAP settings", resource: "registry_ldap_settings", create: create,
		update: with(create, config{
			"search_bases": []string{"ou=people"}, "enabled": false, "manager_password_wo": secondPassword, "manager_password_wo_version": 2,
		}),
		replace: with(create, config{"name": "corp-two"}),
		claim:   claim{importID: "corp"},
	}
}

// groupTokenSubject looks up the groups of its scope before it mints.
func groupTokenSubject() subject {
	create := config{
		"username": "alice", "scopes": []string{"applied-permissions/groups:readers,developers"}, "expires_in": "12h",
		"idempotency_key": "workspace-1", "artifactory": config{"refreshable": true, "reference": true, "force_revocable": true},
	}
	return subject{
		name: "token of groups", resource: "registry_token", create: create,
		replace: with(create, config{"expires_in": "24h"}),
	}
}

// targetSubject is Artifactory's permission target, whose sections are changed one by one.
func targetSubject() subject {
	create := config{
		"name": "crew", "repositories": []string{"npm-private", "go-private"},
		"users":  config{"alice": []string{"read", "write"}},
		"groups": config{"developers": []string{"read"}},
	}
	builds := config{"targets": []string{"artifactory-build-info"}, "groups": config{"developers": []string{"read"}}}
	return subject{
		name: "permission", resource: "registry_permission", create: create,
		update: with(create, config{
			"repositories": []string{"npm-private"}, "users": config{"bob": []string{"read"}}, "artifactory": config{"builds": builds},
		}),
		replace: with(create, config{"name": "crew-two"}),
		claim:   claim{importID: "crew"},
	}
}

// rulesSubject is Artifact Keeper's permission: one request per principal.
func rulesSubject() subject {
	create := rules("npm-private", config{"alice": []string{"read"}, "bob": []string{"read", "write"}})
	return subject{
		name: "permission", resource: "registry_permission", create: create,
		update:  rules("npm-private", config{"alice": []string{"read", "write"}, "dana": []string{"read"}}),
		replace: rules("go-private", config{"alice": []string{"read"}}),
		claim:   claim{importID: "npm-private"},
	}
}

func rules(repository string, users config) config {
	return config{
		"name": repository, "repositories": []string{repository}, "users": users,
		"groups": config{"developers": []string{"read"}},
	}
}

// sharedRulesSubject leaves somebody else's rule on the repository alone.
func sharedRulesSubject() subject {
	s := rulesSubject()
	s.name = "shared permission"
	s.create, s.update = with(s.create, config{"additive": true}), with(s.update, config{"additive": true})
	s.replace = nil
	s.others = seedRule
	return s
}

func seedRule(st *state.State) {
	st.Rows = append(st.Rows, &state.PermissionRow{
		ID: "0b8c8a4e-2f5c-4a55-8f0e-3f8f5f0d9a77", PrincipalType: "group", PrincipalID: st.GroupByName("platform").ID, TargetType: "repository",
		TargetID: st.RepositoryByKey("npm-private").ID, Actions: []string{"read"}, CreatedAt: st.Groups[0].CreatedAt,
	})
}

// signedInSubject has a session: its sign-in is a request like any other.
func signedInSubject() subject {
	create := config{"group": "developers", "username": "alice"}
	return subject{name: "membership by session", resource: "registry_group_membership", create: create, signIn: true}
}

// exchangedSubject signs in with the identity token of a pipeline.
func exchangedSubject() subject {
	create := config{"group": "developers", "username": "alice"}
	return subject{name: "membership by exchange", resource: "registry_group_membership", create: create, exchange: true}
}
