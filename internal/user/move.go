package user

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var _ resource.ResourceWithMoveState = (*userResource)(nil)

// MoveState implements resource.ResourceWithMoveState. Only who the account is moves: the next refresh reads the rest,
// and the password, which the peers keep in their states, is left behind.
func (r *userResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{
		tfkit.MoveFrom(func(ctx context.Context, source jfrogUser, resp *resource.MoveStateResponse) {
			moved(ctx, source.Name, source.Name, source.Email, resp)
		},
			tfkit.Peer{Provider: tfkit.PeerArtifactory, Type: "artifactory_user"},
			tfkit.Peer{Provider: tfkit.PeerArtifactory, Type: "artifactory_managed_user"},
			tfkit.Peer{Provider: tfkit.PeerArtifactory, Type: "artifactory_unmanaged_user"},
		),
		tfkit.MoveFrom(func(ctx context.Context, source keeperUser, resp *resource.MoveStateResponse) {
			moved(ctx, source.ID, source.Username, source.Email, resp)
		}, tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: "artifactkeeper_user"}),
	}
}

type jfrogUser struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type keeperUser struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Email    string `json:"email"`
}

func moved(ctx context.Context, id, username, email string, resp *resource.MoveStateResponse) {
	state, diags := importedModel(ctx, registry.User{ID: id, Username: username, Email: email})
	resp.Diagnostics.Append(diags...)
	state.Admin, state.Enabled, state.Realm = types.BoolNull(), types.BoolNull(), types.StringNull()
	resp.Diagnostics.Append(resp.TargetState.Set(ctx, &state)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.TargetPrivate, adoptedKey, true)...)
}
