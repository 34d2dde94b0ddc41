package artifactkeeper

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

const forbiddenText = "You do not have permission to perform this action on this repository"

// The order of the visibility middleware, step by step.
func TestNativeVisibility(t *testing.T) {
	t.Parallel()
	const ping = "/-/ping"
	type setup = func(w *world)
	ruled := func(actions ...string) setup {
		return func(w *world) { w.rule("user", w.alice, "repository", w.npm.ID, actions...) }
	}
	owner := func(w *world) {
		w.store.Update(func(st *state.State) { st.RepositoryByKey("npm-private").OwnerIDs = []string{w.alice} })
	}
	othersRule := func(w *world) { w.rule("user", w.bob, "repository", w.npm.ID, "read") }
	alice := func(w *world) http.Header { return basic(aliceName, password) }
	nobody := func(*world) http.Header { return nil }
	wrong := func(*world) http.Header { return bearer("wrong") }
	for name, tc := range map[string]struct {
		setup  setup
		who    func(*world) http.Header
		method string
		repo   string
		status int
		text   string
	}{
		"unknown, anonymous":               {nil, nobody, "GET", "nowhere", 401, "Authentication required"},
		"unknown, invalid":                 {nil, wrong, "GET", "nowhere", 401, "Authentication required"},
		"unknown, valid":                   {nil, alice, "GET", "nowhere", 404, "Repository not found"},
		"public, invalid":                  {nil, wrong, "GET", "npm-public", 401, "Authentication required"},
		"public, anonymous":                {nil, nobody, "GET", "npm-public", 200, ""},
		"public, anonymous write":          {nil, nobody, "PUT", "npm-public", 401, "Authentication required"},
		"public, anonymous audit":          {nil, nobody, "POST", "npm-public", 401, "Authentication required"},
		"public, no grant, write":          {nil, alice, "PUT", "npm-public", 403, forbiddenText},
		"public, no grant, delete":         {nil, alice, "DELETE", "npm-public", 403, forbiddenText},
		"private, anonymous":               {nil, nobody, "GET", "npm-private", 401, "Authentication required"},
		"private, no rules":                {nil, alice, "GET", "npm-private", 404, "Repository not found"},
		"private, no rules, write":         {nil, alice, "PUT", "npm-private", 403, forbiddenText},
		"private, others' rule":            {othersRule, alice, "GET", "npm-private", 403, forbiddenText},
		"private, read rule":               {ruled("read"), alice, "GET", "npm-private", 200, ""},
		"private, read rule, write":        {ruled("read"), alice, "PUT", "npm-private", 403, forbiddenText},
		"private, write rule reads not":    {ruled("write"), alice, "GET", "npm-private", 403, forbiddenText},
		"private, admin rule":              {ruled("admin"), alice, "GET", "npm-private", 200, ""},
		"private, empty rule":              {ruled(), alice, "GET", "npm-private", 403, forbiddenText},
		"private, owner":                   {owner, alice, "GET", "npm-private", 200, ""},
		"private, owner after first rule":  {func(w *world) { owner(w); othersRule(w) }, alice, "GET", "npm-private", 403, forbiddenText},
		"private, delete needs its own":    {ruled("read", "write"), alice, "DELETE", "npm-private", 403, forbiddenText},
		"private, administrator, no rules": {nil, func(w *world) http.Header { return w.asAdmin() }, "GET", "npm-private", 200, ""},
		"private, administrator's limited token": {nil, func(w *world) http.Header {
			return bearer(w.token(w.admin, "read:artifacts"))
		}, "GET", "npm-private", 404, "Repository not found"},
		"other format": {
			nil, func(w *world) http.Header { return w.asAdmin() }, "GET", "go-private", 400,
			"Repository 'go-private' is not a npm repository (format: go)",
		},
		"reading through remote": {
			nil, nobody, "GET", "npm-remote", 501, "",
		},
		"reading through virtual": {
			nil, nobody, "GET", "npm-virtual", 501, "",
		},
		"upload to remote": {
			nil, func(w *world) http.Header { return w.asAdmin() }, "PUT", "npm-remote", 405,
			"Cannot publish to a remote repository",
		},
		"upload to virtual": {
			nil, func(w *world) http.Header { return w.asAdmin() }, "PUT", "npm-virtual", 400,
			"Cannot publish to a virtual repository",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, Options{})
			if tc.setup != nil {
				tc.setup(w)
			}
			path := "/npm/" + tc.repo + ping
			switch tc.method {
			case "PUT", "DELETE":
				path = "/npm/" + tc.repo + "/left-pad"
			case "POST":
				path = "/npm/" + tc.repo + "/-/npm/v1/security/advisories/bulk"
			}
			a := w.call(tc.method, path, tc.who(w), nil)
			if tc.text == "" {
				a.is(tc.status)
				return
			}
			a.says(tc.status, tc.text)
			if tc.status == 401 {
				a.challenges(allChallenges...)
			}
		})
	}
}

func TestNativeGrantsThroughGroupAndProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	group := w.group("devs")
	w.rule("group", group, "repository", w.npm.ID, "read", "write")
	read := func() int { return w.get("/npm/npm-private/-/ping", basic(aliceName, password)).status }
	if got := read(); got != 403 {
		t.Errorf("before joining: %d", got)
	}
	w.call("POST", "/api/v1/groups/"+group+"/members", w.asAdmin(), object{"user_ids": []string{w.alice}}).ok()
	if got := read(); got != 200 {
		t.Errorf("as a member: %d", got)
	}
	project := w.call("POST", "/api/v1/projects", w.asAdmin(), object{"key": "p", "name": "P"}).ok().object()["id"].(string)
	w.store.Update(func(st *state.State) { st.RepositoryByKey("go-private").ProjectID = project })
	w.call("POST", "/api/v1/projects/"+project+"/members", w.asAdmin(),
		object{"principal_type": "user", "principal_id": w.bob, "actions": []string{"read"}}).ok()
	w.get("/go/go-private/example.com/x/@v/list", basic(bobName, password)).is(404) // let through to where no module is
	w.get("/go/go-private/example.com/x/@v/list", basic(aliceName, password)).says(403, forbiddenText)
}

// Writing needs the right and, with a token, the scope.
func TestNativeWriteScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	w.rule("user", w.alice, "repository", w.npm.ID, "read", "write")
	const path = "/npm/npm-private/left-pad"
	w.call("PUT", path, bearer(w.token(w.alice, "read:artifacts")), object{}).
		says(403, "Token does not have required scope: write:artifacts")
	for _, scopes := range [][]string{{"write:artifacts"}, {"*"}} {
		if a := w.call("PUT", path, bearer(w.token(w.alice, scopes...)), object{}); a.status == 401 || a.status == 403 {
			t.Errorf("%v: %d %s", scopes, a.status, a.body)
		}
	}
	// Reading asks for no scope at all.
	w.get("/npm/npm-private/-/ping", bearer(w.token(w.alice))).ok()
	// The audit query is a POST: it needs the right to write, not the scope.
	const audit = "/npm/npm-private/-/npm/v1/security/advisories/bulk"
	if a := w.call("POST", audit, bearer(w.token(w.alice, "read:artifacts")), object{}); a.status == 401 || a.status == 403 {
		t.Errorf("audit: %d %s", a.status, a.body)
	}
}

// A token under the name of a real local user is a failed login of that user, at every request.
func TestNativeBasicTokenTrap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	token := w.token(w.alice, "read:artifacts")
	for range 6 {
		w.get("/npm/npm-public/-/whoami", basic(bobName, token)).ok()
		w.get("/npm/npm-public/-/whoami", basic("__token__", token)).ok()
	}
	if got := w.user(w.bob); got.FailedLogins != 6 || got.LockedUntil.IsZero() {
		t.Errorf("bob: %d failed logins, locked until %v", got.FailedLogins, got.LockedUntil)
	}
	if got := w.user(w.alice).FailedLogins; got != 0 {
		t.Errorf("alice: %d failed logins", got)
	}
	if got := w.get("/npm/npm-public/-/whoami", basic(bobName, token)).ok().object()["username"]; got != aliceName {
		t.Errorf("the token is %v's", got)
	}
}

func TestNativeTokenRepositoryLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	made := w.call("POST", "/api/v1/repositories/npm-public/tokens", w.asAdmin(),
		object{"name": "x", "scopes": []string{"*"}}).ok().object()
	token := bearer(made["token"].(string))
	w.get("/npm/npm-public/-/ping", token).ok()
	w.get("/npm/npm-private/-/ping", token).says(403, "Token does not have access to this repository")
	w.get("/pypi/pypi-public/simple/", token).says(403, "Token does not have access to this repository")
}

func TestNativeLinksFollowTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	publish := object{
		"name": "left-pad", "dist-tags": object{"latest": "1.0.0"},
		"versions":     object{"1.0.0": object{"name": "left-pad", "version": "1.0.0"}},
		"_attachments": object{"left-pad-1.0.0.tgz": object{"data": "aGVsbG8=", "length": 5}},
	}
	w.call("PUT", "/npm/npm-private/left-pad", w.asAdmin(), publish).ok()
	tarball := func(h http.Header) any {
		versions := w.get("/npm/npm-private/left-pad", h).ok().object()["versions"].(object)
		return versions["1.0.0"].(object)["dist"].(object)["tarball"]
	}
	if got := tarball(w.asAdmin()); got != w.url+"/npm/npm-private/left-pad/-/left-pad-1.0.0.tgz" {
		t.Errorf("tarball %v", got)
	}
	behind := w.asAdmin()
	behind.Set("X-Forwarded-Host", "registry.example.com")
	behind.Set("X-Forwarded-Proto", "https")
	if got := tarball(behind); got != "https://registry.example.com/npm/npm-private/left-pad/-/left-pad-1.0.0.tgz" {
		t.Errorf("tarball %v", got)
	}
	w.call("PUT", "/npm/npm-private/left-pad", w.asAdmin(), publish).failsWith(409, "CONFLICT")
}

// Uploads to PyPI go to the repository's URL with its slash, and nowhere else.
func TestPyPIUploadSlash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	var form bytes.Buffer
	mp := multipart.NewWriter(&form)
	for name, value := range map[string]string{":action": "file_upload", "name": "demo", "version": "1.0"} {
		if err := mp.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := mp.CreateFormFile("content", "demo-1.0.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("content"))
	_ = mp.Close()
	h := w.asAdmin()
	h.Set("Content-Type", mp.FormDataContentType())
	w.call("POST", "/pypi/pypi-public", h, form.String()).empty(404)
	w.call("POST", "/pypi/pypi-public/", h, form.String()).says(200, "OK")
}

func TestOtherFormatsAreGuardedButNotModelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	w.get("/rpm/anything/x", nil).says(401, "Authentication required").challenges(allChallenges...)
	w.get("/helm/npm-public/index.yaml", w.asAdmin()).failsWith(501, "NOT_IMPLEMENTED")
}
