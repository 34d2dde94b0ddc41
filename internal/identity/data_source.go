package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
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

// NewDataSource makes the data source registry_identity.
func NewDataSource() datasource.DataSource { return &dataSource{} }

type dataSource struct{ tfkit.DataSource }

var (
	_ datasource.DataSourceWithConfigure      = (*dataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*dataSource)(nil)
)

// onMissingNull makes a person without an account a null answer.
const onMissingNull = "null"

// defaultMatch trusts what names an account first, and its name second.
var defaultMatch = []string{byEmail, byUsername}

// model is registry_identity in state.
type model struct {
	Username    types.String `tfsdk:"username"`
	Email       types.String `tfsdk:"email"`
	Match       types.List   `tfsdk:"match"`
	Override    types.Map    `tfsdk:"override"`
	VerifyEmail types.Bool   `tfsdk:"verify_email"`
	Scan        types.Bool   `tfsdk:"scan"`
	OnMissing   types.String `tfsdk:"on_missing"`

	Timeouts timeouts.Value `tfsdk:"timeouts"`

	ID               types.String `tfsdk:"id"`
	RegistryUsername types.String `tfsdk:"registry_username"`
	RegistryEmail    types.String `tfsdk:"registry_email"`
	Enabled          types.Bool   `tfsdk:"enabled"`
	MatchedBy        types.String `tfsdk:"matched_by"`
}

var (
	_ tfkit.ModelToAPI[person]  = (*model)(nil)
	_ tfkit.ModelFromAPI[found] = (*model)(nil)
)

// Metadata implements datasource.DataSource.
func (s *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_identity"
}

// Schema implements datasource.DataSource.
func (s *dataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Decides which one registry user a person is: a Coder workspace owner, for example. The account must exist, " +
			"carry the person's e-mail address, be enabled, be a person's and not an administrator's; anything else is an error that " +
			"says what to do. A person who can rename themselves therefore cannot become somebody else.",
		Attributes: map[string]schema.Attribute{
			"username": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The person's user name elsewhere, such as the Coder user name; one of `username` and `email` is needed. The name of " +
					"their account is `registry_username`.",
			},
			"email": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The person's e-mail address, which verifies the account unless `verify_email` is `false`. The address of their account " +
					"is `registry_email`.",
			},
			"match": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Direct look-ups, in order; the first verified account wins. `email`: on Artifactory the account *named* by the address, " +
					"on Artifact Keeper the account that has it; `username`: the account of that name; `email_local_part`: the account named by " +
					"what stands before the `@`. Default `[\"email\", \"username\"]`.",
				Validators: []validator.List{
					listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(),
					listvalidator.ValueStringsAre(stringvalidator.OneOf(byEmail, byUsername, byLocalPart)),
				},
			},
			"override": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Registry user names for people whom no look-up finds, by their e-mail address or user name. A person named here is looked up " +
					"by that name only; the address is still verified.",
				Validators: []validator.Map{mapvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"verify_email": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the account's e-mail address must equal the person's, ignoring case. Default `true`. With `false`, whoever may choose " +
					"their user name chooses their registry account.",
			},
			"scan": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to search all accounts for the address when no direct look-up finds one. Default `false`: on Artifactory it costs one " +
					"request per account. At most 500,000 accounts are searched, for as long as `timeouts` says.",
			},
			"on_missing": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What to do when the person has no account: `error` (default), or `null` to answer with nulls so that a workspace can start without credentials. Every other problem stays an error.",
				Validators:          []validator.String{stringvalidator.OneOf("error", onMissingNull)},
			},
			"id": schema.StringAttribute{Computed: true, Description: "What the registry addresses the account by; null when there is none."},
			"registry_username": schema.StringAttribute{
				Computed: true, MarkdownDescription: "User name of the one account that the person is, for `registry_token` for example; null when there is none.",
			},
			"registry_email": schema.StringAttribute{
				Computed: true, Description: "E-mail address of the account as the registry writes it; null when there is no account or it has no address.",
			},
			"enabled":    schema.BoolAttribute{Computed: true, Description: "Whether the account is enabled; always true when there is one."},
			"matched_by": schema.StringAttribute{Computed: true, MarkdownDescription: "Which look-up found the account: one of `match`, `override` or `scan`."},
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{
			ReadDescription: "How long the look-ups may take in all, retries and a scan included, as a duration such as `5m` (the default).",
		})},
	}
}

