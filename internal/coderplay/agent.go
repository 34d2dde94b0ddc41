package coderplay

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
)

// Place is where a workspace's programs run: a throw-away home on this machine, or a container.
type Place interface {
	// Run starts a program in a folder with exactly the environment given and waits. A non-zero exit is in the result; the
	// error says that it could not be run at all.
	Run(ctx context.Context, dir string, env map[string]string, argv []string) (Result, error)
}

// Agent plays Coder's workspace agent: it reads scripts and environment from the state, as the agent gets them from its
// server, and runs the scripts with nothing else in the environment.
type Agent struct {
	Place   Place
	Home    string
	Env     map[string]string
	Scripts []Script
}

// Script is a coder_script.
type Script struct {
	Name        string `json:"display_name"`
	Script      string `json:"script"`
	RunOnStart  bool   `json:"run_on_start"`
	RunOnStop   bool   `json:"run_on_stop"`
	Cron        string `json:"cron"`
	BlocksLogin bool   `json:"start_blocks_login"`
}

// Variable is a coder_env.
type Variable struct {
	Name          string `json:"name"`
	Value         string `json:"value"`
	MergeStrategy string `json:"merge_strategy"`
}

// StateModule is one module in the JSON of a state; modules nest.
type StateModule struct {
	Resources []struct {
		Type    string          `json:"type"`
		Address string          `json:"address"`
		Values  json.RawMessage `json:"values"`
	} `json:"resources"`
	Children []StateModule `json:"child_modules"`
}

// Each calls f for every object in the state.
func (m StateModule) Each(f func(kind, address string, values json.RawMessage) error) error {
	for _, r := range m.Resources {
		if err := f(r.Type, r.Address, r.Values); err != nil {
			return err
		}
	}
	for _, child := range m.Children {
		if err := child.Each(f); err != nil {
			return err
		}
	}
	return nil
}

// ParseState reads what `show -json` prints.
func ParseState(text []byte) (StateModule, error) {
	var state struct {
		Values struct {
			Root StateModule `json:"root_module"`
		} `json:"values"`
	}
	err := json.Unmarshal(text, &state)
	return state.Values.Root, err
}

// NewAgent reads what the workspace's state holds for the agent. env is what the image and the agent itself provide.
func NewAgent(state StateModule, place Place, home string, env map[string]string) (*Agent, error) {
	a := &Agent{Place: place, Home: home, Env: maps.Clone(env)}
	err := state.Each(func(kind, address string, values json.RawMessage) error {
		switch kind {
		case "coder_script":
			var s Script
			if err := json.Unmarshal(values, &s); err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
			a.Scripts = append(a.Scripts, s)
		case "coder_env":
			var v Variable
			if err := json.Unmarshal(values, &v); err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
			return a.merge(v)
		}
		return nil
	})
	if err == nil && len(a.Scripts) == 0 {
		err = fmt.Errorf("the workspace's state has no coder_script")
	}
	return a, err
}

// merge adds a coder_env the way Coder does: the agent expands variables in the value, which is how $HOME gets there.
func (a *Agent) merge(v Variable) error {
	old, exists := a.Env[v.Name]
	v.Value = os.Expand(v.Value, func(name string) string { return a.Env[name] })
	switch {
	case !exists || v.MergeStrategy == "" || v.MergeStrategy == "replace":
		a.Env[v.Name] = v.Value
	case v.MergeStrategy == "append":
		a.Env[v.Name] = old + ":" + v.Value
	case v.MergeStrategy == "prepend":
		a.Env[v.Name] = v.Value + ":" + old
	default:
		return fmt.Errorf("coder_env %s is set twice", v.Name)
	}
	return nil
}

// Start runs the start scripts and gives what they printed.
func (a *Agent) Start(ctx context.Context) (string, error) {
	return a.runScripts(ctx, "start", func(s Script) bool { return s.RunOnStart })
}

// Stop runs the stop scripts.
func (a *Agent) Stop(ctx context.Context) (string, error) {
	return a.runScripts(ctx, "stop", func(s Script) bool { return s.RunOnStop })
}

// Refresh runs the scripts that have a schedule, once.
func (a *Agent) Refresh(ctx context.Context) (string, error) {
	return a.runScripts(ctx, "refresh", func(s Script) bool { return s.Cron != "" })
}

func (a *Agent) runScripts(ctx context.Context, when string, wanted func(Script) bool) (string, error) {
	var printed strings.Builder
	for _, s := range a.Scripts {
		if !wanted(s) {
			continue
		}
		r, err := a.Place.Run(ctx, a.Home, a.Env, s.Argv())
		printed.WriteString(r.Output)
		if err == nil {
			err = r.Failure()
		}
		if err != nil {
			return printed.String(), fmt.Errorf("the %s script %q: %w", when, s.Name, err)
		}
	}
	return printed.String(), nil
}

// Argv is how the agent runs the script.
func (s Script) Argv() []string { return append(interpreter(s.Script), "-c", s.Script) }

// interpreter reads the shebang line. The agent does not write the script to a file: it hands the whole text to the
// interpreter as one argument.
func interpreter(text string) []string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if rest, ok := strings.CutPrefix(line, "#!"); ok {
		return strings.Fields(rest)
	}
	return []string{"sh"}
}
