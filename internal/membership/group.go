package membership

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// timeout is what an operation may take unless the timeouts block says otherwise.
const timeout = 5 * time.Minute

// findGroup finds the group whose membership is to be managed and makes sure that it is the registry's own.
func findGroup(ctx context.Context, reg *registry.Registry, name string, diags *diag.Diagnostics) (registry.Group, bool) {
	found, err := reg.Groups.FindByName(ctx, name)
	if err == nil && found.Members == nil {
		found, err = reg.Groups.Get(ctx, found.ID)
	}
	switch {
	case registry.IsNotFound(err):
		diags.AddAttributeError(path.Root("group"), fmt.Sprintf("There is no group %q", name),
			fmt.Sprintf("%s at %s has no group of this name. Create it first, for example with registry_group, or correct the name.\n\n%s",
				reg.Server.Type.Title(), reg.Server.URL, tfkit.Explain(err)))
	case err != nil:
		tfkit.AddError(diags, fmt.Sprintf("Cannot read group %q", name), err, path.Root("group"))
	case found.ExternalSource != "":
		diags.Append(owned(found))
	default:
		return found, true
	}
	return registry.Group{}, false
}

// owned explains that a directory or an identity provider decides who is in a group.
func owned(g registry.Group) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("group"), fmt.Sprintf("The members of group %q come from %s", g.Name, g.ExternalSource),
		fmt.Sprintf("The group is synchronised from %s: when people sign in, single sign-on decides whether they are in it, and the "+
			"registry refuses other changes. Change the membership where it comes from, or use a group of the registry itself, "+
			"which can be granted the same permissions.", g.ExternalSource))
}

// join makes names members of a group. Whoever is one already costs no request.
func join(ctx context.Context, reg *registry.Registry, g registry.Group, names ...string) error {
	add, _ := tfkit.Difference(g.Members, names)
	err := registry.SwapMembers(ctx, reg.Groups, g.ID, add, nil)
	_, err = tfkit.AdoptCreated(ctx, g, err,
		func(ctx context.Context) (registry.Group, error) { return reg.Groups.Get(ctx, g.ID) },
		func(now registry.Group) bool {
			return !slices.ContainsFunc(add, func(name string) bool { return !slices.Contains(now.Members, name) })
		})
	return err
}

// leave takes names out of a group. A group that is gone has no members, and one that single sign-on has taken over in
// the meantime keeps its own: that is no reason to keep what was deleted here in the state for ever.
func leave(ctx context.Context, reg *registry.Registry, id string, names []string, diags *diag.Diagnostics) {
	err := registry.SwapMembers(ctx, reg.Groups, id, nil, names)
	if err == nil || registry.IsNotFound(err) {
		return
	}
	if registry.KindOf(err) == registry.KindConflict {
		if found, lookup := reg.Groups.Get(ctx, id); lookup == nil && found.ExternalSource != "" {
			tfkit.AddWarning(diags, fmt.Sprintf("The members of group %q stay as they are", found.Name),
				fmt.Sprintf("The group now belongs to %s, which decides who is in it.", found.ExternalSource), err)
			return
		}
	}
	tfkit.AddError(diags, "Cannot remove members of a group", err)
}
