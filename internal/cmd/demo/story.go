package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

const (
	owner      = "quinn"
	ownerEmail = "quinn@example.com"
)

var quinn = coderplay.Owner{ID: "c0a8012e-3f5b-4f6d-9c8e-7b6a5d4c3b2a", Name: owner, FullName: "Quinn Example", Email: ownerEmail}

// story is one run on one dialect with one CLI.
type story struct {
	o        options
	dialect  string
	work     string
	out      *coderplay.Output
	registry *coderplay.Registry
	cli      coderplay.Terraform
	version  string

	platform, workspace coderplay.Terraform
	home                *home
	agent               *coderplay.Agent
	// printed is everything the scripts and clients printed, for the secret search.
	printed       strings.Builder
	minted, admin coderplay.Secret
}

func newStory(ctx context.Context, o options, dialect string) (*story, error) {
	work := filepath.Join(o.work, dialect+"-"+filepath.Base(o.cli))
	if err := coderplay.RemoveAll(work); err != nil {
		return nil, fmt.Errorf("clearing the last run away: %w", err)
	}
	out, err := coderplay.NewOutput(filepath.Join(work, "demo.log"))
	if err != nil {
		return nil, err
	}
	s := &story{o: o, dialect: dialect, work: work, out: out}
	s.cli = coderplay.Terraform{Path: o.cli, Dir: work, Env: coderplay.ProcessEnv(), Out: out}
	if s.version, err = s.cli.Version(ctx); err != nil {
		return nil, fmt.Errorf("%w\nthe log is %s", err, out.Path)
	}
	return s, nil
}

func (s *story) title() string {
	return map[string]string{"artifactory": "Artifactory dialect", "artifact_keeper": "Artifact Keeper dialect"}[s.dialect] + ", " + s.version
}

// close stops the registry. What the clients cached is only in the way.
func (s *story) close() {
	if s.registry != nil {
		s.registry.Stop()
	}
	_ = coderplay.RemoveAll(filepath.Join(s.work, "home"))
	s.out.Close()
}

func (s *story) tell(ctx context.Context) error {
	s.out.Say("== %s", s.title())
	for _, chapter := range []func(context.Context) error{
		s.startRegistry, s.applyPlatform, s.applyWorkspace, s.startWorkspace, s.installPackages, s.planAgain, s.check, s.destroyWorkspace, s.destroyPlatform,
		s.stopWithoutRegistry,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) startRegistry(ctx context.Context) error {
	s.out.Step("building and starting the embedded registry")
	var err error
	if s.registry, err = coderplay.StartRegistry(ctx, s.out, s.dialect, s.work); err != nil {
		return err
	}
	s.out.Step("the registry is ready at %s", s.registry.URL)

	// A copy, since a lock file beside the examples would refuse the provider after its next build.
	tree := filepath.Join(s.work, "tree")
	for _, part := range []string{"examples/quickstart", "modules"} {
		if err := coderplay.CopyTree(part, filepath.Join(tree, part)); err != nil {
			return err
		}
	}
	more := map[string]string{
		"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1",
		// The administrator's token reaches the provider by environment: a saved plan would hold a variable in clear.
		"REGISTRY_URL": s.registry.URL, "REGISTRY_ACCESS_TOKEN": s.registry.AdminToken, "REGISTRY_CA_CERTIFICATE": s.registry.CAFile,
	}
	if s.o.checks {
		more["TF_LOG"], more["TF_LOG_PATH"] = "TRACE", s.traceLog()
	}
	s.cli = s.cli.With(more)
	s.platform = s.cli.Root(filepath.Join(tree, "examples/quickstart/platform"))
	s.workspace = s.cli.Root(filepath.Join(tree, "examples/quickstart/workspace")).
		With(coderplay.ProvisionerEnv("demo", "b7e1fd0a-6a0e-4a8e-9a52-0d6a3a3f9a01", quinn)).
		With(map[string]string{"TF_VAR_ca_certificate": s.registry.CA})
	return nil
}

func (s *story) traceLog() string { return filepath.Join(s.work, "trace.log") }

func (s *story) applyPlatform(ctx context.Context) error {
	s.out.Step("platform team: applying user, group and permissions")
	if err := s.platform.Init(ctx); err != nil {
		return err
	}
	return s.platform.Apply(ctx)
}

func (s *story) applyWorkspace(ctx context.Context) error {
	s.out.Step("workspace of %s: looking up the identity, minting a token, rendering the scripts", owner)
	if err := s.workspace.Init(ctx); err != nil {
		return err
	}
	return s.workspace.Apply(ctx)
}

func (s *story) startWorkspace(ctx context.Context) error {
	s.out.Step("agent: running the start scripts in a throw-away home")
	text, err := s.workspace.Show(ctx)
	if err != nil {
		return err
	}
	state, err := coderplay.ParseState(text)
	if err != nil {
		return err
	}
	s.home = &home{out: s.out}
	dir := filepath.Join(s.work, "home")
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o700); err != nil {
		return err
	}
	if !coderplay.Clients[2].Missing() {
		if err := makePython(ctx, dir, s.out); err != nil {
			return err
		}
	}
	if s.agent, err = coderplay.NewAgent(state, s.home, dir, workspaceEnv(dir, owner)); err != nil {
		return err
	}
	if s.o.checks && canTrace {
		s.home.traced = s.argvLog()
	}
	printed, err := s.agent.Start(ctx)
	s.printed.WriteString(printed)
	return err
}

