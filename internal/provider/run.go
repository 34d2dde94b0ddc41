package provider

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Calls that have no `timeouts` of their own end after so long. The other calls see to it themselves.
const (
	// lookLimit is for a call that asks a few questions: what every operation has by default.
	lookLimit = 5 * time.Minute
	// queryLimit is for a query, which on Artifactory makes a request for each object if it wants the resources. It is started
	// by hand and shows what it finds as it goes.
	queryLimit = 30 * time.Minute
)

// run is one run of the command line tool: from its configuration until it ends or is interrupted. The tool promises to call
// nothing after StopProvider, but a call can have been on its way; and while an apply plans, terraform 1.11 does not tell of an
// interrupt at all. So a run that was interrupted stays so: what only reads is over at once. What was opened is still closed,
// and what changes something is left to the tool.
type run struct {
	mu   sync.Mutex
	over chan struct{}
}

func newRun() *run { return &run{over: make(chan struct{})} }

// restart begins another run: a provider that is being debugged serves one after the other.
func (r *run) restart() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isOver() {
		r.over = make(chan struct{})
	}
}

func (r *run) interrupt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.isOver() {
		close(r.over)
	}
}

// isOver is asked with the lock held.
func (r *run) isOver() bool {
	select {
	case <-r.over:
		return true
	default:
		return false
	}
}

// begin gives the context of a call that only reads: it ends with the run, and after the limit unless that is 0. done must be
// called at the end of the call.
func (r *run) begin(ctx context.Context, limit time.Duration) (reading context.Context, done context.CancelFunc) {
	r.mu.Lock()
	over, late := r.over, r.isOver()
	r.mu.Unlock()
	if limit > 0 {
		reading, done = context.WithTimeout(ctx, limit)
	} else {
		reading, done = context.WithCancel(ctx)
	}
	if late {
		done()
		return reading, done
	}
	go func() {
		select {
		case <-over:
			done()
		case <-reading.Done():
		}
	}()
	return reading, done
}

// stopOnInterrupt takes an interrupt for the tool's word to stop. One that is typed reaches the whole process group, so the
// provider as well; the plugin library only counts it.
func stopOnInterrupt(server tfprotov6.ProviderServer) {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		for range interrupts {
			// It only cancels contexts and has no error.
			_, _ = server.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{}) //nolint:forbidigo // a signal has no caller
		}
	}()
}

// ConfigureProvider implements tfprotov6.ProviderServer.
func (f forgetful) ConfigureProvider(ctx context.Context, in *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	f.run.restart()
	return f.protocol.ConfigureProvider(ctx, in)
}

// StopProvider implements tfprotov6.ProviderServer.
func (f forgetful) StopProvider(ctx context.Context, in *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	f.run.interrupt()
	return f.protocol.StopProvider(ctx, in)
}

// ReadDataSource implements tfprotov6.DataSourceServer. Data sources have their own limits.
func (f forgetful) ReadDataSource(ctx context.Context, in *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	ctx, done := f.run.begin(ctx, 0)
	defer done()
	return f.protocol.ReadDataSource(ctx, in)
}

// ImportResourceState implements tfprotov6.ResourceServer.
func (f forgetful) ImportResourceState(ctx context.Context, in *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	ctx, done := f.run.begin(ctx, lookLimit)
	defer done()
	return f.protocol.ImportResourceState(ctx, in)
}

// MoveResourceState implements tfprotov6.ResourceServer.
func (f forgetful) MoveResourceState(ctx context.Context, in *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	ctx, done := f.run.begin(ctx, lookLimit)
	defer done()
	return f.protocol.MoveResourceState(ctx, in)
}

// OpenEphemeralResource implements tfprotov6.EphemeralResourceServer.
func (f forgetful) OpenEphemeralResource(ctx context.Context, in *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	ctx, done := f.run.begin(ctx, lookLimit)
	defer done()
	return f.protocol.OpenEphemeralResource(ctx, in)
}

// CloseEphemeralResource implements tfprotov6.EphemeralResourceServer. It is called after an interrupt too, and must do its
// work then: a token that was opened is revoked.
func (f forgetful) CloseEphemeralResource(ctx context.Context, in *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	ctx, done := context.WithTimeout(ctx, lookLimit)
	defer done()
	return f.protocol.CloseEphemeralResource(ctx, in)
}

// ListResource implements tfprotov6.ListResourceServer. The call goes on while its results are taken.
func (f forgetful) ListResource(ctx context.Context, in *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	ctx, done := f.run.begin(ctx, queryLimit)
	stream, err := f.protocol.ListResource(ctx, in)
	if err != nil || stream.Results == nil {
		done()
		return stream, err
	}
	results := stream.Results
	stream.Results = func(push func(tfprotov6.ListResourceResult) bool) {
		defer done()
		results(push)
	}
	return stream, nil
}
