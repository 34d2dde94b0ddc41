package artifactory_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
)

// wire is a plain HTTP client of one server: what is tested is what goes over the wire.
type wire struct {
	*devregistry.Server
	client *http.Client
}

func start(t *testing.T, options ...func(*devregistry.Options)) *wire {
	t.Helper()
	server := devregistrytest.Start(t, devregistry.Artifactory, options...)
	client := devregistrytest.Client(t, server)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &wire{Server: server, client: client}
}

// answer is a response that has been read.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

// send makes a request. auth is a whole Authorization header; body is nil, url.Values for a form, a string as it is, or
// anything else as JSON.
func (w *wire) send(t *testing.T, auth, method, path string, body any) *answer {
	t.Helper()
	var reader io.Reader
	contentType := ""
	switch typed := body.(type) {
	case nil:
	case url.Values:
		reader, contentType = strings.NewReader(typed.Encode()), "application/x-www-form-urlencoded"
	case string:
		reader, contentType = strings.NewReader(typed), "application/json"
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		reader, contentType = strings.NewReader(string(encoded)), "application/json"
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	return w.do(t, req)
}

func (w *wire) do(t *testing.T, req *http.Request) *answer {
	t.Helper()
	res, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &answer{
		t: t, what: req.Method + " " + req.URL.Path, status: res.StatusCode, header: res.Header, body: string(content),
	}
}

// admin sends with the administrator's token.
func (w *wire) admin(t *testing.T, method, path string, body any) *answer {
	t.Helper()
	return w.send(t, bearer(w.AdminToken), method, path, body)
}

func bearer(token string) string { return "Bearer " + token }

func basic(user, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+secret))
}

// want checks the status and gives the answer back.
func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: got status %d, want %d; body: %s", a.what, a.status, status, a.body)
	}
	return a
}

// holds checks that the body contains a text.
func (a *answer) holds(text string) *answer {
	a.t.Helper()
	if !strings.Contains(a.body, text) {
		a.t.Fatalf("%s: %q is not in the body: %s", a.what, text, a.body)
	}
	return a
}

// lacks checks that the body does not contain a text.
func (a *answer) lacks(text string) *answer {
	a.t.Helper()
	if strings.Contains(a.body, text) {
		a.t.Fatalf("%s: %q is in the body: %s", a.what, text, a.body)
	}
	return a
}

// decode reads a JSON answer, which has to say that it is one.
func (a *answer) decode(target any) {
	a.t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/json" {
		a.t.Fatalf("%s: content type %q", a.what, got)
	}
	if err := json.Unmarshal([]byte(a.body), target); err != nil {
		a.t.Fatalf("%s: %v in %s", a.what, err, a.body)
	}
}

// object reads a JSON object.
func (a *answer) object() map[string]any {
	a.t.Helper()
	var object map[string]any
	a.decode(&object)
	return object
}

// accessError checks an error of the Access service.
func (a *answer) accessError(status int, code string) *answer {
	a.t.Helper()
	a.want(status)
	var body struct {
		Errors []struct{ Code, Message string }
	}
	a.decode(&body)
	if len(body.Errors) != 1 || body.Errors[0].Code != code || body.Errors[0].Message == "" {
		a.t.Fatalf("%s: not an Access error with code %s: %s", a.what, code, a.body)
	}
	return a
}

// artifactoryError checks an error of the Artifactory service.
func (a *answer) artifactoryError(status int) *answer {
	a.t.Helper()
	a.want(status)
	var body struct {
		Errors []struct {
			Status  int
			Message string
		}
	}
	a.decode(&body)
	if len(body.Errors) != 1 || body.Errors[0].Status != status || body.Errors[0].Message == "" {
		a.t.Fatalf("%s: not an Artifactory error with status %d: %s", a.what, status, a.body)
	}
	return a
}

// minted is the answer to a token request.
type minted struct {
	TokenID        string `json:"token_id"`
	AccessToken    string `json:"access_token"`
	RefreshToken   string `json:"refresh_token"`
	ReferenceToken string `json:"reference_token"`
	ExpiresIn      *int64 `json:"expires_in"`
	Scope          string `json:"scope"`
	TokenType      string `json:"token_type"`
}

const tokens = "/access/api/v1/tokens"

// mint makes a token as administrator.
func (w *wire) mint(t *testing.T, body map[string]any) minted {
	t.Helper()
	var token minted
	w.admin(t, http.MethodPost, tokens, body).want(http.StatusOK).decode(&token)
	return token
}

// payload decodes a JWT's claims as careless clients do: as plain base64.
func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	part := strings.Split(token, ".")[1]
	decoded, err := base64.RawStdEncoding.DecodeString(part)
	if err != nil {
		t.Fatalf("payload %s: %v", part, err)
	}
	var claims map[string]any
	if err := json.Unmarshal(decoded, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func password(w *wire, username string) string {
	for _, u := range w.Users {
		if u.Username == username {
			return u.Password
		}
	}
	return ""
}

// as is a seeded user with their password.
func (w *wire) as(username string) string { return basic(username, password(w, username)) }
