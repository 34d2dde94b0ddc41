package snapshot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/flight"
)

const (
	// listTimeout bounds the reading of a list, whatever time its callers have.
	listTimeout = 5 * time.Minute
	// pagesPerRead is how many pages a list may have for each read made so far. It keeps a small configuration from paging
	// through a large registry: what a list can cost in vain stays within this factor of what was spent anyway.
	pagesPerRead = 4
)

// memory is what the tables of one registry share. Objects refer to each other (a deleted user leaves its groups), so a
// write to any of them ends what is remembered of all of them.
type memory struct {
	mu         sync.Mutex
	generation uint64
}

// writing begins a write and gives the function that ends it: both begin a new generation. What is read in between may
// or may not have seen the write, and is remembered by nobody.
func (m *memory) writing() (done func()) {
	m.bump()
	return m.bump
}

func (m *memory) bump() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
}

// table remembers the objects of one kind by key for refreshes.
type table[T any] struct {
	*memory

	// name is the kind, for the log.
	name string
	// all reads the whole list as registry.Whole does; nil where there is none.
	all func(ctx context.Context, most int) (rows map[string]T, pages int, err error)
	// direct is how many reads go direct before the list is read.
	direct int
	// shared: several resources show the same object, so that concurrent reads of it wait for one request.
	shared bool
	// clone copies what callers could change.
	clone func(T) T

	lists flight.Group[map[string]T]
	ones  flight.Group[T]

	// All below is guarded by memory.mu, and of the generation seen, except what was written and what failed.
	seen  uint64
	rows  map[string]T
	whole bool // rows holds the whole list
	reads int
	next  int // how many reads go direct before the list is tried
	// written are keys that this process has written; they are read direct ever after, and all of them if everyWritten.
	written      map[string]bool
	everyWritten bool
	// failed: the list could not be read. It is not tried again, since nobody is worse off without it.
	failed bool
	counts counts
}

// counts are for the debug log.
type counts struct{ shared, direct, lists, pages int }

// get reads one object: from the list or from an earlier read if the context is that of a refresh, else by direct.
func (t *table[T]) get(ctx context.Context, key string, direct func(context.Context) (T, error)) (T, error) {
	if !registry.IsRefreshing(ctx) {
		return direct(ctx)
	}
	l := t.lookUp(key)
	if l.tryList {
		rows, err := t.list(ctx, l)
		if ctx.Err() != nil {
			return l.row, gaveUp(ctx, t.name)
		}
		// A list that failed or is too long is no answer; and an object that it lacks may have moved between its pages.
		if l.row, l.known = rows[key]; err != nil {
			l.known = false
		}
	}
	if l.known {
		t.count(ctx, func(c *counts) { c.shared++ })
		return t.clone(l.row), nil
	}
	t.count(ctx, func(c *counts) { c.direct++ })
	switch {
	case l.written:
		return direct(ctx)
	case t.shared:
		return t.one(ctx, l.generation, key, direct)
	}
	row, err := direct(ctx)
	if err == nil {
		t.keepOne(l.generation, key, t.clone(row))
	}
	return row, err
}

// look is what a read finds out at its start.
type look[T any] struct {
	generation uint64
	written    bool // by this process, so that only the registry itself may answer
	row        T
	known      bool
	tryList    bool
	most       int // pages that the list may have
}

func (t *table[T]) lookUp(key string) look[T] {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.catchUp()
	l := look[T]{generation: t.generation, written: t.everyWritten || t.written[key]}
	if l.written {
		return l
	}
	t.reads++
	l.row, l.known = t.rows[key]
	l.tryList = !l.known && !t.whole && !t.failed && t.all != nil && t.reads > t.next
	l.most = max(t.reads, 1) * pagesPerRead
	return l
}

// catchUp forgets what an older generation knew. The caller holds the lock.
func (t *table[T]) catchUp() {
	if t.rows == nil || t.seen != t.generation {
		t.seen, t.rows, t.whole, t.reads, t.next = t.generation, map[string]T{}, false, 0, t.direct
	}
}

// list reads the whole list, once for all that ask for it in the same generation. One who gives up does not fail the
// others. The rows are nil when the list is too long.
func (t *table[T]) list(ctx context.Context, l look[T]) (map[string]T, error) {
	rows, _, err := t.lists.Do(ctx, fmt.Sprintf("%d", l.generation), listTimeout, func(ctx context.Context) (map[string]T, error) {
		if rows, ready := t.listed(l.generation); ready {
			return rows, nil // by a flight that landed between the look and now
		}
		start := time.Now()
		rows, pages, err := t.all(ctx, l.most)
		t.keepList(l.generation, rows, pages, err)
		t.logList(ctx, len(rows), pages, time.Since(start), err)
		return rows, err
	})
	return rows, err
}

