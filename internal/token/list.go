package token

import (
	"context"
	"fmt"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewListResource makes the list resource registry_token, with which a query finds tokens to import.
func NewListResource() list.ListResource { return &tokenList{} }

type tokenList struct{ tfkit.Resource }

var _ list.ListResourceWithConfigure = (*tokenList)(nil)

// listModel is the filter of a query.
type listModel struct {
	Username            types.String `tfsdk:"username"`
	DescriptionContains types.String `tfsdk:"description_contains"`
}

// Metadata implements list.ListResource.
func (l *tokenList) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_token"
}

// ListResourceConfigSchema implements list.ListResource.
func (l *tokenList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The live tokens of the registry, for `terraform query`. Their values are never shown again, so an imported token can be " +
			"watched, rotated and revoked, and not read. Expired tokens are left out: importing one would only replace it.",
		Attributes: map[string]schema.Attribute{
			"username": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Owner of the tokens. Required on Artifact Keeper, which lists tokens by owner; on Artifactory the default is everybody's.",
			},
			"description_contains": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Keeps tokens whose description contains this text, case-sensitively. Default: all.",
			},
		},
	}
}

// List implements list.ListResource.
func (l *tokenList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	diags := req.Config.Get(ctx, &config)
	var reg *registry.Registry
	if !diags.HasError() {
		reg = l.Open(ctx, &diags)
	}
	filter := registry.TokenFilter{Username: config.Username.ValueString(), LabelContains: config.DescriptionContains.ValueString()}
	if reg == nil || reg.Server.Type == registry.ArtifactKeeper && !ownerID(ctx, reg, &filter, &diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	live := tfkit.Filter(tokens(ctx, reg, filter), func(t registry.Token) bool { return !t.Expired(l.Data.Now()) })
	stream.Results = tfkit.ListResults(ctx, req, "Cannot list tokens", live, func(t registry.Token, result *list.ListResult) error {
		result.DisplayName = fmt.Sprintf("%s: %s", t.Username, describe(t.Label))
		result.Diagnostics.Append(result.Identity.Set(ctx, identityModel{
			Server: types.StringValue(l.ServerURL()), Username: tfkit.StringOrNull(t.Username), ID: types.StringValue(t.ID),
		})...)
		if !req.IncludeResource {
			return nil
		}
		// Neither registry tells more about a single token than its list does.
		state := nullModel()
		state.ID = types.StringValue(t.ID)
		state.imported(t)
		result.Diagnostics.Append(state.stored(ctx, t)...)
		result.Diagnostics.Append(result.Resource.Set(ctx, &state)...)
		return nil
	})
}

// tokens is the registry's list, which has no pages, asked for when the results are.
func tokens(ctx context.Context, reg *registry.Registry, filter registry.TokenFilter) iter.Seq2[registry.Token, error] {
	return func(yield func(registry.Token, error) bool) {
		found, err := reg.Tokens.List(ctx, filter)
		if err != nil {
			yield(registry.Token{}, err)
			return
		}
		for _, token := range found {
			if !yield(token, nil) {
				return
			}
		}
	}
}
