package provider_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/provider"
)

var update = flag.Bool("update", false, "rewrite the golden schema")

func schemas(t *testing.T) *tfprotov6.GetProviderSchemaResponse {
	t.Helper()
	server := provider.NewServer("test")
	resp, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
	return resp
}

// every visits each object's block and each attribute, nested ones included.
func every(resp *tfprotov6.GetProviderSchemaResponse, block func(name string, b *tfprotov6.SchemaBlock), attribute func(name string, a *tfprotov6.SchemaAttribute)) {
	visit := func(kind string, objects map[string]*tfprotov6.Schema) {
		for name, s := range objects {
			everyBlock(kind+" "+name, s.Block, block, attribute)
		}
	}
	everyBlock("provider", resp.Provider.Block, block, attribute)
	visit("resource", resp.ResourceSchemas)
	visit("data source", resp.DataSourceSchemas)
	visit("ephemeral resource", resp.EphemeralResourceSchemas)
	visit("list resource", resp.ListResourceSchemas)
}

func everyBlock(name string, b *tfprotov6.SchemaBlock, block func(string, *tfprotov6.SchemaBlock), attribute func(string, *tfprotov6.SchemaAttribute)) {
	block(name, b)
	everyAttribute(name, b.Attributes, attribute)
	for _, nested := range b.BlockTypes {
		everyAttribute(name+"."+nested.TypeName, nested.Block.Attributes, attribute)
	}
}

func everyAttribute(name string, attributes []*tfprotov6.SchemaAttribute, visit func(string, *tfprotov6.SchemaAttribute)) {
	for _, a := range attributes {
		visit(name+"."+a.Name, a)
		if a.NestedType != nil {
			everyAttribute(name+"."+a.Name, a.NestedType.Attributes, visit)
		}
	}
}

func TestSchemaDescribesEverything(t *testing.T) {
	t.Parallel()
	every(schemas(t),
		func(name string, b *tfprotov6.SchemaBlock) {
			if b.Description == "" {
				t.Errorf("%s has no description", name)
			}
		},
		func(name string, a *tfprotov6.SchemaAttribute) {
			switch {
			case a.Description == "":
				t.Errorf("%s has no description", name)
			case !strings.HasSuffix(a.Description, ".") && !strings.HasSuffix(a.Description, "…"):
				t.Errorf("%s: the description is no sentence: %q", name, a.Description)
			}
		},
	)
}

// What is named like a secret must be treated as one.
func TestSchemaHidesSecrets(t *testing.T) {
	t.Parallel()
	// These only speak about secrets.
	harmless := []string{"password_wo_version", "manager_password_wo_version", "client_secret_wo_version", "internal_password_disabled", "client_certificate", "ca_certificate"}
	every(schemas(t), func(string, *tfprotov6.SchemaBlock) {}, func(name string, a *tfprotov6.SchemaAttribute) {
		secret := slices.ContainsFunc([]string{"password", "access_token", "refresh_token", "reference_token", "secret", "client_key"}, func(part string) bool {
			return strings.Contains(a.Name, part)
		})
		if secret && !slices.Contains(harmless, a.Name) && !a.Sensitive && !a.WriteOnly {
			t.Errorf("%s is neither sensitive nor write-only", name)
		}
	})
}

// A secret that goes in is never asked for in a way that would keep it in the state.
func TestSchemaKeepsNoSecretThatGoesIn(t *testing.T) {
	t.Parallel()
	for name, s := range schemas(t).ResourceSchemas {
		everyAttribute(name, s.Block.Attributes, func(name string, a *tfprotov6.SchemaAttribute) {
			if a.Sensitive && (a.Required || a.Optional) && !a.WriteOnly {
				t.Errorf("%s takes a secret into the state", name)
			}
		})
	}
}

func TestSchemaIdentities(t *testing.T) {
	t.Parallel()
	server := provider.NewServer("test")
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range schemas(t).ResourceSchemas {
		identity := identities.IdentitySchemas[name]
		if identity == nil {
			t.Errorf("%s has no identity", name)
			continue
		}
		for _, a := range identity.IdentityAttributes {
			if a.Description == "" {
				t.Errorf("%s: identity attribute %s has no description", name, a.Name)
			}
		}
	}
}

// The golden schema makes a change of the interface a line in a review. -update rewrites it.
func TestSchemaIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	resp := schemas(t)
	interfaces := map[string]map[string]string{}
	every(resp, func(name string, _ *tfprotov6.SchemaBlock) { interfaces[name] = map[string]string{} }, func(string, *tfprotov6.SchemaAttribute) {})
	every(resp, func(string, *tfprotov6.SchemaBlock) {}, func(name string, a *tfprotov6.SchemaAttribute) {
		object, attribute, _ := strings.Cut(name, ".")
		interfaces[object][attribute] = interfaceOf(a)
	})
	for name, f := range resp.Functions {
		var parameters []string
		for _, p := range f.Parameters {
			parameters = append(parameters, p.Name+" "+p.Type.String())
		}
		interfaces["function "+name] = map[string]string{strings.Join(parameters, ", "): f.Return.Type.String()}
	}
	got, err := json.MarshalIndent(interfaces, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	golden := filepath.Join("testdata", "schema.json")
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the provider's interface changed; run go test ./internal/provider -run Golden -update if that is meant:\n%s", diff)
	}
}

func interfaceOf(a *tfprotov6.SchemaAttribute) string {
	var kind string
	if a.NestedType != nil {
		kind = strings.ToLower(fmt.Sprint(a.NestedType.Nesting)) + " of objects"
	} else {
		kind = strings.TrimPrefix(a.Type.String(), "tftypes.")
	}
	for _, property := range []struct {
		is   bool
		name string
	}{
		{a.Required, "required"}, {a.Optional, "optional"}, {a.Computed, "computed"}, {a.Sensitive, "sensitive"}, {a.WriteOnly, "write-only"},
	} {
		if property.is {
			kind += ", " + property.name
		}
	}
	return kind
}

// Every resource is driven through the standard life by a test beside it, and that life is a whole one.
func TestEveryResourceLeadsALife(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "*", "*acc_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	whole := ""
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(source); strings.Contains(text, "acctest.Lifecycle{") && regexp.MustCompile(`\bRest:\s`).MatchString(text) {
			whole += text
		}
	}
	for name := range schemas(t).ResourceSchemas {
		if !strings.Contains(whole, strconv.Quote(name+".test")) {
			t.Errorf("no test drives %s through an acctest.Lifecycle with Rest", name)
		}
	}
}
