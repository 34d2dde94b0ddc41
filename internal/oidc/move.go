package oidc

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var (
	_ resource.ResourceWithMoveState = (*providerResource)(nil)
	_ resource.ResourceWithMoveState = (*mappingResource)(nil)
)

// MoveState implements resource.ResourceWithMoveState. A client's secret in the peer's state stays there: the registry has
// it. The kind of an Artifact Keeper's provider moves along, since its UUID alone does not tell it.
func (r *providerResource) MoveState(context.Context) []resource.StateMover {
	const theirs, exchange, signIn = "platform_oidc_configuration", "artifactkeeper_ci_oidc_provider", "artifactkeeper_sso_oidc"
	return []resource.StateMover{
		tfkit.MoveFrom(func(ctx context.Context, source named, resp *resource.MoveStateResponse) {
			moved(ctx, theirs, resp, field{"id", "name", source.Name}, field{"name", "name", source.Name})
		}, tfkit.Peer{Provider: tfkit.PeerPlatform, Type: theirs}),
		tfkit.MoveFrom(func(ctx context.Context, source keeperProvider, resp *resource.MoveStateResponse) {
			moved(ctx, exchange, resp, field{"id", "id", source.ID}, field{"name", "name", source.Name})
		}, tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: exchange}),
		tfkit.MoveFrom(func(ctx context.Context, source keeperProvider, resp *resource.MoveStateResponse) {
			if moved(ctx, signIn, resp, field{"id", "id", source.ID}, field{"name", "name", source.Name}) {
				resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("sign_in").AtName("client_id"), source.ClientID)...)
				resp.Diagnostics.Append(tfkit.SavePrivate(ctx, resp.TargetPrivate, adoptedKey, true)...)
			}
		}, tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: signIn}),
	}
}

// MoveState implements resource.ResourceWithMoveState.
func (r *mappingResource) MoveState(context.Context) []resource.StateMover {
	const theirs, keepers = "platform_oidc_identity_mapping", "artifactkeeper_ci_oidc_identity_mapping"
	return []resource.StateMover{
		tfkit.MoveFrom(func(ctx context.Context, source platformMapping, resp *resource.MoveStateResponse) {
			moved(ctx, theirs, resp, field{"id", "name", source.Name}, field{"provider_id", "provider_name", source.Provider}, field{"name", "name", source.Name})
		}, tfkit.Peer{Provider: tfkit.PeerPlatform, Type: theirs}),
		tfkit.MoveFrom(func(ctx context.Context, source keeperMapping, resp *resource.MoveStateResponse) {
			moved(ctx, keepers, resp, field{"id", "id", source.ID}, field{"provider_id", "provider_id", source.Provider}, field{"name", "name", source.Name})
		}, tfkit.Peer{Provider: tfkit.PeerArtifactKeeper, Type: keepers}),
	}
}

type named struct {
	Name string `json:"name"`
}

// keeperProvider is artifactkeeper_ci_oidc_provider, or artifactkeeper_sso_oidc, which alone has a client.
type keeperProvider struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	ClientID string `json:"client_id"`
}

type platformMapping struct {
	Name     string `json:"name"`
	Provider string `json:"provider_name"`
}

type keeperMapping struct {
	ID       string `json:"id"`
	Provider string `json:"provider_id"`
	Name     string `json:"name"`
}

// field is an attribute of ours and the value of the peer's that it comes from.
type field struct{ ours, theirs, value string }

// moved writes which object it is, and reports whether the peer's state says so; the next refresh reads the rest.
func moved(ctx context.Context, source string, resp *resource.MoveStateResponse, fields ...field) bool {
	for _, f := range fields {
		if f.value == "" {
			resp.Diagnostics.AddError("Cannot move this "+source,
				fmt.Sprintf("Its state has no %s, so nothing says which object of the registry it is. Import the object instead.", f.theirs))
			return false
		}
	}
	for _, f := range fields {
		resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root(f.ours), f.value)...)
	}
	return !resp.Diagnostics.HasError()
}
