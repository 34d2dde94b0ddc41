package acctest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
)

// Unknown is a value of the configuration that is only known after apply.
var Unknown = tftypes.UnknownValue

// Protocol is the provider in this process, spoken to in the plugin protocol. It shows what every command line tool would
// be told, including those that cannot run here.
type Protocol struct {
	t          *testing.T
	server     tfprotov6.ProviderServer
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities map[string]*tfprotov6.ResourceIdentitySchema
}

// ProtocolDialects runs a test in parallel on a registry of each dialect. It needs no command line tool.
func ProtocolDialects(t *testing.T, test func(t *testing.T, p *Protocol, env *Env)) {
	t.Helper()
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			server := devregistrytest.Start(t, dialect)
			env := &Env{Dialect: dialect, Server: server, Registry: Open(t, server)}
			env.look = func() (snapshot, error) { return inStore(server.Store), nil }
			env.Rebase()
			test(t, NewProtocol(t, env, nil), env)
		})
	}
}

// NewProtocol configures the provider for a registry. Arguments replace those that lead there.
func NewProtocol(t *testing.T, env *Env, arguments map[string]any) *Protocol {
	t.Helper()
	p := &Protocol{t: t, server: newServer()}
	var err error
	if p.schemas, err = p.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	p.must(p.schemas.Diagnostics)
	identities, err := p.server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	p.identities = identities.IdentitySchemas
	config := map[string]any{
		"url": env.Server.URL, "access_token": env.Server.AdminToken, "ca_certificate": string(env.Server.CAPEM), "type": string(env.Dialect),
	}
	for name, value := range arguments {
		config[name] = value
	}
	configured, err := p.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: p.value(p.schemas.Provider.ValueType(), config), TerraformVersion: "1.14.9",
	})
	if err != nil {
		t.Fatal(err)
	}
	p.must(configured.Diagnostics)
	return p
}

func (p *Protocol) must(diagnostics []*tfprotov6.Diagnostic) {
	p.t.Helper()
	if text := problems(diagnostics); text != "" {
		p.t.Fatal(text)
	}
}

// problems is the text of the errors among diagnostics.
func problems(diagnostics []*tfprotov6.Diagnostic) string {
	var all []string
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			all = append(all, d.Summary+"\n"+d.Detail)
		}
	}
	return strings.Join(all, "\n\n")
}

// value writes an object; attributes that are left out are null.
func (p *Protocol) value(t tftypes.Type, attributes map[string]any) *tfprotov6.DynamicValue {
	p.t.Helper()
	object, ok := t.(tftypes.Object)
	if !ok {
		p.t.Fatalf("%s is no object", t)
	}
	values := map[string]tftypes.Value{}
	for name, kind := range object.AttributeTypes {
		values[name] = tftypes.NewValue(kind, attributes[name])
	}
	value, err := tfprotov6.NewDynamicValue(t, tftypes.NewValue(t, values))
	if err != nil {
		p.t.Fatal(err)
	}
	return &value
}

// Listed is one result of a query, in plain Go values.
type Listed struct {
	DisplayName string
	Identity    map[string]any
	// Resource is nil when the query did not ask for it.
	Resource map[string]any
	// Problem is set instead when the provider reports an error.
	Problem string
}

// List asks for a list resource as a query does.
func (p *Protocol) List(typeName string, filter map[string]any, limit int64, include bool) []Listed {
	p.t.Helper()
	lister, ok := p.server.(tfprotov6.ProviderServerWithListResource) //nolint:staticcheck // deprecated until the methods move; there is no other way yet
	if !ok {
		p.t.Fatal("the provider lists nothing")
	}
	schema := p.schemas.ListResourceSchemas[typeName]
	if schema == nil {
		p.t.Fatalf("the provider has no list resource %s", typeName)
	}
	config := p.value(schema.ValueType(), filter)
	valid, err := lister.ValidateListResourceConfig(p.t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: config})
	if err != nil {
		p.t.Fatal(err)
	}
	if text := problems(valid.Diagnostics); text != "" {
		return []Listed{{Problem: text}}
	}
	stream, err := lister.ListResource(p.t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: config, IncludeResource: include, Limit: limit,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	results := []Listed{}
	for result := range stream.Results {
		listed := Listed{DisplayName: result.DisplayName, Problem: problems(result.Diagnostics)}
		if result.Identity != nil {
			listed.Identity = p.object(p.identities[typeName].ValueType(), result.Identity.IdentityData)
		}
		if result.Resource != nil {
			listed.Resource = p.object(p.schemas.ResourceSchemas[typeName].ValueType(), result.Resource)
		}
		results = append(results, listed)
	}
	return results
}

