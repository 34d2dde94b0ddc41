package modules

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The README answers every known weakness with the name of a test; a name that is not there any more answers nothing.
func TestReadmeNamesRealTests(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	for _, pattern := range []string{"*_test.go", "../../modules/*/*.tftest.hcl"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: nothing found, %v", pattern, err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(content)
		}
	}
	readme, err := os.ReadFile("../../modules/workspace-clients/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| \d+ .*$`).FindAllString(string(readme), -1)
	if len(rows) != 29 {
		t.Errorf("%d weaknesses, want 29", len(rows))
	}
	for _, row := range rows {
		for _, name := range regexp.MustCompile("`(Test[A-Za-z0-9]+|[a-z]+(?:_[a-z0-9]+)+)`").FindAllStringSubmatch(row, -1) {
			if name[1] == "start_blocks_login" {
				continue // an input, not a test
			}
			if !strings.Contains(sources.String(), "func "+name[1]+"(") && !strings.Contains(sources.String(), `run "`+name[1]+`"`) {
				t.Errorf("there is no test %s: %s", name[1], row)
			}
		}
	}
}
