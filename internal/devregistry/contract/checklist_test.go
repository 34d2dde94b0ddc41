package contract

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// reference is what ticks name: `area: case` for a case of the contract, `folder.TestName` for a Go test, the folder
// relative to this one's parent.
var tickReference = regexp.MustCompile("`([a-z_./]+)(?:: ([^`]+)|\\.(Test\\w+))`")

// TestChecklist holds the checklist to its word: every item is ticked or says why not, every tick names a test, and every
// named test exists.
func TestChecklist(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../CHECKLIST.md")
	if err != nil {
		t.Fatal(err)
	}
	cases := caseNames(t)
	tests := map[string]map[string]bool{}
	items := strings.Split(string(content), "\n- [")[1:]
	if len(items) == 0 {
		t.Fatal("the checklist has no items")
	}
	for _, item := range items {
		title, _, _ := strings.Cut(item, "\n")
		references := tickReference.FindAllStringSubmatch(item, -1)
		if bullets := strings.Count(item, "\n  - "); bullets != len(references) {
			t.Errorf("%d of %d lines name a test: [%s", len(references), bullets, title)
		}
		switch {
		case !strings.HasPrefix(item, "x] "):
			t.Errorf("not ticked: [%s", title)
		case len(references) == 0:
			t.Errorf("no test is named: [%s", title)
		}
		for _, m := range references {
			where, name := m[1], m[2]+m[3]
			if m[2] != "" {
				if !cases[where+": "+name] {
					t.Errorf("the contract has no case %s: %s", where, name)
				}
				continue
			}
			if tests[where] == nil {
				tests[where] = goTests(t, filepath.Join("..", filepath.FromSlash(where)))
			}
			if !tests[where][name] {
				t.Errorf("there is no test %s in %s", name, where)
			}
		}
	}
}

func caseNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, dialect := range dialects {
		files, err := Files(string(dialect))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, c := range file.Cases {
				names[file.Name+": "+c.Name] = true
			}
		}
	}
	return names
}

// goTests lists the test functions of a folder.
func goTests(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, path := range files {
		file, err := goparser.ParseFile(token.NewFileSet(), path, nil, goparser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}
