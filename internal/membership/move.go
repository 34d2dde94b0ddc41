package membership

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var (
	_ resource.ResourceWithMoveState = (*setResource)(nil)
	_ resource.ResourceWithMoveState = (*edgeResource)(nil)
)

// MoveState implements resource.ResourceWithMoveState.
func (r *setResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{
		tfkit.MoveFrom(func(ctx context.Context, source platformMembers, resp *resource.MoveStateResponse) {
			resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("id"), source.Name)...)
			resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("group"), source.Name)...)
			resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("members"), source.Members)...)
		}, tfkit.Peer{Provider: tfkit.PeerPlatform, Type: "platform_group_members"}),
	}
}

type platformMembers struct {
	Name    string   `json:"name"`
	Members []string `json:"members"`
}

// movedUserKey remembers in private state whom a moved edge is about: the peer's state knows ids only, and no registry
// can be asked during a move. The next refresh learns the names.
const movedUserKey = "moved_user_id"

// MoveState implements resource.ResourceWithMoveState.
func (r *edgeResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{
		tfkit.MoveFrom(func(ctx context.Context, source keeperEdge, resp *resource.MoveStateResponse) {
			resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("group_id"), source.GroupID)...)
			resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.TargetPrivate, movedUserKey, source.UserID)...)
		}, tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: "artifactkeeper_group_membership"}),
	}
}

type keeperEdge struct {
	GroupID string `json:"group_id"`
	UserID  string `json:"user_id"`
}

// replaceIfKnown replaces an edge whose user changes, but not one that was moved and whose user is not known yet.
func replaceIfKnown() planmodifier.String {
	const why = "Changing the user replaces the membership."
	return stringplanmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !req.StateValue.IsNull()
		}, why, why)
}

// learnUser names the user of an edge that was moved and not refreshed since.
func learnUser(ctx context.Context, reg *registry.Registry, private tfkit.PrivateReader, state *edgeModel) error {
	var id string
	if tfkit.IsSet(state.Username) {
		return nil
	}
	if _, diags := tfkit.LoadPrivate(ctx, private, movedUserKey, &id); diags.HasError() {
		return &registry.Error{Kind: registry.KindInvalid, Op: "read", Object: "group membership", Message: diags.Errors()[0].Detail()}
	}
	user, err := reg.Users.Get(ctx, id)
	if err != nil {
		return err
	}
	state.Username = types.StringValue(user.Username)
	return nil
}
