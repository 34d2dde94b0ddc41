package token

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// A workspace's stop waits this long for a registry that may be dead: for the refresh and for the revocation together,
// although these run in two processes. A refresh leaves something for a last try.
const (
	patience        = 10 * time.Second
	refreshPatience = 7 * time.Second
	// shortPatience is for the tokens after one that was waited for in vain in the same process.
	shortPatience = time.Second
	// unreachableTTL is how long a refresh that got no answer counts: a plan may lie about for a while before it is applied.
	unreachableTTL = 10 * time.Minute
	// lastAttempts is how often a revocation is tried that no later run makes good.
	lastAttempts = 3
)

// silenceKey is where a refresh that got no answer tells the revocation after it in private state.
const silenceKey = "silence"

// silence is a refresh that got no answer.
type silence struct {
	At     time.Time     `json:"at,omitzero"`
	Waited time.Duration `json:"waited,omitempty"`
}

// refreshLimit is how long a toleratesUnreachable refresh may take.
func (r *tokenResource) refreshLimit(limit time.Duration) time.Duration {
	if r.Data.Unreachable() {
		return min(limit, shortPatience)
	}
	return min(limit, refreshPatience)
}

// revokeLimit is how long a toleratesUnreachable revocation may take: what the refresh before it has left.
func (r *tokenResource) revokeLimit(ctx context.Context, private tfkit.PrivateReader, limit time.Duration) time.Duration {
	var before silence
	if known, diags := tfkit.LoadPrivate(ctx, private, silenceKey, &before); !known || diags.HasError() {
		before = silence{}
	}
	left := patience
	if age := r.Data.Now().Sub(before.At); age >= 0 && age < unreachableTTL {
		left = max(patience-before.Waited, shortPatience)
	}
	if r.Data.Unreachable() {
		left = shortPatience
	}
	return min(limit, left)
}

// noteUnreachable remembers how a toleratesUnreachable refresh went, for the others in this process and for the revocation.
func (r *tokenResource) noteUnreachable(ctx context.Context, private tfkit.PrivateState, began time.Time, err error) diag.Diagnostics {
	if registry.IsUnreachable(err) {
		r.Data.MarkUnreachable()
		return tfkit.SavePrivate(ctx, private, silenceKey, silence{At: r.Data.Now(), Waited: r.Data.Now().Sub(began)})
	}
	r.Data.MarkReachable()
	var before silence
	if known, diags := tfkit.LoadPrivate(ctx, private, silenceKey, &before); !known || before.At.IsZero() {
		return diags
	}
	return tfkit.SavePrivate(ctx, private, silenceKey, silence{})
}

// retryRevoke tries a revocation that no later run makes good more than once, whatever is wrong with it.
func retryRevoke(ctx context.Context, revoke func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		err := revoke(ctx)
		if err == nil || registry.IsNotFound(err) || attempt == lastAttempts || ctx.Err() != nil {
			return err
		}
	}
}
