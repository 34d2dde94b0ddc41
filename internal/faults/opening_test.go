package faults

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// shortLived is the longest life of what an ephemeral resource may leave behind.
const shortLived = 24*time.Hour + time.Minute

// opening plays cells of the ephemeral token: it is opened, used and closed, and no token is left. Only a run that was
// killed, or that cannot reach the registry any more, leaves one: a short-lived one, which it names if it still can.
type opening struct {
	*world
	policy string
	before []string
}

func (o *opening) open(ctx context.Context, core *plugintest.Core) (plugintest.Report, error) {
	return core.Ephemeral(ctx, plugintest.Resource{Type: "registry_token", Config: config{
		"username": "alice", "description": "one run", "on_unreachable": o.policy,
	}}, func(*plugintest.Object) {})
}

// undisturbed implements player.
func (o *opening) undisturbed(ctx context.Context) ([]record.Entry, error) {
	if err := o.reset(nil); err != nil {
		return nil, err
	}
	o.before = o.inventory()
	if _, err := o.open(ctx, o.core); err != nil {
		return nil, err
	}
	if diff := cmp.Diff(o.before, o.inventory()); diff != "" {
		return nil, fmt.Errorf("it left something behind (-want +got):\n%s", diff)
	}
	return o.requests(), nil
}

// applies implements player.
func (o *opening) applies(p plague, method string) bool {
	return p.fits(method) && p.kill != killEverything
}

// play implements player.
func (o *opening) play(ctx context.Context, p plague, k int) error {
	if err := o.reset(nil); err != nil {
		return failed(noConvergence, "preparing: %w", err)
	}
	report, err, wrong := o.under(ctx, p, k, o.core, o.open)
	if wrong != nil {
		return wrong
	}
	if p.leavesTraces() || p.cancels {
		return o.named(p, report)
	}
	if diff := cmp.Diff(o.before, o.inventory()); diff != "" {
		return failed(orphan, "it left something behind (-want +got):\n%s\n(the disturbed run: %v)", diff, err)
	}
	return nil
}

// named demands that what could not be revoked ends soon and that the user is told of it.
func (o *opening) named(p plague, report plugintest.Report) error {
	var left []*state.Token
	now := o.server.Store.Now()
	o.server.Store.View(func(st *state.State) {
		for _, t := range st.Tokens {
			if live(t, now) && t.Username == "alice" {
				left = append(left, t)
			}
		}
	})
	if len(left) > 1 {
		return failed(orphan, "%d tokens are left", len(left))
	}
	said := report.Diagnostics.Error()
	if slices.ContainsFunc(left, func(t *state.Token) bool {
		return t.ExpiresAt.IsZero() || t.ExpiresAt.After(now.Add(shortLived)) ||
			p.kill == alive && !strings.Contains(said, t.ID) && !strings.Contains(said, nonce(t.Label))
	}) {
		return failed(orphan, "a token is left that lives on or that nobody was told of: %s", said)
	}
	return nil
}
