package permission

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// ModifyPlan checks what needs to know the server, and warns of what a first rule does on Artifact Keeper.
func (r *permissionResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.Plan.Raw.Equal(req.State.Raw) || !r.Configured() {
		return // a configuration that is not known yet is checked in Create and Update
	}
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	resp.Diagnostics.Append(checkServer(ctx, reg, plan)...)
	if req.State.Raw.IsNull() && reg.Capabilities.PermissionPerRepository && tfkit.Set(plan.Name) && !resp.Diagnostics.HasError() {
		warnFirstRule(ctx, reg, plan.Name.ValueString(), &resp.Diagnostics)
	}
}

// warnFirstRule says that the first rule on a private repository changes who can read it: without rules its roles
// decide, with one only the rules do (Artifact Keeper: api/middleware/auth.rs). What cannot be asked now is not warned of.
func warnFirstRule(ctx context.Context, reg *registry.Registry, key string, diags *diag.Diagnostics) {
	repository, err := reg.Repositories.Get(ctx, key)
	if err != nil || repository.Public {
		return // a repository that does not exist may be made in the same run; creating the permission will tell
	}
	if _, err := reg.Permissions.Get(ctx, key); !registry.IsNotFound(err) {
		return
	}
	diags.AddAttributeWarning(path.Root("name"), fmt.Sprintf("The first rule changes who can read %q", key),
		"The repository is private and has no rule yet, so that roles decide who reads it. With its first rule only users and groups "+
			"with a rule can, its creator included. Name everybody who needs it.")
}

// checkServer applies the rules of the server at hand. Values that are not known yet are left to Create and Update.
func checkServer(ctx context.Context, reg *registry.Registry, m model) diag.Diagnostics {
	var diags diag.Diagnostics
	title := reg.Server.Type.Title()
	if reg.Capabilities.PermissionPerRepository {
		if tfkit.Set(m.Artifactory) {
			diags.AddAttributeError(path.Root("artifactory"), "This registry is "+title,
				fmt.Sprintf("The artifactory block holds what only JFrog Artifactory's permissions have, and %s is %s. Remove the block.", reg.Server.URL, title))
		}
		checkOneRepository(ctx, m, &diags)
	} else if m.Additive.ValueBool() {
		diags.AddAttributeError(path.Root("additive"), "This registry is "+title,
			"A permission target of Artifactory has one owner, so additive works on Artifact Keeper only. Use a permission of its own with another name.")
	}
	checkActions(m.Users, "users", reg, &diags)
	checkActions(m.Groups, "groups", reg, &diags)
	return diags
}

func checkOneRepository(ctx context.Context, m model, diags *diag.Diagnostics) {
	if !known(m.Repositories) || !tfkit.Set(m.Name) {
		return
	}
	repositories, d := tfkit.Strings(ctx, m.Repositories)
	diags.Append(d...)
	if len(repositories) == 1 && repositories[0] == m.Name.ValueString() {
		return
	}
	diags.AddAttributeError(path.Root("repositories"), "A permission of Artifact Keeper is the rules of one repository",
		fmt.Sprintf("name must be the repository's key and repositories exactly that key; name is %q and repositories is [%s]. Use one "+
			"registry_permission per repository, for example with for_each.", m.Name.ValueString(), strings.Join(repositories, ", ")))
}

// checkActions refuses words that the registry does not have. There is no silent mapping between the registries: what
// one calls admin implies the rest, and what the other calls manage does not.
func checkActions(principals types.Map, attribute string, reg *registry.Registry, diags *diag.Diagnostics) {
	if !tfkit.Set(principals) {
		return
	}
	elements := principals.Elements()
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		at := path.Root(attribute).AtMapKey(name)
		if name == "" {
			diags.AddAttributeError(at, "A principal without a name", "Every key of "+attribute+" is the name of a user or a group.")
		}
		actions, ok := elements[name].(types.Set)
		if !ok || !known(actions) {
			continue
		}
		if len(actions.Elements()) == 0 {
			diags.AddAttributeError(at, fmt.Sprintf("No action for %q", name),
				"An empty set grants nothing. Remove the entry, or name at least one of: "+strings.Join(reg.Capabilities.Actions, ", ")+".")
		}
		for _, element := range actions.Elements() {
			action, ok := element.(types.String)
			if ok && tfkit.Set(action) && !slices.Contains(reg.Capabilities.Actions, action.ValueString()) {
				diags.AddAttributeError(at, fmt.Sprintf("%s has no action %q", reg.Server.Type.Title(), action.ValueString()),
					fmt.Sprintf("%s %q asks for it. The registry knows: %s.", strings.TrimSuffix(attribute, "s"), name, strings.Join(reg.Capabilities.Actions, ", ")))
			}
		}
	}
}

// known reports whether a set and all its elements are known.
func known(set types.Set) bool {
	return tfkit.Set(set) && !slices.ContainsFunc(set.Elements(), attr.Value.IsUnknown)
}
