// Package session turns a credential that a registry does not take with every request into a token that it does: one
// sign-in, shared by all requests, and another one when the token has ended.
package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/flight"
)

// Artifact Keeper allows 10 logins of one user within 900 s (config.rs, RATE_LIMIT_LOGIN_*). Some are left for people. The
// same bound keeps a server that refuses each token it has just given from being asked for ever more of them.
const (
	loginWindow  = 15 * time.Minute
	loginsMost   = 6
	loginTimeout = time.Minute
	// renewBefore is how long before its end a token is given up, so that it does not end on the way; of a short-lived one
	// a quarter of its life.
	renewBefore = 10 * time.Second
)

// Grant is what a sign-in gives.
type Grant struct {
	Token registry.Secret
	// Lifetime is how long the token lives from now on; zero when that was not told.
	Lifetime time.Duration
}

// Session holds the token of one credential. It is a transport.Authorizer and safe for concurrent use.
type Session struct {
	object string
	signIn func(context.Context) (Grant, error)
	flight flight.Group[registry.Secret]

	mu            sync.Mutex
	authorization registry.Secret
	renewAt       time.Time // zero: when the server stops accepting it
	// refused is the server's no to this credential. It is final: each further try would count against the user's limit and
	// lock the account.
	refused error
	logins  []time.Time
}

// New gives a session that signs in on first use. object is who signs in, in words for errors.
func New(object string, signIn func(context.Context) (Grant, error)) *Session {
	return &Session{object: object, signIn: signIn}
}

// Authorization implements transport.Authorizer.
func (s *Session) Authorization(ctx context.Context) (registry.Secret, error) {
	s.mu.Lock()
	known, refused := s.current(), s.refused
	s.mu.Unlock()
	if refused != nil || !known.Empty() {
		return known, refused
	}
	return s.login(ctx)
}

// Renew implements transport.Authorizer.
func (s *Session) Renew(ctx context.Context, refused registry.Secret) (bool, error) {
	s.mu.Lock()
	if s.current() == refused {
		if !s.mayLogin() {
			s.mu.Unlock()
			return false, nil
		}
		s.authorization = registry.Secret{}
	}
	s.mu.Unlock()
	fresh, err := s.Authorization(ctx)
	return err == nil && fresh != refused, err
}

// current is the token unless it is about to end. The caller holds the lock.
func (s *Session) current() registry.Secret {
	if !s.renewAt.IsZero() && !time.Now().Before(s.renewAt) {
		return registry.Secret{}
	}
	return s.authorization
}

// mayLogin reports whether a further login stays within the limit. The caller holds the lock.
func (s *Session) mayLogin() bool {
	recent := 0
	for _, at := range s.logins {
		if time.Since(at) < loginWindow {
			recent++
		}
	}
	return recent < loginsMost
}

// login joins the login that is under way or starts one: who gives up must not take the session from the others.
func (s *Session) login(ctx context.Context) (registry.Secret, error) {
	// A caller with time lends it: the server may ask to wait until its limit lets a login through.
	limit := loginTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = max(limit, time.Until(deadline))
	}
	authorization, _, err := s.flight.Do(ctx, "login", limit, func(ctx context.Context) (registry.Secret, error) {
		s.mu.Lock()
		known := s.current()
		s.mu.Unlock()
		if !known.Empty() { // another flight landed between our look and this one
			return known, nil
		}
		grant, err := s.signIn(ctx)
		return s.keep(grant, err)
	})
	if errors.Is(err, flight.ErrGaveUp) {
		return registry.Secret{}, &registry.Error{
			Kind: registry.KindUnavailable, Op: "sign in", Object: s.object,
			Message: "cancelled before the registry answered", Err: ctx.Err(),
		}
	}
	return authorization, err
}

// keep notes what a login came to.
func (s *Session) keep(grant Grant, err error) (registry.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	// A token that has simply ended is no sign of a server that refuses what it gave.
	if s.renewAt.IsZero() || now.Before(s.renewAt) {
		s.logins = append(s.logins, now)
	}
	if err != nil {
		err = apart(err)
		switch registry.KindOf(err) { //nolint:exhaustive // the others may pass
		case registry.KindUnauthorized, registry.KindForbidden, registry.KindUnsupported:
			s.refused = err
		}
		return registry.Secret{}, err
	}
	s.authorization, s.renewAt = registry.NewSecret("Bearer "+grant.Token.Reveal()), time.Time{}
	if grant.Lifetime > 0 {
		s.renewAt = now.Add(grant.Lifetime - min(renewBefore, grant.Lifetime/4))
	}
	return s.authorization, nil
}

// apart keeps the answer to a sign-in from being taken for the answer to the request that waits for it: what a status means
// for an object, such as that there is none, is not said here.
func apart(err error) error {
	var e *registry.Error
	if !errors.As(err, &e) || e.Status == 0 {
		return err
	}
	words := fmt.Sprintf("the registry answered HTTP %d", e.Status)
	if e.Code != "" {
		words += " " + e.Code
	}
	if e.Message != "" {
		words += ": " + e.Message
	}
	own := *e
	own.Status, own.Code, own.Message = 0, "", words
	return &own
}
