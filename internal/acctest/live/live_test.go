package live

import (
	"strings"
	"testing"
	"time"
)

func TestNamesTellTheirAge(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1790000000123)
	run := NewRun(at)
	for _, name := range []string{run.Prefix() + "alice", run.Prefix() + Random(6) + "-alice@example.com", run.Prefix()} {
		if began, ok := Began(name); !ok || !began.Equal(at) {
			t.Errorf("%q began %v, %t", name, began, ok)
		}
	}
	for _, name := range []string{"", "alice", "tfacc", "tfacc-", "tfacc-alice", "tfacc-some-group", "tfacc-tester-abcd-x", "x" + run.Prefix() + "y"} {
		if _, ok := Began(name); ok {
			t.Errorf("%q passes for the name of a run", name)
		}
	}
	if NewRun(at.Add(time.Millisecond)) == run {
		t.Error("two runs have the same name")
	}
	// Every registry takes it: what Artifactory takes in a user's name is the narrowest.
	if rest := strings.Trim(run.Prefix(), "abcdefghijklmnopqrstuvwxyz0123456789-"); rest != "" {
		t.Errorf("%q has %q in it", run.Prefix(), rest)
	}
}
