package session_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/session"
)

// counter signs in with tokens that are numbered from 1.
type counter struct {
	mu       sync.Mutex
	lifetime time.Duration
	n        int
}

func (c *counter) signIn(context.Context) (session.Grant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return session.Grant{Token: registry.NewSecret(fmt.Sprint(c.n)), Lifetime: c.lifetime}, nil
}

func want(t *testing.T, s *session.Session, token string) {
	t.Helper()
	if got, err := s.Authorization(t.Context()); err != nil || got.Reveal() != "Bearer "+token {
		t.Errorf("got %q, %v; want %s", got.Reveal(), err, token)
	}
}

// A token is given up shortly before its end, however often that is, and by one sign-in for all who wait.
func TestTokensAreRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	for lifetime, kept := range map[time.Duration]time.Duration{
		time.Minute: 49 * time.Second, 8 * time.Second: 5 * time.Second, 30 * time.Minute: 29*time.Minute + 49*time.Second,
	} {
		t.Run(lifetime.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &counter{lifetime: lifetime}
				s := session.New("", c.signIn)
				for n := range 20 {
					var group sync.WaitGroup
					for range 8 {
						group.Go(func() { want(t, s, fmt.Sprint(n+1)) })
					}
					group.Wait()
					time.Sleep(kept) //nolint:forbidigo // the clock of the bubble
					want(t, s, fmt.Sprint(n+1))
					time.Sleep(2 * time.Second) //nolint:forbidigo // likewise
				}
				if c.n != 20 {
					t.Errorf("%d sign-ins", c.n)
				}
			})
		})
	}
}

// A server that refuses what it has just given is asked a few times only, however many tokens have ended before.
func TestRefusedTokensAreRenewedAFewTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &counter{lifetime: time.Minute}
		s := session.New("", c.signIn)
		for range 30 {
			if _, err := s.Authorization(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute) //nolint:forbidigo // the clock of the bubble
		}
		before, renewed := c.n, 0
		for range 20 {
			token, err := s.Authorization(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if again, err := s.Renew(t.Context(), token); err != nil {
				t.Fatal(err)
			} else if again {
				renewed++
			}
		}
		if renewed == 0 || c.n-before > 7 {
			t.Errorf("%d sign-ins, %d renewed", c.n-before, renewed)
		}
	})
}
