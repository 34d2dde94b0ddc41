package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/snapshot"
)

// refresh reads accounts one after the other, as one resource after the other is refreshed.
func refresh(t *testing.T, reg *registry.Registry, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		read(t, reg, fmt.Sprintf("user-%d", i))
	}
}

func read(t *testing.T, reg *registry.Registry, id string) registry.User {
	t.Helper()
	user, err := reg.Users.Get(registry.Refreshing(t.Context()), id)
	if err != nil || user.ID != id {
		t.Fatalf("%s: got %v, %v", id, user, err)
	}
	return user
}

func (s *server) want(t *testing.T, want map[string]int) {
	t.Helper()
	for request, n := range want {
		if got := s.count(request); got != n {
			t.Errorf("%q was asked %d times, want %d", request, got, n)
		}
	}
}

func email(to string) registry.UserPatch { return registry.UserPatch{Email: &to} }

func TestFirstReadsGoDirect(t *testing.T) {
	t.Parallel()
	s := newServer(100)
	reg := s.open(snapshot.DefaultDirect)
	refresh(t, reg, 0, snapshot.DefaultDirect)
	s.want(t, map[string]int{"get": snapshot.DefaultDirect, "list": 0})
	refresh(t, reg, 0, 100)
	s.want(t, map[string]int{"get": snapshot.DefaultDirect, "list": 1})
}

// What asks about one object only, because it judges it or is about to write it, is never answered from memory.
func TestOtherReadsGoDirect(t *testing.T) {
	t.Parallel()
	s := newServer(10)
	reg := s.open(0)
	refresh(t, reg, 0, 10)
	for i := range 3 {
		if _, err := reg.Users.Get(t.Context(), "user-1"); err != nil {
			t.Fatal(err)
		}
		s.want(t, map[string]int{"get": i + 1})
	}
	if _, err := reg.Users.FindByUsername(registry.Refreshing(t.Context()), "user-1"); err != nil {
		t.Fatal(err)
	}
	s.want(t, map[string]int{"get": 4, "list": 1})
}

func TestLongListMustBeWorthIt(t *testing.T) {
	t.Parallel()
	s := newServer(100)
	s.pages = 80
	reg := s.open(5)
	refresh(t, reg, 0, 20)
	s.want(t, map[string]int{"get": 20, "list": 1})
	refresh(t, reg, 20, 100)
	s.want(t, map[string]int{"get": 20, "list": 2})
}

func TestAbsentIsConfirmed(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]int{"by the read that fetched the list": 3, "by a later read": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(10)
			s.hidden["user-3"] = true
			reg := s.open(0)
			refresh(t, reg, first, 10)
			refresh(t, reg, 0, first)
			s.want(t, map[string]int{"get": 1, "list": 1})
			_, err := reg.Users.Get(registry.Refreshing(t.Context()), "nobody")
			if !registry.IsNotFound(err) {
				t.Errorf("got %v", err)
			}
			s.want(t, map[string]int{"get": 2, "list": 1})
		})
	}
}

