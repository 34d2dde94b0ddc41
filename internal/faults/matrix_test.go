package faults

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/snapshot"
)

var only = flag.String("cell", "", "play only the cells whose name contains this")

var dialects = []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper}

// player plays the cells of one operation.
type player interface {
	// undisturbed plays the operation without a fault and gives its requests, which are where faults can strike.
	undisturbed(ctx context.Context) ([]record.Entry, error)
	// applies reports whether a plague says anything about a request with this method.
	applies(p plague, method string) bool
	// play lets the k-th request suffer from a plague; its error is a *failure.
	play(ctx context.Context, p plague, k int) error
}

// row is one operation of one object on one registry, with all its cells.
type row struct {
	dialect      devregistry.Dialect
	object, name string
	player       func(*world) player
}

func rows() []row {
	var all []row
	for _, dialect := range dialects {
		for _, s := range subjects(dialect) {
			for _, op := range operations(s) {
				all = append(all, row{dialect, s.name, op.name, func(w *world) player { return newBench(w, s, op) }})
			}
		}
		for _, q := range questions(dialect) {
			all = append(all, row{dialect, "data " + q.name, "read", func(w *world) player { return &reading{world: w, question: q} }})
		}
		for _, policy := range []string{"error", "warn"} {
			all = append(all, row{dialect, "ephemeral token", policy, func(w *world) player { return &opening{world: w, policy: policy} }})
		}
	}
	return all
}

// TestMatrix plays every cell: resource × operation × request × fault, on both registries.
func TestMatrix(t *testing.T) {
	t.Parallel()
	lent := newWorlds(t)
	sum := newTally()
	t.Cleanup(func() { sum.print(t) })
	for _, r := range rows() {
		t.Run(strings.Join([]string{string(r.dialect), r.object, r.name}, "/"), func(t *testing.T) {
			t.Parallel()
			r.play(t, r.player(lent.borrow(t, r.dialect)), sum)
		})
	}
}

// TestMatrixOfLists plays the operations of the objects that a refresh reads from lists where there are many of them, with
// a provider that does so for the first one.
func TestMatrixOfLists(t *testing.T) {
	t.Parallel()
	lent, sum := newWorlds(t), newTally()
	t.Cleanup(func() { t.Logf("%d cells with lists, %v failed", sum.cells, sum.failed) })
	for _, r := range rows() {
		listed := map[devregistry.Dialect][]string{
			devregistry.Artifactory: {"token"}, devregistry.ArtifactKeeper: {"user", "permission", "token"},
		}
		if !slices.Contains(listed[r.dialect], r.object) {
			continue
		}
		t.Run(strings.Join([]string{string(r.dialect), r.object, r.name}, "/"), func(t *testing.T) {
			t.Parallel()
			w := lent.borrow(t, r.dialect)
			t.Cleanup(func() { w.bulk = snapshot.Options{Direct: snapshot.DefaultDirect} }) // before it is given back
			w.bulk = snapshot.Options{}
			r.play(t, r.player(w), sum)
		})
	}
}

// play plays all plagues at all requests.
func (r row) play(t *testing.T, player player, sum *tally) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	requests, err := player.undisturbed(ctx)
	if err != nil {
		t.Fatalf("without any fault: %v", err)
	}
	for i, request := range requests {
		for _, p := range plagues() {
			name := fmt.Sprintf("%s/%s/%s/request %d (%s)/%s", r.dialect, r.object, r.name, i+1, request.Endpoint, p.name)
			if player.applies(p, request.Method) && strings.Contains(name, *only) && chosen(name) {
				err := player.play(ctx, p, i+1)
				if wasNotPlayed(err) {
					// What an earlier cell left in the air took the place of a request. That proves nothing, either way.
					err = player.play(ctx, p, i+1)
				}
				sum.add(t, r, name, err)
			}
		}
	}
}

func wasNotPlayed(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.verdict == notPlayed
}

// tally counts cells.
type tally struct {
	mu     sync.Mutex
	cells  int
	by     map[string]int // registry and object
	failed map[verdict]int
	start  time.Time
}

func newTally() *tally {
	return &tally{by: map[string]int{}, failed: map[verdict]int{}, start: time.Now()}
}

func (s *tally) add(t *testing.T, r row, name string, err error) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cells++
	s.by[string(r.dialect)+", "+r.object]++
	if err == nil {
		return
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{badReport, err}
	}
	s.failed[f.verdict]++
	t.Errorf("%s\n\t%s", name, strings.ReplaceAll(err.Error(), "\n", "\n\t"))
}

// print says how large the matrix is and how it ended; FAULTS_REPORT names a file to say it in, since go test shows nothing
// of a test that passes.
func (s *tally) print(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(s.by)) {
		lines = append(lines, fmt.Sprintf("%6d cells: %s", s.by[name], name))
	}
	failures := 0
	for _, n := range s.failed {
		failures += n
	}
	lines = append(lines, fmt.Sprintf(
		"fault matrix: %d cells, %d failed: %d orphans, %d lost states, %d without convergence, %d wrong answers, %d other; %s",
		s.cells, failures, s.failed[orphan], s.failed[lostState], s.failed[noConvergence], s.failed[wrongAnswer],
		s.failed[badReport]+s.failed[notPlayed], time.Since(s.start).Round(time.Second)))
	text := strings.Join(lines, "\n")
	t.Log("\n" + text)
	if file := os.Getenv("FAULTS_REPORT"); file != "" {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// A new resource or data source joins the matrix, or this test fails.
func TestEverything(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, dialect := range dialects {
		for _, s := range subjects(dialect) {
			covered[s.resource] = true
		}
		for _, q := range questions(dialect) {
			covered["data "+q.dataSource] = true
		}
	}
	core := newWorld(t, devregistry.Artifactory).core
	wanted := core.ResourceTypes()
	for _, dataSource := range core.DataSourceTypes() {
		wanted = append(wanted, "data "+dataSource)
	}
	for _, name := range wanted {
		if !covered[name] {
			t.Errorf("%s is in no cell of the fault matrix: add a subject or a question for it", name)
		}
	}
}
