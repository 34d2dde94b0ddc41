package ldap

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// keeperFilter is Artifact Keeper's own default (auth_config_service.rs).
const keeperFilter = "(uid={0})"

// ValidateConfig checks what needs no server.
func (r *settingsResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config settingsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !tfkit.IsSet(config.ArtifactKeeper) || !tfkit.IsSet(config.URL) {
		return
	}
	own, diags := config.keeper(ctx)
	resp.Diagnostics.Append(diags...)
	if own.StartTLS.ValueBool() && hasScheme(config.URL.ValueString(), "ldaps") {
		resp.Diagnostics.AddAttributeError(path.Root("artifact_keeper").AtName("use_starttls"), "The connection is encrypted already",
			"use_starttls encrypts a connection to ldap://, and url begins with ldaps://. Drop one of the two.")
	}
	if (own.InsecureSkipVerify.ValueBool() || tfkit.IsSet(own.CACertificate)) && hasScheme(config.URL.ValueString(), "ldap") &&
		!own.StartTLS.ValueBool() && !own.StartTLS.IsUnknown() {
		resp.Diagnostics.AddAttributeWarning(path.Root("artifact_keeper"), "The connection is not encrypted",
			"Certificates are only looked at on an encrypted connection, and url begins with ldap:// without use_starttls.")
	}
}

// ModifyPlan checks what needs to know the server and plans what the server will decide.
func (r *settingsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) || !r.Configured() {
		return // Create and Update ask again
	}
	var plan, config, state settingsModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	creating := req.State.Raw.IsNull()
	if !creating {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	resp.Diagnostics.Append(checkSettings(reg, config)...)
	if creating {
		if err := reg.LDAP.Supported(ctx); err != nil {
			tfkit.AddError(&resp.Diagnostics, "This registry is too old for LDAP settings", err)
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(planFilter(ctx, reg, config, resp)...)
	if reg.Server.Type == registry.ArtifactKeeper {
		if plan.Enabled.ValueBool() && !state.Enabled.ValueBool() {
			resp.Diagnostics.AddAttributeWarning(path.Root("enabled"), "Local passwords stop working",
				"While any directory or identity provider is enabled on Artifact Keeper, nobody but administrators can sign in with a password of "+
					"the registry itself. Tokens keep working.")
		}
		resp.Diagnostics.Append(replaceEmptied(ctx, plan, state, resp)...)
	} else if !creating && !plan.Name.Equal(state.Name) {
		resp.RequiresReplace.Append(path.Root("name")) // its API addresses settings by name
	}
	makes := creating || len(resp.RequiresReplace) > 0
	if (makes || reg.Capabilities.LDAPWholePassword) && tfkit.IsSet(plan.ManagerDN) && config.ManagerPasswordWO.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("manager_password_wo"), "The manager's password is missing",
			fmt.Sprintf("manager_dn is set without manager_password_wo. %s", whyPassword(reg, makes)))
	}
}

func whyPassword(reg *registry.Registry, makes bool) string {
	if makes {
		return "The registry could not search the directory. Give the password, or take manager_dn away to search anonymously."
	}
	return reg.Server.Type.Title() + " replaces the settings as a whole and may forget a password that is left out, so every change needs it. " +
		"Nothing was changed."
}

// checkSettings applies the rules of the server at hand.
func checkSettings(reg *registry.Registry, config settingsModel) diag.Diagnostics {
	var diags diag.Diagnostics
	keeper := reg.Server.Type == registry.ArtifactKeeper
	foreign := func(block, owner string) {
		diags.AddAttributeError(path.Root(block), "This registry is "+reg.Server.Type.Title(),
			fmt.Sprintf("The %s block holds what only %s has, and %s is %s. Remove the block.", block, owner, reg.Server.URL, reg.Server.Type.Title()))
	}
	if tfkit.IsSet(config.Artifactory) && keeper {
		foreign("artifactory", "JFrog Artifactory")
	}
	if tfkit.IsSet(config.ArtifactKeeper) && !keeper {
		foreign("artifact_keeper", "Artifact Keeper")
	}
	if keeper && tfkit.IsSet(config.SearchBases) && len(config.SearchBases.Elements()) > 1 {
		diags.AddAttributeError(path.Root("search_bases"), "Artifact Keeper searches in one place",
			"Give one search base, or make one registry_ldap_settings for each of them.")
	}
	if keeper && tfkit.IsSet(config.BaseDN) && config.BaseDN.ValueString() == "" && config.SearchBases.IsNull() {
		diags.AddAttributeError(path.Root("base_dn"), "Artifact Keeper needs a base DN", "Say below which entry people are, such as dc=example,dc=com.")
	}
	if !keeper && config.SearchFilter.IsNull() && !config.Artifactory.IsUnknown() && noPattern(config.Artifactory) {
		diags.AddAttributeError(path.Root("search_filter"), "Nobody could be found",
			"Artifactory finds a person with search_filter, such as (uid={0}), or with artifactory.user_dn_pattern, such as uid={0},ou=people. Give one of them.")
	}
	if tfkit.IsSet(config.Name) {
		if err := registry.CheckObjectName(config.Name.ValueString()); err != nil {
			diags.AddAttributeError(path.Root("name"), fmt.Sprintf("Invalid name %q", config.Name.ValueString()), "The registry would refuse it: "+err.Error()+".")
		}
	}
	return diags
}

func noPattern(block types.Object) bool {
	if block.IsNull() {
		return true
	}
	return block.Attributes()["user_dn_pattern"].IsNull()
}

// planFilter plans the registry's default for a filter that is left out.
func planFilter(ctx context.Context, reg *registry.Registry, config settingsModel, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	if !config.SearchFilter.IsNull() {
		return nil
	}
	fallback := types.StringNull()
	if reg.Server.Type == registry.ArtifactKeeper {
		fallback = types.StringValue(keeperFilter)
	}
	return resp.Plan.SetAttribute(ctx, path.Root("search_filter"), fallback)
}

// replaceEmptied replaces settings of which something is taken away that Artifact Keeper never forgets.
func replaceEmptied(ctx context.Context, plan, state settingsModel, resp *resource.ModifyPlanResponse) diag.Diagnostics {
	if tfkit.IsSet(state.ManagerDN) && plan.ManagerDN.IsNull() {
		resp.RequiresReplace.Append(path.Root("manager_dn"))
	}
	if !tfkit.IsSet(plan.ArtifactKeeper) || !tfkit.IsSet(state.ArtifactKeeper) {
		return nil
	}
	next, diags := plan.keeper(ctx)
	before, d := state.keeper(ctx)
	diags.Append(d...)
	for name, pair := range map[string][2]types.String{
		"group_base_dn": {before.GroupBaseDN, next.GroupBaseDN}, "group_filter": {before.GroupFilter, next.GroupFilter},
		"admin_group_dn": {before.AdminGroupDN, next.AdminGroupDN},
	} {
		if tfkit.IsSet(pair[0]) && pair[1].IsNull() {
			resp.RequiresReplace.Append(path.Root("artifact_keeper").AtName(name))
		}
	}
	return diags
}

func (m *settingsModel) keeper(ctx context.Context) (keeperModel, diag.Diagnostics) {
	var own keeperModel
	diags := m.ArtifactKeeper.As(ctx, &own, basetypes.ObjectAsOptions{})
	return own, diags
}

// hasScheme reports whether an address begins with the scheme.
func hasScheme(url, scheme string) bool { return strings.HasPrefix(strings.ToLower(url), scheme+"://") }
