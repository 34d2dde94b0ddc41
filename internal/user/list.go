package user

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewListResource makes the list resource registry_user, with which a query finds accounts to import.
func NewListResource() list.ListResource { return &userList{} }

type userList struct{ tfkit.Resource }

var _ list.ListResourceWithConfigure = (*userList)(nil)

// listModel is the filter of a query.
type listModel struct {
	UsernameContains types.String `tfsdk:"username_contains"`
	Realm            types.String `tfsdk:"realm"`
}

// Metadata implements list.ListResource.
func (l *userList) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user"
}

// ListResourceConfigSchema implements list.ListResource.
func (l *userList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The accounts of the registry, for `terraform query`. Accounts that are no person's (service accounts and those that come " +
			"with the product) are left out: `registry_user` does not manage them.",
		Attributes: map[string]schema.Attribute{
			"username_contains": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Keeps accounts whose name contains this text, ignoring case. The registry filters. Default: all.",
			},
			"realm": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Keeps accounts of this realm: `internal` (Artifactory) or `local` (Artifact Keeper) for the registry's own, else `ldap`, " +
					"`saml`, `oidc` and so on. Default: all.",
			},
		},
	}
}

// List implements list.ListResource.
func (l *userList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	diags := req.Config.Get(ctx, &config)
	var reg *registry.Registry
	if !diags.HasError() {
		reg = l.Open(ctx, &diags)
	}
	if reg == nil {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	users := tfkit.Filter(reg.Users.List(ctx, registry.UserFilter{Contains: config.UsernameContains.ValueString()}), config.passes)
	stream.Results = tfkit.ListResults(ctx, req, "Cannot list users", users, func(u registry.User, result *list.ListResult) error {
		result.DisplayName = u.Username
		result.Diagnostics.Append(result.Identity.Set(ctx, identityModel{
			Server: types.StringValue(l.ServerURL()), Username: types.StringValue(u.Username),
		})...)
		if !req.IncludeResource {
			return nil
		}
		if u.Partial {
			var err error
			if u, err = reg.Users.Get(ctx, u.ID); err != nil {
				return err
			}
		}
		state, diags := importedModel(ctx, u)
		result.Diagnostics.Append(diags...)
		result.Diagnostics.Append(result.Resource.Set(ctx, &state)...)
		return nil
	})
}

// passes holds an account against the filter. Artifact Keeper's search looks at e-mail and display name as well.
func (m listModel) passes(u registry.User) bool {
	contains := registry.LowerASCII(m.UsernameContains.ValueString())
	return !u.ServiceAccount && strings.Contains(registry.LowerASCII(u.Username), contains) &&
		(m.Realm.IsNull() || m.Realm.ValueString() == u.Realm)
}

// importedModel is the state of an account that existed before.
func importedModel(ctx context.Context, u registry.User) (model, diag.Diagnostics) {
	state := model{
		// These live in the configuration only. With their defaults in the state, the first plan has nothing to change.
		DeletionPolicy: types.StringValue(policyDelete),
		AdoptExisting:  types.BoolValue(false),
		Timeouts:       tfkit.NullTimeouts("create", "read", "update", "delete"),
	}
	diags := state.FromAPI(ctx, u)
	return state, diags
}
