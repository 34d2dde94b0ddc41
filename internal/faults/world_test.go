package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/provider"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// world is a registry and a provider for it that waits for nobody: pauses between attempts take no time.
type world struct {
	server *devregistry.Server
	core   *plugintest.Core
	// patience, in nanoseconds, is how long a request may take; 0 is the provider's default.
	patience atomic.Int64
	carrier  http.RoundTripper
}

func newWorld(t testing.TB, dialect devregistry.Dialect) *world {
	t.Helper()
	w := &world{server: devregistrytest.Start(t, dialect)}
	w.carrier = devregistrytest.Client(t, w.server).Transport
	var err error
	w.core, err = plugintest.New(t.Context(), w.serve, w.block("access_token", w.server.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) serve() tfprotov6.ProviderServer {
	return providerserver.NewProtocol6(provider.New("test", provider.WithTransport(func(c *transport.Config) {
		c.RoundTripper = w.carrier
		c.RequestTimeout = time.Duration(w.patience.Load())
		c.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}))())()
}

// block is a provider block with more arguments, given as names and values in turn.
func (w *world) block(more ...string) map[string]any {
	block := map[string]any{"url": w.server.URL, "type": string(w.server.Dialect), "ca_certificate": string(w.server.CAPEM)}
	for i := 0; i < len(more); i += 2 {
		block[more[i]] = more[i+1]
	}
	return block
}

// reset puts the registry back to where the subject's life begins.
func (w *world) reset(s subject) error {
	if err := w.server.Reset(); err != nil {
		return err
	}
	w.server.Store.Update(func(st *state.State) {
		st.Groups = append(st.Groups, &state.Group{
			ID: "5f9c9c0e-6a7d-4a53-9d39-1c1d3f0f6a11", Name: "platform", Realm: "internal", CreatedAt: st.Groups[0].CreatedAt,
		})
		if s.others != nil {
			s.others(st)
		}
	})
	return nil
}

// inventory lists what counts in a registry: who exists, who may do what, and which tokens live. Two registries with the
// same inventory differ in ids, times and nonces only.
func (w *world) inventory() []string {
	var lines []string
	add := func(format string, a ...any) { lines = append(lines, fmt.Sprintf(format, a...)) }
	now := w.server.Store.Now()
	w.server.Store.View(func(st *state.State) {
		for _, u := range st.Users {
			add("user %s <%s> %q active=%t admin=%t nopassword=%t ui=%t profile=%t roles=%v password=%s",
				u.Username, u.Email, u.DisplayName, u.Active, u.Admin, u.NoPassword, !u.DisableUI, u.ProfileUpdate, u.ArtifactoryRole, passwordOf(u))
		}
		for _, g := range st.Groups {
			add("group %s %q members=%v join=%t admin=%t roles=%v", g.Name, text(g.Description), members(st, g), g.AutoJoin, g.AdminPrivileges, g.ArtifactoryRole)
		}
		for _, p := range st.Targets {
			sections, _ := json.Marshal(p.Sections)
			add("permission %s %s", p.Name, sections)
		}
		for _, r := range st.Rows {
			add("rule %s on %s %v", principal(st, r), repository(st, r), slices.Sorted(slices.Values(r.Actions)))
		}
		for _, t := range st.Tokens {
			if live(t, now) {
				add("token of %s %q %v never=%t", t.Username, plainLabel(t.Label), t.Scopes, t.ExpiresAt.IsZero())
			}
		}
	})
	slices.Sort(lines)
	return lines
}

func live(t *state.Token, now time.Time) bool {
	return t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

// passwordOf names the password of an account that a subject made; checking those of seeded ones would only take time.
func passwordOf(u *state.User) string {
	if u.Username != newUser && u.Username != otherUser {
		return "seeded"
	}
	for _, known := range []string{firstPassword, secondPassword} {
		if u.CheckPassword(known) {
			return known
		}
	}
	return "unknown"
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func members(st *state.State, g *state.Group) []string {
	var names []string
	for _, m := range g.Members {
		if u := st.UserByID(m.UserID); u != nil {
			names = append(names, u.Username)
		}
	}
	slices.Sort(names)
	return names
}

func principal(st *state.State, r *state.PermissionRow) string {
	if u := st.UserByID(r.PrincipalID); u != nil {
		return r.PrincipalType + " " + u.Username
	}
	if g := st.GroupByID(r.PrincipalID); g != nil {
		return r.PrincipalType + " " + g.Name
	}
	return r.PrincipalType + " " + r.PrincipalID
}

func repository(st *state.State, r *state.PermissionRow) string {
	for _, one := range st.Repositories {
		if one.ID == r.TargetID {
			return one.Key
		}
	}
	return r.TargetID
}

// plainLabel is a token's label without its nonce.
func plainLabel(label string) string {
	before, rest, found := strings.Cut(label, "tf-nonce:")
	if !found {
		return label
	}
	_, after, _ := strings.Cut(rest, " ")
	return before + after
}
