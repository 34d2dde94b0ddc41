package provider

import (
	"context"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// address is where the provider is published.
const address = "registry.terraform.io/registry-identity/registry"

// garbage is how many percent of what is in use may be garbage before it is collected. A provider keeps little and lives for
// one command, so that collecting less often saves a quarter of a plan's processor time for a few megabytes.
const garbage = 400

// Serve serves the provider to the command line tool that started this process. debugger makes it wait for one and print
// how to attach the tool.
func Serve(version string, debugger bool) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	var options []tf6server.ServeOpt
	if debugger {
		options = append(options, tf6server.WithManagedDebug())
	} else if err := QuietLogs(); err != nil {
		return err
	}
	server := NewServer(version)
	if !debugger {
		stopOnInterrupt(server)
	}
	return tf6server.Serve(address, func() tfprotov6.ProviderServer { return server }, options...)
}

// NewServer makes what answers the plugin protocol.
func NewServer(version string, options ...Option) tfprotov6.ProviderServer {
	server := providerserver.NewProtocol6(New(version, options...)())()
	if whole, ok := server.(protocol); ok {
		return forgetful{whole, newRun()}
	}
	return server
}

// protocol is all that the framework's server answers.
type protocol interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// forgetful lets go of what belongs to a call when the call ends. The framework keeps the context of every call until the
// process ends (proto6server.Server.registerContext, seen in 1.19.0), and with it the loggers and the request: about 30 kB
// for each of the calls that come once for every object.
type forgetful struct {
	protocol
	run *run
}

//nolint:contextcheck // the context that f gets is ctx until f returns
func call[In, Out any](ctx context.Context, in In, f func(context.Context, In) (Out, error)) (Out, error) {
	c := &callContext{}
	c.call.Store(&ctx)
	defer c.call.Store(nil)
	return f(c, in)
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (f forgetful) ValidateResourceConfig(ctx context.Context, in *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return call(ctx, in, f.protocol.ValidateResourceConfig)
}

// UpgradeResourceState implements tfprotov6.ResourceServer.
func (f forgetful) UpgradeResourceState(ctx context.Context, in *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return call(ctx, in, f.protocol.UpgradeResourceState)
}

// UpgradeResourceIdentity implements tfprotov6.ResourceServer.
func (f forgetful) UpgradeResourceIdentity(ctx context.Context, in *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return call(ctx, in, f.protocol.UpgradeResourceIdentity)
}

// ReadResource implements tfprotov6.ResourceServer.
func (f forgetful) ReadResource(ctx context.Context, in *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	ctx, done := f.run.begin(ctx, 0)
	defer done()
	return call(ctx, in, f.protocol.ReadResource)
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (f forgetful) PlanResourceChange(ctx context.Context, in *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	ctx, done := f.run.begin(ctx, lookLimit)
	defer done()
	return call(ctx, in, f.protocol.PlanResourceChange)
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (f forgetful) ApplyResourceChange(ctx context.Context, in *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return call(ctx, in, f.protocol.ApplyResourceChange)
}

// callContext is the context of a call until the call ends. What outlives the call in spite of that finds a context that is
// over, without values.
type callContext struct {
	call atomic.Pointer[context.Context]
}

// over is the channel of every context that is over.
var over = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Deadline implements context.Context.
func (c *callContext) Deadline() (deadline time.Time, ok bool) {
	if call := c.call.Load(); call != nil {
		return (*call).Deadline()
	}
	return time.Time{}, false
}

// Done implements context.Context.
func (c *callContext) Done() <-chan struct{} {
	if call := c.call.Load(); call != nil {
		return (*call).Done()
	}
	return over
}

// Err implements context.Context.
func (c *callContext) Err() error {
	if call := c.call.Load(); call != nil {
		return (*call).Err()
	}
	return context.Canceled
}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	if call := c.call.Load(); call != nil {
		return (*call).Value(key)
	}
	return nil
}
