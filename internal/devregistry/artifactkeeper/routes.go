package artifactkeeper

import (
	"net/http"
	"path"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
)

// layer is the authentication middleware in front of a route; they differ in whom they let through and in how they
// refuse (Artifact Keeper: api/middleware/auth.rs).
type layer int

const (
	// public routes look at no credential.
	public layer = iota
	// optional routes accept anonymous callers, but refuse a credential that is not good.
	optional
	// hard routes need a caller, and one who has no password change due.
	hard
	// admin routes need an effective administrator.
	admin
)

// endpoint answers one request. The result is sent as JSON with status 200; nil is an empty 200; a responder writes itself.
// who is nil on public routes and for anonymous callers.
type endpoint func(r *http.Request, who *caller) (any, error)

func (s *server) handle(pattern string, l layer, f endpoint) {
	s.handleLimited(pattern, l, nil, f)
}

// limit is a rate limit of one route; it runs after authentication and writes its headers.
type limit func(w http.ResponseWriter, r *http.Request, who *caller) error

func (s *server) handleLimited(pattern string, l layer, limited limit, f endpoint) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		who, err := s.admit(l, r)
		if err != nil {
			writeError(w, err)
			return
		}
		if who != nil {
			who.note(record.From(r.Context()))
		}
		if limited != nil {
			if err := limited(w, r, who); err != nil {
				writeError(w, err)
				return
			}
		}
		result, err := f(r, who)
		if err != nil {
			writeError(w, err)
			return
		}
		writeResult(w, result)
	})
}

func (s *server) routes() {
	s.healthRoutes()
	s.sessionRoutes()
	s.userRoutes()
	s.passwordRoutes()
	s.tokenRoutes()
	s.repositoryRoutes()
	s.groupRoutes()
	s.permissionRoutes()
	s.serviceAccountRoutes()
	s.repoTokenRoutes()
	s.projectRoutes()
	s.ssoRoutes()
	s.signInRoutes()
	s.ciRoutes()
}

// ServeHTTP runs the layers every request passes, outermost first: correlation id, setup lock, guest access
// (Artifact Keeper: api/routes.rs).
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Correlation-ID", correlationID(r))
	if err := s.setupGuard(r.URL.Path); err != nil {
		writeError(w, err)
		return
	}
	if err := s.guestGuard(r); err != nil {
		writeError(w, err)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/api/v1/") {
		if err := s.limits.api.allow(w, clientIP(r)); err != nil {
			writeError(w, err)
			return
		}
	}
	entry := record.From(r.Context())
	if isOCI(r.URL.Path) {
		entry.Endpoint = r.Method + " /v2"
		s.serveOCI(w, r)
		return
	}
	if prefix, ok := nativePrefix(r.URL.Path); ok {
		entry.Endpoint = r.Method + " /" + prefix + "/{repository}"
		s.serveNative(w, r, prefix)
		return
	}
	if path.Clean(r.URL.Path)+trailingSlash(r.URL.Path) != r.URL.Path {
		w.WriteHeader(http.StatusNotFound) // where Go's router would redirect, the server's knows no such path
		return
	}
	_, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.unrouted(w, r)
		return
	}
	entry.Endpoint = pattern
	s.mux.ServeHTTP(w, r)
}

func trailingSlash(p string) string {
	if len(p) > 1 && strings.HasSuffix(p, "/") {
		return "/"
	}
	return ""
}

// unrouted answers what no route takes: 405 with an empty body when the path is known under another method, 501 for what
// the real server has and this one does not, and the router's empty 404 for the rest, collection URLs with a trailing
// slash included (Artifact Keeper: api/handlers/ci_auth_admin.rs notes them).
func (s *server) unrouted(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	probe := r.Clone(r.Context())
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		probe.Method = method
		if _, pattern := s.mux.Handler(probe); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ","))
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	p := r.URL.Path
	if trailingSlash(p) == "" && unmodelled(p) {
		writeError(w, notModelled(p))
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

// unmodelledRoots are the parts of the real server outside of /api/v1 that are absent here (Artifact Keeper: api/routes.rs).
var unmodelledRoots = []string{"/api/cargo/", "/api/helm/", "/metrics", "/swagger-ui"}

// unmodelledAPI are the collections under /api/v1 that are absent here, wholly or in parts.
var unmodelledAPI = []string{
	"admin", "analytics", "approval", "artifacts", "auth/sso", "auth/ticket", "auth/totp", "builds", "curation",
	"dependency-track", "download-holds", "environments", "events", "groups", "lifecycle", "migrations", "monitoring",
	"openapi.json", "packages", "peers", "permissions", "plugins", "profile", "projects", "promotion", "promotion-rules",
	"quality-gates", "quarantine", "repositories", "sbom", "search", "security", "service-accounts", "signing", "smtp",
	"sync-policies", "system", "tree", "users", "webhooks",
}

func unmodelled(p string) bool {
	for _, root := range unmodelledRoots {
		if strings.HasPrefix(p, root) {
			return true
		}
	}
	rest, ok := strings.CutPrefix(p, "/api/v1/")
	if !ok {
		return false
	}
	for _, collection := range unmodelledAPI {
		if rest == collection || strings.HasPrefix(rest, collection+"/") {
			return true
		}
	}
	return false
}
