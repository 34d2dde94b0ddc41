package tfkit

import (
	"context"
	"errors"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// cleanupGrace is what an interrupted run still spends to find out what its last request did. The run is to end within a
// second.
const cleanupGrace = 900 * time.Millisecond

// ResponseLost reports whether a write may have happened although its answer never came.
func ResponseLost(err error) bool {
	return registry.KindOf(err) == registry.KindUncertain ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// CleanupContext keeps a live context as it is and gives a dead one a little time of its own: knowing what was left on the
// registry is worth a moment even to a run that was interrupted.
func CleanupContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), cleanupGrace)
}

// AdoptCreated turns a create whose answer was lost into the object, if the registry has it now and it is what was asked for.
// The request is never repeated: that would make a second object, or take somebody else's for ours.
func AdoptCreated[T any](ctx context.Context, created T, err error, find func(context.Context) (T, error), same func(T) bool) (T, error) {
	if !ResponseLost(err) {
		return created, err
	}
	ctx, cancel := CleanupContext(ctx)
	defer cancel()
	found, findErr := find(ctx)
	if findErr != nil || !same(found) {
		return created, err
	}
	return found, nil
}