func (s *story) argvLog() string { return filepath.Join(s.work, "argv.log") }

// installPackages is what it is all for. A table is printed whatever happens.
func (s *story) installPackages(ctx context.Context) error {
	rows := [][]string{{"client", "repository", "user the registry saw", "seconds", "result"}}
	var failures []error
	for _, c := range coderplay.Clients {
		if c.Missing() {
			rows = append(rows, []string{c.Name, c.Repository, "-", "-", "MISSING: " + c.Program + " is not installed"})
			if s.o.ci {
				failures = append(failures, fmt.Errorf("%s is not installed, and CI must show every client", c.Program))
			}
			continue
		}
		s.out.Step("%s: installing %s from %s", c.Name, c.Package, c.Repository)
		t, err := c.Try(ctx, s.agent, s.registry, filepath.Join(s.agent.Home, "projects", c.Name))
		if err != nil {
			return err
		}
		s.printed.WriteString(t.Output)
		outcome := "installed " + c.Package
		if err := t.Installed(owner); err != nil {
			outcome = "FAILED"
			failures = append(failures, err)
		}
		rows = append(rows, t.Row(outcome))
	}
	s.out.Table(rows)
	return errors.Join(failures...)
}

func (s *story) planAgain(ctx context.Context) error {
	s.out.Step("planning both again: nothing may change")
	return errors.Join(s.platform.ExpectEmptyPlan(ctx), s.workspace.ExpectEmptyPlan(ctx))
}

// destroyWorkspace leaves the home as it is, credentials and all: a copied token must be dead too.
func (s *story) destroyWorkspace(ctx context.Context) error {
	s.out.Step("destroying the workspace, which revokes its token")
	if _, err := s.workspace.With(coderplay.Deleting).Destroy(ctx); err != nil {
		return err
	}
	rows := [][]string{{"client", "repository", "user the registry served", "seconds", "result with the token that was left behind"}}
	var failures []error
	for _, c := range coderplay.Clients {
		if c.Missing() {
			continue
		}
		s.out.Step("%s: trying again with the token that was left behind", c.Name)
		t, err := c.Try(ctx, s.agent, s.registry, filepath.Join(s.agent.Home, "projects", c.Name+"-again"))
		if err != nil {
			return err
		}
		outcome := fmt.Sprintf("refused with %d", last(t.Refused))
		if err := t.Denied(); err != nil {
			outcome = "FAILED"
			failures = append(failures, err)
		}
		rows = append(rows, t.Row(outcome))
	}
	s.out.Table(rows)
	return errors.Join(failures...)
}

func (s *story) destroyPlatform(ctx context.Context) error {
	s.out.Step("platform team: destroying user, group and permissions")
	_, err := s.platform.Destroy(ctx)
	return err
}

func last(list []int) int {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1]
}
