package artifactkeeper

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// pageSize is the longest page the server gives (users.rs, groups.rs, permissions.rs clamp per_page to it).
const pageSize = 100

// page is the answer of the lists of users, groups, permissions and repositories.
type page[T any] struct {
	Items      []T `json:"items"`
	Pagination struct {
		Total      int `json:"total"`
		TotalPages int `json:"total_pages"`
		PerPage    int `json:"per_page"`
	} `json:"pagination"`
}

// Complete implements the transport's check of a success: an empty list is [], never missing, and a list that does not
// say how many pages it has could be cut.
func (p *page[T]) Complete() error {
	if err := transport.CheckComplete(p.Items); err != nil {
		return err
	}
	if p.Pagination.PerPage < 1 {
		return errors.New("it does not say how long its pages are")
	}
	if len(p.Items) > 0 && p.Pagination.TotalPages < 1 {
		return errors.New("it does not say how many pages there are")
	}
	return nil
}

// lister reads one list of the server.
type lister[T any] struct {
	c *transport.Client
	// what names the objects for people.
	what, path string
	query      url.Values
	id         func(T) string
	// most is how many pages the list may have, if fewer than for any list.
	most int
}

func (l lister[T]) page(ctx context.Context, number int) (page[T], error) {
	query := url.Values{"page": {strconv.Itoa(number)}, "per_page": {strconv.Itoa(pageSize)}}
	for key, values := range l.query {
		query[key] = values
	}
	var p page[T]
	err := l.c.Do(ctx, transport.Request{
		Op: "list", Object: l.what, Method: http.MethodGet, Path: l.path, Query: query,
	}, &p)
	if err == nil && number == 1 && len(p.Items) == 0 && p.Pagination.Total > 0 {
		err = &registry.Error{
			Kind: registry.KindUnavailable, Op: "list", Object: l.what, Status: http.StatusOK,
			Message: fmt.Sprintf("the first page is empty although it says that there are %d", p.Pagination.Total), Hint: "Run again",
		}
	}
	return p, err
}

// first reads the first page, which tells how many there are.
func (l lister[T]) first(ctx context.Context) (p page[T], err error) {
	_, err = registry.NextPage(ctx, registry.NewListing(l.what, l.c.MaxListed(), pageSize), l.id, func() ([]T, error) {
		p, err = l.page(ctx, 1)
		return p.Items, err
	})
	return p, err
}

// turn is one page while a list is read: the page, and what earlier ones did not have.
type turn[T any] struct {
	page[T]
	fresh []T
}

// turns reads page after page until the list ends, the first of which may be given. A page that brings nothing new although
// more follow is the error of a list without an end.
func (l lister[T]) turns(ctx context.Context, first *page[T]) iter.Seq2[turn[T], error] {
	return func(yield func(turn[T], error) bool) {
		listing := registry.NewListing(l.what, l.c.MaxListed(), pageSize)
		if l.most > 0 {
			listing.AtMost(l.most)
		}
		for number := 1; ; number++ {
			var t turn[T]
			fresh, err := registry.NextPage(ctx, listing, l.id, func() (_ []T, err error) {
				if number == 1 && first != nil {
					t.page = *first
				} else {
					t.page, err = l.page(ctx, number)
				}
				return t.Items, err
			})
			t.fresh = fresh
			if !yield(t, err) || err != nil || len(t.Items) == 0 || number >= t.Pagination.TotalPages {
				return
			}
			if len(fresh) == 0 {
				yield(turn[T]{}, listing.Stands())
				return
			}
		}
	}
}

// each yields the items page by page. Pages are cut by offset, so an object made in between moves others onto the next
// page; what was seen is not repeated.
func (l lister[T]) each(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for t, err := range l.turns(ctx, nil) {
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range t.fresh {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// all reads the whole list, such that nothing is missing. An object made in between pushes others onto the next page,
// where they are seen again; one removed in between pulls another back onto a page already read, where it is missed. So a
// walk during which the list shrank, or that saw fewer objects than there are, is done again.
func (l lister[T]) all(ctx context.Context) ([]T, error) {
	first, err := l.first(ctx)
	if err != nil {
		return nil, err
	}
	return l.rest(ctx, first)
}

// rest is all for a list whose first page was read already.
func (l lister[T]) rest(ctx context.Context, first page[T]) ([]T, error) {
	const rounds = 4
	for round := range rounds {
		if round > 0 {
			var err error
			if first, err = l.first(ctx); err != nil {
				return nil, err
			}
		}
		items, whole, err := l.walk(ctx, first)
		if err != nil || whole {
			return items, err
		}
	}
	return nil, &registry.Error{
		Kind: registry.KindUnavailable, Op: "list", Object: l.what,
		Message: "the list kept changing while it was read", Hint: "Run again",
	}
}

// walk reads all pages once, the first of which it is given, and reports whether nothing can be missing. It ends at a page
// that brings nothing new.
func (l lister[T]) walk(ctx context.Context, first page[T]) (items []T, whole bool, err error) {
	read, total, shrank := 0, 0, false
	for t, err := range l.turns(ctx, &first) {
		if errors.Is(err, registry.ErrStands) {
			return items, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		read++
		items = append(items, t.fresh...)
		shrank = shrank || t.Pagination.Total < total
		total = t.Pagination.Total
	}
	return items, read == 1 || !shrank && len(items) >= total, nil
}

// find looks through a list for the one item that fits. A miss is looked at again: the item may have moved between pages, and
// one stray answer must not be enough to say that it does not exist.
func (l lister[T]) find(ctx context.Context, fits func(T) bool) (T, bool, error) {
	var none T
	for range 2 {
		read := 0
		for t, err := range l.turns(ctx, nil) {
			if err != nil {
				return none, false, err
			}
			read++
			if at := slices.IndexFunc(t.fresh, fits); at >= 0 {
				return t.fresh[at], true, nil
			}
		}
	}
	return none, false, nil
}

// searchTerm is what to send as `search` for an exact name. The server matches with SQL's ILIKE and does not escape, so
// % and _ only widen the result, and a backslash would quote the character after it: the longest part without one is
// sent instead. What comes back is always compared exactly.
func searchTerm(name string) string {
	longest := ""
	for part := range strings.SplitSeq(name, `\`) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	return longest
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// notAnID answers a look-up by something that is no id here, without asking: ids are UUIDs.
func notAnID(op, object string) error {
	return &registry.Error{
		Kind: registry.KindNotFound, Op: op, Object: object, Message: "there is none: ids on Artifact Keeper are UUIDs",
	}
}
