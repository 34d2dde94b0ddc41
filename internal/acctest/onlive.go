package acctest

import (
	"context"
	"os"
	"slices"
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

// Repositories are the keys of n repositories that permissions may be tried out on, without rules. The test has to itself
// what it gets where rules belong to the repository (Artifact Keeper); it must ask for all it needs at once.
func (e *Env) Repositories(t *testing.T, n int) []string {
	t.Helper()
	if e.Server != nil {
		keys := make([]string, 0, n)
		for _, r := range e.Server.Repositories[:n] {
			keys = append(keys, r.Key)
		}
		return keys
	}
	candidates := e.repositories(t)
	if len(candidates) < n {
		t.Skipf("needs %d repositories of npm or generic packages, and the live server has %d: name them in %s",
			n, len(candidates), live.EnvRepositories)
	}
	if !e.Registry.Capabilities.PermissionPerRepository {
		return candidates[:n]
	}
	e.leased = leases.take(candidates, n)
	t.Cleanup(func() { leases.give(e.leased) })
	for _, key := range e.leased {
		if _, err := e.Registry.Permissions.Get(t.Context(), key); err == nil {
			t.Fatalf("repository %s has rules that no test made: name another one in %s", key, live.EnvRepositories)
		} else if !registry.IsNotFound(err) {
			t.Fatal(err)
		}
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		for _, key := range e.leased {
			err := e.Registry.Permissions.Delete(ctx, registry.PermissionSpec{Name: key, Repositories: []string{key}})
			if err != nil && !registry.IsNotFound(err) {
				t.Errorf("removing the rules of %s: %v", key, err)
			}
		}
	})
	return e.leased
}

// repositories are the ones that were named, else those found. A rule closes a repository of Artifact Keeper for everybody
// it does not name, so there none is taken without being asked for.
func (e *Env) repositories(t *testing.T) []string {
	t.Helper()
	var keys []string
	for key := range strings.SplitSeq(os.Getenv(live.EnvRepositories), ",") {
		if key = strings.TrimSpace(key); key != "" {
			keys = append(keys, key)
		}
	}
	if len(keys) > 0 {
		return keys
	}
	if e.Registry.Capabilities.PermissionPerRepository {
		t.Skipf("needs repositories that it may close for others while it runs: name them in %s", live.EnvRepositories)
	}
	for _, kind := range []string{"npm", "generic"} {
		for r, err := range e.Registry.Repositories.List(t.Context(), registry.RepositoryFilter{PackageType: kind, Kind: "local"}) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, r.Key)
		}
	}
	return keys
}

// leases keep tests of one process from giving rules to the same repository at the same time.
var leases = newLeasing()

type leasing struct {
	changed *sync.Cond
	taken   map[string]bool
}

func newLeasing() *leasing {
	return &leasing{changed: sync.NewCond(&sync.Mutex{}), taken: map[string]bool{}}
}

// take waits until n of the keys are free and takes them together, so that two tests cannot wait for each other.
func (l *leasing) take(keys []string, n int) []string {
	l.changed.L.Lock()
	defer l.changed.L.Unlock()
	for {
		free := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return l.taken[key] })
		if len(free) >= n {
			for _, key := range free[:n] {
				l.taken[key] = true
			}
			return free[:n]
		}
		l.changed.Wait()
	}
}

func (l *leasing) give(keys []string) {
	l.changed.L.Lock()
	defer l.changed.L.Unlock()
	for _, key := range keys {
		delete(l.taken, key)
	}
	l.changed.Broadcast()
}
