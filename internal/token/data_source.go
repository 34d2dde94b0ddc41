package token

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

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

// NewListDataSource makes the data source registry_tokens.
func NewListDataSource() datasource.DataSource { return &tokensDataSource{} }

type tokensDataSource struct{ tfkit.DataSource }

var _ datasource.DataSourceWithConfigure = (*tokensDataSource)(nil)

// tokensModel is registry_tokens.
type tokensModel struct {
	Username            types.String    `tfsdk:"username"`
	DescriptionContains types.String    `tfsdk:"description_contains"`
	Tokens              []metadataModel `tfsdk:"tokens"`
}

// metadataModel is what a registry tells about a token. Its value is never among that.
type metadataModel struct {
	ID          types.String `tfsdk:"id"`
	Username    types.String `tfsdk:"username"`
	Description types.String `tfsdk:"description"`
	Scopes      types.Set    `tfsdk:"scopes"`
	IssuedAt    types.String `tfsdk:"issued_at"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
	LastUsedAt  types.String `tfsdk:"last_used_at"`
	Refreshable types.Bool   `tfsdk:"refreshable"`
	Expired     types.Bool   `tfsdk:"expired"`
}

// listedToken is a token and the time at which it is looked at.
type listedToken struct {
	registry.Token
	now time.Time
}

var _ tfkit.ModelFromAPI[listedToken] = (*metadataModel)(nil)

// Metadata implements datasource.DataSource.
func (d *tokensDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_tokens"
}

// Schema implements datasource.DataSource.
func (d *tokensDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The tokens that the registry lists, without their values, which it never shows again. Revoked tokens are not listed; on " +
			"Artifactory neither are tokens too short-lived to be stored.",
		Attributes: map[string]schema.Attribute{
			"username": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Owner of the tokens. Required on Artifact Keeper, which lists tokens by owner; on Artifactory the default is everybody's.",
			},
			"description_contains": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Keeps tokens whose description contains this text, case-sensitively.",
			},
			"tokens": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The tokens, oldest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":           text("The registry's id of the token."),
					"username":     text("Owner of the token."),
					"description":  text("The text stored with the token: the description on Artifactory, the name on Artifact Keeper."),
					"issued_at":    text("When it was minted, in RFC 3339 (UTC)."),
					"expires_at":   text("When it ends, in RFC 3339 (UTC); null if it never does."),
					"last_used_at": text("When it was last used, in RFC 3339 (UTC); null if never or not told. Artifact Keeper is up to five minutes late, Artifactory tells it since 7.108.3."),
					"scopes": schema.SetAttribute{
						Computed: true, ElementType: types.StringType, MarkdownDescription: "What it may do; null on Artifactory, which does not tell.",
					},
					"refreshable": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it has a refresh token. Always `false` on Artifact Keeper."},
					"expired":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether its end has passed."},
				}},
			},
		},
	}
}

// Read implements datasource.DataSource.
func (d *tokensDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var state tokensModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	reg := d.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	filter := registry.TokenFilter{Username: state.Username.ValueString(), LabelContains: state.DescriptionContains.ValueString()}
	if reg.Server.Type == registry.ArtifactKeeper && !ownerID(ctx, reg, &filter, &resp.Diagnostics) {
		return
	}
	tokens, err := reg.Tokens.List(ctx, filter)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, "Cannot list tokens", err)
		return
	}
	slices.SortStableFunc(tokens, func(a, b registry.Token) int {
		return cmp.Or(a.IssuedAt.Compare(b.IssuedAt), cmp.Compare(a.ID, b.ID))
	})
	state.Tokens = make([]metadataModel, len(tokens))
	for i, token := range tokens {
		resp.Diagnostics.Append(state.Tokens[i].FromAPI(ctx, listedToken{Token: token, now: d.Data.Now()})...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// ownerID finds the id by which Artifact Keeper lists tokens.
func ownerID(ctx context.Context, reg *registry.Registry, filter *registry.TokenFilter, diags *diag.Diagnostics) bool {
	if filter.Username == "" {
		diags.AddAttributeError(path.Root("username"), "Whose tokens?",
			fmt.Sprintf("%s lists tokens by their owner only. Give username.", reg.Server.Type.Title()))
		return false
	}
	owner, err := reg.Users.FindByUsername(ctx, filter.Username)
	if err != nil {
		tfkit.AddError(diags, fmt.Sprintf("Cannot look up user %q", filter.Username), err, path.Root("username"))
		return false
	}
	filter.UserID = owner.ID
	return true
}

// FromAPI implements tfkit.ModelFromAPI.
func (m *metadataModel) FromAPI(ctx context.Context, in listedToken) diag.Diagnostics {
	scopes, diags := tfkit.StringSet(ctx, in.Scopes)
	*m = metadataModel{
		ID:          types.StringValue(in.ID),
		Username:    tfkit.StringOrNull(in.Token.Username),
		Description: tfkit.StringOrNull(in.Label),
		Scopes:      scopes,
		IssuedAt:    tfkit.TimeOrNull(in.IssuedAt),
		ExpiresAt:   tfkit.TimeOrNull(in.Token.ExpiresAt),
		LastUsedAt:  tfkit.TimeOrNull(in.LastUsedAt),
		Refreshable: types.BoolValue(in.Refreshable),
		Expired:     types.BoolValue(in.Token.Expired(in.now)),
	}
	return diags
}
