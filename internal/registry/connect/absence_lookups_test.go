package connect_test

import (
	"context"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const (
	aID  = "00000000-0000-4000-8000-000000000001"
	aPID = "00000000-0000-4000-8000-000000000002"
)

// items is Artifact Keeper's empty list of tokens.
const items = `{"items":[]}`

type ctx = context.Context

func lookups(keeper bool) []lookup {
	if keeper {
		return append(shared(aID, aID, aID), keeperLookups()...)
	}
	return append(shared("alice", "readers", "id-1"), artifactoryLookups()...)
}

// shared are the calls that both registries take, without what differs between their answers.
func shared(user, group, token string) []lookup {
	mail, off, secret := "a@example.com", false, registry.NewSecret("canary-password")
	keeper := user == aID
	of := func(artifactory, artifactKeeper string) string {
		if keeper {
			return artifactKeeper
		}
		return artifactory
	}
	noUser, noGroup := of("User alice not found", "User not found"), of("Group readers not found", "Group not found")
	noToken := of("Token with id: id-1 not found", "API token not found")
	provider, mapping := of("corp", aID), of("m", aPID)
	noProvider := of("OIDC configuration corp not found", "CI OIDC provider not found")
	noMapping := of("Identity mapping m not found", "CI OIDC identity mapping not found")
	noPermission, permission := of("Permission npm-local not found", ""), "npm-local"
	noLDAP, ldap := of("LDAP setting corp not found", "LDAP configuration not found"), of("corp", aID)
	spec := registry.PermissionSpec{Name: permission, Repositories: []string{permission}, Users: map[string][]string{"alice": {"read"}}}
	var preRepo map[string]string
	if keeper {
		preRepo = map[string]string{"/api/v1/repositories/npm-local": `{"id":"` + aPID + `","key":"npm-local","format":"npm","repo_type":"local"}`}
	}
	unknownVersion := of("it asks for the version only, and a server that does not tell it is not refused", "it asks nothing")
	return []lookup{
		{name: "Users.Get", says: noUser, call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Users.Get(c, user)) }},
		{name: "Users.FindByUsername", says: of(noUser, ""), call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Users.FindByUsername(c, "alice")) }},
		{name: "Users.List", call: func(c ctx, r *registry.Registry) (int, error) {
			return gathered(r.Users.List(c, registry.UserFilter{}))
		}},
		{name: "Users.List filtered", call: func(c ctx, r *registry.Registry) (int, error) {
			return gathered(r.Users.List(c, registry.UserFilter{Contains: "alice"}))
		}},
		{name: "Users.Create", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Users.Create(c, registry.UserSpec{Username: "alice", Email: mail, Enabled: true}))
		}},
		{name: "Users.Update", says: noUser, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Users.Update(c, user, registry.UserPatch{Email: &mail}))
		}},
		{name: "Users.Update nothing", says: noUser, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Users.Update(c, user, registry.UserPatch{}))
		}},
		{name: "Users.Update enabled", says: noUser, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Users.Update(c, user, registry.UserPatch{Enabled: &off}))
		}},
		{name: "Users.SetPassword", says: noUser, done: true, call: func(c ctx, r *registry.Registry) (int, error) {
			return nothing(r.Users.SetPassword(c, user, secret))
		}},
		{name: "Users.Delete", says: noUser, done: true, call: func(c ctx, r *registry.Registry) (int, error) { return nothing(r.Users.Delete(c, user)) }},

		{name: "Groups.Get", says: noGroup, call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Groups.Get(c, group)) }},
		{name: "Groups.FindByName", says: of(noGroup, ""), call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Groups.FindByName(c, "readers")) }},
		{name: "Groups.List", call: func(c ctx, r *registry.Registry) (int, error) {
			return gathered(r.Groups.List(c, registry.GroupFilter{Contains: "r"}))
		}},
		{name: "Groups.Create", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Groups.Create(c, registry.GroupSpec{Name: "readers"}))
		}},
		{name: "Groups.Create with members", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Groups.Create(c, registry.GroupSpec{Name: "readers", Members: []string{"alice", "bob"}}))
		}},
		{name: "Groups.Update", says: noGroup, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Groups.Update(c, group, registry.GroupSpec{Name: "readers"}))
		}},
		{name: "Groups.ChangeMembers add", says: of(noGroup, ""), done: !keeper, call: func(c ctx, r *registry.Registry) (int, error) {
			return nothing(r.Groups.ChangeMembers(c, group, []string{"alice"}, nil))
		}},
		{name: "Groups.ChangeMembers remove", says: noGroup, done: !keeper, call: func(c ctx, r *registry.Registry) (int, error) {
			return nothing(r.Groups.ChangeMembers(c, group, nil, []string{"alice"}))
		}},
		{name: "Groups.Delete", says: noGroup, done: true, call: func(c ctx, r *registry.Registry) (int, error) { return nothing(r.Groups.Delete(c, group)) }},

		{name: "Permissions.Get", says: noPermission, prelude: preRepo, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Permissions.Get(c, permission))
		}},
		{name: "Permissions.List", call: func(c ctx, r *registry.Registry) (int, error) { return gathered(r.Permissions.List(c)) }},
		{name: "Permissions.Create", done: !keeper, call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Permissions.Create(c, spec)) }},
		{name: "Permissions.Update", says: noPermission, done: !keeper, prelude: preRepo, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Permissions.Update(c, registry.PermissionSpec{Name: permission}, spec))
		}},
		{name: "Permissions.Delete", says: noPermission, done: !keeper, prelude: preRepo, call: func(c ctx, r *registry.Registry) (int, error) {
			return nothing(r.Permissions.Delete(c, spec))
		}},

		{name: "Tokens.Get", says: of(noToken, "User not found"), none: of("", items), call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Tokens.Get(c, user, token)) }},
		{name: "Tokens.List", says: of("", "User not found"), none: of("", items), call: func(c ctx, r *registry.Registry) (int, error) {
			list, err := r.Tokens.List(c, registry.TokenFilter{UserID: user, Username: "alice"})
			return len(list), err
		}},
		{name: "Tokens.Mint", says: of("", "User not found"), call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Tokens.Mint(c, registry.TokenSpec{UserID: user, Username: "alice", Expiry: registry.Expiry{Never: true}}))
		}},
		{name: "Tokens.Revoke", says: noToken, done: true, call: func(c ctx, r *registry.Registry) (int, error) { return nothing(r.Tokens.Revoke(c, user, token)) }},
		{name: "Tokens.Revocable", quiet: "it asks nothing"},

		{name: "Repositories.List", none: of("[]", ""), call: func(c ctx, r *registry.Registry) (int, error) {
			return gathered(r.Repositories.List(c, registry.RepositoryFilter{PackageType: "npm"}))
		}},
		{name: "System.Version", call: func(c ctx, r *registry.Registry) (int, error) { return got(r.System.Version(c)) }},

		{name: "LDAP.Supported", quiet: unknownVersion},
		{name: "LDAP.Get", says: noLDAP, call: func(c ctx, r *registry.Registry) (int, error) { return got(r.LDAP.Get(c, ldap)) }},
		{name: "LDAP.FindByName", says: of(noLDAP, ""), none: of("", "[]"), call: func(c ctx, r *registry.Registry) (int, error) { return got(r.LDAP.FindByName(c, "corp")) }},
		{name: "LDAP.List", none: "[]", call: func(c ctx, r *registry.Registry) (int, error) { return gathered(r.LDAP.List(c)) }},
		{name: "LDAP.Create", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.LDAP.Create(c, registry.LDAPSettingsSpec{LDAPSettings: registry.LDAPSettings{Name: "corp"}}))
		}},
		{name: "LDAP.Update", says: noLDAP, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.LDAP.Update(c, ldap, registry.LDAPSettingsSpec{}, registry.LDAPSettingsSpec{LDAPSettings: registry.LDAPSettings{Name: "corp", Enabled: true}}))
		}},
		{name: "LDAP.Delete", says: noLDAP, done: true, call: func(c ctx, r *registry.Registry) (int, error) { return nothing(r.LDAP.Delete(c, ldap)) }},

		{name: "OIDCProviders.Supported", quiet: unknownVersion},
		{name: "OIDCProviders.Get", says: noProvider, call: func(c ctx, r *registry.Registry) (int, error) { return got(r.OIDCProviders.Get(c, provider, false)) }},
		{name: "OIDCProviders.Find", says: of(noProvider, ""), none: of("", "[]"), call: func(c ctx, r *registry.Registry) (int, error) { return got(r.OIDCProviders.Find(c, "corp")) }},
		{name: "OIDCProviders.Create", done: !keeper, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.OIDCProviders.Create(c, registry.OIDCProvider{Name: "corp"}))
		}},
		{name: "OIDCProviders.Update", says: noProvider, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.OIDCProviders.Update(c, provider, registry.OIDCProvider{}, registry.OIDCProvider{Name: "corp", IssuerURL: "https://i"}))
		}},
		{name: "OIDCProviders.Delete", says: noProvider, done: true, call: func(c ctx, r *registry.Registry) (int, error) {
			return nothing(r.OIDCProviders.Delete(c, provider, false))
		}},
		{name: "OIDCMappings.Get", says: noMapping, call: func(c ctx, r *registry.Registry) (int, error) { return got(r.OIDCMappings.Get(c, provider, mapping)) }},
		{name: "OIDCMappings.Get of no provider", says: noProvider, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.OIDCMappings.Get(c, provider, mapping))
		}},
		{name: "OIDCMappings.FindByName", says: of(noMapping, noProvider), none: of("", "[]"), call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.OIDCMappings.FindByName(c, provider, "m"))
		}},
		{name: "OIDCMappings.Create", says: noProvider, done: !keeper, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.OIDCMappings.Create(c, registry.OIDCMapping{Provider: provider, Name: "m"}))
		}},
		{name: "OIDCMappings.Update", says: noMapping, call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.OIDCMappings.Update(c, mapping, registry.OIDCMapping{Provider: provider, Name: "m"}))
		}},
		{name: "OIDCMappings.Delete", says: noMapping, done: true, call: func(c ctx, r *registry.Registry) (int, error) {
			return nothing(r.OIDCMappings.Delete(c, provider, mapping))
		}},
	}
}

