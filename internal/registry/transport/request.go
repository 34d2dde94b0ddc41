package transport

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Class says what repeating a request would do. It decides about retries and about what a lost answer means.
type Class int

// The classes of requests.
const (
	// Safe requests change nothing (GET) and are repeated after any passing failure.
	Safe Class = iota
	// Idempotent requests may be repeated: PUT, DELETE, and a PATCH or POST that sets rather than adds.
	Idempotent
	// Create requests make a new object each time. They are repeated only when the server promised not to have acted,
	// or could not have: 429, 503 with Retry-After, no connection.
	Create
)

// Request is one call of a registry's API.
type Request struct {
	// Op and Object are for people: "create user", `user "alice"`.
	Op, Object string
	Class      Class
	Method     string
	// Path is a template below the base URL; Params fill it and are always escaped.
	Path   string
	Params map[string]string
	Query  url.Values
	// Body is sent as JSON; nil sends none. ContentType replaces application/json.
	Body        any
	ContentType string
	// Secrets are in Body and are masked wherever the answer repeats them.
	Secrets []registry.Secret
	// Anonymous leaves the credential out.
	Anonymous bool
	// EmptyOK accepts a success without a body although one is decoded.
	EmptyOK bool
}

// prepared is a request in wire form.
type prepared struct {
	Request
	url    string
	body   []byte
	accept string
	mask   *mask
	// short says that the beginning of a success is enough, list that it is read element by element.
	short bool
	list  list
}

// acceptJSON prefers JSON without insisting: some calls of Artifactory only produce types of its own (…+json).
const acceptJSON = "application/json, */*;q=0.1"

func (c *Client) prepare(r Request) (*prepared, error) {
	path, err := expandPath(r.Path, r.Params)
	if err != nil {
		return nil, withSubject(r, err)
	}
	p := &prepared{Request: r, url: c.base + path, mask: newMask(c.secrets, r.Secrets), accept: acceptJSON}
	if len(r.Query) > 0 {
		p.url += "?" + r.Query.Encode()
	}
	if r.Body != nil {
		if p.body, err = json.Marshal(r.Body); err != nil {
			return nil, &registry.Error{Op: r.Op, Object: r.Object, Message: "the request cannot be written as JSON"}
		}
	}
	return p, nil
}

// writes reports whether the request can change something.
func (p *prepared) writes() bool { return p.Class != Safe && p.Method != http.MethodGet }

// withSubject names what was attempted in an error that was made without knowing it.
func withSubject(r Request, err error) error {
	var e *registry.Error
	if errors.As(err, &e) {
		e.Op, e.Object, e.Message = r.Op, r.Object, e.Object+": "+e.Message
		return e
	}
	return &registry.Error{Op: r.Op, Object: r.Object, Message: err.Error()}
}
