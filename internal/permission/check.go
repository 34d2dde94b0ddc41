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
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// anyTargets are the words for all repositories of a kind.
var anyTargets = []string{"ANY", "ANY LOCAL", "ANY REMOTE", "ANY DISTRIBUTION"}

// principals are who a permission can name.
type principals struct {
	word  string
	check func(registry.Type, string) error
}

var (
	users  = principals{"User", registry.CheckUsername}
	groups = principals{"Group", registry.CheckGroupName}
)

// checkServer applies the rules of the server at hand. Values that are not known yet are left to Create and Update.
func checkServer(ctx context.Context, reg *registry.Registry, m model) diag.Diagnostics {
	var diags diag.Diagnostics
	if reg.Capabilities.PermissionPerRepository {
		checkArtifactKeeper(ctx, reg, m, &diags)
	} else {
		checkArtifactory(ctx, reg, m, &diags)
	}
	checkPrincipals(users, m.Users, path.Root("users"), reg.Server.Type, reg.Capabilities.Actions, &diags)
	checkPrincipals(groups, m.Groups, path.Root("groups"), reg.Server.Type, reg.Capabilities.Actions, &diags)
	return diags
}

// checkArtifactKeeper: a permission is the rules of one repository, and is there as long as there is a rule.
func checkArtifactKeeper(ctx context.Context, reg *registry.Registry, m model, diags *diag.Diagnostics) {
	title := reg.Server.Type.Title()
	if tfkit.IsSet(m.Artifactory) {
		diags.AddAttributeError(path.Root("artifactory"), "This registry is "+title,
			fmt.Sprintf("The artifactory block holds what only JFrog Artifactory's permissions have, and %s is %s. Remove the block.", reg.Server.URL, title))
	}
	if !m.Users.IsUnknown() && !m.Groups.IsUnknown() && len(m.Users.Elements())+len(m.Groups.Elements()) == 0 {
		diags.AddAttributeError(path.Root("users"), "Nobody is granted anything",
			"On "+title+" a permission is the set of rules of a repository, and without users and groups there is none. Name somebody, or "+
				"remove the permission.")
	}
	if !known(m.Repositories) || !tfkit.IsSet(m.Name) {
		return
	}
	repositories, d := tfkit.Strings(ctx, m.Repositories)
	diags.Append(d...)
	if !slices.Equal(repositories, []string{m.Name.ValueString()}) {
		diags.AddAttributeError(path.Root("repositories"), "A permission of "+title+" is the rules of one repository",
			fmt.Sprintf("name must be the repository's key and repositories exactly that key; name is %q and repositories is [%s]. Use one "+
				"registry_permission per repository, for example with for_each.", m.Name.ValueString(), strings.Join(repositories, ", ")))
	}
}

// checkArtifactory: a permission grants on something, in words that come back as they were sent.
func checkArtifactory(ctx context.Context, reg *registry.Registry, m model, diags *diag.Diagnostics) {
	if m.Additive.ValueBool() {
		diags.AddAttributeError(path.Root("additive"), "This registry is "+reg.Server.Type.Title(),
			"A permission target of Artifactory has one owner, so additive works on Artifact Keeper only. Use a permission of its own with another name.")
	}
	own := nullArtifactory()
	if tfkit.IsSet(m.Artifactory) {
		diags.Append(own.FromTerraform(ctx, m.Artifactory)...)
	}
	sections := 0
	for _, s := range own.sections(&registry.ArtifactoryPermission{}) {
		if s.model.IsNull() {
			continue
		}
		sections++
		if !tfkit.IsSet(*s.model) {
			continue
		}
		var section sectionModel
		diags.Append(s.model.As(ctx, &section, basetypes.ObjectAsOptions{})...)
		at := path.Root("artifactory").AtName(s.name)
		checkPrincipals(users, section.Users, at.AtName("users"), reg.Server.Type, reg.Capabilities.Actions, diags)
		checkPrincipals(groups, section.Groups, at.AtName("groups"), reg.Server.Type, reg.Capabilities.Actions, diags)
	}
	if !known(m.Repositories) {
		return
	}
	repositories, d := tfkit.Strings(ctx, m.Repositories)
	diags.Append(d...)
	if len(repositories) == 0 && sections == 0 && !m.Artifactory.IsUnknown() {
		diags.AddAttributeError(path.Root("repositories"), "The permission is about nothing",
			"Artifactory refuses a permission without any target. Name a repository, or give one of the sections in artifactory.")
	}
	for _, name := range repositories {
		word := strings.ToUpper(strings.NewReplacer("-", " ", "_", " ").Replace(name))
		if slices.Contains(anyTargets, word) && name != word {
			diags.AddAttributeError(path.Root("repositories"), fmt.Sprintf("Write %q", word),
				fmt.Sprintf("%q is Artifactory's word for all repositories of a kind in another spelling, which the server would not keep.", name))
		}
	}
}

// checkPrincipals refuses actions that the registry does not have and names that it would not keep. There is no silent
// mapping between the registries: what one calls admin implies the rest, and what the other calls manage does not.
func checkPrincipals(kind principals, given types.Map, at path.Path, t registry.Type, allowed []string, diags *diag.Diagnostics) {
	if !tfkit.IsSet(given) {
		return
	}
	elements := given.Elements()
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		entry := at.AtMapKey(name)
		if err := kind.check(t, name); err != nil {
			diags.AddAttributeError(entry, fmt.Sprintf("%s %q cannot exist", kind.word, name), fmt.Sprintf("It is no name on %s: %s.", t.Title(), err))
		}
		actions, ok := elements[name].(types.Set)
		if !ok || !known(actions) {
			continue
		}
		if len(actions.Elements()) == 0 {
			diags.AddAttributeError(entry, fmt.Sprintf("No action for %q", name),
				"An empty set grants nothing. Remove the entry, or name at least one of: "+strings.Join(allowed, ", ")+".")
		}
		for _, element := range actions.Elements() {
			action, ok := element.(types.String)
			if ok && tfkit.IsSet(action) && !slices.Contains(allowed, action.ValueString()) {
				diags.AddAttributeError(entry, fmt.Sprintf("%s has no action %q", t.Title(), action.ValueString()),
					fmt.Sprintf("%s %q asks for it. The registry knows: %s.", kind.word, name, strings.Join(allowed, ", ")))
			}
		}
	}
}

// known reports whether a set and all its elements are known.
func known(set types.Set) bool {
	return tfkit.IsSet(set) && !slices.ContainsFunc(set.Elements(), attr.Value.IsUnknown)
}
