package artifactkeeper

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// Which credential works where: each form against one route of each layer.
func TestCredentialForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	session := strings.TrimPrefix(w.login(adminName).Get("Authorization"), "Bearer ")
	encoded := base64.StdEncoding.EncodeToString([]byte(adminName + ":" + password))
	const (
		hardPath     = "/api/v1/users/me"
		adminPath    = "/api/v1/users"
		optionalPath = "/api/v1/repositories"
		nativePath   = "/npm/npm-private/-/ping"
	)
	for name, tc := range map[string]struct {
		header                        http.Header
		hard, admin, optional, native bool
	}{
		"bearer session":      {bearer(session), true, true, true, true},
		"bearer token":        {bearer(w.adminToken), true, true, true, true},
		"token session":       {authorizationHeader("Token " + session), true, true, true, true},
		"token token":         {authorizationHeader("Token " + w.adminToken), true, true, true, true},
		"apikey token":        {authorizationHeader("ApiKey " + w.adminToken), true, true, true, true},
		"apikey session":      {authorizationHeader("ApiKey " + session), false, false, false, false},
		"x-api-key":           {http.Header{"X-Api-Key": {w.adminToken}}, true, true, true, true},
		"schemeless":          {authorizationHeader(w.adminToken), true, true, true, true},
		"basic password":      {basic(adminName, password), true, true, true, true},
		"basic lower case":    {authorizationHeader("basic " + encoded), true, true, true, true},
		"basic token":         {basic("__token__", w.adminToken), false, false, false, true},
		"basic session":       {basic("any", session), true, true, true, true},
		"bearer user:pass":    {bearer(encoded), false, true, true, true},
		"cookie":              {http.Header{"Cookie": {"ak_access_token=" + session}}, true, true, true, true},
		"wrong case bearer":   {authorizationHeader("bearer " + w.adminToken), false, false, false, false},
		"wrong case apikey":   {authorizationHeader("apikey " + w.adminToken), false, false, false, false},
		"wrong password":      {basic(adminName, "nope"), false, false, false, false},
		"authorization first": {http.Header{"Authorization": {"Bearer x"}, "X-Api-Key": {w.adminToken}}, false, false, false, false},
	} {
		for path, good := range map[string]bool{
			hardPath: tc.hard, adminPath: tc.admin, optionalPath: tc.optional, nativePath: tc.native,
		} {
			want := http.StatusUnauthorized
			if good {
				want = http.StatusOK
			}
			if a := w.get(path, tc.header); a.status != want {
				t.Errorf("%s on %s: %d %q, want %d", name, path, a.status, a.body, want)
			}
		}
	}
}

// The 401s of the layers: text without challenge, text with three, JSON.
func TestUnauthorizedVariants(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for _, path := range []string{"/api/v1/users/me", "/api/v1/users"} {
		w.get(path, nil).says(401, "Missing authorization header").challenges()
		w.get(path, bearer("x")).says(401, "Invalid or expired token").challenges()
		w.get(path, authorizationHeader("ApiKey x")).says(401, "Invalid or expired API token").challenges()
		w.get(path, basic("nobody", "x")).says(401, "Invalid credentials").challenges()
		w.get(path, authorizationHeader("Basic !!!")).says(401, "Invalid Basic auth credentials").challenges()
		w.get(path, authorizationHeader("Digest a b")).says(401, "Invalid authorization header format").challenges()
	}
	for _, path := range []string{"/api/v1/repositories", "/npm/npm-public/-/ping"} {
		w.get(path, bearer("x")).says(401, "Authentication required").challenges(allChallenges...)
	}
	for _, browser := range []http.Header{{"Sec-Fetch-Mode": {"navigate"}}, {"Accept": {"text/html,application/xhtml+xml"}}} {
		w.get("/npm/npm-private/x", browser).says(401, "Authentication required").challenges(challengeBearer)
	}
	pip := http.Header{"Accept": {"application/vnd.pypi.simple.v1+json, text/html; q=0.01"}}
	w.get("/pypi/nowhere/simple/", pip).says(401, "Authentication required").challenges(allChallenges...)
	w.get("/api/v1/users", bearer(w.token(w.alice, "read:artifacts"))).says(403, "Admin access required").challenges()
}

func TestForgedBrowserRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	session := strings.TrimPrefix(w.login(adminName).Get("Authorization"), "Bearer ")
	cookie := http.Header{"Cookie": {"ak_access_token=" + session}}
	w.get("/api/v1/users", cookie).ok()
	w.call("DELETE", "/api/v1/users/"+w.bob, cookie, nil).begins(403, "CSRF")
	cookie.Set("X-Requested-With", "XMLHttpRequest")
	w.call("DELETE", "/api/v1/users/"+w.bob, cookie, nil).empty(200)
}

// The three ways of refusing a body.
func TestBodyLayers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	text := w.asAdmin()
	text.Set("Content-Type", "text/plain")
	big := `{"username":"` + strings.Repeat("x", 1<<20) + `"}`
	for _, path := range []string{"/api/v1/users", "/api/v1/users/" + w.alice + "/tokens"} {
		w.call("POST", path, text, `{}`).begins(415, "Expected request with `Content-Type: application/json`")
		w.call("POST", path, w.asAdmin(), `{"a":`).begins(400, "Failed to parse the request body as JSON")
		w.call("POST", path, w.asAdmin(), `{}`).begins(422, "Failed to deserialize the JSON body")
		w.call("POST", path, w.asAdmin(), `[]`).begins(422, "Failed to deserialize the JSON body")
		w.call("POST", path, w.asAdmin(), big).begins(413, "Failed to buffer the request body")
	}
	w.call("POST", "/api/v1/users", w.asAdmin(), `{"username":null,"email":"x"}`).begins(422, "Failed to deserialize")
	w.call("POST", "/api/v1/users", w.asAdmin(), `{"Username":"a","email":"x"}`).begins(422, "Failed to deserialize")
	login := "/api/v1/auth/login"
	w.call("POST", login, http.Header{"Content-Type": {"text/plain"}}, `{}`).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", login, nil, `{`).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", login, nil, `{"username":1}`).failsWith(400, "VALIDATION_ERROR")
	w.get("/api/v1/users/not-a-uuid", w.asAdmin()).begins(400, "Invalid URL")
	w.get("/api/v1/users?page=x", w.asAdmin()).begins(400, "Failed to deserialize query string")
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	a := w.call("POST", "/api/v1/auth/login", nil, object{"username": aliceName, "password": password}).ok()
	body := a.object()
	wantKeys(t, body, "access_token", "refresh_token", "expires_in", "token_type", "must_change_password")
	if body["token_type"] != "Bearer" || body["expires_in"] != 1800.0 {
		t.Error(body)
	}
	cookies := strings.Join(a.header.Values("Set-Cookie"), "\n")
	for _, want := range []string{"ak_access_token=", "ak_refresh_token=", "HttpOnly", "SameSite=Strict"} {
		if !strings.Contains(cookies, want) {
			t.Errorf("cookies %q lack %s", cookies, want)
		}
	}
	for _, bad := range []object{
		{"username": aliceName, "password": "wrong"}, {"username": "nobody", "password": password},
	} {
		w.call("POST", "/api/v1/auth/login", nil, bad).failsWith(401, "AUTH_ERROR")
	}
	me := w.get("/api/v1/auth/me", w.login(aliceName)).ok().object()
	wantKeys(t, me, "id", "username", "email", "display_name", "is_admin", "totp_enabled")
	rich := w.get("/api/v1/users/me", w.login(aliceName)).ok().object()
	wantKeys(t, rich, "id", "username", "email", "display_name", "auth_provider", "is_active", "is_admin",
		"must_change_password", "last_login_at", "created_at")
	if rich["last_login_at"] == nil {
		t.Error("a login leaves no trace")
	}
	// The flag, not what the token may do.
	limited := bearer(w.token(w.admin, "read:artifacts"))
	if got := w.get("/api/v1/auth/me", limited).ok().object()["is_admin"]; got != true {
		t.Errorf("is_admin %v", got)
	}
}

func TestLoginWithSecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{TOTPUsers: []string{aliceName}})
	body := w.call("POST", "/api/v1/auth/login", nil, object{"username": aliceName, "password": password}).ok().object()
	if body["access_token"] != "" || body["totp_required"] != true || body["totp_token"] == "" {
		t.Error(body)
	}
	// Basic authentication does not ask for it.
	w.get("/api/v1/users/me", basic(aliceName, password)).ok()
}

func TestLockout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for range lockThreshold {
		w.call("POST", "/api/v1/auth/login", nil, object{"username": bobName, "password": "wrong"}).is(401)
	}
	if u := w.user(w.bob); u.FailedLogins != lockThreshold || u.LockedUntil.IsZero() {
		t.Errorf("after five failures: %d, locked until %v", u.FailedLogins, u.LockedUntil)
	}
	w.login(bobName)
	if u := w.user(w.bob); u.FailedLogins != 0 || !u.LockedUntil.IsZero() {
		t.Errorf("the right password does not lift the lock: %+v", u)
	}
}

