package faults

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// The matrix of the plagues disturbs the n-th request of a run, whichever it is. This one answers chosen look-ups for as long
// as the run lasts, with everything that resembles the registry's word for "there is none", and looks at what was made of
// it: a token, a null, a state without the object. What each look-up makes of each answer is connect.TestAbsenceMatrix.

// impostor answers some requests in the registry's place, several at a time. NAME in the reply is the last part of the path:
// the registry's own words are about the object that was asked for.
type impostor struct {
	base  http.RoundTripper
	takes func(*http.Request) bool
	reply stray
	hits  atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (i *impostor) RoundTrip(r *http.Request) (*http.Response, error) {
	if i.takes == nil || !i.takes(r) {
		return i.base.RoundTrip(r)
	}
	i.hits.Add(1)
	text := strings.ReplaceAll(i.reply.text, "NAME", r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
	return &http.Response{
		StatusCode: i.reply.status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {i.reply.contentType}},
		Body: io.NopCloser(strings.NewReader(text)), Request: r,
	}, nil
}

// stray is one answer.
type stray struct {
	status                  int
	name, contentType, text string
}

// strays are all answers that are not the registry's own absence: own is how it writes that in the place of WHAT.
func strays(own string, absence string) []stray {
	const json, html = "application/json", "text/html"
	said := func(what string) string { return strings.ReplaceAll(own, "WHAT", what) }
	var all []stray
	for _, status := range []int{200, 204, 301, 302, 400, 401, 403, 404, 408, 410, 429, 500, 502, 503} {
		for _, s := range []stray{
			{0, "own", json, said(absence)},
			{0, "own, as text", "text/plain", said(absence)},
			{0, "own, as html", html, said(absence)},
			{0, "own, truncated", json, said(absence)[:len(said(absence))-4]},
			{0, "own, in a list", json, "[" + said(absence) + "]"},
			{0, "another kind", json, said("Repository not found")},
			{0, "another object", json, said("User zed not found")},
			{0, "no such route", json, said("HTTP 404 Not Found")},
			{0, "another error", json, strings.Replace(said("The cursor is not valid"), "NOT_FOUND", "BAD_REQUEST", 1)},
			{0, "html", html, "<html>404 Not Found</html>"},
			{0, "html, as json", json, "<html>404 Not Found</html>"},
			{0, "text", "text/plain", "404 page not found"},
			{0, "empty", json, ""},
			{0, "empty, without a type", "", ""},
			{0, "object", json, "{}"},
			{0, "null lists", json, `{"users":null,"groups":null,"tokens":null,"items":null,"pagination":null}`},
			{0, "some list", json, `{"items":[],"total":0}`},
			{0, "list", json, "[]"},
			{0, "nulls", json, "[null]"},
			{0, "null", json, "null"},
		} {
			s.status = status
			all = append(all, s)
		}
	}
	return all
}

// stage is something that happens when an object is believed missing.
type stage struct {
	name  string
	takes func(*http.Request) bool
	// play runs it and says what went wrong.
	play func(context.Context, *world) string
	// may: the answer is the registry's own and means what it says.
	may func(stray) bool
	// seed changes the registry before; it may be nil.
	seed func(*state.State)
}

func onPath(method string, paths ...string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		for _, path := range paths {
			if exact, only := strings.CutSuffix(path, "$"); r.Method == method && (r.URL.Path == exact || !only && strings.HasPrefix(r.URL.Path, path)) {
				return true
			}
		}
		return false
	}
}

// tokens counts the tokens beside the provider's own.
func (w *world) tokens() (n int) {
	w.server.Store.View(func(st *state.State) { n = len(st.Tokens) - 1 })
	return n
}

// mints tries to get a token for an account that must not have one.
func mints(username string, scopes []any, ephemeral bool) func(context.Context, *world) string {
	return func(ctx context.Context, w *world) string {
		resource := plugintest.Resource{Type: "registry_token", Config: config{"username": username, "scopes": scopes}}
		var err error
		if ephemeral {
			_, err = w.core.Ephemeral(ctx, resource, func(*plugintest.Object) {})
		} else {
			_, _, err = w.core.Apply(ctx, resource, plugintest.State{})
		}
		if n := w.tokens(); n != 0 || err == nil {
			return fmt.Sprintf("%d tokens were minted, error %v", n, err)
		}
		return ""
	}
}

// resolves asks who alice is; she is there.
func resolves(arguments config) func(context.Context, *world) string {
	return func(ctx context.Context, w *world) string {
		got, _, err := w.core.Read(ctx, "registry_identity", arguments)
		if err != nil {
			return ""
		}
		var all map[string]tftypes.Value
		if got.As(&all) != nil || all["id"].IsNull() {
			return "alice became nobody"
		}
		return ""
	}
}

