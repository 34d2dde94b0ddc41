package packages_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

// clock is the time at which tests publish.
var clock = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

// repo is a repository under test, as somebody with certain rights sees it.
type repo struct {
	t     *testing.T
	store *packages.Packages
	req   packages.Request
}

// newRepo opens a repository of a fresh seeded store for a user who may read and write.
func newRepo(t *testing.T, style packages.Style, format, key string) repo {
	t.Helper()
	return newRepoWith(t, style, format, key, packages.Seed())
}

func newRepoWith(t *testing.T, style packages.Style, format, key string, catalog packages.Catalog) repo {
	t.Helper()
	base := "https://registry.test/artifactory/api/" + format + "/" + key
	if style == packages.ArtifactKeeper {
		base = "https://registry.test/" + format + "/" + key
	}
	return repo{t, packages.New(catalog, func() time.Time { return clock }), packages.Request{
		Repository: key, Format: format, BaseURL: base, User: "alice", CanWrite: true, Style: style,
		Errors: func(w http.ResponseWriter, status int, code, message string) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": message})
		},
	}}
}

// as changes who asks.
func (r repo) as(change func(*packages.Request)) repo {
	change(&r.req)
	return r
}

func readOnly(req *packages.Request)  { req.CanWrite = false }
func anonymous(req *packages.Request) { req.CanWrite, req.User = false, "" }
func canDelete(req *packages.Request) { req.CanDelete = true }

// reply is an answer, read to its end.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// do sends a request to a path of the repository, which may carry a query. Headers come as "Name: value".
func (r repo) do(method, path, body string, headers ...string) reply {
	r.t.Helper()
	hr := httptest.NewRequest(method, r.req.BaseURL+"/"+strings.ReplaceAll(path, "%", "%25"), strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		hr.Header.Set(name, value)
	}
	req := r.req
	req.Path, _, _ = strings.Cut(path, "?")
	w := httptest.NewRecorder()
	r.store.Serve(w, hr, req)
	res := w.Result()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return reply{r.t, res.StatusCode, res.Header, string(text)}
}

func (r repo) get(path string, headers ...string) reply {
	r.t.Helper()
	return r.do(http.MethodGet, path, "", headers...)
}

// want checks the status and gives the reply on.
func (a reply) want(status int) reply {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d; body: %s", a.status, status, a.body)
	}
	return a
}

// text checks the whole body.
func (a reply) text(body string) reply {
	a.t.Helper()
	if a.body != body {
		a.t.Fatalf("body %q, want %q", a.body, body)
	}
	return a
}

// contains checks parts of the body.
func (a reply) contains(parts ...string) reply {
	a.t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			a.t.Fatalf("body lacks %q: %s", part, a.body)
		}
	}
	return a
}

func (a reply) lacks(parts ...string) reply {
	a.t.Helper()
	for _, part := range parts {
		if strings.Contains(a.body, part) {
			a.t.Fatalf("body has %q: %s", part, a.body)
		}
	}
	return a
}

// head checks a header.
func (a reply) head(name, value string) reply {
	a.t.Helper()
	if got := a.header.Get(name); got != value {
		a.t.Fatalf("%s: %q, want %q", name, got, value)
	}
	return a
}

// at digs a value out of a JSON body, by keys; it is printed the way fmt does.
func (a reply) at(keys ...string) string {
	a.t.Helper()
	var v any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
	for _, key := range keys {
		object, ok := v.(map[string]any)
		if !ok || object[key] == nil {
			return ""
		}
		v = object[key]
	}
	return fmt.Sprint(v)
}

// has checks a value of a JSON body.
func (a reply) has(value string, keys ...string) reply {
	a.t.Helper()
	if got := a.at(keys...); got != value {
		a.t.Fatalf("%v is %q, want %q; body: %s", keys, got, value, a.body)
	}
	return a
}

// bothStyles runs a test for each registry.
func bothStyles(t *testing.T, test func(t *testing.T, style packages.Style)) {
	t.Helper()
	for name, style := range map[string]packages.Style{
		"artifactory": packages.Artifactory, "artifact_keeper": packages.ArtifactKeeper,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, style)
		})
	}
}

