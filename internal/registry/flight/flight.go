// Package flight runs one call for all who need its result at the same time.
package flight

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrGaveUp is what a caller gets whose context ended before the result was there.
var ErrGaveUp = errors.New("gave up waiting")

// Group runs at most one call for each key at a time. The zero value is ready.
type Group[T any] struct {
	mu    sync.Mutex
	calls map[string]*call[T]
}

type call[T any] struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{} // closed when value and err are set
	value   T
	err     error
}

// Do joins the call of the key that is under way, or starts it; mine reports which. The call is detached from who started it,
// so that one who gives up does not fail the others. When the last one has given up, as all do when the run is interrupted,
// nobody needs the result, and the context of the call is cancelled. limit bounds it in any case.
func (g *Group[T]) Do(ctx context.Context, key string, limit time.Duration, f func(context.Context) (T, error)) (value T, mine bool, err error) {
	if ctx.Err() != nil {
		return value, false, ErrGaveUp
	}
	c, mine := g.join(ctx, key, limit, f)
	select {
	case <-c.done:
		return c.value, mine, c.err
	case <-ctx.Done():
		g.leave(key, c)
		return value, mine, ErrGaveUp
	}
}

func (g *Group[T]) join(ctx context.Context, key string, limit time.Duration, f func(context.Context) (T, error)) (c *call[T], mine bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := g.calls[key]; c != nil {
		c.waiting++
		return c, false
	}
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	c = &call[T]{waiting: 1, cancel: cancel, done: make(chan struct{})}
	if g.calls == nil {
		g.calls = map[string]*call[T]{}
	}
	g.calls[key] = c
	go func() {
		defer cancel()
		c.value, c.err = f(detached)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.forget(key, c)
		close(c.done)
	}()
	return c, true
}

// leave counts somebody out. A call that nobody waits for is forgotten at once, so that whoever comes next starts a new one.
func (g *Group[T]) leave(key string, c *call[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.waiting--; c.waiting == 0 {
		c.cancel()
		g.forget(key, c)
	}
}

func (g *Group[T]) forget(key string, c *call[T]) {
	if g.calls[key] == c {
		delete(g.calls, key)
	}
}
