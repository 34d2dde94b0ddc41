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
)

// clientPatience is the time-out of a request that is answered too late. It is long enough for an honest answer of a
// busy machine.
const clientPatience = 3 * time.Second

var only = flag.String("cell", "", "play only the cells whose name contains this")

var dialects = []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper}

// TestMatrix plays every cell: resource × operation × request × fault, on both registries.
func TestMatrix(t *testing.T) {
	t.Parallel()
	sum := newTally()
	t.Cleanup(func() { sum.print(t) })
	for _, dialect := range dialects {
		for _, s := range subjects(dialect) {
			for _, op := range operations(s) {
				t.Run(strings.Join([]string{string(dialect), s.name, op.name}, "/"), func(t *testing.T) {
					t.Parallel()
					playOperation(t, dialect, s, op, sum)
				})
			}
		}
	}
}

func newBench(t testing.TB, dialect devregistry.Dialect, s subject) *bench {
	t.Helper()
	b := &bench{world: newWorld(t, dialect), subject: s}
	if s.signIn {
		delete(b.core.Provider, "access_token")
		b.core.Provider = with(b.core.Provider, config{"username": "admin", "password": b.server.Users[0].Password})
	}
	return b
}

// playOperation plays all plagues at all requests of one operation. Those that only wait do so side by side.
func playOperation(t *testing.T, dialect devregistry.Dialect, s subject, op operation, sum *tally) {
	ctx := context.WithoutCancel(t.Context())
	b := newBench(t, dialect, s)
	c, err := b.undisturbed(ctx, op)
	if err != nil {
		t.Fatalf("without any fault: %v", err)
	}
	var waiting sync.WaitGroup
	defer waiting.Wait()
	for k := 1; k <= len(c.requests); k++ {
		request := c.requests[k-1]
		for _, p := range plagues() {
			name := fmt.Sprintf("%s/%s/%s/request %d (%s)/%s", dialect, s.name, op.name, k, request.Endpoint, p.name)
			if !p.applies(s, op, request.Method) || !strings.Contains(name, *only) {
				continue
			}
			if !p.slow {
				sum.add(t, name, b.play(ctx, op, c, p, k))
				continue
			}
			own := newBench(t, dialect, s)
			waiting.Go(func() { sum.add(t, name, own.play(ctx, op, c, p, k)) })
		}
	}
}

// tally counts cells.
type tally struct {
	mu     sync.Mutex
	cells  int
	by     map[string]int
	failed map[verdict]int
	start  time.Time
}

func newTally() *tally {
	return &tally{by: map[string]int{}, failed: map[verdict]int{}, start: time.Now()}
}

func (s *tally) add(t *testing.T, name string, err error) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cells++
	parts := strings.Split(name, "/")
	s.by[parts[0]]++
	if err == nil {
		return
	}
	var f *failure
	errors.As(err, &f)
	s.failed[f.verdict]++
	t.Errorf("%s\n\t%s", name, strings.ReplaceAll(err.Error(), "\n", "\n\t"))
}

// print says how large the matrix is and how it ended; REPORT names a file to say it in, since go test shows nothing of
// a test that passes.
func (s *tally) print(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var parts []string
	for _, dialect := range slices.Sorted(maps.Keys(s.by)) {
		parts = append(parts, fmt.Sprintf("%s %d", dialect, s.by[dialect]))
	}
	failures := 0
	for _, n := range s.failed {
		failures += n
	}
	line := fmt.Sprintf("fault matrix: %d cells (%s), %d failed: %d orphans, %d lost states, %d without convergence, %d other; %s",
		s.cells, strings.Join(parts, ", "), failures, s.failed[orphan], s.failed[lostState], s.failed[noConvergence],
		s.failed[badReport]+s.failed[notPlayed], time.Since(s.start).Round(time.Second))
	t.Log(line)
	if file := os.Getenv("FAULTS_REPORT"); file != "" {
		if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// A new resource joins the matrix, or this test fails.
func TestEveryResource(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, dialect := range dialects {
		for _, s := range subjects(dialect) {
			covered[s.resource] = true
		}
	}
	for _, resource := range newWorld(t, devregistry.Artifactory).core.ResourceTypes() {
		if !covered[resource] {
			t.Errorf("%s is in no cell of the fault matrix: add a subject for it", resource)
		}
	}
}
