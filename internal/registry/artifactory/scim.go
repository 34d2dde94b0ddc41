package artifactory

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// scimPath is Artifactory's SCIM API. The users API shows an account's status and cannot change it; SCIM can (help:
// disable-user), where the subscription includes it.
const scimPath = "/access/api/v1/scim/v2/"

type scimOperation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value bool   `json:"value"`
}

type scimPatch struct {
	Schemas    []string        `json:"schemas"`
	Operations []scimOperation `json:"Operations"`
}

// setEnabled switches an account on or off. KindUnsupported says that this server offers no way to.
func (u users) setEnabled(ctx context.Context, username string, on bool) error {
	op := "disable"
	if on {
		op = "enable"
	}
	err := u.c.Do(ctx, transport.Request{
		Op: op, Object: userObject(username), Class: transport.Idempotent, Method: http.MethodPatch,
		Path: scimPath + "Users/{username}", Params: map[string]string{"username": username},
		ContentType: "application/scim+json; charset=UTF-8",
		Body: scimPatch{
			Schemas:    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
			Operations: []scimOperation{{Op: "Replace", Path: "active", Value: on}},
		},
	}, nil)
	switch kind := registry.KindOf(err); {
	case isRefused404(err), kind == registry.KindForbidden, kind == registry.KindUnsupported, kind == registry.KindWrongEndpoint:
		// No SCIM, or no such user: the users API knows.
		if _, gone := u.get(ctx, username); gone != nil {
			return gone
		}
		return &registry.Error{
			Kind: registry.KindUnsupported, Op: op, Object: userObject(username), Err: err,
			Message: "Artifactory can only switch accounts on and off through its SCIM API, which this server does not offer",
			Hint:    "Switch the account in the platform's user interface, or remove it instead",
		}
	}
	return err
}

// scimProblem reads SCIM's own error shape (RFC 7644 section 3.12).
func scimProblem(a transport.Response) (transport.Problem, bool) {
	var body struct {
		Schemas []string `json:"schemas"`
		Detail  string   `json:"detail"`
	}
	if json.Unmarshal(a.Body, &body) != nil || len(body.Schemas) == 0 {
		return transport.Problem{}, false
	}
	return transport.Problem{Message: body.Detail}, true
}
