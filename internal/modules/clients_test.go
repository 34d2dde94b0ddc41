package modules

import (
	"encoding/base64"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// needClient skips when a package manager is not installed.
func needClient(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		missing(t, "no "+name+" on this machine")
	}
}

// call runs a package manager in a workspace and gives what it prints.
func (w *workspace) call(command ...string) string {
	w.t.Helper()
	result := w.try(command...)
	if result.code != 0 {
		w.t.Fatalf("%v: exit %d\n%s\n%s", command, result.code, result.stdout, result.stderr)
	}
	return strings.TrimSpace(result.stdout)
}

// onlyAs checks that the server saw requests for a path, and all with this header.
func onlyAs(t *testing.T, path, header string) {
	t.Helper()
	got := slices.Compact(slices.Clone(credentialsFor(path)))
	if !slices.Equal(got, []string{header}) {
		t.Errorf("%s was asked for with %q, want %q", path, got, header)
	}
}

func started(t *testing.T, fixture, user, token string) *workspace {
	t.Helper()
	module := render(t, fixture)
	needClient(t, "dash")
	w := newWorkspace(t, shells["dash"])
	w.signIn(module, "jane", user, token, inAYear)
	w.run(module.Texts["start"])
	return w
}

func TestNpmIsSignedIn(t *testing.T) {
	t.Parallel()
	needClient(t, "npm")
	w := started(t, "all", "jane", janesToken)
	url := clientServer().URL
	if got := w.call("npm", "config", "get", "registry"); got != url+"/artifactory/api/npm/npm-virtual/" {
		t.Errorf("registry is %s", got)
	}
	if got := w.call("npm", "config", "get", "@acme:registry"); got != url+"/artifactory/api/npm/npm-private/" {
		t.Errorf("@acme:registry is %s", got)
	}
	if got := w.call("npm", "view", "@acme/hello", "version"); got != "1.2.3" {
		t.Errorf("version is %s", got)
	}
	onlyAs(t, "/artifactory/api/npm/npm-private/@acme/hello", "Bearer "+janesToken)
	result := w.try("npm", "view", "@acme/hello", "version")
	lacks(t, "npm", result.stderr, "npm warn")
}

func TestGoIsSignedIn(t *testing.T) {
	t.Parallel()
	needClient(t, "go")
	w := started(t, "all", "jane@example.com", janesToken)
	w.env["GOFLAGS"] = "-modcacherw"
	w.env["GOTOOLCHAIN"] = "local"
	if got := w.call("go", "env", "GOPROXY"); got != clientServer().URL+"/artifactory/api/go/go-virtual,off" {
		t.Errorf("GOPROXY is %s", got)
	}
	if got := w.call("go", "list", "-m", "-versions", "example.com/hello"); got != "example.com/hello v1.2.3" {
		t.Errorf("versions are %s", got)
	}
	onlyAs(t, "/artifactory/api/go/go-virtual/example.com/hello/@v/list", basic("jane@example.com", janesToken))

	// A process that the agent did not start has no NETRC; the helper alone is enough, over a stale entry of the user's.
	delete(w.env, "NETRC")
	host := strings.TrimPrefix(clientServer().URL, "https://")
	w.write(".netrc", "machine "+host+" login old password stale\n", 0o600)
	w.call("go", "list", "-m", "-versions", "example.com/hello")
	onlyAs(t, "/artifactory/api/go/go-virtual/example.com/hello/@v/list", basic("jane@example.com", janesToken))
}

// Go before 1.24 knows no helper; without one today's Go takes the same way.
func TestGoIsSignedInByNetrc(t *testing.T) {
	t.Parallel()
	needClient(t, "go")
	w := started(t, "keeper", "jane", bobsToken)
	w.env["GOAUTH"] = "netrc"
	w.env["GOFLAGS"] = "-modcacherw"
	w.env["GOTOOLCHAIN"] = "local"
	w.call("go", "list", "-m", "-versions", "example.com/hello")
	onlyAs(t, "/go/go-virtual/example.com/hello/@v/list", basic("__token__", bobsToken))
}

func TestHomeWithABlank(t *testing.T) {
	t.Parallel()
	needClient(t, "go")
	module := render(t, "all")
	w := newWorkspace(t, shells["dash"])
	w.home = w.path("jane doe")
	if err := os.Mkdir(w.home, 0o755); err != nil {
		t.Fatal(err)
	}
	w.env["HOME"] = w.home
	w.signIn(module, "jane", "blank", janesToken, inAYear)
	w.run(module.Texts["start"])
	delete(w.env, "NETRC")
	w.env["GOFLAGS"] = "-modcacherw"
	w.call("go", "list", "-m", "-versions", "example.com/blank")
	onlyAs(t, "/artifactory/api/go/go-virtual/example.com/blank/@v/list", basic("blank", janesToken))
}

func TestPipIsSignedIn(t *testing.T) {
	t.Parallel()
	needClient(t, "python3")
	for fixture, want := range map[string]struct{ index, path, header string }{
		"all":    {"/artifactory/api/pypi/pypi-virtual/simple", "/artifactory/api/pypi/pypi-virtual/simple/hello/", basic("jane@example.com", janesToken)},
		"keeper": {"/pypi/pypi-virtual/simple/", "/pypi/pypi-virtual/simple/hello/", basic("__token__", janesToken)},
	} {
		w := started(t, fixture, "jane@example.com", janesToken)
		// A stale entry of the user's for the same host does not win, and neither does their own index.
		w.write(".netrc", "machine 127.0.0.1 login old password stale\n", 0o600)
		w.write(".config/pip/pip.conf", "[global]\nindex-url = https://pypi.invalid/simple\ntimeout = 7\n", 0o644)
		w.run(render(t, fixture).Texts["refresh"])
		settings := w.call("python3", "-m", "pip", "config", "list")
		contains(t, "pip config list", settings, "index-url='"+clientServer().URL+want.index+"'")
		contains(t, "pip config list", settings, "timeout='7'")
		lacks(t, "pip config list", settings, janesToken)
		contains(t, "pip", w.call("python3", "-m", "pip", "index", "versions", "hello", "--disable-pip-version-check"), "1.2.3")
		onlyAs(t, want.path, want.header)
	}
}

func TestPipWithSeveralIndexesOverPlainHTTP(t *testing.T) {
	t.Parallel()
	needClient(t, "python3")
	w := started(t, "extra", "jane", janesToken)
	settings := w.call("python3", "-m", "pip", "config", "list")
	contains(t, "pip config list", settings, "extra-index-url='http://127.0.0.1:8081/artifactory/api/pypi/pypi-b/simple'")
	contains(t, "pip config list", settings, "trusted-host='127.0.0.1:8081'")
}
