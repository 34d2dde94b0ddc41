package coderplay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// Command is one program run: exactly the environment given, no standard input, output to the log and to the result.
type Command struct {
	Dir  string
	Env  map[string]string
	Argv []string
	// Wrapper goes before the program, such as one that watches it. It is not in the log.
	Wrapper []string
}

// Result is what a program printed and how it ended.
type Result struct {
	Stdout, Output string
	Code           int
}

// Failure says that the program failed and what it printed last, and is nil when it did not fail.
func (r Result) Failure() error {
	if r.Code == 0 {
		return nil
	}
	return fmt.Errorf("exited with status %d:\n%s", r.Code, Tail(r.Output, 25))
}

// Run starts the program and waits. A non-zero exit is in the result; the error says that it could not be run at all.
func (c Command) Run(ctx context.Context, out *Output) (Result, error) {
	argv := slices.Concat(c.Wrapper, c.Argv)
	out.Note("\n$ (cd %s) %s", c.Dir, shorten(strings.Join(c.Argv, " "), 300))
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = c.Dir
	cmd.Env = Environ(c.Env)
	var stdout, both bytes.Buffer
	cmd.Stdout = io.MultiWriter(&stdout, &both, out)
	cmd.Stderr = io.MultiWriter(&both, out)
	err := cmd.Run()
	r := Result{Stdout: stdout.String(), Output: both.String()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return r, fmt.Errorf("%s: %w", argv[0], context.Cause(ctx))
	case errors.As(err, &exit):
		r.Code = exit.ExitCode()
		out.Note("exit status %d", r.Code)
		return r, nil
	default:
		return r, err
	}
}

// Must is Run for a program whose failure ends everything.
func (c Command) Must(ctx context.Context, out *Output, what string) (Result, error) {
	r, err := c.Run(ctx, out)
	if err != nil {
		return r, fmt.Errorf("%s: %w", what, err)
	}
	if err := r.Failure(); err != nil {
		return r, fmt.Errorf("%s: %s %w", what, c.Argv[0], err)
	}
	return r, nil
}

// Environ is an environment as package exec wants it, sorted.
func Environ(env map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

func shorten(s string, limit int) string {
	s = strings.ReplaceAll(s, "\n", "\\n")
	if len(s) > limit {
		return s[:limit] + " ..."
	}
	return s
}
