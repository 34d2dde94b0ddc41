package acctest

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest/live"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Repository is one to look at.
func (e *Env) Repository(t *testing.T) registry.Repository {
	t.Helper()
	if e.Server != nil {
		r, err := e.Registry.Repositories.Get(t.Context(), "npm-private")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for r, err := range e.Registry.Repositories.List(t.Context(), registry.RepositoryFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Skip("needs a repository, and the live server has none")
	return registry.Repository{}
}

// Repositories makes sure of repositories that permissions may be tried out on, under the names the test has for them, which
// are seeded ones. Where a permission is the rules of a repository (Artifact Keeper), they have no rules, and the test has
// them to itself; it must ask for all it needs at once.
func (e *Env) Repositories(t *testing.T, names ...string) {
	t.Helper()
	keys, n := names, len(names)
	if e.Server == nil {
		keys = e.candidates(t)
		if len(keys) < n {
			t.Skipf("needs %d local repositories of npm or generic packages, and the live server has %d: name them in %s",
				n, len(keys), live.EnvRepositories)
		}
		if e.Registry.Capabilities.PermissionPerRepository {
			keys = e.lease(t, keys, n)
		}
	}
	e.names.mu.Lock()
	defer e.names.mu.Unlock()
	e.names.bound = map[string]string{}
	for i, name := range names {
		e.names.bound[name], e.names.bound[name+"/permission"] = keys[i], keys[i]
		if !e.Registry.Capabilities.PermissionPerRepository {
			e.names.bound[name+"/permission"] = e.prefix + name
		}
	}
}

// candidates are the repositories that were named, else those found. The first rule closes a private repository of Artifact
// Keeper for everybody whom it does not name, so there none is taken without being asked for.
func (e *Env) candidates(t *testing.T) []string {
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

// lease takes repositories for this test alone and removes their rules in the end.
func (e *Env) lease(t *testing.T, keys []string, n int) []string {
	t.Helper()
	e.leased = leases.take(keys, n)
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
