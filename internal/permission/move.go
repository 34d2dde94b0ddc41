package permission

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var _ resource.ResourceWithMoveState = (*permissionResource)(nil)

// MoveState implements resource.ResourceWithMoveState.
func (r *permissionResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{
		tfkit.MoveFrom(movePlatform, tfkit.Peer{Provider: tfkit.PeerPlatform, Type: "platform_permission"}),
		tfkit.MoveFrom(moveRow, tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: "artifactkeeper_permission"}),
	}
}

type platformPermission struct {
	Name string `json:"name"`
}

// movePlatform moves which permission it is; the next refresh reads what it grants.
func movePlatform(ctx context.Context, source platformPermission, resp *resource.MoveStateResponse) {
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("id"), source.Name)...)
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("name"), source.Name)...)
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("additive"), false)...)
}

// row is artifactkeeper_permission: one principal, one target.
type row struct {
	PrincipalType string   `json:"principal_type"`
	PrincipalName string   `json:"principal_name"`
	TargetType    string   `json:"target_type"`
	TargetName    string   `json:"target_name"`
	Actions       []string `json:"actions"`
}

// moveRow makes a row an additive permission of its repository, beside those of the repository's other rows.
func moveRow(ctx context.Context, source row, resp *resource.MoveStateResponse) {
	principals := map[string]string{"user": "users", "service_account": "users", "group": "groups"}[source.PrincipalType]
	if source.TargetType != "repository" || source.TargetName == "" || principals == "" || source.PrincipalName == "" {
		resp.Diagnostics.AddError("Cannot move this artifactkeeper_permission",
			fmt.Sprintf("registry_permission grants users and groups actions on a repository. This one is of a %s on a %s, or its principal "+
				"or target no longer exists. Leave it with its provider, or remove it.", source.PrincipalType, source.TargetType))
		return
	}
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("name"), source.TargetName)...)
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("repositories"), []string{source.TargetName})...)
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root(principals), map[string][]string{source.PrincipalName: source.Actions})...)
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("additive"), true)...)
}
