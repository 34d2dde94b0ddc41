package modules

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// forms is how a token may be written into a file.
func forms(user, token string) []string {
	return []string{token, base64.StdEncoding.EncodeToString([]byte(token)), base64.StdEncoding.EncodeToString([]byte(user + ":" + token))}
}

func TestSecretsStayInTheirFolder(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane@example.com", janesToken, inAYear)
		result := w.run(module.Texts["start"])
		found := w.holding(forms("jane@example.com", janesToken)...)
		if len(found) == 0 {
			t.Error("the search finds nothing at all")
		}
		for _, path := range found {
			if !strings.HasPrefix(w.path(path), w.data("secrets/")) {
				t.Errorf("the token is in %s", path)
			}
		}
		lacks(t, "output", result.stdout, janesToken)
		w.run(module.Texts["stop"])
		if found := w.holding(forms("jane@example.com", janesToken)...); len(found) != 0 {
			t.Errorf("after the stop the token is in %v", found)
		}
	})
}

func TestTheNextOwnerFindsNothing(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for _, purpose := range []string{"start", "refresh"} {
			w := newWorkspace(t, shell)
			w.signIn(module, "jane", "jane", janesToken, inAYear)
			w.run(module.Texts["start"])
			// What another instance or an earlier version has left counts, too.
			w.write(".coder-modules/registry-identity/workspace-clients/secrets/gone/netrc", janesToken, 0o600)
			w.signIn(module, "bob", "bob", bobsToken, inAYear)
			w.run(module.Texts[purpose])
			if found := w.holding(forms("jane", janesToken)...); len(found) != 0 {
				t.Errorf("%s: bob finds jane's token in %v", purpose, found)
			}
			if found := w.holding(forms("bob", bobsToken)...); len(found) == 0 {
				t.Errorf("%s: bob has no token", purpose)
			}
		}
	})
}

// A template import, a prebuilt workspace and an owner without an account have no token; then it is claimed.
func TestWithoutCredentialsAndClaim(t *testing.T) {
	t.Parallel()
	module := render(t, "hostile")
	all := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		w.signIn(module, "prebuilds", "", "", "")
		result := w.run(module.Texts["start"])
		contains(t, "output", result.stdout, "There are no credentials for "+clientServer().URL)
		contains(t, "output", result.stdout, hostile)
		contains(t, "output", result.stdout, "npm none: ")
		lacks(t, ".npmrc", w.read(w.path(".npmrc")), "_authToken")
		if entries, _ := filepath.Glob(w.path("*pwned*")); len(entries) != 0 {
			t.Error("free text was executed")
		}

		w.signIn(all, "prebuilds", "", "", "")
		w.run(all.Texts["start"])
		for _, path := range []string{"secrets/registry/token"} {
			if _, err := os.Stat(w.data(path)); err == nil {
				t.Errorf("%s exists without a token", path)
			}
		}
		w.signIn(all, "jane", "jane", janesToken, inAYear)
		claimed := w.run(all.Texts["start"])
		contains(t, "output", claimed.stdout, "npm ok: ")
		contains(t, ".npmrc", w.read(w.path(".npmrc")), "_authToken")

		w.signIn(all, "jane", "", "", "")
		w.run(all.Texts["start"])
		if found := w.holding(forms("jane", janesToken)...); len(found) != 0 {
			t.Errorf("without a token the last one is still in %v", found)
		}
	})
}