func stages(dialect devregistry.Dialect) []stage {
	alice := config{"username": "alice", "email": "alice@example.com", "on_missing": "null"}
	scan := config{"username": "nobody", "match": []any{"username"}, "email": "alice@example.com", "scan": true, "on_missing": "null"}
	never := func(stray) bool { return false }
	if dialect == devregistry.ArtifactKeeper {
		users := onPath(http.MethodGet, "/api/v1/users$")
		return []stage{
			{"identity", users, resolves(alice), never, nil},
			{"identity by scan", users, resolves(scan), never, nil},
			{"token of a disabled account", users, mints("carol", []any{"read:artifacts"}, false), never, nil},
			{"ephemeral token of an administrator", users, mints("admin", []any{"read:artifacts"}, true), never, nil},
		}
	}
	const users = "/access/api/v2/users"
	one, list, both := onPath(http.MethodGet, users+"/"), onPath(http.MethodGet, users+"$"), onPath(http.MethodGet, users+"/", users+"$")
	group := onPath(http.MethodGet, "/access/api/v2/groups/")
	readers := []any{"applied-permissions/groups:readers"}
	administrate := func(st *state.State) { st.GroupByName("readers").AdminPrivileges = true }
	says := func(s stray) bool { return s.status == 404 && s.name == "own" }
	var all []stage
	for _, ephemeral := range []bool{false, true} {
		kind := map[bool]string{false: "", true: "ephemeral "}[ephemeral]
		all = append(all,
			stage{kind + "token of a disabled account", one, mints("carol", readers, ephemeral), never, nil},
			stage{kind + "token of an administrator", one, mints("admin", readers, ephemeral), never, nil},
			stage{kind + "token of a disabled account, list too", both, mints("carol", readers, ephemeral), never, nil},
			stage{kind + "token of nobody, list only", list, mints("job-42", readers, ephemeral), never, nil},
			stage{kind + "token of an administrators' group", group, mints("job-42", readers, ephemeral), never, administrate},
		)
	}
	return append(all,
		stage{"identity", one, resolves(alice), says, nil},
		stage{"identity by scan", list, resolves(scan), never, nil},
		stage{"identity by scan, accounts", onPath(http.MethodGet, users+"/alice"), resolves(scan), says, nil},
	)
}

// TestOnlyTheRegistryMakesNobody: no token and no null comes of an answer that is not the registry's own.
func TestOnlyTheRegistryMakesNobody(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			own, absence := `{"errors":[{"code":"NOT_FOUND","message":"WHAT"}]}`, "User NAME not found"
			if dialect == devregistry.ArtifactKeeper {
				own, absence = `{"code":"NOT_FOUND","message":"WHAT"}`, "User not found"
			}
			w := newWorld(t, dialect)
			fake := &impostor{base: w.carrier.base}
			w.carrier.base = fake
			cells, wrong := 0, 0
			for _, s := range stages(dialect) {
				shown := 0
				fake.hits.Store(0)
				for _, answer := range strays(own, absence) {
					if !oneOf(5, fmt.Sprint(dialect, s.name, answer.status, answer.name)) {
						continue
					}
					fake.takes, fake.reply = nil, answer
					if err := w.reset(s.seed); err != nil {
						t.Fatal(err)
					}
					fake.takes = s.takes
					cells++
					if said := s.play(t.Context(), w); said != "" && !s.may(answer) {
						if wrong, shown = wrong+1, shown+1; shown <= 3 {
							t.Errorf("%s, %d %s: %s", s.name, answer.status, answer.name, said)
						}
					}
				}
				if fake.hits.Load() == 0 {
					t.Errorf("%s: nothing was answered", s.name)
				}
			}
			t.Logf("%d cells, %d wrong", cells, wrong)
		})
	}
}

// TestARealSubjectWithoutAnAccount: what the guards keep out must not keep out what is meant to work.
func TestARealSubjectWithoutAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, devregistry.Artifactory)
	if err := w.reset(nil); err != nil {
		t.Fatal(err)
	}
	if said := mints("job-42", []any{"applied-permissions/groups:readers"}, false)(t.Context(), w); said != "1 tokens were minted, error <nil>" {
		t.Error(said)
	}
	got, _, err := w.core.Read(t.Context(), "registry_identity", config{"username": "nobody", "email": "n@example.com", "scan": true, "on_missing": "null"})
	var all map[string]tftypes.Value
	if err != nil || got.As(&all) != nil || !all["id"].IsNull() {
		t.Errorf("%s %v", got, err)
	}
}
