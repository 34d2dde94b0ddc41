package user

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

// commonModel is what the resource and the data source share.
type commonModel struct {
	ID          types.String `tfsdk:"id"`
	Username    types.String `tfsdk:"username"`
	Email       types.String `tfsdk:"email"`
	DisplayName types.String `tfsdk:"display_name"`
	Admin       types.Bool   `tfsdk:"admin"`
	Enabled     types.Bool   `tfsdk:"enabled"`
	Realm       types.String `tfsdk:"realm"`
	Artifactory types.Object `tfsdk:"artifactory"`
}

// model is registry_user in plan and state.
type model struct {
	commonModel

	PasswordWO        types.String   `tfsdk:"password_wo"`
	PasswordWOVersion types.Int64    `tfsdk:"password_wo_version"`
	DeletionPolicy    types.String   `tfsdk:"deletion_policy"`
	AdoptExisting     types.Bool     `tfsdk:"adopt_existing"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

// identityModel names one account on one server.
type identityModel struct {
	Server   types.String `tfsdk:"server"`
	Username types.String `tfsdk:"username"`
}

// artifactoryModel is the nested attribute of what only Artifactory has.
type artifactoryModel struct {
	ProfileUpdatable         types.Bool `tfsdk:"profile_updatable"`
	DisableUIAccess          types.Bool `tfsdk:"disable_ui_access"`
	InternalPasswordDisabled types.Bool `tfsdk:"internal_password_disabled"`
	WatchManager             types.Bool `tfsdk:"watch_manager"`
	PolicyViewer             types.Bool `tfsdk:"policy_viewer"`
	PolicyManager            types.Bool `tfsdk:"policy_manager"`
	ReportsManager           types.Bool `tfsdk:"reports_manager"`
	ResourcesManager         types.Bool `tfsdk:"resources_manager"`
}

var artifactoryTypes = map[string]attr.Type{
	"profile_updatable": types.BoolType, "disable_ui_access": types.BoolType, "internal_password_disabled": types.BoolType,
	"watch_manager": types.BoolType, "policy_viewer": types.BoolType, "policy_manager": types.BoolType,
	"reports_manager": types.BoolType, "resources_manager": types.BoolType,
}

var (
	_ tfkit.ModelFromAPI[registry.User]               = (*commonModel)(nil)
	_ tfkit.ModelToAPI[registry.UserSpec]             = (*model)(nil)
	_ tfkit.ModelFromAPI[registry.ArtifactoryUser]    = (*artifactoryModel)(nil)
	_ tfkit.ModelToAPI[registry.ArtifactoryUserPatch] = (*artifactoryModel)(nil)
	_ tfkit.ModelFromTerraform[basetypes.ObjectValue] = (*artifactoryModel)(nil)
	_ tfkit.ModelToTerraform[basetypes.ObjectValue]   = (*artifactoryModel)(nil)
)

// FromAPI implements tfkit.ModelFromAPI.
func (m *commonModel) FromAPI(ctx context.Context, in registry.User) (diags diag.Diagnostics) {
	m.ID = types.StringValue(in.ID)
	m.Username = tfkit.SameText(m.Username, in.Username)
	m.Email = tfkit.SameText(m.Email, in.Email)
	m.DisplayName = tfkit.PreserveEmpty(m.DisplayName, in.DisplayName)
	m.Admin = types.BoolValue(in.AdminFlag)
	m.Enabled = types.BoolValue(in.Enabled)
	m.Realm = types.StringValue(in.Realm)
	m.Artifactory = types.ObjectNull(artifactoryTypes)
	if in.Artifactory != nil {
		var own artifactoryModel
		diags.Append(own.FromAPI(ctx, *in.Artifactory)...)
		object, d := own.ToTerraform(ctx)
		diags.Append(d...)
		m.Artifactory = object
	}
	return diags
}

// user gives back the account as the state has it, to compare a plan with.
func (m *commonModel) user(ctx context.Context) (registry.User, diag.Diagnostics) {
	u := registry.User{
		ID: m.ID.ValueString(), Username: m.Username.ValueString(), Email: m.Email.ValueString(),
		DisplayName: m.DisplayName.ValueString(), AdminFlag: m.Admin.ValueBool(), Enabled: m.Enabled.ValueBool(),
		Realm: m.Realm.ValueString(),
	}
	if !tfkit.IsSet(m.Artifactory) {
		return u, nil
	}
	var own artifactoryModel
	diags := own.FromTerraform(ctx, m.Artifactory)
	u.Artifactory = own.flags()
	return u, diags
}

// ToAPI implements tfkit.ModelToAPI. The password is no part of the plan and joins later.
func (m *model) ToAPI(ctx context.Context) (registry.UserSpec, diag.Diagnostics) {
	spec := registry.UserSpec{
		Username:    m.Username.ValueString(),
		Email:       m.Email.ValueString(),
		DisplayName: m.DisplayName.ValueString(),
		Admin:       m.Admin.ValueBool(),
		Enabled:     m.Enabled.ValueBool(),
	}
	patch, diags := m.artifactory(ctx)
	spec.Artifactory = patch
	return spec, diags
}

// artifactory gives the planned Artifactory flags; nil when none are planned.
func (m *model) artifactory(ctx context.Context) (*registry.ArtifactoryUserPatch, diag.Diagnostics) {
	if !tfkit.IsSet(m.Artifactory) {
		return nil, nil
	}
	var own artifactoryModel
	diags := own.FromTerraform(ctx, m.Artifactory)
	patch, d := own.ToAPI(ctx)
	diags.Append(d...)
	return &patch, diags
}

// patchFrom lists what the plan changes of an account as the registry has it. Fields that the account's directory
// rewrites at the next sign-in are left alone; their names are returned.
func (m *model) patchFrom(ctx context.Context, server registry.Type, current registry.User) (patch registry.UserPatch, kept []string, diags diag.Diagnostics) {
	patch = registry.UserPatch{
		Email:       tfkit.ChangedString(m.Email, current.Email),
		DisplayName: tfkit.ChangedString(m.DisplayName, current.DisplayName),
		Admin:       tfkit.ChangedBool(m.Admin, current.AdminFlag),
		Enabled:     tfkit.ChangedBool(m.Enabled, current.Enabled),
	}
	owned := rewritten(server, current)
	for _, field := range []struct {
		name    string
		changed bool
		owned   bool
		drop    func()
	}{
		{"email", patch.Email != nil, owned.email, func() { patch.Email = nil }},
		{"display_name", patch.DisplayName != nil, owned.displayName, func() { patch.DisplayName = nil }},
		{"admin", patch.Admin != nil, owned.admin, func() { patch.Admin = nil }},
		{"enabled", patch.Enabled != nil, owned.enabled, func() { patch.Enabled = nil }},
	} {
		if field.changed && field.owned {
			field.drop()
			kept = append(kept, field.name)
		}
	}
	if current.Artifactory != nil {
		var was artifactoryModel
		diags.Append(was.FromAPI(ctx, *current.Artifactory)...)
		var planned artifactoryModel
		if tfkit.IsSet(m.Artifactory) {
			diags.Append(planned.FromTerraform(ctx, m.Artifactory)...)
		}
		patch.Artifactory = planned.changedFrom(was)
	}
	return patch, kept, diags
}

// empty reports whether a patch changes nothing, so that no request is due.
func empty(patch registry.UserPatch) bool {
	return patch.Email == nil && patch.DisplayName == nil && patch.Admin == nil && patch.Enabled == nil &&
		patch.Artifactory == nil && patch.Password.Empty()
}

// FromAPI implements tfkit.ModelFromAPI.
func (m *artifactoryModel) FromAPI(_ context.Context, in registry.ArtifactoryUser) diag.Diagnostics {
	*m = artifactoryModel{
		ProfileUpdatable:         types.BoolValue(in.ProfileUpdatable),
		DisableUIAccess:          types.BoolValue(in.DisableUIAccess),
		InternalPasswordDisabled: types.BoolValue(in.InternalPasswordDisabled),
		WatchManager:             types.BoolValue(in.Roles.WatchManager),
		PolicyViewer:             types.BoolValue(in.Roles.PolicyViewer),
		PolicyManager:            types.BoolValue(in.Roles.PolicyManager),
		ReportsManager:           types.BoolValue(in.Roles.ReportsManager),
		ResourcesManager:         types.BoolValue(in.Roles.ResourcesManager),
	}
	return nil
}

// flags is FromAPI backwards.
func (m *artifactoryModel) flags() *registry.ArtifactoryUser {
	return &registry.ArtifactoryUser{
		ProfileUpdatable:         m.ProfileUpdatable.ValueBool(),
		DisableUIAccess:          m.DisableUIAccess.ValueBool(),
		InternalPasswordDisabled: m.InternalPasswordDisabled.ValueBool(),
		Roles: registry.ArtifactoryUserRoles{
			WatchManager:     m.WatchManager.ValueBool(),
			PolicyViewer:     m.PolicyViewer.ValueBool(),
			PolicyManager:    m.PolicyManager.ValueBool(),
			ReportsManager:   m.ReportsManager.ValueBool(),
			ResourcesManager: m.ResourcesManager.ValueBool(),
		},
	}
}

// ToAPI implements tfkit.ModelToAPI.
func (m *artifactoryModel) ToAPI(context.Context) (registry.ArtifactoryUserPatch, diag.Diagnostics) {
	return registry.ArtifactoryUserPatch{
		ProfileUpdatable:         tfkit.BoolPointer(m.ProfileUpdatable),
		DisableUIAccess:          tfkit.BoolPointer(m.DisableUIAccess),
		InternalPasswordDisabled: tfkit.BoolPointer(m.InternalPasswordDisabled),
		WatchManager:             tfkit.BoolPointer(m.WatchManager),
		PolicyViewer:             tfkit.BoolPointer(m.PolicyViewer),
		PolicyManager:            tfkit.BoolPointer(m.PolicyManager),
		ReportsManager:           tfkit.BoolPointer(m.ReportsManager),
		ResourcesManager:         tfkit.BoolPointer(m.ResourcesManager),
	}, nil
}

// changedFrom gives the planned flags that differ from what the registry has; nil when none does.
func (m *artifactoryModel) changedFrom(was artifactoryModel) *registry.ArtifactoryUserPatch {
	patch := registry.ArtifactoryUserPatch{
		ProfileUpdatable:         tfkit.ChangedBool(m.ProfileUpdatable, was.ProfileUpdatable.ValueBool()),
		DisableUIAccess:          tfkit.ChangedBool(m.DisableUIAccess, was.DisableUIAccess.ValueBool()),
		InternalPasswordDisabled: tfkit.ChangedBool(m.InternalPasswordDisabled, was.InternalPasswordDisabled.ValueBool()),
		WatchManager:             tfkit.ChangedBool(m.WatchManager, was.WatchManager.ValueBool()),
		PolicyViewer:             tfkit.ChangedBool(m.PolicyViewer, was.PolicyViewer.ValueBool()),
		PolicyManager:            tfkit.ChangedBool(m.PolicyManager, was.PolicyManager.ValueBool()),
		ReportsManager:           tfkit.ChangedBool(m.ReportsManager, was.ReportsManager.ValueBool()),
		ResourcesManager:         tfkit.ChangedBool(m.ResourcesManager, was.ResourcesManager.ValueBool()),
	}
	if patch == (registry.ArtifactoryUserPatch{}) {
		return nil
	}
	return &patch
}

// FromTerraform implements tfkit.ModelFromTerraform.
func (m *artifactoryModel) FromTerraform(ctx context.Context, in basetypes.ObjectValue) diag.Diagnostics {
	return in.As(ctx, m, basetypes.ObjectAsOptions{UnhandledNullAsEmpty: true, UnhandledUnknownAsEmpty: true})
}

// ToTerraform implements tfkit.ModelToTerraform.
func (m *artifactoryModel) ToTerraform(ctx context.Context) (basetypes.ObjectValue, diag.Diagnostics) {
	return types.ObjectValueFrom(ctx, artifactoryTypes, *m)
}
