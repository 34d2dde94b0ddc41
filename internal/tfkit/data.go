// Package tfkit holds what two or more Terraform objects of this provider need: how they get the registry, how registry
// errors become diagnostics, how values convert, and what every managed object remembers about its server.
package tfkit

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// OnUnreachable says what a dead registry does to tokens that will lapse by themselves.
type OnUnreachable string

// The values users write.
const (
	OnUnreachableError OnUnreachable = "error"
	OnUnreachableWarn  OnUnreachable = "warn"
)

// ProviderData is what the configured provider hands to its objects.
type ProviderData struct {
	// Connection opens the registry. It is nil while the configuration still holds unknown values, which is normal when
	// the registry is made in the same run.
	Connection registry.Connection
	// AllowAdminTokens lifts the refusal to map people to administrators and to mint for them.
	AllowAdminTokens bool
	OnUnreachable    OnUnreachable
	// PreviousURL is a normalised URL under which objects in state may still be known.
	PreviousURL string
	// Clock is the time of day; tests replace it.
	Clock func() time.Time

	mu          sync.Mutex
	serviceID   *string
	unreachable atomic.Bool
}

// Now is the time by the provider's clock.
func (d *ProviderData) Now() time.Time {
	if d.Clock == nil {
		return time.Now()
	}
	return d.Clock()
}

// MarkUnreachable remembers that the registry did not answer somebody who waited for it, so that the others in this process
// need not wait as long. MarkReachable forgets that.
func (d *ProviderData) MarkUnreachable() { d.unreachable.Store(true) }

// MarkReachable remembers that the registry answers.
func (d *ProviderData) MarkReachable() { d.unreachable.Store(false) }

// Unreachable reports whether the registry did not answer when it was last waited for.
func (d *ProviderData) Unreachable() bool { return d.unreachable.Load() }

// ServiceID asks the installation's id at most once per process; "" where there is none or it cannot be told. The id
// only ever helps to recognise a server again, so a failure to learn it is no failure of the operation.
func (d *ProviderData) ServiceID(ctx context.Context, reg *registry.Registry) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.serviceID == nil {
		id, err := reg.System.ServiceID(ctx)
		if err != nil {
			return ""
		}
		d.serviceID = &id
	}
	return *d.serviceID
}

// knownServiceID is the installation's id if it was asked for already, else "".
func (d *ProviderData) knownServiceID() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.serviceID == nil {
		return ""
	}
	return *d.serviceID
}

// Client is what every object embeds through one of the types below: its access to the provider's data.
type Client struct{ Data *ProviderData }

// Configured reports whether the provider's configuration is known, so that the registry may be asked.
func (c *Client) Configured() bool { return c.Data != nil && c.Data.Connection != nil }

// RequireConfigured is Configured with an error for an operation that cannot wait.
func (c *Client) RequireConfigured(diags *diag.Diagnostics) bool {
	if !c.Configured() {
		diags.AddError("The registry is not known yet",
			"The provider's url, type or credential depends on something that is only known after apply, so the registry "+
				"cannot be asked now. Apply what it depends on first (for example with -target), or give the provider known values.")
	}
	return c.Configured()
}

// Open opens the registry. On failure it adds the reason and returns nil.
func (c *Client) Open(ctx context.Context, diags *diag.Diagnostics) *registry.Registry {
	if !c.RequireConfigured(diags) {
		return nil
	}
	reg, err := c.Data.Connection.Open(ctx)
	if err != nil {
		AddError(diags, "Cannot open the registry at "+c.Data.Connection.ConfiguredURL(), err)
		return nil
	}
	return reg
}

func (c *Client) configure(data any, diags *diag.Diagnostics) {
	if data == nil {
		return // validation runs before the provider is configured
	}
	d, ok := data.(*ProviderData)
	if !ok {
		diags.AddError("The provider handed over unexpected data",
			fmt.Sprintf("Expected %T, got %T. This is a defect of the provider; please report it.", d, data))
		return
	}
	c.Data = d
}

// Resource is embedded by resources and list resources; the protocol configures both in the same way.
type Resource struct{ Client }

// Configure implements resource.ResourceWithConfigure and list.ListResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.configure(req.ProviderData, &resp.Diagnostics)
}

// DataSource is embedded by data sources.
type DataSource struct{ Client }

// Configure implements datasource.DataSourceWithConfigure.
func (s *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	s.configure(req.ProviderData, &resp.Diagnostics)
}

// EphemeralResource is embedded by ephemeral resources.
type EphemeralResource struct{ Client }

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (e *EphemeralResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	e.configure(req.ProviderData, &resp.Diagnostics)
}
