package transport

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Response is one complete HTTP answer.
type Response struct {
	Method string
	// Path is the template of the request, which Params filled.
	Path   string
	Params map[string]string
	Status int
	Header http.Header
	// Body is the whole body of an object, the beginning of an error, a web page or a text, and the first bytes of a List.
	Body []byte

	// cut says that Body is only a beginning.
	cut bool
	// streamed says that the body went into a List, and fault why it is no such list.
	streamed bool
	fault    error
}

// HTML reports whether the answer is a web page, by its type or, without one, by its first bytes.
func (a Response) HTML() bool {
	switch a.mediaType() {
	case "text/html", "application/xhtml+xml":
		return true
	case "":
		start := bytes.ToLower(bytes.TrimSpace(a.Body[:min(len(a.Body), sniffed)]))
		return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
	default:
		return false
	}
}

// JSON reports whether the answer says it is JSON, plain or of a vendor's type (application/…+json).
func (a Response) JSON() bool {
	t := a.mediaType()
	return t == "application/json" || strings.HasPrefix(t, "application/") && strings.HasSuffix(t, "+json")
}

func (a Response) mediaType() string {
	t, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		t, _, _ = strings.Cut(a.Header.Get("Content-Type"), ";")
	}
	return strings.ToLower(strings.TrimSpace(t))
}

// requestID is what the registry's log knows the request by: Artifact Keeper's correlation id, Artifactory's request id.
func (a Response) requestID() string {
	for _, name := range []string{"X-Correlation-Id", "X-Request-Id"} {
		if id := a.Header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// completer is an answer that knows what it must hold.
type completer interface{ Complete() error }

// decode believes a success only if it is what was asked for.
func (c *Client) decode(p *prepared, a Response, out any) error {
	empty := len(bytes.TrimSpace(a.Body)) == 0
	switch {
	case a.HTML():
		return c.errBadResponse(p, a, htmlMessage)
	case out == nil, empty && p.EmptyOK:
		return nil
	case !p.writes() && a.Status > http.StatusCreated:
		// 202, 203 and 206 are not the registry's whole word.
		return c.errBadResponse(p, a, "a read is not answered so")
	case empty:
		return c.errBadResponse(p, a, "the answer is empty")
	case !a.JSON():
		return c.errBadResponse(p, a, "the answer is not JSON but "+p.mask.text(a.Header.Get("Content-Type")))
	case string(bytes.TrimSpace(a.Body)) == "null":
		return c.errBadResponse(p, a, "the answer is null")
	}
	err := a.fault
	if !a.streamed {
		err = json.Unmarshal(a.Body, out)
	}
	if err != nil {
		return c.errBadResponse(p, a, "the answer is not the JSON that was expected")
	}
	if full, ok := out.(completer); ok {
		if err := full.Complete(); err != nil {
			return c.errBadResponse(p, a, "the answer is not complete: "+err.Error())
		}
	}
	return nil
}

const htmlMessage = "an HTML page was answered instead of the registry's API"

// errBadResponse is a success that cannot be believed. After a write nobody knows what happened, unless a web page shows that
// the request never reached the registry.
func (c *Client) errBadResponse(p *prepared, a Response, message string) error {
	e := c.newError(p, a)
	e.Message = message
	if p.writes() && !a.HTML() {
		e.Kind, e.Hint = registry.KindUncertain, uncertainHint
		return e
	}
	e.Kind, e.Hint = registry.KindWrongEndpoint, endpointHint
	return e
}
