package permission

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewListResource makes the list resource registry_permission, with which a query finds permissions to import.
func NewListResource() list.ListResource { return &permissionList{} }

type permissionList struct{ tfkit.Resource }

var _ list.ListResourceWithConfigure = (*permissionList)(nil)

// listModel is the filter of a query.
type listModel struct {
	NameContains types.String `tfsdk:"name_contains"`
}

// Metadata implements list.ListResource.
func (l *permissionList) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_permission"
}

// ListResourceConfigSchema implements list.ListResource.
func (l *permissionList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The permissions of the registry, for `terraform query`: the permission targets of Artifactory, or the repositories of Artifact " +
			"Keeper that have rules. A generated configuration owns the whole permission.",
		Attributes: map[string]schema.Attribute{
			"name_contains": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Keeps permissions whose name (the repository's key on Artifact Keeper) contains this text, ignoring case. Neither registry can " +
					"filter by it, so the whole list is read. Default: all.",
			},
		},
	}
}

// List implements list.ListResource.
func (l *permissionList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
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
	contains := registry.LowerASCII(config.NameContains.ValueString())
	permissions := tfkit.Filter(reg.Permissions.List(ctx), func(p registry.Permission) bool {
		return strings.Contains(registry.LowerASCII(p.Name), contains)
	})
	stream.Results = tfkit.ListResults(ctx, req, "Cannot list permissions", permissions, func(p registry.Permission, result *list.ListResult) error {
		result.DisplayName = p.Name
		result.Diagnostics.Append(result.Identity.Set(ctx, identityModel{
			Server: types.StringValue(l.ServerURL()), Name: types.StringValue(p.Name),
		})...)
		if !req.IncludeResource {
			return nil
		}
		if p.Partial {
			var err error
			if p, err = reg.Permissions.Get(ctx, p.Name); err != nil {
				return err
			}
		}
		state := nullModel()
		result.Diagnostics.Append(state.FromAPI(ctx, p)...)
		result.Diagnostics.Append(result.Resource.Set(ctx, &state)...)
		return nil
	})
}

// nullModel is a state in which nothing is known but the defaults of what lives in the configuration only.
func nullModel() model {
	noMap := types.MapNull(tfkit.StringSetMapType.ElemType)
	return model{
		commonModel: commonModel{
			Repositories: types.SetNull(types.StringType), Users: noMap, Groups: noMap, Artifactory: types.ObjectNull(artifactoryTypes),
		},
		Additive: types.BoolValue(false),
		Timeouts: tfkit.NullTimeouts("create", "read", "update", "delete"),
	}
}
