package modules

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	janesToken = "eyJ0eXAi.c2VjcmV0LW9mLWphbmU.sig-_1"
	bobsToken  = "cmVmdGtuOnNlY3JldC1vZi1ib2I"
)

// shells are what /bin/sh may be. The agent passes the text as an argument, and so do we.
var shells = map[string][]string{
	"dash":    {"dash", "-c"},
	"busybox": {"busybox", "sh", "-c"},
	"bash":    {"bash", "-c"},
}

// eachShell runs a test once per shell, in parallel.
func eachShell(t *testing.T, test func(t *testing.T, shell []string)) {
	t.Helper()
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(shell[0]); err != nil {
				missing(t, "no "+shell[0]+" on this machine")
			}
			test(t, shell)
		})
	}
}

// workspace is a throw-away home with an agent's environment.
type workspace struct {
	t     *testing.T
	shell []string
	home  string
	env   map[string]string
	uid   uint32
}

func newWorkspace(t *testing.T, shell []string) *workspace {
	t.Helper()
	home := t.TempDir()
	// Another user shall be able to come here, too.
	for _, folder := range []string{home, filepath.Dir(home)} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return &workspace{t: t, shell: shell, home: home, env: map[string]string{"HOME": home, "PATH": os.Getenv("PATH")}}
}

// signIn gives the environment what coder_env gives it.
func (w *workspace) signIn(module rendered, owner, user, token, expires string) {
	w.env["CODER_WORKSPACE_OWNER_NAME"] = owner
	w.env[module.Names["user"]] = user
	w.env[module.Names["token"]] = token
	w.env[module.Names["expires_at"]] = expires
	for name, value := range module.Variables {
		w.env[name] = strings.ReplaceAll(value, "$HOME", w.home)
	}
}

type outcome struct {
	code   int
	stdout string
	stderr string
}

// try runs a script, or any command, as the agent would.
func (w *workspace) try(command ...string) outcome {
	w.t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = w.home
	cmd.Env = []string{}
	for _, name := range slices.Sorted(maps.Keys(w.env)) {
		cmd.Env = append(cmd.Env, name+"="+w.env[name])
	}
	if w.uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: w.uid, Gid: w.uid}}
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout = &stdout
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatalf("%s: %v", command[0], err)
	}
	return outcome{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

func (w *workspace) tryScript(text string) outcome {
	w.t.Helper()
	return w.try(append(slices.Clone(w.shell), text)...)
}

// run expects success and silence on standard error.
func (w *workspace) run(text string) outcome {
	w.t.Helper()
	result := w.tryScript(text)
	if result.code != 0 || result.stderr != "" {
		w.t.Fatalf("exit %d\nstdout: %s\nstderr: %s", result.code, result.stdout, result.stderr)
	}
	return result
}

func (w *workspace) path(name string) string { return filepath.Join(w.home, name) }

func (w *workspace) data(name string) string {
	return w.path(filepath.Join(".coder-modules/registry-identity/workspace-clients", name))
}

func (w *workspace) write(name, content string, mode fs.FileMode) {
	w.t.Helper()
	path := w.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		w.t.Fatal(err)
	}
}

// read gives a file's content, or nothing when there is no such file.
func (w *workspace) read(path string) string {
	w.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Fatal(err)
	}
	return string(content)
}

// tree describes every file of the home: mode, and link target or digest.
func (w *workspace) tree() map[string]string {
	w.t.Helper()
	tree := map[string]string{}
	err := filepath.WalkDir(w.home, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		description := info.Mode().String()
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			description += " " + target
		case info.Mode().IsRegular():
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			digest := sha256.Sum256(content)
			description += " " + hex.EncodeToString(digest[:8])
		}
		tree[strings.TrimPrefix(path, w.home)] = description
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return tree
}

// holding lists the files that contain any of the texts.
func (w *workspace) holding(texts ...string) []string {
	w.t.Helper()
	var found []string
	for name := range w.tree() {
		path := filepath.Join(w.home, name)
		// What a link leads to is in the home itself.
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		content := w.read(path)
		for _, text := range texts {
			if strings.Contains(content, text) && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	slices.Sort(found)
	return found
}

func contains(t *testing.T, where, text, wanted string) {
	t.Helper()
	if !strings.Contains(text, wanted) {
		t.Errorf("%s lacks %q:\n%s", where, wanted, text)
	}
}

func lacks(t *testing.T, where, text, unwanted string) {
	t.Helper()
	if strings.Contains(text, unwanted) {
		t.Errorf("%s has %q:\n%s", where, unwanted, text)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func mustRun(t *testing.T, command ...string) {
	t.Helper()
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", command, err, out)
	}
}

// until waits for a condition.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	for !condition() {
		select {
		case <-t.Context().Done():
			t.Fatal("the test ended before the condition held")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// asNobody lets a workspace's scripts run without root's rights, where the test has them: root can open every folder.
func asNobody(t *testing.T, w *workspace) uint32 {
	t.Helper()
	if os.Getuid() != 0 {
		return 0
	}
	if err := os.Chown(w.home, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	return 65534
}

// giveTo makes all of the home the user's who runs the scripts.
func giveTo(t *testing.T, w *workspace) {
	t.Helper()
	if w.uid != 0 {
		mustRun(t, "chown", "-hR", fmt.Sprint(w.uid), w.home)
	}
}

// outside describes what a link leads to, with its mode.
func outside(w *workspace) string {
	description := ""
	for name, what := range w.tree() {
		if strings.HasPrefix(name, "/outside") {
			description += name + " " + what + "\n"
		}
	}
	lines := strings.Split(description, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func lookPath(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		missing(t, "no "+program+" on this machine")
	}
	return path
}
