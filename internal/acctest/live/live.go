// Package live is what acceptance tests on a running server share with the command that starts them: names that tell
// which run made an object and when, the server as an empty provider block reaches it, and sweeping.
package live

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	tfprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/registry-identity/terraform-provider-registry/internal/provider"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// The environment of a run. EnvRun is the switch: REGISTRY_URL alone, which people have in their shells, must never aim
// tests at a server.
const (
	EnvURL          = "REGISTRY_URL"
	EnvRun          = "REGISTRY_TEST_RUN"
	EnvRepositories = "REGISTRY_TEST_REPOSITORIES" // keys, separated by commas
)

// Marker starts the line that every test on a live server prints, so that those can be told from unit tests.
const Marker = "on a live server, names begin with "

const prefix = "tfacc-"

// Run names one run of the tests and carries the time it began, since not every registry tells an object's age.
type Run string

// NewRun names a run that begins now. Its second half is a checksum, so that no stranger's object passes for ours.
func NewRun(now time.Time) Run {
	began := strconv.FormatInt(now.UnixMilli(), 36)
	return Run(began + "-" + checksum(began))
}

func checksum(text string) string {
	sum := sha256.Sum256([]byte(prefix + text))
	return hex.EncodeToString(sum[:])[:4]
}

// Current is the run that this process is part of; "" for none.
func Current() Run { return Run(os.Getenv(EnvRun)) }

// Prefix begins the name of everything that the run makes. The names of its parts, and so on, begin with it too.
func (r Run) Prefix() string { return prefix + string(r) + "-" }

// Began reads from the name of an object when the run began that made it. Not ok: no run did.
func Began(name string) (began time.Time, ok bool) {
	rest, ours := strings.CutPrefix(name, prefix)
	parts := strings.SplitN(rest, "-", 3)
	if !ours || len(parts) != 3 || parts[1] != checksum(parts[0]) {
		return time.Time{}, false
	}
	milliseconds, err := strconv.ParseInt(parts[0], 36, 64)
	return time.UnixMilli(milliseconds), err == nil
}

// Random gives n characters that every registry takes in a name.
func Random(n int) string { return strings.ToLower(rand.Text()[:n]) }

// Connect reaches the server exactly as a provider block with these arguments does, the environment included.
func Connect(ctx context.Context, arguments map[string]string) (*registry.Registry, error) {
	p := provider.New("test")()
	var schema tfprovider.SchemaResponse
	p.Schema(ctx, tfprovider.SchemaRequest{}, &schema)
	block, ok := schema.Schema.Type().TerraformType(ctx).(tftypes.Object)
	if !ok {
		return nil, fmt.Errorf("the provider's schema is no object but %T", schema.Schema.Type().TerraformType(ctx))
	}
	values := map[string]tftypes.Value{}
	for name, kind := range block.AttributeTypes {
		values[name] = tftypes.NewValue(kind, nil)
		if argument, given := arguments[name]; given {
			values[name] = tftypes.NewValue(kind, argument)
		}
	}
	var configured tfprovider.ConfigureResponse
	p.Configure(ctx, tfprovider.ConfigureRequest{
		Config: tfsdk.Config{Schema: schema.Schema, Raw: tftypes.NewValue(block, values)},
	}, &configured)
	if err := firstError(configured.Diagnostics); err != nil {
		return nil, err
	}
	data, ok := configured.ResourceData.(*tfkit.ProviderData)
	if !ok || data.Connection == nil {
		return nil, fmt.Errorf("the provider gave no connection but %T", configured.ResourceData)
	}
	return data.Connection.Open(ctx)
}

func firstError(diags diag.Diagnostics) error {
	for _, d := range diags.Errors() {
		return fmt.Errorf("%s: %s", d.Summary(), d.Detail())
	}
	return nil
}