func artifactoryLookups() []lookup {
	noGroups := "LDAP group setting corp not found"
	link := &registry.ArtifactoryGroupPatch{LDAP: &registry.LDAPGroupLink{Strategy: registry.LDAPStatic, GroupDN: "cn=readers"}}
	return []lookup{
		{name: "Users.FindByEmail", call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Users.FindByEmail(c, "alice")) }},
		{name: "Groups.Create of LDAP", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Groups.Create(c, registry.GroupSpec{Name: "readers", Artifactory: link}))
		}},
		{name: "Groups.Update of LDAP", says: "Group readers not found", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Groups.Update(c, "readers", registry.GroupSpec{Name: "readers", Artifactory: link}))
		}},
		{name: "Tokens.All", call: func(c ctx, r *registry.Registry) (int, error) { return whole[registry.Token](c, r.Tokens) }},
		{
			name: "Repositories.Get", says: "Bad Request", at: []int{400, 404}, proven: true, prelude: map[string]string{"/artifactory/api/repositories": `[]`},
			call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Repositories.Get(c, "npm-local")) },
		},
		{
			name: "Repositories.Get of a listed one", prelude: map[string]string{"/artifactory/api/repositories": `[{"key":"npm-local"}]`},
			call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Repositories.Get(c, "npm-local")) },
		},
		{name: "System.ServiceID", call: func(c ctx, r *registry.Registry) (int, error) { return got(r.System.ServiceID(c)) }},
		{
			name: "LDAP.Get of a refused one", says: "LDAP setting corp not found", at: []int{400, 404}, proven: true, prelude: map[string]string{"/access/api/v1/ldap/settings": `[]`},
			call: func(c ctx, r *registry.Registry) (int, error) { return got(r.LDAP.Get(c, "corp")) },
		},
		{name: "LDAP.Test", quiet: "Artifactory has no such test"},
		{name: "LDAPGroups.Supported", quiet: "it asks for the version only, and a server that does not tell it is not refused"},
		{name: "LDAPGroups.RefreshSupported", quiet: "likewise"},
		{name: "LDAPGroups.Get", says: noGroups, call: func(c ctx, r *registry.Registry) (int, error) { return got(r.LDAPGroups.Get(c, "corp")) }},
		{name: "LDAPGroups.List", none: "[]", call: func(c ctx, r *registry.Registry) (int, error) { return gathered(r.LDAPGroups.List(c)) }},
		{name: "LDAPGroups.Create", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.LDAPGroups.Create(c, registry.LDAPGroupSettings{Name: "corp"}))
		}},
		{name: "LDAPGroups.Update", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.LDAPGroups.Update(c, registry.LDAPGroupSettings{Name: "corp"}))
		}},
		{name: "LDAPGroups.Delete", says: noGroups, done: true, call: func(c ctx, r *registry.Registry) (int, error) { return nothing(r.LDAPGroups.Delete(c, "corp")) }},
		{name: "LDAPGroups.Refresh", says: noGroups, done: true, call: func(c ctx, r *registry.Registry) (int, error) {
			return nothing(r.LDAPGroups.Refresh(c, "corp", registry.LDAPRefreshUpdate))
		}},
	}
}

