package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

var foreign = regexp.MustCompile(`^(TF|REGISTRY|JFROG|ARTIFACT_KEEPER|CODER)_`)

// processEnv is this process's environment without what a developer has set for their own registry, workspace and CLI.
func processEnv() map[string]string {
	env := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if name == "TF_CLI_CONFIG_FILE" || !foreign.MatchString(name) {
			env[name] = value
		}
	}
	return env
}

// terraform runs the CLI in one root with one environment.
type terraform struct {
	path, dir string
	env       map[string]string
	out       *output
}

// root gives the same CLI in another folder of the copied tree.
func (t terraform) root(dir string) terraform {
	t.dir = dir
	return t
}

// with gives the same root with more environment.
func (t terraform) with(more map[string]string) terraform {
	env := maps.Clone(t.env)
	maps.Copy(env, more)
	t.env = env
	return t
}

func (t terraform) run(ctx context.Context, args ...string) (result, error) {
	r, err := t.try(ctx, args...)
	if err == nil && r.code != 0 {
		err = fmt.Errorf("%s %s in %s exited with status %d:\n%s", filepath.Base(t.path), args[0], filepath.Base(t.dir), r.code, tail(r.output, 30))
	}
	return r, err
}

func (t terraform) try(ctx context.Context, args ...string) (result, error) {
	return command{dir: t.dir, env: t.env, argv: append([]string{t.path}, args...)}.run(ctx, t.out)
}

func (t terraform) init(ctx context.Context) error {
	_, err := t.run(ctx, "init", "-input=false", "-no-color")
	return err
}

func (t terraform) apply(ctx context.Context) error {
	_, err := t.run(ctx, "apply", "-auto-approve", "-input=false", "-no-color")
	return err
}

func (t terraform) destroy(ctx context.Context) (result, error) {
	return t.run(ctx, "destroy", "-auto-approve", "-input=false", "-no-color")
}

// expectEmptyPlan is the proof that a second plan wants nothing.
func (t terraform) expectEmptyPlan(ctx context.Context) error {
	r, err := t.try(ctx, "plan", "-detailed-exitcode", "-input=false", "-no-color")
	switch {
	case err != nil:
		return err
	case r.code == 2:
		return fmt.Errorf("a second plan of %s is not empty:\n%s", filepath.Base(t.dir), tail(r.output, 40))
	case r.code != 0:
		return fmt.Errorf("a second plan of %s failed:\n%s", filepath.Base(t.dir), tail(r.output, 30))
	}
	return nil
}

// plan saves a plan and gives it as JSON.
func (t terraform) plan(ctx context.Context, file string) (planned, []byte, error) {
	var p planned
	if _, err := t.run(ctx, "plan", "-out="+file, "-input=false", "-no-color"); err != nil {
		return p, nil, err
	}
	text, err := t.show(ctx, file)
	if err != nil {
		return p, nil, err
	}
	return p, text, json.Unmarshal(text, &p)
}

// show gives the state or a saved plan as JSON. It holds secrets, so it goes past the log.
func (t terraform) show(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, t.path, append([]string{"show", "-json", "-no-color"}, args...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = t.dir, environ(t.env), t.out
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s show in %s: %w", filepath.Base(t.path), filepath.Base(t.dir), err)
	}
	return text, nil
}

func (t terraform) version(ctx context.Context) (string, error) {
	r, err := t.run(ctx, "version")
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`(Terraform|OpenTofu) v\S+`).FindString(r.stdout)
	if found == "" {
		return "", fmt.Errorf("%s is neither Terraform nor OpenTofu", t.path)
	}
	return found, nil
}

// planned is the part of a plan in JSON that the checks read.
type planned struct {
	ResourceChanges []struct {
		Address string `json:"address"`
		Type    string `json:"type"`
		Mode    string `json:"mode"`
		Change  struct {
			Actions []string `json:"actions"`
		} `json:"change"`
	} `json:"resource_changes"`
}

// actions gives the planned actions for all managed objects of a type, such as "create" or "delete,create".
func (p planned) actions(kind string) []string {
	var list []string
	for _, c := range p.ResourceChanges {
		if c.Type == kind && c.Mode == "managed" {
			list = append(list, strings.Join(c.Change.Actions, ","))
		}
	}
	return list
}
