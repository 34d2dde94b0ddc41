package repository

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewListDataSource makes the data source registry_repositories.
func NewListDataSource() datasource.DataSource { return &listSource{} }

type listSource struct{ tfkit.DataSource }

var _ datasource.DataSourceWithConfigure = (*listSource)(nil)

// listModel is registry_repositories in state.
type listModel struct {
	PackageType  types.String `tfsdk:"package_type"`
	Kind         types.String `tfsdk:"kind"`
	Repositories types.List   `tfsdk:"repositories"`
}

var _ tfkit.ModelFromAPI[[]registry.Repository] = (*listModel)(nil)

// Metadata implements datasource.DataSource.
func (s *listSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_repositories"
}

// Schema implements datasource.DataSource.
func (s *listSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All package repositories that the provider's credential may see, sorted by key.",
		Attributes: map[string]schema.Attribute{
			"package_type": schema.StringAttribute{Optional: true, MarkdownDescription: "Keep repositories of this kind of packages only: `npm`, `go`, `pypi`, … The registry filters."},
			"kind":         schema.StringAttribute{Optional: true, MarkdownDescription: "Keep `local`, `remote`, `virtual`, … repositories only. The registry filters."},
			"repositories": schema.ListNestedAttribute{
				Computed: true, Description: "The repositories.",
				NestedObject: schema.NestedAttributeObject{Attributes: attributes()},
			},
		},
	}
}

// Read implements datasource.DataSource.
func (s *listSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var state listModel
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
	var found []registry.Repository
	filter := registry.RepositoryFilter{PackageType: state.PackageType.ValueString(), Kind: state.Kind.ValueString()}
	for repository, err := range reg.Repositories.List(ctx, filter) {
		if err != nil {
			tfkit.AddError(&resp.Diagnostics, "Cannot list repositories", err)
			return
		}
		found = append(found, repository)
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// FromAPI implements tfkit.ModelFromAPI.
func (m *listModel) FromAPI(ctx context.Context, in []registry.Repository) diag.Diagnostics {
	in = slices.SortedFunc(slices.Values(in), func(a, b registry.Repository) int { return strings.Compare(a.Key, b.Key) })
	models := make([]model, len(in))
	var diags diag.Diagnostics
	for i, repository := range in {
		diags.Append(models[i].FromAPI(ctx, repository)...)
	}
	list, d := types.ListValueFrom(ctx, types.ObjectType{AttrTypes: modelTypes}, models)
	diags.Append(d...)
	m.Repositories = list
	return diags
}
