package artifactkeeper

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// The accounts of every test server, with the password all of them have.
const (
	adminName = "admin"
	aliceName = "alice"
	bobName   = "bob"
	password  = "correct horse battery"
)

// world is a test server with its store.
type world struct {
	t     *testing.T
	store *state.Store
	url   string
	http  *http.Client

	admin, alice, bob string // user ids
	adminToken        string
	npm               *state.Repository // private, without rules, owned by nobody
	public            *state.Repository
}

func newWorld(t *testing.T, opt Options) *world {
	t.Helper()
	w := &world{t: t, store: state.New()}
	hash, err := state.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	now := w.store.Now()
	user := func(name string, isAdmin bool) *state.User {
		return &state.User{
			ID: uuid.NewString(), Username: name, Email: name + "@example.com", PasswordHash: hash,
			Admin: isAdmin, Active: true, AuthProvider: "local", CreatedAt: now,
		}
	}
	repo := func(key, format, kind string, public bool) *state.Repository {
		return &state.Repository{
			ID: uuid.NewString(), Key: key, Name: key, Format: format, Kind: kind, Public: public,
			CreatedAt: now, UpdatedAt: now,
		}
	}
	w.npm, w.public = repo("npm-private", "npm", "local", false), repo("npm-public", "npm", "local", true)
	w.store.Update(func(st *state.State) {
		st.Users = append(st.Users, user(adminName, true), user(aliceName, false), user(bobName, false))
		w.admin, w.alice, w.bob = st.Users[0].ID, st.Users[1].ID, st.Users[2].ID
		st.Repositories = append(st.Repositories, w.npm, w.public, repo("go-private", "go", "local", false),
			repo("pypi-public", "pypi", "local", true), repo("npm-remote", "npm", "remote", true),
			repo("npm-virtual", "npm", "virtual", true))
	})
	w.adminToken = w.token(w.admin, "admin")
	srv := httptest.NewTLSServer(New(Config{
		Store: w.store, Packages: packages.New(packages.Catalog{}, w.store.Now), Options: opt,
	}))
	t.Cleanup(srv.Close)
	w.url, w.http = srv.URL, srv.Client()
	w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return w
}

// token stores a token for a user and gives its value.
func (w *world) token(userID string, scopes ...string) string {
	t, value := newToken(userID, tokenRequest{name: "test", scopes: scopes}, w.store.Now())
	w.store.Update(func(st *state.State) { st.Tokens = append(st.Tokens, t) })
	return value
}

// user gives a copy of a user.
func (w *world) user(id string) state.User {
	var u state.User
	w.store.View(func(st *state.State) { u = *st.UserByID(id) })
	return u
}

// change edits a user in the store.
func (w *world) change(id string, f func(*state.User)) {
	w.store.Update(func(st *state.State) { f(st.UserByID(id)) })
}

// rule stores a permission row.
func (w *world) rule(principalType, principalID, targetType, targetID string, actions ...string) {
	w.store.Update(func(st *state.State) {
		st.Rows = append(st.Rows, &state.PermissionRow{
			ID: uuid.NewString(), PrincipalType: principalType,
			PrincipalID: principalID, TargetType: targetType, TargetID: targetID, Actions: actions,
		})
	})
}

// Credentials as header values.
func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

func basic(user, secret string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+secret))}}
}

func authorizationHeader(value string) http.Header { return http.Header{"Authorization": {value}} }

// asAdmin is the header of the administrator's token.
func (w *world) asAdmin() http.Header { return bearer(w.adminToken) }

// answer is a response, read.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

// call sends a request; a body that is not a string is sent as JSON.
func (w *world) call(method, path string, header http.Header, body any) answer {
	w.t.Helper()
	var reader io.Reader
	h := maps.Clone(header)
	if h == nil {
		h = http.Header{}
	}
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		reader = strings.NewReader(string(raw))
	}
	if reader != nil && h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, reader)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header = h
	resp, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{w.t, method + " " + path, resp.StatusCode, resp.Header, string(raw)}
}

