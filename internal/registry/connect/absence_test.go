package connect_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// lookup is one method of one of the registry's interfaces, called so that it asks for one object. What it is answered is
// a cell of the matrix.
type lookup struct {
	// name is that of the method, such as Users.Get, and a variant after a blank.
	name string
	call func(context.Context, *registry.Registry) (int, error)
	// says is how the registry says that the object does not exist; "" where no refusal can mean that.
	says string
	// at are the statuses that go with it; 404 alone when nil.
	at []int
	// prelude are answers to other questions that the method asks, by path.
	prelude map[string]string
	// done: any success of the registry's is one, whatever the body: nothing is read from it.
	done bool
	// none is the registry's own empty list, to which later versions may add fields: the list has nothing, or the name is not in it.
	none string
	// proven: a refusal in the registry's form, whatever its words, sends the method to the whole list, which settles it.
	proven bool
	// quiet says why no answer to this method can mean anything about an object.
	quiet string
}

// body is one kind of content.
type body struct {
	name, contentType, text string
	// own: the registry's words for absence.
	own bool
}

// play answers every request alike, those of the prelude apart.
type play struct {
	status   int
	body     body
	prelude  map[string]string
	requests int
}

// RoundTrip implements http.RoundTripper.
func (p *play) RoundTrip(r *http.Request) (*http.Response, error) {
	p.requests++
	answer := &http.Response{
		StatusCode: p.status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {p.body.contentType}},
		Body: io.NopCloser(strings.NewReader(p.body.text)), Request: r,
	}
	if text, other := p.prelude[r.URL.Path]; other {
		answer.StatusCode, answer.Body = http.StatusOK, io.NopCloser(strings.NewReader(text))
		answer.Header.Set("Content-Type", "application/json")
	}
	if p.status/100 == 3 {
		answer.Header.Set("Location", "https://sign-in.example.com/")
	}
	return answer, nil
}

var cellStatuses = []int{200, 201, 202, 204, 301, 302, 400, 401, 403, 404, 405, 408, 409, 410, 422, 429, 500, 502, 503, 504}

// cellBodies are the contents: the registry's words for absence, and everything that resembles them.
func cellBodies(keeper bool, says string) []body {
	const json, html = "application/json", "text/html; charset=utf-8"
	refusal := func(code, message string) string {
		if keeper {
			return fmt.Sprintf(`{"code":%q,"message":%q}`, code, message)
		}
		return fmt.Sprintf(`{"errors":[{"code":%q,"message":%q}]}`, code, message)
	}
	kind, _, _ := strings.Cut(says, " %")
	own := refusal("NOT_FOUND", says)
	if says == "Bad Request" { // Artifactory itself, about repositories: the numeric status is filled in for each cell
		own = `{"errors":[{"status":STATUS,"message":"Bad Request"}]}`
	}
	other := "Widget"
	if kind == "" {
		kind, own = "Thing", refusal("NOT_FOUND", "Thing not found")
	}
	return []body{
		{"own", json, own, says != ""},
		{"own, in a vendor's type", "application/vnd.example+json", own, says != ""},
		{"own, as text", "text/plain", own, false},
		{"own, as html", html, own, false},
		{"own, without a type", "", own, false},
		{"own, truncated", json, own[:len(own)-3], false},
		{"own, twice in one", json, own + own, false},
		{"own, in a list", json, "[" + own + "]", false},
		{"own, in text", json, fmt.Sprintf("%q", own), false},
		{"another error", json, refusal("BAD_REQUEST", "The cursor is not valid"), false},
		{"validation", json, refusal("VALIDATION_ERROR", "name: must not be empty"), false},
		{"no such route", json, refusal("NOT_FOUND", "HTTP 404 Not Found"), false},
		{"just not found", json, refusal("NOT_FOUND", "Not Found"), false},
		{"no words", json, refusal("NOT_FOUND", ""), false},
		{"another kind", json, refusal("NOT_FOUND", other+" not found"), false},
		{"another kind of this name", json, refusal("NOT_FOUND", "Repository or cursor of this name not found"), false},
		{"another object", json, refusal("NOT_FOUND", kind+" zed not found"), false},
		{"another object, quoted", json, refusal("NOT_FOUND", kind+" 'zed' not found"), false},
		{"a code of its own", json, refusal("CURSOR_NOT_FOUND", says), false},
		{"no code", json, refusal("", says), false},
		{"artifactory's own", json, `{"errors":[{"status":404,"message":"File not found."}]}`, false},
		{"the other registry", json, map[bool]string{
			false: `{"code":"NOT_FOUND","message":"User not found"}`, true: `{"errors":[{"code":"NOT_FOUND","message":"User not found"}]}`,
		}[keeper], false},
		{"problem details", "application/problem+json", `{"title":"Not Found","status":404}`, false},
		{"html", html, "<!DOCTYPE html><html><body>404 Not Found</body></html>", false},
		{"html, as json", json, "<html></html>", false},
		{"text", "text/plain", "404 page not found", false},
		{"text, as json", json, "404 page not found", false},
		{"empty", json, "", false},
		{"empty, without a type", "", "", false},
		{"blank", json, " \n", false},
		{"object", json, `{}`, false},
		{"other object", json, `{"status":"ok","data":null}`, false},
		{"lists of nothing", json, `{"items":null,"users":null,"groups":null,"tokens":null,"permissions":null,"pagination":null}`, false},
		{"items", json, `{"items":[]}`, false},
		{"other pages", json, `{"items":[],"page":1,"size":100,"total":0}`, false},
		{"list", json, `[]`, false},
		{"list of objects", json, `[{}]`, false},
		{"list of nulls", json, `[null]`, false},
		{"null", json, `null`, false},
		{"false", json, `false`, false},
		{"huge", json, `{"message":"` + strings.Repeat("not found ", 1<<13) + `"}`, false},
	}
}

