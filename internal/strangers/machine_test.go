package strangers

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// machine is a place to run a client in: an empty home, and an environment with nothing in it but the path, since what a
// developer's own machine exports (certificates, indexes, tokens) would answer in the registry's stead.
type machine struct {
	t         *testing.T
	home, dir string // dir is where commands run
	env       []string
}

func newMachine(t *testing.T, env ...string) *machine {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, "work")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	return &machine{t, home, dir, append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}, env...)}
}

// result is how a command ended.
type result struct {
	t       *testing.T
	command string
	output  string // both streams
	err     error
}

// patience is more than any client needs on a busy machine.
const patience = 2 * time.Minute

func (m *machine) run(name string, args ...string) result {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.Dir, command.Env = m.dir, m.env
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return result{m.t, name + " " + strings.Join(args, " "), output.String(), err}
}

// ok checks that the command succeeded and printed the parts.
func (r result) ok(parts ...string) result {
	r.t.Helper()
	if r.err != nil {
		r.t.Fatalf("%s: %v\n%s", r.command, r.err, r.output)
	}
	return r.says(parts...)
}

// fails checks that the command failed and printed the parts.
func (r result) fails(parts ...string) result {
	r.t.Helper()
	if r.err == nil {
		r.t.Fatalf("%s: succeeded\n%s", r.command, r.output)
	}
	return r.says(parts...)
}

func (r result) says(parts ...string) result {
	r.t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.output, part) {
			r.t.Fatalf("%s: does not say %q:\n%s", r.command, part, r.output)
		}
	}
	return r
}

// write writes a private file, making its folder.
func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// toolchain lets a cargo that is one of rustup's find its compiler, which it looks for in the home.
func (m *machine) toolchain() {
	home := os.Getenv("RUSTUP_HOME")
	if home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			m.t.Fatal(err)
		}
		home = filepath.Join(user, ".rustup")
	}
	m.env = append(m.env, "RUSTUP_HOME="+home)
}

// optional skips the test when a client is not installed.
func optional(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: %v", name, err)
	}
}

// needed is optional, except that CI has the client.
func needed(t *testing.T, name string, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("real clients are not run in short mode")
	}
	err := exec.CommandContext(t.Context(), name, args...).Run()
	if err == nil {
		return
	}
	reason := fmt.Sprintf("%s %s: %v", name, strings.Join(args, " "), err)
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
