package connect_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/connect"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// env is an embedded registry, a connection to it and a count of what is sent.
type env struct {
	*registry.Registry

	server *devregistry.Server
	keeper bool

	mu   sync.Mutex
	seen []string
}

// each runs a test against both registries.
func each(t *testing.T, test func(t *testing.T, e *env)) {
	t.Helper()
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, start(t, dialect))
		})
	}
}

func start(t *testing.T, dialect devregistry.Dialect, change ...func(*connect.Config)) *env {
	t.Helper()
	e := &env{server: devregistrytest.Start(t, dialect), keeper: dialect == devregistry.ArtifactKeeper}
	e.Registry = e.open(t, change...)
	return e
}

// open connects with the administrator's token.
func (e *env) open(t *testing.T, change ...func(*connect.Config)) *registry.Registry {
	t.Helper()
	connection := e.connection(t, change...)
	r, err := connection.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (e *env) connection(t *testing.T, change ...func(*connect.Config)) registry.Connection {
	t.Helper()
	cfg := connect.Config{Type: registry.Type(e.server.Dialect), Config: transport.Config{
		BaseURL: e.server.URL, CAPEM: string(e.server.CAPEM),
		Credential: transport.Credential{AccessToken: registry.NewSecret(e.server.AdminToken)},
		MaxRetries: 2,
		Sleep:      func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Observe: func(a transport.Attempt) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.seen = append(e.seen, a.Method+" "+a.Path)
		},
	}}
	for _, f := range change {
		f(&cfg)
	}
	connection, err := connect.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

// requests gives what was sent since the last call.
func (e *env) requests() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := e.seen
	e.seen = nil
	return seen
}

// budget fails the test when more was sent than allowed since the last look.
func (e *env) budget(t *testing.T, what string, most int) {
	t.Helper()
	if seen := e.requests(); len(seen) > most {
		t.Errorf("%s took %d requests, at most %d are allowed:\n%s", what, len(seen), most, strings.Join(seen, "\n"))
	}
}

func (e *env) faults(t *testing.T, faults ...devregistry.Fault) {
	t.Helper()
	if err := e.server.Faults.Set(faults...); err != nil {
		t.Fatal(err)
	}
}

func must[T any](value T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func wantKind(t *testing.T, err error, want registry.Kind) {
	t.Helper()
	var e *registry.Error
	if !errors.As(err, &e) || e.Kind != want {
		t.Fatalf("want an error of kind %d, got %v (kind %d)", want, err, registry.KindOf(err))
	}
	if e.Op == "" || e.Object == "" {
		t.Errorf("the error does not say what was attempted on what: %v", err)
	}
	// An error ends a sentence in a diagnostic; its hint is one.
	if e.Hint != "" && strings.HasSuffix(e.Hint, ".") {
		t.Errorf("the hint ends with a full stop: %q", e.Hint)
	}
}

func names[T any](t *testing.T, list func(yield func(T, error) bool), name func(T) string) []string {
	t.Helper()
	var all []string
	for item, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name(item))
	}
	return all
}

func (e *env) user(t *testing.T, name string) registry.User {
	t.Helper()
	return must(e.Users.FindByUsername(t.Context(), name))(t)
}
