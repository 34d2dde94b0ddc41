package artifactkeeper

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// maxBody is the JSON body limit of the API (Artifact Keeper: api/routes.rs).
const maxBody = 1 << 20

// bodyStyle is one of the three ways in which the server refuses a JSON body.
type bodyStyle int

const (
	// plainBody refuses in text: 415 for another content type, 400 for what is not JSON, 422 for the wrong shape.
	plainBody bodyStyle = iota
	// envelopeBody refuses all of these with 400 VALIDATION_ERROR (Artifact Keeper: api/extractors.rs).
	envelopeBody
	// rawBody ignores the content type and refuses with 400 VALIDATION_ERROR.
	rawBody
)

// fields is a JSON object under inspection. The first thing that is wrong with it is kept until done, as the real
// deserialiser stops there; unknown fields are ignored, names are case-sensitive.
type fields struct {
	raw   map[string]json.RawMessage
	style bodyStyle
	label string // what a raw-body handler calls its payload in errors
	err   error
}

// readObject reads the request's JSON object.
func readObject(r *http.Request, style bodyStyle) (*fields, error) {
	return readLabelled(r, style, "Invalid request body")
}

func readLabelled(r *http.Request, style bodyStyle, label string) (*fields, error) {
	f := &fields{style: style, label: label}
	if style != rawBody && !isJSON(r.Header.Get("Content-Type")) {
		return nil, f.refuse(http.StatusUnsupportedMediaType, "Expected request with `Content-Type: application/json`")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return nil, f.refuse(http.StatusRequestEntityTooLarge, "Failed to buffer the request body: length limit exceeded")
	}
	if !json.Valid(body) {
		var syntax *json.SyntaxError
		detail := "EOF while parsing a value at line 1 column 0"
		if err := json.Unmarshal(body, new(any)); errors.As(err, &syntax) && len(body) > 0 {
			detail = fmt.Sprintf("%s at line 1 column %d", syntax.Error(), syntax.Offset)
		}
		return nil, f.refuse(http.StatusBadRequest, "Failed to parse the request body as JSON: "+detail)
	}
	if err := json.Unmarshal(body, &f.raw); err != nil || f.raw == nil {
		f.fail("invalid type: " + kindOf(body) + ", expected an object")
		return nil, f.done()
	}
	return f, nil
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}

func (f *fields) refuse(status int, text string) error {
	switch f.style {
	case envelopeBody:
		return invalid(text)
	case rawBody:
		return invalid(f.label + ": " + text)
	default:
		return refused(status, text)
	}
}

func (f *fields) fail(detail string) {
	if f.err != nil {
		return
	}
	if f.style == rawBody {
		f.err = invalid(f.label + ": " + detail)
		return
	}
	f.err = f.refuse(http.StatusUnprocessableEntity, "Failed to deserialize the JSON body into the target type: "+detail)
}

// done gives the first error, if any.
func (f *fields) done() error { return f.err }

// has tells whether the field was sent, null included.
func (f *fields) has(name string) bool {
	_, ok := f.raw[name]
	return ok
}

// required reads a field that must be there and of type T.
func required[T any](f *fields, name string) T {
	var v T
	raw, ok := f.raw[name]
	if !ok {
		f.fail("missing field `" + name + "`")
		return v
	}
	if !decodeAs(raw, &v) {
		f.fail(name + ": invalid type: " + kindOf(raw) + ", expected " + expected(v))
	}
	return v
}

// maybe reads a field that may be absent or null; both give nil.
func maybe[T any](f *fields, name string) *T {
	raw, ok := f.raw[name]
	if !ok || isNull(raw) {
		return nil
	}
	v := new(T)
	if !decodeAs(raw, v) {
		f.fail(name + ": invalid type: " + kindOf(raw) + ", expected " + expected(*v))
		return nil
	}
	return v
}

// orElse reads a field with a default for when it is absent; null is an error, as it is there.
func orElse[T any](f *fields, name string, fallback T) T {
	if !f.has(name) {
		return fallback
	}
	return required[T](f, name)
}

func decodeAs(raw json.RawMessage, v any) bool {
	if isNull(raw) {
		return false
	}
	if _, ok := v.(*[]string); ok {
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return false
		}
		for _, item := range items {
			if isNull(item) {
				return false
			}
		}
	}
	return json.Unmarshal(raw, v) == nil
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }

func kindOf(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return "unknown"
	}
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprintf("boolean `%t`", v)
	case float64:
		return fmt.Sprintf("number `%v`", v)
	case string:
		return fmt.Sprintf("string %q", v)
	case []any:
		return "sequence"
	default:
		return "map"
	}
}

func expected(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64:
		return "i64"
	case uid:
		return "a UUID"
	case []string, []uid:
		return "a sequence"
	default:
		return "a map"
	}
}

// uid is a UUID in its canonical spelling, whatever spelling it was sent in.
type uid string

// UnmarshalJSON implements json.Unmarshaler.
func (u *uid) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return err
	}
	*u = uid(id.String())
	return nil
}

// pathID reads a path parameter that must be a UUID. The router refuses anything else in text before a handler runs.
func pathID(r *http.Request, name string) (string, error) {
	id, err := uuid.Parse(r.PathValue(name))
	if err != nil {
		return "", refused(http.StatusBadRequest, "Invalid URL: UUID parsing failed: "+err.Error())
	}
	return id.String(), nil
}

// query is a query string under inspection; like fields it keeps the first error.
type query struct {
	values url.Values
	err    error
}

func readQuery(r *http.Request) *query { return &query{values: r.URL.Query()} }

func (q *query) fail(detail string) {
	if q.err == nil {
		q.err = refused(http.StatusBadRequest, "Failed to deserialize query string: "+detail)
	}
}

func (q *query) text(name string) *string {
	if !q.values.Has(name) {
		return nil
	}
	v := q.values.Get(name)
	return &v
}

func (q *query) number(name string) *uint32 {
	text := q.text(name)
	if text == nil {
		return nil
	}
	v, err := strconv.ParseUint(*text, 10, 32)
	if err != nil {
		q.fail("invalid digit found in string")
		return nil
	}
	n := uint32(v)
	return &n
}

func (q *query) flag(name string) *bool {
	text := q.text(name)
	if text == nil {
		return nil
	}
	if *text != "true" && *text != "false" {
		q.fail("provided string was not `true` or `false`")
		return nil
	}
	v := *text == "true"
	return &v
}

func (q *query) id(name string) *string {
	text := q.text(name)
	if text == nil {
		return nil
	}
	id, err := uuid.Parse(*text)
	if err != nil {
		q.fail("UUID parsing failed: " + err.Error())
		return nil
	}
	v := id.String()
	return &v
}
