package modules

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactory"
)

// liveRegistry is an embedded Artifactory for what a stand-in cannot show: tokens that expire, and are revoked. It lives as
// long as the tests, because its address is part of every script. alice may read everything that a workspace installs from.
var liveRegistry = sync.OnceValue(func() *devregistry.Server {
	folder, err := os.MkdirTemp("", "modules-live")
	if err != nil {
		panic(err)
	}
	server, err := devregistry.Start(context.Background(), devregistry.Options{
		Dialect: devregistry.Artifactory, StateDir: folder, Control: true, Artifactory: artifactory.DefaultSettings(),
	})
	if err != nil {
		panic(err)
	}
	target := map[string]any{"include_patterns": []string{"**"}}
	live(server, http.MethodPost, "/access/api/v2/permissions", map[string]any{
		"name": "workspaces", "resources": map[string]any{"artifact": map[string]any{
			"actions": map[string]any{"users": map[string]any{"alice": []string{"READ"}}},
			"targets": map[string]any{"npm-private": target, "go-private": target, "pypi-private": target},
		}},
	})
	return server
})

// live sends an administrator's request.
func live(server *devregistry.Server, method, path string, body any) []byte {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(server.CAPEM)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	content, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	request, err := http.NewRequestWithContext(context.Background(), method, server.URL+path, bytes.NewReader(content))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+server.AdminToken)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		panic(fmt.Sprintf("%s %s: %s %s %v", method, path, response.Status, answer, err))
	}
	return answer
}

// mint gives a user's token and its id, as Coder would get it by OAuth.
func mint(t *testing.T, user string, lifetime time.Duration) (token, id string) {
	t.Helper()
	var minted struct {
		AccessToken string `json:"access_token"`
		TokenID     string `json:"token_id"`
	}
	answer := live(liveRegistry(), http.MethodPost, "/access/api/v1/tokens", map[string]any{
		"username": user, "scope": "applied-permissions/user", "expires_in": int(lifetime.Seconds()), "force_revocable": true,
	})
	if err := json.Unmarshal(answer, &minted); err != nil {
		t.Fatal(err)
	}
	return minted.AccessToken, minted.TokenID
}

// installs gives a command per package manager that really installs a private package, each time into a place of its own.
func (w *workspace) installs(round string) map[string]func() outcome {
	into := w.path("round-" + round)
	if err := os.Mkdir(into, 0o755); err != nil {
		w.t.Fatal(err)
	}
	return map[string]func() outcome{
		"npm": func() outcome {
			return w.try("npm", "install", "--no-audit", "--no-fund", "--prefix", into+"/npm", "--cache", into+"/npm-cache", "@acme/hello@1.1.0")
		},
		"go": func() outcome {
			return w.try("env", "GOFLAGS=-modcacherw", "GOTOOLCHAIN=local", "GOMODCACHE="+into+"/mod", "GOBIN="+into+"/bin",
				"go", "mod", "download", "example.com/acme/hello@v1.1.0")
		},
		"pip": func() outcome {
			return w.try("python3", "-m", "pip", "install", "--no-input", "--no-cache-dir", "--no-deps", "--disable-pip-version-check", "--target", into+"/pip", "acme-hello==1.1.0")
		},
	}
}

// The promise of the OAuth variant: the token ends while the workspace runs, and those who ask at each use do not notice. npm
// reads a file, and is right again after the next refresh.
func TestInstallsGoOnAfterTheTokenHasExpired(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"npm", "go", "python3"} {
		needClient(t, client)
	}
	w, module := oauthWorkspace(t, shells["dash"], "live", "alice", "alice")
	// It ends within a minute by the workspace's clock, so that it is never kept; the registry's clock is moved by the test.
	soon := func() time.Time { return time.Now().Add(50 * time.Second) }
	first, _ := mint(t, "alice", 2*time.Minute)
	coder := w.withCoder(first, soon())
	w.run(module.Texts["start"])
	for name, install := range w.installs("first") {
		if got := install(); got.code != 0 {
			t.Fatalf("%s: exit %d\n%s%s", name, got.code, got.stdout, got.stderr)
		}
	}

	liveRegistry().Store.Advance(5 * time.Minute)
	for name, install := range w.installs("expired") {
		if got := install(); got.code == 0 {
			t.Fatalf("%s is let in with an expired token, so this test would prove nothing", name)
		}
	}
	second, _ := mint(t, "alice", 2*time.Minute)
	coder.linked(second, soon())
	installs := w.installs("renewed")
	for _, name := range []string{"go", "pip"} {
		if got := installs[name](); got.code != 0 {
			t.Errorf("%s: exit %d\n%s%s", name, got.code, got.stdout, got.stderr)
		}
	}
	w.run(module.Texts["refresh"])
	if got := installs["npm"](); got.code != 0 {
		t.Errorf("npm: exit %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	for _, path := range []string{"npm/node_modules/@acme/hello/package.json", "mod/example.com/acme/hello@v1.1.0/go.mod", "pip/acme_hello/__init__.py"} {
		if _, err := os.Stat(w.path("round-renewed/" + path)); err != nil {
			t.Error(err)
		}
	}
	for _, token := range []string{first, second} {
		for _, path := range w.holding(forms("alice", token)...) {
			if !strings.HasPrefix(w.path(path), w.data("secrets/")) {
				t.Errorf("a token is in %s", path)
			}
		}
	}
}

