package group

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewDataSource makes the data source registry_group.
func NewDataSource() datasource.DataSource { return &dataSource{} }

type dataSource struct{ tfkit.DataSource }

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

// Metadata implements datasource.DataSource.
func (s *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group"
}

// Schema implements datasource.DataSource.
func (s *dataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	flag := func(text string) schema.BoolAttribute {
		return schema.BoolAttribute{Computed: true, MarkdownDescription: text}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One group by its exact name, with its members. It also finds groups that a directory or an identity " +
			"provider owns, so that permissions can be granted to them.",
		Attributes: map[string]schema.Attribute{
			"id":          schema.StringAttribute{Computed: true, Description: "What the registry addresses the group by: its name on Artifactory, a UUID on Artifact Keeper."},
			"name":        schema.StringAttribute{Required: true, Description: "Exact name of the group."},
			"description": schema.StringAttribute{Computed: true, Description: "Free text; null when there is none."},
			"members":     schema.SetAttribute{Computed: true, ElementType: types.StringType, Description: "User names of all members."},
			"external_source": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Directory or identity provider that owns the membership (`ldap`, `oidc`, `saml`, …); null for a group of the registry itself.",
			},
			"artifactory": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "What only Artifactory's groups have; null on Artifact Keeper.",
				Attributes: map[string]schema.Attribute{
					"auto_join":        flag("Whether new users join the group by themselves."),
					"admin_privileges": flag("Whether members are administrators."),
					"external_id":      schema.StringAttribute{Computed: true, Description: "Id of the group in an external identity provider."},
					"realm":            schema.StringAttribute{Computed: true, Description: "Who owns the group."},
					"realm_attributes": schema.StringAttribute{Computed: true, Description: "What the realm says about the group."},
					"ldap": schema.SingleNestedAttribute{
						Computed: true, Description: "Group of a directory that this group stands for; null for others.",
						Attributes: map[string]schema.Attribute{
							"strategy": schema.StringAttribute{Computed: true, Description: "How the directory tells who is in it."},
							"group_dn": schema.StringAttribute{Computed: true, Description: "Full DN of the directory's group."},
						},
					},
					"reports_manager":  flag("Whether members manage Xray reports."),
					"watch_manager":    flag("Whether members manage Xray watches."),
					"policy_manager":   flag("Whether members manage Xray policies."),
					"policy_viewer":    flag("Whether members see Xray policies."),
					"manage_resources": flag("Whether members manage resources."),
					"manage_webhook":   flag("Whether members manage webhooks."),
				},
			},
		},
	}
}

// Read implements datasource.DataSource.
func (s *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var state commonModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	reg := s.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, err := reg.Groups.FindByName(ctx, state.Name.ValueString())
	if err == nil && found.Members == nil {
		found, err = reg.Groups.Get(ctx, found.ID)
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read group %q", state.Name.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}
