package ldap

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var (
	_ resource.ResourceWithMoveState = (*settingsResource)(nil)
	_ resource.ResourceWithMoveState = (*groupsResource)(nil)
)

// MoveState implements resource.ResourceWithMoveState. A password in the peer's state stays there: the registry has it.
func (r *settingsResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{
		tfkit.MoveFrom(func(ctx context.Context, source artifactorySetting, resp *resource.MoveStateResponse) {
			movedSettings(ctx, source.Key, source.Key, resp)
		}, tfkit.Peer{Provider: tfkit.PeerArtifactory, Type: "artifactory_ldap_setting_v2"}),
		tfkit.MoveFrom(func(ctx context.Context, source keeperSetting, resp *resource.MoveStateResponse) {
			movedSettings(ctx, source.ID, source.Name, resp)
		}, tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: "artifactkeeper_sso_ldap"}),
	}
}

// MoveState implements resource.ResourceWithMoveState.
func (r *groupsResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{
		tfkit.MoveFrom(func(ctx context.Context, source keeperSetting, resp *resource.MoveStateResponse) {
			resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("name"), source.Name)...)
		}, tfkit.Peer{Provider: tfkit.PeerArtifactory, Type: "artifactory_ldap_group_setting_v2"}),
	}
}

type artifactorySetting struct {
	Key string `json:"key"`
}

type keeperSetting struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func movedSettings(ctx context.Context, id, name string, resp *resource.MoveStateResponse) {
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("id"), id)...)
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("name"), name)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.TargetPrivate, adoptedKey, true)...)
}
