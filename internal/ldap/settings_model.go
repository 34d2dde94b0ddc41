package ldap

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/directory"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// settingsModel is registry_ldap_settings in configuration, plan and state.
type settingsModel struct {
	ID                       types.String   `tfsdk:"id"`
	Name                     types.String   `tfsdk:"name"`
	Enabled                  types.Bool     `tfsdk:"enabled"`
	URL                      types.String   `tfsdk:"url"`
	BaseDN                   types.String   `tfsdk:"base_dn"`
	SearchBases              types.Set      `tfsdk:"search_bases"`
	SearchFilter             types.String   `tfsdk:"search_filter"`
	EmailAttribute           types.String   `tfsdk:"email_attribute"`
	ManagerDN                types.String   `tfsdk:"manager_dn"`
	ManagerPasswordWO        types.String   `tfsdk:"manager_password_wo"`
	ManagerPasswordWOVersion types.Int64    `tfsdk:"manager_password_wo_version"`
	Artifactory              types.Object   `tfsdk:"artifactory"`
	ArtifactKeeper           types.Object   `tfsdk:"artifact_keeper"`
	Timeouts                 timeouts.Value `tfsdk:"timeouts"`
}

// namedIdentity names one object on one server.
type namedIdentity struct {
	Server types.String `tfsdk:"server"`
	Name   types.String `tfsdk:"name"`
}

type artifactoryModel struct {
	UserDNPattern  types.String `tfsdk:"user_dn_pattern"`
	SearchSubTree  types.Bool   `tfsdk:"search_sub_tree"`
	AutoCreateUser types.Bool   `tfsdk:"auto_create_user"`
	Poisoning      types.Bool   `tfsdk:"ldap_poisoning_protection"`
	UserProfile    types.Bool   `tfsdk:"allow_user_to_access_profile"`
	Paging         types.Bool   `tfsdk:"paging_support_enabled"`
}

var artifactoryTypes = map[string]attr.Type{
	"user_dn_pattern": types.StringType, "search_sub_tree": types.BoolType, "auto_create_user": types.BoolType,
	"ldap_poisoning_protection": types.BoolType, "allow_user_to_access_profile": types.BoolType, "paging_support_enabled": types.BoolType,
}

type keeperModel struct {
	UsernameAttribute    types.String `tfsdk:"username_attribute"`
	DisplayNameAttribute types.String `tfsdk:"display_name_attribute"`
	GroupsAttribute      types.String `tfsdk:"groups_attribute"`
	GroupBaseDN          types.String `tfsdk:"group_base_dn"`
	GroupFilter          types.String `tfsdk:"group_filter"`
	AdminGroupDN         types.String `tfsdk:"admin_group_dn"`
	StartTLS             types.Bool   `tfsdk:"use_starttls"`
	InsecureSkipVerify   types.Bool   `tfsdk:"insecure_skip_verify"`
	CACertificate        types.String `tfsdk:"ca_certificate"`
	Priority             types.Int64  `tfsdk:"priority"`
}

var keeperTypes = map[string]attr.Type{
	"username_attribute": types.StringType, "display_name_attribute": types.StringType, "groups_attribute": types.StringType,
	"group_base_dn": types.StringType, "group_filter": types.StringType, "admin_group_dn": types.StringType,
	"use_starttls": types.BoolType, "insecure_skip_verify": types.BoolType, "ca_certificate": types.StringType, "priority": types.Int64Type,
}

var (
	_ tfkit.ModelFromAPI[registry.LDAPSettings]                = (*settingsModel)(nil)
	_ tfkit.ModelToAPI[registry.LDAPSettingsSpec]              = (*settingsModel)(nil)
	_ tfkit.ModelFromAPI[*registry.ArtifactoryLDAPSettings]    = (*artifactoryModel)(nil)
	_ tfkit.ModelToAPI[*registry.ArtifactoryLDAPSettings]      = (*artifactoryModel)(nil)
	_ tfkit.ModelFromAPI[*registry.ArtifactKeeperLDAPSettings] = (*keeperModel)(nil)
	_ tfkit.ModelToAPI[*registry.ArtifactKeeperLDAPSettings]   = (*keeperModel)(nil)
)

