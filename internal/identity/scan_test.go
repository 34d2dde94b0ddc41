package identity

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// thin is an Artifactory of so many accounts, each of which takes a while to read; -1 is without an end.
type thin struct {
	registry.Users
	accounts int
	wait     time.Duration
	now      atomic.Int64 // being read
	most     atomic.Int64
	read     atomic.Int64
}

func (f *thin) List(ctx context.Context, _ registry.UserFilter) iter.Seq2[registry.User, error] {
	return func(yield func(registry.User, error) bool) {
		for n := 0; n != f.accounts; n++ {
			if ctx.Err() != nil {
				yield(registry.User{}, ctx.Err())
				return
			}
			if !yield(registry.User{ID: fmt.Sprintf("u%d", n), Partial: true}, nil) {
				return
			}
		}
	}
}

func (f *thin) Get(ctx context.Context, id string) (registry.User, error) {
	f.most.Store(max(f.most.Load(), f.now.Add(1)))
	defer f.now.Add(-1)
	select {
	case <-time.After(f.wait):
	case <-ctx.Done():
		return registry.User{}, ctx.Err()
	}
	f.read.Add(1)
	switch {
	case id == "u7":
		return registry.User{}, &registry.Error{Kind: registry.KindNotFound}
	case id == "u13" && f.accounts == 13+1:
		return registry.User{}, &registry.Error{Kind: registry.KindForbidden}
	}
	return registry.User{ID: id, Username: id, Email: id + "@example.com"}, nil
}

// TestAScanIsQuickEnough: a large registry is read within the time that is the default, and gently.
func TestAScanIsQuickEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		f := &thin{accounts: 20_000, wait: 100 * time.Millisecond}
		found, err := scan(ctx, f, "U19999@example.com")
		if err != nil || len(found) != 1 || found[0].ID != "u19999" {
			t.Errorf("%v %v", found, err)
		}
		if f.most.Load() != scanReaders {
			t.Errorf("%d accounts were read at a time", f.most.Load())
		}
	})
}

// TestAScanEnds: with its time, with an interrupt, and with the first failure.
func TestAScanEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		f := &thin{accounts: -1, wait: 700 * time.Millisecond}
		began := time.Now()
		_, err := scan(ctx, f, "x@example.com")
		says := "scan all accounts: the time for this operation ended after 3423 accounts were read in 5m0s, and the list had not ended"
		if registry.KindOf(err) != registry.KindUnavailable || !strings.HasPrefix(err.Error(), says) || time.Since(began) != 5*time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}

		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(10500*time.Millisecond, interrupt)
		began = time.Now()
		if _, err = scan(ctx, f, "x@example.com"); !errors.Is(err, context.Canceled) || time.Since(began) != 10500*time.Millisecond {
			t.Errorf("after %s: %v", time.Since(began), err)
		}

		f = &thin{accounts: 13 + 1}
		if _, err = scan(t.Context(), f, "x@example.com"); registry.KindOf(err) != registry.KindForbidden {
			t.Error(err)
		}
	})
}
