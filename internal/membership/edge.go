// Package membership holds registry_group_membership, one user in one group, and registry_group_members, all users of one
// group.
package membership

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// NewEdgeResource makes registry_group_membership.
func NewEdgeResource() resource.Resource { return &edgeResource{} }

type edgeResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure   = (*edgeResource)(nil)
	_ resource.ResourceWithIdentity    = (*edgeResource)(nil)
	_ resource.ResourceWithImportState = (*edgeResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*edgeResource)(nil)
)

// Metadata implements resource.Resource. A group that is renamed keeps its members, so an identity may change.
func (r *edgeResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group_membership"
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema implements resource.Resource.
func (r *edgeResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One user in one group, whoever else is in it: several configurations can each add their own people to a " +
			"group. Use `registry_group_members`, or `members` of `registry_group`, to own the whole membership, and never both for the " +
			"same group.\n\n" +
			"Creating it for a user who is in the group already takes that membership over. Groups whose members come from a directory " +
			"or an identity provider are refused: single sign-on decides there.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "`GROUP/USER`.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"group": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 255)},
				MarkdownDescription: "Name of the group. When it changes, the user joins the new group before leaving the old one; a group that was only renamed " +
					"costs nothing.",
			},
			"group_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "What the registry addresses the group by: its name on Artifactory, a UUID on Artifact Keeper.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"username": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 255)},
				PlanModifiers:       []planmodifier.String{replaceIfKnown()},
				MarkdownDescription: "Name of the user. Changing it replaces the membership.",
			},
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts.Block(ctx, tfkit.TimeoutOpts("5m"))},
	}
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *edgeResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"server":   tfkit.ServerIdentity(),
		"group":    identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the group."},
		"username": identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the user."},
	}}
}

// ModifyPlan tells the id before the edge is made, and checks the names by the server's rules. Whether the group and the
// user exist is left to apply: both may be made in the same run.
func (r *edgeResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	var plan, state edgeModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.Group.Equal(state.Group) {
		plan.GroupID = types.StringUnknown()
	}
	plan.ID = types.StringUnknown()
	if tfkit.IsSet(plan.Group) && tfkit.IsSet(plan.Username) {
		plan.ID = types.StringValue(edge{plan.Group.ValueString(), plan.Username.ValueString()}.id())
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	if !r.Configured() {
		return
	}
	if reg := r.Open(ctx, &resp.Diagnostics); reg != nil && tfkit.IsSet(plan.Username) {
		resp.Diagnostics.Append(tfkit.CheckUsernames(reg.Server.Type, path.Root("username"), []string{plan.Username.ValueString()})...)
	}
}

// Create adds the user. One who is in the group already stays in it.
func (r *edgeResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var state edgeModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Create(ctx, timeout)
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
	wanted, diags := state.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(tfkit.CheckUsernames(reg.Server.Type, path.Root("username"), []string{wanted.username})...)
	if resp.Diagnostics.HasError() {
		return
	}
	found, ok := findGroup(ctx, reg, wanted.group, &resp.Diagnostics)
	if !ok {
		return
	}
	if err := join(ctx, reg, found, wanted.username); err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot add user %q to group %q", wanted.username, wanted.group), err, path.Root("username"))
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
	resp.Diagnostics.Append(r.RecordServer(ctx, reg, resp.Private)...)
}

// Read looks for the user among the group's members.
func (r *edgeResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state edgeModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Read(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(state))...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(registry.Refreshing(ctx), limit)
	defer cancel()
	reg := r.OpenExisting(ctx, resp.Private, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, err := reg.Groups.Get(ctx, state.GroupID.ValueString())
	if err == nil {
		err = learnUser(ctx, reg, req.Private, &state)
	}
	switch {
	case registry.IsNotFound(err):
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read group %q", state.Group.ValueString()), err)
		return
	case !slices.Contains(found.Members, state.Username.ValueString()):
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
}

// Update moves the user to another group: in first, then out, so that nobody is without access in between. Until both are
// done the state names the old group, so that a failure half-way is finished by the next run.
func (r *edgeResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state edgeModel
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
	if !plan.Group.Equal(state.Group) {
		wanted, _ := plan.ToAPI(ctx)
		found, ok := findGroup(ctx, reg, wanted.group, &resp.Diagnostics)
		if !ok {
			return
		}
		if err := join(ctx, reg, found, wanted.username); err != nil {
			tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot add user %q to group %q", wanted.username, wanted.group), err)
			return
		}
		if found.ID != state.GroupID.ValueString() {
			leave(ctx, reg, state.GroupID.ValueString(), []string{wanted.username}, &resp.Diagnostics)
			if resp.Diagnostics.HasError() {
				return
			}
		}
		resp.Diagnostics.Append(plan.FromAPI(ctx, found)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
}

// Delete removes the user from the group. An edge, a user or a group that is gone is deleted.
func (r *edgeResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state edgeModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Delete(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	reg := r.OpenExisting(ctx, req.Private, &resp.Diagnostics)
	if reg == nil {
		r.RequireConfigured(&resp.Diagnostics)
		return
	}
	leave(ctx, reg, state.GroupID.ValueString(), []string{state.Username.ValueString()}, &resp.Diagnostics)
}

// ImportState takes GROUP/USER, or the identity.
func (r *edgeResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	wanted := edge{
		group:    r.ImportKey(ctx, req.ID, req.Identity, "group", &resp.Diagnostics),
		username: r.ImportKey(ctx, req.ID, req.Identity, "username", &resp.Diagnostics),
	}
	if req.ID != "" {
		var err error
		if wanted, err = parseID(req.ID); err != nil {
			resp.Diagnostics.AddError(fmt.Sprintf("Invalid import id %q", req.ID), "Cannot import a group membership by it: "+err.Error()+".")
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, ok := findGroup(ctx, reg, wanted.group, &resp.Diagnostics)
	if !ok {
		return
	}
	if !slices.Contains(found.Members, wanted.username) {
		resp.Diagnostics.AddError(fmt.Sprintf("User %q is not in group %q", wanted.username, found.Name),
			"There is no such membership to import. Create it by applying the configuration without an import.")
		return
	}
	state := edgeModel{
		Username: types.StringValue(wanted.username), Timeouts: tfkit.NullTimeouts("create", "read", "update", "delete"),
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
	}
}

func (r *edgeResource) identity(state edgeModel) edgeIdentity {
	return edgeIdentity{Server: types.StringValue(r.ServerURL()), Group: state.Group, Username: state.Username}
}
