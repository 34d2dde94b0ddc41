// Package plugintest plays Terraform's core for one resource instance: it refreshes, plans, applies and destroys over the
// plugin protocol, within the process and without a command line tool, so that a test can do so thousands of times. It
// follows core where that decides what is lost: partial states, tainted and deposed objects, private data, the second
// plan of an apply, and a provider that dies before its answer (terraform 1.14, internal/terraform).
package plugintest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Core runs a provider. Copies share the schema and may differ in everything else.
type Core struct {
	// Serve starts a provider. Like core, each walk (a plan, an apply) uses a new one.
	Serve func() tfprotov6.ProviderServer
	// Provider is the provider block, as Go values.
	Provider map[string]any
	// Crashed, when set, is asked after each call of the provider whether its process has died meanwhile: the answer is
	// then lost, as it is to core.
	Crashed func() bool

	schemas *tfprotov6.GetProviderSchemaResponse
}

// New reads the provider's schema.
func New(ctx context.Context, serve func() tfprotov6.ProviderServer, provider map[string]any) (*Core, error) {
	schemas, err := serve().GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err == nil {
		err = problems(schemas.Diagnostics)
	}
	if err != nil {
		return nil, err
	}
	return &Core{Serve: serve, Provider: provider, schemas: schemas}, nil
}

// ResourceTypes lists the provider's managed resources.
func (c *Core) ResourceTypes() []string { return slices.Sorted(maps.Keys(c.schemas.ResourceSchemas)) }

// DataSourceTypes lists the provider's data sources.
func (c *Core) DataSourceTypes() []string {
	return slices.Sorted(maps.Keys(c.schemas.DataSourceSchemas))
}

// Resource is one resource block, its arguments as Go values.
type Resource struct {
	Type                string
	Config              map[string]any
	CreateBeforeDestroy bool
}

// State is what core remembers of a resource instance. Objects never change, so a copy is a snapshot.
type State struct {
	Current *Object
	// Deposed is an object that its replacement outlived for now (create_before_destroy).
	Deposed *Object
}

// Empty reports whether nothing is remembered.
func (s State) Empty() bool { return s.Current == nil && s.Deposed == nil }

// Object is one object in the state.
type Object struct {
	Value    tftypes.Value
	Private  []byte
	Identity *tfprotov6.ResourceIdentityData
	// Tainted: creating it failed half-way, so the next apply replaces it.
	Tainted bool
}

// Attribute gives a top-level string attribute; "" when it is null.
func (o *Object) Attribute(name string) string {
	var attributes map[string]tftypes.Value
	var text *string
	if o == nil || o.Value.As(&attributes) != nil || attributes[name].As(&text) != nil || text == nil {
		return ""
	}
	return *text
}

// Action is what a plan means to do.
type Action string

// The actions.
const (
	NoOp    Action = "no-op"
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
)

// Report tells what a command did.
type Report struct {
	Action Action
	// Diagnostics are all that were shown, warnings included.
	Diagnostics Diagnostics
}

// Diagnostics is a list that serves as an error when it holds one.
type Diagnostics []*tfprotov6.Diagnostic

// Error implements error.
func (d Diagnostics) Error() string {
	lines := make([]string, 0, len(d))
	for _, one := range d {
		lines = append(lines, strings.ToLower(one.Severity.String())+": "+one.Summary+": "+strings.ReplaceAll(one.Detail, "\n", " "))
	}
	return strings.Join(lines, "\n")
}

// Warnings picks the warnings.
func (d Diagnostics) Warnings() Diagnostics { return d.only(tfprotov6.DiagnosticSeverityWarning) }

func (d Diagnostics) only(severity tfprotov6.DiagnosticSeverity) Diagnostics {
	var picked Diagnostics
	for _, one := range d {
		if one.Severity == severity {
			picked = append(picked, one)
		}
	}
	return picked
}

// problems gives the errors among diagnostics as one error; nil when there is none.
func problems(all []*tfprotov6.Diagnostic) error {
	if failed := Diagnostics(all).only(tfprotov6.DiagnosticSeverityError); len(failed) > 0 {
		return failed
	}
	return nil
}

// ErrCrashed is the answer of a provider that died.
var ErrCrashed = errors.New("the plugin did not respond: its process ended")

// walk is one provider process at work.
type walk struct {
	*Core
	server tfprotov6.ProviderServer
	seen   Diagnostics
}

// process is the life of a command's providers: what the framework keeps for each call ends with it.
func process(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// start starts and configures a provider.
func (c *Core) start(ctx context.Context) (*walk, error) {
	w := &walk{Core: c, server: c.Serve()}
	config, err := Value(c.schemas.Provider.ValueType(), c.Provider)
	if err != nil {
		return nil, fmt.Errorf("provider block: %w", err)
	}
	raw, err := tfprotov6.NewDynamicValue(config.Type(), config)
	if err != nil {
		return nil, err
	}
	resp, err := w.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.9", Config: &raw})
	if err != nil {
		return nil, err
	}
	return w, w.note(resp.Diagnostics)
}

// note collects diagnostics and gives the errors among them.
func (w *walk) note(all []*tfprotov6.Diagnostic) error {
	w.seen = append(w.seen, all...)
	return problems(all)
}

// dead reports whether the provider died while it was asked.
func (w *walk) dead() bool { return w.Crashed != nil && w.Crashed() }

func (c *Core) schema(resource string) (*tfprotov6.Schema, error) {
	schema, ok := c.schemas.ResourceSchemas[resource]
	if !ok {
		return nil, fmt.Errorf("the provider has no resource %q", resource)
	}
	return schema, nil
}
