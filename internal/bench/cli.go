package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tool is the command line tool with the providers to be measured.
type tool struct {
	cli      string
	config   string // its configuration file
	programs string // the real programs of the providers
	states   *backend
}

// newTool puts this program in front of the providers in a folder: the tool starts it in their place.
func newTool(cli, programs, work string, states *backend) (*tool, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	front := filepath.Join(work, "front")
	if err := os.MkdirAll(front, 0o755); err != nil {
		return nil, err
	}
	var overrides strings.Builder
	for _, name := range []string{"registry", "idle"} {
		link := filepath.Join(front, providerPrefix+name)
		if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		if err := os.Symlink(self, link); err != nil {
			return nil, err
		}
		fmt.Fprintf(&overrides, "    \"registry-identity/%s\" = %q\n", name, front)
	}
	t := &tool{cli: cli, programs: programs, states: states, config: filepath.Join(work, "terraformrc")}
	content := "provider_installation {\n  dev_overrides {\n" + overrides.String() + "  }\n  direct {}\n}\n"
	return t, os.WriteFile(t.config, []byte(content), 0o600)
}

// measured is what one command took.
type measured struct {
	wall time.Duration
	usage
}

// workspace is a folder in which the tool works.
type workspace struct {
	*tool

	dir string
	env []string
}

func (t *tool) workspace(ctx context.Context, dir, config string, env ...string) (*workspace, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	w := &workspace{tool: t, dir: dir}
	for _, variable := range os.Environ() {
		// What a developer has set for their own registry or tool must not reach the measurement.
		if !hasAnyPrefix(variable, "TF_", "REGISTRY_", "JFROG_", "ARTIFACT_KEEPER_", "HTTPS_PROXY=", "https_proxy=") {
			w.env = append(w.env, variable)
		}
	}
	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+t.config, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
		envPrograms+"="+t.programs, envUsage+"="+filepath.Join(dir, "usage"))
	w.env = append(w.env, env...)
	if err := t.states.use(ctx, w); err != nil {
		return nil, err
	}
	return w, os.WriteFile(filepath.Join(dir, "main.tf"), []byte(config), 0o600)
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// phase runs the command of a phase. one is the address of the one object.
func (w *workspace) phase(ctx context.Context, name, one string) (measured, error) {
	arguments := map[string][]string{
		"apply":    {"apply", "-auto-approve"},
		"plan":     {"plan", "-detailed-exitcode"},
		"plan_one": {"plan", "-detailed-exitcode", "-target=" + one},
		"destroy":  {"destroy", "-auto-approve"},
	}[name]
	used := filepath.Join(w.dir, "usage")
	if err := os.WriteFile(used, nil, 0o600); err != nil {
		return measured{}, err
	}
	command := exec.CommandContext(ctx, w.cli, append(arguments, "-input=false", "-no-color", "-compact-warnings")...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 20 * time.Second
	var printed bytes.Buffer
	command.Dir, command.Env, command.Stdout, command.Stderr = w.dir, w.env, &printed, &printed
	start := time.Now()
	err := command.Run()
	m := measured{wall: time.Since(start)}
	if err != nil {
		// With -detailed-exitcode a plan that is not empty fails too, as it must here.
		return m, fmt.Errorf("%s: %w\n%s", strings.Join(arguments, " "), errors.Join(err, ctx.Err()), tail(printed.String()))
	}
	m.usage, err = readUsage(used)
	return m, err
}

// median runs the command of a phase several times and gives the run of median length.
func (w *workspace) median(ctx context.Context, runs int, name, one string) (measured, error) {
	all := make([]measured, 0, runs)
	for range runs {
		m, err := w.phase(ctx, name, one)
		if err != nil {
			return m, err
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b measured) int { return cmp.Compare(a.wall, b.wall) })
	return all[runs/2], nil
}

// tail is the end of a text, which has the reason.
func tail(text string) string {
	const most = 4000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
