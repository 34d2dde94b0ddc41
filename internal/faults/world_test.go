package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/issuer/issuertest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/provider"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/snapshot"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// world is a registry and a provider for it that waits for nobody: pauses between attempts take no time, and neither does
// a registry that hangs.
type world struct {
	server  *devregistry.Server
	core    *plugintest.Core
	carrier *carrier
	// wait, when set, is told of the pauses between attempts instead of nothing happening.
	wait func(time.Duration)
	bulk snapshot.Options
	// idp is an issuer that pipelines have their tokens from; pipeline is one of them.
	idp      *issuertest.Issuer
	pipeline string
}

func newWorld(t testing.TB, dialect devregistry.Dialect) *world {
	t.Helper()
	w := &world{idp: issuertest.Start(t), bulk: snapshot.Options{Direct: snapshot.DefaultDirect}}
	w.pipeline = w.idp.Token(t, map[string]any{"sub": pipelineSubject, "aud": "registry", "exp": time.Now().Add(3 * time.Hour).Unix()})
	w.server = devregistrytest.Start(t, dialect, func(o *devregistry.Options) {
		o.IssuerClient, o.ArtifactKeeper.AllowPrivateIssuers = w.idp.Client, true
	})
	w.carrier = &carrier{base: devregistrytest.Client(t, w.server).Transport, faults: w.server.Faults}
	var err error
	w.core, err = plugintest.New(t.Context(), w.serve, w.block("access_token", w.server.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) serve() tfprotov6.ProviderServer {
	return provider.NewServer("test", provider.WithBulkReads(w.bulk), provider.WithTransport(func(c *transport.Config) {
		c.RoundTripper = w.carrier
		c.Sleep = func(ctx context.Context, d time.Duration) error {
			if w.wait != nil {
				w.wait(d)
			}
			return ctx.Err()
		}
	}))
}

// worlds lends worlds, so that not every operation has to start a registry.
type worlds map[devregistry.Dialect]chan *world

func newWorlds(t testing.TB) worlds {
	t.Helper()
	all := worlds{}
	for _, dialect := range dialects {
		all[dialect] = make(chan *world, runtime.GOMAXPROCS(0))
		for range cap(all[dialect]) {
			all[dialect] <- newWorld(t, dialect)
		}
	}
	return all
}

// borrow gives a world until the test ends.
func (all worlds) borrow(t testing.TB, dialect devregistry.Dialect) *world {
	t.Helper()
	w := <-all[dialect]
	t.Cleanup(func() { all[dialect] <- w })
	return w
}

// block is a provider block with more arguments, given as names and values in turn.
func (w *world) block(more ...string) map[string]any {
	block := map[string]any{"url": w.server.URL, "type": string(w.server.Dialect), "ca_certificate": string(w.server.CAPEM)}
	for i := 0; i < len(more); i += 2 {
		block[more[i]] = more[i+1]
	}
	return block
}

// reset puts the registry back to where it began, with a second group and with what somebody else has there.
func (w *world) reset(others func(*state.State)) error {
	if err := w.server.Reset(); err != nil {
		return err
	}
	w.server.Store.Update(func(st *state.State) {
		st.Groups = append(st.Groups, &state.Group{
			ID: "5f9c9c0e-6a7d-4a53-9d39-1c1d3f0f6a11", Name: "platform", Realm: "internal", CreatedAt: st.Groups[0].CreatedAt,
		})
		if others != nil {
			others(st)
		}
	})
	return nil
}

// requests are those of an undisturbed run. A request that hung in an earlier cell may be noted only now, when the registry
// notices that its client has given up.
func (w *world) requests() []record.Entry {
	return slices.DeleteFunc(w.server.Log.Entries(), func(e record.Entry) bool { return e.Fault != "" })
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
			add("group %s %q members=%v join=%t admin=%t roles=%v of %s", g.Name, text(g.Description), members(st, g), g.AutoJoin, g.AdminPrivileges, g.ArtifactoryRole, g.RealmAttributes)
		}
		for _, p := range st.Targets {
			sections, _ := json.Marshal(p.Sections)
			add("permission %s %s", p.Name, sections)
		}
		for _, r := range st.Rows {
			add("rule %s on %s %v", principal(st, r), repository(st, r), slices.Sorted(slices.Values(r.Actions)))
		}
		signIn, _ := json.Marshal([]any{st.Artifactory.LDAPSettings, st.Artifactory.LDAPGroups, st.Artifactory.OIDCProviders})
		add("sign-in %s", signIn)
		for _, p := range st.ArtifactKeeper.SSO {
			settings, _ := json.Marshal([]any{p.Settings, p.Secrets})
			add("sign-in %s %s enabled=%t %s", p.Kind, p.Name, p.Enabled, settings)
		}
		for _, p := range st.ArtifactKeeper.CIProviders {
			add("issuer %s %s for %s %s enabled=%t", p.Name, p.IssuerURL, p.Audience, p.Type, p.Enabled)
			for _, m := range p.Mappings {
				add("mapping %s of %s %d %v enabled=%t", m.Name, p.Name, m.Priority, m.ClaimFilters, m.Enabled)
			}
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
	before, rest, found := strings.Cut(label, nonceTag)
	if !found {
		return label
	}
	_, after, _ := strings.Cut(rest, " ")
	return before + after
}

const nonceTag = "tf-nonce:"

// nonce is what only one token's label holds.
func nonce(label string) string {
	_, rest, _ := strings.Cut(label, nonceTag)
	return nonceTag + strings.TrimRight(strings.Fields(rest + " ]")[0], "]")
}
