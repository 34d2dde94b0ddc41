package faults

import (
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
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

// issuerSubject is an issuer whose tokens are exchanged.
func issuerSubject() subject {
	create := config{"name": "ci", "issuer_url": "https://issuer.example.com"}
	return subject{
		name: "issuer", resource: "registry_oidc_provider", create: create,
		update:  with(create, config{"issuer_url": "https://other.example.com", "audience": "registry"}),
		replace: with(create, config{"name": "ci-two"}), // a rename on Artifact Keeper
		claim:   claim{importID: "ci"},
	}
}

// ciProviderID is the issuer that mapping subjects are about, on Artifact Keeper.
const ciProviderID = "7d0e6f3a-61d8-4c3e-9a51-0f1f6d8f2b33"

// mappingSubject is what the tokens of an issuer are exchanged for. The issuer is there before.
func mappingSubject(provider string, own config) subject {
	create := with(config{"provider_id": provider, "name": "app", "priority": 1, "claims": `{"sub":"a"}`}, own)
	return subject{
		name: "identity mapping", resource: "registry_oidc_mapping", create: create,
		update:  with(create, config{"priority": 2, "claims": `{"sub":"b"}`}),
		replace: with(create, config{"name": "app-two"}), // a rename on Artifact Keeper
		claim:   claim{importID: provider + "/app"},
		others: func(st *state.State) {
			st.Artifactory.OIDCProviders = append(st.Artifactory.OIDCProviders, &state.OIDCProvider{OIDCSettings: state.OIDCSettings{Name: provider, IssuerURL: "https://issuer.example.com"}})
			st.ArtifactKeeper.CIProviders = append(st.ArtifactKeeper.CIProviders, &state.CIProvider{ID: provider, Name: "ci", IssuerURL: "https://issuer.example.com"})
		},
	}
}

// pipelineSubject is whom a pipeline's identity token is about.
const pipelineSubject = "repo:acme/platform"

// trust has the registry take a pipeline's identity token for an administrator's.
func (w *world) trust(st *state.State) {
	claims := map[string]any{"sub": pipelineSubject}
	st.Artifactory.OIDCProviders = append(st.Artifactory.OIDCProviders, &state.OIDCProvider{
		OIDCSettings: state.OIDCSettings{Name: ciProviderID, IssuerURL: w.idp.URL, ProviderType: "Generic OpenID Connect", Audience: "registry"},
		Mappings: []state.OIDCMapping{{Name: "pipeline", Priority: 1, Claims: claims, TokenSpec: state.OIDCTokenSpec{
			Username: "admin", Scope: "applied-permissions/admin", Audience: "*@*", ExpiresIn: 60,
		}}},
	})
	if w.server.Dialect == devregistry.ArtifactKeeper {
		// The account is as after a first exchange, made an administrator since.
		st.Users = append(st.Users, &state.User{
			ID: "5a1f6a0f-6b6a-4b0e-a9f6-3d1f8c2f7a55", Username: "ci-0e6f9c1c", Email: "ci-0e6f9c1c@ci.local", AuthProvider: "ci", ExternalID: pipelineSubject,
			Active: true, Admin: true, CreatedAt: st.Groups[0].CreatedAt,
		})
	}
	st.ArtifactKeeper.CIProviders = append(st.ArtifactKeeper.CIProviders, &state.CIProvider{
		ID: ciProviderID, Name: "ci", Type: "generic", IssuerURL: w.idp.URL, Audience: "registry", Enabled: true,
		Mappings: []*state.CIMapping{{ID: "0e6f9c1c-7f0b-4a8e-8f57-6b8f2b6d1c44", Name: "pipeline", Priority: 1, ClaimFilters: claims, Enabled: true}},
	})
}
