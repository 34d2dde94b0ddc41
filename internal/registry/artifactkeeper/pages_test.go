package artifactkeeper_test

import (
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// TestListsThatChangeWhileTheyAreRead: what matters must not be missed because something else was removed in between.
func TestListsThatChangeWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	one, two, bob := user(1, "a"), user(2, "b"), user(3, "bob")
	for name, tc := range map[string]struct {
		pages    []reply
		found    int // -1: an error
		requests int
	}{
		"quiet":             {[]reply{pageOf(3, 2, one, two), pageOf(3, 2, bob)}, 1, 2},
		"grew":              {[]reply{pageOf(3, 2, one, two), pageOf(4, 2, two, bob, user(4, "c"))}, 1, 2},
		"shrank":            {[]reply{pageOf(3, 2, one, two), pageOf(2, 1), pageOf(2, 1, two, bob)}, 1, 3},
		"too few":           {[]reply{pageOf(3, 2, one, two), pageOf(3, 2, two), pageOf(3, 2, one, two), pageOf(3, 2, bob)}, 1, 4},
		"never comes out":   {[]reply{pageOf(3, 2, one)}, -1, 8},
		"one page is whole": {[]reply{pageOf(7, 1, bob)}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{listUsers: tc.pages})
			found, err := r.Users.FindByEmail(t.Context(), "BOB@example.com")
			if tc.found < 0 {
				wantKind(t, err, registry.KindUnavailable)
			} else if err != nil || len(found) != tc.found {
				t.Errorf("%+v %v", found, err)
			}
			if len(s.Seen()) != tc.requests {
				t.Errorf("%d requests, want %d", len(s.Seen()), tc.requests)
			}
		})
	}
}

// TestListsThatGoOnWithoutEnd: a server that answers the same page again and again, and always says that more follow, is
// not asked for ever.
func TestListsThatGoOnWithoutEnd(t *testing.T) {
	t.Parallel()
	more := pageOf(5000, 50, user(1, "a"), user(2, "b"))
	for name, tc := range map[string]struct {
		read     func(*registry.Registry) error
		requests int
	}{
		"listing": {func(r *registry.Registry) error {
			var last error
			for _, err := range r.Users.List(t.Context(), registry.UserFilter{}) {
				last = err
			}
			return last
		}, 2},
		"looking for a name": {func(r *registry.Registry) error {
			_, err := r.Users.FindByUsername(t.Context(), "bob")
			return err
		}, 2},
		"reading the whole list": {func(r *registry.Registry) error {
			_, err := r.Users.FindByEmail(t.Context(), "bob@example.com")
			return err
		}, 8}, // a list that only changes a lot is read four times
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := script(t, scripted{listUsers: {more}})
			wantKind(t, tc.read(r), registry.KindUnavailable)
			if len(s.Seen()) != tc.requests {
				t.Errorf("%d requests, want %d", len(s.Seen()), tc.requests)
			}
		})
	}
}