// FromAPI implements tfkit.ModelFromAPI. What the registry writes in another way and means the same stays as the
// configuration has it.
func (m *settingsModel) FromAPI(ctx context.Context, in registry.LDAPSettings) diag.Diagnostics {
	var diags diag.Diagnostics
	m.ID, m.Name, m.Enabled = types.StringValue(in.ID), types.StringValue(in.Name), types.BoolValue(in.Enabled)
	if !sameURL(m.URL.ValueString(), in.URL) {
		m.URL = types.StringValue(in.URL)
	}
	diags.Append(m.placesFromAPI(ctx, in)...)
	m.SearchFilter = tfkit.StringOrNull(in.SearchFilter)
	m.EmailAttribute = types.StringValue(in.EmailAttribute)
	m.ManagerDN = keepDN(m.ManagerDN, in.ManagerDN)
	m.ManagerPasswordWO = types.StringNull()
	if in.PasswordLost {
		m.ManagerPasswordWOVersion = types.Int64Null()
	}
	prior := m.ArtifactKeeper
	m.Artifactory, m.ArtifactKeeper = types.ObjectNull(artifactoryTypes), types.ObjectNull(keeperTypes)
	if in.Artifactory != nil {
		var own artifactoryModel
		diags.Append(own.FromAPI(ctx, in.Artifactory)...)
		object, d := types.ObjectValueFrom(ctx, artifactoryTypes, own)
		diags.Append(d...)
		m.Artifactory = object
	}
	if in.ArtifactKeeper != nil {
		var own keeperModel
		if tfkit.IsSet(prior) {
			diags.Append(prior.As(ctx, &own, basetypes.ObjectAsOptions{UnhandledUnknownAsEmpty: true})...)
		}
		diags.Append(own.FromAPI(ctx, in.ArtifactKeeper)...)
		object, d := types.ObjectValueFrom(ctx, keeperTypes, own)
		diags.Append(d...)
		m.ArtifactKeeper = object
	}
	return diags
}

// placesFromAPI fills base_dn and search_bases. Artifact Keeper only has one DN: it stays divided as it was as long as the
// parts make up what the registry has.
func (m *settingsModel) placesFromAPI(ctx context.Context, in registry.LDAPSettings) diag.Diagnostics {
	bases, diags := tfkit.Strings(ctx, m.SearchBases)
	if in.ArtifactKeeper != nil {
		if len(bases) == 1 && directory.SameDN(directory.Join(bases[0], m.BaseDN.ValueString()), in.BaseDN) {
			return diags
		}
	} else if sameDNs(bases, in.SearchBases) {
		in.SearchBases = bases
	}
	if !tfkit.IsSet(m.BaseDN) || !directory.SameDN(m.BaseDN.ValueString(), in.BaseDN) {
		m.BaseDN = types.StringValue(in.BaseDN)
	}
	m.SearchBases = types.SetNull(types.StringType)
	if len(in.SearchBases) > 0 {
		set, d := tfkit.StringSet(ctx, in.SearchBases)
		diags.Append(d...)
		m.SearchBases = set
	}
	return diags
}

// sameURL reports whether two addresses are of one server.
func sameURL(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}

func sameDNs(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	return !slices.ContainsFunc(a, func(dn string) bool {
		return !slices.ContainsFunc(b, func(other string) bool { return directory.SameDN(dn, other) })
	})
}

// keepDN is tfkit.StringOrNull for a DN that the registry may have written in another way.
func keepDN(prior types.String, dn string) types.String {
	if tfkit.IsSet(prior) && dn != "" && directory.SameDN(prior.ValueString(), dn) {
		return prior
	}
	return tfkit.StringOrNull(dn)
}

