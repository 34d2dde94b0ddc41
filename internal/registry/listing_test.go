package registry

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTheBoundIsFarAway: by default a list without an end is given up after half a million objects, and the list of a large
// registry is read to its end. 1000 and 100 are the pages of Artifactory and Artifact Keeper.
func TestTheBoundIsFarAway(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1000, 100} {
		for _, fresh := range []int{size, 1} { // objects that each page brings
			t.Run(fmt.Sprintf("%d new of %d", fresh, size), func(t *testing.T) {
				t.Parallel()
				l := NewListing("users", MaxListed, size)
				found, pages := 0, 0
				var err error
				for err == nil && pages <= MaxListed {
					var brought []int
					brought, err = NextPage(t.Context(), l, strconv.Itoa, func() ([]int, error) {
						page := make([]int, size)
						for i := range page {
							page[i] = pages*fresh + i
						}
						pages++
						return page, nil
					})
					found += len(brought)
					if fresh == size && found == 200_000 && err != nil {
						t.Fatalf("the list of a large registry is not read: %v", err)
					}
				}
				if want := MaxListed / size; pages != want || found > MaxListed {
					t.Errorf("%d objects by %d pages, want %d pages", found, pages, want)
				}
				says := fmt.Sprintf("list users: the list did not end after %d pages with %d users, read in ", pages, found)
				if KindOf(err) != KindUnavailable || !strings.HasPrefix(err.Error(), says) || !strings.Contains(err.Error(), "proxy") {
					t.Error(err)
				}
			})
		}
	}
}

// TestAPageOfAllSizes: a server that ignores how long a page may be brings no more objects for it.
func TestAPageOfAllSizes(t *testing.T) {
	t.Parallel()
	l := NewListing("users", 10, 5)
	_, err := NextPage(t.Context(), l, strconv.Itoa, func() ([]int, error) { return []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, nil })
	if err == nil || !strings.Contains(err.Error(), "1 pages with 11 users") {
		t.Error(err)
	}
}

// TestAFailedPage: the error of a page stays as it is, unless the time for the operation ended.
func TestAFailedPage(t *testing.T) {
	t.Parallel()
	cause := &Error{Kind: KindForbidden, Op: "list", Object: "users"}
	fail := func() ([]int, error) { return nil, cause }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ctx := range map[string]context.Context{"in time": t.Context(), "interrupted": cancelled} {
		if _, err := NextPage(ctx, NewListing("users", 10, 5), strconv.Itoa, fail); !errors.Is(err, cause) || KindOf(err) != KindForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	late, cancelLate := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancelLate()
	_, err := NextPage(late, NewListing("users", 10, 5), strconv.Itoa, fail)
	if KindOf(err) != KindUnavailable || !strings.Contains(err.Error(), "the time for this operation ended before the list did, after 0 pages") {
		t.Error(err)
	}
}