// Names gives the display names of a query that must have no problem. Every result must say on which server it is.
func (p *Protocol) Names(results []Listed) []string {
	p.t.Helper()
	names := make([]string, 0, len(results))
	for _, result := range results {
		if result.Problem != "" {
			p.t.Fatal(result.Problem)
		}
		if server, ok := result.Identity["server"].(string); !ok || server == "" {
			p.t.Errorf("%q has the identity %v", result.DisplayName, result.Identity)
		}
		names = append(names, result.DisplayName)
	}
	return names
}

// Moved is what became of another provider's object.
type Moved struct {
	State map[string]any
	// Private is what the provider remembers of the object beside the state.
	Private map[string]any
	// Warnings and Problem are what the person is told.
	Warnings []string
	Problem  string
}

// Move moves an object of another provider, given by its address, type and state.
func (p *Protocol) Move(address, sourceType, targetType string, state []byte) Moved {
	p.t.Helper()
	answer, err := p.server.MoveResourceState(p.t.Context(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: address, SourceTypeName: sourceType, TargetTypeName: targetType,
		SourceState: &tfprotov6.RawState{JSON: state},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	moved := Moved{Problem: problems(answer.Diagnostics)}
	for _, d := range answer.Diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityWarning {
			moved.Warnings = append(moved.Warnings, d.Summary+"\n"+d.Detail)
		}
	}
	if answer.TargetState != nil && moved.Problem == "" {
		moved.State = p.object(p.schemas.ResourceSchemas[targetType].ValueType(), answer.TargetState)
	}
	if len(answer.TargetPrivate) > 0 {
		if err := json.Unmarshal(answer.TargetPrivate, &moved.Private); err != nil {
			p.t.Fatal(err)
		}
	}
	return moved
}

func (p *Protocol) object(t tftypes.Type, value *tfprotov6.DynamicValue) map[string]any {
	p.t.Helper()
	v, err := value.Unmarshal(t)
	if err != nil {
		p.t.Fatal(err)
	}
	if v.IsNull() {
		return nil
	}
	plain, err := plainValue(v)
	if err != nil {
		p.t.Fatal(err)
	}
	object, ok := plain.(map[string]any)
	if !ok {
		p.t.Fatalf("%s is no object", v)
	}
	return object
}

// plainValue turns a value into what encoding/json would make of it; null attributes of an object are left out, and a set is sorted.
func plainValue(v tftypes.Value) (any, error) {
	if v.IsNull() {
		return nil, nil
	}
	switch t := v.Type(); {
	case !v.IsKnown():
		return nil, errors.New("a value is not known")
	case t.Is(tftypes.String):
		var s string
		err := v.As(&s)
		return s, err
	case t.Is(tftypes.Bool):
		var b bool
		err := v.As(&b)
		return b, err
	case t.Is(tftypes.Number):
		var n big.Float
		err := v.As(&n)
		f, _ := n.Float64()
		return f, err
	case t.Is(tftypes.Object{}), t.Is(tftypes.Map{}):
		members := map[string]tftypes.Value{}
		if err := v.As(&members); err != nil {
			return nil, err
		}
		plain := map[string]any{}
		for name, member := range members {
			value, err := plainValue(member)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if value != nil {
				plain[name] = value
			}
		}
		return plain, nil
	default:
		var members []tftypes.Value
		if err := v.As(&members); err != nil {
			return nil, err
		}
		plain := make([]any, 0, len(members))
		for _, member := range members {
			value, err := plainValue(member)
			if err != nil {
				return nil, err
			}
			plain = append(plain, value)
		}
		if t.Is(tftypes.Set{}) {
			slices.SortFunc(plain, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		return plain, nil
	}
}
