package acctest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest/live"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

var shared struct {
	once sync.Once
	reg  *registry.Registry
	err  error
}

// liveServer is the server of the environment, the same for all tests of the process.
func liveServer(t *testing.T) *registry.Registry {
	t.Helper()
	shared.once.Do(func() { shared.reg, shared.err = live.Connect(context.WithoutCancel(t.Context()), nil) })
	if shared.err != nil {
		t.Fatalf("opening the live server: %v", shared.err)
	}
	return shared.reg
}

// onLiveServer gives a test names of its own on the live server. Whatever bears them when the test ends is removed.
func onLiveServer(t *testing.T) *Env {
	t.Helper()
	reg := liveServer(t)
	// The test's own context ends before its clean-ups run.
	ctx := context.WithoutCancel(t.Context())
	env := &Env{
		Dialect: devregistry.Dialect(reg.Server.Type), Registry: reg,
		prefix: live.Current().Prefix() + live.Random(6) + "-",
	}
	t.Log(live.Marker + env.prefix)
	env.look = func() (snapshot, error) { return env.onServer(ctx) }
	t.Cleanup(func() {
		ours := func(name string) bool { return strings.HasPrefix(name, env.prefix) }
		if _, err := live.Sweep(ctx, reg, env.prefix, ours); err != nil {
			t.Errorf("sweeping %s: %v", env.prefix, err)
		}
	})
	return env
}
