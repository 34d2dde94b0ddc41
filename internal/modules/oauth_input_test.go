package modules

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What people have in their home is theirs: it stays as it is while we are there and after we are gone.
func TestOAuthUserFilesArePreserved(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		w.withCoder(tokenOf(t, "jane"), time.Now().Add(time.Hour))
		w.write("dotfiles/npmrc", "registry=https://registry.npm.example/\n//npm.example.org/:_authToken=$HOME`id`\n", 0o640)
		if err := os.Symlink("dotfiles/npmrc", w.path(".npmrc")); err != nil {
			t.Fatal(err)
		}
		w.write(".netrc", "machine example.org login me password mine\n", 0o600)
		w.write(".config/go/env", "GOFLAGS=-mod=mod\n", 0o644)
		w.write(".config/pip/pip.conf", "[global]\ntimeout = 7\n", 0o644)
		before := w.tree()
		w.run(module.Texts["start"])
		w.run(module.Texts["refresh"])
		contains(t, ".npmrc", w.read(w.path(".npmrc")), "registry=https://registry.npm.example/\n//npm.example.org/:_authToken=$HOME`id`\n# >>> package registry")
		for _, path := range []string{"/.npmrc", "/.netrc", "/.config/pip/pip.conf"} {
			if during := w.tree(); before[path] != during[path] {
				t.Errorf("%s was %q and is %q", path, before[path], during[path])
			}
		}
		w.run(module.Texts["stop"])
		after := w.tree()
		// pip's other place needed a folder.
		delete(after, "/.pip")
		if !maps.Equal(before, after) {
			t.Errorf("stop left something behind:\n%v\n%v", before, after)
		}
	})
}

// Names that registries allow and URLs do not.
func TestOAuthUserNamesAreEncoded(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		for name, encoded := range map[string]string{"jane@example.com": "jane%40example.com", "jane+x": "jane%2Bx", "100%jane": "100%25jane", "a?b&c=d": "a%3Fb%26c%3Dd", "a/b": "a%2Fb"} {
			w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
			token := fakeJWT(t, map[string]any{"sub": name, "exp": time.Now().Add(time.Hour).Unix()})
			w.withCoder(token, time.Now().Add(time.Hour))
			w.run(module.Texts["start"])
			contains(t, "pip.conf", w.read(w.path(".config/pip/pip.conf")), "index-url = https://"+encoded+"@127.0.0.1")
			contains(t, "what Go is told", w.call(w.data("bin/registry-goauth")), basic(name, token))
			if got := w.call(w.data("bin/keyring"), "get", clientServer().URL, name); got != token {
				t.Errorf("%s: the password is %q", name, got)
			}
		}
	})
}

// Below a path the neighbours on the same host get nothing.
func TestOAuthContextPath(t *testing.T) {
	t.Parallel()
	w, module := oauthWorkspace(t, shells["dash"], "oauth_context", "jane", "")
	token := tokenOf(t, "jane")
	w.withCoder(token, time.Now().Add(time.Hour))
	w.run(module.Texts["start"])
	url := clientServer().URL
	if got := w.call(w.data("bin/registry-goauth")); !strings.HasPrefix(got, url+"/tools/artifactory/api/go/go-virtual\n") {
		t.Errorf("Go is told %q", got)
	}
	lacks(t, "what Go is told", w.call(w.data("bin/registry-goauth")), url+"\n")
	for address, want := range map[string]string{
		url: "",
		url + "/tools/artifactory/api/pypi/pypi-virtual/simple": token,
		url + "/tools":                            token,
		url + "/toolshed/simple":                  "",
		url + "/artifactory/api/pypi/x/simple":    "",
		url + "/tools/../other":                   "",
		url + "/tools/%2e%2E/other":               "",
		"https://jane:x@evil.example/#" + url[8:]: "",
	} {
		if got := strings.TrimSpace(w.try(w.data("bin/keyring"), "get", address, "jane").stdout); got != want {
			t.Errorf("the password for %s is %q, want %q", address, got, want)
		}
	}
	needClient(t, "npm")
	if got := w.call("npm", "view", "@acme/hello", "version"); got != "1.2.3" {
		t.Errorf("npm sees %s", got)
	}
	onlyAs(t, "/tools/artifactory/api/npm/npm-virtual/@acme/hello", "Bearer "+token)
	needClient(t, "go")
	w.env["GOFLAGS"], w.env["GOTOOLCHAIN"] = "-modcacherw", "local"
	w.call("go", "list", "-m", "-versions", "example.com/hello")
	onlyAs(t, "/tools/artifactory/api/go/go-virtual/example.com/hello/@v/list", basic("jane", token))
}

