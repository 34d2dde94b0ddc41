// Package provider is the Terraform provider itself: its configuration and the list of what it offers.
package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/group"
	"github.com/registry-identity/terraform-provider-registry/internal/identity"
	"github.com/registry-identity/terraform-provider-registry/internal/ldap"
	"github.com/registry-identity/terraform-provider-registry/internal/membership"
	"github.com/registry-identity/terraform-provider-registry/internal/oidc"
	"github.com/registry-identity/terraform-provider-registry/internal/permission"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/connect"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/snapshot"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
	"github.com/registry-identity/terraform-provider-registry/internal/repository"
	"github.com/registry-identity/terraform-provider-registry/internal/server"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
	"github.com/registry-identity/terraform-provider-registry/internal/token"
	"github.com/registry-identity/terraform-provider-registry/internal/user"
)

// Option changes a provider in a way that no configuration can.
type Option func(*registryProvider)

// WithTransport adjusts how the provider reaches the registry after its configuration was read. Tests count requests and
// skip waits with it.
func WithTransport(adjust func(*transport.Config)) Option {
	return func(p *registryProvider) { p.adjust = adjust }
}

// WithBulkReads adjusts when a refresh reads a list, where the configuration allows it. Tests with few objects do it at once.
func WithBulkReads(options snapshot.Options) Option {
	return func(p *registryProvider) { p.bulk = options }
}

// New gives the constructor that the plugin server calls for every session.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &registryProvider{version: version, bulk: snapshot.Options{Direct: snapshot.DefaultDirect}}
		for _, option := range options {
			option(p)
		}
		return p
	}
}

type registryProvider struct {
	version string
	adjust  func(*transport.Config)
	bulk    snapshot.Options
}

var (
	_ provider.ProviderWithEphemeralResources = (*registryProvider)(nil)
	_ provider.ProviderWithFunctions          = (*registryProvider)(nil)
	_ provider.ProviderWithListResources      = (*registryProvider)(nil)
	_ provider.ProviderWithValidateConfig     = (*registryProvider)(nil)
)

// Metadata implements provider.Provider.
func (p *registryProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "registry"
	resp.Version = p.version
}

// Configure resolves the configuration and the environment. It makes no request: the registry is opened by the first
// object that needs it.
func (p *registryProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	set, diags := resolve(ctx, config, os.Getenv)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := &tfkit.ProviderData{
		AllowAdminTokens: set.allowAdminTokens,
		OnUnreachable:    set.onUnreachable,
		PreviousURL:      set.previousURL,
	}
	if !set.unknown {
		set.transport.UserAgent = "terraform-provider-registry/" + p.version + " terraform/" + req.TerraformVersion
		if p.adjust != nil {
			p.adjust(&set.transport)
		}
		target := connect.Config{Type: set.serverType, Config: set.transport}
		if set.bulkReads {
			target.Snapshot = &p.bulk
		}
		connection, err := connect.New(target)
		if err != nil {
			tfkit.AddError(&resp.Diagnostics, "Invalid provider configuration", err)
			return
		}
		data.Connection = connection
	}
	handOver(data, resp)
}

// handOver gives every kind of object the same data. Forgetting a kind would give it nil, and only there.
func handOver(data *tfkit.ProviderData, resp *provider.ConfigureResponse) {
	resp.ResourceData = data
	resp.DataSourceData = data
	resp.EphemeralResourceData = data
	resp.ListResourceData = data
	resp.ActionData = data
}

// Resources implements provider.Provider.
func (p *registryProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		group.NewResource,
		ldap.NewGroupSettingsResource,
		ldap.NewSettingsResource,
		membership.NewEdgeResource,
		membership.NewSetResource,
		oidc.NewMappingResource,
		oidc.NewProviderResource,
		permission.NewResource,
		token.NewResource,
		user.NewResource,
	}
}

// DataSources implements provider.Provider.
func (p *registryProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		group.NewDataSource,
		identity.NewDataSource,
		permission.NewDataSource,
		repository.NewDataSource,
		repository.NewListDataSource,
		server.NewDataSource,
		token.NewListDataSource,
		user.NewDataSource,
	}
}

// EphemeralResources implements provider.ProviderWithEphemeralResources.
func (p *registryProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{ldap.NewCheck, token.NewEphemeralResource}
}

// ListResources implements provider.ProviderWithListResources.
func (p *registryProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		group.NewListResource,
		permission.NewListResource,
		token.NewListResource,
		user.NewListResource,
	}
}

// Functions implements provider.ProviderWithFunctions.
func (p *registryProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{token.NewClaimsFunction}
}
