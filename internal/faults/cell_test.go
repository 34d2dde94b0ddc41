package faults

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// applies implements player.
func (b *bench) applies(p plague, method string) bool {
	return p.fits(method) && (!p.leavesTraces() || !b.subject.forgetful && !b.op.vanished || b.op.imports)
}

// play lets the k-th request of the operation fail and demands what must hold afterwards: nothing is lost, the next apply
// converges, nothing is left behind.
func (b *bench) play(ctx context.Context, p plague, k int) error {
	before, err := b.prepare(ctx)
	if err != nil {
		return failed(noConvergence, "preparing: %w", err)
	}
	after := before
	report, opErr, wrong := b.under(ctx, p, k, b.core, func(ctx context.Context, core *plugintest.Core) (plugintest.Report, error) {
		var report plugintest.Report
		var err error
		after, report, err = b.run(ctx, core, before)
		return report, err
	})
	if wrong != nil {
		return wrong
	}
	if b.op.name == "read" && opErr == nil && report.Action != plugintest.NoOp {
		return failed(lostState, "a disturbed refresh planned to %s", report.Action)
	}
	if p.kill == killEverything {
		after = before
	}
	if err := b.nothingLost(p, after); err != nil {
		return err
	}
	if after, err = b.converge(ctx, p, after); err != nil {
		return failed(noConvergence, "%w\n(the disturbed run: %v)", err, opErr)
	}
	if diff := cmp.Diff(b.course.after, b.inventory()); diff != "" {
		return failed(orphan, "the registry is not as after an undisturbed run (-want +got):\n%s\n(the disturbed run: %v)", diff, opErr)
	}
	if after, _, err = b.core.Destroy(ctx, b.resource(nil), after); err != nil || !after.Empty() {
		return failed(noConvergence, "destroying: %w", err)
	}
	if diff := cmp.Diff(b.course.gone, b.inventory()); diff != "" {
		return failed(orphan, "the destroy left something behind (-want +got):\n%s\n(the disturbed run: %v)", diff, opErr)
	}
	return nil
}

// nothingLost demands that what is not in the state is not on the registry either. Only a run that could not find out
// any more what it did may leave something, and only the next one has to make that good. An import changes nothing.
func (b *bench) nothingLost(p plague, s plugintest.State) error {
	if !b.op.imports && (!s.Empty() || p.leavesTraces() && b.op.to != nil) {
		return nil
	}
	nothing := b.course.gone
	if b.op.before == nil || b.op.vanished || b.op.imports {
		nothing = b.course.before
	}
	if diff := cmp.Diff(nothing, b.inventory()); diff != "" {
		return failed(lostState, "the registry is not as the state says (-want +got):\n%s", diff)
	}
	return nil
}

// converge applies again. What a killed create left behind must be claimed in so many words, never silently.
func (b *bench) converge(ctx context.Context, p plague, s plugintest.State) (plugintest.State, error) {
	var err error
	if b.op.imports && s.Empty() {
		if s, _, err = b.run(ctx, b.core, s); err != nil {
			return s, fmt.Errorf("importing again: %w", err)
		}
	}
	found := b.inventory()
	s, report, err := b.apply(ctx, b.op.to, s)
	if err == nil {
		return s, b.settled(ctx, s)
	}
	if !p.leavesTraces() || b.op.to == nil || !b.subject.claim.needed() {
		return s, fmt.Errorf("applying again: %w", err)
	}
	if s.Current != nil || !sayExists(report.Diagnostics) {
		return s, fmt.Errorf("applying again must say that the object exists already and how to take it over: %w", err)
	}
	if diff := cmp.Diff(found, b.inventory()); diff != "" {
		return s, fmt.Errorf("a refused create changed the registry (-before +after):\n%s", diff)
	}
	if s, err = b.take(ctx, s); err != nil {
		return s, fmt.Errorf("claiming what a killed run left: %w", err)
	}
	return s, b.settled(ctx, s)
}

func sayExists(diags plugintest.Diagnostics) bool {
	words := strings.ToLower(diags.Error())
	return strings.Contains(words, "already") && strings.Contains(words, "import")
}

// take claims an object: by an import, or by the argument that permits to adopt it.
func (b *bench) take(ctx context.Context, s plugintest.State) (plugintest.State, error) {
	claimed := b.op.to
	if b.subject.claim.with != nil {
		claimed = with(b.op.to, b.subject.claim.with)
	} else {
		id := b.subject.claim.importID
		for _, name := range []string{"username", "name"} {
			if value, ok := b.op.to[name].(string); ok {
				id = value
			}
		}
		if provider, ok := b.op.to["provider_id"].(string); ok {
			id = provider + "/" + id
		}
		imported, _, err := b.core.Import(ctx, b.subject.resource, id)
		if err != nil {
			return s, err
		}
		s.Current = imported.Current
	}
	s, _, err := b.apply(ctx, claimed, s)
	if err != nil {
		return s, err
	}
	s, _, err = b.apply(ctx, b.op.to, s)
	return s, err
}
