package group

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

// NewListResource makes the list resource registry_group, with which a query finds groups to import.
func NewListResource() list.ListResource { return &groupList{} }

type groupList struct{ tfkit.Resource }

var _ list.ListResourceWithConfigure = (*groupList)(nil)

// listModel is the filter of a query.
type listModel struct {
	NameContains types.String `tfsdk:"name_contains"`
}

// Metadata implements list.ListResource.
func (l *groupList) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group"
}

// ListResourceConfigSchema implements list.ListResource.
func (l *groupList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The groups of the registry, for `terraform query`. A generated configuration owns the members of a group, except where a directory, " +
			"an identity provider or `auto_join` decides who is in it.",
		Attributes: map[string]schema.Attribute{
			"name_contains": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Keeps groups whose name contains this text, ignoring case. The registry filters. Default: all.",
			},
		},
	}
}

// List implements list.ListResource.
func (l *groupList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
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
	groups := tfkit.Filter(reg.Groups.List(ctx, registry.GroupFilter{Contains: config.NameContains.ValueString()}), func(g registry.Group) bool {
		return strings.Contains(registry.LowerASCII(g.Name), contains)
	})
	stream.Results = tfkit.ListResults(ctx, req, "Cannot list groups", groups, func(g registry.Group, result *list.ListResult) error {
		result.DisplayName = g.Name
		result.Diagnostics.Append(result.Identity.Set(ctx, identityModel{
			Server: types.StringValue(l.ServerURL()), Name: types.StringValue(g.Name),
		})...)
		if !req.IncludeResource {
			return nil
		}
		if g.Partial || g.Members == nil && !membersOwned(g) {
			var err error
			if g, err = reg.Groups.Get(ctx, g.ID); err != nil {
				return err
			}
		}
		if membersOwned(g) {
			g.Members = nil
		}
		state := model{
			commonModel: commonModel{Members: types.SetNull(types.StringType)},
			Timeouts:    tfkit.NullTimeouts("create", "read", "update", "delete"),
		}
		result.Diagnostics.Append(state.FromAPI(ctx, g)...)
		result.Diagnostics.Append(result.Resource.Set(ctx, &state)...)
		return nil
	})
}

// membersOwned reports whether somebody else decides who is in a group, so that a configuration should not name members.
func membersOwned(g registry.Group) bool {
	return g.ExternalSource != "" || g.Artifactory != nil && g.Artifactory.AutoJoin
}
