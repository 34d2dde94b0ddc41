// Command checksbom makes sure that an SBOM lists every module of go.mod, in its version.
//
// It is given the SBOM's file and runs in the root of the repository.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "checksbom:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("usage: checksbom FILE")
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	bom, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	unlisted, err := missing(mod, bom)
	if err != nil {
		return err
	}
	var lost []string
	for _, m := range unlisted {
		needed, err := needed(ctx, m.Path)
		if err != nil {
			return err
		}
		if needed {
			lost = append(lost, m.String())
			continue
		}
		fmt.Printf("%s is not listed: only tests of other modules need it\n", m)
	}
	if len(lost) > 0 {
		return fmt.Errorf("%s does not list %s", arguments[0], strings.Join(lost, ", "))
	}
	return nil
}

type component struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// missing gives the modules of a go.mod that an SBOM does not list.
func missing(mod, bom []byte) ([]module.Version, error) {
	file, err := modfile.ParseLax("go.mod", mod, nil)
	if err != nil {
		return nil, err
	}
	var document struct {
		Format     string      `json:"bomFormat"`
		Components []component `json:"components"`
	}
	if err := json.Unmarshal(bom, &document); err != nil {
		return nil, fmt.Errorf("the SBOM is no JSON: %w", err)
	}
	if document.Format != "CycloneDX" || len(file.Require) == 0 {
		return nil, fmt.Errorf("the SBOM is of the format %q, and go.mod requires %d modules", document.Format, len(file.Require))
	}
	var unlisted []module.Version
	for _, require := range file.Require {
		if !slices.Contains(document.Components, component{require.Mod.Path, require.Mod.Version}) {
			unlisted = append(unlisted, require.Mod)
		}
	}
	return unlisted, nil
}

// needed reports whether the program or its tests are built from a module. go.mod also names modules that only tests of
// other modules need.
func needed(ctx context.Context, path string) (bool, error) {
	out, err := exec.CommandContext(ctx, "go", "mod", "why", "-m", "-vendor", path).Output()
	if err != nil {
		return false, fmt.Errorf("go mod why %s: %w", path, err)
	}
	return !strings.Contains(string(out), "main module does not need"), nil
}
