package transport

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const testToken = "canary-token-4711"

// clock records waits instead of waiting.
type clock struct {
	mu    sync.Mutex
	waits []time.Duration
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	return ctx.Err()
}

func (c *clock) all() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.waits...)
}

// serve starts a TLS server and gives a client for it whose waits are recorded.
func serve(t *testing.T, h http.HandlerFunc, change ...func(*Config)) (*Client, *clock) {
	t.Helper()
	return serveHTTP(t, 2, h, change...)
}

func serveHTTP(t *testing.T, version int, h http.HandlerFunc, change ...func(*Config)) (*Client, *clock) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = version == 2
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return connectTo(t, server, change...)
}

func connectTo(t *testing.T, server *httptest.Server, change ...func(*Config)) (*Client, *clock) {
	t.Helper()
	waits := &clock{}
	cfg := Config{
		BaseURL:    server.URL,
		Credential: Credential{AccessToken: registry.NewSecret(testToken)},
		MaxRetries: 3,
		Sleep:      waits.sleep,
	}
	if server.Certificate() != nil {
		cfg.CAPEM = certPEM(server)
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c.With(Dialect{Problem: testProblem}), waits
}

func certPEM(server *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// testProblem recognises {"code":…,"message":…}.
func testProblem(a Response) (Problem, bool) {
	var body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if !a.JSON() || json.Unmarshal(a.Body, &body) != nil || body.Code == "" {
		return Problem{}, false
	}
	return Problem{Code: body.Code, Message: body.Message, Missing: body.Code == "NOT_FOUND"}, true
}

type thing struct {
	Name string `json:"name"`
}

func (t *thing) Complete() error {
	if t.Name == "" {
		return errors.New("it has no name")
	}
	return nil
}

func answer(w http.ResponseWriter, status int, contentType, body string) {
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func get(path string) Request {
	return Request{Op: "read", Object: "thing", Method: http.MethodGet, Path: path, Params: map[string]string{"id": "1"}}
}

func create(path string) Request {
	return Request{Op: "create", Object: "thing", Class: Create, Method: http.MethodPost, Path: path, Body: thing{Name: "x"}}
}

func put(path string) Request {
	return Request{Op: "update", Object: "thing", Class: Idempotent, Method: http.MethodPut, Path: path, Body: thing{Name: "x"}}
}

// wantKind checks the kind of an error and gives a copy to look at.
func wantKind(t *testing.T, err error, want registry.Kind) registry.Error {
	t.Helper()
	var e *registry.Error
	if !errors.As(err, &e) {
		t.Fatalf("want a registry.Error of kind %d, got %T %v", want, err, err)
	}
	if e.Kind != want {
		t.Fatalf("kind is %d, want %d: %v", e.Kind, want, err)
	}
	return *e
}

func TestRequestShape(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	var body string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen, body = r, string(b)
		answer(w, http.StatusOK, "application/json; charset=utf-8", `{"name":"x","more":1}`)
	}, func(cfg *Config) {
		cfg.BaseURL += "/prefix/artifactory/"
		cfg.Headers = map[string]string{"x-tenant": "blue"}
		cfg.UserAgent = "terraform-provider-registry/test"
	})
	var got thing
	err := c.Do(context.Background(), Request{
		Op: "delete", Object: "thing", Class: Idempotent, Method: http.MethodDelete, Path: "/api/{name}/members",
		Params: map[string]string{"name": "a/b c%2F+@é"}, Query: map[string][]string{"q": {"a b&c"}},
		Body: map[string][]string{"ids": {"1"}},
	}, &got)
	if err != nil {
		t.Fatal(err)
	}
	if want := "/prefix/api/a/b c%2F+@é/members"; seen.URL.Path != want {
		t.Errorf("path %q, want %q", seen.URL.Path, want)
	}
	if strings.Count(seen.URL.EscapedPath(), "/") != 4 {
		t.Errorf("the name is not one segment: %s", seen.URL.EscapedPath())
	}
	for header, want := range map[string]string{
		"Authorization": "Bearer " + testToken, "X-Tenant": "blue", "Content-Type": "application/json",
		"Accept": acceptJSON, "User-Agent": "terraform-provider-registry/test",
	} {
		if seen.Header.Get(header) != want {
			t.Errorf("%s is %q, want %q", header, seen.Header.Get(header), want)
		}
	}
	if seen.URL.Query().Get("q") != "a b&c" || body != `{"ids":["1"]}` || seen.ProtoMajor != 2 || got.Name != "x" {
		t.Errorf("query %q, body %q, HTTP/%d, answer %+v", seen.URL.RawQuery, body, seen.ProtoMajor, got)
	}
}

func TestBasicCredentialAndAnonymous(t *testing.T) {
	t.Parallel()
	var headers []string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		headers = append(headers, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusOK)
	}, func(cfg *Config) {
		cfg.Credential = Credential{Username: " alice ", Password: registry.NewSecret("s3cret pass\n")}
	})
	anonymous := get("/")
	anonymous.Anonymous = true
	for _, r := range []Request{get("/"), anonymous} {
		if err := c.Do(context.Background(), r, nil); err != nil {
			t.Fatal(err)
		}
	}
	if want := "Basic YWxpY2U6czNjcmV0IHBhc3M="; headers[0] != want || headers[1] != "" {
		t.Errorf("got %q, want %q and nothing", headers, want)
	}
}