func TestUnknownFormatIsNotServed(t *testing.T) {
	t.Parallel()
	newRepo(t, packages.Artifactory, "helm", "helm-private").get("a/b").want(http.StatusNotImplemented).contains("helm")
}

func TestResetForgetsWhatWasPublished(t *testing.T) {
	t.Parallel()
	npm := newRepo(t, packages.Artifactory, "npm", "npm-private")
	npm.do("PUT", "new", npmUpload("new", "1.0.0", "tarball")).want(http.StatusCreated)
	npm.do("PUT", "acme-hello", `{"versions":{"1.0.0":{"deprecated":"old"}}}`).want(http.StatusCreated)
	npm.store.Reset(packages.Seed())
	npm.get("new").want(http.StatusNotFound)
	npm.get("acme-hello").want(http.StatusOK).lacks("deprecated")
}

func TestSeedsNameEveryPackageOnce(t *testing.T) {
	t.Parallel()
	seen := map[packages.Seeded]bool{}
	for _, s := range packages.Seeds() {
		if seen[s] {
			t.Errorf("%v is listed twice", s)
		}
		seen[s] = true
	}
	for _, want := range []packages.Seeded{
		{Repository: "npm-private", Format: "npm", Name: "@acme/hello", Version: "1.0.0"},
		{Repository: "npm-private", Format: "npm", Name: "@acme/hello", Version: "1.1.0"},
		{Repository: "npm-private", Format: "npm", Name: "acme-hello", Version: "1.0.0"},
		{Repository: "npm-public", Format: "npm", Name: "acme-public", Version: "1.0.0"},
		{Repository: "npm-secret", Format: "npm", Name: "acme-secret", Version: "1.0.0"},
		{Repository: "go-private", Format: "go", Name: "example.com/acme/hello", Version: "v1.0.0"},
		{Repository: "go-private", Format: "go", Name: "example.com/acme/hello", Version: "v1.1.0"},
		{Repository: "pypi-private", Format: "pypi", Name: "acme-hello", Version: "1.0.0"},
		{Repository: "pypi-private", Format: "pypi", Name: "acme-hello", Version: "1.1.0"},
	} {
		if !seen[want] {
			t.Errorf("%v is missing", want)
		}
	}
}

// TestConcurrentUse is for the race detector: readers and writers of all formats at once.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	npm := newRepo(t, packages.Artifactory, "npm", "npm-private")
	golang, pypi := npm, npm
	golang.req.Format, golang.req.Repository = "go", "go-private"
	pypi.req.Format, pypi.req.Repository = "pypi", "pypi-private"
	for i := range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			npm, golang, pypi := npm, golang, pypi
			npm.t, golang.t, pypi.t = t, t, t
			npm.do("PUT", "concurrent", npmUpload("concurrent", fmt.Sprintf("1.0.%d", i), "tarball")).want(http.StatusCreated)
			npm.get("concurrent").want(http.StatusOK)
			npm.do("PUT", "-/package/concurrent/dist-tags/next", fmt.Sprintf(`"1.0.%d"`, i)).want(http.StatusCreated)
			npm.get("-/v1/search?text=").want(http.StatusOK)
			golang.do("PUT", fmt.Sprintf("example.com/c/@v/v1.0.%d.mod", i), "module example.com/c\n").want(http.StatusCreated)
			golang.get("example.com/c/@v/list").want(http.StatusOK)
			golang.get("example.com/c/@latest").want(http.StatusOK)
			contentType, body := pyUpload(fmt.Sprintf("c-1.%d.tar.gz", i), map[string]string{"name": "c", "version": "1"}, "sdist")
			pypi.do("POST", "", body, "Content-Type: "+contentType).want(http.StatusOK)
			pypi.get("simple/c/").want(http.StatusOK)
			pypi.get("simple/").want(http.StatusOK)
		})
	}
}
