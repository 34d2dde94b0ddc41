package membership

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var _ resource.ResourceWithMoveState = (*setResource)(nil)

// MoveState implements resource.ResourceWithMoveState. An artifactkeeper_group_membership knows ids only, which this
// resource cannot turn into names without asking the registry; it is imported instead.
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
