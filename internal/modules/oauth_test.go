package modules

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// oauthWorkspace is a workspace of the OAuth variant: nothing secret comes by environment.
func oauthWorkspace(t *testing.T, shell []string, fixture, owner, user string) (*workspace, rendered) {
	t.Helper()
	module := render(t, fixture)
	w := newWorkspace(t, shell)
	w.signIn(module, owner, user, "", "")
	return w, module
}

func TestOAuthFirstStart(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		token := tokenOf(t, "jane+x@example.com")
		coder := w.withCoder(token, time.Now().Add(time.Hour))
		result := w.run(module.Texts["start"])
		for _, line := range []string{"npm ok: ", "go ok: ", "pypi ok: ", "token ok: from Coder, as jane+x@example.com"} {
			contains(t, "output", result.stdout, "  "+line)
		}
		if calls := coder.calls(); calls != 1 {
			t.Errorf("coder was called %d times at the start, want 1", calls)
		}
		lacks(t, ".npmrc", w.read(w.path(".npmrc")), "_authToken")
		url := clientServer().URL
		contains(t, "npm's file", w.read(w.data("secrets/npmrc")), strings.TrimPrefix(url, "https:")+"/artifactory/api/npm/npm-virtual/:_authToken="+token+"\n")
		contains(t, "pip.conf", w.read(w.path(".config/pip/pip.conf")), "index-url = https://jane%2Bx%40example.com@"+strings.TrimPrefix(url, "https://"))
		found := w.holding(forms("jane+x@example.com", token)...)
		if len(found) == 0 {
			t.Error("the token is nowhere")
		}
		for _, path := range found {
			if !strings.HasPrefix(w.path(path), w.data("secrets/")) {
				t.Errorf("the token is in %s", path)
			}
		}

		before := w.tree()
		if refresh := w.run(module.Texts["refresh"]); refresh.stdout != "" {
			t.Errorf("a refresh with nothing to do should be silent: %s", refresh.stdout)
		}
		if again := w.run(module.Texts["start"]); again != result {
			t.Errorf("the second start says something else:\n%v\n%v", result, again)
		}
		if !maps.Equal(before, w.tree()) {
			t.Errorf("the second run changed something:\n%v\n%v", before, w.tree())
		}
		w.run(module.Texts["stop"])
		for path := range w.tree() {
			if strings.Contains(path, "coder-modules") || strings.Contains(path, "npmrc") || strings.Contains(path, "pip.conf") {
				t.Errorf("stop left %s", path)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(w.env["CODER_SCRIPT_BIN_DIR"], "*")); len(left) != 0 {
			t.Errorf("stop left %v on the PATH", left)
		}
	})
}

func TestOAuthFronts(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		token := tokenOf(t, "jane")
		coder := w.withCoder(token, time.Now().Add(time.Hour))
		w.run(module.Texts["start"])
		url := clientServer().URL
		host := strings.TrimPrefix(url, "https://")
		// Whichever shell /bin/sh is, the program has to run under this one.
		ask := func(name string, arguments ...string) outcome {
			t.Helper()
			link := w.data("bin/" + name)
			text := w.read(link)
			return w.try(append(append(shell, text, link), arguments...)...)
		}
		if got, want := ask("registry-goauth").stdout, url+"/artifactory/api/go/go-virtual\n"+url+"\n\nAuthorization: "+basic("jane", token)+"\n\n"; got != want {
			t.Errorf("Go is told %q, want %q", got, want)
		}
		for address, want := range map[string]string{
			url + "/artifactory/api/pypi/pypi-virtual/simple": token + "\n",
			// Pip's and uv's second try, which they make for http, too.
			host:                                     "",
			strings.Replace(url, "https", "http", 1): "",
			url + ".evil.example":                    "",
			"https://jane@" + host + "/artifactory/../other": "",
			"https://packages.example.org/simple":            "",
		} {
			if got := ask("keyring", "get", address, "jane").stdout; got != want {
				t.Errorf("the password for %s is %q, want %q", address, got, want)
			}
		}
		if got := ask("keyring", "get", url, "bob").stdout; got != "" {
			t.Errorf("bob gets jane's token: %q", got)
		}
		if got := ask("keyring", "--mode", "creds", "get", url).stdout; got != "jane\n"+token+"\n" {
			t.Errorf("credentials are %q", got)
		}
		if calls := coder.calls(); calls != 1 {
			t.Errorf("coder was called %d times, want 1", calls)
		}

		// A token that the registry turned down is fetched anew, once.
		renewed := fakeJWT(t, map[string]any{"sub": "jane", "exp": time.Now().Add(2 * time.Hour).Unix()})
		coder.linked(renewed, time.Now().Add(2*time.Hour))
		if got := ask("registry-goauth", url).stdout; !strings.Contains(got, basic("jane", renewed)) {
			t.Errorf("after a refusal Go is told %q", got)
		}
		again := ask("registry-goauth", url)
		if again.stdout != "" || again.code != 0 {
			t.Errorf("with nothing better Go is told %v", again)
		}
		contains(t, "message", again.stderr, "turned the token down, and Coder has no other; registry-doctor looks into it")
	})
}

// A real keyring keeps working for everything else.
func TestOAuthRealKeyring(t *testing.T) {
	t.Parallel()
	w, module := oauthWorkspace(t, shells["dash"], "oauth", "jane", "")
	w.withCoder(tokenOf(t, "jane"), time.Now().Add(time.Hour))
	w.run(module.Texts["start"])
	w.write("their/bin/keyring", "#!/bin/sh\necho \"theirs: $*\"\n", 0o755)
	if err := os.Chmod(w.path("their/bin/keyring"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.env["PATH"] += ":" + w.path("their/bin")
	keyring := filepath.Join(w.env["CODER_SCRIPT_BIN_DIR"], "keyring")
	for _, arguments := range [][]string{{"get", "https://packages.example.org/simple", "me"}, {"set", "system", "me"}, {"--list-backends"}, {"get", clientServer().URL, "bob"}} {
		if got, want := w.call(append([]string{keyring}, arguments...)...), "theirs: "+strings.Join(arguments, " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
