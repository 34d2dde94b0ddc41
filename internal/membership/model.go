package membership

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// edgeModel is registry_group_membership in plan and state.
type edgeModel struct {
	ID       types.String   `tfsdk:"id"`
	Group    types.String   `tfsdk:"group"`
	GroupID  types.String   `tfsdk:"group_id"`
	Username types.String   `tfsdk:"username"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// edgeIdentity names one edge on one server.
type edgeIdentity struct {
	Server   types.String `tfsdk:"server"`
	Group    types.String `tfsdk:"group"`
	Username types.String `tfsdk:"username"`
}

// setModel is registry_group_members in plan and state.
type setModel struct {
	ID       types.String   `tfsdk:"id"`
	Group    types.String   `tfsdk:"group"`
	Members  types.Set      `tfsdk:"members"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// setIdentity names the membership of one group on one server.
type setIdentity struct {
	Server types.String `tfsdk:"server"`
	Group  types.String `tfsdk:"group"`
}

var (
	_ tfkit.ModelFromAPI[registry.Group] = (*edgeModel)(nil)
	_ tfkit.ModelToAPI[edge]             = (*edgeModel)(nil)
	_ tfkit.ModelFromAPI[registry.Group] = (*setModel)(nil)
	_ tfkit.ModelToAPI[[]string]         = (*setModel)(nil)
)

// FromAPI implements tfkit.ModelFromAPI for an edge that is there.
func (m *edgeModel) FromAPI(_ context.Context, in registry.Group) diag.Diagnostics {
	m.Group = tfkit.SameText(m.Group, in.Name)
	m.GroupID = types.StringValue(in.ID)
	m.ID = types.StringValue(edge{m.Group.ValueString(), m.Username.ValueString()}.id())
	return nil
}

// ToAPI implements tfkit.ModelToAPI.
func (m *edgeModel) ToAPI(context.Context) (edge, diag.Diagnostics) {
	return edge{group: m.Group.ValueString(), username: m.Username.ValueString()}, nil
}

// FromAPI implements tfkit.ModelFromAPI.
func (m *setModel) FromAPI(ctx context.Context, in registry.Group) (diags diag.Diagnostics) {
	m.ID = types.StringValue(in.ID)
	m.Group = tfkit.SameText(m.Group, in.Name)
	members := in.Members
	if members == nil {
		members = []string{}
	}
	m.Members, diags = tfkit.StringSet(ctx, members)
	return diags
}

// ToAPI implements tfkit.ModelToAPI.
func (m *setModel) ToAPI(ctx context.Context) ([]string, diag.Diagnostics) {
	return tfkit.Strings(ctx, m.Members)
}
