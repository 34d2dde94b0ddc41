package coderplay

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

// ProcessEnv is this process's environment without what a developer has set for their own registry, workspace and CLI.
func ProcessEnv() map[string]string {
	env := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if name == "TF_CLI_CONFIG_FILE" || !foreign.MatchString(name) {
			env[name] = value
		}
	}
	return env
}

// Terraform runs the CLI in one root with one environment.
type Terraform struct {
	Path, Dir string
	Env       map[string]string
	Out       *Output
}

// Root gives the same CLI in another folder of the copied tree.
func (t Terraform) Root(dir string) Terraform {
	t.Dir = dir
	return t
}

// With gives the same root with more environment.
func (t Terraform) With(more map[string]string) Terraform {
	env := maps.Clone(t.Env)
	maps.Copy(env, more)
	t.Env = env
	return t
}

func (t Terraform) Run(ctx context.Context, args ...string) (Result, error) {
	r, err := t.Try(ctx, args...)
	if err == nil && r.Code != 0 {
		err = fmt.Errorf("%s %s in %s exited with status %d:\n%s", filepath.Base(t.Path), args[0], filepath.Base(t.Dir), r.Code, Tail(r.Output, 30))
	}
	return r, err
}

func (t Terraform) Try(ctx context.Context, args ...string) (Result, error) {
	return Command{Dir: t.Dir, Env: t.Env, Argv: append([]string{t.Path}, args...)}.Run(ctx, t.Out)
}

func (t Terraform) Init(ctx context.Context) error {
	_, err := t.Run(ctx, "init", "-input=false", "-no-color")
	return err
}

func (t Terraform) Apply(ctx context.Context) error {
	_, err := t.Run(ctx, "apply", "-auto-approve", "-input=false", "-no-color")
	return err
}

func (t Terraform) Destroy(ctx context.Context) (Result, error) {
	return t.Run(ctx, "destroy", "-auto-approve", "-input=false", "-no-color")
}

// ExpectEmptyPlan is the proof that a second plan wants nothing.
func (t Terraform) ExpectEmptyPlan(ctx context.Context) error {
	r, err := t.Try(ctx, "plan", "-detailed-exitcode", "-input=false", "-no-color")
	switch {
	case err != nil:
		return err
	case r.Code == 2:
		return fmt.Errorf("a second plan of %s is not empty:\n%s", filepath.Base(t.Dir), Tail(r.Output, 40))
	case r.Code != 0:
		return fmt.Errorf("a second plan of %s failed:\n%s", filepath.Base(t.Dir), Tail(r.Output, 30))
	}
	return nil
}

// Plan saves a plan and gives it as JSON.
func (t Terraform) Plan(ctx context.Context, file string) (Planned, []byte, error) {
	var p Planned
	if _, err := t.Run(ctx, "plan", "-out="+file, "-input=false", "-no-color"); err != nil {
		return p, nil, err
	}
	text, err := t.Show(ctx, file)
	if err != nil {
		return p, nil, err
	}
	return p, text, json.Unmarshal(text, &p)
}

// Show gives the state or a saved plan as JSON. It holds secrets, so it goes past the log.
func (t Terraform) Show(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, t.Path, append([]string{"show", "-json", "-no-color"}, args...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = t.Dir, Environ(t.Env), t.Out
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s show in %s: %w", filepath.Base(t.Path), filepath.Base(t.Dir), err)
	}
	return text, nil
}

func (t Terraform) Version(ctx context.Context) (string, error) {
	r, err := t.Run(ctx, "version")
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`(Terraform|OpenTofu) v\S+`).FindString(r.Stdout)
	if found == "" {
		return "", fmt.Errorf("%s is neither Terraform nor OpenTofu", t.Path)
	}
	return found, nil
}

// Planned is the part of a plan in JSON that the checks read.
type Planned struct {
	ResourceChanges []struct {
		Address string `json:"address"`
		Type    string `json:"type"`
		Mode    string `json:"mode"`
		Change  struct {
			Actions []string `json:"actions"`
		} `json:"change"`
	} `json:"resource_changes"`
}

// Actions gives the planned actions for all managed objects of a type, such as "create" or "delete,create".
func (p Planned) Actions(kind string) []string {
	var list []string
	for _, c := range p.ResourceChanges {
		if c.Type == kind && c.Mode == "managed" {
			list = append(list, strings.Join(c.Change.Actions, ","))
		}
	}
	return list
}
