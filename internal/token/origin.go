package token

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// originKey is where a token remembers in private state how it came about.
const originKey = "origin"

// origin is what a token's later life needs to know and no attribute tells. It holds ids, never a secret.
type origin struct {
	// OwnerID is the owner's id, by which Artifact Keeper addresses tokens.
	OwnerID  string    `json:"owner_id"`
	Username string    `json:"username"`
	MintedAt time.Time `json:"minted_at,omitzero"`
	// DefaultScopes: the configuration named no scopes.
	DefaultScopes bool `json:"default_scopes,omitempty"`
	// Imported: what the registry does not tell is unknown rather than absent.
	Imported bool `json:"imported,omitempty"`
}

func (r *tokenResource) scopesOmitted(ctx context.Context, req resource.CreateRequest) bool {
	var scopes types.Set
	diags := req.Config.GetAttribute(ctx, path.Root("scopes"), &scopes)
	return !diags.HasError() && scopes.IsNull()
}

// toleratesUnreachable reports whether a registry that does not answer may be passed over: only for a token that ends by itself.
func (r *tokenResource) toleratesUnreachable(state model) bool {
	if state.ExpiresAt.IsNull() {
		return false
	}
	policy := r.Data.OnUnreachable
	if tfkit.IsSet(state.OnUnreachable) {
		policy = tfkit.OnUnreachable(state.OnUnreachable.ValueString())
	}
	return policy == tfkit.OnUnreachableWarn
}

func isMoved(err error) bool {
	var moved *tfkit.OtherServerError
	return errors.As(err, &moved)
}

// unwanted says why a minted token must not be kept; "" when it is as asked for. A token without an end is only ever
// made by an explicit wish, and one that is due at once would be replaced by every run.
func unwanted(state model, wish registry.Expiry, now time.Time) string {
	expires := tfkit.ParseTime(state.ExpiresAt)
	switch {
	case wish.Never:
		return ""
	case expires.IsZero():
		return "The registry minted a token that never expires, although the configuration did not ask for one. Name a duration, " +
			"or write never if that is meant. The token was revoked."
	case due(expires, state.RotateBefore.Length(), now):
		return fmt.Sprintf("The registry made the token end at %s, which is not longer than rotate_before (%s) away, so that every "+
			"run would replace it. Choose a shorter rotate_before. The token was revoked.",
			state.ExpiresAt.ValueString(), state.RotateBefore.ValueString())
	default:
		return ""
	}
}

// existsOn tells whether a server has a token of this id, which no two servers give out.
func existsOn(from origin, state model) func(context.Context, *registry.Registry) (bool, error) {
	return func(ctx context.Context, reg *registry.Registry) (bool, error) {
		_, err := reg.Tokens.Get(ctx, from.OwnerID, state.ID.ValueString())
		if registry.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	}
}

// find reads a token's metadata from its owner's list, which also tells how many siblings it has (see siblings). An owner
// that is not known yet, as in a state of another version, is looked up by name. A token that is not listed is asked for.
func find(ctx context.Context, reg *registry.Registry, from *origin, state model, now time.Time) (registry.Token, int, error) {
	if from.OwnerID == "" && tfkit.IsSet(state.Username) && reg.Server.Type == registry.ArtifactKeeper {
		user, err := reg.Users.FindByUsername(ctx, state.Username.ValueString())
		if err != nil {
			return registry.Token{}, 0, err
		}
		from.OwnerID = user.ID
	}
	if owner := cmp.Or(from.Username, state.Username.ValueString()); owner != "" || from.OwnerID != "" {
		listed, err := reg.Tokens.List(ctx, registry.TokenFilter{UserID: from.OwnerID, Username: owner})
		if registry.IsUnreachable(err) || registry.IsNotFound(err) {
			return registry.Token{}, 0, err
		}
		isIt := func(t registry.Token) bool { return t.ID == state.ID.ValueString() }
		if at := slices.IndexFunc(listed, isIt); at >= 0 && listed[at].Username != "" {
			return listed[at], siblings(listed, *from, state.ID.ValueString(), now), nil
		}
	}
	token, err := reg.Tokens.Get(ctx, from.OwnerID, state.ID.ValueString())
	if registry.IsNotFound(err) && from.OwnerID == "" && !tfkit.IsSet(state.Username) && reg.Server.Type == registry.ArtifactKeeper {
		// Moved from a state that knows no owner. Not finding it among our own tokens says nothing about it.
		return token, 0, &registry.Error{
			Kind: registry.KindInvalid, Op: "find", Object: "the owner of the token",
			Message: "the state it was moved from names none, and it is not a token of the account that the provider signs in as",
			Hint:    "Sign in as the account that the other provider used, or import the token as USERNAME/ID instead of moving it",
			Err:     err,
		}
	}
	if err == nil && token.Username == "" && !tfkit.IsSet(state.Username) && from.OwnerID != "" {
		// Moved from a state that knows the owner's id only.
		var user registry.User
		user, err = reg.Users.Get(ctx, from.OwnerID)
		token.Username = user.Username
	}
	return token, 0, err
}

// siblingsKey is where a token remembers in private state how many siblings its last refresh saw, so that its destroy need
// not ask again.
const siblingsKey = "siblings"

// siblings counts live tokens that the user got after this one from elsewhere: whoever held this token could have minted
// them, and revoking it does not end them.
func siblings(listed []registry.Token, from origin, id string, now time.Time) int {
	count := 0
	for _, token := range listed {
		if !from.MintedAt.IsZero() && token.ID != id && token.IssuedAt.After(from.MintedAt) && !isOurs(token.Label) && !token.Expired(now) {
			count++
		}
	}
	return count
}

// mintedAt prefers the registry's clock, by which its other tokens are dated.
func mintedAt(token registry.MintedToken, now time.Time) time.Time {
	if token.IssuedAt.IsZero() {
		return now
	}
	return token.IssuedAt
}
