// Package tools tests the scripts of make targets that decide something.
package tools

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Only a database that cannot be reached makes a check succeed that found out nothing.
func TestVulnerabilityCheck(t *testing.T) {
	t.Parallel()
	// The shell reads the script, which Go's cache of test results does not see; this it sees.
	if _, err := os.ReadFile("vuln.sh"); err != nil {
		t.Fatal(err)
	}
	const get = `govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev/index/modules.json.gz": `
	for _, c := range []struct {
		name, says string
		exits      int
		want       int
		skipped    bool
	}{
		{name: "nothing found"},
		{name: "found", exits: 3, want: 3},
		{name: "found, and words of the network", says: get + "dial tcp: i/o timeout", exits: 3, want: 3},
		{name: "no such host", says: get + "dial tcp: lookup vuln.go.dev on 10.0.0.1:53: no such host", exits: 1, skipped: true},
		{name: "refused", says: get + "dial tcp 192.0.2.1:443: connect: connection refused", exits: 1, skipped: true},
		{name: "no route", says: get + "dial tcp [2001:db8::1]:443: connect: network is unreachable", exits: 1, skipped: true},
		{name: "no proxy", says: get + "proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: connection refused", exits: 1, skipped: true},
		{name: "the proxy refuses", says: get + "Forbidden", exits: 1, skipped: true},
		{name: "silence", says: get + "net/http: TLS handshake timeout", exits: 1, skipped: true},
		{name: "an answer of the database", says: `govulncheck: fetching vulnerabilities: HTTP GET https://vuln.go.dev/index/modules.json.gz returned unexpected status: 403 Forbidden`, exits: 1, want: 1},
		{name: "a certificate of somebody else", says: get + "tls: failed to verify certificate: x509: certificate signed by unknown authority", exits: 1, want: 1},
		{name: "a damaged answer", says: "govulncheck: fetching vulnerabilities: gzip: invalid header", exits: 1, want: 1},
		{name: "packages that do not load", says: "govulncheck: loading packages: \ndial tcp: lookup proxy.golang.org: no such host", exits: 1, want: 1},
		{name: "wrong usage", says: "flag provided but not defined: -x", exits: 2, want: 2},
		{name: "killed", says: get + "dial tcp: i/o timeout", exits: 137, want: 137},
	} {
		for _, shell := range [][]string{{"dash"}, {"busybox", "sh"}, {"bash"}} {
			t.Run(c.name+" "+shell[0], func(t *testing.T) {
				t.Parallel()
				needs(t, shell[0])
				dir := t.TempDir()
				tool := filepath.Join(dir, "govulncheck")
				if err := os.WriteFile(filepath.Join(dir, "says"), []byte(c.says+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				script := fmt.Sprintf("#!/bin/sh\n[ \"$*\" = ./... ] || exit 99\ncat %s/says >&2\nexit %d\n", dir, c.exits)
				if err := os.WriteFile(tool, []byte(script), 0o700); err != nil {
					t.Fatal(err)
				}
				var said strings.Builder
				run := exec.CommandContext(t.Context(), shell[0], append(shell[1:], "vuln.sh", tool, "./...")...)
				out := &strings.Builder{}
				run.Stdout, run.Stderr = out, &said
				err := run.Run()
				var exit *exec.ExitError
				if err != nil && !errors.As(err, &exit) {
					t.Fatal(err)
				}
				if got := run.ProcessState.ExitCode(); got != c.want {
					t.Errorf("it exits with %d, want %d", got, c.want)
				}
				if got := strings.Contains(out.String(), "skipped: the vulnerability database cannot be reached"); got != c.skipped {
					t.Errorf("skipped is %t, want %t: %s", got, c.skipped, out)
				}
				if !strings.Contains(said.String(), c.says) {
					t.Errorf("the tool's words are lost: %s", said.String())
				}
			})
		}
	}
}

// needs skips a test without a program, except in CI, which has all of them.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}
