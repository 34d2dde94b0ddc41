package artifactory

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
)

func (s *server) systemRoutes() {
	text := func(body string) handlerFunc {
		return func(w http.ResponseWriter, _ *http.Request, _ *principal) error {
			writeText(w, http.StatusOK, body)
			return nil
		}
	}
	fixed := func(body any) handlerFunc {
		return func(w http.ResponseWriter, _ *http.Request, _ *principal) error {
			writeJSON(w, http.StatusOK, body)
			return nil
		}
	}

	s.anonymous("GET /artifactory/api/system/ping", text("OK"))
	s.anonymous("GET /artifactory/api/v1/system/readiness", fixed(map[string]string{"code": "OK"}))
	s.anonymous("GET /artifactory/api/v1/system/liveness", fixed(map[string]string{"code": "OK"}))
	s.anonymous("GET /router/api/v1/system/ping", text("OK"))
	s.anonymous("GET /router/api/v1/system/health", fixed(routerHealth(s.ServiceID)))
	s.anonymous("POST /artifactory/api/system/usage", text(""))

	s.authenticated("GET /artifactory/api/system/version", fixed(map[string]any{
		"version": Version, "revision": revision,
		"addons":  []string{"aql", "build", "git", "go", "ldap", "npm", "properties", "pypi", "rest", "sso", "tokens"},
		"license": "embedded registry",
	}))
	license := map[string]string{
		"type": "Enterprise Plus", "validThrough": "Jan 1, 2100", "licensedTo": "embedded registry",
	}
	s.authenticated("GET /artifactory/api/system/license", fixed(license))
	s.admin("GET /artifactory/api/system/licenses", fixed([]map[string]string{license}), "info/licenses:r")
	s.authenticated("GET /artifactory/api/system/service_id", text(strings.Replace(s.ServiceID, "jfac@", "jfrt@", 1)))
	s.admin("PUT /artifactory/api/system/configuration/baseUrl", s.putBaseURL)

	// Unlike Artifactory's ping, that of Access wants a credential: external-auth clients validate tokens by it.
	s.authenticated("GET /access/api/v1/system/ping", text("OK"))
	s.authenticated("GET /access/api/v1/system/version", fixed(map[string]string{"name": AccessVersion, "revision": revision}))
	s.anonymous("GET /access/api/v1/cert/root", text(base64.StdEncoding.EncodeToString(s.Root)))
}

func routerHealth(serviceID string) map[string]any {
	node := strings.TrimPrefix(serviceID, "jfac@")
	healthy := func(id string) map[string]string {
		return map[string]string{"service_id": id + "@" + node, "node_id": "embedded", "state": "HEALTHY", "message": "OK"}
	}
	return map[string]any{
		"router":   map[string]string{"node_id": "embedded", "state": "HEALTHY", "message": "OK"},
		"services": []map[string]string{healthy("jfrt"), healthy("jfac")},
	}
}

// putBaseURL sets the URL used in links, as the set-up scripts of test suites do.
func (s *server) putBaseURL(w http.ResponseWriter, r *http.Request, _ *principal) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return badRequest("Failed to read the request body")
	}
	base := strings.TrimSuffix(strings.TrimSpace(string(body)), "/")
	if parsed, err := url.Parse(base); err != nil || parsed.Host == "" {
		return badRequest("Invalid base URL: " + base)
	}
	s.mu.Lock()
	s.baseURL = strings.TrimSuffix(base, "/artifactory")
	s.mu.Unlock()
	writeText(w, http.StatusOK, "URL base has been successfully updated to \""+base+"\".\n")
	return nil
}
