// Package token holds registry_token: the resource, its ephemeral twin, the list of a server's tokens and the function
// that reads a token's claims.
package token

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// The time an operation may take unless the timeouts block says otherwise.
const (
	createTimeout = 5 * time.Minute
	readTimeout   = 2 * time.Minute
	deleteTimeout = 2 * time.Minute
	// settleTimeout bounds what a create does after it has saved the token.
	settleTimeout = time.Minute
)

// NewResource makes registry_token.
func NewResource() resource.Resource { return &tokenResource{} }

type tokenResource struct{ tfkit.Resource }

var (
	_ resource.ResourceWithConfigure      = (*tokenResource)(nil)
	_ resource.ResourceWithIdentity       = (*tokenResource)(nil)
	_ resource.ResourceWithImportState    = (*tokenResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*tokenResource)(nil)
	_ resource.ResourceWithValidateConfig = (*tokenResource)(nil)
)

// Metadata implements resource.Resource.
func (r *tokenResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_token"
}

// Create mints the token and saves it at once; everything else can fail without losing it.
func (r *tokenResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Create(ctx, createTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	spec, diags := state.ToAPI(ctx)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(checkServer(reg, spec, r.Data.AllowAdminTokens)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if spec.Scopes == nil {
		spec.Scopes = reg.Capabilities.DefaultTokenScopes
	}
	mint := minter{reg: reg, allowAdmin: r.Data.AllowAdminTokens}
	user, ok := mint.owner(ctx, spec.Username, spec.Scopes, &resp.Diagnostics)
	if !ok {
		return
	}
	spec.UserID, spec.Username = user.ID, user.Username
	key := state.IdempotencyKey.ValueString()
	minted, err := mint.mint(ctx, spec, state.Description.ValueString(), key)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot mint a token for user %q", spec.Username), err)
		return
	}

	minted.Username = spec.Username
	resp.Diagnostics.Append(state.FromAPI(ctx, minted)...)
	state.Revocable = types.BoolValue(reg.Tokens.Revocable(minted))
	state.Persisted = types.BoolNull()
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(state))...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, originKey, origin{
		OwnerID: user.ID, Username: spec.Username, MintedAt: mintedAt(minted, r.Data.Now()), DefaultScopes: r.scopesOmitted(ctx, req),
	})...)
	resp.Diagnostics.Append(r.RecordServerURL(ctx, reg, resp.Private)...)

	if !state.RevokeOnDestroy.ValueBool() {
		key = "" // tokens of this key may live on by the user's own wish
	}
	var stored *registry.Token
	looking, stop := context.WithTimeout(ctx, settleTimeout)
	defer stop()
	err = retryRevoke(looking, func(ctx context.Context) (err error) {
		stored, err = mint.settle(ctx, user.ID, minted, key)
		return err
	})
	switch {
	case stored != nil:
		resp.Diagnostics.Append(state.stored(ctx, *stored)...)
	case err == nil:
		state.Persisted = types.BoolValue(false)
	}
	if err != nil {
		tfkit.AddWarning(&resp.Diagnostics, "The new token could not be looked at after it was minted",
			"It is valid and saved. What the registry keeps of it is learnt at the next refresh; tokens that an interrupted run "+
				"left behind are revoked by the next replacement.", err)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	if reason := unwanted(state, spec.Expiry, r.Data.Now()); reason != "" {
		r.takeBack(ctx, reg, user.ID, state, reason, resp)
	}
}

// takeBack revokes a token that the registry made otherwise than asked for. If that fails, the token stays in the state,
// tainted, so that the next apply revokes it.
func (r *tokenResource) takeBack(ctx context.Context, reg *registry.Registry, ownerID string, state model, reason string, resp *resource.CreateResponse) {
	resp.Diagnostics.AddAttributeError(path.Root("expires_in"), "The registry gave the token another lifetime", reason)
	err := reg.Tokens.Revoke(ctx, ownerID, state.ID.ValueString())
	if err == nil || registry.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot revoke token %s again", state.ID.ValueString()), err)
}