func keeperLookups() []lookup {
	signIn := registry.OIDCProvider{Name: "corp", IssuerURL: "https://i", SignIn: &registry.OIDCSignIn{}}
	return []lookup{
		{name: "Users.FindByEmail", call: func(c ctx, r *registry.Registry) (int, error) {
			list, err := r.Users.FindByEmail(c, "a@example.com")
			return len(list), err
		}},
		{name: "Users.All", call: func(c ctx, r *registry.Registry) (int, error) { return whole[registry.User](c, r.Users) }},
		{name: "Permissions.All", call: func(c ctx, r *registry.Registry) (int, error) { return whole[registry.Permission](c, r.Permissions) }},
		{name: "Permissions.Get of no repository", says: "Repository 'npm-local' not found", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Permissions.Get(c, "npm-local"))
		}},
		{name: "Permissions.Delete of no repository", says: "Repository 'npm-local' not found", call: func(c ctx, r *registry.Registry) (int, error) {
			return nothing(r.Permissions.Delete(c, registry.PermissionSpec{Name: "npm-local"}))
		}},
		{name: "Tokens.Get of our own", call: func(c ctx, r *registry.Registry) (int, error) { return got(r.Tokens.Get(c, "", aID)) }},
		{name: "Repositories.Get", says: "Repository 'npm-local' not found", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.Repositories.Get(c, "npm-local"))
		}},
		{name: "System.ServiceID", quiet: "it asks nothing"},
		{name: "LDAP.Test", says: "LDAP configuration not found", call: func(c ctx, r *registry.Registry) (int, error) { return got(r.LDAP.Test(c, aID)) }},
		{name: "OIDCProviders.Get to sign in", says: "OIDC configuration not found", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.OIDCProviders.Get(c, aID, true))
		}},
		{name: "OIDCProviders.Create to sign in", call: func(c ctx, r *registry.Registry) (int, error) { return got(r.OIDCProviders.Create(c, signIn)) }},
		{name: "OIDCProviders.Update to sign in", says: "OIDC configuration not found", call: func(c ctx, r *registry.Registry) (int, error) {
			return got(r.OIDCProviders.Update(c, aID, registry.OIDCProvider{}, signIn))
		}},
		{name: "OIDCProviders.Delete to sign in", says: "OIDC configuration not found", done: true, call: func(c ctx, r *registry.Registry) (int, error) {
			return nothing(r.OIDCProviders.Delete(c, aID, true))
		}},
		{name: "GroupSources.Names", none: "[]", call: func(c ctx, r *registry.Registry) (int, error) {
			names, err := r.GroupSources.Names(c)
			return len(names), err
		}},
	}
}