func TestWritesEndWhatIsRemembered(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(ctx context.Context, reg *registry.Registry) error{
		"update": func(ctx context.Context, reg *registry.Registry) error {
			_, err := reg.Users.Update(ctx, "user-1", email("1"))
			return err
		},
		"create": func(ctx context.Context, reg *registry.Registry) error {
			_, err := reg.Users.Create(ctx, registry.UserSpec{Username: "user-1", Email: "1"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(10)
			reg := s.open(2)
			refresh(t, reg, 0, 10)
			s.want(t, map[string]int{"get": 2, "list": 1})
			if err := write(t.Context(), reg); err != nil {
				t.Fatal(err)
			}
			// What was written is read direct, for ever; the rest begins anew.
			for range 5 {
				if got := read(t, reg, "user-1"); got.Email != "1" {
					t.Fatalf("read %v after it was written", got)
				}
			}
			s.want(t, map[string]int{"get": 7, "list": 1})
			refresh(t, reg, 2, 10)
			s.want(t, map[string]int{"get": 9, "list": 2})
		})
	}
}

// A write to one kind ends what is remembered of the others: a member that is deleted leaves its groups.
func TestWritesOfAnotherKind(t *testing.T) {
	t.Parallel()
	s := newServer(3)
	reg := s.open(0)
	ctx := registry.Refreshing(t.Context())
	for range 3 {
		if _, err := reg.Groups.Get(ctx, "developers"); err != nil {
			t.Fatal(err)
		}
	}
	s.want(t, map[string]int{"group developers": 1})
	if err := reg.Users.Delete(t.Context(), "user-1"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := reg.Groups.Get(ctx, "developers"); err != nil {
			t.Fatal(err)
		}
	}
	s.want(t, map[string]int{"group developers": 2})
}

// While a write is under way nobody knows what the registry holds, so it is asked.
func TestReadDuringAWrite(t *testing.T) {
	t.Parallel()
	s := newServer(3)
	reg := s.open(5)
	read(t, reg, "user-1")
	read(t, reg, "user-1")
	s.want(t, map[string]int{"get": 1})
	s.before = func(_ context.Context, request string) error {
		if request == "update" {
			read(t, reg, "user-1")
			s.want(t, map[string]int{"get": 2})
		}
		return nil
	}
	if err := reg.Groups.ChangeMembers(t.Context(), "user-2", []string{"1"}, nil); err != nil {
		t.Fatal(err)
	}
	read(t, reg, "user-1")
	s.want(t, map[string]int{"get": 3})
}

func TestErrorsAreNotRemembered(t *testing.T) {
	t.Parallel()
	s := newServer(10)
	fail := true
	s.before = func(_ context.Context, request string) error {
		if fail && (request == "get" || request == "list") {
			return &registry.Error{Kind: registry.KindUnavailable, Op: "read"}
		}
		return nil
	}
	reg := s.open(0)
	if _, err := reg.Users.Get(registry.Refreshing(t.Context()), "user-1"); registry.KindOf(err) != registry.KindUnavailable {
		t.Fatalf("got %v", err)
	}
	fail = false
	refresh(t, reg, 0, 10)
	s.want(t, map[string]int{"list": 1, "get": 11})
}

func TestNothingHandedOutIsShared(t *testing.T) {
	t.Parallel()
	s := newServer(3)
	reg := s.open(0)
	read(t, reg, "user-1").Groups[0] = "changed"
	if got := read(t, reg, "user-1").Groups[0]; got != "everybody" {
		t.Errorf("a caller changed what others read: %q", got)
	}
}

// together reads one object from many goroutines, all of which are waiting before the server answers. It runs in a bubble.
func together(t *testing.T, s *server, request string, read func(ctx context.Context) error) []error {
	t.Helper()
	answer := make(chan struct{})
	s.before = func(_ context.Context, asked string) error {
		if asked == request {
			<-answer
		}
		return nil
	}
	ctx, cancel := context.WithCancel(registry.Refreshing(t.Context()))
	errs := make([]error, 20)
	var first, rest sync.WaitGroup
	first.Go(func() { errs[0] = read(ctx) })
	synctest.Wait()
	for i := 1; i < len(errs); i++ {
		rest.Go(func() { errs[i] = read(registry.Refreshing(t.Context())) })
	}
	synctest.Wait()
	cancel() // the first caller gives up while the others wait for what it asked
	first.Wait()
	close(answer)
	rest.Wait()
	return errs
}

func TestOneRequestForAll(t *testing.T) {
	t.Parallel()
	for request, read := range map[string]func(ctx context.Context, reg *registry.Registry) error{
		"list": func(ctx context.Context, reg *registry.Registry) error {
			_, err := reg.Users.Get(ctx, "user-1")
			return err
		},
		"group developers": func(ctx context.Context, reg *registry.Registry) error {
			_, err := reg.Groups.Get(ctx, "developers")
			return err
		},
		"tokens of all": func(ctx context.Context, reg *registry.Registry) error {
			list, err := reg.Tokens.List(ctx, registry.TokenFilter{Username: "user-1", LabelContains: "tw"})
			if err == nil && (len(list) != 1 || list[0].ID != "user-1-2") {
				err = fmt.Errorf("got %v", list)
			}
			return err
		},
	} {
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			s := newServer(3)
			reg := s.open(0)
			var errs []error
			synctest.Test(t, func(t *testing.T) {
				errs = together(t, s, request, func(ctx context.Context) error { return read(ctx, reg) })
			})
			if !errors.Is(errs[0], context.Canceled) || !registry.IsUnreachable(errs[0]) {
				t.Errorf("the caller who gave up got %v", errs[0])
			}
			if at := slices.IndexFunc(errs[1:], func(err error) bool { return err != nil }); at >= 0 {
				t.Errorf("a caller who waited got %v", errs[1+at])
			}
			s.want(t, map[string]int{request: 1})
		})
	}
}

