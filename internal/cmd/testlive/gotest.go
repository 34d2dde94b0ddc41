package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest/live"
)

// goTests runs every package that has acceptance tests, one after the other: the tests of one are enough for a server.
func (o options) goTests(ctx context.Context, name live.Run) (*results, error) {
	found := newResults(o.out)
	packages, err := acceptancePackages(ctx)
	if err != nil {
		return found, err
	}
	args := slices.Concat([]string{"test", "-json", "-race", "-count=1", "-p=1", "-timeout=30m"}, o.goTest, packages)
	cmd := exec.CommandContext(ctx, "go", args...)
	// The tests are asked to end, so that each can clean up.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = sweepTimeout
	cmd.Env = o.environment(name)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return found, err
	}
	if err := cmd.Start(); err != nil {
		return found, err
	}
	err = found.read(stdout)
	if waited := cmd.Wait(); waited != nil {
		err = errors.Join(err, fmt.Errorf("go test: %w", waited))
	}
	return found, err
}

// embedded is where a tool plays against registries that are made to fail: a live one is never asked.
const embedded = "/internal/faults"

// acceptancePackages are the packages whose tests use acctest, and a live server with it.
func acceptancePackages(ctx context.Context) ([]string, error) {
	const format = `{{$path := .ImportPath}}{{range .TestImports}}{{$path}} {{.}}{{"\n"}}{{end}}{{range .XTestImports}}{{$path}} {{.}}{{"\n"}}{{end}}`
	cmd := exec.CommandContext(ctx, "go", "list", "-f", format, "./...")
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, failure.String())
	}
	var packages []string
	for line := range bytes.Lines(out) {
		path, imported, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if bytes.HasSuffix(imported, []byte("/internal/acctest")) && !bytes.HasSuffix(path, []byte(embedded)) && !slices.Contains(packages, string(path)) {
			packages = append(packages, string(path))
		}
	}
	if len(packages) == 0 {
		return nil, errors.New("no package has tests that use internal/acctest")
	}
	return packages, nil
}
