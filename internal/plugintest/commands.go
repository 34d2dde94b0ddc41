package plugintest

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"golang.org/x/sync/errgroup"
)

// Plan is `terraform plan`: it refreshes and plans, and keeps nothing.
func (c *Core) Plan(ctx context.Context, r Resource, s State) (Report, error) {
	ctx, end := process(ctx)
	defer end()
	w, err := c.start(ctx)
	if err != nil {
		return Report{}, err
	}
	_, planned, err := w.planned(ctx, r, s)
	return w.report(planned), err
}

// Apply is `terraform apply`: it refreshes, plans, and carries the plan out with a second provider. The state is what is
// saved at the end, also of a run that fails.
func (c *Core) Apply(ctx context.Context, r Resource, s State) (State, Report, error) {
	ctx, end := process(ctx)
	defer end()
	w, err := c.start(ctx)
	if err != nil {
		return s, Report{}, err
	}
	refreshed, planned, err := w.planned(ctx, r, s)
	if err != nil {
		return s, w.report(planned), err
	}
	second, err := c.start(ctx)
	if err != nil {
		return refreshed, w.report(planned), err
	}
	after, err := second.carryOut(ctx, r, refreshed, planned)
	report := w.report(planned)
	report.Diagnostics = append(report.Diagnostics, second.seen...)
	return after, report, err
}

// Destroy is `terraform destroy`.
func (c *Core) Destroy(ctx context.Context, r Resource, s State) (State, Report, error) {
	r.Config = nil
	return c.Apply(ctx, r, s)
}

// Import is an import followed by the refresh that core adds. Nothing is saved of one that fails.
func (c *Core) Import(ctx context.Context, resource, id string) (State, Report, error) {
	ctx, end := process(ctx)
	defer end()
	w, err := c.start(ctx)
	if err != nil {
		return State{}, Report{}, err
	}
	object, err := w.imported(ctx, resource, id)
	if err != nil {
		return State{}, w.report(nil), err
	}
	return State{Current: object}, w.report(nil), nil
}

func (w *walk) imported(ctx context.Context, resource, id string) (*Object, error) {
	schema, err := w.schema(resource)
	if err != nil {
		return nil, err
	}
	resp, err := w.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: resource, ID: id})
	switch {
	case err != nil:
		return nil, err
	case w.dead():
		return nil, ErrCrashed
	}
	if err := w.note(resp.Diagnostics); err != nil {
		return nil, err
	}
	if len(resp.ImportedResources) != 1 {
		return nil, fmt.Errorf("importing %q gave %d objects", id, len(resp.ImportedResources))
	}
	imported := resp.ImportedResources[0]
	read, err := imported.State.Unmarshal(schema.ValueType())
	if err != nil {
		return nil, err
	}
	object, err := w.refresh(ctx, resource, &Object{Value: read, Private: imported.Private, Identity: imported.Identity})
	if err == nil && object == nil {
		err = fmt.Errorf("%q was imported and then not found", id)
	}
	return object, err
}

// Read reads a data source.
func (c *Core) Read(ctx context.Context, dataSource string, config map[string]any) (tftypes.Value, Report, error) {
	ctx, end := process(ctx)
	defer end()
	w, err := c.start(ctx)
	if err != nil {
		return tftypes.Value{}, Report{}, err
	}
	schema, ok := c.schemas.DataSourceSchemas[dataSource]
	if !ok {
		return tftypes.Value{}, Report{}, fmt.Errorf("the provider has no data source %q", dataSource)
	}
	arguments, err := Value(schema.ValueType(), config)
	if err != nil {
		return tftypes.Value{}, Report{}, fmt.Errorf("%s: %w", dataSource, err)
	}
	raw, err := dynamic(arguments)
	if err != nil {
		return tftypes.Value{}, Report{}, err
	}
	valid, err := w.server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: dataSource, Config: raw[0]})
	if err == nil {
		err = w.note(valid.Diagnostics)
	}
	if err != nil {
		return tftypes.Value{}, w.report(nil), err
	}
	resp, err := w.server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: dataSource, Config: raw[0]})
	if err == nil {
		err = w.note(resp.Diagnostics)
	}
	if err != nil {
		return tftypes.Value{}, w.report(nil), err
	}
	read, err := resp.State.Unmarshal(schema.ValueType())
	return read, w.report(nil), err
}

