package modules

import (
	"maps"
	"os"
	"strings"
	"testing"
	"time"
)

// TestCondaFile compares the file that conda reads, since no registry of packages that tests can install from has conda.
func TestCondaFile(t *testing.T) {
	t.Parallel()
	for _, variant := range []string{"artifactory", "artifactory_oauth"} {
		module := render(t, variant)
		w := newWorkspace(t, shells["dash"])
		token := janesToken + "+/="
		address := registries["artifactory"]().URL
		if variant == "artifactory" {
			w.signIn(module, "jane", "jane+x@example.com", token, inAYear)
		} else {
			w.signIn(module, "jane", "jane+x@example.com", "", "")
			w.withCoder(token, time.Now().Add(time.Hour))
			address = strings.Replace(address, "://", "://jane%2Bx%40example.com:"+
				strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(token)+"@", 1)
		}
		w.write(".condarc", "channels:\n  - mine\n", 0o644)
		w.tryScript(module.Texts["start"])
		golden, err := os.ReadFile("testdata/conda.yml")
		if err != nil {
			t.Fatal(err)
		}
		want := strings.NewReplacer("ADDRESS", address, "HOME", w.home).Replace(string(golden))
		file := w.path(".conda/condarc.d/registry-registry.yml")
		if got := w.read(file); got != want {
			t.Errorf("%s: the file is\n%s\nwant\n%s", variant, got, want)
		}
		if got := w.read(w.path(".condarc")); got != "channels:\n  - mine\n" {
			t.Errorf("the user's own file is %q", got)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info, err)
		}
		if variant == "artifactory" {
			contains(t, "netrc", w.read(w.data("secrets/netrc")), "machine 127.0.0.1 login jane+x@example.com password "+token)
		}
	}
}

// TestUsersFilesOfMoreEcosystems is about files that cannot take a block: the user's stay, and the status says what is missing.
func TestUsersFilesOfMoreEcosystems(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		module := render(t, "artifactory")
		files := map[string]string{
			".m2/settings.xml": "<settings/>\n", ".docker/config.json": "{\"auths\": {}}\n", ".cargo/config.toml": "[net]\nretry = 1\n",
			".pypirc": "[distutils]\n", ".yarnrc.yml": "enableTelemetry: false\n", ".config/pypoetry/auth.toml": "[http-basic.mine]\n",
		}
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane", janesToken, inAYear)
		w.onPath()
		for name, content := range files {
			w.write(name, content, 0o644)
		}
		result := w.tryScript(module.Texts["start"])
		if result.code != 0 {
			t.Errorf("exit %d: %s", result.code, result.stderr)
		}
		for _, line := range []string{"maven note: skipped", "docker note: skipped", "cargo note: registries cargo-private by environment"} {
			contains(t, "output", result.stdout, "  "+line)
		}
		for _, text := range []string{"start", "refresh", "stop"} {
			w.tryScript(module.Texts[text])
			for name, content := range files {
				if got := w.read(w.path(name)); got != content {
					t.Errorf("after %s %s is %q", text, name, got)
				}
			}
		}
	})
}

// TestMoreEcosystemsAreWrittenOnceAndRemoved looks at a home without any file of the user's.
func TestMoreEcosystemsAreWrittenOnceAndRemoved(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Helper()
		module := render(t, "artifact_keeper")
		w := newWorkspace(t, shell)
		w.signIn(module, "jane", "jane", bobsToken, inAYear)
		w.onPath()
		first := w.run(module.Texts["start"])
		before := w.tree()
		for _, line := range []string{"cargo ok: ", "conda ok: ", "docker ok: ", "maven ok: "} {
			contains(t, "output", first.stdout, "  "+line)
		}
		if again := w.run(module.Texts["start"]); again != first {
			t.Errorf("the second start says something else:\n%v\n%v", first, again)
		}
		if refresh := w.run(module.Texts["refresh"]); refresh.stdout != "" {
			t.Errorf("a refresh with nothing to do should be silent: %s", refresh.stdout)
		}
		if !maps.Equal(before, w.tree()) {
			t.Errorf("the second run changed something:\n%v\n%v", before, w.tree())
		}
		for _, path := range w.holding(forms("jane", bobsToken)...) {
			if !strings.HasPrefix(w.path(path), w.data("secrets/")) {
				t.Errorf("the token is in %s", path)
			}
		}
		w.run(module.Texts["stop"])
		for path := range w.tree() {
			if info, err := os.Lstat(w.path(path)); err == nil && !info.IsDir() {
				t.Errorf("stop left %s", path)
			}
		}
	})
}
