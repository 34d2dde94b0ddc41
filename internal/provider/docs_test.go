package provider_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/provider"
)

const root = "../.."

// object is something that the provider offers, with its page and its example.
type object struct {
	kind, name string
	block      *tfprotov6.SchemaBlock // nil for functions
	text       string                 // what the schema says about a function
}

// folder is where examples and pages of this kind are.
func (o object) folder() string { return strings.ReplaceAll(o.kind, " ", "-") + "s" }

func (o object) page() string {
	return filepath.Join("docs", o.folder(), strings.TrimPrefix(o.name, "registry_")+".md")
}

// examples are the files that every object of this kind has to have, in the layout that the pages are made from.
func (o object) examples() []string {
	names := []string{strings.ReplaceAll(o.kind, " ", "-") + ".tf"}
	switch o.kind {
	case "list resource":
		names = []string{"list-resource.tfquery.hcl"}
	case "resource":
		names = append(names, "import.sh", "import-by-string-id.tf", "import-by-identity.tf")
	}
	for i, name := range names {
		names[i] = filepath.Join("examples", o.folder(), o.name, name)
	}
	return names
}

func objects(t *testing.T) []object {
	t.Helper()
	resp := schemas(t)
	var all []object
	for kind, schemas := range map[string]map[string]*tfprotov6.Schema{
		"resource": resp.ResourceSchemas, "data source": resp.DataSourceSchemas,
		"ephemeral resource": resp.EphemeralResourceSchemas, "list resource": resp.ListResourceSchemas,
	} {
		for name, schema := range schemas {
			all = append(all, object{kind: kind, name: name, block: schema.Block})
		}
	}
	for name, f := range resp.Functions {
		all = append(all, object{kind: "function", name: name, text: f.Description})
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Errorf("%v (make docs writes the pages)", err)
	}
	return string(content)
}

// A page that does not say what the schema says is stale.
func TestDocsSayWhatTheSchemaSays(t *testing.T) {
	t.Parallel()
	check := func(name, page string, b *tfprotov6.SchemaBlock) {
		says(t, page, name, b.Description)
		everyBlock(name, b, func(string, *tfprotov6.SchemaBlock) {}, func(name string, a *tfprotov6.SchemaAttribute) {
			says(t, page, name, "- `"+a.Name+"` (", a.Description)
		})
	}
	for _, o := range objects(t) {
		page := read(t, o.page())
		if o.block == nil {
			says(t, page, o.name, o.text)
			continue
		}
		check(o.kind+" "+o.name, page, o.block)
	}
	check("provider", read(t, "docs/index.md"), schemas(t).Provider.Block)
}

func says(t *testing.T, page, name string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, strings.TrimSpace(text)) {
			t.Errorf("the page of %s lacks %q; run make docs", name, text)
		}
	}
}

func TestDocsShowTheExamples(t *testing.T) {
	t.Parallel()
	for _, o := range objects(t) {
		page := read(t, o.page())
		for _, name := range o.examples() {
			example := strings.TrimSpace(read(t, name))
			if example == "" || !strings.Contains(page, example) {
				t.Errorf("%s does not show %s; run make docs", o.page(), name)
			}
			if o.kind != "function" && !strings.Contains(example, o.name) {
				t.Errorf("%s is no example of %s", name, o.name)
			}
		}
	}
	if !strings.Contains(read(t, "docs/index.md"), strings.TrimSpace(read(t, "examples/provider/provider.tf"))) {
		t.Error("docs/index.md does not show examples/provider/provider.tf; run make docs")
	}
}

// An import by identity names everything that identifies the object, and nothing else.
func TestDocsImportByTheWholeIdentity(t *testing.T) {
	t.Parallel()
	server := provider.NewServer("test")
	resp, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name, identity := range resp.IdentitySchemas {
		example := read(t, filepath.Join("examples", "resources", name, "import-by-identity.tf"))
		_, body, _ := strings.Cut(example, "identity = {")
		var known []string
		for _, a := range identity.IdentityAttributes {
			known = append(known, a.Name)
			if a.RequiredForImport && !strings.Contains(body, "\n    "+a.Name+" ") {
				t.Errorf("the import of %s by its identity lacks %s", name, a.Name)
			}
		}
		for line := range strings.Lines(body) {
			if attribute, _, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !slices.Contains(known, attribute) {
				t.Errorf("the identity of %s has no %s", name, attribute)
			}
		}
	}
}

