package artifactkeeper

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
)

// The request log learns who came, with which token, to which repository.
func TestRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	token := w.token(w.alice, "read:artifacts")
	handler := New(Config{Store: w.store, Packages: packages.New(packages.Catalog{}, w.store.Now)})
	for name, tc := range map[string]struct {
		method, path string
		header       http.Header
		body         string
		want         record.Entry
	}{
		"api":       {"GET", "/api/v1/users/" + w.alice, bearer(token), "", record.Entry{User: aliceName, Endpoint: "GET /api/v1/users/{id}"}},
		"anonymous": {"GET", "/api/v1/repositories/npm-public", nil, "", record.Entry{Repository: "npm-public", Endpoint: "GET /api/v1/repositories/{key}"}},
		"refused":   {"GET", "/api/v1/users", bearer("x"), "", record.Entry{Endpoint: "GET /api/v1/users"}},
		"package":   {"GET", "/npm/npm-public/-/ping", basic("__token__", token), "", record.Entry{User: aliceName, Repository: "npm-public", Endpoint: "GET /npm/{repository}"}},
		"denied":    {"PUT", "/npm/npm-public/x", bearer(token), "{}", record.Entry{User: aliceName, Repository: "npm-public", Endpoint: "PUT /npm/{repository}"}},
		"login":     {"POST", "/api/v1/auth/login", nil, `{"username":"bob","password":"` + password + `"}`, record.Entry{User: bobName, Endpoint: "POST /api/v1/auth/login"}},
	} {
		var entry record.Entry
		r := httptest.NewRequestWithContext(record.With(t.Context(), &entry), tc.method, tc.path, strings.NewReader(tc.body))
		for k, v := range tc.header {
			r.Header[k] = v
		}
		r.Header.Set("Content-Type", "application/json")
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if entry.User == aliceName && entry.TokenID == "" {
			t.Errorf("%s: no token id", name)
		}
		entry.TokenID = ""
		if entry != tc.want {
			t.Errorf("%s: %+v, want %+v", name, entry, tc.want)
		}
	}
}