// Read looks whether the token is still good. It never drops a token from the state: one that is gone or near its end
// gets rotation_due, and the plan replaces it.
func (r *tokenResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Read(ctx, readTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !r.Configured() {
		resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(state))...)
		return
	}
	toleratesUnreachable := r.toleratesUnreachable(state)
	if toleratesUnreachable {
		limit = r.refreshLimit(limit)
	}
	ctx, cancel := context.WithTimeout(registry.Refreshing(ctx), limit)
	defer cancel()

	began := r.Data.Now()
	var from origin
	known, diags := tfkit.LoadPrivate(ctx, req.Private, originKey, &from)
	resp.Diagnostics.Append(diags...)
	reg, err := r.OpenForStateWith(ctx, resp.Private, existsOn(from, state))
	var token registry.Token
	if err == nil {
		var siblings int
		token, siblings, err = find(ctx, reg, &from, state, r.Data.Now())
		resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, siblingsKey, siblings)...)
	}
	if toleratesUnreachable {
		resp.Diagnostics.Append(r.noteUnreachable(ctx, resp.Private, began, err)...)
	}
	switch {
	case err == nil:
		if !known || from.Username == "" {
			from.Username = token.Username
			resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, originKey, from)...)
		}
		resp.Diagnostics.Append(state.stored(ctx, token)...)
		state.rotateIfDue(r.Data.Now())
	case registry.IsNotFound(err) && state.Persisted.ValueBool():
		state.RotationDue = types.BoolValue(true) // it was stored and is not any more: revoked, or purged after its end
	case registry.IsNotFound(err):
		state.Persisted = types.BoolValue(false) // never stored, so that only its own end counts
		state.rotateIfDue(r.Data.Now())
	case toleratesUnreachable && !isMoved(err):
		tfkit.AddWarning(&resp.Diagnostics, fmt.Sprintf("Token %s was not refreshed", state.ID.ValueString()),
			fmt.Sprintf("The registry could not be asked, so the token is taken to be as it was; it lapses at %s.",
				state.ExpiresAt.ValueString()), err)
		state.rotateIfDue(r.Data.Now())
	default:
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot read token %s of user %q", state.ID.ValueString(), state.Username.ValueString()), err)
		return
	}
	resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(state))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update changes what lives in the state only: a minted token cannot be changed on either registry.
func (r *tokenResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if plan.RotationDue.IsUnknown() {
		plan.rotateIfDue(r.Data.Now())
	}
	resp.Diagnostics.Append(tfkit.SetIdentityOnce(ctx, resp.Identity, r.identity(plan))...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Delete revokes the token. A token that is gone is deleted; with on_unreachable = "warn" one that lapses by itself is
// let go with a warning when the registry does not answer in time.
func (r *tokenResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	limit, diags := state.Timeouts.Delete(ctx, deleteTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !state.RevokeOnDestroy.ValueBool() {
		return
	}
	if !revocable(state) {
		if expires := tfkit.ParseTime(state.ExpiresAt); expires.After(r.Data.Now()) {
			resp.Diagnostics.AddWarning(fmt.Sprintf("Token %s of user %q stays valid", state.ID.ValueString(), state.Username.ValueString()),
				fmt.Sprintf("The registry does not let this token be revoked (it is too short-lived to be stored, or was minted "+
					"without force_revocable). It lapses by itself at %s.", state.ExpiresAt.ValueString()))
		}
		return
	}
	toleratesUnreachable := r.toleratesUnreachable(state)
	if toleratesUnreachable {
		limit = r.revokeLimit(ctx, req.Private, limit)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r.revoke(ctx, req.Private, state, toleratesUnreachable, resp)
}

// ImportState takes USERNAME/ID, or the bare ID where the registry finds tokens by it (Artifactory). The secret cannot be
// imported: the attributes that hold it stay null.
func (r *tokenResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	username, id := r.importKey(ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	reg := r.Open(ctx, &resp.Diagnostics)
	if reg == nil {
		return
	}
	token, from, err := findImported(ctx, reg, username, id)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, fmt.Sprintf("Cannot import token %q", id), err)
		return
	}
	state := nullModel()
	state.ID = types.StringValue(token.ID)
	state.imported(token)
	resp.Diagnostics.Append(state.stored(ctx, token)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.Private, originKey, from)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, r.identity(state))...)
	}
}

func (r *tokenResource) identity(state model) identityModel {
	return identityModel{Server: types.StringValue(r.ServerURL()), Username: state.Username, ID: state.ID}
}