func (w *walk) report(planned *change) Report {
	report := Report{Diagnostics: w.seen}
	if planned != nil {
		report.Action = planned.action
	}
	return report
}

// planned refreshes every object and plans the current one. The state is the refreshed one.
func (w *walk) planned(ctx context.Context, r Resource, s State) (State, *change, error) {
	var err error
	if s.Deposed, err = w.refresh(ctx, r.Type, s.Deposed); err != nil {
		return s, nil, err
	}
	if s.Current, err = w.refresh(ctx, r.Type, s.Current); err != nil {
		return s, nil, err
	}
	planned, err := w.plan(ctx, r, s.Current, nil)
	return s, planned, err
}

// carryOut applies a plan. A deposed object is removed on the way, whatever the plan for the current one is.
func (w *walk) carryOut(ctx context.Context, r Resource, s State, planned *change) (State, error) {
	var err error
	if s.Deposed, err = w.remove(ctx, r, s.Deposed); err != nil {
		return s, err
	}
	switch {
	case planned.action == NoOp:
		return s, nil
	case planned.action == Delete:
		s.Current, err = w.remove(ctx, r, s.Current)
		return s, err
	case planned.action == Replace && r.CreateBeforeDestroy:
		return w.createThenDelete(ctx, r, s, planned)
	case planned.action == Replace:
		// The destroying half of a replacement carries the private data of the plan, and that of a tainted object has none.
		if s.Current, err = w.apply(ctx, r, s.Current, planned.destroying()); err != nil {
			return s, err
		}
	}
	s.Current, err = w.replanAndApply(ctx, r, s.Current, planned)
	return s, err
}

// createThenDelete keeps the old object aside, and takes it back if nothing came of the new one.
func (w *walk) createThenDelete(ctx context.Context, r Resource, s State, planned *change) (State, error) {
	old := s.Current
	made, err := w.replanAndApply(ctx, r, nil, planned)
	switch {
	case err != nil && made == nil:
		return s, err
	case err != nil:
		return State{Current: made, Deposed: old}, err
	}
	left, err := w.remove(ctx, r, old)
	return State{Current: made, Deposed: left}, err
}

// remove plans and applies the destruction of an object.
func (w *walk) remove(ctx context.Context, r Resource, o *Object) (*Object, error) {
	if o == nil {
		return nil, nil
	}
	r.Config = nil
	planned, err := w.plan(ctx, r, o, nil)
	if err != nil {
		return o, err
	}
	return w.apply(ctx, r, o, planned)
}

// replanAndApply plans once more, as core does in the apply phase, and holds that against the first plan.
func (w *walk) replanAndApply(ctx context.Context, r Resource, o *Object, planned *change) (*Object, error) {
	again, err := w.plan(ctx, r, o, planned)
	if err != nil {
		return o, err
	}
	if planned.action != Replace && again.action != planned.action {
		return o, fmt.Errorf("the plan changed during the apply: it was %s and is %s", planned.action, again.action)
	}
	if path := deviation(planned.after, again.after); path != "" {
		return o, fmt.Errorf("the provider planned another value for %s during the apply", path)
	}
	return w.apply(ctx, r, o, again)
}

// Instance is one of many resource instances.
type Instance struct {
	Type   string
	Object *Object
}

// parallelism is how many objects core works on at a time by default.
const parallelism = 10

// Refresh is `terraform refresh` of many resource instances by one provider. What is gone is nil.
func (c *Core) Refresh(ctx context.Context, instances []Instance) ([]*Object, error) {
	w, err := c.start(ctx)
	if err != nil {
		return nil, err
	}
	refreshed := make([]*Object, len(instances))
	var group errgroup.Group
	group.SetLimit(parallelism)
	for i, instance := range instances {
		group.Go(func() error {
			reader := &walk{Core: c, server: w.server} // diagnostics of its own
			var err error
			refreshed[i], err = reader.refresh(ctx, instance.Type, instance.Object)
			return err
		})
	}
	return refreshed, group.Wait()
}
