package group

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// commonModel is what the resource and the data source both show.
type commonModel struct {
	ID             types.String `tfsdk:"id"`
	Name           types.String `tfsdk:"name"`
	Description    types.String `tfsdk:"description"`
	Members        types.Set    `tfsdk:"members"`
	ExternalSource types.String `tfsdk:"external_source"`
	Artifactory    types.Object `tfsdk:"artifactory"`
}

// model is registry_group in plan and state.
type model struct {
	commonModel

	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// identityModel names one group on one server.
type identityModel struct {
	Server types.String `tfsdk:"server"`
	Name   types.String `tfsdk:"name"`
}

// artifactoryModel is the nested attribute of what only Artifactory's groups have.
type artifactoryModel struct {
	AutoJoin        types.Bool   `tfsdk:"auto_join"`
	AdminPrivileges types.Bool   `tfsdk:"admin_privileges"`
	ExternalID      types.String `tfsdk:"external_id"`
	Realm           types.String `tfsdk:"realm"`
	RealmAttributes types.String `tfsdk:"realm_attributes"`
	ReportsManager  types.Bool   `tfsdk:"reports_manager"`
	WatchManager    types.Bool   `tfsdk:"watch_manager"`
	PolicyManager   types.Bool   `tfsdk:"policy_manager"`
	PolicyViewer    types.Bool   `tfsdk:"policy_viewer"`
	ManageResources types.Bool   `tfsdk:"manage_resources"`
	ManageWebhook   types.Bool   `tfsdk:"manage_webhook"`
	LDAP            types.Object `tfsdk:"ldap"`
}

// ldapModel is the nested attribute that makes a group one of a directory.
type ldapModel struct {
	Strategy types.String `tfsdk:"strategy"`
	GroupDN  types.String `tfsdk:"group_dn"`
}

var ldapTypes = map[string]attr.Type{"strategy": types.StringType, "group_dn": types.StringType}

var artifactoryTypes = map[string]attr.Type{
	"auto_join":        types.BoolType,
	"admin_privileges": types.BoolType,
	"external_id":      types.StringType,
	"realm":            types.StringType,
	"realm_attributes": types.StringType,
	"reports_manager":  types.BoolType,
	"watch_manager":    types.BoolType,
	"policy_manager":   types.BoolType,
	"policy_viewer":    types.BoolType,
	"manage_resources": types.BoolType,
	"manage_webhook":   types.BoolType,
	"ldap":             types.ObjectType{AttrTypes: ldapTypes},
}

var (
	_ tfkit.ModelFromAPI[registry.Group]                = (*commonModel)(nil)
	_ tfkit.ModelToAPI[registry.GroupSpec]              = (*commonModel)(nil)
	_ tfkit.ModelFromTerraform[types.Object]            = (*artifactoryModel)(nil)
	_ tfkit.ModelToTerraform[types.Object]              = (*artifactoryModel)(nil)
	_ tfkit.ModelFromAPI[*registry.ArtifactoryGroup]    = (*artifactoryModel)(nil)
	_ tfkit.ModelToAPI[*registry.ArtifactoryGroupPatch] = (*artifactoryModel)(nil)
	_ tfkit.ModelFromAPI[*registry.LDAPGroupLink]       = (*ldapModel)(nil)
	_ tfkit.ModelToAPI[*registry.LDAPGroupLink]         = (*ldapModel)(nil)
)

// FromAPI implements tfkit.ModelFromAPI. Members are taken over only when the answer carries them; whether they are
// managed is the caller's to know.
func (m *commonModel) FromAPI(ctx context.Context, in registry.Group) diag.Diagnostics {
	var diags diag.Diagnostics
	m.ID = types.StringValue(in.ID)
	m.Name = types.StringValue(in.Name)
	m.Description = tfkit.PreserveEmpty(m.Description, in.Description)
	m.ExternalSource = tfkit.StringOrNull(in.ExternalSource)
	if in.Members != nil {
		var d diag.Diagnostics
		m.Members, d = tfkit.StringSet(ctx, in.Members)
		diags.Append(d...)
	}
	m.Artifactory = types.ObjectNull(artifactoryTypes)
	if in.Artifactory != nil {
		var own artifactoryModel
		diags.Append(own.FromAPI(ctx, in.Artifactory)...)
		object, d := own.ToTerraform(ctx)
		diags.Append(d...)
		m.Artifactory = object
	}
	return diags
}

// ToAPI implements tfkit.ModelToAPI.
func (m *commonModel) ToAPI(ctx context.Context) (registry.GroupSpec, diag.Diagnostics) {
	spec := registry.GroupSpec{Name: m.Name.ValueString(), Description: m.Description.ValueString()}
	members, diags := tfkit.Strings(ctx, m.Members)
	spec.Members = members
	if tfkit.IsSet(m.Artifactory) {
		var own artifactoryModel
		diags.Append(own.FromTerraform(ctx, m.Artifactory)...)
		patch, d := own.ToAPI(ctx)
		diags.Append(d...)
		spec.Artifactory = patch
	}
	return spec, diags
}

// FromTerraform implements tfkit.ModelFromTerraform.
func (a *artifactoryModel) FromTerraform(ctx context.Context, in types.Object) diag.Diagnostics {
	return in.As(ctx, a, basetypes.ObjectAsOptions{})
}

// ToTerraform implements tfkit.ModelToTerraform.
func (a *artifactoryModel) ToTerraform(ctx context.Context) (types.Object, diag.Diagnostics) {
	if a.LDAP.IsNull() {
		a.LDAP = types.ObjectNull(ldapTypes)
	}
	return types.ObjectValueFrom(ctx, artifactoryTypes, a)
}

// FromAPI implements tfkit.ModelFromAPI.
func (a *artifactoryModel) FromAPI(ctx context.Context, in *registry.ArtifactoryGroup) diag.Diagnostics {
	*a = artifactoryModel{
		AutoJoin:        types.BoolValue(in.AutoJoin),
		AdminPrivileges: types.BoolValue(in.AdminPrivileges),
		ExternalID:      tfkit.StringOrNull(in.ExternalID),
		Realm:           tfkit.StringOrNull(in.Realm),
		RealmAttributes: tfkit.StringOrNull(in.RealmAttributes),
		ReportsManager:  types.BoolValue(in.Roles.ReportsManager),
		WatchManager:    types.BoolValue(in.Roles.WatchManager),
		PolicyManager:   types.BoolValue(in.Roles.PolicyManager),
		PolicyViewer:    types.BoolValue(in.Roles.PolicyViewer),
		ManageResources: types.BoolValue(in.Roles.ManageResources),
		ManageWebhook:   types.BoolValue(in.Roles.ManageWebhook),
	}
	if in.LDAP == nil {
		return nil
	}
	var link ldapModel
	diags := link.FromAPI(ctx, in.LDAP)
	object, d := types.ObjectValueFrom(ctx, ldapTypes, link)
	a.LDAP = object
	return append(diags, d...)
}

// ToAPI implements tfkit.ModelToAPI: what is not given is left to the server.
func (a *artifactoryModel) ToAPI(ctx context.Context) (*registry.ArtifactoryGroupPatch, diag.Diagnostics) {
	link, diags := a.link(ctx)
	return &registry.ArtifactoryGroupPatch{
		AutoJoin:        tfkit.BoolPointer(a.AutoJoin),
		AdminPrivileges: tfkit.BoolPointer(a.AdminPrivileges),
		ExternalID:      tfkit.StringPointer(a.ExternalID),
		ReportsManager:  tfkit.BoolPointer(a.ReportsManager),
		WatchManager:    tfkit.BoolPointer(a.WatchManager),
		PolicyManager:   tfkit.BoolPointer(a.PolicyManager),
		PolicyViewer:    tfkit.BoolPointer(a.PolicyViewer),
		ManageResources: tfkit.BoolPointer(a.ManageResources),
		ManageWebhook:   tfkit.BoolPointer(a.ManageWebhook),
		LDAP:            link,
	}, diags
}

// link gives the directory's group; nil where none is given.
func (a *artifactoryModel) link(ctx context.Context) (*registry.LDAPGroupLink, diag.Diagnostics) {
	if !tfkit.IsSet(a.LDAP) {
		return nil, nil
	}
	var own ldapModel
	diags := a.LDAP.As(ctx, &own, basetypes.ObjectAsOptions{UnhandledUnknownAsEmpty: true})
	link, d := own.ToAPI(ctx)
	return link, append(diags, d...)
}

// FromAPI implements tfkit.ModelFromAPI.
func (l *ldapModel) FromAPI(_ context.Context, in *registry.LDAPGroupLink) diag.Diagnostics {
	l.Strategy, l.GroupDN = types.StringValue(string(in.Strategy)), types.StringValue(in.GroupDN)
	return nil
}

// ToAPI implements tfkit.ModelToAPI.
func (l *ldapModel) ToAPI(context.Context) (*registry.LDAPGroupLink, diag.Diagnostics) {
	return &registry.LDAPGroupLink{Strategy: registry.LDAPStrategy(l.Strategy.ValueString()), GroupDN: l.GroupDN.ValueString()}, nil
}
