package connect_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/connect"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

func detect(c *connect.Config) { c.Type = "" }

// TestDetection: it is found without a credential, in one request, once per process.
func TestDetection(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		for i := range 3 {
			r := e.open(t, detect)
			if string(r.Server.Type) != string(e.server.Dialect) || r.Server.URL != e.server.URL {
				t.Errorf("%+v", r.Server)
			}
			e.budget(t, "detection", map[int]int{0: 1}[i])
		}
		for _, entry := range e.server.Log.Entries() {
			if entry.User != "" {
				t.Errorf("detection showed its credential: %+v", entry)
			}
		}
	})
}

func TestConfiguredTypeMakesNoRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		e.open(t)
		if seen := e.requests(); len(seen) != 0 {
			t.Errorf("%q", seen)
		}
	})
}

// TestDetectionWithAPassword: there is no token whose shape could hint at the type.
func TestDetectionWithAPassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		r := e.open(t, detect, func(c *connect.Config) {
			c.Credential = transport.Credential{Username: "admin", Password: registry.NewSecret("Admin-Passw0rd")}
		})
		e.budget(t, "detection", 2)
		if u, err := r.Users.FindByUsername(t.Context(), "alice"); err != nil || u.Username != "alice" {
			t.Errorf("%+v %v", u, err)
		}
	})
}

func TestDetectionUnderGuards(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]artifactkeeper.Options{
		"setup lock": {SetupLock: true}, "no guests": {GuestAccessOff: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &env{server: devregistrytest.Start(t, devregistry.ArtifactKeeper, func(o *devregistry.Options) { o.ArtifactKeeper = options })}
			if r := e.open(t, detect); r.Server.Type != registry.ArtifactKeeper {
				t.Errorf("%+v", r.Server)
			}
		})
	}
}

func TestWrongTypeIsNamed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		other := registry.ArtifactKeeper
		if e.keeper {
			other = registry.Artifactory
		}
		r := e.open(t, func(c *connect.Config) { c.Type = other })
		_, err := r.Users.FindByUsername(t.Context(), "alice")
		wantKind(t, err, registry.KindWrongEndpoint)
		if title := registry.Type(e.server.Dialect).Title(); !strings.Contains(err.Error(), title) || !strings.Contains(err.Error(), "`type`") {
			t.Error(err)
		}
	})
}

