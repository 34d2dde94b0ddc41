package artifactkeeper

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// groupSources is the administrator's list of enabled providers (sso_admin.rs). Any of them may synchronise groups.
type groupSources struct {
	c *transport.Client

	mu    sync.Mutex
	asked bool
	names []string
}

type sourceJSON struct {
	Name string `json:"name"`
	Type string `json:"provider_type"`
}

// Complete implements the transport's check of an item.
func (s *sourceJSON) Complete() error {
	if s.Name == "" || s.Type == "" {
		return errors.New("it names no provider")
	}
	return nil
}

// Names implements registry.GroupSources.
func (g *groupSources) Names(ctx context.Context) ([]string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.asked {
		return g.names, nil
	}
	var answer transport.Array[sourceJSON]
	err := g.c.Do(ctx, transport.Request{
		Op: "list", Object: "sign-in providers", Method: http.MethodGet, Path: "/api/v1/admin/sso/providers",
	}, &answer)
	if err != nil {
		return nil, err
	}
	for _, provider := range answer {
		g.names = append(g.names, provider.Type+" "+strconv.Quote(provider.Name))
	}
	g.asked = true
	return g.names, nil
}
