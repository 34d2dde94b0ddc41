package tfkit

import (
	"context"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// ByNameOrID resolves what a user imports or looks up by: an id if it looks like one and there is such an object, else
// a name. Where the id is the name, the one look-up is enough.
func ByNameOrID[T any](ctx context.Context, key string, byName, byID func(context.Context, string) (T, error)) (T, error) {
	if uuid.Validate(key) == nil {
		found, err := byID(ctx, key)
		if !registry.IsNotFound(err) {
			return found, err
		}
	}
	return byName(ctx, key)
}