// listed gives the list if it is there, or says that there will be none for now.
func (t *table[T]) listed(generation uint64) (map[string]T, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.generation != generation || t.seen != generation:
		return nil, false
	case t.whole:
		copied := make(map[string]T, len(t.rows)) // single reads still add to it
		for key, row := range t.rows {
			copied[key] = row
		}
		return copied, true
	default:
		return nil, t.failed || t.reads <= t.next
	}
}

func (t *table[T]) keepList(generation uint64, rows map[string]T, pages int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.lists++
	t.counts.pages += pages
	if err != nil {
		t.failed = true
		return
	}
	if t.generation != generation {
		return
	}
	t.catchUp()
	if rows == nil {
		t.next = max(t.reads, (pages+pagesPerRead-1)/pagesPerRead)
		return
	}
	for key, row := range rows {
		t.rows[key] = row
	}
	t.whole = true
}

// one reads a single object, once for all that ask for it in the same generation, and remembers it. An error is nobody's
// but the reader's own; those who waited for it ask for themselves, except that an object is gone.
func (t *table[T]) one(ctx context.Context, generation uint64, key string, direct func(context.Context) (T, error)) (T, error) {
	limit := listTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline)
	}
	row, mine, err := t.ones.Do(ctx, fmt.Sprintf("%d/%s", generation, key), limit, func(ctx context.Context) (T, error) {
		if row, known := t.remembered(generation, key); known {
			return row, nil // by a flight that landed between the look and now
		}
		row, err := direct(ctx)
		if err == nil {
			t.keepOne(generation, key, row)
		}
		return row, err
	})
	var none T
	switch {
	case err == nil:
		return t.clone(row), nil
	case errors.Is(err, flight.ErrGaveUp):
		return none, gaveUp(ctx, t.name)
	case mine || registry.IsNotFound(err):
		return none, err
	default:
		return direct(ctx)
	}
}

// remembered gives an object that was read in a generation.
func (t *table[T]) remembered(generation uint64, key string) (row T, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.generation == generation && t.seen == generation {
		row, known = t.rows[key]
	}
	return row, known
}

func (t *table[T]) keepOne(generation uint64, key string, row T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.generation == generation {
		t.catchUp()
		t.rows[key] = row
	}
}

// touch notes that this process writes an object. An empty key stands for one that is not known by its key: then none is
// remembered any more.
func (t *table[T]) touch(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		if key == "" {
			t.everyWritten = true
			continue
		}
		if t.written == nil {
			t.written = map[string]bool{}
		}
		t.written[key] = true
	}
}

func (t *table[T]) count(ctx context.Context, add func(*counts)) {
	t.mu.Lock()
	add(&t.counts)
	now := t.counts
	t.mu.Unlock()
	tflog.Trace(ctx, "Read for a refresh", t.fields(now))
}

func (t *table[T]) logList(ctx context.Context, items, pages int, took time.Duration, err error) {
	t.mu.Lock()
	fields := t.fields(t.counts)
	t.mu.Unlock()
	fields["list_items"], fields["list_pages"], fields["duration_ms"] = items, pages, took.Milliseconds()
	message := "Read a whole list for the refresh"
	switch {
	case err != nil:
		message = "The list could not be read, so objects are read one by one"
	case items == 0 && pages > 1:
		message = "The list is longer than it is worth yet, so objects are read one by one"
	}
	tflog.Debug(ctx, message, fields)
}

// fields are the counters of a kind: reads answered from what was read before, reads that asked for one object, lists
// read, and their pages.
func (t *table[T]) fields(c counts) map[string]any {
	return map[string]any{"kind": t.name, "shared": c.shared, "direct": c.direct, "lists": c.lists, "pages": c.pages}
}

// gaveUp is the error of a caller whose time ended while it waited for an answer that it shares.
func gaveUp(ctx context.Context, name string) error {
	return &registry.Error{
		Kind: registry.KindUnavailable, Op: "read", Object: name,
		Message: "the time ran out, or the run was interrupted, before the registry answered",
		Hint:    "Run again; if the registry is slow, raise `timeouts`", Err: ctx.Err(),
	}
}
