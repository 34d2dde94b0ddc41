package faults

import (
	"context"
	"fmt"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// operation is one run of Terraform: from what was applied before to what is configured now. A nil configuration is
// nothing: before a create, after a destroy.
type operation struct {
	name       string
	before, to config
	// vanished: somebody removed the object in between.
	vanished bool
	// imports: the state was lost, and the run imports the object.
	imports bool
}

func operations(s subject) []operation {
	list := []operation{
		{name: "create", to: s.create},
		{name: "read", before: s.create, to: s.create},
		{name: "delete", before: s.create},
		{name: "import", before: s.create, to: s.create, imports: true},
	}
	if !s.adopts {
		list = append(list,
			operation{name: "create what vanished", before: s.create, to: s.create, vanished: true},
			operation{name: "delete what vanished", before: s.create, vanished: true})
	}
	if s.update != nil {
		list = append(list, operation{name: "update", before: s.create, to: s.update})
	}
	if s.replace != nil {
		list = append(list, operation{name: "replace", before: s.create, to: s.replace})
	}
	return list
}

// course is an operation without faults, which says where faults can strike and how it must end.
type course struct {
	requests []record.Entry
	// The registry's inventory: before the operation, after it, and after the destroy that follows.
	before, after, gone []string
}

// bench plays cells of one operation on one subject.
type bench struct {
	*world
	core    *plugintest.Core
	subject subject
	op      operation
	course  course
	// importID is what the object of an import is known by.
	importID string
}

func newBench(w *world, s subject, op operation) *bench {
	b := &bench{world: w, core: w.core, subject: s, op: op}
	if s.signIn {
		core := *w.core
		core.Provider = w.block("username", "admin", "password", w.server.Users[0].Password)
		b.core = &core
	}
	if s.exchange {
		core := *w.core
		core.Provider = w.block()
		core.Provider["oidc"] = config{"provider_name": ciProviderID, "token": w.pipeline}
		b.core, b.subject.others = &core, w.trust
	}
	return b
}

func (b *bench) resource(c config) plugintest.Resource {
	return plugintest.Resource{Type: b.subject.resource, Config: c, CreateBeforeDestroy: b.subject.createBeforeDestroy}
}

func (b *bench) apply(ctx context.Context, c config, s plugintest.State) (plugintest.State, plugintest.Report, error) {
	return b.core.Apply(ctx, b.resource(c), s)
}

// run runs the operation itself.
func (b *bench) run(ctx context.Context, core *plugintest.Core, s plugintest.State) (plugintest.State, plugintest.Report, error) {
	if b.op.imports {
		return core.Import(ctx, b.subject.resource, b.importID)
	}
	return core.Apply(ctx, b.resource(b.op.to), s)
}

// prepare brings registry and state to where the operation begins.
func (b *bench) prepare(ctx context.Context) (plugintest.State, error) {
	if err := b.reset(b.subject.others); err != nil {
		return plugintest.State{}, err
	}
	if b.op.before == nil {
		return plugintest.State{}, nil
	}
	s, _, err := b.apply(ctx, b.op.before, plugintest.State{})
	switch {
	case err != nil:
		return s, err
	case b.op.vanished:
		return s, b.reset(b.subject.others)
	case b.op.imports:
		b.importID = b.subject.id(s.Current)
		return plugintest.State{}, nil
	default:
		return s, nil
	}
}

// undisturbed plays the operation without a fault, and holds it against what every operation must do.
func (b *bench) undisturbed(ctx context.Context) ([]record.Entry, error) {
	s, err := b.prepare(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing: %w", err)
	}
	b.course.before = b.inventory()
	b.server.Log.Reset()
	if s, _, err = b.run(ctx, b.core, s); err != nil {
		return nil, err
	}
	b.course.requests = b.requests()
	if b.op.imports { // an import does not finish the work
		if s, _, err = b.apply(ctx, b.op.to, s); err != nil {
			return nil, fmt.Errorf("applying what was imported: %w", err)
		}
	}
	b.course.after = b.inventory()
	if err := b.settled(ctx, s); err != nil {
		return nil, err
	}
	if s, _, err = b.core.Destroy(ctx, b.resource(nil), s); err != nil || !s.Empty() {
		return nil, fmt.Errorf("destroying: %w", err)
	}
	b.course.gone = b.inventory()
	return b.course.requests, nil
}

// settled demands that there is nothing left to do.
func (b *bench) settled(ctx context.Context, s plugintest.State) error {
	report, err := b.core.Plan(ctx, b.resource(b.op.to), s)
	if err != nil {
		return fmt.Errorf("planning again: %w", err)
	}
	if report.Action != plugintest.NoOp || s.Deposed != nil {
		return fmt.Errorf("the plan is not empty afterwards: %s", report.Action)
	}
	return nil
}