func TestAnswersThatCannotBeBelieved(t *testing.T) {
	t.Parallel()
	html := "<!DOCTYPE html><title>Sign in</title>"
	for name, tc := range map[string]struct {
		status      int
		contentType string
		body        string
		header      http.Header
		readKind    registry.Kind
		createKind  registry.Kind
	}{
		"html":          {200, "text/html; charset=utf-8", html, nil, registry.KindWrongEndpoint, registry.KindWrongEndpoint},
		"html, no type": {200, "", html, nil, registry.KindWrongEndpoint, registry.KindWrongEndpoint},
		"empty":         {200, "application/json", "", nil, registry.KindWrongEndpoint, registry.KindUncertain},
		"no content":    {204, "", "", nil, registry.KindWrongEndpoint, registry.KindUncertain},
		"text":          {200, "text/plain", `{"name":"x"}`, nil, registry.KindWrongEndpoint, registry.KindUncertain},
		"array":         {200, "application/json", `[]`, nil, registry.KindWrongEndpoint, registry.KindUncertain},
		"cut":           {200, "application/json", `{"name":"x`, nil, registry.KindWrongEndpoint, registry.KindUncertain},
		"incomplete":    {200, "application/json", `{}`, nil, registry.KindWrongEndpoint, registry.KindUncertain},
		"null":          {200, "application/json", `null`, nil, registry.KindWrongEndpoint, registry.KindUncertain},
		"redirect":      {302, "", "", http.Header{"Location": {"https://sso.example.com/?t=1"}}, registry.KindWrongEndpoint, registry.KindWrongEndpoint},
		"html 404":      {404, "text/html", html, nil, registry.KindWrongEndpoint, registry.KindWrongEndpoint},
		"plain 404":     {404, "text/plain", "404 page not found", nil, registry.KindWrongEndpoint, registry.KindWrongEndpoint},
		"empty 404":     {404, "", "", nil, registry.KindWrongEndpoint, registry.KindWrongEndpoint},
		"html 403":      {403, "text/html", html, nil, registry.KindWrongEndpoint, registry.KindWrongEndpoint},
		"own 404":       {404, "application/json", `{"code":"NOT_FOUND"}`, nil, registry.KindNotFound, registry.KindInvalid},
		"own 409":       {409, "application/json", `{"code":"CONFLICT"}`, nil, registry.KindConflict, registry.KindConflict},
		"own 400":       {400, "application/json", `{"code":"BAD"}`, nil, registry.KindInvalid, registry.KindInvalid},
		"own 401":       {401, "application/json", `{"code":"AUTH"}`, nil, registry.KindUnauthorized, registry.KindUnauthorized},
		"own 403":       {403, "application/json", `{"code":"FORBIDDEN"}`, nil, registry.KindForbidden, registry.KindForbidden},
		"own 405":       {405, "application/json", `{"code":"METHOD"}`, nil, registry.KindUnsupported, registry.KindUnsupported},
		"own 500":       {500, "application/json", `{"code":"DB"}`, nil, registry.KindUnavailable, registry.KindUncertain},
		"html 502":      {502, "text/html", html, nil, registry.KindUnavailable, registry.KindUncertain},
		"503":           {503, "text/plain", "busy", nil, registry.KindUnavailable, registry.KindUncertain},
		"503, later":    {503, "text/plain", "busy", http.Header{"Retry-After": {"1"}}, registry.KindUnavailable, registry.KindUnavailable},
		"429":           {429, "text/html", html, nil, registry.KindRateLimited, registry.KindRateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				for k, v := range tc.header {
					w.Header()[k] = v
				}
				if tc.contentType == "" {
					w.Header()["Content-Type"] = nil
				}
				answer(w, tc.status, tc.contentType, tc.body)
			}, func(cfg *Config) { cfg.MaxRetries = 1 })
			e := wantKind(t, c.Do(context.Background(), get("/api/{id}"), &thing{}), tc.readKind)
			if e.Status != tc.status || e.Op != "read" || e.Object != "thing" {
				t.Errorf("the error lost its subject: %+v", e)
			}
			if e.Kind == registry.KindWrongEndpoint && !strings.Contains(e.Error(), "`url`") {
				t.Errorf("no hint at the url: %s", e.Error())
			}
			wantKind(t, c.Do(context.Background(), create("/api/thing"), &thing{}), tc.createKind)
		})
	}
}

