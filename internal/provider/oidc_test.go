package provider

import (
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

var (
	exchangeTypes = map[string]attr.Type{"identity_mapping_name": types.StringType, "project_key": types.StringType}
	oidcTypes     = map[string]attr.Type{
		"provider_name": types.StringType, "token": types.StringType, "token_file": types.StringType,
		"artifactory": types.ObjectType{AttrTypes: exchangeTypes},
	}
)

// oidcOf is an oidc attribute with these values and nulls.
func oidcOf(values map[string]attr.Value) types.Object {
	all := map[string]attr.Value{
		"provider_name": types.StringNull(), "token": types.StringNull(), "token_file": types.StringNull(),
		"artifactory": types.ObjectNull(exchangeTypes),
	}
	maps.Copy(all, values)
	return types.ObjectValueMust(oidcTypes, all)
}

func TestIdentityFromEverySource(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	whole := oidcOf(map[string]attr.Value{
		"provider_name": text("ci"), "token": text("a.b.c"),
		"artifactory": types.ObjectValueMust(exchangeTypes, map[string]attr.Value{"identity_mapping_name": text("m"), "project_key": text("p")}),
	})
	variables := environment{
		"REGISTRY_URL": someURL, "REGISTRY_OIDC_PROVIDER_NAME": " env ", "REGISTRY_OIDC_TOKEN": "e.n.v\n",
		"REGISTRY_OIDC_IDENTITY_MAPPING_NAME": "em", "REGISTRY_OIDC_PROJECT_KEY": "ep",
	}
	without := func(e environment, names ...string) environment {
		e = maps.Clone(e)
		for _, name := range names {
			delete(e, name)
		}
		return e
	}
	with := func(e environment, name, value string) environment {
		e = maps.Clone(e)
		e[name] = value
		return e
	}
	named := oidcOf(map[string]attr.Value{"provider_name": text("ci")})
	fromEnvironment := transport.Identity{Provider: "env", Token: registry.NewSecret("e.n.v"), Mapping: "em", Project: "ep"}
	for _, c := range []struct {
		name  string
		block model
		env   environment
		want  transport.Identity
		fails string
	}{
		{"block", model{URL: text(someURL), OIDC: whole}, nil, transport.Identity{Provider: "ci", Token: registry.NewSecret("a.b.c"), Mapping: "m", Project: "p"}, ""},
		{"block ahead of variables", model{OIDC: whole}, variables, transport.Identity{Provider: "ci", Token: registry.NewSecret("a.b.c"), Mapping: "m", Project: "p"}, ""},
		{"block ahead of another kind in the variables", model{OIDC: whole}, base(), transport.Identity{Provider: "ci", Token: registry.NewSecret("a.b.c"), Mapping: "m", Project: "p"}, ""},
		{"empty block", model{OIDC: oidcOf(nil)}, variables, fromEnvironment, ""},
		{"variables alone", model{}, variables, fromEnvironment, ""},
		{"file in the block ahead of a token in the variables", model{OIDC: oidcOf(map[string]attr.Value{"token_file": text("/token")})}, variables, transport.Identity{Provider: "env", TokenFile: "/token", Mapping: "em", Project: "ep"}, ""},
		{"file in the variables", model{}, with(without(variables, "REGISTRY_OIDC_TOKEN"), "REGISTRY_OIDC_TOKEN_FILE", "/token"), transport.Identity{Provider: "env", TokenFile: "/token", Mapping: "em", Project: "ep"}, ""},
		{"HCP Terraform's token", model{URL: text(someURL), OIDC: named}, environment{workloadToken: "t.f.c"}, transport.Identity{Provider: "ci", Token: registry.NewSecret("t.f.c")}, ""},
		{"HCP Terraform's token last", model{}, with(variables, workloadToken, "t.f.c"), fromEnvironment, ""},
		{"HCP Terraform's token asks for nothing", model{}, with(environment{"REGISTRY_URL": someURL}, workloadToken, "t.f.c"), transport.Identity{}, "No credential"},

		{"no URL", model{OIDC: whole}, nil, transport.Identity{}, "No URL"},
		{"no provider", model{}, without(variables, "REGISTRY_OIDC_PROVIDER_NAME"), transport.Identity{}, "No OIDC provider"},
		{"no token", model{OIDC: named, URL: text(someURL)}, nil, transport.Identity{}, "No identity token"},
		{"token of another server", model{OIDC: named, URL: text(otherURL)}, variables, transport.Identity{}, "belongs to the server in REGISTRY_URL"},
		{"everything of another server", model{URL: text(otherURL)}, variables, transport.Identity{}, "belongs to the server in REGISTRY_URL"},
		{"two tokens", model{}, with(variables, "REGISTRY_OIDC_TOKEN_FILE", "/token"), transport.Identity{}, "Two identity tokens"},
		{"two credentials", model{}, with(variables, "REGISTRY_ACCESS_TOKEN", "token"), transport.Identity{}, "Two credentials"},
		{"JFrog's URL", model{OIDC: whole}, environment{"JFROG_URL": someURL, "JFROG_ACCESS_TOKEN": "token"}, transport.Identity{}, "JFROG_URL was not used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, diags := resolve(t.Context(), c.block, c.env.get)
			if c.fails != "" {
				if !diags.HasError() || !strings.Contains(diags.Errors()[0].Summary()+diags.Errors()[0].Detail(), c.fails) {
					t.Fatalf("want an error with %q, got %v", c.fails, diags)
				}
				if said := diags.Errors()[0].Detail(); strings.Contains(said, "a.b.c") || strings.Contains(said, "e.n.v") {
					t.Errorf("the error shows a token: %s", said)
				}
				return
			}
			if diags.HasError() {
				t.Fatal(diags)
			}
			credential := got.transport.Credential
			if credential.Identity != c.want {
				t.Errorf("got %+v, token %q", credential.Identity, credential.Identity.Token.Reveal())
			}
			if credential.Identity = (transport.Identity{}); !credential.Empty() {
				t.Errorf("there is another credential: %+v", credential)
			}
		})
	}
}
