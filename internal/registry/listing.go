package registry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// MaxListed is how many objects one list may bring by default. The largest registries have some 200,000 accounts, so that more
// than twice as many come from a list without an end; and with fast answers such a list is given up after a minute.
const MaxListed = 500_000

// ErrStands says that a page brought nothing new and that more follow.
var ErrStands = errors.New("the list does not advance")

// Listing keeps count while the pages of one list are read, so that reading ends whatever the server says: a registry that is
// broken, or a proxy in between, can repeat pages or invent them without an end.
type Listing struct {
	what  string
	most  int // objects
	pages int
	turns int // pages that the list may have
	items int
	began time.Time
	seen  map[string]bool
}

// NewListing begins to count. what names the objects for people, most is how many of them the list may bring, and size how many
// a full page has.
func NewListing(what string, most, size int) *Listing {
	return &Listing{what: what, most: most, turns: max((most+size-1)/size, 1), began: time.Now(), seen: map[string]bool{}}
}

// AtMost lowers the number of pages that the list may have.
func (l *Listing) AtMost(pages int) { l.turns = min(l.turns, max(pages, 1)) }

// NextPage reads a page by fetch and gives those of its items that no page before it had. It refuses one page too many, and one
// object too many.
func NextPage[T any](ctx context.Context, l *Listing, id func(T) string, fetch func() ([]T, error)) (fresh []T, err error) {
	if l.pages == l.turns {
		return nil, l.endless()
	}
	items, err := fetch()
	if err != nil {
		return nil, l.failed(ctx, err)
	}
	l.pages++
	for _, item := range items {
		if key := id(item); !l.seen[key] {
			l.seen[key] = true
			fresh = append(fresh, item)
		}
	}
	if l.items += len(fresh); l.items > l.most {
		return nil, l.endless()
	}
	return fresh, nil
}

// endless is the error of a list that had all the pages or objects that it may have, and goes on.
func (l *Listing) endless() error {
	return l.fail("the list did not end after "+l.progress(),
		"The registry, or a proxy in between, repeats or invents pages. More than that is not read; if there really are so many, "+
			"ask for fewer of them (by a name or another filter)", nil)
}

// Stands is the error of a list that says it goes on and brings nothing new.
func (l *Listing) Stands() error {
	return l.fail("the list does not advance: a page held only what earlier ones had, and said that more follow, after "+l.progress(),
		"Run again. If it stays so, the registry or a proxy in between repeats pages", ErrStands)
}

// failed is the error of a page that could not be read. When the time for the operation ended, it tells how far the list was.
func (l *Listing) failed(ctx context.Context, err error) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err
	}
	return l.fail("the time for this operation ended before the list did, after "+l.progress(),
		"Run again, or raise the operation's `timeouts` where it has them, if the registry is that slow or that large; a list that never "+
			"ends comes from a registry or a proxy that repeats or invents pages", err)
}

// progress tells how far the list was read.
func (l *Listing) progress() string {
	return fmt.Sprintf("%d pages with %d %s, read in %s", l.pages, l.items, l.what, time.Since(l.began).Round(time.Millisecond))
}

func (l *Listing) fail(message, hint string, cause error) error {
	return &Error{Kind: KindUnavailable, Op: "list", Object: l.what, Message: message, Hint: hint, Err: cause}
}
