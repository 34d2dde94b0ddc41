package user

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// adopt takes over an account that exists already and brings it to the plan. Its password stays as it is.
func (r *userResource) adopt(ctx context.Context, reg *registry.Registry, plan model, conflict error, diags *diag.Diagnostics) (u registry.User, kept []string, adopted bool, err error) {
	found, err := reg.Users.FindByUsername(ctx, plan.Username.ValueString())
	if registry.IsNotFound(err) {
		return registry.User{}, nil, false, conflict // the conflict is with another account, such as over the e-mail address
	}
	if err != nil {
		return registry.User{}, nil, false, err
	}
	if found.ServiceAccount {
		return registry.User{}, nil, false, conflict
	}
	patch, kept, d := plan.patchFrom(ctx, reg.Server.Type, found)
	diags.Append(d...)
	if !empty(patch) {
		updated, err := reg.Users.Update(ctx, found.ID, patch)
		if err != nil {
			// Nothing is saved: an account that could not be adopted must not be deleted as ours.
			return registry.User{}, nil, false, err
		}
		found = updated
	}
	return found, kept, true, nil
}

// warnKept says which wishes a directory's ownership overrules.
func warnKept(diags *diag.Diagnostics, u registry.User, kept []string) {
	if len(kept) == 0 {
		return
	}
	diags.AddWarning(fmt.Sprintf("User %q is managed by its %s directory", u.Username, u.Realm),
		fmt.Sprintf("The registry rewrites %s of this account at the next sign-in, so the configured value was not sent. Change it in "+
			"the directory, and here so that both agree.", describeKept(kept)))
}

func addCreateError(diags *diag.Diagnostics, spec registry.UserSpec, err error) {
	if registry.KindOf(err) == registry.KindConflict {
		diags.AddError(fmt.Sprintf("User %q exists already", spec.Username), tfkit.Explain(err)+
			"\n\nImport the account, or set adopt_existing = true to take it over as it is.")
		return
	}
	tfkit.AddError(diags, fmt.Sprintf("Cannot create user %q", spec.Username), err)
}
