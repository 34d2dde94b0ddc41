package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	owner      = "quinn"
	ownerEmail = "quinn@example.com"
)

// story is one run on one dialect with one CLI.
type story struct {
	o        options
	dialect  string
	work     string
	out      *output
	registry *embedded
	cli      terraform
	version  string

	platform, workspace terraform
	agent               *agent
	// printed is everything the scripts and clients printed, for the secret search.
	printed       strings.Builder
	minted, admin secret
}

func newStory(ctx context.Context, o options, dialect string) (*story, error) {
	work := filepath.Join(o.work, dialect+"-"+filepath.Base(o.cli))
	if err := removeAll(work); err != nil {
		return nil, fmt.Errorf("clearing the last run away: %w", err)
	}
	out, err := newOutput(filepath.Join(work, "demo.log"))
	if err != nil {
		return nil, err
	}
	s := &story{o: o, dialect: dialect, work: work, out: out}
	s.cli = terraform{path: o.cli, dir: work, env: processEnv(), out: out}
	if s.version, err = s.cli.version(ctx); err != nil {
		return nil, fmt.Errorf("%w\nthe log is %s", err, out.path)
	}
	return s, nil
}

func (s *story) title() string {
	return map[string]string{"artifactory": "Artifactory dialect", "artifact_keeper": "Artifact Keeper dialect"}[s.dialect] + ", " + s.version
}

// close stops the registry. What the clients cached is only in the way.
func (s *story) close() {
	if s.registry != nil {
		s.registry.stop()
	}
	_ = removeAll(filepath.Join(s.work, "home"))
	_ = s.out.file.Close()
}

func (s *story) tell(ctx context.Context) error {
	s.out.say("== %s", s.title())
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
	s.out.step("building and starting the embedded registry")
	var err error
	if s.registry, err = startRegistry(ctx, s.out, s.dialect, s.work); err != nil {
		return err
	}
	s.out.step("the registry is ready at %s", s.registry.URL)

	// A copy, since a lock file beside the examples would refuse the provider after its next build.
	tree := filepath.Join(s.work, "tree")
	for _, part := range []string{"examples/quickstart", "modules"} {
		if err := copyTree(part, filepath.Join(tree, part)); err != nil {
			return err
		}
	}
	more := map[string]string{
		"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1",
		// The administrator's token reaches the provider by environment: a saved plan would hold a variable in clear.
		"REGISTRY_URL": s.registry.URL, "REGISTRY_ACCESS_TOKEN": s.registry.adminToken, "REGISTRY_CA_CERTIFICATE": s.registry.CAFile,
	}
	if s.o.checks {
		more["TF_LOG"], more["TF_LOG_PATH"] = "TRACE", s.traceLog()
	}
	s.cli = s.cli.with(more)
	s.platform = s.cli.root(filepath.Join(tree, "examples/quickstart/platform"))
	s.workspace = s.cli.root(filepath.Join(tree, "examples/quickstart/workspace")).
		with(provisionerEnv("demo", "b7e1fd0a-6a0e-4a8e-9a52-0d6a3a3f9a01")).
		with(map[string]string{"TF_VAR_ca_certificate": s.registry.ca})
	return nil
}

func (s *story) traceLog() string { return filepath.Join(s.work, "trace.log") }

// provisionerEnv is what Coder's provisioner sets for a workspace start.
func provisionerEnv(name, id string) map[string]string {
	return map[string]string{
		"CODER_AGENT_URL":                  "https://coder.example.com",
		"CODER_WORKSPACE_TRANSITION":       "start",
		"CODER_WORKSPACE_BUILD_ID":         "5d3c8a62-77d3-4c3a-8f1e-2f1f0a6c2b10",
		"CODER_WORKSPACE_ID":               id,
		"CODER_WORKSPACE_NAME":             name,
		"CODER_WORKSPACE_TEMPLATE_ID":      "0b9e1f5c-2d7a-4f0e-8b5d-9a4e6c1d7f20",
		"CODER_WORKSPACE_TEMPLATE_NAME":    "quickstart",
		"CODER_WORKSPACE_TEMPLATE_VERSION": "v1",
		"CODER_WORKSPACE_OWNER":            owner,
		"CODER_WORKSPACE_OWNER_ID":         "c0a8012e-3f5b-4f6d-9c8e-7b6a5d4c3b2a",
		"CODER_WORKSPACE_OWNER_NAME":       "Quinn Example",
		"CODER_WORKSPACE_OWNER_EMAIL":      ownerEmail,
		// Pins the agent's token, named after the hash of the empty agent id; else every plan would replace the agent's scripts.
		"CODER_RUNNING_WORKSPACE_AGENT_TOKEN_e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855": "11111111-2222-3333-4444-555555555555",
	}
}

