package artifactory

import (
	"context"
	"errors"
	"net/http"
	"regexp"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// system answers for the server itself.
type system struct{ c *transport.Client }

type versionJSON struct {
	Version string `json:"version"`
}

// Complete implements the transport's check of a success.
func (v *versionJSON) Complete() error {
	if v.Version == "" {
		return errors.New("it names no version")
	}
	return nil
}

// Version implements registry.System.
func (s system) Version(ctx context.Context) (string, error) {
	var answer versionJSON
	err := s.c.Do(ctx, transport.Request{
		Op: "read", Object: "the server's version", Method: http.MethodGet, Path: "/artifactory/api/system/version",
	}, &answer)
	return answer.Version, err
}

// serviceID is one word with a sign in it; anything else is somebody else's text.
var serviceID = regexp.MustCompile(`^[A-Za-z0-9._-]+@[A-Za-z0-9._-]+$`)

// ServiceID implements registry.System; it is such as jfrt@01….
func (s system) ServiceID(ctx context.Context) (string, error) {
	id, err := s.c.DoText(ctx, transport.Request{
		Op: "read", Object: "the server's service id", Method: http.MethodGet, Path: "/artifactory/api/system/service_id",
	})
	if err == nil && !serviceID.MatchString(id) {
		return "", &registry.Error{
			Kind: registry.KindWrongEndpoint, Op: "read", Object: "the server's service id", Message: "the answer is no service id, such as jfrt@01…",
			Hint: "Check `url`, and that no proxy or other server answers in its place",
		}
	}
	return id, err
}
