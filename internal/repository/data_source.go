package repository

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewDataSource makes the data source registry_repository.
func NewDataSource() datasource.DataSource { return &oneSource{} }

type oneSource struct{ tfkit.DataSource }

var _ datasource.DataSourceWithConfigure = (*oneSource)(nil)

// Metadata implements datasource.DataSource.
func (s *oneSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_repository"
}

// Schema implements datasource.DataSource.
func (s *oneSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	all := attributes()
	all["key"] = schema.StringAttribute{
		Required: true, Description: "Key of the repository, as it stands in URLs.",
		Validators: []validator.String{stringvalidator.LengthBetween(1, 128)},
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One package repository by its key. This provider does not manage repositories.",
		Attributes:          all,
	}
}

// Read implements datasource.DataSource.
func (s *oneSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
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
	found, err := reg.Repositories.Get(ctx, state.Key.ValueString())
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read repository %q", state.Key.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}