// absences plays every cell of a look-up and counts the cells and how many are answered wrongly.
func (l lookup) absences(t *testing.T, keeper bool) (cells, absent, wrong int) {
	t.Helper()
	statuses := l.at
	if statuses == nil {
		statuses = []int{http.StatusNotFound}
	}
	complain := func(format string, a ...any) {
		if wrong++; wrong <= 3 {
			t.Errorf(format, a...)
		}
	}
	p := &play{prelude: l.prelude}
	open := opener(t, keeper, p)
	for _, content := range cellBodies(keeper, l.says) {
		for _, status := range cellStatuses {
			cells++
			content := content
			content.text = strings.ReplaceAll(content.text, "STATUS", fmt.Sprint(status))
			p.status, p.body, p.requests = status, content, 0
			n, err := l.call(t.Context(), open())
			cell := fmt.Sprintf("%d, %s", status, content.name)
			isAbsence := content.own && slices.Contains(statuses, status)
			none := l.none != "" && strings.HasPrefix(content.text, strings.TrimSuffix(l.none, "}")) && (status == http.StatusOK || status == http.StatusCreated)
			switch {
			case isAbsence:
				absent++
				if !registry.IsNotFound(err) {
					complain("%s: %v, want absence", cell, err)
				}
				if p.requests < 2 && !strings.Contains(l.name, "Create") && !strings.Contains(l.name, "Mint") {
					complain("%s: believed after %d requests", cell, p.requests)
				}
			case registry.IsNotFound(err) && (none || l.proven && slices.Contains(statuses, status)) && p.requests > 1:
			case registry.IsNotFound(err):
				complain("%s: taken for absence: %v", cell, err)
			case err == nil && none, err == nil && l.done && status/100 == 2:
			case err == nil:
				complain("%s: taken for an answer with %d", cell, n)
			case status/100 != 2 && !strings.Contains(err.Error(), fmt.Sprint("HTTP ", status)):
				complain("%s: %v does not name the status", cell, err)
			}
		}
	}
	return cells, absent, wrong
}

// opener opens a registry anew each time, on one client.
func opener(t *testing.T, keeper bool, connections http.RoundTripper) func() *registry.Registry {
	t.Helper()
	client, err := transport.New(transport.Config{
		BaseURL: "https://registry.example.com", RoundTripper: connections,
		Credential: transport.Credential{AccessToken: registry.NewSecret("canary-credential")},
		Sleep:      func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	if keeper {
		return func() *registry.Registry { return artifactkeeper.New(client, nil) }
	}
	return func() *registry.Registry { return artifactory.New(client, nil) }
}

// TestAbsenceMatrix: whatever is answered to whichever look-up, only the registry's own words about the very object mean that
// it does not exist, and nothing but a whole answer means anything else.
func TestAbsenceMatrix(t *testing.T) {
	t.Parallel()
	for _, keeper := range []bool{false, true} {
		name := map[bool]string{false: "artifactory", true: "artifact_keeper"}[keeper]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cells, absent, wrong, methods := 0, 0, 0, 0
			for _, l := range lookups(keeper) {
				if l.quiet != "" {
					continue
				}
				methods++
				t.Run(l.name, func(t *testing.T) {
					c, a, w := l.absences(t, keeper)
					cells, absent, wrong = cells+c, absent+a, wrong+w
					if w > 0 {
						t.Logf("%d of %d cells", w, c)
					}
				})
			}
			t.Logf("%d look-ups, %d cells, %d of them absence, %d answered wrongly", methods, cells, absent, wrong)
		})
	}
}

// TestAbsenceMatrixIsWhole: a method that is new in an interface of the registry is a look-up, or says why not.
func TestAbsenceMatrixIsWhole(t *testing.T) {
	t.Parallel()
	for _, keeper := range []bool{false, true} {
		known := map[string]bool{}
		for _, l := range lookups(keeper) {
			method, _, _ := strings.Cut(l.name, " ")
			known[method] = true
		}
		reg := reflect.ValueOf(opener(t, keeper, &play{})()).Elem()
		for i := range reg.NumField() {
			field := reg.Type().Field(i)
			if field.Type.Kind() != reflect.Interface || reg.Field(i).IsNil() {
				continue
			}
			for j := range field.Type.NumMethod() {
				if name := field.Name + "." + field.Type.Method(j).Name; !known[name] {
					t.Errorf("keeper=%t: %s is not in the matrix", keeper, name)
				}
			}
			if _, whole := reg.Field(i).Elem().Type().MethodByName("All"); whole && !known[field.Name+".All"] {
				t.Errorf("keeper=%t: %s.All is not in the matrix", keeper, field.Name)
			}
		}
	}
}

// got counts the object of a method's answer.
func got[T any](_ T, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return 1, nil
}

// nothing is the answer of a method that only fails or not.
func nothing(err error) (int, error) { return 0, err }

// gathered counts a list.
func gathered[T any](list func(func(T, error) bool)) (int, error) {
	n := 0
	for _, err := range list {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

var errNoWhole = errors.New("this list is thin")

// whole counts what a list read as a whole has.
func whole[T any](ctx context.Context, of any) (int, error) {
	w, ok := of.(registry.Whole[T])
	if !ok {
		return 0, errNoWhole
	}
	items, _, err := w.All(ctx, 100)
	return len(items), err
}
