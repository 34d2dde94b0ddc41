package modules

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

// The real clients of this file work against whole registries, one of each dialect, as a user of their own per test who may
// read the private repositories. Their addresses are part of every script, so they live as long as the tests.
var registries = map[string]func() *devregistry.Server{
	"artifactory":     sync.OnceValue(func() *devregistry.Server { return mustStart(devregistry.Artifactory) }),
	"artifact_keeper": sync.OnceValue(func() *devregistry.Server { return mustStart(devregistry.ArtifactKeeper) }),
}

func mustStart(dialect devregistry.Dialect) *devregistry.Server {
	server, err := devregistry.Start(context.Background(), devregistry.Options{Dialect: dialect})
	if err != nil {
		panic(err)
	}
	return server
}

// privateRepositories are one per ecosystem.
var privateRepositories = map[string]any{
	"cargo": "cargo-private", "conda": "conda-private", "docker": "docker-private", "go": "go-private", "maven": "maven-private",
	"npm": "npm-private", "pypi": "pypi-private",
}

func registryFixture(name string, more map[string]any) map[string]any {
	server := registries[name]()
	fixture := map[string]any{
		"registry_type": name, "registry_url": server.URL, "ca_certificate": string(server.CAPEM),
		"package_managers": privateRepositories,
	}
	for key, value := range more {
		fixture[key] = value
	}
	return fixture
}

// person is a user of a registry with a token.
type person struct {
	t      *testing.T
	server *devregistry.Server
	name   string
	token  string
	revoke func()
}

// newPerson makes a user who may read every private repository.
func newPerson(t *testing.T, server *devregistry.Server, name string) *person {
	t.Helper()
	p := &person{t: t, server: server, name: name}
	user := map[string]any{"username": name, "email": name + "@example.com", "password": "Quiet-Harbor-42"}
	if server.Dialect == devregistry.Artifactory {
		p.call("POST", "/access/api/v2/users", user)
		targets := map[string]any{}
		for _, key := range privateRepositories {
			targets[key.(string)] = map[string]any{"include_patterns": []string{"**"}}
		}
		p.call("POST", "/access/api/v2/permissions", map[string]any{"name": name, "resources": map[string]any{"artifact": map[string]any{
			"actions": map[string]any{"users": map[string]any{name: []string{"READ"}}}, "targets": targets,
		}}})
		token := p.call("POST", "/access/api/v1/tokens", map[string]any{"username": name, "expires_in": 86400})
		p.token = token["access_token"].(string)
		p.revoke = func() { p.call("DELETE", "/access/api/v1/tokens/"+token["token_id"].(string), nil) }
		return p
	}
	id := p.call("POST", "/api/v1/users", user)["user"].(map[string]any)["id"].(string)
	for _, key := range privateRepositories {
		p.call("POST", "/api/v1/permissions", map[string]any{
			"principal_type": "user", "principal_id": id, "target_type": "repository", "actions": []string{"read"},
			"target_id": p.call("GET", "/api/v1/repositories/"+key.(string), nil)["id"],
		})
	}
	token := p.call("POST", "/api/v1/users/"+id+"/tokens", map[string]any{
		"name": "workspace", "scopes": []string{"read:artifacts"}, "expires_in_days": 1,
	})
	p.token = token["token"].(string)
	p.revoke = func() { p.call("DELETE", "/api/v1/users/"+id+"/tokens/"+token["id"].(string), nil) }
	return p
}

// call sends a request as the administrator.
func (p *person) call(method, path string, body any) map[string]any {
	p.t.Helper()
	answer := live(p.server, method, path, body)
	decoded := map[string]any{}
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &decoded); err != nil {
			p.t.Fatal(err)
		}
	}
	return decoded
}

// came counts the requests of a person that a repository answered well.
func (p *person) came(repository string) int {
	count := 0
	for _, entry := range p.server.Log.Entries() {
		if entry.Repository == repository && entry.User == p.name && entry.Status < 300 {
			count++
		}
	}
	return count
}

// ecosystem is how a test plays one client.
type ecosystem struct {
	client     string
	repository string
	// prepare makes a project in the workspace; install has to succeed and print what it installed.
	prepare func(w *workspace)
	install []string
	prints  string
	// fresh forgets what the client keeps of an earlier install.
	fresh []string
	// without names a variant that the client cannot do, as the module's README says.
	without string
}

// eachVariant plays a client in both dialects with a token from the environment, and on Artifactory, which alone has OAuth,
// with one from Coder. Each time it installs as the user of the workspace, and is refused once the token is revoked.
func eachVariant(t *testing.T, e ecosystem) {
	t.Helper()
	needClient(t, e.client)
	for variant, dialect := range map[string]string{
		"artifactory": "artifactory", "artifact_keeper": "artifact_keeper", "artifactory_oauth": "artifactory",
	} {
		if variant == e.without {
			continue
		}
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			needClient(t, "dash")
			module := render(t, variant)
			server := registries[dialect]()
			p := newPerson(t, server, strings.ReplaceAll(strings.ToLower(e.client+"-"+variant), "_", "-"))
			w := newWorkspace(t, shells["dash"])
			if strings.HasSuffix(variant, "_oauth") {
				w.signIn(module, "jane", p.name, "", "")
				w.withCoder(p.token, time.Now().Add(time.Hour))
			} else {
				w.signIn(module, "jane", p.name, p.token, inAYear)
				w.onPath()
			}
			w.tryScript(module.Texts["start"])
			w.toolHomes()
			e.prepare(w)
			contains(t, e.client, w.call(e.install...), e.prints)
			if p.came(e.repository) == 0 {
				t.Errorf("%s never came to %s", p.name, e.repository)
			}
			p.revoke()
			if len(e.fresh) > 0 {
				w.call(e.fresh...)
			}
			if result := w.try(e.install...); result.code == 0 {
				t.Errorf("%v succeeds with a revoked token: %s", e.install, result.stdout)
			}
		})
	}
}

// onPath has the folder that the agent puts on the PATH for programs of scripts.
func (w *workspace) onPath() {
	w.t.Helper()
	bin := w.path("script-bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		w.t.Fatal(err)
	}
	w.env["CODER_SCRIPT_BIN_DIR"] = bin
	w.env["PATH"] = bin + ":" + w.env["PATH"]
}

// toolHomes is where a cargo of rustup's looks for its compiler, which the workspace's home does not have.
func (w *workspace) toolHomes() {
	if user, err := os.UserHomeDir(); err == nil {
		w.env["RUSTUP_HOME"] = filepath.Join(user, ".rustup")
	}
}