// Many members of a group show the same group. Whoever looks just before another's request ends, and asks just after, finds
// what it brought.
func TestOneRequestForAllWhoCome(t *testing.T) {
	t.Parallel()
	const readers, groups = 4, 300
	s := newServer(groups)
	reg := s.open(0)
	var wait sync.WaitGroup
	for range readers {
		wait.Go(func() {
			for at := range groups {
				if _, err := reg.Groups.Get(registry.Refreshing(t.Context()), fmt.Sprintf("user-%d", at)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for at := range groups {
		s.want(t, map[string]int{fmt.Sprintf("group user-%d", at): 1})
	}
}

// One list of tokens serves all owners, and an owner without tokens is asked for.
func TestTokensByOwner(t *testing.T) {
	t.Parallel()
	s := newServer(5)
	reg := s.open(1)
	ctx := registry.Refreshing(t.Context())
	for i := range 5 {
		list, err := reg.Tokens.List(ctx, registry.TokenFilter{UserID: fmt.Sprintf("user-%d", i)})
		if err != nil || len(list) != 2 {
			t.Fatalf("got %v, %v", list, err)
		}
	}
	s.want(t, map[string]int{"tokens of one": 1, "tokens of all": 1})
	if err := reg.Tokens.Revoke(t.Context(), "", "user-1-1"); err != nil { // whose it was is not told
		t.Fatal(err)
	}
	for range 3 {
		if _, err := reg.Tokens.List(ctx, registry.TokenFilter{Username: "User-2"}); err != nil {
			t.Fatal(err)
		}
	}
	s.want(t, map[string]int{"tokens of one": 4, "tokens of all": 1})
}

// TestAnInterruptEndsWhatIsShared: what is read for many ends when the last of them has given up, so that nothing is asked
// after an interrupt. Whoever comes then asks again.
func TestAnInterruptEndsWhatIsShared(t *testing.T) {
	t.Parallel()
	for request, read := range map[string]func(context.Context, *registry.Registry) error{
		"list": func(ctx context.Context, reg *registry.Registry) error {
			_, err := reg.Users.Get(ctx, "user-1")
			return err
		},
		"group developers": func(ctx context.Context, reg *registry.Registry) error {
			_, err := reg.Groups.Get(ctx, "developers")
			return err
		},
	} {
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(3)
				reg := s.open(0)
				ended := 0
				s.before = func(ctx context.Context, asked string) error {
					if asked == request && ended == 0 {
						<-ctx.Done()
						ended++
						return ctx.Err()
					}
					return nil
				}
				ctx, interrupt := context.WithCancel(registry.Refreshing(t.Context()))
				var all sync.WaitGroup
				for range 5 {
					all.Go(func() {
						if err := read(ctx, reg); !errors.Is(err, context.Canceled) {
							t.Errorf("who gave up got %v", err)
						}
					})
				}
				synctest.Wait()
				interrupt()
				all.Wait()
				synctest.Wait()
				if ended != 1 {
					t.Fatalf("the read goes on")
				}
				if err := read(registry.Refreshing(t.Context()), reg); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
