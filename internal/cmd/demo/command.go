package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// command is one program run: exactly the environment given, no standard input, output to the log and to the result.
type command struct {
	dir  string
	env  map[string]string
	argv []string
	// traced, when set, is the file that receives the argument vectors of the program and all its descendants.
	traced string
}

type result struct {
	stdout, output string
	code           int
}

// run starts the program and waits. A non-zero exit is in the result; the error says that it could not be run at all.
func (c command) run(ctx context.Context, out *output) (result, error) {
	argv := c.argv
	if c.traced != "" {
		self, err := os.Executable()
		if err != nil {
			return result{}, err
		}
		argv = append([]string{self, traceCommand, c.traced}, argv...)
	}
	out.note("\n$ (cd %s) %s", c.dir, shorten(strings.Join(c.argv, " "), 300))
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = c.dir
	cmd.Env = environ(c.env)
	var stdout, both bytes.Buffer
	cmd.Stdout = io.MultiWriter(&stdout, &both, out)
	cmd.Stderr = io.MultiWriter(&both, out)
	err := cmd.Run()
	r := result{stdout: stdout.String(), output: both.String()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return r, fmt.Errorf("%s: %w", argv[0], context.Cause(ctx))
	case errors.As(err, &exit):
		r.code = exit.ExitCode()
		out.note("exit status %d", r.code)
		return r, nil
	default:
		return r, err
	}
}

// must is run for a program whose failure ends the demo.
func (c command) must(ctx context.Context, out *output, what string) (result, error) {
	r, err := c.run(ctx, out)
	if err != nil {
		return r, fmt.Errorf("%s: %w", what, err)
	}
	if r.code != 0 {
		return r, fmt.Errorf("%s: %s exited with status %d:\n%s", what, c.argv[0], r.code, tail(r.output, 25))
	}
	return r, nil
}

func environ(env map[string]string) []string {
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
