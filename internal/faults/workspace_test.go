package faults

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/provider"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// owner is a Coder user, and the account that they may have a token of; "" when they may have none.
type owner struct{ name, email, account string }

const people = 40

// ownerOfBuild gives one of the people, and now and then somebody who must get no token.
func ownerOfBuild(id int) owner {
	switch id % 25 {
	case 5:
		return owner{name: "admin", email: "admin@example.com"} // an administrator
	case 10:
		return owner{name: "carol", email: "carol@example.com"} // disabled
	case 15:
		return owner{name: person(id), email: "mallory@example.com"} // renamed to somebody else
	case 20:
		return owner{name: "stranger", email: "stranger@example.com"} // without an account
	default:
		return owner{name: person(id), email: person(id) + "@example.com", account: person(id)}
	}
}

func person(id int) string { return fmt.Sprintf("person-%02d", id%people) }

// site is a registry for soaking.
type site struct{ *world }

func newSite(t testing.TB, dialect devregistry.Dialect) *site {
	t.Helper()
	s := &site{newWorld(t, dialect)}
	s.server.Store.Update(func(st *state.State) {
		for id := range people {
			alice := *st.UserByName("alice")
			alice.ID = fmt.Sprintf("3c0f7a52-11aa-4c1e-9d4e-%012d", id)
			alice.Username, alice.Email = person(id), person(id)+"@example.com"
			st.Users = append(st.Users, &alice)
		}
	})
	if err := s.server.Faults.Set(soakFaults()...); err != nil {
		t.Fatal(err)
	}
	return s
}

// immortal is the life of a process that nobody kills.
const immortal = -1

// mortal carries the requests of one process, which dies with the answer of its last one.
type mortal struct {
	base http.RoundTripper
	left atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.left.Add(-1) < 0 {
		return nil, errors.New("this process is dead")
	}
	return m.base.RoundTrip(r)
}

func (m *mortal) dead() bool { return m.left.Load() <= 0 }

// core is Terraform with a provider that dies after so many requests.
func (s *site) core(requests int) *plugintest.Core {
	core := *s.world.core
	var carrier http.RoundTripper = s.carrier
	if requests != immortal {
		m := &mortal{base: s.carrier}
		m.left.Store(int64(requests))
		carrier, core.Crashed = m, m.dead
	}
	core.Serve = func() tfprotov6.ProviderServer {
		return provider.NewServer("test", provider.WithTransport(func(c *transport.Config) {
			c.RoundTripper = carrier
			c.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
		}))
	}
	return &core
}

// workspace is one workspace and its state.
type workspace struct {
	id    int
	site  *site
	owner owner
	state plugintest.State
}

func (s *soak) workspace(id int) *workspace {
	return &workspace{id: id, site: s.sites[id%len(s.sites)], owner: ownerOfBuild(id)}
}

// attempts is how often a person starts or stops a workspace until it works.
const attempts = 12

// live leads a workspace through its life. Some are rebuilt, some keep running, and of some a build is killed.
func (s *soak) live(ctx context.Context, w *workspace) {
	if w.owner.account == "" {
		s.refuse(ctx, w)
		return
	}
	s.until(w, "start", func(attempt int) error { return w.start(ctx, s.lifetime(w.id, attempt)) })
	token := w.state.Current.Attribute("id")
	if w.id%10 == 3 {
		s.until(w, "rebuild", func(int) error { return w.start(ctx, immortal) })
		if now := w.state.Current.Attribute("id"); now != token {
			s.t.Errorf("workspace %d: a rebuild changed token %s to %s", w.id, token, now)
		}
	}
	s.add(func() { s.starts++ })
	if w.id%20 == 7 {
		s.add(func() { s.running = append(s.running, w) })
		return
	}
	s.until(w, "stop", func(attempt int) error { return w.stop(ctx, s.lifetime(w.id+1, attempt), s) })
	s.add(func() { s.stops++ })
}

// refuse starts a workspace of somebody who must get no token, and stops it.
func (s *soak) refuse(ctx context.Context, w *workspace) {
	for range 3 {
		_ = w.start(ctx, immortal) // an error, or a start without credentials
		if !w.state.Empty() {
			s.t.Errorf("workspace %d: %s got a token", w.id, w.owner.name)
		}
	}
	s.add(func() { s.starts++; s.stops++ })
}

func (s *soak) add(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *soak) until(w *workspace, what string, build func(attempt int) error) {
	var err error
	for attempt := range attempts {
		if err = build(attempt); err == nil {
			return
		}
	}
	s.t.Errorf("workspace %d: it does not %s: %v", w.id, what, err)
}

// lifetime says after which request a build is killed: the first attempt of every eighth, at any of its requests.
func (s *soak) lifetime(id, attempt int) int {
	if id%8 != 0 || attempt > 0 {
		return immortal
	}
	s.add(func() { s.kills++ })
	return 1 + id/8%6
}

// start is the module's start build: who is the owner, and a token for them.
func (w *workspace) start(ctx context.Context, requests int) error {
	core := w.site.core(requests)
	before := w.state
	identity, _, err := core.Read(ctx, "registry_identity", config{"username": w.owner.name, "email": w.owner.email, "on_missing": "null"})
	if err != nil {
		return err
	}
	username := (&plugintest.Object{Value: identity}).Attribute("username")
	if username == "" {
		return nil
	}
	if w.state, _, err = core.Apply(ctx, w.token(username), before); errors.Is(err, plugintest.ErrCrashed) && w.id%16 == 0 {
		w.state = before // the whole run was killed, not the plugin alone
	}
	return err
}

func (w *workspace) token(username string) plugintest.Resource {
	return plugintest.Resource{Type: "registry_token", Config: config{
		"username": username, "expires_in": "30d", "description": fmt.Sprintf("Coder workspace of %s, number %d", w.owner.account, w.id),
		"idempotency_key": fmt.Sprintf("workspace-%d", w.id), "on_unreachable": "warn",
	}}
}

// stop is the module's stop build.
func (w *workspace) stop(ctx context.Context, requests int, s *soak) error {
	before := w.state
	after, report, err := w.site.core(requests).Destroy(ctx, w.token(w.owner.account), before)
	w.state = after
	if errors.Is(err, plugintest.ErrCrashed) && w.id%16 == 0 {
		w.state = before
	}
	if id := before.Current.Attribute("id"); err == nil && strings.Contains(report.Diagnostics.Error(), "Not revoked: token "+id) {
		s.add(func() { s.letGo = append(s.letGo, id) })
	}
	return err
}
