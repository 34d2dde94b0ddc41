package artifactory

import (
	"context"
	"fmt"
	"sync"

	version "github.com/hashicorp/go-version"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// gate asks the server's version once per process and compares it with what an API needs.
type gate struct {
	system system

	mu    sync.Mutex
	known *version.Version
}

// require is KindUnsupported when the server is older than least. A version that cannot be read or understood refuses
// nothing: the request itself will tell.
func (g *gate) require(ctx context.Context, what, least string) error {
	have := g.version(ctx)
	want, err := version.NewVersion(least)
	if err != nil {
		return err
	}
	// Milestones such as 7.57.1-m001 are older by the letter and new enough in fact.
	if have == nil || have.Core().GreaterThanOrEqual(want) {
		return nil
	}
	return &registry.Error{
		Kind: registry.KindUnsupported, Op: "use", Object: what,
		Message: fmt.Sprintf("this Artifactory is %s, and its API for %s exists since %s", have.Original(), what, least),
		Hint:    "Upgrade Artifactory first",
	}
}

func (g *gate) version(ctx context.Context) *version.Version {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil {
		if text, err := g.system.Version(ctx); err == nil {
			if v, err := version.NewVersion(text); err == nil {
				g.known = v
			}
		}
	}
	return g.known
}
