package artifactkeeper

import (
	"net"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// correlationID is the id a response carries: the request's own, the trace id of its traceparent, or a new one
// (Artifact Keeper: api/middleware/tracing.rs).
func correlationID(r *http.Request) string {
	id := r.Header.Get("X-Correlation-ID")
	if id == "" {
		// version-traceid-parentid-flags
		if parts := strings.Split(r.Header.Get("traceparent"), "-"); len(parts) == 4 && len(parts[1]) == 32 {
			id = parts[1]
		}
	}
	if id == "" {
		return uuid.NewString()
	}
	return id[:min(len(id), 256)]
}

// setupGuard is the lock of a server whose first administrator has not chosen a password yet (Artifact Keeper:
// api/middleware/setup.rs).
func (s *server) setupGuard(path string) error {
	if !s.setupRequired() || reachableInSetup(path) {
		return nil
	}
	if isOCI(path) {
		return &guardError{status: http.StatusForbidden, body: ociErrors("DENIED",
			"initial setup is required: change the admin password via the API to unlock the registry")}
	}
	return &guardError{status: http.StatusForbidden, body: struct {
		Error        string   `json:"error"`
		Message      string   `json:"message"`
		Instructions []string `json:"instructions"`
	}{
		"SETUP_REQUIRED",
		"Initial setup is required. Change the admin password to unlock the API.",
		[]string{
			"1. Log in: POST /api/v1/auth/login with the generated admin password",
			"2. Change it: POST /api/v1/users/{id}/password",
		},
	}}
}

func (s *server) setupRequired() bool {
	if !s.opt.SetupLock {
		return false
	}
	required := true
	s.store.View(func(st *state.State) { required = !st.ArtifactKeeper.SetupDone })
	return required
}

func isHealth(path string) bool {
	switch path {
	case "/health", "/healthz", "/ready", "/readyz", "/livez":
		return true
	}
	return false
}

func isOCI(path string) bool { return path == "/v2" || strings.HasPrefix(path, "/v2/") }

func reachableInSetup(path string) bool {
	return isHealth(path) || path == "/metrics" || path == "/api/v1/setup/status" || strings.HasPrefix(path, "/api/v1/auth") ||
		strings.HasPrefix(path, "/api/v1/users/") && strings.HasSuffix(path, "/password")
}

// guestGuard refuses requests without a good credential when guests are not welcome (Artifact Keeper:
// api/middleware/guest_access.rs). It accepts any form that some route does; the route looks again.
func (s *server) guestGuard(r *http.Request) error {
	path := r.URL.Path
	if !s.opt.GuestAccessOff || isHealth(path) || isOCI(path) || path == "/api/v1/system/config" ||
		strings.HasPrefix(path, "/api/v1/auth/") || strings.HasPrefix(path, "/api/v1/setup/") {
		return nil
	}
	if s.resolve(credentialOf(r), encodedPasswords|basicTokens) != nil {
		return nil
	}
	return &guardError{status: http.StatusUnauthorized, challenges: challengesFor(r), body: struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}{"GUEST_ACCESS_DISABLED", "This instance requires authentication. Please log in."}}
}

// ociErrors is the error envelope of the OCI distribution specification.
func ociErrors(code, message string) any {
	type entry struct {
		Code    string  `json:"code"`
		Message string  `json:"message"`
		Detail  *string `json:"detail"`
	}
	return struct {
		Errors []entry `json:"errors"`
	}{[]entry{{Code: code, Message: message}}}
}

// clientIP is the address rate limits count by. The peer's own word for it is not taken.
func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func isWrite(method string) bool {
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}
