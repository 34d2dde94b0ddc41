package modules

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// hold puts a lock into the workspace.
func (w *workspace) hold(holder string) {
	w.t.Helper()
	w.write(".coder-modules/registry-identity/workspace-clients/lock/holder", holder+"\n", 0o600)
}

// startTime reads what the script reads of a process.
func startTime(t *testing.T, pid int) string {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		missing(t, "no /proc on this machine")
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.Fields(rest)[19]
}

func TestLockOfALivingRun(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.hold(fmt.Sprintf("%d %s", os.Getpid(), startTime(t, os.Getpid())))
		before := w.tree()
		// A refresh leaves it to the one that is at work.
		w.run(module.Texts["refresh"])
		after := w.tree()
		delete(after, "/.coder-modules/registry-identity/workspace-clients/secrets")
		if !maps.Equal(before, after) {
			t.Errorf("the refresh did not respect the lock:\n%v\n%v", before, after)
		}
	})
}

func TestLockOfADeadRun(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for _, holder := range []string{
			fmt.Sprintf("%d 1", dead.Process.Pid),
			// The number came again for another process, as it does in a new container.
			fmt.Sprintf("%d 1", os.Getpid()),
		} {
			w := newWorkspace(t, shell)
			w.signIn(module, "jane", "jane", janesToken, inAYear)
			w.hold(holder)
			w.run(module.Texts["refresh"])
			contains(t, "status", w.read(w.data("registry.status")), "npm ok: ")
			if _, err := os.Stat(w.data("lock")); err == nil {
				t.Error("the lock stays")
			}
		}
	})
}

func TestRunsAtTheSameTime(t *testing.T) {
	t.Parallel()
	all, second := render(t, "all"), render(t, "second")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(all, "jane", "jane", janesToken, inAYear)
		w.signIn(second, "jane", "jane", bobsToken, inAYear)
		var group sync.WaitGroup
		for _, text := range []string{all.Texts["start"], second.Texts["start"], all.Texts["refresh"], all.Texts["start"]} {
			group.Go(func() {
				if result := w.tryScript(text); result.code != 0 || result.stderr != "" {
					t.Errorf("exit %d: %s", result.code, result.stderr)
				}
			})
		}
		group.Wait()
		npmrc := w.read(w.path(".npmrc"))
		for _, line := range []string{"# >>> package registry registry >>>", "# >>> package registry second >>>", "\n@second:registry=", "\n@acme:registry="} {
			if strings.Count(npmrc, line) != 1 {
				t.Errorf(".npmrc should have %q once:\n%s", line, npmrc)
			}
		}
		for path := range w.tree() {
			if strings.Contains(path, ".new.") || strings.Contains(path, "/lock") {
				t.Errorf("%s was left behind", path)
			}
		}
	})
}

func TestTwoInstances(t *testing.T) {
	t.Parallel()
	all, second, rival := render(t, "all"), render(t, "second"), render(t, "rival")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(all, "jane", "jane", janesToken, inAYear)
		w.run(all.Texts["start"])
		alone := w.tree()

		w.signIn(second, "jane", "jane-two", bobsToken, inAYear)
		w.run(second.Texts["start"])
		contains(t, ".npmrc", w.read(w.path(".npmrc")), ":_authToken=${WORKSPACE_SECOND_TOKEN}")
		w.run(second.Texts["stop"])
		if after := w.tree(); !maps.Equal(alone, after) {
			t.Errorf("the second instance left something behind:\n%v\n%v", alone, after)
		}

		w.signIn(rival, "jane", "jane", bobsToken, inAYear)
		result := w.tryScript(rival.Texts["start"])
		if result.code != 1 {
			t.Errorf("two instances that want the same: exit %d", result.code)
		}
		for _, line := range []string{"npm failed", "go failed"} {
			contains(t, "output", result.stdout, line+": the module instance \"registry\" already sets ")
		}
		w.run(rival.Texts["stop"])
		if after := w.tree(); !maps.Equal(alone, after) {
			t.Errorf("the rival left something behind:\n%v\n%v", alone, after)
		}
	})
}
