package token

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var _ resource.ResourceWithMoveState = (*tokenResource)(nil)

// MoveState implements resource.ResourceWithMoveState. The secret moves along, since the registry shows it only once.
func (r *tokenResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{
		tfkit.MoveFrom(moveScopedToken, tfkit.Peer{Provider: tfkit.PeerArtifactory, Type: "artifactory_scoped_token"}),
		tfkit.MoveFrom(moveUserToken,
			tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: "artifactkeeper_user_api_token"},
			tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: "artifactkeeper_api_token"},
		),
	}
}

// scopedToken is JFrog's artifactory_scoped_token.
type scopedToken struct {
	ID             string   `json:"id"`
	Username       string   `json:"username"`
	Subject        string   `json:"subject"`
	Description    string   `json:"description"`
	Scopes         []string `json:"scopes"`
	ExpiresIn      *int64   `json:"expires_in"`
	Expiry         int64    `json:"expiry"`
	Refreshable    bool     `json:"refreshable"`
	Reference      bool     `json:"include_reference_token"`
	Audiences      []string `json:"audiences"`
	ProjectKey     string   `json:"project_key"`
	AccessToken    string   `json:"access_token"`
	RefreshToken   string   `json:"refresh_token"`
	ReferenceToken string   `json:"reference_token"`
}

func moveScopedToken(ctx context.Context, source scopedToken, resp *resource.MoveStateResponse) {
	state := nullModel()
	username := source.Username
	if username == "" {
		username = subjectUser(source.Subject)
	}
	state.ID, state.Username = types.StringValue(source.ID), tfkit.StringOrNull(username)
	state.Description = tfkit.StringOrNull(source.Description)
	state.ExpiresIn = tfkit.NullDuration()
	switch {
	case source.ExpiresIn == nil:
	case *source.ExpiresIn <= 0: // what that provider sends for "not given", and the registry takes for "never"
		state.ExpiresIn = tfkit.NewDuration(expiresNever)
	default:
		state.ExpiresIn = tfkit.NewDuration(formatDuration(time.Duration(*source.ExpiresIn) * time.Second))
	}
	if source.Expiry > 0 {
		state.ExpiresAt = tfkit.TimeOrNull(time.Unix(source.Expiry, 0))
	}
	state.AccessToken = tfkit.StringOrNull(source.AccessToken)
	state.RefreshToken = tfkit.StringOrNull(source.RefreshToken)
	state.ReferenceToken = tfkit.StringOrNull(source.ReferenceToken)
	slices.Sort(source.Audiences)
	state.Artifactory = movedArtifactory(source)
	scopes, diags := tfkit.StringSet(ctx, source.Scopes)
	resp.Diagnostics.Append(diags...)
	state.Scopes = scopes
	saveMoved(ctx, state, origin{OwnerID: username, Username: username, Imported: true}, resp)
}

// movedArtifactory writes the block as a configuration would: without what is not wanted.
func movedArtifactory(source scopedToken) types.Object {
	own := nullModel().Artifactory
	yes := func(b bool) types.Bool {
		if !b {
			return types.BoolNull()
		}
		return types.BoolValue(true)
	}
	audience := strings.Join(source.Audiences, " ")
	if !source.Refreshable && !source.Reference && audience == "" && source.ProjectKey == "" {
		return own
	}
	return types.ObjectValueMust(artifactoryTypes, map[string]attr.Value{
		"refreshable": yes(source.Refreshable), "reference": yes(source.Reference), "audience": tfkit.StringOrNull(audience),
		"project_key": tfkit.StringOrNull(source.ProjectKey), "force_revocable": types.BoolNull(),
	})
}

// userToken is artifactkeeper_user_api_token, which names its owner by id only, or artifactkeeper_api_token, whose owner is
// the account that the peer signed in as. The next refresh learns the name.
type userToken struct {
	ID            string   `json:"id"`
	UserID        string   `json:"user_id"`
	Name          string   `json:"name"`
	Scopes        []string `json:"scopes"`
	ExpiresInDays *int64   `json:"expires_in_days"`
	ExpiresAt     string   `json:"expires_at"`
	Token         string   `json:"token"`
}

func moveUserToken(ctx context.Context, source userToken, resp *resource.MoveStateResponse) {
	state := nullModel()
	state.ID, state.Description = types.StringValue(source.ID), tfkit.StringOrNull(source.Name)
	state.ExpiresIn = tfkit.NewDuration(expiresNever) // what leaving it out means to that provider
	if source.ExpiresInDays != nil {
		state.ExpiresIn = tfkit.NewDuration(formatDuration(time.Duration(max(*source.ExpiresInDays, 1)) * tfkit.Day))
	}
	state.ExpiresAt = tfkit.TimeOrNull(tfkit.ParseTime(types.StringValue(source.ExpiresAt)))
	state.AccessToken = tfkit.StringOrNull(source.Token)
	scopes, diags := tfkit.StringSet(ctx, source.Scopes)
	resp.Diagnostics.Append(diags...)
	state.Scopes = scopes
	saveMoved(ctx, state, origin{OwnerID: source.UserID, Imported: true}, resp)
}

func saveMoved(ctx context.Context, state model, from origin, resp *resource.MoveStateResponse) {
	state.RevokeOnDestroy = types.BoolValue(true)
	state.RotationDue = types.BoolValue(false)
	resp.Diagnostics.Append(resp.TargetState.Set(ctx, &state)...)
	resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.TargetPrivate, originKey, from)...)
}
