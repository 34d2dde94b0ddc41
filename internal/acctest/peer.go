package acctest

import (
	"context"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Peer plays another provider's part while its objects leave it: it has that provider's resource types, takes the state's
// word for every object, and notes what it is asked to destroy.
type Peer struct {
	tfprotov6.ProviderServer

	arguments []string
	types     map[string]PeerType

	mu        sync.Mutex
	destroyed []string
}

// NewPeer makes a provider of other people's, such as jfrog/artifactory, whose block takes the given arguments, all of
// them text.
func NewPeer(source string, arguments ...string) *Peer {
	return &Peer{arguments: arguments, types: PeerTypes()[source]}
}

// Destroyed are the ids of what it was asked to destroy.
func (p *Peer) Destroyed() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.destroyed)
}

// Factory serves it.
func (p *Peer) Factory() (tfprotov6.ProviderServer, error) { return p, nil }

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
		resp.ResourceSchemas[name] = &tfprotov6.Schema{Version: int64(t.Version), Block: &tfprotov6.SchemaBlock{Attributes: attributes(t.State.AttributeTypes)}}
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
	t := p.types[req.TypeName].State
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
	prior, err := req.PriorState.Unmarshal(p.types[req.TypeName].State)
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
