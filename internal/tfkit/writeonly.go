package tfkit

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// WriteOnly is a write-only value and the version that says when to send it.
type WriteOnly struct {
	// Value comes from the configuration: a write-only value is in no plan and no state.
	Value types.String
	// Planned and Prior are the version in the plan and in the state.
	Planned, Prior types.Int64
	// Adopted is true for an object that was imported, moved or taken over: the first version it is given names the
	// value it already has.
	Adopted bool
}

// ErrNoValue: the version asks for a new value and there is none.
var ErrNoValue = errors.New("the version was raised but there is no new value")

// ToSend decides whether the value must be sent on an update, and gives it. A null version leaves the registry's value
// alone, whatever it is.
func (w WriteOnly) ToSend() (registry.Secret, bool, error) {
	switch {
	case !IsSet(w.Planned), w.Planned.Equal(w.Prior):
		return registry.Secret{}, false, nil
	case w.Prior.IsNull() && w.Adopted:
		return registry.Secret{}, false, nil
	case !IsSet(w.Value) || w.Value.ValueString() == "":
		return registry.Secret{}, false, ErrNoValue
	default:
		return registry.NewSecret(w.Value.ValueString()), true, nil
	}
}
