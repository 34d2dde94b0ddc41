package coderplay

import (
	"slices"
	"testing"
)

func TestInterpreter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"#!/bin/sh\necho":                {"/bin/sh"},
		"#!/usr/bin/env bash\necho":      {"/usr/bin/env", "bash"},
		"\n#!/bin/sh -e\necho":           {"/bin/sh", "-e"},
		"echo without a shebang\necho 2": {"sh"},
	} {
		if got := interpreter(text); !slices.Equal(got, want) {
			t.Errorf("interpreter(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestMergeEnvironment(t *testing.T) {
	t.Parallel()
	a := &Agent{Env: map[string]string{"HOME": "/home/x", "PATH": "/bin"}}
	for _, v := range []Variable{
		{Name: "NETRC", Value: "$HOME/netrc"},
		{Name: "PATH", Value: "/opt", MergeStrategy: "append"},
		{Name: "PATH", Value: "/first", MergeStrategy: "prepend"},
		{Name: "NETRC", Value: "${HOME}/other", MergeStrategy: "replace"},
	} {
		if err := a.merge(v); err != nil {
			t.Fatal(err)
		}
	}
	if a.Env["PATH"] != "/first:/bin:/opt" || a.Env["NETRC"] != "/home/x/other" {
		t.Errorf("got %v", a.Env)
	}
	if err := a.merge(Variable{Name: "PATH", Value: "x", MergeStrategy: "error"}); err == nil {
		t.Error("a second value with the strategy error was accepted")
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	c := Clients[0]
	for name, tc := range map[string]struct {
		attempt           Attempt
		installed, denied bool
	}{
		"installed as the owner":     {Attempt{Client: c, Served: []string{"quinn"}}, true, false},
		"installed as another":       {Attempt{Client: c, Served: []string{"admin"}}, false, false},
		"installed as two":           {Attempt{Client: c, Served: []string{"quinn", "admin"}}, false, false},
		"installed from elsewhere":   {Attempt{Client: c}, false, false},
		"refused":                    {Attempt{Client: c, Code: 1, Refused: []int{401}}, false, true},
		"failed before it was asked": {Attempt{Client: c, Code: 1}, false, false},
		"failed, but was served":     {Attempt{Client: c, Code: 1, Served: []string{"quinn"}, Refused: []int{401}}, false, false},
	} {
		if got := tc.attempt.Installed("quinn") == nil; got != tc.installed {
			t.Errorf("%s: installed = %v", name, got)
		}
		if got := tc.attempt.Denied() == nil; got != tc.denied {
			t.Errorf("%s: denied = %v", name, got)
		}
	}
}
