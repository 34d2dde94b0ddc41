package modules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const link = "https://coder.example.com/external-auth/jfrog"

// An owner who has not linked an account gets the link, in both forms Coder may print it, and no configuration that holds
// it; linking repairs everything with no start in between.
func TestOAuthUnlinked(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		coder := w.withCoder("", time.Time{})
		for state, shown := range map[string]string{"unlinked": link + "?redirect=a%20b", "unlinked_json": link} {
			coder.state(state)
			result := w.run(module.Texts["start"])
			contains(t, "output", result.stdout, "token none: your account at "+clientServer().URL+" is not linked, or has to be linked again: open "+shown+"\n")
			contains(t, "output", result.stdout, "npm none: ")
			for _, path := range w.holding("external-auth/jfrog") {
				if !strings.HasSuffix(path, ".status") && !strings.HasSuffix(path, "/refusal") {
					t.Errorf("%s: the link is in %s", state, path)
				}
			}
			if found := w.holding("_authToken"); len(found) != 1 || !strings.HasSuffix(found[0], "/registry-credential") && !strings.Contains(w.read(w.path(".npmrc")), "registry=") {
				lacks(t, ".npmrc", w.read(w.path(".npmrc")), "_authToken")
			}
			refused := w.try(w.data("bin/registry-goauth"))
			if refused.stdout != "" || refused.code != 0 {
				t.Errorf("Go is told %v", refused)
			}
			contains(t, "message", refused.stderr, "open "+shown)
			if got := w.try(w.data("bin/keyring"), "get", clientServer().URL, "jane"); got.stdout != "" || got.code != 1 {
				t.Errorf("%s: the password is %v", state, got)
			}
		}

		token := tokenOf(t, "jane")
		coder.linked(token, time.Now().Add(time.Hour))
		if err := os.Remove(w.data("secrets/registry/refusal")); err != nil {
			t.Fatal(err)
		}
		refresh := w.run(module.Texts["refresh"])
		contains(t, "output", refresh.stdout, "npm ok: ")
		contains(t, "npm's file", w.read(w.data("secrets/npmrc")), "_authToken="+token)
		contains(t, "pip.conf", w.read(w.path(".config/pip/pip.conf")), "index-url = https://jane@")
		contains(t, "what Go is told", w.call(w.data("bin/registry-goauth")), basic("jane", token))
	})
}

// Coder or the registry is away at the start: a few tries, then a clear status, and the next refresh repairs it.
func TestOAuthErrorThenHealed(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		coder := w.withCoder(tokenOf(t, "jane"), time.Now().Add(time.Hour))
		coder.state("error")
		result := w.tryScript(module.Texts["start"])
		if result.code != 1 {
			t.Errorf("exit %d", result.code)
		}
		contains(t, "output", result.stdout, `token failed: Coder gave no token for "jfrog": error: GET /api/v2/workspaceagents/me/external-auth: unexpected status code 500: refresh token: context canceled`)
		contains(t, "output", result.stdout, "npm none: ")
		if calls := coder.calls(); calls != 3 {
			t.Errorf("coder was called %d times, want 3", calls)
		}
		// Package managers that try again and again do not each call Coder.
		for range 3 {
			w.try(w.data("bin/registry-goauth"))
		}
		if calls := coder.calls(); calls > 1 {
			t.Errorf("coder was called %d times within a moment", calls)
		}
		coder.state("ok")
		if err := os.Remove(w.data("secrets/registry/refusal")); err != nil {
			t.Fatal(err)
		}
		contains(t, "output", w.run(module.Texts["refresh"]).stdout, "npm ok: ")
	})
}

func TestOAuthReasons(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for state, want := range map[string]string{
			"forbidden": `(if the template sets api_key_scope = "no_user_data" on the agent, Coder gives it no token: remove that)`,
			"noise":     `what Coder gave for "jfrog" is no token`,
			"gone":      "the coder command is not here: neither on the PATH nor where it was at the start of the workspace",
			"no agent":  "this process was not started by the Coder agent and has no CODER_AGENT_TOKEN; open a terminal in Coder",
		} {
			w, module := oauthWorkspace(t, shell, "oauth_warn", "jane", "")
			coder := w.withCoder("x", time.Now().Add(time.Hour))
			switch state {
			case "gone":
				if err := os.Remove(filepath.Join(coder.folder, "coder")); err != nil {
					t.Fatal(err)
				}
			case "no agent":
				delete(w.env, "CODER_AGENT_TOKEN")
				coder.state("error")
			default:
				coder.state(state)
			}
			// A refresh asks once, so that nothing has to be waited for.
			result := w.tryScript(module.Texts["refresh"])
			if result.code != 1 {
				t.Errorf("%s: exit %d", state, result.code)
			}
			contains(t, "output", result.stdout, "token failed: ")
			contains(t, "output", result.stdout, want)
			lacks(t, "output", result.stdout, "\033")
			lacks(t, ".npmrc", w.read(w.path(".npmrc")), "_authToken")
		}
	})
}

