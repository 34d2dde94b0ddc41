package token

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

type memory map[string][]byte

func (m memory) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return m[key], nil }

func (m memory) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	m[key] = json.RawMessage(value)
	return nil
}

// A refresh and the revocation after it wait ten seconds together, though they are two processes, and a second token in
// the same process waits a second.
func TestPatience(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	process := func() *tokenResource {
		r := &tokenResource{}
		r.Data = &tfkit.ProviderData{Clock: func() time.Time { return now }}
		return r
	}
	private, hour := memory{}, time.Hour
	plan, apply := process(), process()
	want := func(what string, got, want time.Duration) {
		t.Helper()
		if got != want {
			t.Errorf("%s waits %s, want %s", what, got, want)
		}
	}
	refresh := plan.refreshLimit(hour)
	want("a revocation after a good refresh", apply.revokeLimit(ctx, private, hour), patience)
	unreachable := &registry.Error{Kind: registry.KindUnavailable}
	began := now
	now = now.Add(refresh)
	plan.noteUnreachable(ctx, private, began, unreachable)
	want("a refresh and its revocation", refresh+apply.revokeLimit(ctx, private, hour), patience)
	want("the next refresh of the process", plan.refreshLimit(hour), shortPatience)
	want("a shorter timeouts block", apply.revokeLimit(ctx, private, time.Second/2), time.Second/2)
	apply.Data.MarkUnreachable()
	want("the next revocation of the process", apply.revokeLimit(ctx, private, hour), shortPatience)
	now = now.Add(unreachableTTL)
	want("a revocation long after the plan", process().revokeLimit(ctx, private, hour), patience)

	plan.noteUnreachable(ctx, private, now, nil)
	want("a refresh after a good one", plan.refreshLimit(hour), refreshPatience)
	want("a revocation after a good one", process().revokeLimit(ctx, private, hour), patience)
}

// Only a token that ends by itself may be let go.
func TestToleratesUnreachable(t *testing.T) {
	t.Parallel()
	end, null := types.StringValue("2030-01-01T00:00:00Z"), types.StringNull()
	warn, fail := types.StringValue("warn"), types.StringValue("error")
	for name, c := range map[string]struct {
		provider             tfkit.OnUnreachable
		expires, unreachable types.String
		want                 bool
	}{
		"the token says so":       {tfkit.OnUnreachableError, end, warn, true},
		"the provider says so":    {tfkit.OnUnreachableWarn, end, null, true},
		"the token says no":       {tfkit.OnUnreachableWarn, end, fail, false},
		"nobody says so":          {tfkit.OnUnreachableError, end, null, false},
		"a token without an end":  {tfkit.OnUnreachableWarn, null, warn, false},
		"another without any end": {tfkit.OnUnreachableWarn, null, null, false},
	} {
		r := &tokenResource{}
		r.Data = &tfkit.ProviderData{OnUnreachable: c.provider}
		if got := r.toleratesUnreachable(model{ExpiresAt: c.expires, OnUnreachable: c.unreachable}); got != c.want {
			t.Errorf("%s: toleratesUnreachable() = %t", name, got)
		}
	}
}

// A revocation that no later run makes good is tried again, but not for ever, and not after its time.
func TestRetryRevoke(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx     context.Context //nolint:containedctx // the case
		answers []error
		tries   int
		want    error
	}{
		"at once":    {t.Context(), []error{nil}, 1, nil},
		"in the end": {t.Context(), []error{broken, broken, nil}, 3, nil},
		"never":      {t.Context(), []error{broken, broken, broken, nil}, lastAttempts, broken},
		"time over":  {over, []error{broken, nil}, 1, broken},
	} {
		tries := 0
		err := retryRevoke(c.ctx, func(context.Context) error { tries++; return c.answers[tries-1] })
		if !errors.Is(err, c.want) || tries != c.tries {
			t.Errorf("%s: %v after %d tries", name, err, tries)
		}
	}
}
