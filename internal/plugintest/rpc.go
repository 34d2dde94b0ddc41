package plugintest

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// change is a planned change of one object. A null after destroys it.
type change struct {
	action        Action
	config        tftypes.Value
	before, after tftypes.Value
	private       []byte
	identity      *tfprotov6.ResourceIdentityData
}

// destroying is the part of a replacement that removes the old object.
func (c *change) destroying() *change {
	null := tftypes.NewValue(c.before.Type(), nil)
	return &change{action: Delete, config: null, before: c.before, after: null, private: c.private}
}

// refresh reads an object; nil when the provider says that it is gone.
func (w *walk) refresh(ctx context.Context, resource string, o *Object) (*Object, error) {
	if o == nil {
		return nil, nil
	}
	current, err := tfprotov6.NewDynamicValue(o.Value.Type(), o.Value)
	if err != nil {
		return o, err
	}
	resp, err := w.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: resource, CurrentState: &current, Private: o.Private, CurrentIdentity: o.Identity,
	})
	switch {
	case err != nil:
		return o, err
	case w.dead():
		return o, ErrCrashed
	}
	if err := w.note(resp.Diagnostics); err != nil {
		return o, err
	}
	read, err := resp.NewState.Unmarshal(o.Value.Type())
	if err != nil {
		return o, err
	}
	if read.IsNull() {
		return nil, nil
	}
	return &Object{Value: read, Private: resp.Private, Identity: resp.NewIdentity, Tainted: o.Tainted}, nil
}

// plan plans a change of an object, which may be nil. first is the plan that is being carried out, if any.
func (w *walk) plan(ctx context.Context, r Resource, o *Object, first *change) (*change, error) {
	schema, err := w.schema(r.Type)
	if err != nil {
		return nil, err
	}
	null := tftypes.NewValue(schema.ValueType(), nil)
	planned := &change{before: null, config: null}
	if o != nil {
		planned.before = o.Value
	}
	if r.Config == nil {
		return w.planDestroy(ctx, r, o, planned)
	}
	if planned.config, err = Value(schema.ValueType(), r.Config); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Type, err)
	}
	if err := w.validate(ctx, r, planned.config); err != nil {
		return nil, err
	}
	// A tainted object is planned like a new one, without its private data.
	prior, private, identity := null, []byte(nil), (*tfprotov6.ResourceIdentityData)(nil)
	if o != nil && !o.Tainted {
		prior, private, identity = o.Value, o.Private, o.Identity
	}
	proposed := proposedNew(schema.Block, prior, planned.config)
	paths, err := w.planChange(ctx, r, planned, prior, proposed, private, identity)
	if err != nil {
		return nil, err
	}
	planned.action = action(prior, planned.after, paths)
	if planned.action == Replace {
		// The new object is planned from nothing, with the private data of the plan for the old one.
		proposed = proposedNew(schema.Block, null, planned.config)
		if _, err := w.planChange(ctx, r, planned, null, proposed, planned.private, planned.identity); err != nil {
			return nil, err
		}
	}
	if planned.action == Create && o != nil {
		planned.action = Replace // tainted
	}
	if first != nil && first.action == Replace {
		planned.before = null // the old object is gone by now, or deposed
	}
	return planned, nil
}

func (w *walk) validate(ctx context.Context, r Resource, config tftypes.Value) error {
	raw, err := tfprotov6.NewDynamicValue(config.Type(), config)
	if err != nil {
		return err
	}
	resp, err := w.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: r.Type, Config: &raw,
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		return err
	}
	return w.note(resp.Diagnostics)
}

func (w *walk) planDestroy(ctx context.Context, r Resource, o *Object, planned *change) (*change, error) {
	planned.action = NoOp
	if o == nil {
		return planned, nil
	}
	planned.action = Delete
	_, err := w.planChange(ctx, r, planned, o.Value, planned.config, o.Private, o.Identity)
	return planned, err
}

// planChange makes the call and fills in its answer.
func (w *walk) planChange(
	ctx context.Context, r Resource, planned *change, prior, proposed tftypes.Value, private []byte, identity *tfprotov6.ResourceIdentityData,
) ([]*tftypes.AttributePath, error) {
	raw, err := dynamic(prior, proposed, planned.config)
	if err != nil {
		return nil, err
	}
	resp, err := w.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: r.Type, PriorState: raw[0], ProposedNewState: raw[1], Config: raw[2], PriorPrivate: private, PriorIdentity: identity,
	})
	switch {
	case err != nil:
		return nil, err
	case w.dead():
		return nil, ErrCrashed
	}
	if err := w.note(resp.Diagnostics); err != nil {
		return nil, err
	}
	planned.after, err = resp.PlannedState.Unmarshal(prior.Type())
	planned.private, planned.identity = resp.PlannedPrivate, resp.PlannedIdentity
	return resp.RequiresReplace, err
}

// apply makes the call and decides what is saved, which is where objects get lost: core keeps the old object when a
// failed call gave none, and a failed create with an object is tainted.
func (w *walk) apply(ctx context.Context, r Resource, o *Object, planned *change) (*Object, error) {
	raw, err := dynamic(planned.before, planned.after, planned.config)
	if err != nil {
		return o, err
	}
	resp, err := w.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: r.Type, PriorState: raw[0], PlannedState: raw[1], Config: raw[2],
		PlannedPrivate: planned.private, PlannedIdentity: planned.identity,
	})
	if err != nil {
		return o, err
	}
	if w.dead() {
		if o == nil || planned.after.IsNull() {
			return o, ErrCrashed
		}
		return &Object{Value: planned.before, Tainted: o.Tainted}, ErrCrashed // core saves it without its private data
	}
	failed := w.note(resp.Diagnostics)
	made, err := resp.NewState.Unmarshal(planned.after.Type())
	if err != nil {
		return o, err
	}
	if !made.IsFullyKnown() {
		return o, fmt.Errorf("the provider left unknown values in the new state: %s", made)
	}
	if failed == nil {
		failed = unexpected(planned, made)
	}
	switch {
	case failed != nil && made.IsNull():
		return o, failed
	case made.IsNull():
		return nil, nil
	}
	tainted := o != nil && o.Tainted && failed != nil
	if failed != nil && planned.before.IsNull() {
		tainted = true
	}
	return &Object{Value: made, Private: resp.Private, Identity: resp.NewIdentity, Tainted: tainted}, failed
}

// unexpected holds a successful result against the plan.
func unexpected(planned *change, made tftypes.Value) error {
	if planned.after.IsNull() != made.IsNull() {
		return fmt.Errorf("the plan was to %s, and the new state is %s", planned.action, made)
	}
	if path := deviation(planned.after, made); path != "" {
		return fmt.Errorf("the provider produced an inconsistent result after apply at %s", path)
	}
	return nil
}
