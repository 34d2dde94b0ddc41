package tfkit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Peer is a resource type of another provider, such as artifactory_user of jfrog/artifactory.
type Peer struct{ Provider, Type string }

// The peers whose objects can be moved here.
const (
	PeerArtifactory    = "jfrog/artifactory"
	PeerPlatform       = "jfrog/platform"
	PeerArtifactKeeper = "nicola-preda/artifact-keeper"
)

// MoveFrom makes a mover for the states of peers, read as a struct S of what is needed of them. Whatever else a state
// holds, in whichever version of its schema, is passed over; the next refresh reads the object itself. A source that is
// none of the peers is left to the next mover.
func MoveFrom[S any](convert func(ctx context.Context, source S, resp *resource.MoveStateResponse), peers ...Peer) resource.StateMover {
	return resource.StateMover{
		StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
			if !slices.ContainsFunc(peers, func(p Peer) bool { return p.is(req) }) {
				return
			}
			var source S
			if req.SourceRawState == nil || json.Unmarshal(req.SourceRawState.JSON, &source) != nil {
				resp.Diagnostics.AddError(fmt.Sprintf("Cannot move from %s", req.SourceTypeName),
					fmt.Sprintf("The state of %s, as %s wrote it, cannot be read. Import the object instead.", req.SourceTypeName, req.SourceProviderAddress))
				return
			}
			convert(ctx, source, resp)
		},
	}
}

// is compares without the host: OpenTofu writes another one than Terraform.
func (p Peer) is(req resource.MoveStateRequest) bool {
	return p.Type == req.SourceTypeName && strings.HasSuffix("/"+req.SourceProviderAddress, "/"+p.Provider)
}
