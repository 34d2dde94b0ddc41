package acctest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Peer plays another provider's part while its objects leave it: it knows the types that a state holds, takes the state's
// word for every object, and notes what it is asked to destroy.
type Peer struct {
	tfprotov6.ProviderServer

	arguments []string
	types     map[string]tftypes.Object

	mu        sync.Mutex
	destroyed []string
}

// NewPeer makes a provider whose block takes the given arguments, all of them text.
func NewPeer(arguments ...string) *Peer {
	return &Peer{arguments: arguments, types: map[string]tftypes.Object{}}
}

// Knows teaches it a resource type by the attributes that a state holds of it.
func (p *Peer) Knows(resource string, attributes map[string]any) {
	p.types[resource] = typeOf(attributes).(tftypes.Object)
}

// Destroyed are the ids of what it was asked to destroy.
func (p *Peer) Destroyed() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.destroyed)
}

// Factory serves it.
func (p *Peer) Factory() (tfprotov6.ProviderServer, error) { return p, nil }

// typeOf guesses a type from a value: what a state holds says enough about what it was.
func typeOf(value any) tftypes.Type {
	switch value := value.(type) {
	case bool:
		return tftypes.Bool
	case int, int64, float64:
		return tftypes.Number
	case []string:
		return tftypes.List{ElementType: tftypes.String}
	case map[string]any:
		object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
		for name, attribute := range value {
			object.AttributeTypes[name] = typeOf(attribute)
		}
		return object
	default:
		return tftypes.String
	}
}

// GetProviderSchema implements tfprotov6.ProviderServer.
func (p *Peer) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	attributes := func(types map[string]tftypes.Type) []*tfprotov6.SchemaAttribute {
		var all []*tfprotov6.SchemaAttribute
		for name, t := range types {
			all = append(all, &tfprotov6.SchemaAttribute{Name: name, Type: t, Optional: true})
		}
		return all
	}
	arguments := map[string]tftypes.Type{}
	for _, name := range p.arguments {
		arguments[name] = tftypes.String
	}
	resp := &tfprotov6.GetProviderSchemaResponse{
		Provider:        &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: attributes(arguments)}},
		ResourceSchemas: map[string]*tfprotov6.Schema{},
	}
	for name, t := range p.types {
		resp.ResourceSchemas[name] = &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: attributes(t.AttributeTypes)}}
	}
	return resp, nil
}

// GetResourceIdentitySchemas implements tfprotov6.ProviderServer.
func (p *Peer) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

// ValidateProviderConfig implements tfprotov6.ProviderServer.
func (p *Peer) ValidateProviderConfig(_ context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: req.Config}, nil
}

// ConfigureProvider implements tfprotov6.ProviderServer.
func (p *Peer) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

// StopProvider implements tfprotov6.ProviderServer.
func (p *Peer) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

// UpgradeResourceState implements tfprotov6.ProviderServer.
func (p *Peer) UpgradeResourceState(_ context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	t := p.types[req.TypeName]
	value, err := req.RawState.Unmarshal(t)
	if err != nil {
		return nil, err
	}
	state, err := tfprotov6.NewDynamicValue(t, value)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &state}, err
}

// ReadResource implements tfprotov6.ProviderServer.
func (p *Peer) ReadResource(_ context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private}, nil
}

// ApplyResourceChange implements tfprotov6.ProviderServer. Nothing is ever made here, so every change is an end.
func (p *Peer) ApplyResourceChange(_ context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	prior, err := req.PriorState.Unmarshal(p.types[req.TypeName])
	if err != nil {
		return nil, err
	}
	var attributes map[string]tftypes.Value
	var id string
	if err := prior.As(&attributes); err != nil {
		return nil, err
	}
	if err := attributes["id"].As(&id); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.destroyed = append(p.destroyed, id)
	return &tfprotov6.ApplyResourceChangeResponse{NewState: req.PlannedState}, nil
}

// StateObject is a managed resource in a state written by hand.
type StateObject struct {
	Module     string // such as module.jfrog; "" is the root
	Type, Name string
	Provider   string // its source, such as jfrog/artifactory
	Version    int
	Attributes map[string]any
}

// WriteState makes a state of objects. The provider of an object in a module is the module's own.
func (c *CLI) WriteState(objects ...StateObject) {
	c.t.Helper()
	var resources []map[string]any
	for _, o := range objects {
		provider := `provider["` + Address(o.Provider) + `"]`
		resource := map[string]any{
			"mode": "managed", "type": o.Type, "name": o.Name,
			"instances": []any{map[string]any{"schema_version": o.Version, "attributes": o.Attributes, "sensitive_attributes": []any{}}},
		}
		if o.Module != "" {
			resource["module"], provider = o.Module, o.Module+"."+provider
		}
		resource["provider"] = provider
		resources = append(resources, resource)
	}
	content, err := json.Marshal(map[string]any{
		"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "a7b1b7a0-6f5d-4d5e-9d2f-0c6c5c3f8a11",
		"outputs": map[string]any{}, "resources": resources, "check_results": nil,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.Write("terraform.tfstate", string(content))
}

// Set sets an environment variable for the tool.
func (c *CLI) Set(name, value string) { c.env = append(c.env, name+"="+value) }