func (w *world) get(path string, header http.Header) answer {
	w.t.Helper()
	return w.call(http.MethodGet, path, header, nil)
}

// login signs in with a password and gives the session's header.
func (w *world) login(name string) http.Header {
	w.t.Helper()
	var session struct {
		Access string `json:"access_token"`
	}
	w.call("POST", "/api/v1/auth/login", nil, object{"username": name, "password": password}).ok().into(&session)
	return bearer(session.Access)
}

// jar gives the client a browser's cookie jar.
func (w *world) jar() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.http.Jar = jar
}

type object = map[string]any

func (a answer) ok() answer {
	a.t.Helper()
	return a.is(http.StatusOK)
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d; body %q", a.what, a.status, status, a.body)
	}
	return a
}

// failsWith asserts a handler's JSON error.
func (a answer) failsWith(status int, code string) answer {
	a.t.Helper()
	a.is(status)
	var e struct{ Code, Message string }
	a.into(&e)
	if e.Code != code || e.Message == "" {
		a.t.Fatalf("%s: error %q, want code %s and a message", a.what, a.body, code)
	}
	return a
}

// says asserts a text answer.
func (a answer) says(status int, text string) answer {
	a.t.Helper()
	a.is(status)
	if a.body != text || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		a.t.Fatalf("%s: %s %q, want text %q", a.what, a.header.Get("Content-Type"), a.body, text)
	}
	return a
}

// begins asserts a text answer by its beginning.
func (a answer) begins(status int, text string) answer {
	a.t.Helper()
	a.is(status)
	if !strings.HasPrefix(a.body, text) || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		a.t.Fatalf("%s: %s %q, want text that begins with %q", a.what, a.header.Get("Content-Type"), a.body, text)
	}
	return a
}

// empty asserts an empty body.
func (a answer) empty(status int) answer {
	a.t.Helper()
	a.is(status)
	if a.body != "" {
		a.t.Fatalf("%s: body %q, want none", a.what, a.body)
	}
	return a
}

func (a answer) into(v any) {
	a.t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/json" {
		a.t.Fatalf("%s: content type %q, want JSON; body %q", a.what, got, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%s: %v in %q", a.what, err, a.body)
	}
}

// object decodes a JSON object.
func (a answer) object() object {
	a.t.Helper()
	var o object
	a.into(&o)
	return o
}

// list reads a JSON array.
func (a answer) list() []any {
	a.t.Helper()
	var list []any
	a.into(&list)
	return list
}

// challenges asserts the WWW-Authenticate headers.
func (a answer) challenges(want ...string) answer {
	a.t.Helper()
	got := a.header.Values("WWW-Authenticate")
	if strings.Join(got, "|") != strings.Join(want, "|") {
		a.t.Fatalf("%s: challenges %q, want %q", a.what, got, want)
	}
	return a
}

// allChallenges are those of optional and package routes.
var allChallenges = []string{challengeBasic, challengeBearer, challengeCargo}

// keysOf lists an object's keys, to compare which fields are present.
func keysOf(o object) map[string]bool {
	keys := map[string]bool{}
	for k := range o {
		keys[k] = true
	}
	return keys
}

// wantKeys asserts exactly these fields.
func wantKeys(t *testing.T, o object, names ...string) {
	t.Helper()
	want := map[string]bool{}
	for _, n := range names {
		want[n] = true
	}
	if got := keysOf(o); !maps.Equal(got, want) {
		t.Fatalf("fields %v, want %v", got, want)
	}
}

// names collects one field of a list's items.
func names(t *testing.T, list object, field string) []string {
	t.Helper()
	var out []string
	for _, item := range list["items"].([]any) {
		v, _ := item.(object)[field].(string)
		out = append(out, v)
	}
	return out
}

const day = 24 * time.Hour
