package artifactory_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestDetection(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, test := range []struct {
		name, auth, method, path string
		status                   int
		holds                    string
	}{
		{"artifactory ping needs nothing", "", "GET", "/artifactory/api/system/ping", 200, "OK"},
		{"and takes a trailing slash", "", "GET", "/artifactory/api/system/ping/", 200, "OK"},
		{"but no wrong credential", "Bearer nonsense", "GET", "/artifactory/api/system/ping", 401, "Token failed verification"},
		{"access ping with a token", bearer(w.AdminToken), "GET", "/access/api/v1/system/ping", 200, "OK"},
		{"access ping with a wrong token", "Bearer nonsense", "GET", "/access/api/v1/system/ping", 401, "UNAUTHORIZED"},
		{"access ping without", "", "GET", "/access/api/v1/system/ping", 401, "UNAUTHORIZED"},
		{"artifactory version", bearer(w.AdminToken), "GET", "/artifactory/api/system/version", 200, `"version":"7.146.17"`},
		{"artifactory version without", "", "GET", "/artifactory/api/system/version", 401, `"status":401`},
		{"access version is called name", bearer(w.AdminToken), "GET", "/access/api/v1/system/version", 200, `"name":"7.150.`},
		{"licence", bearer(w.AdminToken), "GET", "/artifactory/api/system/license", 200, `"type":"Enterprise Plus"`},
		{"licences", bearer(w.AdminToken), "GET", "/artifactory/api/system/licenses", 200, `[{`},
		{"service id", bearer(w.AdminToken), "GET", "/artifactory/api/system/service_id", 200, "jfrt@01"},
		{"readiness", "", "GET", "/artifactory/api/v1/system/readiness", 200, `{"code":"OK"}`},
		{"router health", "", "GET", "/router/api/v1/system/health", 200, `"HEALTHY"`},
		{"router ping", "", "GET", "/router/api/v1/system/ping", 200, "OK"},
		{"root certificate", "", "GET", "/access/api/v1/cert/root", 200, "MII"},
		{"usage", "", "POST", "/artifactory/api/system/usage", 200, ""},
		{"user interface", "", "GET", "/ui/login", 200, "<html>"},
		{"home", "", "GET", "/", 302, "/ui/"},
		{"another registry's probe", "", "GET", "/api/v1/setup/status", 404, "404 page not found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w.send(t, test.auth, test.method, test.path, nil).want(test.status).holds(test.holds)
		})
	}
}

func TestErrorShapes(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.send(t, "", "GET", "/artifactory/api/no/such", nil).artifactoryError(401)
	w.admin(t, "GET", "/artifactory/api/no/such", nil).artifactoryError(404)
	w.send(t, "", "GET", "/access/api/v1/no/such", nil).accessError(401, "UNAUTHORIZED")
	w.admin(t, "GET", "/access/api/v1/no/such", nil).accessError(404, "NOT_FOUND")

	// 401 before 403 before 404.
	for _, call := range []struct{ method, path string }{
		{"GET", "/access/api/v2/users/nobody"},
		{"DELETE", "/access/api/v2/groups/none"},
		{"GET", "/access/api/v2/permissions/none"},
		{"GET", "/access/api/v1/ldap/settings/none"},
	} {
		w.send(t, "", call.method, call.path, nil).accessError(401, "UNAUTHORIZED")
		w.send(t, w.as("alice"), call.method, call.path, nil).accessError(403, "FORBIDDEN")
		w.admin(t, call.method, call.path, nil).accessError(404, "NOT_FOUND")
	}
	if got := w.send(t, "", "GET", "/artifactory/api/system/version", nil).header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
		t.Errorf("challenge %q", got)
	}
}

func TestNotModelled(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.admin(t, "GET", "/access/api/v1/projects", nil).accessError(501, "NOT_IMPLEMENTED")
	w.admin(t, "GET", "/access/api/v1/projects/one", nil).accessError(501, "NOT_IMPLEMENTED")
	w.admin(t, "PUT", "/access/api/v2/permissions/x", nil).accessError(501, "NOT_IMPLEMENTED")
	w.admin(t, "GET", "/artifactory/api/system/configuration", nil).artifactoryError(501)
	w.admin(t, "PUT", "/artifactory/api/repositories/new", "{}").artifactoryError(501)
	w.admin(t, "GET", "/artifactory/npm-private/some/file", nil).artifactoryError(501)
	w.admin(t, "GET", "/artifactory/api/nuget/v3/some-repo/index.json", nil).artifactoryError(501)
	w.send(t, "", "GET", "/artifactory/api/helm/some-repo/index.yaml", nil).artifactoryError(401)
	w.admin(t, "GET", "/xray/api/v1/system/version", nil).artifactoryError(501)
}

func TestBodies(t *testing.T) {
	t.Parallel()
	w := start(t)
	const users = "/access/api/v2/users"
	w.admin(t, "POST", users, "{").accessError(400, "BAD_REQUEST")
	w.admin(t, "POST", users, `{"username":7}`).accessError(400, "BAD_REQUEST")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+users, strings.NewReader("username=x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", bearer(w.AdminToken))
	w.do(t, req).accessError(415, "UNSUPPORTED_MEDIA_TYPE")
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	w := start(t)
	const path = "/artifactory/api/system/configuration/baseUrl"
	w.send(t, w.as("alice"), "PUT", path, nil).artifactoryError(403)
	w.admin(t, "PUT", path, "nonsense").artifactoryError(400)
	w.admin(t, "GET", "/artifactory/api/repositories", nil).want(200).holds(w.URL + "/artifactory/npm-private")
	w.admin(t, "PUT", path, "https://registry.example.com/artifactory/").want(200)
	w.admin(t, "GET", "/artifactory/api/repositories", nil).holds("https://registry.example.com/artifactory/npm-private")
}
