package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// agent plays Coder's workspace agent: it reads scripts and environment from the state, as the agent gets them from its
// server, and runs the scripts in a throw-away home with nothing else in the environment.
type agent struct {
	home    string
	env     map[string]string
	scripts []script
	out     *output
	// traced receives the argument vectors of everything that runs, when set.
	traced string
}

type script struct {
	Name        string `json:"display_name"`
	Script      string `json:"script"`
	RunOnStart  bool   `json:"run_on_start"`
	RunOnStop   bool   `json:"run_on_stop"`
	Cron        string `json:"cron"`
	BlocksLogin bool   `json:"start_blocks_login"`
}

type variable struct {
	Name          string `json:"name"`
	Value         string `json:"value"`
	MergeStrategy string `json:"merge_strategy"`
}

// stateModule is one module in the JSON of a state; modules nest.
type stateModule struct {
	Resources []struct {
		Type    string          `json:"type"`
		Address string          `json:"address"`
		Values  json.RawMessage `json:"values"`
	} `json:"resources"`
	Children []stateModule `json:"child_modules"`
}

// each calls f for every object in the state.
func (m stateModule) each(f func(kind, address string, values json.RawMessage) error) error {
	for _, r := range m.Resources {
		if err := f(r.Type, r.Address, r.Values); err != nil {
			return err
		}
	}
	for _, child := range m.Children {
		if err := child.each(f); err != nil {
			return err
		}
	}
	return nil
}

func parseState(text []byte) (stateModule, error) {
	var state struct {
		Values struct {
			Root stateModule `json:"root_module"`
		} `json:"values"`
	}
	err := json.Unmarshal(text, &state)
	return state.Values.Root, err
}

// newAgent reads what the workspace's state holds for the agent. env is what the image and the agent itself provide.
func newAgent(state stateModule, home string, env map[string]string, out *output) (*agent, error) {
	a := &agent{home: home, env: maps.Clone(env), out: out}
	err := state.each(func(kind, address string, values json.RawMessage) error {
		switch kind {
		case "coder_script":
			var s script
			if err := json.Unmarshal(values, &s); err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
			a.scripts = append(a.scripts, s)
		case "coder_env":
			var v variable
			if err := json.Unmarshal(values, &v); err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
			return a.merge(v)
		}
		return nil
	})
	if err == nil && len(a.scripts) == 0 {
		err = fmt.Errorf("the workspace's state has no coder_script")
	}
	return a, err
}

// merge adds a coder_env the way Coder does: the agent expands variables in the value, which is how $HOME gets there.
func (a *agent) merge(v variable) error {
	old, exists := a.env[v.Name]
	v.Value = os.Expand(v.Value, func(name string) string { return a.env[name] })
	switch {
	case !exists || v.MergeStrategy == "" || v.MergeStrategy == "replace":
		a.env[v.Name] = v.Value
	case v.MergeStrategy == "append":
		a.env[v.Name] = old + ":" + v.Value
	case v.MergeStrategy == "prepend":
		a.env[v.Name] = v.Value + ":" + old
	default:
		return fmt.Errorf("coder_env %s is set twice", v.Name)
	}
	return nil
}

// start runs the start scripts and gives what they printed.
func (a *agent) start(ctx context.Context) (string, error) {
	return a.runScripts(ctx, "start", func(s script) bool { return s.RunOnStart })
}

// stop runs the stop scripts.
func (a *agent) stop(ctx context.Context) (string, error) {
	return a.runScripts(ctx, "stop", func(s script) bool { return s.RunOnStop })
}

func (a *agent) runScripts(ctx context.Context, when string, wanted func(script) bool) (string, error) {
	var printed strings.Builder
	for _, s := range a.scripts {
		if !wanted(s) {
			continue
		}
		argv := append(interpreter(s.Script), "-c", s.Script)
		r, err := command{dir: a.home, env: a.env, argv: argv, traced: a.traced}.must(ctx, a.out, fmt.Sprintf("the %s script %q", when, s.Name))
		printed.WriteString(r.output)
		if err != nil {
			return printed.String(), err
		}
	}
	return printed.String(), nil
}

// interpreter reads the shebang line. The agent does not write the script to a file: it hands the whole text to the
// interpreter as one argument.
func interpreter(text string) []string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if rest, ok := strings.CutPrefix(line, "#!"); ok {
		return strings.Fields(rest)
	}
	return []string{"sh"}
}

// workspaceEnv is what a workspace image and the agent provide. PATH leads with the folder of the Python environment,
// as in an image that has one; nothing of the developer's environment but the rest of PATH comes along.
func workspaceEnv(home, owner string) map[string]string {
	return map[string]string{
		"HOME": home, "USER": owner, "LOGNAME": owner, "SHELL": "/bin/sh", "LANG": "C.UTF-8", "TMPDIR": home + "/tmp",
		"PATH":                  filepath.Join(home, "venv/bin") + ":" + os.Getenv("PATH"),
		"CODER":                 "true",
		"CODER_WORKSPACE_NAME":  "demo",
		"CODER_SCRIPT_DATA_DIR": home + "/tmp/coder-script-data",
		"CODER_SCRIPT_BIN_DIR":  home + "/tmp/coder-script-data/bin",
	}
}