// Two instances share the credential program and npm's file, and each keeps what is its own.
func TestOAuthTwoInstances(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		token := tokenOf(t, "jane")
		w.withCoder(token, time.Now().Add(time.Hour))
		w.run(module.Texts["start"])
		alone := w.tree()
		second := render(t, "oauth_second")
		w.run(second.Texts["start"])
		credentials := w.read(w.data("secrets/npmrc"))
		address := strings.TrimPrefix(clientServer().URL, "https:")
		for _, path := range []string{"/artifactory/api/npm/npm-virtual/", "/second/artifactory/api/npm/npm-private/"} {
			contains(t, "npm's file", credentials, address+path+":_authToken="+token)
		}
		for _, doctor := range []string{"registry-doctor", "second-doctor"} {
			if _, err := os.Stat(filepath.Join(w.env["CODER_SCRIPT_BIN_DIR"], doctor)); err != nil {
				t.Error(err)
			}
		}
		w.run(second.Texts["stop"])
		if after := w.tree(); !maps.Equal(alone, after) {
			t.Errorf("the second instance left something behind:\n%v\n%v", alone, after)
		}
		if got := w.call(w.data("bin/keyring"), "get", clientServer().URL, "jane"); got != token {
			t.Errorf("the first instance's keyring says %q", got)
		}
	})
}

// npm's own global file has no effect any more once a variable names ours, so its settings come along.
func TestOAuthGlobalNpmSettingsStay(t *testing.T) {
	t.Parallel()
	needClient(t, "npm")
	w, module := oauthWorkspace(t, shells["dash"], "oauth", "jane", "")
	token := tokenOf(t, "jane")
	w.withCoder(token, time.Now().Add(time.Hour))
	w.write("prefix/etc/npmrc", "fetch-retries=7", 0o644)
	w.env["PREFIX"] = w.path("prefix")
	w.run(module.Texts["start"])
	if got := w.call("npm", "config", "get", "fetch-retries"); got != "7" {
		t.Errorf("fetch-retries is %s", got)
	}
	lacks(t, "npm config list", w.call("npm", "config", "list"), token)
	if got := w.call("npm", "view", "@acme/own-global", "version"); got != "1.2.3" {
		t.Errorf("npm sees %s", got)
	}
	result := w.try("npm", "view", "@acme/own-global", "version")
	lacks(t, "npm", result.stderr, "npm warn")
}

// The user's own credentials win in npm, so old ones have to be pointed at.
func TestOAuthStaleNpmToken(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		w.withCoder(tokenOf(t, "jane"), time.Now().Add(time.Hour))
		w.write(".npmrc", strings.TrimPrefix(clientServer().URL, "https:")+"/artifactory/api/npm/npm-virtual/:_authToken=stale\n", 0o600)
		contains(t, "output", w.run(module.Texts["start"]).stdout, "that file has credentials of its own for "+clientServer().URL+"/artifactory/api/npm/npm-virtual/, which win")
	})
}

// Without a folder on the PATH that we may use, pip cannot find its keyring, and the status says so.
func TestOAuthWithoutAPlaceOnThePath(t *testing.T) {
	t.Parallel()
	w, module := oauthWorkspace(t, shells["dash"], "oauth", "jane", "")
	w.withCoder(tokenOf(t, "jane"), time.Now().Add(time.Hour))
	delete(w.env, "CODER_SCRIPT_BIN_DIR")
	contains(t, "output", w.run(module.Texts["start"]).stdout, "pip will not find the keyring command of "+w.data("bin")+"; put that folder on the PATH")
	w.env["PATH"] = w.data("bin") + ":" + w.env["PATH"]
	contains(t, "output", w.run(module.Texts["start"]).stdout, "pypi ok: ")
}

func TestOAuthModeIsRepaired(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		w, module := oauthWorkspace(t, shell, "oauth", "jane", "")
		w.withCoder(tokenOf(t, "jane"), time.Now().Add(time.Hour))
		w.run(module.Texts["start"])
		for path, description := range w.tree() {
			if strings.HasPrefix(path, "/.coder-modules") && !strings.HasPrefix(description, "L") && description[4:10] != "------" {
				t.Errorf("%s is open to others: %s", path, description)
			}
		}
		before := w.tree()
		for path, mode := range map[string]os.FileMode{"secrets": 0o755, "secrets/npmrc": 0o644, "secrets/registry": 0o755, "bin/registry-credential": 0o755} {
			if err := os.Chmod(w.data(path), mode); err != nil {
				t.Fatal(err)
			}
		}
		w.run(module.Texts["refresh"])
		if after := w.tree(); !maps.Equal(before, after) {
			t.Errorf("not as before:\n%v\n%v", before, after)
		}
	})
}
