package membership

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
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

// NewSetResource makes registry_group_members.
func NewSetResource() resource.Resource { return &setResource{} }

type setResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure   = (*setResource)(nil)
	_ resource.ResourceWithIdentity    = (*setResource)(nil)
	_ resource.ResourceWithImportState = (*setResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*setResource)(nil)
)

// Metadata implements resource.Resource. A group that is renamed keeps its members, so an identity may change.
func (r *setResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group_members"
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema implements resource.Resource.
func (r *setResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All users of one group: whoever is not named is removed, also when somebody else added them. The plan of a new " +
			"`registry_group_members` warns of the people it will remove. It is for groups that this configuration does not manage " +
			"itself; `members` of `registry_group` does the same for those it does. Never use both for a group, nor together with " +
			"`registry_group_membership`.\n\n" +
			"Destroying it removes the members it knows and leaves the group and everybody else. Groups whose members come from a " +
			"directory or an identity provider are refused: single sign-on decides there.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "What the registry addresses the group by: its name on Artifactory, a UUID on Artifact Keeper.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"group": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 255)},
				MarkdownDescription: "Name of the group. When it changes, the members move to the new group; a group that was only renamed costs nothing.",
			},
			"members": schema.SetAttribute{
				Required: true, ElementType: types.StringType,
				Validators:          []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
				MarkdownDescription: "User names of all members. `[]` means nobody.",
			},
		},
		Blocks: map[string]schema.Block{"timeouts": timeouts.Block(ctx, tfkit.TimeoutOpts("5m"))},
	}
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *setResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"server": tfkit.ServerIdentity(),
		"group":  identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the group."},
	}}
}

// ModifyPlan checks the names by the server's rules. A create shows only who will be in the group, so those it will put
// out are named in a warning.
func (r *setResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	var plan, state setModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.Group.Equal(state.Group) {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
	}
	if !r.Configured() || !tfkit.IsSet(plan.Members) || slices.ContainsFunc(plan.Members.Elements(), attr.Value.IsUnknown) {
		return // checked in Create and Update
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	desired, diags := plan.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(tfkit.CheckUsernames(reg.Server.Type, path.Root("members"), desired)...)
	if !plan.Group.Equal(state.Group) && tfkit.IsSet(plan.Group) && !resp.Diagnostics.HasError() {
		warnRemoved(ctx, reg, plan.Group.ValueString(), state.ID.ValueString(), desired, &resp.Diagnostics)
	}
}

// warnRemoved names the members that taking over a group will put out. A group that is not there yet, or cannot be asked
// now, has nothing to warn of.
func warnRemoved(ctx context.Context, reg *registry.Registry, group, known string, desired []string, diags *diag.Diagnostics) {
	found, err := reg.Groups.FindByName(ctx, group)
	if err != nil || found.ID == known {
		return
	}
	if found.ExternalSource != "" {
		diags.Append(owned(found))
		return
	}
	tfkit.WarnRemovedMembers(diags, group, found.Members, desired)
	if found.Artifactory != nil && found.Artifactory.AutoJoin {
		diags.AddAttributeWarning(path.Root("group"), fmt.Sprintf("Every new user joins group %q by themselves", group),
			"It has auto_join, so new users will show up as drift and be removed by the next apply. Use registry_group_membership for "+
				"single users of such a group, or switch auto_join off.")
	}
}

// Create takes over the membership of a group.
func (r *setResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var state setModel
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
	found, ok := findGroup(ctx, reg, state.Group.ValueString(), &resp.Diagnostics)
	if !ok || !r.setMembers(ctx, reg, found, &state, &resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
	resp.Diagnostics.Append(r.RecordServer(ctx, reg, resp.Private)...)
}

// setMembers brings a group to the planned members.
func (r *setResource) setMembers(ctx context.Context, reg *registry.Registry, g registry.Group, plan *setModel, diags *diag.Diagnostics) bool {
	desired, d := plan.ToAPI(ctx)
	diags.Append(d...)
	diags.Append(tfkit.CheckUsernames(reg.Server.Type, path.Root("members"), desired)...)
	if diags.HasError() {
		return false
	}
	add, remove := tfkit.Difference(g.Members, desired)
	if err := registry.SwapMembers(ctx, reg.Groups, g.ID, add, remove); err != nil {
		tfkit.AddError(diags, fmt.Sprintf("Cannot change the members of group %q", g.Name), err, path.Root("members"))
		return false
	}
	g.Members = desired
	diags.Append(plan.FromAPI(ctx, g)...)
	return true
}

// Read implements resource.Resource.
func (r *setResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state setModel
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
	found, err := reg.Groups.Get(ctx, state.ID.ValueString())
	if registry.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read group %q", state.Group.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
}

// Update compares with the members the group has now, so that whoever joined since the plan is put out as well.
func (r *setResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state setModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := plan.Timeouts.Update(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	known, diags := state.ToAPI(ctx)
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
	if plan.Group.Equal(state.Group) && plan.Members.Equal(state.Members) { // timeouts are the state's own
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
		return
	}
	found, ok := findGroup(ctx, reg, plan.Group.ValueString(), &resp.Diagnostics)
	if !ok || !r.setMembers(ctx, reg, found, &plan, &resp.Diagnostics) {
		return
	}
	if found.ID != state.ID.ValueString() {
		leave(ctx, reg, state.ID.ValueString(), known, &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return // the state still names the old group, so that the next run finishes
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(plan))...)
}

// Delete removes the members it knows and nobody else. A group that is gone has none.
func (r *setResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state setModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Delete(ctx, timeout)
	resp.Diagnostics.Append(diags...)
	known, diags := state.ToAPI(ctx)
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
	leave(ctx, reg, state.ID.ValueString(), known, &resp.Diagnostics)
}

// ImportState takes the group's name, as an id or as an identity.
func (r *setResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	name := r.ImportKey(ctx, req.ID, req.Identity, "group", &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	found, ok := findGroup(ctx, reg, name, &resp.Diagnostics)
	if !ok {
		return
	}
	state := setModel{Timeouts: tfkit.NullTimeouts("create", "read", "update", "delete")}
	resp.Diagnostics.Append(state.FromAPI(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
	}
}

func (r *setResource) identity(state setModel) setIdentity {
	return setIdentity{Server: types.StringValue(r.ServerURL()), Group: state.Group}
}
