package group

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var _ resource.ResourceWithMoveState = (*groupResource)(nil)

// MoveState implements resource.ResourceWithMoveState. Members move along only where the peer's resource managed them.
func (r *groupResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{
		tfkit.MoveFrom(func(ctx context.Context, source platformGroup, resp *resource.MoveStateResponse) {
			members := source.Members
			if source.MembersElsewhere == nil || *source.MembersElsewhere {
				members = nil // that provider's default: platform_group_members has them
			}
			moved(ctx, source.Name, source.Name, members, resp)
		}, tfkit.Peer{Provider: tfkit.PeerPlatform, Type: "platform_group"}),
		tfkit.MoveFrom(func(ctx context.Context, source artifactoryGroup, resp *resource.MoveStateResponse) {
			moved(ctx, source.Name, source.Name, source.Members, resp)
		}, tfkit.Peer{Provider: tfkit.PeerArtifactory, Type: "artifactory_group"}),
		tfkit.MoveFrom(func(ctx context.Context, source keeperGroup, resp *resource.MoveStateResponse) {
			moved(ctx, source.ID, source.Name, nil, resp)
		}, tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: "artifactkeeper_group"}),
	}
}

type platformGroup struct {
	Name             string   `json:"name"`
	Members          []string `json:"members"`
	MembersElsewhere *bool    `json:"use_group_members_resource"`
}

type artifactoryGroup struct {
	Name    string   `json:"name"`
	Members []string `json:"users_names"`
}

type keeperGroup struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func moved(ctx context.Context, id, name string, members []string, resp *resource.MoveStateResponse) {
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("id"), id)...)
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("name"), name)...)
	if len(members) > 0 {
		resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("members"), members)...)
	}
}
