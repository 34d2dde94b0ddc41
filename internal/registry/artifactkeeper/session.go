package artifactkeeper

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// The server allows 10 logins of one user within 900 s (config.rs, RATE_LIMIT_LOGIN_*). Some are left for people.
const (
	loginWindow  = 15 * time.Minute
	loginsMost   = 6
	loginTimeout = time.Minute
)

// session turns user name and password into a session token: one login, shared by all requests, renewed when the server
// stops accepting it (after 30 minutes by default). A Basic header would work too, at the price of one slow password
// check for every request.
type session struct {
	c      *transport.Client
	cred   transport.Credential
	flight singleflight.Group

	mu            sync.Mutex
	authorization registry.Secret
	// refused is the server's no to this user and password. It is final: each further try would count against the
	// user's limit and lock the account.
	refused error
	logins  []time.Time
}

func newSession(c *transport.Client, cred transport.Credential) *session {
	return &session{c: c, cred: cred}
}

// Authorization implements transport.Authorizer.
func (s *session) Authorization(ctx context.Context) (registry.Secret, error) {
	s.mu.Lock()
	known, refused := s.authorization, s.refused
	s.mu.Unlock()
	if refused != nil || !known.Empty() {
		return known, refused
	}
	return s.login(ctx)
}

// Renew implements transport.Authorizer.
func (s *session) Renew(ctx context.Context, refused registry.Secret) (bool, error) {
	s.mu.Lock()
	if s.authorization == refused {
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

// mayLogin reports whether a further login stays within the limit. The caller holds the lock.
func (s *session) mayLogin() bool {
	recent := 0
	for _, at := range s.logins {
		if time.Since(at) < loginWindow {
			recent++
		}
	}
	return recent < loginsMost
}

// login joins the login that is under way or starts one. It is detached from the caller: who gives up must not take
// the session from the others.
func (s *session) login(ctx context.Context) (registry.Secret, error) {
	result := s.flight.DoChan("login", func() (any, error) {
		s.mu.Lock()
		known := s.authorization
		s.mu.Unlock()
		if !known.Empty() { // another flight landed between our look and this one
			return known, nil
		}
		// A caller with time lends it: the server may ask to wait until its limit lets a login through.
		limit := loginTimeout
		if deadline, ok := ctx.Deadline(); ok {
			limit = max(limit, time.Until(deadline))
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		return s.request(ctx)
	})
	select {
	case r := <-result:
		authorization, _ := r.Val.(registry.Secret)
		return authorization, r.Err
	case <-ctx.Done():
		return registry.Secret{}, &registry.Error{
			Kind: registry.KindUnavailable, Op: "sign in", Object: userObject(s.cred.Username),
			Message: "cancelled before the registry answered", Err: ctx.Err(),
		}
	}
}

type loginJSON struct {
	AccessToken  string `json:"access_token"`
	TOTPRequired bool   `json:"totp_required"`
	TOTPEnrol    bool   `json:"totp_enrollment_required"`
}

func (s *session) request(ctx context.Context) (registry.Secret, error) {
	var answer loginJSON
	err := s.c.Do(ctx, transport.Request{
		Op: "sign in", Object: userObject(s.cred.Username), Class: transport.Create, Method: http.MethodPost,
		Path: "/api/v1/auth/login", Anonymous: true,
		Body:    map[string]string{"username": s.cred.Username, "password": s.cred.Password.Reveal()},
		Secrets: []registry.Secret{s.cred.Password},
	}, &answer)
	if err == nil && answer.AccessToken == "" {
		// The server answers 200 without a token while a second factor is missing.
		err = &registry.Error{
			Kind: registry.KindUnauthorized, Op: "sign in", Object: userObject(s.cred.Username),
			Message: "the account needs a second factor",
			Hint:    "Use an access token with the scope admin instead of user name and password",
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins = append(s.logins, time.Now())
	if err != nil {
		if kind := registry.KindOf(err); kind == registry.KindUnauthorized || kind == registry.KindForbidden {
			s.refused = err
		}
		return registry.Secret{}, err
	}
	s.authorization = registry.NewSecret("Bearer " + answer.AccessToken)
	return s.authorization, nil
}