// Outside of what the agent starts the PATH lacks the command, but the start has noted where it was.
func TestOAuthCoderByItsRecordedPlace(t *testing.T) {
	t.Parallel()
	w, module := oauthWorkspace(t, shells["dash"], "oauth", "jane", "")
	token := tokenOf(t, "jane")
	coder := w.withCoder(token, time.Now().Add(30*time.Second))
	w.run(module.Texts["start"])
	coder.calls()
	w.env["PATH"] = "/usr/bin:/bin"
	contains(t, "what Go is told", w.call(w.data("bin/registry-goauth")), basic("jane", token))
	if calls := coder.calls(); calls != 1 {
		t.Errorf("coder was called %d times", calls)
	}
	w.run(module.Texts["refresh"])
	contains(t, "what Go is told", w.call(w.data("bin/registry-goauth")), basic("jane", token))
}

// Coder before mid-2026 has no --output, and an opaque token does not say when it ends.
func TestOAuthOlderCoderAndOpaqueTokens(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "jane@example.com")
		token := tokenOf(t, "jane@example.com")
		coder := w.withCoder(token, time.Time{})
		coder.state("old")
		contains(t, "output", w.run(module.Texts["start"]).stdout, "token ok: from Coder, as jane@example.com")
		coder.calls()
		w.call(w.data("bin/registry-goauth"))
		if calls := coder.calls(); calls != 0 {
			t.Errorf("the JWT says when it ends, and coder was called %d times", calls)
		}
		coder.linked("cmVmdGtuOjAxOjAwMDAwMDAwMDA6b3BhcXVl", time.Time{})
		contains(t, "output", w.run(module.Texts["start"]).stdout, "token ok: from Coder, as jane@example.com")
		coder.calls()
		contains(t, "what Go is told", w.call(w.data("bin/registry-goauth")), basic("jane@example.com", "cmVmdGtuOjAxOjAwMDAwMDAwMDA6b3BhcXVl"))
		if calls := coder.calls(); calls != 0 {
			t.Errorf("an opaque token is kept for a moment, and coder was called %d times", calls)
		}

		// Nobody knows whose it is: those that need no name go on, and the status says who does.
		w.signIn(module, "jane", "", "", "")
		contains(t, "output", w.run(module.Texts["start"]).stdout, "token note: from Coder; whose it is cannot be told from it")
		contains(t, "what Go is told", w.call(w.data("bin/registry-goauth")), "Authorization: Bearer cmVmdGtu")
	})
}

// Package managers start many processes at once.
func TestOAuthParallelCallsMakeOneFetch(t *testing.T) {
	t.Parallel()
	w, module := oauthWorkspace(t, shells["dash"], "oauth", "jane", "")
	coder := w.withCoder(tokenOf(t, "jane"), time.Now().Add(time.Hour))
	w.run(module.Texts["start"])
	for _, state := range []string{"ok", "unlinked"} {
		coder.state(state)
		if err := os.Remove(w.data("secrets/registry/token")); err != nil {
			t.Fatal(err)
		}
		coder.calls()
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if got := w.try(w.data("bin/registry-goauth")); (got.stdout == "") != (state == "unlinked") {
					t.Errorf("%s: Go is told %v", state, got)
				}
			})
		}
		group.Wait()
		if calls := coder.calls(); calls != 1 {
			t.Errorf("%s: coder was called %d times, want 1", state, calls)
		}
		w.write(".coder-modules/registry-identity/workspace-clients/secrets/registry/token", "", 0o600)
	}
}

// A token with time left is better than none while Coder is away.
func TestOAuthGoesOnWithWhatIsLeft(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		token := tokenOf(t, "jane")
		coder := w.withCoder(token, time.Now().Add(50*time.Second))
		w.run(module.Texts["start"])
		coder.state("error")
		contains(t, "what Go is told", w.call(w.data("bin/registry-goauth")), basic("jane", token))
		contains(t, "status", w.read(w.data("registry.status")), "npm ok: ")
	})
}

