// Package server holds the data source registry_server: which registry the provider speaks to.
package server

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewDataSource makes the data source registry_server.
func NewDataSource() datasource.DataSource { return &dataSource{} }

type dataSource struct{ tfkit.DataSource }

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

// model is registry_server in state.
type model struct {
	Ask                types.Bool   `tfsdk:"ask"`
	Type               types.String `tfsdk:"type"`
	URL                types.String `tfsdk:"url"`
	Version            types.String `tfsdk:"version"`
	ServiceID          types.String `tfsdk:"service_id"`
	Actions            types.List   `tfsdk:"actions"`
	DefaultTokenScopes types.List   `tfsdk:"default_token_scopes"`
	WholeDayExpiry     types.Bool   `tfsdk:"whole_day_expiry"`
	BasicTokenUsername types.String `tfsdk:"basic_token_username"`
}

var _ tfkit.ModelFromAPI[*registry.Registry] = (*model)(nil)

// Metadata implements datasource.DataSource.
func (s *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server"
}

// Schema implements datasource.DataSource.
func (s *dataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The registry that the provider is configured for, and how it differs from the other kind.",
		Attributes: map[string]schema.Attribute{
			"ask": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to ask the server for `version` and `service_id`. Default `true`. With `false` both are null, and nothing " +
					"is requested when the provider's `type` is given.",
			},
			"type":                 schema.StringAttribute{Computed: true, MarkdownDescription: "`artifactory` or `artifact_keeper`."},
			"url":                  schema.StringAttribute{Computed: true, Description: "Base URL, without a final slash or /artifactory."},
			"version":              schema.StringAttribute{Computed: true, Description: "Version of the server, such as 7.146.17 or 1.8.1."},
			"service_id":           schema.StringAttribute{Computed: true, Description: "Id of the installation, whatever its URL; null on Artifact Keeper, which has none."},
			"actions":              schema.ListAttribute{Computed: true, ElementType: types.StringType, Description: "What a permission may grant, in the registry's own words."},
			"default_token_scopes": schema.ListAttribute{Computed: true, ElementType: types.StringType, Description: "Scopes of a token whose configuration names none."},
			"whole_day_expiry":     schema.BoolAttribute{Computed: true, Description: "Whether token lifetimes are whole days, at least one."},
			"basic_token_username": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "User name that clients send with a token over HTTP Basic; null means the user's own. Artifact Keeper counts a real user " +
					"name with a token as a failed sign-in, so it is `__token__` there.",
			},
		},
	}
}

// Read implements datasource.DataSource.
func (s *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.Config.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tfkit.ReadTimeout)
	defer cancel()
	reg := s.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, reg)...)
	if state.Ask.IsNull() || state.Ask.ValueBool() {
		state.ask(ctx, reg, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

func (m *model) ask(ctx context.Context, reg *registry.Registry, diags *diag.Diagnostics) {
	version, err := reg.System.Version(ctx)
	if err != nil {
		tfkit.AddError(diags, "Cannot learn the registry's version", err)
		return
	}
	id, err := reg.System.ServiceID(ctx)
	if err != nil {
		tfkit.AddError(diags, "Cannot learn the registry's service id", err)
		return
	}
	m.Version, m.ServiceID = tfkit.StringOrNull(version), tfkit.StringOrNull(id)
}

// FromAPI implements tfkit.ModelFromAPI for what is known without a request.
func (m *model) FromAPI(ctx context.Context, in *registry.Registry) diag.Diagnostics {
	var diags, d diag.Diagnostics
	m.Type = types.StringValue(string(in.Server.Type))
	m.URL = types.StringValue(in.Server.URL)
	m.Actions, d = types.ListValueFrom(ctx, types.StringType, in.Capabilities.Actions)
	diags.Append(d...)
	m.DefaultTokenScopes, d = types.ListValueFrom(ctx, types.StringType, in.Capabilities.DefaultTokenScopes.Strings())
	diags.Append(d...)
	m.WholeDayExpiry = types.BoolValue(in.Capabilities.WholeDayExpiry)
	m.BasicTokenUsername = tfkit.StringOrNull(in.Capabilities.BasicTokenUsername)
	return diags
}
