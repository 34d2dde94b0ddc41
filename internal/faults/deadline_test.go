package faults

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// A registry may ask to come back later than any operation lasts by default. Then the operation says so at once, and its
// own line in the timeouts block, and no other, lets it wait for that long.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		w := newWorld(t, dialect)
		for _, s := range subjects(dialect) {
			for _, op := range operations(s) {
				if op.name == "create" || op.name == "read" || op.name == "update" || op.name == "delete" {
					playTimeouts(t, w, s, op)
				}
			}
		}
	}
}

// askedFor is longer than the longest default, of ten minutes.
const askedFor = 12 * time.Minute

func playTimeouts(t *testing.T, w *world, s subject, op operation) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	others, err := beforehand(ctx, w, s, op)
	if err != nil {
		t.Fatal(err)
	}
	requests, err := newBench(w, s, op).undisturbed(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for k := others + 1; k <= len(requests); k++ {
		for _, own := range []bool{false, true} {
			limited := op
			if own {
				line := config{"timeouts": config{op.name: "20m"}}
				limited.before, limited.to = withLine(op.before, line), withLine(op.to, line)
			}
			b := newBench(w, s, limited)
			before, err := b.prepare(ctx)
			if err != nil {
				t.Fatal(err)
			}
			waited := false
			w.wait = func(d time.Duration) { waited = waited || d >= askedFor }
			name := fmt.Sprintf("%s, %s, %s, request %d, own time-out %t", w.server.Dialect, s.name, op.name, k, own)
			_, err, wrong := b.under(ctx, plague{fault: devregistry.Fault{Kind: devregistry.FaultRateLimit, RetryAfter: "720"}}, k, b.core,
				func(ctx context.Context, core *plugintest.Core) (plugintest.Report, error) {
					_, report, err := b.run(ctx, core, before)
					return report, err
				})
			w.wait = nil
			switch {
			case wrong != nil:
				t.Errorf("%s: %v", name, wrong)
			case own && (err != nil || !waited && s.resource != "registry_token"): // a token is looked at after it was saved, and need not be
				t.Errorf("%s: waited in full: %t; %v", name, waited, err)
			case !own && waited:
				t.Errorf("%s: it waited", name)
			case !own && err != nil && !strings.Contains(err.Error(), "asks to wait 12m"):
				t.Errorf("%s: the error does not tell of it: %v", name, err)
			}
		}
	}
}

// beforehand counts the requests that are made before an operation: a refresh, which is a read, and two plans.
func beforehand(ctx context.Context, w *world, s subject, op operation) (int, error) {
	if op.name == "read" {
		return 0, nil
	}
	b := newBench(w, s, op)
	before, err := b.prepare(ctx)
	if err != nil {
		return 0, err
	}
	w.server.Log.Reset()
	if _, err := b.core.Plan(ctx, b.resource(op.to), before); err != nil {
		return 0, err
	}
	refreshAndPlan := len(w.requests())
	refresh := 0
	if op.before != nil {
		read, err := newBench(w, s, operation{name: "read", before: s.create, to: s.create}).undisturbed(ctx)
		if err != nil {
			return 0, err
		}
		refresh = len(read)
	}
	return refreshAndPlan + refreshAndPlan - refresh, nil
}

func withLine(base, line config) config {
	if base == nil {
		return nil
	}
	return with(base, line)
}

// Artifact Keeper takes five new passwords in 15 minutes from one caller. A run that sets more of them says what to do, and
// with the time for it waits for the window. (Sign-ins are limited too; connect.TestKeeperSignIn counts them.)
func TestPasswordsOfARunOnArtifactKeeper(t *testing.T) {
	t.Parallel()
	w := &world{server: devregistrytest.Start(t, devregistry.ArtifactKeeper, func(o *devregistry.Options) {
		o.ArtifactKeeper = artifactkeeper.Options{RateLimits: true}
	})}
	w.carrier = &carrier{base: devregistrytest.Client(t, w.server).Transport, faults: w.server.Faults}
	var waited time.Duration
	w.wait = func(d time.Duration) {
		waited += d
		w.server.Store.Advance(d)
	}
	core, err := plugintest.New(t.Context(), w.serve, w.block("access_token", w.server.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	account := func(id, version int, update string) plugintest.Resource {
		return plugintest.Resource{Type: "registry_user", Config: config{
			"username": person(id), "email": person(id) + "@example.com", "timeouts": config{"update": update},
			"password_wo": fmt.Sprintf("Str0ng-enough-%d", version), "password_wo_version": version,
		}}
	}
	states := make([]plugintest.State, 8)
	for id := range states {
		if states[id], _, err = core.Apply(t.Context(), account(id, 1, "5m"), plugintest.State{}); err != nil {
			t.Fatal(err)
		}
	}
	refused := 0
	for id := range states {
		if states[id], _, err = core.Apply(t.Context(), account(id, 2, "5m"), states[id]); err != nil {
			refused++
			if !strings.Contains(err.Error(), "asks to wait") || !strings.Contains(err.Error(), "timeouts") {
				t.Errorf("the error does not say what to do: %v", err)
			}
		}
	}
	if refused != 3 || waited != 0 {
		t.Errorf("%d were refused after %s, want 3 at once", refused, waited)
	}
	for id := range states {
		if states[id], _, err = core.Apply(t.Context(), account(id, 2, "20m"), states[id]); err != nil {
			t.Errorf("%s: %v", person(id), err)
		}
	}
	if waited < 10*time.Minute || waited > 16*time.Minute {
		t.Errorf("waited %s, want what is left of 15 minutes", waited)
	}
}
