package tfkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// PrivateReader and PrivateWriter are the framework's private state, whose type it keeps internal.
type (
	PrivateReader interface {
		GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	}
	PrivateWriter interface {
		SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
	}
	// PrivateState both reads and writes.
	PrivateState interface {
		PrivateReader
		PrivateWriter
	}
)

// serverKey is where a managed object remembers its server in private state.
const serverKey = "server"

// serverRecord is what a managed object remembers of its server. Without it, pointing the provider at another server would
// find nothing there and empty the state.
type serverRecord struct {
	Type      registry.Type `json:"type"`
	URL       string        `json:"url"`
	ServiceID string        `json:"service_id,omitempty"`
}

// SavePrivate writes a value to private state as JSON.
func SavePrivate(ctx context.Context, private PrivateWriter, key string, value any) diag.Diagnostics {
	var diags diag.Diagnostics
	data, err := json.Marshal(value)
	if err != nil {
		diags.AddError("Cannot save private data", err.Error())
		return diags
	}
	return private.SetKey(ctx, key, data)
}

// LoadPrivate reads a value from private state; false when there is none.
func LoadPrivate(ctx context.Context, private PrivateReader, key string, value any) (bool, diag.Diagnostics) {
	data, diags := private.GetKey(ctx, key)
	if diags.HasError() || len(data) == 0 {
		return false, diags
	}
	if err := json.Unmarshal(data, value); err != nil {
		diags.AddError("Cannot read private data",
			fmt.Sprintf("The private data %q of this object is damaged: %v.", key, err))
		return false, diags
	}
	return true, diags
}

// RecordServer makes a new object remember the server it was made on.
func (c *Client) RecordServer(ctx context.Context, reg *registry.Registry, private PrivateWriter) diag.Diagnostics {
	return SavePrivate(ctx, private, serverKey, serverRecord{
		Type: reg.Server.Type, URL: reg.Server.URL, ServiceID: c.Data.ServiceID(ctx, reg),
	})
}

// RecordServerURL is RecordServer for an object that can show by itself where it lives (OpenForStateWith): it costs no request. The server's id is
// noted only if it was asked for already.
func (c *Client) RecordServerURL(ctx context.Context, reg *registry.Registry, private PrivateWriter) diag.Diagnostics {
	return SavePrivate(ctx, private, serverKey, serverRecord{
		Type: reg.Server.Type, URL: reg.Server.URL, ServiceID: c.Data.knownServiceID(),
	})
}

// OtherServerError says that an object in state lives on another server than the provider is configured for.
type OtherServerError struct {
	known  serverRecord
	url    string
	reason error
}

// Error implements error.
func (e *OtherServerError) Error() string {
	return fmt.Sprintf("the object lives on %s, and the provider is configured for %s", e.known.URL, e.url)
}

// Unwrap gives why the other server could not tell who it is, if that was the reason.
func (e *OtherServerError) Unwrap() error { return e.reason }

func (e *OtherServerError) detail() string {
	reason := ""
	if e.reason != nil {
		reason = "The configured server could not be recognised: " + Explain(e.reason) + "\n\n"
	}
	return fmt.Sprintf("This object was made on %s at %s, and the provider is configured for %s. Nothing was changed there, "+
		"and nothing was removed from the state.\n\n%sIf the server only changed its address, set previous_url = %q in the "+
		"provider block once. Otherwise point the provider back at the server of this state, or use a separate state for the "+
		"other server.", e.known.Type.Title(), e.known.URL, e.url, reason, e.known.URL)
}

// OpenForState opens the registry for an object in state, after making sure that it is still the same server. It gives no
// registry and no error while the provider's configuration is not known: the object then stays as it is.
//
// The URL is compared first, without asking anybody. Only if it differs is the installation asked for its service id; an
// equal one, or the provider's previous_url, makes the object move to the new URL.
func (c *Client) OpenForState(ctx context.Context, private PrivateState) (*registry.Registry, error) {
	return c.OpenForStateWith(ctx, private, nil)
}

// OpenForStateWith is OpenForState for an object that may have been noted without its server's id. Whether a server of another URL is the
// same one is then decided by whether it has the object, which has asks; nil means that it cannot be told.
func (c *Client) OpenForStateWith(
	ctx context.Context, private PrivateState, has func(context.Context, *registry.Registry) (bool, error),
) (*registry.Registry, error) {
	if !c.Configured() {
		return nil, nil
	}
	var known serverRecord
	found, diags := LoadPrivate(ctx, private, serverKey, &known)
	if diags.HasError() {
		return nil, errors.New(diags.Errors()[0].Detail())
	}
	url := c.Data.Connection.ConfiguredURL()
	moved := found && known.URL != url
	renamed := moved && known.URL == c.Data.PreviousURL
	reg, err := c.Data.Connection.Open(ctx)
	switch {
	case err != nil && moved && !renamed:
		return nil, &OtherServerError{known: known, url: url, reason: err}
	case err != nil:
		return nil, err
	case found && known.Type != reg.Server.Type:
		return nil, &OtherServerError{known: known, url: url, reason: fmt.Errorf("it is %s", reg.Server.Type.Title())}
	case found && !moved:
		return reg, nil
	case moved && !renamed:
		if recognised, err := c.recognise(ctx, reg, known, has); !recognised {
			return nil, &OtherServerError{known: known, url: url, reason: err}
		}
	}
	// Imported, made by a version that did not remember, or moved: this is the server from now on.
	if diags := c.RecordServer(ctx, reg, private); diags.HasError() {
		return nil, errors.New(diags.Errors()[0].Detail())
	}
	return reg, nil
}

// recognise tells whether a server of another URL is the one that an object remembers.
func (c *Client) recognise(
	ctx context.Context, reg *registry.Registry, known serverRecord, has func(context.Context, *registry.Registry) (bool, error),
) (bool, error) {
	switch {
	case known.ServiceID != "":
		return known.ServiceID == c.Data.ServiceID(ctx, reg), nil
	case has != nil:
		return has(ctx, reg)
	default:
		// It has no id now either, or the object was noted without one.
		return false, nil
	}
}

// OpenExisting is OpenForState with the reason added as a diagnostic.
func (c *Client) OpenExisting(ctx context.Context, private PrivateState, diags *diag.Diagnostics) *registry.Registry {
	reg, err := c.OpenForState(ctx, private)
	if err != nil {
		AddError(diags, "Cannot open the registry at "+c.ServerURL(), err)
	}
	return reg
}

// ServerURL is the URL for an object's identity: the configured one, or "" while it is not known.
func (c *Client) ServerURL() string {
	if !c.Configured() {
		return ""
	}
	return c.Data.Connection.ConfiguredURL()
}
