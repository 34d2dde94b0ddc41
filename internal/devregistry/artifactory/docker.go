package artifactory

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// dockerRoutes serve images by repository path, as in docker pull HOST/REPOSITORY/IMAGE, and below the API of each
// repository. Both are the distribution API with a token service of its own (JFrog help: "Docker Registry").
func (s *server) dockerRoutes() {
	const api = "/artifactory/api/docker/{repository}/v2"
	for _, root := range []string{"/v2", "/v2/{$}", api, api + "/{$}"} {
		s.authenticated("GET "+root, dockerPing)
	}
	s.authenticated("GET /v2/token", s.dockerToken)
	s.authenticated("GET "+api+"/token", s.dockerToken)
	s.anonymous("/v2/{repository}/{path...}", func(w http.ResponseWriter, r *http.Request, p *principal) error {
		return s.serveImages(w, r, p, s.base(r)+"/v2/"+r.PathValue("repository"))
	})
	s.anonymous(api+"/{path...}", func(w http.ResponseWriter, r *http.Request, p *principal) error {
		return s.serveImages(w, r, p, s.base(r)+"/artifactory/api/docker/"+r.PathValue("repository")+"/v2")
	})
	s.authenticated("/v2/_catalog", func(http.ResponseWriter, *http.Request, *principal) error {
		return notModelled("The catalog of images")
	})
}

func (s *server) serveImages(w http.ResponseWriter, r *http.Request, p *principal, base string) error {
	return s.serveRepository(w, r, p, place{
		format: packages.FormatOCI, key: r.PathValue("repository"), path: r.PathValue("path"), base: base,
	})
}

func dockerPing(w http.ResponseWriter, _ *http.Request, _ *principal) error {
	w.Header().Set("Docker-Distribution-API-Version", "registry/2.0")
	writeJSON(w, http.StatusOK, struct{}{})
	return nil
}

// dockerTokenLifetime is what the token service gives.
const dockerTokenLifetime = time.Hour

// dockerToken changes a credential for a token of an hour with the same rights. It is not stored: a client asks for one per
// command, so that what is revoked ends with the next.
func (s *server) dockerToken(w http.ResponseWriter, _ *http.Request, p *principal) error {
	now := s.Store.Now().Truncate(time.Second)
	token := &state.Token{
		ID: uuid.NewString(), Username: p.username, UserID: p.userID, Scopes: []string{defaultScope}, Audience: "*@*",
		IssuedAt: now, ExpiresAt: now.Add(dockerTokenLifetime),
	}
	if p.token.Scope != "" {
		token.Scopes = splitScope(p.token.Scope)
	}
	signed, err := s.signer.sign(s.claimsOf(token))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, struct {
		Token     string `json:"token"`
		ExpiresIn int    `json:"expires_in"`
	}{signed, int(dockerTokenLifetime.Seconds())})
	return nil
}

// isDocker tells the distribution API, whose clients understand errors and challenges of its own only.
func isDocker(r *http.Request) bool {
	_, api := dockerRoot(r.URL.Path)
	return api
}

// dockerRoot is the root of the distribution API a path is below.
func dockerRoot(path string) (string, bool) {
	if path == "/v2" || strings.HasPrefix(path, "/v2/") {
		return "/v2", true
	}
	rest, ok := strings.CutPrefix(path, "/artifactory/api/docker/")
	key, below, _ := strings.Cut(rest, "/")
	return "/artifactory/api/docker/" + key + "/v2", ok && (below == "v2" || strings.HasPrefix(below, "v2/"))
}

// challenge prepares the header that goes with a 401. At the token service itself it is the ordinary one, or a client that
// was refused there would be sent there again.
func (s *server) challenge(w http.ResponseWriter, r *http.Request) {
	root, docker := dockerRoot(r.URL.Path)
	if !docker || r.URL.Path == root+"/token" {
		return
	}
	base := s.base(r)
	service := base
	if parsed, err := url.Parse(base); err == nil {
		service = parsed.Host
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="`+base+root+`/token",service="`+service+`"`)
}

// dockerCodes are those of the distribution specification.
var dockerCodes = map[int]string{
	http.StatusUnauthorized: "UNAUTHORIZED", http.StatusForbidden: "DENIED", http.StatusNotFound: "NAME_UNKNOWN",
	http.StatusMethodNotAllowed: "UNSUPPORTED", http.StatusNotImplemented: "UNSUPPORTED", http.StatusTooManyRequests: "TOOMANYREQUESTS",
}

func writeDockerError(w http.ResponseWriter, p *problem) {
	type entry struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Detail  any    `json:"detail"`
	}
	code, known := dockerCodes[p.status]
	if !known {
		code = "UNKNOWN"
	}
	switch {
	case p.status != http.StatusUnauthorized:
		w.Header().Del("WWW-Authenticate")
	case w.Header().Get("WWW-Authenticate") == "":
		w.Header().Set("WWW-Authenticate", `Basic realm="Artifactory Realm"`)
	}
	w.Header().Set("Docker-Distribution-API-Version", "registry/2.0")
	writeJSON(w, p.status, map[string][]entry{"errors": {{Code: code, Message: p.message}}})
}