// ValidateConfig implements datasource.DataSourceWithValidateConfig.
func (s *dataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if config.Username.IsNull() && config.Email.IsNull() && !resp.Diagnostics.HasError() {
		resp.Diagnostics.AddError("Nobody to look for", "Give username, email or both.")
	}
}

// Read implements datasource.DataSource.
func (s *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.Config.Get(ctx, &state)...)
	who, diags := state.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, diags := state.Timeouts.Read(ctx, tfkit.ReadTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := s.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	who.AllowAdmin = s.Data.AllowAdminTokens
	user, err := resolve(ctx, reg.Users, reg.Server.Type, who)
	switch {
	case err == nil:
		resp.Diagnostics.Append(state.FromAPI(ctx, user)...)
	case errors.Is(err, errMissing) && state.OnMissing.ValueString() == onMissingNull:
		// Everything computed stays null.
	default:
		explain(reg, who, err, &resp.Diagnostics)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// explain gives each cause a title of its own.
func explain(reg *registry.Registry, who person, err error, diags *diag.Diagnostics) {
	where := fmt.Sprintf(" (%s at %s)", reg.Server.Type.Title(), reg.Server.URL)
	var title string
	switch {
	case errors.Is(err, errMissing):
		title = "No registry user for " + who.name()
	case errors.Is(err, errSeveral):
		title = "More than one registry user for " + who.name()
	case errors.Is(err, errMismatch):
		title = "The registry user found for " + who.name() + " has another e-mail address"
	case errors.Is(err, errNoEmail):
		diags.AddAttributeError(path.Root("email"), "No e-mail address to verify", err.Error())
		return
	case errors.Is(err, registry.ErrAdministrator):
		title = "The registry user of " + who.name() + " is an administrator"
	case errors.Is(err, registry.ErrServiceAccount):
		title = "The registry user of " + who.name() + " is a service account"
	case errors.Is(err, registry.ErrDisabled):
		title = "The registry user of " + who.name() + " is disabled"
	default:
		tfkit.AddError(diags, "Cannot look up "+who.name(), err)
		return
	}
	diags.AddError(title+where, err.Error())
}

// ToAPI implements tfkit.ModelToAPI.
func (m *model) ToAPI(ctx context.Context) (person, diag.Diagnostics) {
	p := person{
		Username:    m.Username.ValueString(),
		Email:       m.Email.ValueString(),
		Match:       defaultMatch,
		VerifyEmail: m.VerifyEmail.IsNull() || m.VerifyEmail.ValueBool(),
		Scan:        m.Scan.ValueBool(),
	}
	var diags diag.Diagnostics
	if !m.Match.IsNull() {
		p.Match = nil
		diags.Append(m.Match.ElementsAs(ctx, &p.Match, false)...)
	}
	if !m.Override.IsNull() {
		diags.Append(m.Override.ElementsAs(ctx, &p.Override, false)...)
	}
	return p, diags
}

// FromAPI implements tfkit.ModelFromAPI.
func (m *model) FromAPI(_ context.Context, in found) diag.Diagnostics {
	m.ID = types.StringValue(in.ID)
	m.RegistryUsername = types.StringValue(in.Username)
	m.RegistryEmail = tfkit.StringOrNull(in.Email)
	m.Enabled = types.BoolValue(in.Enabled)
	m.MatchedBy = types.StringValue(in.MatchedBy)
	return nil
}
