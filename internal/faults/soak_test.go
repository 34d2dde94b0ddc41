package faults

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

const (
	// shortSoak is how many workspaces live in make test; SOAK says another number.
	shortSoak = 30
	// atATime is how many builds run side by side.
	atATime = 10
	// batches is how often everything stands still to be counted.
	batches = 10
	// heapGrowth and moreGoroutines are what the last batch may use more than the second: leaks grow with every batch.
	heapGrowth     = 3 << 20
	moreGoroutines = 30
)

// soakFaults hit about 5 % of the requests. The periods are primes, so that two of them rarely meet.
func soakFaults() []devregistry.Fault {
	kinds := []devregistry.Fault{
		{Kind: devregistry.FaultResetBefore},
		{Kind: devregistry.FaultResetAfter},
		{Kind: devregistry.FaultTruncated},
		{Kind: devregistry.FaultHTML},
		{Kind: devregistry.FaultStatus, Status: 503},
		{Kind: devregistry.FaultStatus, Status: 500},
		{Kind: devregistry.FaultRateLimit, RetryAfter: "1"},
		{Kind: devregistry.FaultSlow, Delay: "20ms"},
		{Kind: devregistry.FaultLostRights},
	}
	for i, every := range []int{151, 163, 167, 173, 179, 181, 191, 193, 197} {
		kinds[i].Endpoint, kinds[i].Nth, kinds[i].Every = "* /", 7*(i+1), every
	}
	return kinds
}

// TestSoak starts and stops workspaces the way the module does, ten at a time, on both registries, while requests fail
// and provider processes are killed. There must be exactly one live token for each running workspace, of its owner, and
// nothing else; and memory must not grow.
func TestSoak(t *testing.T) {
	t.Parallel()
	count := shortSoak
	if wish := os.Getenv("SOAK"); wish != "" {
		var err error
		if count, err = strconv.Atoi(wish); err != nil || count < batches {
			t.Fatalf("SOAK is %q, want a number from %d", wish, batches)
		}
	}
	s := &soak{t: t, start: time.Now(), quiet: os.Getenv("SOAK") == ""}
	for _, dialect := range dialects {
		s.sites = append(s.sites, newSite(t, dialect))
	}
	for batch := range batches {
		var builds sync.WaitGroup
		turn := make(chan struct{}, atATime)
		for id := count * batch / batches; id < count*(batch+1)/batches; id++ {
			w := s.workspace(id)
			turn <- struct{}{}
			builds.Go(func() {
				defer func() { <-turn }()
				s.live(t.Context(), w)
			})
		}
		builds.Wait()
		s.count()
	}
	s.end(count)
}

// soak is what happens to all workspaces.
type soak struct {
	t     *testing.T
	sites []*site
	start time.Time
	quiet bool

	mu                         sync.Mutex
	running                    []*workspace
	letGo                      []string // tokens that a stop could not revoke, as its warning said
	starts, stops, kills       int
	orphans, strangers, tokens int // tokens is how many of running workspaces live
	requests, faults           int
	heap                       []uint64
	goroutines                 []int
}

// count stands still and compares the registries with the states.
func (s *soak) count() {
	wanted := map[string]string{}
	for _, w := range s.running {
		if id := w.state.Current.Attribute("id"); id != "" {
			wanted[id] = w.owner.account
		}
	}
	for _, site := range s.sites {
		now := site.server.Store.Now()
		site.server.Store.Update(func(st *state.State) {
			st.Tokens = slices.DeleteFunc(st.Tokens, func(t *state.Token) bool {
				if owner, ours := ownerOf(t.Label); ours && t.Username != owner {
					s.strangers++
				}
				if live(t, now) && t.Username != "admin" {
					if wanted[t.ID] == "" && !slices.Contains(s.letGo, t.ID) {
						s.orphans++
						s.t.Errorf("token %s of %s is an orphan: %s", t.ID, t.Username, t.Label)
						return true // counted once
					}
					delete(wanted, t.ID)
				}
				return !live(t, now) // what a registry does at night
			})
		})
		for _, e := range site.server.Log.Entries() {
			s.requests++
			if e.Fault != "" {
				s.faults++
			}
		}
		site.server.Log.Reset()
	}
	s.tokens = len(s.running) - len(wanted)
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	s.heap, s.goroutines = append(s.heap, memory.HeapAlloc), append(s.goroutines, runtime.NumGoroutine())
	if !s.quiet {
		fmt.Fprintln(os.Stderr, s.figures())
	}
}

// end compares the figures with what they must be, and stops what still runs.
func (s *soak) end(count int) {
	figures := s.figures()
	if s.orphans+s.strangers > 0 || s.tokens != len(s.running) || s.starts < count {
		s.t.Error("the figures are wrong")
	}
	// Who is alone in the process can judge its memory.
	if first, last := s.heap[1], s.heap[batches-1]; !s.quiet && last > first+heapGrowth {
		s.t.Errorf("memory grows: %v", s.heap)
	}
	if first, last := s.goroutines[1], s.goroutines[batches-1]; !s.quiet && last > first+moreGoroutines {
		s.t.Errorf("goroutines pile up: %v", s.goroutines)
	}
	for _, site := range s.sites {
		site.server.Faults.Clear()
	}
	for _, w := range s.running {
		if err := w.stop(context.WithoutCancel(s.t.Context()), immortal, s); err != nil {
			s.t.Error(err)
		}
	}
	s.running = nil
	s.count()
	s.t.Log(figures)
	if file := os.Getenv("SOAK_REPORT"); file != "" {
		if err := os.WriteFile(file, []byte(figures+"\n"), 0o600); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *soak) figures() string {
	last := len(s.heap) - 1
	base := min(1, last)
	return fmt.Sprintf("soak: %d starts, %d stops, %d running with %d live tokens, %d orphans, %d of wrong users, %d let go with a "+
		"warning; %d of %d requests failed (%.1f %%), %d processes killed; heap %.1f to %.1f MiB, goroutines %d to %d; %s",
		s.starts, s.stops, len(s.running), s.tokens, s.orphans, s.strangers, len(s.letGo), s.faults, s.requests,
		100*float64(s.faults)/float64(max(s.requests, 1)), s.kills, mebi(s.heap[base]), mebi(s.heap[last]),
		s.goroutines[base], s.goroutines[last], time.Since(s.start).Round(time.Second))
}

func mebi(bytes uint64) float64 { return float64(bytes) / (1 << 20) }

// ownerOf reads the account that a workspace's token is for out of its label.
func ownerOf(label string) (string, bool) {
	rest, ours := strings.CutPrefix(label, "Coder workspace of ")
	owner, _, _ := strings.Cut(rest, ",")
	return owner, ours
}
