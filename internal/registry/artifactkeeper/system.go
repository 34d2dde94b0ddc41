package artifactkeeper

import (
	"context"
	"errors"
	"net/http"

	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// system answers for the server itself.
type system struct{ c *transport.Client }

type healthJSON struct {
	Version string `json:"version"`
}

// Complete implements the transport's check of a success.
func (h *healthJSON) Complete() error {
	if h.Version == "" {
		return errors.New("it names no version")
	}
	return nil
}

// Version implements registry.System through the health page, which needs no credential (health.rs).
func (s system) Version(ctx context.Context) (string, error) {
	var answer healthJSON
	err := s.c.Do(ctx, transport.Request{
		Op: "read", Object: "the server's version", Method: http.MethodGet, Path: "/health", Anonymous: true,
	}, &answer)
	return answer.Version, err
}

// ServiceID implements registry.System: Artifact Keeper installations have none.
func (system) ServiceID(context.Context) (string, error) { return "", nil }
