package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/module"
)

const mod = "module example.com/m\n\ngo 1.26.0\n\nrequire example.com/a v1.0.0\n\nrequire (\n\texample.com/b/v2 v2.1.0+incompatible // indirect\n)\n"

func TestMissing(t *testing.T) {
	t.Parallel()
	a, b := `{"name":"example.com/a","version":"v1.0.0"}`, `{"name":"example.com/b/v2","version":"v2.1.0+incompatible"}`
	for _, c := range []struct {
		name, components string
		want             []module.Version
	}{
		{"all", a + "," + b, nil},
		{"more than all", a + "," + b + `,{"name":"std","version":"go1.26.0"}`, nil},
		{"one left out", a, []module.Version{{Path: "example.com/b/v2", Version: "v2.1.0+incompatible"}}},
		{"another version", strings.Replace(a, "v1.0.0", "v1.0.1", 1) + "," + b, []module.Version{{Path: "example.com/a", Version: "v1.0.0"}}},
		{"nothing", "", []module.Version{{Path: "example.com/a", Version: "v1.0.0"}, {Path: "example.com/b/v2", Version: "v2.1.0+incompatible"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := missing([]byte(mod), []byte(`{"bomFormat":"CycloneDX","components":[`+c.components+`]}`))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestMissingNeedsAnSBOM(t *testing.T) {
	t.Parallel()
	for _, bom := range []string{"", "{}", "<bom/>", `{"bomFormat":"SPDX"}`} {
		if _, err := missing([]byte(mod), []byte(bom)); err == nil {
			t.Errorf("%q is taken for an SBOM", bom)
		}
	}
	if _, err := missing([]byte("module example.com/m\n"), []byte(`{"bomFormat":"CycloneDX"}`)); err == nil {
		t.Error("a go.mod without modules is compared with nothing")
	}
}

// What go.mod names for the sake of other modules' tests is known from what this module is built from.
func TestNeeded(t *testing.T) {
	t.Parallel()
	if yes, err := needed(t.Context(), "golang.org/x/mod"); err != nil || !yes {
		t.Errorf("golang.org/x/mod is needed: %t, %v", yes, err)
	}
	if yes, err := needed(t.Context(), "example.com/nowhere"); err != nil || yes {
		t.Errorf("example.com/nowhere is needed: %t, %v", yes, err)
	}
}
