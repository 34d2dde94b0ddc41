package user

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewDataSource makes the data source registry_user.
func NewDataSource() datasource.DataSource { return &userDataSource{} }

type userDataSource struct{ tfkit.DataSource }

var (
	_ datasource.DataSourceWithConfigure        = (*userDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*userDataSource)(nil)
)

// dataModel is the data source's state.
type dataModel struct {
	commonModel

	EffectiveAdmin types.Bool `tfsdk:"effective_admin"`
	ServiceAccount types.Bool `tfsdk:"service_account"`
	Groups         types.Set  `tfsdk:"groups"`
}

// Metadata implements datasource.DataSource.
func (d *userDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user"
}

// Schema implements datasource.DataSource.
func (d *userDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	yesNo := func(description string) schema.BoolAttribute {
		return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One account of the registry, by its exact name or by its id. To find out which account a person is, use `registry_identity`.",
		Attributes: map[string]schema.Attribute{
			"username": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Name of the account. Give this or `id`.",
			},
			"id": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "What the registry's API addresses the account by: the name on Artifactory, a UUID on Artifact Keeper.",
			},
			"email":           schema.StringAttribute{Computed: true, MarkdownDescription: "E-mail address of the account."},
			"display_name":    schema.StringAttribute{Computed: true, MarkdownDescription: "Name for people; null on Artifactory, which has none."},
			"admin":           yesNo("Whether the account itself is an administrator."),
			"effective_admin": yesNo("Whether the account has administrator rights in effect, its groups included."),
			"enabled":         yesNo("Whether the account may sign in and its tokens work."),
			"service_account": yesNo("Whether the account belongs to no person."),
			"realm": schema.StringAttribute{
				Computed: true, MarkdownDescription: "Who owns the account: `internal` or `local` for the registry itself, else the kind of directory or identity provider.",
			},
			"groups": schema.SetAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Names of the account's groups on Artifactory. Null on Artifact Keeper, which does not tell them with the account.",
			},
			"artifactory": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "What only Artifactory's accounts have; null elsewhere.",
				Attributes: map[string]schema.Attribute{
					"profile_updatable":          yesNo("Whether the person may change the profile."),
					"disable_ui_access":          yesNo("Whether signing in to the web interface is refused."),
					"internal_password_disabled": yesNo("Whether signing in with an internal password is refused."),
					"watch_manager":              yesNo("Role flag: may manage Xray watches."),
					"policy_viewer":              yesNo("Role flag: may see Xray policies."),
					"policy_manager":             yesNo("Role flag: may manage Xray policies."),
					"reports_manager":            yesNo("Role flag: may manage Xray reports."),
					"resources_manager":          yesNo("Role flag: may manage resources."),
				},
			},
		},
	}
}

// ConfigValidators implements datasource.DataSourceWithConfigValidators.
func (d *userDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("username"), path.MatchRoot("id")),
	}
}

// Read implements datasource.DataSource.
func (d *userDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var state dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	reg := d.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	var found registry.User
	var err error
	key := state.Username.ValueString()
	if key != "" {
		found, err = reg.Users.FindByUsername(ctx, key)
	} else {
		key = state.ID.ValueString()
		found, err = reg.Users.Get(ctx, key)
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read user %q", key), err)
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// FromAPI implements tfkit.ModelFromAPI.
func (m *dataModel) FromAPI(ctx context.Context, in registry.User) diag.Diagnostics {
	diags := m.commonModel.FromAPI(ctx, in)
	m.EffectiveAdmin = types.BoolValue(in.Admin)
	m.ServiceAccount = types.BoolValue(in.ServiceAccount)
	groups, d := tfkit.StringSet(ctx, in.Groups)
	diags.Append(d...)
	m.Groups = groups
	return diags
}

var _ tfkit.ModelFromAPI[registry.User] = (*dataModel)(nil)