func TestHTMLIsNoSuccessEvenWithoutABodyWanted(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "text/html", "<html>welcome</html>")
	})
	r := put("/api/thing")
	r.Method = http.MethodDelete
	wantKind(t, c.Do(context.Background(), r, nil), registry.KindWrongEndpoint)
}

func TestAbsenceIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		class   Class
		back    int // the request from which on the object is there
		want    int
		missing bool
	}{
		"gone":         {Safe, 99, 2, true},
		"stray answer": {Safe, 2, 2, false},
		"idempotent":   {Idempotent, 99, 2, true},
		"create":       {Create, 2, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if requests++; requests >= tc.back {
					answer(w, http.StatusOK, "application/json", `{"name":"x"}`)
					return
				}
				answer(w, http.StatusNotFound, "application/json", `{"code":"NOT_FOUND"}`)
			})
			r := get("/api/{id}")
			r.Class = tc.class
			err := c.Do(context.Background(), r, &thing{})
			if registry.IsNotFound(err) != tc.missing || requests != tc.want {
				t.Errorf("after %d requests: %v", requests, err)
			}
		})
	}
}

// TestAListIsNeverMissing: what a request does not name cannot be gone.
func TestAListIsNeverMissing(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusNotFound, "application/json", `{"code":"NOT_FOUND"}`)
	})
	wantKind(t, c.Do(context.Background(), get("/api/users"), nil), registry.KindWrongEndpoint)
}

func TestDiagnoseExplainsForeignAnswers(t *testing.T) {
	t.Parallel()
	status, contentType, body := http.StatusUnauthorized, "text/plain", "who are you"
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, status, contentType, body) })
	asked := 0
	c = c.With(Dialect{Problem: testProblem, Diagnose: func(context.Context) string { asked++; return "it is the other one" }})
	e := wantKind(t, c.Do(context.Background(), get("/"), nil), registry.KindWrongEndpoint)
	if e.Hint != "it is the other one" || asked != 1 {
		t.Errorf("hint %q after %d questions", e.Hint, asked)
	}
	contentType, body = "application/json", `{"code":"AUTH"}`
	wantKind(t, c.Do(context.Background(), get("/"), nil), registry.KindUnauthorized)
	if asked != 1 {
		t.Error("the registry's own words need no diagnosis")
	}
}

func TestDoText(t *testing.T) {
	t.Parallel()
	body := " OK\n"
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "text/plain", body) })
	if text, err := c.DoText(context.Background(), get("/ping")); text != "OK" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	body = ""
	_, err := c.DoText(context.Background(), get("/ping"))
	wantKind(t, err, registry.KindWrongEndpoint)
}