// serverOf answers some paths and 404 to the rest.
func serverOf(t *testing.T, answers map[string]http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, ok := answers[r.URL.Path]; ok {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func says(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		if len(header) == 2 {
			w.Header().Set(header[0], header[1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestDetectionByOtherSigns(t *testing.T) {
	t.Parallel()
	const refusal = `{"errors":[{"status":401,"message":"Anonymous access is off"}]}`
	const accessRefusal = `{"errors":[{"code":"UNAUTHORIZED","message":"no token"}]}`
	ping, access := "/artifactory/api/system/ping", "/access/api/v1/system/ping"
	for name, tc := range map[string]struct {
		answers map[string]http.HandlerFunc
		want    registry.Type
		kind    registry.Kind
	}{
		"anonymous ping refused":      {map[string]http.HandlerFunc{ping: says(401, "application/json", refusal)}, registry.Artifactory, 0},
		"only access answers":         {map[string]http.HandlerFunc{access: says(401, "application/json", accessRefusal)}, registry.Artifactory, 0},
		"a header tells":              {map[string]http.HandlerFunc{ping: says(403, "text/html", "<html>", "X-Artifactory-Id", "1")}, registry.Artifactory, 0},
		"only the challenge tells":    {map[string]http.HandlerFunc{"/v2/": says(401, "application/json", "{}", "Www-Authenticate", `Bearer realm="x",service="artifact-keeper"`)}, registry.ArtifactKeeper, 0},
		"another docker registry":     {map[string]http.HandlerFunc{"/v2/": says(401, "application/json", "{}", "Www-Authenticate", `Bearer realm="x",service="other"`)}, "", registry.KindWrongEndpoint},
		"a page for everything":       {map[string]http.HandlerFunc{"/api/v1/setup/status": says(200, "text/html", "<html>"), ping: says(200, "text/html", "OK")}, "", registry.KindWrongEndpoint},
		"some other API":              {map[string]http.HandlerFunc{"/api/v1/setup/status": says(200, "application/json", `{"setup_required":"no"}`)}, "", registry.KindWrongEndpoint},
		"not ready":                   {map[string]http.HandlerFunc{ping: says(503, "text/html", "<html>"), "/api/v1/setup/status": says(503, "text/plain", "x")}, "", registry.KindUnavailable},
		"both, and the token decides": {map[string]http.HandlerFunc{ping: says(200, "text/plain", "OK"), "/api/v1/setup/status": says(200, "application/json", `{"setup_required":false}`)}, registry.ArtifactKeeper, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connection, err := connect.New(connect.Config{Config: transport.Config{
				BaseURL: serverOf(t, tc.answers).URL, AllowPlainHTTP: true,
				Credential: transport.Credential{AccessToken: registry.NewSecret("0a1b2c3d_0123456789abcdef0123456789abcdef")},
			}})
			if err != nil {
				t.Fatal(err)
			}
			r, err := connection.Open(t.Context())
			if tc.want == "" {
				wantKind(t, err, tc.kind)
				return
			}
			if err != nil || r.Server.Type != tc.want {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
}

// TestConcurrentDetection: many resources open at once; one asks, and one that gives up does not fail the others.
func TestConcurrentDetection(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	entered, release := make(chan struct{}), make(chan struct{})
	server := serverOf(t, map[string]http.HandlerFunc{"/api/v1/setup/status": func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			close(entered)
		}
		<-release
		says(200, "application/json", `{"setup_required":false}`)(w, r)
	}})
	connection, err := connect.New(connect.Config{Config: transport.Config{BaseURL: server.URL}})
	if err != nil {
		t.Fatal(err)
	}
	first, giveUp := context.WithCancel(t.Context())
	results := make(chan error, 11)
	go func() { _, err := connection.Open(first); results <- err }()
	<-entered
	var started sync.WaitGroup
	for range 10 {
		started.Add(1)
		go func() {
			started.Done()
			_, err := connection.Open(t.Context())
			results <- err
		}()
	}
	started.Wait()
	giveUp()
	start := time.Now()
	if err := <-results; !errors.Is(err, context.Canceled) || time.Since(start) > time.Second {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
	close(release)
	for range 10 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	for _, cfg := range []connect.Config{
		{Type: "nexus", Config: transport.Config{BaseURL: "https://h"}},
		{Config: transport.Config{BaseURL: "h"}},
	} {
		_, err := connect.New(cfg)
		wantKind(t, err, registry.KindInvalid)
	}
}

func TestServerIsDown(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	connection, err := connect.New(connect.Config{Config: transport.Config{BaseURL: server.URL}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = connection.Open(t.Context())
	wantKind(t, err, registry.KindUnavailable)
	if !registry.IsUnreachable(err) {
		t.Error("the server could not be asked")
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		version := must(e.System.Version(t.Context()))(t)
		id := must(e.System.ServiceID(t.Context()))(t)
		if strings.Count(version, ".") != 2 || (id == "") != e.keeper {
			t.Errorf("version %q, service %q", version, id)
		}
	})
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		r := must(e.Repositories.Get(ctx, "pypi-private"))(t)
		path := map[bool]string{false: "/artifactory/api/pypi/pypi-private", true: "/pypi/pypi-private"}[e.keeper]
		if r.Key != "pypi-private" || r.PackageType != "pypi" || r.Kind != "local" || r.URL != e.server.URL+path || r.ID == "" {
			t.Errorf("%+v", r)
		}
		_, err := e.Repositories.Get(ctx, "no-such-repository")
		wantKind(t, err, registry.KindNotFound)
		key := func(r registry.Repository) string { return r.Key }
		all := names(t, e.Repositories.List(ctx, registry.RepositoryFilter{}), key)
		npm := names(t, e.Repositories.List(ctx, registry.RepositoryFilter{PackageType: "npm", Kind: "local"}), key)
		if len(all) < 5 || len(npm) != 3 || !slices.Contains(npm, "npm-secret") {
			t.Errorf("all %q, npm %q", all, npm)
		}
	})
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		bad := e.open(t, func(c *connect.Config) { c.Credential.AccessToken = registry.NewSecret("canary-no-token") })
		_, err := bad.Users.FindByUsername(t.Context(), "alice")
		wantKind(t, err, registry.KindUnauthorized)
		if strings.Contains(err.Error(), "canary") {
			t.Error(err)
		}
		spec := e.tokenSpec(t, "alice", "not an administrator")
		minted := must(e.Tokens.Mint(t.Context(), spec))(t)
		alice := e.open(t, func(c *connect.Config) { c.Credential.AccessToken = minted.AccessToken })
		_, err = alice.Users.Create(t.Context(), registry.UserSpec{Username: "x", Email: "x@example.com", Enabled: true})
		wantKind(t, err, registry.KindForbidden)
	})
}
