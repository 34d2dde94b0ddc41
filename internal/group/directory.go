package group

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

// checkLDAP applies what Artifactory wants of groups that stand for one of a directory.
func checkLDAP(config model, own artifactoryModel, diags *diag.Diagnostics) {
	if !tfkit.IsSet(own.LDAP) {
		return
	}
	if name := config.Name.ValueString(); name != strings.ToLower(name) {
		diags.AddAttributeError(path.Root("name"), "A group of a directory has a lower-case name",
			fmt.Sprintf("Artifactory finds the groups of a directory by their names in lower case and never synchronises %q. Write %q; group_dn keeps the directory's spelling.",
				name, strings.ToLower(name)))
	}
	if tfkit.IsSet(config.Members) {
		diags.AddAttributeError(path.Root("members"), "The membership belongs to the directory",
			"Who is in a group of a directory is decided at their sign-in. Leave members out.")
	}
}

// planLink leaves to the server what follows from another directory group.
func planLink(ctx context.Context, plan, state model, resp *resource.ModifyPlanResponse) {
	if !tfkit.IsSet(plan.Artifactory) || !tfkit.IsSet(state.Artifactory) {
		return
	}
	var next, before artifactoryModel
	resp.Diagnostics.Append(plan.Artifactory.As(ctx, &next, basetypes.ObjectAsOptions{UnhandledUnknownAsEmpty: true})...)
	resp.Diagnostics.Append(before.FromTerraform(ctx, state.Artifactory)...)
	if resp.Diagnostics.HasError() || next.LDAP.Equal(before.LDAP) {
		return
	}
	block := path.Root("artifactory")
	for _, at := range []path.Path{block.AtName("realm"), block.AtName("realm_attributes"), path.Root("external_source")} {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, at, types.StringUnknown())...)
	}
}

// warnCollision says what a group made here does to one of the same name in a directory. Where directories own groups by
// themselves, nobody can tell beforehand whether there is one.
func warnCollision(ctx context.Context, reg *registry.Registry, plan model, diags *diag.Diagnostics) {
	if reg.GroupSources == nil || !tfkit.IsSet(plan.Name) {
		return
	}
	sources, err := reg.GroupSources.Names(ctx)
	if err != nil || len(sources) == 0 {
		return // a warning is not worth failing for
	}
	name := plan.Name.ValueString()
	diags.AddAttributeWarning(path.Root("name"), fmt.Sprintf("A directory group called %q would stay out", name),
		fmt.Sprintf("%s makes the groups of %s when the first of their people signs in, and leaves a group alone that was made here: if there is a directory group of this name, "+
			"nobody will join it by signing in. To grant a directory group something, leave this resource out and name the group in registry_permission once it is there.",
			reg.Server.Type.Title(), strings.Join(sources, ", ")))
}
