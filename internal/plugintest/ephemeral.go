package plugintest

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Ephemeral opens an ephemeral resource, runs use with its value while it is open, and closes it, as core does. An object
// that could not be opened is not closed.
func (c *Core) Ephemeral(ctx context.Context, r Resource, use func(*Object)) (Report, error) {
	ctx, end := process(ctx)
	defer end()
	w, err := c.start(ctx)
	if err != nil {
		return Report{}, err
	}
	schema, ok := c.schemas.EphemeralResourceSchemas[r.Type]
	if !ok {
		return Report{}, fmt.Errorf("the provider has no ephemeral resource %q", r.Type)
	}
	config, err := Value(schema.ValueType(), r.Config)
	if err != nil {
		return Report{}, err
	}
	raw, err := dynamic(config)
	if err != nil {
		return Report{}, err
	}
	valid, err := w.server.ValidateEphemeralResourceConfig(ctx, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: r.Type, Config: raw[0]})
	if err == nil {
		err = w.note(valid.Diagnostics)
	}
	if err != nil {
		return w.report(nil), err
	}
	opened, err := w.server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: r.Type, Config: raw[0]})
	switch {
	case err != nil:
	case w.dead():
		err = ErrCrashed
	default:
		err = w.note(opened.Diagnostics)
	}
	if err != nil {
		return w.report(nil), err
	}
	if !opened.RenewAt.IsZero() {
		return w.report(nil), fmt.Errorf("%s asks to be renewed, which is not played here", r.Type)
	}
	value, err := opened.Result.Unmarshal(schema.ValueType())
	if err != nil {
		return w.report(nil), err
	}
	use(&Object{Value: value})
	closed, err := w.server.CloseEphemeralResource(ctx, &tfprotov6.CloseEphemeralResourceRequest{TypeName: r.Type, Private: opened.Private})
	if err == nil {
		err = w.note(closed.Diagnostics)
	}
	return w.report(nil), err
}
