package flight_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry/flight"
)

// TestOneCallForAll: who gives up fails nobody else.
func TestOneCallForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[int]
		answer := make(chan struct{})
		calls := 0
		ask := func(ctx context.Context) (int, bool, error) {
			return g.Do(ctx, "k", time.Hour, func(ctx context.Context) (int, error) {
				calls++
				select {
				case <-answer:
					return 42, nil
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			})
		}
		first, giveUp := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, mine, err := ask(first); !mine || !errors.Is(err, flight.ErrGaveUp) {
				t.Errorf("the first one got %v, mine: %t", err, mine)
			}
		})
		synctest.Wait()
		for range 10 {
			all.Go(func() {
				if value, mine, err := ask(t.Context()); mine || err != nil || value != 42 {
					t.Errorf("who waited got %d, %v, mine: %t", value, err, mine)
				}
			})
		}
		synctest.Wait()
		giveUp()
		synctest.Wait()
		close(answer)
		all.Wait()
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
		if _, mine, _ := ask(t.Context()); !mine || calls != 2 {
			t.Error("the next call is not a new one")
		}
	})
}

// TestTheLastOneEndsTheCall: what nobody waits for is cancelled, and whoever comes then does not get its error.
func TestTheLastOneEndsTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[int]
		ended := 0
		hang := func(ctx context.Context) (int, error) {
			<-ctx.Done()
			ended++
			return 0, ctx.Err()
		}
		interrupted, interrupt := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { _, _, _ = g.Do(interrupted, "k", time.Hour, hang) })
		}
		synctest.Wait()
		interrupt()
		all.Wait()
		if value, mine, err := g.Do(t.Context(), "k", time.Hour, func(context.Context) (int, error) { return 7, nil }); value != 7 || !mine || err != nil {
			t.Errorf("the next one got %d, %v, mine: %t", value, err, mine)
		}
		synctest.Wait()
		if ended != 1 {
			t.Errorf("%d calls ended", ended)
		}
	})
}

// TestLimit: a call ends although somebody waits without an end.
func TestLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[int]
		_, _, err := g.Do(t.Context(), "k", time.Minute, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
