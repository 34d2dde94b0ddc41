package tfkit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// WarnRemovedMembers names the people whom taking over a group's membership will put out: a plan shows who will be in
// the group, and says nothing of those it never knew.
func WarnRemovedMembers(diags *diag.Diagnostics, group string, current, desired []string) {
	_, removed := Difference(current, desired)
	if len(removed) == 0 {
		return
	}
	const most = 20 // as many as a person reads
	slices.Sort(removed)
	names := strings.Join(removed[:min(most, len(removed))], ", ")
	if len(removed) > most {
		names += fmt.Sprintf(" and %d more", len(removed)-most)
	}
	diags.AddAttributeWarning(path.Root("members"), fmt.Sprintf("Users will be removed from group %q", group),
		fmt.Sprintf("They are in the group now and not in members: %s.", names))
}

// CheckUsernames applies the server's rules for user names before anything is sent. Artifactory would store another
// spelling than the one configured, and every plan would show it.
func CheckUsernames(t registry.Type, at path.Path, names []string) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, name := range names {
		if err := registry.CheckUsername(t, name); err != nil {
			diags.AddAttributeError(at, fmt.Sprintf("Invalid user name %q", name),
				fmt.Sprintf("%s has no user of this name: %s.", t.Title(), err))
		}
	}
	return diags
}