// Pages and examples of objects that are gone would mislead.
func TestDocsHaveNoStrays(t *testing.T) {
	t.Parallel()
	pages, folders := map[string]bool{"docs/index.md": true}, map[string]bool{}
	for _, o := range objects(t) {
		pages[o.page()], folders[filepath.Join("examples", o.folder(), o.name)] = true, true
	}
	for _, guide := range guides(t) {
		pages[filepath.Join("docs", "guides", strings.TrimSuffix(guide, ".tmpl"))] = true
	}
	for _, name := range files(t, "docs") {
		if strings.HasSuffix(name, ".md") && !pages[name] {
			t.Errorf("%s is about nothing that the provider offers; run make docs", name)
		}
	}
	for _, name := range files(t, "examples") {
		top, _, _ := strings.Cut(strings.TrimPrefix(name, "examples/"), "/")
		if top != "provider" && top != "quickstart" && top != "directory-to-workspace" && !folders[filepath.Dir(name)] {
			t.Errorf("%s is about nothing that the provider offers", name)
		}
	}
}

// files lists what a folder of the repository holds, without what tools leave there.
func files(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".terraform"):
			return fs.SkipDir
		case d.IsDir() || strings.Contains(d.Name(), "tfstate") || strings.HasPrefix(d.Name(), "."):
			return nil
		}
		name, err := filepath.Rel(root, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func guides(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, name := range files(t, "internal/docs/guides") {
		names = append(names, filepath.Base(name))
	}
	return names
}

func TestDocsHaveTheGuides(t *testing.T) {
	t.Parallel()
	index := read(t, "docs/index.md")
	for _, guide := range guides(t) {
		guide, template := strings.CutSuffix(guide, ".tmpl") // which shows files of examples/, so it only has to be written
		if page := read(t, filepath.Join("docs", "guides", guide)); !template && page != read(t, filepath.Join("internal", "docs", "guides", guide)) {
			t.Errorf("docs/guides/%s is stale; run make docs", guide)
		}
		if !strings.Contains(index, "guides/"+guide) {
			t.Errorf("the index does not name the guide %s", guide)
		}
	}
}

// Every argument of the provider block has a variable, and the index names it.
func TestDocsNameEveryVariable(t *testing.T) {
	t.Parallel()
	index := read(t, "docs/index.md")
	for _, a := range schemas(t).Provider.Block.Attributes {
		if a.NestedType == nil {
			says(t, index, "the provider's variables", "`REGISTRY_"+strings.ToUpper(a.Name)+"`")
			continue
		}
		everyAttribute(a.Name, a.NestedType.Attributes, func(_ string, inner *tfprotov6.SchemaAttribute) {
			if inner.NestedType == nil {
				says(t, index, "the provider's variables", "`REGISTRY_"+strings.ToUpper(a.Name+"_"+inner.Name)+"`")
			}
		})
	}
}

// Each claim of the threat model names tests that exist, or says that it cannot be tested.
func TestThreatModelNamesItsTests(t *testing.T) {
	t.Parallel()
	page := read(t, "internal/docs/guides/threat-model.md")
	named := regexp.MustCompile("`([a-z/]+)\\.(Test\\w+)`")
	for _, m := range named.FindAllStringSubmatch(page, -1) {
		if !declares(t, filepath.Join("..", filepath.FromSlash(m[1])), m[2]) {
			t.Errorf("there is no %s in internal/%s", m[2], m[1])
		}
	}
	for claim := range strings.SplitSeq(strings.ReplaceAll(page, "\n  ", " "), "\n") {
		if strings.HasPrefix(claim, "- ") && !named.MatchString(claim) && !regexp.MustCompile(`annot be tested|see what revocation`).MatchString(claim) {
			t.Errorf("a claim without a test: %s", claim)
		}
	}
}
