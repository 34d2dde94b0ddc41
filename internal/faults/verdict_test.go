package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// verdict is what is wrong with a cell.
type verdict string

const (
	noConvergence verdict = "no convergence"
	lostState     verdict = "lost state"
	orphan        verdict = "orphan"
	wrongAnswer   verdict = "wrong answer"
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

// promptly is how soon a run must end that the user interrupts: a second, and another for a busy machine.
const promptly = 2 * time.Second

// command is something that Terraform does.
type command func(context.Context, *plugintest.Core) (plugintest.Report, error)

// under runs a command while the k-th request fails, and heals the registry afterwards. It checks that the plague was
// played, and that what was said about it can be read and gives nothing away; that is its second error.
func (w *world) under(ctx context.Context, p plague, k int, core *plugintest.Core, run command) (report plugintest.Report, err, wrong error) {
	if err := w.server.Faults.Set(p.script(k)...); err != nil {
		return report, nil, failed(notPlayed, "%w", err)
	}
	defer w.server.Faults.Clear()
	w.server.Log.Reset()
	disturbed := *core
	if p.kill != alive {
		disturbed.Crashed = func() bool { return len(w.server.Log.Entries()) >= k }
	}
	w.carrier.impatient.Store(p.hangs)
	defer w.carrier.impatient.Store(false)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var interrupted atomic.Int64
	if p.cancels {
		struck := w.server.Faults.Struck()
		go func() {
			select {
			case <-struck:
				interrupted.Store(time.Now().UnixNano())
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	report, err = run(ctx, &disturbed)
	if at := interrupted.Load(); at != 0 && time.Since(time.Unix(0, at)) > promptly {
		return report, err, failed(badReport, "it went on for %s after the interrupt", time.Since(time.Unix(0, at)))
	}
	return report, err, w.judge(p, report, err)
}

// secrets are what no report may give away.
func (w *world) secrets() []string {
	return []string{w.server.AdminToken, w.server.Users[0].Password, firstPassword, secondPassword, w.pipeline}
}

func (w *world) judge(p plague, report plugintest.Report, err error) error {
	struck := slices.ContainsFunc(w.server.Log.Entries(), func(e record.Entry) bool { return e.Fault != "" })
	if !struck && p.kill == alive && !p.hangs && !p.cancels { // the registry notes a client that gave up when it notices
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
		for _, secret := range w.secrets() {
			if strings.Contains(d.Summary+d.Detail, secret) {
				return failed(badReport, "a diagnostic gives a secret away: %s", d.Summary)
			}
		}
	}
	return nil
}