func TestOAuthSomebodyElsesAccount(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		bobs := tokenOf(t, "bob")
		admins := fakeJWT(t, map[string]any{"sub": "jfac@1/users/Jane@Example.com", "scp": "applied-permissions/admin api:*", "exp": time.Now().Add(time.Hour).Unix()})
		for token, why := range map[string]string{
			bobs:   `the linked account is "bob", and this workspace is for "jane@example.com": link the right one`,
			admins: "the linked account's token has an administrator's rights",
		} {
			w, module := oauthWorkspace(t, shell, "oauth", "jane", "jane@example.com")
			w.withCoder(token, time.Now().Add(time.Hour))
			result := w.tryScript(module.Texts["start"])
			if result.code != 1 {
				t.Errorf("exit %d", result.code)
			}
			contains(t, "output", result.stdout, "token failed: "+why)
			contains(t, "output", result.stdout, "npm none: ")
			if found := w.holding(forms("bob", token)...); len(found) != 0 {
				t.Errorf("a refused token is in %v", found)
			}
			if got := w.try(w.data("bin/registry-goauth")); got.stdout != "" {
				t.Errorf("Go is told %q", got.stdout)
			}

			warned, module := oauthWorkspace(t, shell, "oauth_warn", "jane", "jane@example.com")
			warned.withCoder(token, time.Now().Add(time.Hour))
			accepted := warned.run(module.Texts["start"])
			contains(t, "output", accepted.stdout, "token note: "+why)
			contains(t, "output", accepted.stdout, "npm ok: ")
		}
		// Registries fold the case of names.
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "Jane@example.com")
		w.withCoder(tokenOf(t, "jane@example.com"), time.Now().Add(time.Hour))
		w.run(module.Texts["start"])
	})
}

// A claimed prebuild or a home volume that is used again: the next owner gets nothing of the last one's, even while they
// have no account of their own.
func TestOAuthTheNextOwner(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for _, purpose := range []string{"start", "refresh"} {
			w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
			token := tokenOf(t, "jane")
			coder := w.withCoder(token, time.Now().Add(time.Hour))
			w.run(module.Texts["start"])
			coder.state("unlinked")
			w.env["CODER_WORKSPACE_OWNER_NAME"] = "bob"
			w.run(module.Texts[purpose])
			if found := w.holding(forms("jane", token)...); len(found) != 0 {
				t.Errorf("%s: bob finds jane's token in %v", purpose, found)
			}
			lacks(t, "pip.conf", w.read(w.path(".config/pip/pip.conf")), "jane")
			if got := w.try(w.data("bin/registry-goauth")); got.stdout != "" {
				t.Errorf("%s: Go is told %q", purpose, got.stdout)
			}
		}
	})
}

// The start may take one network call, which is Coder's, and a bounded number of small programs. No argument has the token.
func TestOAuthCallsAreFewAndCarryNoSecret(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		token := tokenOf(t, "jane")
		coder := w.withCoder(token, time.Now().Add(time.Hour))
		log := w.recordCalls()
		for name, path := range map[string]string{"coder": filepath.Join(coder.folder, "coder"), "sh": "/bin/sh"} {
			if err := os.Symlink(path, filepath.Join(filepath.Dir(log), name)); err != nil {
				t.Fatal(err)
			}
		}
		w.run(module.Texts["start"])
		if calls := coder.calls(); calls != 1 {
			t.Errorf("coder was called %d times", calls)
		}
		calls := w.read(log)
		for _, form := range forms("jane", token) {
			lacks(t, "the arguments of a program", calls, form)
		}
		if count := strings.Count("\n"+calls, "\n> "); shell[0] != "busybox" && (count == 0 || count > 120) {
			t.Errorf("%d programs were started:\n%s", count, calls)
		}
	})
}

// What nobody should be able to write into a configuration file by the name in a token.
func TestOAuthHostileSubjects(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for _, subject := range []string{"a\nindex-url = https://evil.example", "a b", "a'b", `a"b`, "a`touch pwned`", "$(touch pwned)", "a:b", `a\b`, "a#b", "é", "\u202e"} {
			w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
			w.withCoder(tokenOf(t, subject), time.Now().Add(time.Hour))
			result := w.run(module.Texts["start"])
			lacks(t, "pip.conf", w.read(w.path(".config/pip/pip.conf")), "evil")
			// A name that cannot be one is nobody's.
			lacks(t, "pip.conf", w.read(w.path(".config/pip/pip.conf")), "@127.0.0.1")
			lacks(t, "output", result.stdout, "\nindex-url")
			if entries, _ := filepath.Glob(w.path("*pwned*")); len(entries) != 0 {
				t.Errorf("%q was executed", subject)
			}
			if lines := strings.Count(w.read(w.path(".config/pip/pip.conf")), "\n"); lines != 6 {
				t.Errorf("%q: pip.conf has %d lines:\n%s", subject, lines, w.read(w.path(".config/pip/pip.conf")))
			}
		}
	})
}