// ToAPI implements tfkit.ModelToAPI. The password is not part of a model.
func (m *settingsModel) ToAPI(ctx context.Context) (registry.LDAPSettingsSpec, diag.Diagnostics) {
	bases, diags := tfkit.Strings(ctx, m.SearchBases)
	spec := registry.LDAPSettingsSpec{LDAPSettings: registry.LDAPSettings{
		Name: m.Name.ValueString(), Enabled: m.Enabled.ValueBool(), URL: strings.TrimRight(m.URL.ValueString(), "/"),
		BaseDN: m.BaseDN.ValueString(), SearchBases: bases, SearchFilter: m.SearchFilter.ValueString(),
		EmailAttribute: m.EmailAttribute.ValueString(), ManagerDN: m.ManagerDN.ValueString(),
	}}
	if tfkit.IsSet(m.Artifactory) {
		var own artifactoryModel
		diags.Append(m.Artifactory.As(ctx, &own, basetypes.ObjectAsOptions{})...)
		block, d := own.ToAPI(ctx)
		diags.Append(d...)
		spec.Artifactory = block
	}
	if tfkit.IsSet(m.ArtifactKeeper) {
		var own keeperModel
		diags.Append(m.ArtifactKeeper.As(ctx, &own, basetypes.ObjectAsOptions{})...)
		block, d := own.ToAPI(ctx)
		diags.Append(d...)
		spec.ArtifactKeeper = block
	}
	return spec, diags
}

// FromAPI implements tfkit.ModelFromAPI.
func (a *artifactoryModel) FromAPI(_ context.Context, in *registry.ArtifactoryLDAPSettings) diag.Diagnostics {
	*a = artifactoryModel{
		UserDNPattern: tfkit.StringOrNull(in.UserDNPattern), SearchSubTree: types.BoolValue(in.SearchSubTree),
		AutoCreateUser: types.BoolValue(in.AutoCreateUser), Poisoning: types.BoolValue(in.PoisoningProtection),
		UserProfile: types.BoolValue(in.AllowUserProfile), Paging: types.BoolValue(in.Paging),
	}
	return nil
}

// ToAPI implements tfkit.ModelToAPI.
func (a *artifactoryModel) ToAPI(context.Context) (*registry.ArtifactoryLDAPSettings, diag.Diagnostics) {
	return &registry.ArtifactoryLDAPSettings{
		UserDNPattern: a.UserDNPattern.ValueString(), SearchSubTree: a.SearchSubTree.ValueBool(), AutoCreateUser: a.AutoCreateUser.ValueBool(),
		PoisoningProtection: a.Poisoning.ValueBool(), AllowUserProfile: a.UserProfile.ValueBool(), Paging: a.Paging.ValueBool(),
	}, nil
}

// FromAPI implements tfkit.ModelFromAPI. The certificate stays as it was as long as the registry has one.
func (k *keeperModel) FromAPI(_ context.Context, in *registry.ArtifactKeeperLDAPSettings) diag.Diagnostics {
	certificate := k.CACertificate
	if !in.HasCACertificate || certificate.IsUnknown() {
		certificate = types.StringNull()
	}
	*k = keeperModel{
		UsernameAttribute: types.StringValue(in.UsernameAttribute), DisplayNameAttribute: types.StringValue(in.DisplayNameAttribute),
		GroupsAttribute: types.StringValue(in.GroupsAttribute), GroupBaseDN: keepDN(k.GroupBaseDN, in.GroupBaseDN),
		GroupFilter: tfkit.StringOrNull(in.GroupFilter), AdminGroupDN: keepDN(k.AdminGroupDN, in.AdminGroupDN),
		StartTLS: types.BoolValue(in.StartTLS), InsecureSkipVerify: types.BoolValue(in.InsecureSkipVerify),
		CACertificate: certificate, Priority: types.Int64Value(in.Priority),
	}
	return nil
}

// ToAPI implements tfkit.ModelToAPI.
func (k *keeperModel) ToAPI(context.Context) (*registry.ArtifactKeeperLDAPSettings, diag.Diagnostics) {
	return &registry.ArtifactKeeperLDAPSettings{
		UsernameAttribute: k.UsernameAttribute.ValueString(), DisplayNameAttribute: k.DisplayNameAttribute.ValueString(),
		GroupsAttribute: k.GroupsAttribute.ValueString(), GroupBaseDN: k.GroupBaseDN.ValueString(), GroupFilter: k.GroupFilter.ValueString(),
		AdminGroupDN: k.AdminGroupDN.ValueString(), StartTLS: k.StartTLS.ValueBool(), InsecureSkipVerify: k.InsecureSkipVerify.ValueBool(),
		CACertificate: k.CACertificate.ValueString(), Priority: k.Priority.ValueInt64(),
	}, nil
}
