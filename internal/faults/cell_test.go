package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

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
}

func operations(s subject) []operation {
	list := []operation{
		{name: "create", to: s.create},
		{name: "read", before: s.create, to: s.create},
		{name: "delete", before: s.create},
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

// bench plays cells of one subject on one registry.
type bench struct {
	*world
	subject subject
}

func (b *bench) resource(c config) plugintest.Resource {
	return plugintest.Resource{Type: b.subject.resource, Config: c, CreateBeforeDestroy: b.subject.createBeforeDestroy}
}

func (b *bench) apply(ctx context.Context, c config, s plugintest.State) (plugintest.State, plugintest.Report, error) {
	return b.core.Apply(ctx, b.resource(c), s)
}

// prepare brings registry and state to where the operation begins.
func (b *bench) prepare(ctx context.Context, op operation) (plugintest.State, error) {
	if err := b.reset(b.subject); err != nil {
		return plugintest.State{}, err
	}
	if op.before == nil {
		return plugintest.State{}, nil
	}
	s, _, err := b.apply(ctx, op.before, plugintest.State{})
	if err == nil && op.vanished {
		err = b.reset(b.subject)
	}
	return s, err
}

// undisturbed plays an operation without a fault, and holds it against what every operation must do.
func (b *bench) undisturbed(ctx context.Context, op operation) (course, error) {
	var c course
	s, err := b.prepare(ctx, op)
	if err != nil {
		return c, fmt.Errorf("preparing: %w", err)
	}
	c.before = b.inventory()
	b.server.Log.Reset()
	if s, _, err = b.apply(ctx, op.to, s); err != nil {
		return c, err
	}
	c.requests, c.after = b.server.Log.Entries(), b.inventory()
	if err := b.settled(ctx, op, s); err != nil {
		return c, err
	}
	if s, _, err = b.core.Destroy(ctx, b.resource(nil), s); err != nil || !s.Empty() {
		return c, fmt.Errorf("destroying: %w", err)
	}
	c.gone = b.inventory()
	return c, nil
}

// settled demands that there is nothing left to do.
func (b *bench) settled(ctx context.Context, op operation, s plugintest.State) error {
	report, err := b.core.Plan(ctx, b.resource(op.to), s)
	if err != nil {
		return fmt.Errorf("planning again: %w", err)
	}
	if report.Action != plugintest.NoOp || s.Deposed != nil {
		return fmt.Errorf("the plan is not empty afterwards: %s", report.Action)
	}
	return nil
}

// verdict is what is wrong with a cell.
type verdict string

const (
	noConvergence verdict = "no convergence"
	lostState     verdict = "lost state"
	orphan        verdict = "orphan"
	badReport     verdict = "bad report"
	notPlayed     verdict = "not played"
)

type failure struct {
	verdict
	error
}

func failed(v verdict, format string, a ...any) error {
	return &failure{v, fmt.Errorf(format, a...)}
}

func (f *failure) Error() string { return string(f.verdict) + ": " + f.error.Error() }

// play lets the k-th request of an operation fail and demands what must hold afterwards: nothing is lost, the next apply
// converges, nothing is left behind.
func (b *bench) play(ctx context.Context, op operation, c course, p plague, k int) error {
	before, err := b.prepare(ctx, op)
	if err != nil {
		return failed(noConvergence, "preparing: %w", err)
	}
	after, report, opErr := b.strike(ctx, op, p, k, before)
	if err := b.reported(p, report, opErr); err != nil {
		return err
	}
	if op.name == "read" && opErr == nil && report.Action != plugintest.NoOp {
		return failed(lostState, "a disturbed refresh planned to %s", report.Action)
	}
	if p.kill == killEverything {
		after = before
	}
	if err := b.nothingLost(op, c, p, after); err != nil {
		return err
	}
	if after, err = b.converge(ctx, op, c, p, after); err != nil {
		return failed(noConvergence, "%w\n(the disturbed run: %v)", err, opErr)
	}
	if diff := cmp.Diff(c.after, b.inventory()); diff != "" {
		return failed(orphan, "the registry is not as after an undisturbed run (-want +got):\n%s\n(the disturbed run: %v)", diff, opErr)
	}
	if after, _, err = b.core.Destroy(ctx, b.resource(nil), after); err != nil || !after.Empty() {
		return failed(noConvergence, "destroying: %w", err)
	}
	if diff := cmp.Diff(c.gone, b.inventory()); diff != "" {
		return failed(orphan, "the destroy left something behind (-want +got):\n%s\n(the disturbed run: %v)", diff, opErr)
	}
	return nil
}

// strike runs the operation under the plague and heals the registry afterwards.
func (b *bench) strike(ctx context.Context, op operation, p plague, k int, s plugintest.State) (plugintest.State, plugintest.Report, error) {
	if err := b.server.Faults.Set(p.script(k)...); err != nil {
		return s, plugintest.Report{}, err
	}
	defer b.server.Faults.Clear()
	core := *b.core
	b.server.Log.Reset()
	if p.kill != alive {
		core.Crashed = func() bool { return len(b.server.Log.Entries()) >= k }
	}
	if p.slow {
		b.patience.Store(int64(clientPatience))
		defer b.patience.Store(0)
	}
	return core.Apply(ctx, b.resource(op.to), s)
}

// reported checks that the plague was played, and that what was said about it can be read and gives nothing away.
func (b *bench) reported(p plague, report plugintest.Report, err error) error {
	played := slices.ContainsFunc(b.server.Log.Entries(), func(e record.Entry) bool { return e.Fault != "" })
	if !played && p.kill == alive && !p.slow { // the registry notes a client that gave up when it notices
		return failed(notPlayed, "the request was not made this time")
	}
	var core plugintest.Diagnostics
	if err != nil && !errors.As(err, &core) && !errors.Is(err, plugintest.ErrCrashed) {
		return failed(badReport, "the provider broke the protocol: %w", err)
	}
	for _, d := range report.Diagnostics {
		if d.Summary == "" || d.Detail == "" {
			return failed(badReport, "a diagnostic says nothing: %q: %q", d.Summary, d.Detail)
		}
		for _, secret := range []string{b.server.AdminToken, firstPassword, secondPassword} {
			if strings.Contains(d.Summary+d.Detail, secret) {
				return failed(badReport, "a diagnostic gives a secret away: %s", d.Summary)
			}
		}
	}
	return nil
}

// nothingLost demands that what is not in the state is not on the registry either. Only a run that could not find out
// any more what it did may leave something, and only the next one has to make that good.
func (b *bench) nothingLost(op operation, c course, p plague, s plugintest.State) error {
	if !s.Empty() || p.leavesTraces() && op.to != nil {
		return nil
	}
	nothing := c.gone
	if op.before == nil || op.vanished {
		nothing = c.before
	}
	if diff := cmp.Diff(nothing, b.inventory()); diff != "" {
		return failed(lostState, "the state is empty and the registry is not (-want +got):\n%s", diff)
	}
	return nil
}

// converge applies again. What a killed create left behind must be claimed in so many words, never silently.
func (b *bench) converge(ctx context.Context, op operation, c course, p plague, s plugintest.State) (plugintest.State, error) {
	found := b.inventory()
	s, report, err := b.apply(ctx, op.to, s)
	if err == nil {
		return s, b.settled(ctx, op, s)
	}
	if !p.leavesTraces() || op.to == nil || !b.subject.claim.needed() {
		return s, fmt.Errorf("applying again: %w", err)
	}
	if s.Current != nil || !sayExists(report.Diagnostics) {
		return s, fmt.Errorf("applying again must say that the object exists already and how to take it over: %w", err)
	}
	if diff := cmp.Diff(found, b.inventory()); diff != "" {
		return s, fmt.Errorf("a refused create changed the registry (-before +after):\n%s", diff)
	}
	if s, err = b.take(ctx, op, s); err != nil {
		return s, fmt.Errorf("claiming what a killed run left: %w", err)
	}
	return s, b.settled(ctx, op, s)
}

func sayExists(diags plugintest.Diagnostics) bool {
	words := strings.ToLower(diags.Error())
	return strings.Contains(words, "already") && strings.Contains(words, "import")
}

// take claims an object: by an import, or by the argument that permits to adopt it.
func (b *bench) take(ctx context.Context, op operation, s plugintest.State) (plugintest.State, error) {
	claimed := op.to
	if b.subject.claim.with != nil {
		claimed = with(op.to, b.subject.claim.with)
	} else {
		id := b.subject.claim.importID
		for _, name := range []string{"username", "name"} {
			if value, ok := op.to[name].(string); ok {
				id = value
			}
		}
		imported, err := b.core.Import(ctx, b.subject.resource, id)
		if err != nil {
			return s, err
		}
		s.Current = imported.Current
	}
	s, _, err := b.apply(ctx, claimed, s)
	if err != nil {
		return s, err
	}
	s, _, err = b.apply(ctx, op.to, s)
	return s, err
}
