package oidc

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewMappingResource makes registry_oidc_mapping.
func NewMappingResource() resource.Resource { return &mappingResource{} }

type mappingResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure   = (*mappingResource)(nil)
	_ resource.ResourceWithIdentity    = (*mappingResource)(nil)
	_ resource.ResourceWithImportState = (*mappingResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*mappingResource)(nil)
)

// Metadata implements resource.Resource. Artifact Keeper renames in place.
func (r *mappingResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_oidc_mapping"
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema implements resource.Resource.
func (r *mappingResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = mappingSchema(ctx)
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *mappingResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	attributes := nameIdentity("mapping")
	attributes["provider_id"] = identityschema.StringAttribute{RequiredForImport: true, Description: "Id of the provider."}
	resp.IdentitySchema = identityschema.Schema{Attributes: attributes}
}

// ModifyPlan checks what needs to know the server.
func (r *mappingResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) || !r.Configured() {
		return // Create and Update ask again
	}
	var plan, config, state mappingModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	resp.Diagnostics.Append(checkMapping(reg, config)...)
	if req.State.Raw.IsNull() || resp.Diagnostics.HasError() {
		return
	}
	if reg.Server.Type == registry.Artifactory {
		if !plan.Name.Equal(state.Name) {
			resp.RequiresReplace.Append(path.Root("name")) // its API addresses mappings by name
		}
		return
	}
	limited := func(m mappingModel) bool {
		return tfkit.IsSet(m.ArtifactKeeper) && !m.ArtifactKeeper.Attributes()["allowed_repositories"].IsNull()
	}
	if limited(state) && !limited(plan) {
		resp.RequiresReplace.Append(path.Root("artifact_keeper").AtName("allowed_repositories"))
	}
}

// checkMapping applies the rules of the server at hand.
func checkMapping(reg *registry.Registry, config mappingModel) diag.Diagnostics {
	var diags diag.Diagnostics
	keeper := reg.Server.Type == registry.ArtifactKeeper
	title := reg.Server.Type.Title()
	switch {
	case keeper && tfkit.IsSet(config.Artifactory):
		diags.AddAttributeError(path.Root("artifactory"), "This registry is "+title, fmt.Sprintf("%s is %s, which has an account for each mapping instead. Remove the block.", reg.Server.URL, title))
	case !keeper && tfkit.IsSet(config.ArtifactKeeper):
		diags.AddAttributeError(path.Root("artifact_keeper"), "This registry is "+title, fmt.Sprintf("%s is %s. Remove the block.", reg.Server.URL, title))
	case !keeper && config.Artifactory.IsNull():
		diags.AddAttributeError(path.Root("artifactory"), "The token is missing",
			"Artifactory wants to know whose token it gives. Say it in the artifactory block, for example with username, or with scope = \"applied-permissions/groups:ci\".")
	}
	return diags
}

// Create makes the mapping and saves it at once.
func (r *mappingResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config mappingModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	limit, diags := plan.Timeouts.Create(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	resp.Diagnostics.Append(checkMapping(reg, config)...)
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	made, err := reg.OIDCMappings.Create(ctx, spec)
	made, err = tfkit.AdoptCreated(ctx, made, err,
		func(ctx context.Context) (registry.OIDCMapping, error) {
			return reg.OIDCMappings.FindByName(ctx, spec.Provider, spec.Name)
		},
		func(found registry.OIDCMapping) bool { return found.Priority == spec.Priority })
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot create OIDC mapping %q", spec.Name), err)
		return
	}
	resp.Diagnostics.Append(plan.FromAPI(ctx, made)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
	resp.Diagnostics.Append(r.RecordServer(ctx, reg, resp.Private)...)
}

// Read implements resource.Resource.
func (r *mappingResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state mappingModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Read(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(state))...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, err := reg.OIDCMappings.Get(ctx, state.ProviderID.ValueString(), state.ID.ValueString())
	if registry.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read OIDC mapping %q", state.Name.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
}

// Update implements resource.Resource.
func (r *mappingResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state mappingModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := plan.Timeouts.Update(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil {
		r.RequireConfigured(&resp.Diagnostics)
		return
	}
	spec, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	updated, err := reg.OIDCMappings.Update(ctx, state.ID.ValueString(), spec)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot update OIDC mapping %q", state.Name.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(plan.FromAPI(ctx, updated)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
}

// Delete implements resource.Resource. A mapping that is gone is deleted.
func (r *mappingResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state mappingModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Delete(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil {
		r.RequireConfigured(&resp.Diagnostics)
		return
	}
	err := reg.OIDCMappings.Delete(ctx, state.ProviderID.ValueString(), state.ID.ValueString())
	if err != nil && !registry.IsNotFound(err) {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot delete OIDC mapping %q", state.Name.ValueString()), err)
	}
}

// ImportState takes PROVIDER/NAME, each a name or an id, or the identity.
func (r *mappingResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	provider, name, found := strings.Cut(req.ID, "/")
	if req.ID == "" {
		provider = r.ImportKey(ctx, "", req.Identity, "provider_id", &resp.Diagnostics)
		name, found = r.ImportKey(ctx, "", req.Identity, "name", &resp.Diagnostics), true
	}
	if !found {
		resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf("%q is not PROVIDER/NAME: the provider's name or id, a slash, and the mapping's name.", req.ID))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	owner, err := reg.OIDCProviders.Find(ctx, provider)
	var mapping registry.OIDCMapping
	if err == nil {
		mapping, err = tfkit.ByNameOrID(ctx, name,
			func(ctx context.Context, name string) (registry.OIDCMapping, error) {
				return reg.OIDCMappings.FindByName(ctx, owner.ID, name)
			},
			func(ctx context.Context, id string) (registry.OIDCMapping, error) {
				return reg.OIDCMappings.Get(ctx, owner.ID, id)
			})
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot import OIDC mapping %q", provider+"/"+name), err)
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), mapping.ID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("provider_id"), owner.ID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), mapping.Name)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, mappingIdentity{
			Server: types.StringValue(r.ServerURL()), Provider: types.StringValue(owner.ID), Name: types.StringValue(mapping.Name),
		})...)
	}
}

func (r *mappingResource) identity(state mappingModel) mappingIdentity {
	return mappingIdentity{Server: types.StringValue(r.ServerURL()), Provider: state.ProviderID, Name: state.Name}
}
