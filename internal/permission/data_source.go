package permission

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewDataSource makes the data source registry_permission.
func NewDataSource() datasource.DataSource { return &dataSource{} }

type dataSource struct{ tfkit.DataSource }

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

// Metadata implements datasource.DataSource.
func (s *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_permission"
}

// Schema implements datasource.DataSource.
func (s *dataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	principals := func(text string) schema.MapAttribute {
		return schema.MapAttribute{Computed: true, ElementType: tfkit.StringSetMapType.ElemType, MarkdownDescription: text + " Null when there is none."}
	}
	patterns := func(text string) schema.SetAttribute {
		return schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: text + " Null for the default."}
	}
	section := func(text string) schema.SingleNestedAttribute {
		return schema.SingleNestedAttribute{
			Computed: true, MarkdownDescription: text + " Null when there is none.",
			Attributes: map[string]schema.Attribute{
				"targets":          schema.SetAttribute{Computed: true, ElementType: types.StringType, Description: "What is granted on."},
				"include_patterns": patterns("Path patterns that are granted."),
				"exclude_patterns": patterns("Path patterns that are not granted."),
				"users":            principals("User names and what each may do."),
				"groups":           principals("Group names and what each may do."),
			},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Who may do what: a permission target of Artifactory by its name, or all rules of an Artifact Keeper repository by the " +
			"repository's key.",
		Attributes: map[string]schema.Attribute{
			"id":           schema.StringAttribute{Computed: true, Description: "The permission's name on Artifactory, the repository's UUID on Artifact Keeper."},
			"name":         schema.StringAttribute{Required: true, Description: "Name of the permission; on Artifact Keeper the key of the repository."},
			"repositories": schema.SetAttribute{Computed: true, ElementType: types.StringType, Description: "Keys of the repositories."},
			"users":        principals("User names and what each may do on the repositories, in the registry's own words."),
			"groups":       principals("Group names and what each may do on the repositories, in the registry's own words."),
			"artifactory": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "What only Artifactory's permission targets have; null when everything there is at its default.",
				Attributes: map[string]schema.Attribute{
					"include_patterns": patterns("Path patterns within the repositories that are granted."),
					"exclude_patterns": patterns("Path patterns that are not granted."),
					"builds":           section("Grants on builds."),
					"release_bundles":  section("Grants on release bundles."),
					"destinations":     section("Grants on distribution destinations."),
					"pipeline_sources": section("Grants on pipeline sources."),
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
	found, err := reg.Permissions.Get(ctx, state.Name.ValueString())
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read permission %q", state.Name.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}
