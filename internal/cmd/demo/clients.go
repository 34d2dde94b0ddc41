package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// client is one real package manager and the private package it installs. The command runs in an empty project with an
// empty cache, so that nothing but the registry can answer.
type client struct {
	name, program, repository, pkg string
	install                        string
}

var clients = []client{
	{
		name: "npm", program: "npm", repository: "npm-private", pkg: "@acme/hello",
		install: `npm install --no-audit --no-fund --no-update-notifier --cache "$PWD/cache" @acme/hello && npm ls @acme/hello`,
	},
	{
		name: "go", program: "go", repository: "go-private", pkg: "example.com/acme/hello",
		install: `export GOMODCACHE="$PWD/cache" GOFLAGS=-modcacherw GOTOOLCHAIN=local && go mod init example.com/demo && go get example.com/acme/hello && go list -m example.com/acme/hello`,
	},
	{
		name: "pip", program: "python3", repository: "pypi-private", pkg: "acme-hello",
		install: `pip install --no-input --no-cache-dir --force-reinstall --disable-pip-version-check acme-hello && pip show acme-hello`,
	},
}

// attempt is one row of the table.
type attempt struct {
	client
	seconds float64
	code    int
	output  string
	// served lists the users to whom the registry served something from the repository, refused the statuses it refused with.
	served  []string
	refused []int
}

func (c client) missing() bool {
	_, err := exec.LookPath(c.program)
	return err != nil
}

// try runs the client as the workspace's owner would and asks the registry what it saw.
func (c client) try(ctx context.Context, a *agent, r *embedded, project string) (attempt, error) {
	t := attempt{client: c}
	if c.missing() {
		return t, nil
	}
	if err := os.MkdirAll(project, 0o700); err != nil {
		return t, err
	}
	before, err := r.requests(ctx)
	if err != nil {
		return t, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, 3*time.Minute, errors.New("gave up after three minutes"))
	defer cancel()
	start := time.Now()
	res, err := command{dir: project, env: a.env, argv: []string{"sh", "-c", c.install}, traced: a.traced}.run(limited, a.out)
	if err != nil {
		return t, fmt.Errorf("%s: %w", c.name, err)
	}
	t.seconds, t.code, t.output = time.Since(start).Seconds(), res.code, res.output
	after, err := r.requests(ctx)
	if err != nil {
		return t, err
	}
	served := map[string]bool{}
	for _, q := range after[len(before):] {
		switch {
		case !q.about(c.repository):
		case q.Status < 400:
			user := q.User
			if user == "" {
				user = "(anonymous)"
			}
			served[user] = true
		default:
			t.refused = append(t.refused, q.Status)
		}
	}
	t.served = slices.Sorted(maps.Keys(served))
	return t, nil
}

// installed says why the attempt was not an installation as the owner, and nil when it was.
func (t attempt) installed(owner string) error {
	switch {
	case t.code != 0:
		return fmt.Errorf("%s could not install %s from %s (exit status %d):\n%s", t.name, t.pkg, t.repository, t.code, tail(t.output, 20))
	case !slices.Equal(t.served, []string{owner}):
		return fmt.Errorf("%s installed %s, but the registry served %s to %q and not to %q alone", t.name, t.pkg, t.repository, t.served, owner)
	}
	return nil
}

// denied says why the attempt was not refused by the registry, and nil when it was.
func (t attempt) denied() error {
	switch {
	case t.code == 0:
		return fmt.Errorf("%s still installs %s although the workspace's token was revoked", t.name, t.pkg)
	case len(t.served) > 0:
		return fmt.Errorf("%s failed, but the registry still served %s to %q", t.name, t.repository, t.served)
	case len(t.refused) == 0:
		return fmt.Errorf("%s failed without asking the registry, so nothing is proven:\n%s", t.name, tail(t.output, 20))
	}
	return nil
}

func (t attempt) row(outcome string) []string {
	if t.missing() {
		return []string{t.name, t.repository, "-", "-", "MISSING: " + t.program + " is not installed"}
	}
	return []string{t.name, t.repository, cmp.Or(strings.Join(t.served, " "), "nobody"), fmt.Sprintf("%.1f", t.seconds), outcome}
}

// makePython puts a Python environment into the home, as an image would have it: Debian's own pip refuses to install
// anything. The real interpreter is asked for, since a version manager's shim would look for itself in the new home.
func makePython(ctx context.Context, home string, out *output) error {
	find := command{dir: home, env: processEnv(), argv: []string{"python3", "-c", "import sys; print(sys.executable)"}}
	r, err := find.must(ctx, out, "looking for Python")
	if err != nil {
		return err
	}
	venv := command{dir: home, env: map[string]string{"HOME": home, "PATH": os.Getenv("PATH")}, argv: []string{strings.TrimSpace(r.stdout), "-m", "venv", filepath.Join(home, "venv")}}
	_, err = venv.must(ctx, out, "making a Python environment (Debian package: python3-venv)")
	return err
}
