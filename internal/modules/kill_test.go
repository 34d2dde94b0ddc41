package modules

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// killer stands before every program that a script calls. It counts the calls, and before a given one it kills the script with all
// that the script has started, as a container that is thrown away does.
type killer struct {
	w      *workspace
	folder string
}

// gate is what each program is replaced by. The numbers are taken by making files, so that two ends of a pipe get two of them.
const gate = `#!/bin/sh
n=1
[ ! -r '@FOLDER@/hint' ] || read -r n <'@FOLDER@/hint'
set -C
while ! command : >"@FOLDER@/calls/$n"; do n=$((n + 1)); done 2>/dev/null
echo $((n + 1)) >|'@FOLDER@/hint'
read -r at <'@FOLDER@/at'
case $at in
"$n") kill -9 0 ;;
0) @CP@ -a "$HOME" "@FOLDER@/seen/$n" 2>/dev/null ;;
esac
exec @REAL@ "$@"
`

func newKiller(t *testing.T, w *workspace) *killer {
	t.Helper()
	k := &killer{w: w, folder: t.TempDir()}
	if err := os.Mkdir(filepath.Join(k.folder, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	busybox := w.shell[0] == "busybox"
	for _, tool := range append([]string{"sh"}, tools...) {
		program, err := exec.LookPath(tool)
		if err != nil {
			missing(t, "no "+tool+" on this machine")
		}
		if busybox && tool != "openssl" {
			program = "busybox " + tool
		}
		cp, err := exec.LookPath("cp")
		if err != nil {
			missing(t, "no cp on this machine")
		}
		text := strings.NewReplacer("@FOLDER@", k.folder, "@REAL@", program, "@CP@", cp).Replace(gate)
		if err := os.WriteFile(filepath.Join(k.folder, "bin", tool), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// run runs a script and kills it before its call number at, or lets it end when that is -1. At 0 it keeps the home as it was before
// each call.
func (k *killer) run(t *testing.T, text string, at int) (calls int) {
	t.Helper()
	for _, name := range []string{"calls", "seen", "hint"} {
		if err := os.RemoveAll(filepath.Join(k.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"calls", "seen"} {
		if err := os.Mkdir(filepath.Join(k.folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(k.folder, "at"), []byte(strconv.Itoa(at)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k.w.shell[0] == "busybox" {
		// It would call its own applets, whatever the PATH says, but a function comes before them.
		var functions strings.Builder
		for _, tool := range append([]string{"sh"}, tools...) {
			fmt.Fprintf(&functions, "%s() { '%s' \"$@\"; }\n", tool, filepath.Join(k.folder, "bin", tool))
		}
		text = functions.String() + text
	}
	argv := append(slices.Clone(k.w.shell), text)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = k.w.home
	for _, name := range slices.Sorted(maps.Keys(k.w.env)) {
		if name != "PATH" {
			cmd.Env = append(cmd.Env, name+"="+k.w.env[name])
		}
	}
	cmd.Env = append(cmd.Env, "PATH="+filepath.Join(k.folder, "bin")+":"+k.w.env["PATH"])
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err := cmd.Run()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() != (at > 0) {
		t.Fatalf("killed before call %d: %v", at, err)
	}
	entries, err := os.ReadDir(filepath.Join(k.folder, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// points are the calls before which the home is another one than before the call ahead of it, so that a kill at every call
// leaves one of these homes.
func (k *killer) points(t *testing.T, text string) (points []int, calls int) {
	t.Helper()
	calls = k.run(t, text, 0)
	var before map[string]string
	for n := 1; n <= calls; n++ {
		seen := workspace{t: t, home: filepath.Join(k.folder, "seen", strconv.Itoa(n))}
		if tree := seen.tree(); !maps.Equal(before, tree) {
			points, before = append(points, n), tree
		}
	}
	return points, calls
}

// copyOf copies a folder as it is.
func copyOf(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// putBack makes a folder the home. It is gone afterwards.
func (w *workspace) putBack(folder string) {
	w.t.Helper()
	if err := os.RemoveAll(w.home); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(folder, w.home); err != nil {
		w.t.Fatal(err)
	}
}

// ownSecret is what jane has written into her .npmrc herself. It stays there, and copies of it do not.
const ownSecret = "npm_secret-of-jane-s-own"

// leftovers are the files that have one of the secrets, and copies of .npmrc.
func (w *workspace) leftovers(secrets []string) (found []string) {
	w.t.Helper()
	err := filepath.WalkDir(w.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content := w.read(path)
		if slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(content, secret) }) ||
			(strings.Contains(content, ownSecret) && path != w.path(".npmrc")) {
			found = append(found, strings.TrimPrefix(path, w.home))
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// killed is a run of one of jane's scripts that is killed at many points.
type killed struct {
	*workspace
	module         rendered
	purpose        string
	oauth          bool
	first, renewed string
	coder          *coder
	janes          map[string]string
	// What was found, by the call before which the kill was.
	byNext, byStop map[int][]string
}

func newKilled(t *testing.T, shell, fixture, purpose string) *killed {
	t.Helper()
	k := &killed{
		workspace: newWorkspace(t, shells[shell]), module: render(t, fixture), purpose: purpose, oauth: strings.HasSuffix(fixture, "oauth"),
		first: tokenOf(t, "jane"), renewed: fakeJWT(t, map[string]any{"sub": "jane", "exp": time.Now().Add(2 * time.Hour).Unix(), "n": 2}),
		byNext: map[int][]string{}, byStop: map[int][]string{},
	}
	k.coder = k.withCoder("", time.Now())
	k.env["CODER_SCRIPT_BIN_DIR"] = k.path("script-bin")
	if err := os.Mkdir(k.path("script-bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	k.write(".npmrc", "//npm.example.org/:_authToken="+ownSecret+"\n", 0o600)
	k.handOut(k.first, 5*time.Minute)
	if purpose != "start" {
		k.run(k.module.Texts["start"])
		// Then a refresh has all to write anew.
		k.handOut(k.renewed, 2*time.Hour)
	}
	k.janes = maps.Clone(k.env)
	return k
}

func (k *killed) handOut(token string, lifetime time.Duration) {
	k.coder.linked(token, time.Now().Add(lifetime))
	if k.oauth {
		token = ""
	}
	k.signIn(k.module, "jane", "jane", token, inAYear)
}

func (k *killed) secrets() []string {
	return append(forms("jane", k.first), forms("jane", k.renewed)...)
}

// look lets the stop script run on the home that a kill left, and, apart from that, the next owner's start script.
func (k *killed) look(t *testing.T, at int, next rendered) {
	t.Helper()
	before := filepath.Join(t.TempDir(), "home")
	copyOf(t, k.home, before)
	k.tryScript(k.module.Texts["stop"])
	if found := k.leftovers(k.secrets()); len(found) > 0 {
		k.byStop[at] = found
	}
	k.putBack(before)
	k.coder.state("unlinked")
	k.env = map[string]string{"HOME": k.home, "PATH": k.janes["PATH"], "CODER_SCRIPT_BIN_DIR": k.janes["CODER_SCRIPT_BIN_DIR"]}
	k.signIn(next, "bob", "bob", bobsToken, inAYear)
	k.tryScript(next.Texts["start"])
	if found := k.leftovers(k.secrets()); len(found) > 0 {
		k.byNext[at] = found
	}
}

// A workspace ends when its container is thrown away, whatever runs there. The next owner, whose template may have renamed the
// instance, finds nothing; and neither does anybody after the stop script.
func TestKilledAnywhereLeavesNoSecret(t *testing.T) {
	t.Parallel()
	second := render(t, "second")
	for _, run := range []struct {
		shell, fixture string
		// Every so many-th point, where the same scripts run once more.
		every int
	}{{"dash", "artifactory", 1}, {"dash", "artifactory_oauth", 12}, {"busybox", "artifactory", 24}, {"bash", "artifactory", 24}} {
		for _, purpose := range []string{"start", "refresh", "stop"} {
			t.Run(run.fixture+"/"+run.shell+"/"+purpose, func(t *testing.T) {
				t.Parallel()
				if _, err := exec.LookPath(run.shell); err != nil {
					missing(t, "no "+run.shell+" on this machine")
				}
				k := newKilled(t, run.shell, run.fixture, purpose)
				start := filepath.Join(t.TempDir(), "home")
				copyOf(t, k.home, start)
				killer := newKiller(t, k.workspace)
				points, calls := killer.points(t, k.module.Texts[purpose])
				done, held := 0, 0
				for i, at := range points {
					if i%run.every != 0 && i != len(points)-1 {
						continue
					}
					copyOf(t, start, start+"-again")
					k.putBack(start + "-again")
					k.env = maps.Clone(k.janes)
					k.coder.state("ok")
					killer.run(t, k.module.Texts[purpose], at)
					done++
					// Where there is no secret none can be left.
					if len(k.leftovers(k.secrets())) == 0 {
						continue
					}
					held++
					next := second
					if i%6 == 0 {
						next = k.module
					}
					k.look(t, at, next)
				}
				t.Logf("%d calls make %d different homes; killed at %d of them, %d of which had a secret; secrets were left for the next owner at %d, by the stop at %d",
					calls, len(points), done, held, len(k.byNext), len(k.byStop))
				if len(k.byNext)+len(k.byStop) > 0 {
					t.Errorf("the next owner finds %v\nafter the stop there is %v", k.byNext, k.byStop)
				}
				if held == 0 {
					t.Error("no home had a secret in it, so the test shows nothing")
				}
			})
		}
	}
}
