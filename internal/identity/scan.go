package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// scanReaders is how many accounts are read at a time. One after the other, the accounts of a large Artifactory would take an
// hour; the provider's max_concurrent_requests still holds.
const scanReaders = 8

// scan reads every account for its e-mail address. Where the registry's list is thin that costs a request per account,
// which is why users opt in.
func scan(ctx context.Context, users registry.Users, email string) ([]registry.User, error) {
	s := &scanning{email: email, began: time.Now()}
	readers, reading := errgroup.WithContext(ctx)
	readers.SetLimit(scanReaders)
	var listed error
	for user, err := range users.List(reading, registry.UserFilter{}) {
		if err != nil {
			listed = err
			break
		}
		if !user.Partial {
			s.look(user)
			continue
		}
		readers.Go(func() error {
			whole, err := users.Get(reading, user.ID)
			switch {
			case err == nil:
				s.look(whole)
			case !registry.IsNotFound(err): // deleted while we were reading
				return err
			}
			return nil
		})
	}
	// What ended the readers ended the list too, and not the other way round.
	if err := readers.Wait(); err != nil {
		return nil, s.failed(ctx, err)
	}
	if listed != nil {
		return nil, s.failed(ctx, listed)
	}
	slices.SortFunc(s.matches, func(a, b registry.User) int { return strings.Compare(a.Username, b.Username) })
	return s.matches, nil
}

// scanning is what a scan has come to.
type scanning struct {
	email string
	began time.Time

	mu      sync.Mutex
	read    int
	matches []registry.User
}

func (s *scanning) look(user registry.User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read++
	if registry.EqualFoldASCII(user.Email, s.email) {
		s.matches = append(s.matches, user)
	}
}

// failed tells how far a scan came whose time ended.
func (s *scanning) failed(ctx context.Context, err error) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err
	}
	return &registry.Error{
		Kind: registry.KindUnavailable, Op: "scan", Object: "all accounts", Err: err,
		Message: fmt.Sprintf("the time for this operation ended after %d accounts were read in %s, and the list had not ended",
			s.read, time.Since(s.began).Round(time.Millisecond)),
		Hint: "Raise `read` in the data source's `timeouts` if the registry is that large or that slow, or do without `scan` and name the " +
			"person's account in `override`. A list that never ends comes from a registry or a proxy that repeats or invents pages",
	}
}