// pip's own files: ours goes into the one of the two places that is free.
func TestOAuthPipFiles(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		theirs := "[global]\ntimeout = 7\n"
		for name, files := range map[string]struct{ exists, written, said string }{
			"none":   {"", ".config/pip/pip.conf", "pypi ok: "},
			"new":    {".config/pip/pip.conf", ".pip/pip.conf", "pypi ok: "},
			"legacy": {".pip/pip.conf", ".config/pip/pip.conf", "pypi ok: "},
			"both":   {".config/pip/pip.conf .pip/pip.conf", "", "pypi failed: both "},
		} {
			w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
			w.withCoder(tokenOf(t, "jane"), time.Now().Add(time.Hour))
			for _, file := range strings.Fields(files.exists) {
				w.write(file, theirs, 0o644)
			}
			result := w.tryScript(module.Texts["start"])
			contains(t, name, result.stdout, files.said)
			if (result.code != 0) != strings.Contains(files.said, "failed") {
				t.Errorf("%s: exit %d", name, result.code)
			}
			if files.written != "" {
				contains(t, name, w.read(w.path(files.written)), "index-url = https://jane@")
			}
			w.run(module.Texts["stop"])
			for _, file := range strings.Fields(files.exists) {
				if w.read(w.path(file)) != theirs {
					t.Errorf("%s: %s was changed", name, file)
				}
			}
			if files.written != "" && w.read(w.path(files.written)) != "" {
				t.Errorf("%s: %s is left", name, files.written)
			}
		}
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		w.withCoder(tokenOf(t, "jane"), time.Now().Add(time.Hour))
		w.write(".config/pip/pip.conf", "[global]\nindex-url = https://pypi.example.org/simple\n", 0o644)
		contains(t, "output", w.run(module.Texts["start"]).stdout, "sets index-url or extra-index-url, which wins; remove it there")
	})
}

func TestOAuthOtherFronts(t *testing.T) {
	t.Parallel()
	w, module := oauthWorkspace(t, shells["dash"], "oauth", "jane", "")
	token := tokenOf(t, "jane")
	w.withCoder(token, time.Now().Add(time.Hour))
	w.run(module.Texts["start"])
	url := clientServer().URL
	// Ecosystems add fronts as data; here the test does.
	instance := w.data("instances/registry")
	w.write(".coder-modules/registry-identity/workspace-clients/instances/registry",
		w.read(instance)+"front docker-credential-registry docker\nfront registry-bearer bearer\nfront registry-git git\n", 0o600)
	ask := func(input, name string, arguments ...string) outcome {
		t.Helper()
		if err := os.Symlink("registry-credential", w.data("bin/"+name)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
		w.write("input", input, 0o600)
		return w.try(append([]string{"sh", "-c", `exec "$0" "$@" <input`, w.data("bin/" + name)}, arguments...)...)
	}
	host := strings.TrimPrefix(url, "https://")
	for _, server := range []string{host, url, url + "/", "https://" + host + "/v2/"} {
		want := fmt.Sprintf(`{"ServerURL":%q,"Username":"jane","Secret":%q}`+"\n", server, token)
		if got := ask(server+"\n", "docker-credential-registry", "get"); got.stdout != want || got.code != 0 {
			t.Errorf("docker gets %v", got)
		}
	}
	if got := ask("docker.io", "docker-credential-registry", "get"); got.code != 1 || got.stdout != "credentials not found in native keychain\n" {
		t.Errorf("for another registry docker gets %v", got)
	}
	if got := ask("", "docker-credential-registry", "list"); got.stdout != fmt.Sprintf("{%q:\"jane\"}\n", url) {
		t.Errorf("the list is %v", got)
	}
	if got := ask(`{"ServerURL":"x"}`, "docker-credential-registry", "store"); got.code != 1 || !strings.Contains(got.stdout, "no need to log in") {
		t.Errorf("store says %v", got)
	}
	if got := ask(host, "docker-credential-registry", "erase"); got.code != 0 {
		t.Errorf("erase says %v", got)
	}
	if got := ask("", "registry-bearer"); got.stdout != "Bearer "+token+"\n" {
		t.Errorf("pnpm gets %v", got)
	}
	w.env["CARGO_REGISTRY_INDEX_URL"] = "sparse+" + url + "/artifactory/api/cargo/crates/index/"
	if got := ask("", "registry-bearer"); got.stdout != "Bearer "+token+"\n" {
		t.Errorf("cargo gets %v", got)
	}
	w.env["CARGO_REGISTRY_INDEX_URL"] = "sparse+https://crates.example.org/"
	if got := ask("", "registry-bearer"); got.stdout != "" || got.code == 0 {
		t.Errorf("another registry gets %v", got)
	}
	if got := ask("protocol=https\nhost="+host+"\npath=artifactory/api/lfs/x\n\n", "registry-git", "get"); !strings.HasPrefix(got.stdout, "username=jane\npassword="+token+"\npassword_expiry_utc=") {
		t.Errorf("git gets %v", got)
	}
	if got := ask("protocol=https\nhost=github.com\n\n", "registry-git", "get"); got.stdout != "" || got.code != 0 {
		t.Errorf("for another host git gets %v", got)
	}
	if got := ask("", "unknown-name"); got.code != 2 {
		t.Errorf("an unknown name gets %v", got)
	}
}