func TestHostileCredentials(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for _, bad := range []struct{ user, token, variable string }{
			{"jane", "abc\nmachine evil", "WORKSPACE_REGISTRY_TOKEN does not hold a token"},
			{"jane", "$(touch pwned)", "WORKSPACE_REGISTRY_TOKEN does not hold a token"},
			{"jane", "a'b", "WORKSPACE_REGISTRY_TOKEN does not hold a token"},
			{"jane doe", janesToken, "WORKSPACE_REGISTRY_USER does not hold the name"},
			{"jane\npassword x", janesToken, "WORKSPACE_REGISTRY_USER does not hold the name"},
			{"jane:doe", janesToken, "WORKSPACE_REGISTRY_USER does not hold the name"},
			{"`touch pwned`'\"", janesToken, "WORKSPACE_REGISTRY_USER does not hold the name"},
			{"", janesToken, "WORKSPACE_REGISTRY_USER does not hold the name"},
		} {
			w := newWorkspace(t, shell)
			w.signIn(module, "jane", bad.user, bad.token, inAYear)
			result := w.tryScript(module.Texts["start"])
			if result.code != 1 {
				t.Errorf("%q: exit %d", bad.variable, result.code)
			}
			contains(t, "message", result.stderr, bad.variable)
			lacks(t, "output", result.stdout+result.stderr, bad.token)
			if found := w.holding(bad.token); len(found) != 0 {
				t.Errorf("a bad token was written to %v", found)
			}
			if entries, _ := filepath.Glob(w.path("*pwned*")); len(entries) != 0 {
				t.Error("a value was executed")
			}
		}
		for _, user := range []string{"jane+x@example.com", "100%jane", "jané", "o`id`o", "$(id)"} {
			w := newWorkspace(t, shell)
			w.signIn(module, "jane", user, janesToken, inAYear)
			result := w.tryScript(module.Texts["start"])
			if result.code == 0 {
				contains(t, "netrc", w.read(w.data("secrets/netrc")), " login "+user+" password ")
			}
		}
	})
}

// tools is everything the scripts may call; each is replaced by a recorder. That sees every single call, while looking at
// /proc from outside would only see those that last.
var tools = []string{"awk", "base64", "cat", "chmod", "cmp", "cp", "date", "grep", "head", "id", "ls", "ln", "mkdir", "mv", "openssl", "readlink", "rm", "rmdir", "sed", "sleep", "tail", "tr"}

func (w *workspace) recordCalls(leaveOut ...string) (log string) {
	w.t.Helper()
	folder := w.t.TempDir()
	log = filepath.Join(folder, "calls")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		w.t.Fatal(err)
	}
	for _, tool := range tools {
		if slices.Contains(leaveOut, tool) {
			continue
		}
		path, err := exec.LookPath(tool)
		if err != nil {
			missing(w.t, "no "+tool+" on this machine")
		}
		recorder := fmt.Sprintf("#!/bin/sh\nprintf '> %%s\\n' \"%s $*\" >>'%s'\nexec %s \"$@\"\n", tool, log, path)
		if err := os.WriteFile(filepath.Join(folder, tool), []byte(recorder), 0o700); err != nil {
			w.t.Fatal(err)
		}
	}
	shell, err := exec.LookPath(w.shell[0])
	if err != nil {
		w.t.Fatal(err)
	}
	w.shell = append([]string{shell}, w.shell[1:]...)
	w.env["PATH"] = folder
	return log
}

func TestCallsAreFewAndCarryNoSecret(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w := newWorkspace(t, shell)
		log := w.recordCalls()
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.env["PATH"] = filepath.Dir(log)
		result := w.run(module.Texts["start"])
		contains(t, "output", result.stdout, "(npm is not installed here; it finds this once it is)")
		calls := w.read(log)
		for _, form := range forms("jane", janesToken) {
			lacks(t, "the arguments of a program", calls, form)
		}
		// busybox calls its own applets and no program.
		if shell[0] != "busybox" {
			count := strings.Count("\n"+calls, "\n> ")
			if count == 0 || count > 120 {
				t.Errorf("%d programs were started:\n%s", count, calls)
			}
		}
	})
}

// Go then gets the token as Bearer, which needs no encoding.
func TestWithoutBase64(t *testing.T) {
	t.Parallel()
	module := render(t, "all")
	for _, name := range []string{"dash", "bash"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(name); err != nil {
				missing(t, "no "+name+" on this machine")
			}
			w := newWorkspace(t, shells[name])
			log := w.recordCalls("base64", "openssl")
			w.signIn(module, "jane", "jane", janesToken, inAYear)
			w.env["PATH"] = filepath.Dir(log)
			w.run(module.Texts["start"])
			contains(t, "what Go is told", w.call(w.data("bin/registry-goauth")), "\n\nAuthorization: Bearer "+janesToken)
		})
	}
}
