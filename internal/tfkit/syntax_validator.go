package tfkit

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// syntax is a validator that asks a function.
type syntax struct {
	what  string
	check func(string) error
}

// SyntaxValidator makes a validator of a function that knows the syntax of what.
func SyntaxValidator(what string, check func(string) error) validator.String {
	return syntax{what, check}
}

// Description implements validator.String.
func (s syntax) Description(context.Context) string { return "value must be a valid " + s.what }

// MarkdownDescription implements validator.String.
func (s syntax) MarkdownDescription(ctx context.Context) string { return s.Description(ctx) }

// ValidateString implements validator.String.
func (s syntax) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := s.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+s.what,
			fmt.Sprintf("%q is no valid %s: %s.", req.ConfigValue.ValueString(), s.what, strings.TrimSuffix(err.Error(), ".")))
	}
}