// registry-doctor tells the reasons of a 401 apart.
func TestDoctor(t *testing.T) {
	t.Parallel()
	needClient(t, "curl")
	inAnHour := func() time.Time { return time.Now().Add(time.Hour) }
	doctor := func(w *workspace, code int, wanted ...string) {
		t.Helper()
		got := w.try(filepath.Join(w.env["CODER_SCRIPT_BIN_DIR"], "registry-doctor"))
		if got.code != code {
			t.Errorf("exit %d, want %d\n%s%s", got.code, code, got.stdout, got.stderr)
		}
		for _, text := range wanted {
			contains(t, "the doctor", got.stdout, text)
		}
	}
	token, id := mint(t, "alice", 7*24*time.Hour)
	w, module := oauthWorkspace(t, shells["dash"], "live", "alice", "")
	coder := w.withCoder(token, inAnHour())
	w.run(module.Texts["start"])
	doctor(w, 0, "ok: the token is alice's and comes from Coder; it ends at ", "ok: the registry accepts the token",
		"ok: npm: "+liveRegistry().URL, "ok: pypi: ", "Nothing is wrong here")

	lacks(t, "the doctor", w.call(filepath.Join(w.env["CODER_SCRIPT_BIN_DIR"], "registry-doctor")), token)

	path := w.env["PATH"]
	log := w.recordCalls()
	if err := os.Symlink("/bin/sh", filepath.Join(filepath.Dir(log), "sh")); err != nil {
		t.Fatal(err)
	}
	doctor(w, 0, "note: the registry was not asked, since this image has no curl")
	w.env["PATH"] = path

	live(liveRegistry(), http.MethodDelete, "/access/api/v1/tokens/"+id, nil)
	doctor(w, 1, "bad: the registry turns the token down although it has not expired: it was revoked, its account is disabled or gone")

	nobody, _ := mint(t, "bob", 7*24*time.Hour)
	coder.linked(nobody, inAnHour())
	w.run(module.Texts["start"])
	doctor(w, 1, "ok: the registry accepts the token", "bad: pypi: bob may not read ")

	coder.state("unlinked")
	w.run(module.Texts["start"])
	doctor(w, 1, "bad: your account at "+liveRegistry().URL+" is not linked, or has to be linked again: open "+link)

	expired := fakeJWT(t, map[string]any{"sub": "alice", "exp": time.Now().Add(-time.Hour).Unix()})
	coder.linked(expired, time.Now().Add(-time.Hour))
	w.run(module.Texts["start"])
	doctor(w, 1, "bad: the token is alice's and comes from Coder; it expired at ", "bad: the registry turns the token down: it has expired, or it was revoked")

	coder.linked(token, inAnHour())
	w.run(module.Texts["start"])
	if err := os.Remove(w.data("ca-bundle.pem")); err != nil {
		t.Fatal(err)
	}
	trust := w.env["SSL_CERT_DIR"]
	delete(w.env, "SSL_CERT_DIR") // curl takes either
	doctor(w, 1, "bad: the registry's certificate is not trusted here: give the module its authority (ca_certificate)")
	w.env["SSL_CERT_DIR"] = trust

	colleague, module := oauthWorkspace(t, shells["dash"], "live", "alice", "alice@example.com")
	colleague.withCoder(nobody, inAnHour())
	colleague.tryScript(module.Texts["start"])
	doctor(colleague, 1, `bad: the linked account is "bob", and this workspace is for "alice@example.com"`)

	dead, module := oauthWorkspace(t, shells["dash"], "oauth", "alice", "")
	dead.withCoder(token, inAnHour())
	dead.run(module.Texts["start"])
	instance := dead.data("instances/registry")
	dead.write(".coder-modules/registry-identity/workspace-clients/instances/registry", strings.ReplaceAll(dead.read(instance), clientServer().URL, "http://127.0.0.1:1"), 0o600)
	doctor(dead, 1, "note: plain http: the token crosses the network in the clear, and go sends none at all", "bad: the registry cannot be reached: nobody answers")
}

// The token variant has the doctor, too, and its token does not come back.
func TestDoctorOfTheTokenVariant(t *testing.T) {
	t.Parallel()
	needClient(t, "curl")
	module := render(t, "live_env")
	token, _ := mint(t, "alice", 7*24*time.Hour)
	w := newWorkspace(t, shells["dash"])
	w.signIn(module, "alice", "alice", token, inAYear)
	w.run(module.Texts["start"])
	contains(t, "the doctor", w.call(w.data("bin/registry-doctor")), "ok: the registry accepts the token")
	w.signIn(module, "alice", "alice", token, "2020-01-01T00:00:00Z")
	w.run(module.Texts["start"])
	got := w.try(w.data("bin/registry-doctor"))
	contains(t, "the doctor", got.stdout, "bad: the token for "+liveRegistry().URL+" has expired; stop and start this workspace to get a new one")
	w.signIn(module, "alice", "", "", "")
	w.run(module.Texts["start"])
	contains(t, "the doctor", w.try(w.data("bin/registry-doctor")).stdout, "bad: there are no credentials for ")
}