// deleting is the transition that Coder's provisioner gives a destroy.
var deleting = map[string]string{"CODER_WORKSPACE_TRANSITION": "destroy"}

func (s *story) applyPlatform(ctx context.Context) error {
	s.out.step("platform team: applying user, group and permissions")
	if err := s.platform.init(ctx); err != nil {
		return err
	}
	return s.platform.apply(ctx)
}

func (s *story) applyWorkspace(ctx context.Context) error {
	s.out.step("workspace of %s: looking up the identity, minting a token, rendering the scripts", owner)
	if err := s.workspace.init(ctx); err != nil {
		return err
	}
	return s.workspace.apply(ctx)
}

func (s *story) startWorkspace(ctx context.Context) error {
	s.out.step("agent: running the start scripts in a throw-away home")
	text, err := s.workspace.show(ctx)
	if err != nil {
		return err
	}
	state, err := parseState(text)
	if err != nil {
		return err
	}
	home := filepath.Join(s.work, "home")
	if err := os.MkdirAll(filepath.Join(home, "tmp"), 0o700); err != nil {
		return err
	}
	if !clients[2].missing() {
		if err := makePython(ctx, home, s.out); err != nil {
			return err
		}
	}
	if s.agent, err = newAgent(state, home, workspaceEnv(home, owner), s.out); err != nil {
		return err
	}
	if s.o.checks && canTrace {
		s.agent.traced = s.argvLog()
	}
	printed, err := s.agent.start(ctx)
	s.printed.WriteString(printed)
	return err
}

func (s *story) argvLog() string { return filepath.Join(s.work, "argv.log") }

// installPackages is what it is all for. A table is printed whatever happens.
func (s *story) installPackages(ctx context.Context) error {
	rows := [][]string{{"client", "repository", "user the registry saw", "seconds", "result"}}
	var failures []error
	for _, c := range clients {
		s.out.step("%s: installing %s from %s", c.name, c.pkg, c.repository)
		t, err := c.try(ctx, s.agent, s.registry, filepath.Join(s.agent.home, "projects", c.name))
		if err != nil {
			return err
		}
		s.printed.WriteString(t.output)
		outcome := "installed " + c.pkg
		switch {
		case t.missing() && s.o.ci:
			failures = append(failures, fmt.Errorf("%s is not installed, and CI must show every client", c.program))
		case t.missing():
		default:
			if err := t.installed(owner); err != nil {
				outcome = "FAILED"
				failures = append(failures, err)
			}
		}
		rows = append(rows, t.row(outcome))
	}
	s.out.table(rows)
	return errors.Join(failures...)
}

func (s *story) planAgain(ctx context.Context) error {
	s.out.step("planning both again: nothing may change")
	return errors.Join(s.platform.expectEmptyPlan(ctx), s.workspace.expectEmptyPlan(ctx))
}

// destroyWorkspace leaves the home as it is, credentials and all: a copied token must be dead too.
func (s *story) destroyWorkspace(ctx context.Context) error {
	s.out.step("destroying the workspace, which revokes its token")
	if _, err := s.workspace.with(deleting).destroy(ctx); err != nil {
		return err
	}
	rows := [][]string{{"client", "repository", "user the registry served", "seconds", "result with the token that was left behind"}}
	var failures []error
	for _, c := range clients {
		if c.missing() {
			continue
		}
		s.out.step("%s: trying again with the token that was left behind", c.name)
		t, err := c.try(ctx, s.agent, s.registry, filepath.Join(s.agent.home, "projects", c.name+"-again"))
		if err != nil {
			return err
		}
		outcome := fmt.Sprintf("refused with %d", last(t.refused))
		if err := t.denied(); err != nil {
			outcome = "FAILED"
			failures = append(failures, err)
		}
		rows = append(rows, t.row(outcome))
	}
	s.out.table(rows)
	return errors.Join(failures...)
}

func (s *story) destroyPlatform(ctx context.Context) error {
	s.out.step("platform team: destroying user, group and permissions")
	_, err := s.platform.destroy(ctx)
	return err
}

func last(list []int) int {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1]
}

// copyTree copies files, and leaves behind what an `init` beside them has made.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case d.IsDir() && d.Name() == ".terraform":
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o700)
		case strings.HasPrefix(d.Name(), ".terraform") || strings.Contains(d.Name(), ".tfstate"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	})
}

// removeAll also removes folders that somebody made read-only.
func removeAll(dir string) error {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}
