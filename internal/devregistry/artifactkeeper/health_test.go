package artifactkeeper

import (
	"net/http"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func TestDetection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for _, path := range []string{"/health", "/healthz"} {
		health := w.get(path, nil).ok().object()
		wantKeys(t, health, "status", "version", "demo_mode", "checks")
		wantKeys(t, health["checks"].(object), "database", "storage")
		if health["version"] != "1.8.1" || health["demo_mode"] != false {
			t.Errorf("%s: %v", path, health)
		}
	}
	for _, path := range []string{"/ready", "/readyz", "/livez"} {
		w.get(path, nil).ok()
	}
	setup := w.get("/api/v1/setup/status", nil).ok().object()
	wantKeys(t, setup, "setup_required")
	if setup["setup_required"] != false {
		t.Error(setup)
	}
	config := w.get("/api/v1/system/config", nil).ok().object()
	wantKeys(t, config, "max_upload_size_bytes", "demo_mode", "guest_access_enabled", "auth")
	wantKeys(t, config["auth"].(object), "oidc_enabled", "ldap_enabled", "sso_enabled", "local_login_enabled",
		"admin_break_glass_enabled")
	if more := w.get("/api/v1/system/config", w.asAdmin()).ok().object(); more["permissions"] == nil {
		t.Errorf("administrators see more than %v", more)
	}
	if got := w.get("/api/v1/auth/sso/providers", nil).ok().body; got != "[]" {
		t.Errorf("providers: %s", got)
	}
}

func TestOCIPing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	challenge := `Bearer realm="` + w.url + `/v2/token",service="artifact-keeper"`
	for _, path := range []string{"/v2/", "/v2"} {
		a := w.get(path, nil).is(http.StatusUnauthorized).challenges(challenge)
		errors := a.object()["errors"].([]any)[0].(object)
		wantKeys(t, errors, "code", "message", "detail")
	}
	// A bare API token is not for the ping; sessions, passwords and tokens in Basic are.
	w.get("/v2/", w.asAdmin()).is(http.StatusUnauthorized)
	for _, h := range []http.Header{w.login(aliceName), basic(aliceName, password), basic("any", w.adminToken)} {
		w.get("/v2/", h).ok()
	}
}

func TestSetupLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{SetupLock: true})
	w.change(w.admin, func(u *state.User) { u.MustChange = true })
	if got := w.get("/api/v1/setup/status", nil).ok().object(); got["setup_required"] != true {
		t.Error(got)
	}
	w.get("/health", nil).ok()
	w.get("/readyz", nil).ok()
	for _, path := range []string{"/api/v1/system/config", "/api/v1/users", "/npm/npm-public/x"} {
		locked := w.get(path, w.asAdmin()).is(http.StatusForbidden).object()
		wantKeys(t, locked, "error", "message", "instructions")
		if locked["error"] != "SETUP_REQUIRED" {
			t.Errorf("%s: %v", path, locked)
		}
	}
	denied := w.get("/v2/", nil).is(http.StatusForbidden).object()
	if code := denied["errors"].([]any)[0].(object)["code"]; code != "DENIED" {
		t.Errorf("/v2/: %v", denied)
	}
	session := w.login(adminName)
	w.call("POST", "/api/v1/users/"+w.admin+"/password", session, object{"new_password": "something else"}).empty(200)
	w.get("/api/v1/system/config", nil).ok()
	if got := w.get("/api/v1/setup/status", nil).ok().object(); got["setup_required"] != false {
		t.Error(got)
	}
}

func TestGuestAccessOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{GuestAccessOff: true})
	for _, path := range []string{"/health", "/api/v1/system/config", "/api/v1/setup/status", "/api/v1/auth/sso/providers"} {
		w.get(path, nil).ok()
	}
	w.get("/v2/", nil).is(http.StatusUnauthorized)
	for _, path := range []string{"/api/v1/repositories", "/npm/npm-public/x", "/api/v1/users"} {
		refused := w.get(path, nil).is(http.StatusUnauthorized).challenges(allChallenges...).object()
		wantKeys(t, refused, "error", "message")
		if refused["error"] != "GUEST_ACCESS_DISABLED" {
			t.Errorf("%s: %v", path, refused)
		}
	}
	w.get("/api/v1/repositories", w.asAdmin()).ok()
	if got := w.get("/npm/npm-public/-/ping", bearer("wrong")).is(http.StatusUnauthorized).object()["error"]; got != "GUEST_ACCESS_DISABLED" {
		t.Errorf("a bad credential gets %v", got)
	}
	w.get("/npm/npm-public/-/ping", basic("__token__", w.adminToken)).ok()
}

func TestCorrelationID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	long := ""
	for range 300 {
		long += "x"
	}
	for name, tc := range map[string]struct{ header, value, want string }{
		"own":         {"X-Correlation-ID", "abc", "abc"},
		"truncated":   {"X-Correlation-ID", long, long[:256]},
		"traceparent": {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c"},
	} {
		h := http.Header{}
		h.Set(tc.header, tc.value)
		for _, path := range []string{"/health", "/nowhere", "/api/v1/users", "/npm/npm-private/x"} {
			if got := w.get(path, h).header.Get("X-Correlation-ID"); got != tc.want {
				t.Errorf("%s %s: %q, want %q", name, path, got, tc.want)
			}
		}
	}
	if got := w.get("/health", nil).header.Get("X-Correlation-ID"); len(got) != 36 {
		t.Errorf("generated id %q", got)
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for _, path := range []string{
		"/", "/nothing", "/api/v1/nothing", "/api/v1/users/", "/api/v1/groups/", "/api/v1/repositories/",
		"/api/v1/permissions/", "/api/v1//users", "/api/v1/users/../users",
	} {
		w.get(path, w.asAdmin()).empty(http.StatusNotFound)
	}
	w.call("PUT", "/api/v1/users", w.asAdmin(), object{}).empty(http.StatusMethodNotAllowed)
	for _, path := range []string{"/api/v1/search", "/api/v1/openapi.json", "/api/v1/auth/totp/verify"} {
		w.get(path, w.asAdmin()).failsWith(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	}
}
