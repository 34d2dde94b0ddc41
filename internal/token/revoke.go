package token

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// revocable reports whether asking the registry to revoke the token makes sense. What is not known is tried.
func revocable(state model) bool {
	no := func(v types.Bool) bool { return tfkit.IsSet(v) && !v.ValueBool() }
	return !no(state.Revocable) && !no(state.Persisted)
}

// revoke ends the token and says so when it cannot.
func (r *tokenResource) revoke(ctx context.Context, private tfkit.PrivateState, state model, toleratesUnreachable bool, resp *resource.DeleteResponse) {
	var from origin
	_, diags := tfkit.LoadPrivate(ctx, private, originKey, &from)
	resp.Diagnostics.Append(diags...)
	revoke := func(ctx context.Context) error {
		reg, err := r.OpenForStateWith(ctx, private, existsOn(from, state))
		if err == nil && reg == nil {
			err = errors.New("the provider's configuration is not known")
		}
		if err == nil {
			err = revokeByID(ctx, reg, &from, state)
		}
		return err
	}
	var err error
	if toleratesUnreachable {
		// The token leaves the state whatever happens here.
		if err = retryRevoke(ctx, revoke); registry.IsUnreachable(err) {
			r.Data.MarkUnreachable()
		}
	} else {
		err = revoke(ctx)
	}
	what := fmt.Sprintf("token %s of user %q", state.ID.ValueString(), state.Username.ValueString())
	switch {
	case err == nil || registry.IsNotFound(err):
		warnOtherTokensOfKey(ctx, private, state, resp)
	case toleratesUnreachable && !isMoved(err):
		tfkit.AddWarning(&resp.Diagnostics, "Not revoked: "+what,
			fmt.Sprintf("The registry could not be asked to revoke it, so it stays valid until it lapses by itself at %s. Revoke it by "+
				"its id once the registry is back if that is too long.", state.ExpiresAt.ValueString()), err)
	default:
		tfkit.AddError(&resp.Diagnostics, "Cannot revoke "+what, err)
	}
}

func revokeByID(ctx context.Context, reg *registry.Registry, from *origin, state model) error {
	if from.OwnerID == "" && reg.Server.Type == registry.ArtifactKeeper {
		user, err := reg.Users.FindByUsername(ctx, state.Username.ValueString())
		if err != nil {
			return err
		}
		from.OwnerID = user.ID
	}
	return reg.Tokens.Revoke(ctx, from.OwnerID, state.ID.ValueString())
}

// warnOtherTokensOfKey tells of the siblings that the last refresh saw.
func warnOtherTokensOfKey(ctx context.Context, private tfkit.PrivateReader, state model, resp *resource.DeleteResponse) {
	var siblings int
	if _, diags := tfkit.LoadPrivate(ctx, private, siblingsKey, &siblings); diags.HasError() || siblings == 0 {
		return
	}
	resp.Diagnostics.AddWarning(fmt.Sprintf("User %q holds %d newer token(s) that this destroy does not touch", state.Username.ValueString(), siblings),
		fmt.Sprintf("They were minted after token %s, not by this provider; whoever held that token could have made them. Look "+
			"through the user's tokens on the registry if you did not expect them.", state.ID.ValueString()))
}
