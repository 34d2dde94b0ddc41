package oidc

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// What a registry answers is what would be sent to have it again.
func TestProviderModelRoundTrip(t *testing.T) {
	t.Parallel()
	for _, in := range []registry.OIDCProvider{
		{ID: "ci", Name: "ci", IssuerURL: "https://a", Audience: "x", Artifactory: &registry.ArtifactoryOIDCProvider{
			ProviderType: "GitHub", Description: "d", Organization: "o", ProjectKey: "p", TokenIssuer: "t", AzureAppID: "z", UseDefaultProxy: true, Permissive: true,
		}},
		{ID: "1", Name: "ci", IssuerURL: "https://a", Audience: "artifact-keeper", ArtifactKeeper: &registry.ArtifactKeeperOIDCProvider{Enabled: true, ProviderType: "gitlab"}},
		{ID: "2", Name: "sso", IssuerURL: "https://a", ArtifactKeeper: &registry.ArtifactKeeperOIDCProvider{}, SignIn: &registry.OIDCSignIn{
			ClientID: "c", Scopes: []string{"email", "openid"}, AttributeMapping: json.RawMessage(`{"a":true}`), AutoCreateUsers: true, MapGroups: true,
		}},
	} {
		var m providerModel
		if diags := m.FromAPI(t.Context(), in); diags.HasError() {
			t.Fatal(diags)
		}
		out, diags := m.ToAPI(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		out.ID = in.ID // a spec has none
		if diff := cmp.Diff(in, out); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMappingModelRoundTrip(t *testing.T) {
	t.Parallel()
	for _, in := range []registry.OIDCMapping{
		{ID: "app", Provider: "ci", Name: "app", Priority: 3, Claims: json.RawMessage(`{"sub":"a"}`), Artifactory: &registry.ArtifactoryOIDCMapping{
			Description: "d", ProjectKey: "p", UsernamePattern: "{{sub}}", GroupsPattern: "g", Scope: "s", Audience: "*@*", ExpiresIn: 10 * time.Minute,
		}},
		{ID: "1", Provider: "2", Name: "app", Priority: 1, Claims: json.RawMessage(`{}`), ArtifactKeeper: &registry.ArtifactKeeperOIDCMapping{Enabled: true, Repositories: []string{}}},
		{ID: "1", Provider: "2", Name: "app", Priority: 1, Claims: json.RawMessage(`{}`), ArtifactKeeper: &registry.ArtifactKeeperOIDCMapping{}},
	} {
		var m mappingModel
		if diags := m.FromAPI(t.Context(), in); diags.HasError() {
			t.Fatal(diags)
		}
		out, diags := m.ToAPI(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		out.ID = in.ID
		if diff := cmp.Diff(in, out); diff != "" {
			t.Error(diff)
		}
	}
}