func TestOnlyLocalUsersHavePasswords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	w.change(w.alice, func(u *state.User) { u.AuthProvider = "oidc" })
	w.call("POST", "/api/v1/auth/login", nil, object{"username": aliceName, "password": password}).failsWith(401, "AUTH_ERROR")
	w.get("/api/v1/users/me", basic(aliceName, password)).is(401)
	w.get("/npm/npm-public/-/ping", basic(aliceName, password)).is(401)
	if got := w.user(w.alice).FailedLogins; got != 0 {
		t.Errorf("%d failed logins counted", got)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	type pair struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	login := func() (p pair) {
		w.call("POST", "/api/v1/auth/login", nil, object{"username": aliceName, "password": password}).ok().into(&p)
		return p
	}
	refresh := func(token string) answer {
		return w.call("POST", "/api/v1/auth/refresh", nil, object{"refresh_token": token})
	}
	first := login()
	var second, third pair
	refresh(first.Refresh).ok().into(&second)
	w.get("/api/v1/auth/me", bearer(second.Access)).ok()
	// A replay within the grace is refused and harms nothing.
	refresh(first.Refresh).failsWith(401, "AUTH_ERROR")
	refresh(second.Refresh).ok().into(&third)
	// Later it is taken for theft.
	w.store.Advance(replayGrace + time.Second)
	refresh(second.Refresh).failsWith(401, "AUTH_ERROR")
	refresh(third.Refresh).failsWith(401, "AUTH_ERROR")

	refresh(first.Access).failsWith(401, "AUTH_ERROR")
	w.get("/api/v1/auth/me", bearer(first.Refresh)).is(401)
	w.call("POST", "/api/v1/auth/refresh", nil, object{}).failsWith(401, "AUTH_ERROR")
	w.call("POST", "/api/v1/auth/refresh", nil, nil).failsWith(400, "VALIDATION_ERROR")

	w.jar()
	login()
	w.call("POST", "/api/v1/auth/refresh", nil, object{}).ok()
	w.call("POST", "/api/v1/auth/logout", nil, nil).empty(200)
	w.call("POST", "/api/v1/auth/refresh", nil, object{}).failsWith(401, "AUTH_ERROR")
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world){
		"expiry": func(w *world) { w.store.Advance(accessLifetime + time.Second) },
		"deactivation": func(w *world) {
			w.call("PATCH", "/api/v1/users/"+w.alice, w.asAdmin(), object{"is_active": false}).ok()
		},
		"promotion": func(w *world) { w.call("PATCH", "/api/v1/users/"+w.alice, w.asAdmin(), object{"is_admin": true}).ok() },
		"password": func(w *world) {
			w.call("POST", "/api/v1/users/"+w.alice+"/password", w.asAdmin(), object{"new_password": "another one"}).ok()
		},
		"deletion": func(w *world) { w.call("DELETE", "/api/v1/users/"+w.alice, w.asAdmin(), nil).ok() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, Options{})
			session := w.login(aliceName)
			w.get("/api/v1/users/me", session).ok()
			end(w)
			w.get("/api/v1/users/me", session).says(401, "Invalid or expired token")
		})
	}
}

// A session that starts right after another was cut is good, however fast.
func TestNewSessionAfterCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for range 20 {
		w.change(w.alice, func(u *state.User) { cutSessions(u, time.Now()) })
		w.get("/api/v1/users/me", w.login(aliceName)).ok()
	}
}

func TestMustChangePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	session, token := w.login(adminName), w.asAdmin()
	w.change(w.admin, func(u *state.User) { u.MustChange = true })
	for _, h := range []http.Header{session, token} {
		w.get("/api/v1/users/me", h).begins(http.StatusPreconditionRequired, "Password change required")
		w.get("/api/v1/users/"+w.admin+"/tokens", h).is(http.StatusPreconditionRequired)
		w.get("/api/v1/auth/me", h).ok()
		// Only hard authentication insists.
		w.get("/api/v1/users", h).ok()
		w.get("/api/v1/repositories", h).ok()
		w.get("/npm/npm-private/-/ping", h).ok()
	}
	w.call("POST", "/api/v1/users/me/password", session, object{"new_password": "something else"}).ok()
	w.get("/api/v1/users/me", token).ok()
}
