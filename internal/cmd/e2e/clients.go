package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

// clients are the package managers of the image: those of the demo, and more that its image has.
var clients = slices.Concat(coderplay.Clients, []coderplay.Client{
	{
		Name: "pnpm", Program: "pnpm", Repository: "npm-private", Package: "@acme/hello",
		Install: `pnpm add --store-dir "$PWD/store" @acme/hello && pnpm ls @acme/hello | grep hello`,
	},
	{
		Name: "yarn", Program: "yarn", Repository: "npm-private", Package: "@acme/hello",
		Install: `yarn --non-interactive --cache-folder "$PWD/cache" add @acme/hello && test -d node_modules/@acme/hello`,
	},
	{
		Name: "uv", Program: "uv", Repository: "pypi-private", Package: "acme-hello",
		Install: `uv venv --quiet env && uv pip install --no-cache --python env/bin/python acme-hello && uv pip show --python env/bin/python acme-hello`,
	},
})

// install lets every client install in a new folder with an empty cache, and then judges what happened.
func (s *stage) install(ctx context.Context, a *coderplay.Agent, chosen []coderplay.Client, judge func(coderplay.Attempt) error) error {
	var failures []error
	for _, c := range chosen {
		s.attempts++
		t, err := c.Try(ctx, a, s.registry, fmt.Sprintf("%s/projects/%s-%d", home, c.Name, s.attempts))
		if err != nil {
			return err
		}
		s.out.Note("%s: exit status %d, served to %q, refused with %v", c.Name, t.Code, t.Served, t.Refused)
		failures = append(failures, judge(t))
	}
	return errors.Join(failures...)
}

func installedBy(owner string) func(coderplay.Attempt) error {
	return func(t coderplay.Attempt) error { return t.Installed(owner) }
}

// doctorSays lets the workspace's own command explain the state that the clients are in.
func (s *stage) doctorSays(ctx context.Context, a *coderplay.Agent, wanted string) error {
	r, err := a.Place.Run(ctx, home, a.Env, []string{"registry-doctor"})
	if err == nil && !strings.Contains(r.Stdout, wanted) {
		err = fmt.Errorf("registry-doctor does not say %q:\n%s", wanted, coderplay.Tail(r.Output, 10))
	}
	return err
}
