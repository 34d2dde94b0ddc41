package provider_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const (
	// made is when the peers made their objects.
	made      = "2026-01-01T00:00:00Z"
	issuerURL = "https://token.actions.example.com"
)

// trusted makes directories and issuers on the registry that a peer took there.
func trusted(
	t *testing.T, env *acctest.Env, signIn *registry.OIDCSignIn, own registry.OIDCMapping,
) (corp registry.LDAPSettings, exchange, people registry.OIDCProvider, app registry.OIDCMapping) {
	t.Helper()
	ctx := t.Context()
	password := registry.NewSecret("Peers-Passw0rd")
	corp, err := env.Registry.LDAP.Create(ctx, registry.LDAPSettingsSpec{ManagerPassword: &password, LDAPSettings: registry.LDAPSettings{
		Name: "corp", Enabled: true, URL: "ldaps://ldap.example.com", BaseDN: "dc=example,dc=com", SearchFilter: "(uid={0})", EmailAttribute: "mail",
		ManagerDN: "cn=reader,dc=example,dc=com",
	}})
	if err == nil {
		exchange, err = env.Registry.OIDCProviders.Create(ctx, registry.OIDCProvider{Name: "ci", IssuerURL: issuerURL, Audience: "registry"})
	}
	if err == nil {
		own.Provider, own.Name, own.Priority, own.Claims = exchange.ID, "app", 1, json.RawMessage(`{"repository":"acme/app"}`)
		app, err = env.Registry.OIDCMappings.Create(ctx, own)
	}
	if err == nil && signIn != nil {
		signIn.ClientSecret = &password
		people, err = env.Registry.OIDCProviders.Create(ctx, registry.OIDCProvider{
			Name: "people", IssuerURL: issuerURL, ArtifactKeeper: &registry.ArtifactKeeperOIDCProvider{Enabled: true}, SignIn: signIn,
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return corp, exchange, people, app
}

const ldapConfig = `name = "corp"
 url = "ldaps://ldap.example.com"
 base_dn = "dc=example,dc=com"
 search_filter = "(uid={0})"
 manager_dn = "cn=reader,dc=example,dc=com"`

func exchangeConfig(more string) string {
	return fmt.Sprintf("name = \"ci\"\n issuer_url = %q\n audience = \"registry\"\n%s", issuerURL, more)
}

func mappingConfig(provider, more string) string {
	return fmt.Sprintf("name = \"app\"\n provider_id = %q\n priority = 1\n claims = jsonencode({ repository = \"acme/app\" })\n%s", provider, more)
}

// settingsOfJFrog are the moves of what says who may sign in.
func settingsOfJFrog(t *testing.T, env *acctest.Env) []move {
	t.Helper()
	trusted(t, env, nil, registry.OIDCMapping{Artifactory: &registry.ArtifactoryOIDCMapping{
		Username: "alice", Scope: "applied-permissions/user", Audience: "*@*", ExpiresIn: 10 * time.Minute,
	}})
	_, err := env.Registry.LDAPGroups.Create(t.Context(), registry.LDAPGroupSettings{
		Name: "directory", Settings: "corp", Strategy: registry.LDAPStatic, NameAttribute: "cn", MemberAttribute: "member",
		DescriptionAttribute: "description", Filter: "(objectClass=groupOfNames)", SubTree: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return []move{
		{jfrog, "artifactory_ldap_setting_v2", map[string]any{
			"id": "corp", "key": "corp", "enabled": true, "ldap_url": "ldaps://ldap.example.com", "search_base": "dc=example,dc=com", "search_filter": "(uid={0})",
			"search_sub_tree": true, "email_attribute": "mail", "manager_dn": "cn=reader,dc=example,dc=com", "manager_password": "Peers-Passw0rd",
		}, "registry_ldap_settings", ldapConfig},
		{jfrog, "artifactory_ldap_group_setting_v2", map[string]any{
			"id": "directory", "name": "directory", "enabled_ldap": "corp", "strategy": "STATIC", "group_member_attribute": "member", "group_name_attribute": "cn",
			"description_attribute": "description", "filter": "(objectClass=groupOfNames)", "sub_tree": true,
		}, "registry_ldap_group_settings", "name = \"directory\"\n ldap_settings = \"corp\"\n strategy = \"STATIC\"\n group_member_attribute = \"member\"\n filter = \"(objectClass=groupOfNames)\""},
		{platform, "platform_oidc_configuration", map[string]any{
			"name": "ci", "issuer_url": issuerURL, "audience": "registry", "provider_type": "Generic OpenID Connect", "use_default_proxy": false,
			"enable_permissive_configuration": false,
		}, "registry_oidc_provider", exchangeConfig("")},
		{platform, "platform_oidc_identity_mapping", map[string]any{
			"name": "app", "provider_name": "ci", "priority": 1, "claims_json": `{"repository":"acme/app"}`,
			"token_spec": map[string]any{"username": "alice", "scope": "applied-permissions/user", "audience": "*@*", "expires_in": 600},
		}, "registry_oidc_mapping", mappingConfig("ci", "artifactory = {\n username = \"alice\"\n scope = \"applied-permissions/user\"\n expires_in = \"10m\"\n}")},
	}
}

// settingsOfKeeper are the moves of what says who may sign in.
func settingsOfKeeper(t *testing.T, env *acctest.Env) []move {
	t.Helper()
	corp, exchange, people, app := trusted(t, env, &registry.OIDCSignIn{
		ClientID: "registry", Scopes: []string{"openid", "groups"}, AttributeMapping: json.RawMessage(`{"groups_claim":"groups"}`), AutoCreateUsers: true, PKCE: true,
	}, registry.OIDCMapping{ArtifactKeeper: &registry.ArtifactKeeperOIDCMapping{Enabled: true, Repositories: []string{"npm-private"}}})
	return []move{
		{keeper, "artifactkeeper_sso_ldap", map[string]any{
			"id": corp.ID, "name": "corp", "bind_password": "Peers-Passw0rd", "created_at": made, "updated_at": made,
		}, "registry_ldap_settings", ldapConfig},
		{keeper, "artifactkeeper_ci_oidc_provider", map[string]any{
			"id": exchange.ID, "name": "ci", "issuer_url": issuerURL, "audience": "registry", "provider_type": "generic", "is_enabled": true, "mapping_count": 1,
			"created_at": made, "updated_at": made,
		}, "registry_oidc_provider", exchangeConfig("")},
		{keeper, "artifactkeeper_ci_oidc_identity_mapping", map[string]any{
			"id": app.ID, "provider_id": exchange.ID, "name": "app", "priority": 1, "claim_filters": `{"repository":"acme/app"}`,
			"allowed_repo_ids": []string{"repository"}, "is_enabled": true, "created_at": made, "updated_at": made,
		}, "registry_oidc_mapping", mappingConfig(exchange.ID, "artifact_keeper = { allowed_repositories = [\"npm-private\"] }")},
		{
			keeper, "artifactkeeper_sso_oidc",
			map[string]any{
				"id": people.ID, "name": "people", "issuer_url": issuerURL, "client_id": "registry", "client_secret": "Peers-Passw0rd", "has_secret": true,
				"scopes": []string{"openid", "groups"}, "attribute_mapping": map[string]any{"groups_claim": "groups"}, "is_enabled": true, "auto_create_users": true,
				"pkce_enabled": true, "map_groups_to_groups": false, "allow_legacy_rsa_keys": false, "created_at": made, "updated_at": made,
			},
			"registry_oidc_provider", fmt.Sprintf("name = \"people\"\n issuer_url = %q\n sign_in = {\n client_id = \"registry\"\n scopes = [\"openid\", \"groups\"]\n"+
				" attribute_mapping = jsonencode({ groups_claim = \"groups\" })\n}", issuerURL),
		},
	}
}
