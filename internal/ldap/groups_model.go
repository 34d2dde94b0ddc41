package ldap

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// groupsModel is registry_ldap_group_settings in configuration, plan and state.
type groupsModel struct {
	ID                   types.String   `tfsdk:"id"`
	Name                 types.String   `tfsdk:"name"`
	Settings             types.String   `tfsdk:"ldap_settings"`
	Strategy             types.String   `tfsdk:"strategy"`
	GroupBaseDN          types.String   `tfsdk:"group_base_dn"`
	NameAttribute        types.String   `tfsdk:"group_name_attribute"`
	MemberAttribute      types.String   `tfsdk:"group_member_attribute"`
	Filter               types.String   `tfsdk:"filter"`
	DescriptionAttribute types.String   `tfsdk:"description_attribute"`
	SubTree              types.Bool     `tfsdk:"sub_tree"`
	ForceAttributeSearch types.Bool     `tfsdk:"force_attribute_search"`
	RefreshOperation     types.String   `tfsdk:"refresh_operation"`
	RefreshTriggers      types.Map      `tfsdk:"refresh_triggers"`
	Timeouts             timeouts.Value `tfsdk:"timeouts"`
}

var (
	_ tfkit.ModelFromAPI[registry.LDAPGroupSettings] = (*groupsModel)(nil)
	_ tfkit.ModelToAPI[registry.LDAPGroupSettings]   = (*groupsModel)(nil)
)

// FromAPI implements tfkit.ModelFromAPI. What a refresh does is not the registry's to tell.
func (m *groupsModel) FromAPI(_ context.Context, in registry.LDAPGroupSettings) diag.Diagnostics {
	m.ID = types.StringValue(in.Name)
	m.Name, m.Settings, m.Strategy = types.StringValue(in.Name), types.StringValue(in.Settings), types.StringValue(string(in.Strategy))
	m.GroupBaseDN = keepDN(m.GroupBaseDN, in.GroupBaseDN)
	m.NameAttribute, m.MemberAttribute = types.StringValue(in.NameAttribute), types.StringValue(in.MemberAttribute)
	m.Filter, m.DescriptionAttribute = types.StringValue(in.Filter), types.StringValue(in.DescriptionAttribute)
	m.SubTree, m.ForceAttributeSearch = types.BoolValue(in.SubTree), types.BoolValue(in.ForceAttributeSearch)
	return nil
}

// ToAPI implements tfkit.ModelToAPI.
func (m *groupsModel) ToAPI(context.Context) (registry.LDAPGroupSettings, diag.Diagnostics) {
	return registry.LDAPGroupSettings{
		Name: m.Name.ValueString(), Settings: m.Settings.ValueString(), Strategy: registry.LDAPStrategy(m.Strategy.ValueString()),
		GroupBaseDN: m.GroupBaseDN.ValueString(), NameAttribute: m.NameAttribute.ValueString(), MemberAttribute: m.MemberAttribute.ValueString(),
		DescriptionAttribute: m.DescriptionAttribute.ValueString(), Filter: m.Filter.ValueString(), SubTree: m.SubTree.ValueBool(),
		ForceAttributeSearch: m.ForceAttributeSearch.ValueBool(),
	}, nil
}
