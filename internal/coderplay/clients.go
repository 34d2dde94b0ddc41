package coderplay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Client is one real package manager and the private package it installs. The command runs in an empty project with an
// empty cache, so that nothing but the registry can answer.
type Client struct {
	Name, Program, Repository, Package string
	Install                            string
}

// Clients are the package managers that the quickstart configures.
var Clients = []Client{
	{
		Name: "npm", Program: "npm", Repository: "npm-private", Package: "@acme/hello",
		Install: `npm install --no-audit --no-fund --no-update-notifier --cache "$PWD/cache" @acme/hello && npm ls @acme/hello`,
	},
	{
		Name: "go", Program: "go", Repository: "go-private", Package: "example.com/acme/hello",
		Install: `export GOMODCACHE="$PWD/cache" GOFLAGS=-modcacherw GOTOOLCHAIN=local && go mod init example.com/demo && go get example.com/acme/hello && go list -m example.com/acme/hello`,
	},
	{
		Name: "pip", Program: "python3", Repository: "pypi-private", Package: "acme-hello",
		Install: `pip install --no-input --no-cache-dir --force-reinstall --disable-pip-version-check acme-hello && pip show acme-hello`,
	},
}

// Attempt is one row of the table.
type Attempt struct {
	Client
	Seconds float64
	Code    int
	Output  string
	// Served lists the users to whom the registry served something from the repository, Refused the statuses it refused with.
	Served  []string
	Refused []int
}

// Missing says that this machine has no such package manager.
func (c Client) Missing() bool {
	_, err := exec.LookPath(c.Program)
	return err != nil
}

// Try installs as the workspace's owner would, in a new folder, and asks the registry what it saw.
func (c Client) Try(ctx context.Context, a *Agent, r *Registry, project string) (Attempt, error) {
	t := Attempt{Client: c}
	before, err := r.Requests(ctx)
	if err != nil {
		return t, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, 3*time.Minute, errors.New("gave up after three minutes"))
	defer cancel()
	start := time.Now()
	script := "mkdir -p \"$1\" && cd \"$1\" && " + c.Install
	res, err := a.Place.Run(limited, a.Home, a.Env, []string{"sh", "-c", script, "sh", project})
	if err != nil {
		return t, fmt.Errorf("%s: %w", c.Name, err)
	}
	t.Seconds, t.Code, t.Output = time.Since(start).Seconds(), res.Code, res.Output
	after, err := r.Requests(ctx)
	if err != nil {
		return t, err
	}
	served := map[string]bool{}
	for _, q := range after[len(before):] {
		switch {
		case !q.About(c.Repository):
		case q.Status < 400:
			user := q.User
			if user == "" {
				user = "(anonymous)"
			}
			served[user] = true
		default:
			t.Refused = append(t.Refused, q.Status)
		}
	}
	t.Served = slices.Sorted(maps.Keys(served))
	return t, nil
}

// Installed says why the attempt was not an installation as the owner, and nil when it was.
func (t Attempt) Installed(owner string) error {
	switch {
	case t.Code != 0:
		return fmt.Errorf("%s could not install %s from %s (exit status %d):\n%s", t.Name, t.Package, t.Repository, t.Code, Tail(t.Output, 20))
	case !slices.Equal(t.Served, []string{owner}):
		return fmt.Errorf("%s installed %s, but the registry served %s to %q and not to %q alone", t.Name, t.Package, t.Repository, t.Served, owner)
	}
	return nil
}

// Denied says why the attempt was not refused by the registry, and nil when it was.
func (t Attempt) Denied() error {
	switch {
	case t.Code == 0:
		return fmt.Errorf("%s still installs %s although the workspace's token was revoked", t.Name, t.Package)
	case len(t.Served) > 0:
		return fmt.Errorf("%s failed, but the registry still served %s to %q", t.Name, t.Repository, t.Served)
	case len(t.Refused) == 0:
		return fmt.Errorf("%s failed without asking the registry, so nothing is proven:\n%s", t.Name, Tail(t.Output, 20))
	}
	return nil
}

// Row is the attempt as a row of a table.
func (t Attempt) Row(outcome string) []string {
	return []string{t.Name, t.Repository, cmp.Or(strings.Join(t.Served, " "), "nobody"), fmt.Sprintf("%.1f", t.Seconds), outcome}
}
