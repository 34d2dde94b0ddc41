package artifactkeeper

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (w *world) mintFor(userID string, header http.Header, body object) answer {
	return w.call("POST", "/api/v1/users/"+userID+"/tokens", header, body)
}

func TestTokenLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	made := w.mintFor(w.alice, w.asAdmin(), object{"name": "ci", "scopes": []string{"read:artifacts"}, "expires_in_days": 30}).ok().object()
	wantKeys(t, made, "id", "name", "token")
	value := made["token"].(string)
	if !regexp.MustCompile(`^[0-9a-f]{8}_[0-9a-f]{32}$`).MatchString(value) {
		t.Errorf("token value %q", value)
	}
	me := w.get("/api/v1/auth/me", bearer(value)).ok().object()
	if me["username"] != aliceName {
		t.Errorf("the token is %v's", me["username"])
	}
	list := w.get("/api/v1/users/"+w.alice+"/tokens", w.asAdmin()).ok().object()
	wantKeys(t, list, "items")
	item := list["items"].([]any)[0].(object)
	wantKeys(t, item, "id", "name", "token_prefix", "scopes", "expires_at", "last_used_at", "created_at")
	if item["id"] != made["id"] || item["token_prefix"] != value[:8] || item["last_used_at"] == nil {
		t.Error(item)
	}
	created, _ := time.Parse(time.RFC3339Nano, item["created_at"].(string))
	expires, _ := time.Parse(time.RFC3339Nano, item["expires_at"].(string))
	if expires.Sub(created) != 30*day {
		t.Errorf("lives %v", expires.Sub(created))
	}
	path := "/api/v1/users/" + w.alice + "/tokens/" + made["id"].(string)
	w.call("DELETE", "/api/v1/users/"+w.bob+"/tokens/"+made["id"].(string), w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
	w.call("DELETE", path, w.asAdmin(), nil).empty(200)
	w.call("DELETE", path, w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
	w.get("/api/v1/auth/me", bearer(value)).says(401, "Invalid or expired token")
	if got := w.get("/api/v1/users/"+w.alice+"/tokens", w.asAdmin()).ok().body; got != `{"items":[]}` {
		t.Errorf("a revoked token is listed: %s", got)
	}
	w.get(path, w.asAdmin()).empty(http.StatusMethodNotAllowed)
}

// Out-of-range lifetimes are clamped, absent ones are forever.
func TestTokenExpiryClamp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for _, tc := range []struct {
		days any
		want time.Duration
	}{{0, day}, {-5, day}, {1, day}, {3650, 3650 * day}, {9999, 3650 * day}, {nil, 0}} {
		id := w.mintFor(w.alice, w.asAdmin(), object{"name": "x", "scopes": []string{}, "expires_in_days": tc.days}).ok().object()["id"].(string)
		w.store.View(func(st *state.State) {
			token := st.TokenByID(id)
			if tc.want == 0 {
				if !token.ExpiresAt.IsZero() {
					t.Errorf("%v: expires", tc.days)
				}
			} else if got := token.ExpiresAt.Sub(token.IssuedAt); got != tc.want {
				t.Errorf("%v: lives %v", tc.days, got)
			}
		})
	}
	// A timestamp is an unknown field: the token never expires.
	body := object{"name": "trap", "scopes": []string{}, "expires_at": "2030-01-01T00:00:00Z"}
	id := w.mintFor(w.alice, w.asAdmin(), body).ok().object()["id"].(string)
	w.store.View(func(st *state.State) {
		if !st.TokenByID(id).ExpiresAt.IsZero() {
			t.Error("expires_at was understood")
		}
	})
	w.mintFor(w.alice, w.asAdmin(), object{"name": "x", "scopes": []string{}, "expires_in_days": 1.5}).begins(422, "Failed to deserialize")
}

func TestTokenList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for _, name := range []string{"first", "second", "third", "third"} {
		w.mintFor(w.alice, w.asAdmin(), object{"name": name, "scopes": []string{"read:artifacts"}, "expires_in_days": 1}).ok()
	}
	w.store.Advance(2 * day)
	alice := w.login(aliceName)
	list := w.get("/api/v1/users/"+w.alice+"/tokens", alice).ok().object()
	if got := names(t, list, "name"); !slices.Equal(got, []string{"third", "third", "second", "first"}) {
		t.Errorf("newest first, expired included: %v", got)
	}
}

func TestTokenScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	mint := func(h http.Header, scopes ...string) answer {
		return w.mintFor(w.alice, h, object{"name": "x", "scopes": slices.Clone(append([]string{}, scopes...))})
	}
	mint(w.asAdmin(), allowedScopes...).ok()
	mint(w.asAdmin()).ok()
	for _, bad := range []string{"read", "write", "repository:read", "", "READ:artifacts", strings.Repeat("x", 257)} {
		mint(w.asAdmin(), bad).failsWith(400, "VALIDATION_ERROR")
	}
	many := make([]string, 51)
	for i := range many {
		many[i] = "read:artifacts"
	}
	mint(w.asAdmin(), many...).failsWith(400, "VALIDATION_ERROR")
	mint(w.asAdmin(), many[:50]...).ok()

	session := w.login(aliceName)
	mint(session, "read:artifacts", "write:artifacts", "read:repositories", "write:repositories", "read:users").ok()
	for _, scope := range adminScopes {
		mint(session, scope).failsWith(403, "FORBIDDEN")
	}
	// A token hands out no more than it has.
	reader := bearer(w.token(w.alice, "read:artifacts"))
	mint(reader, "read:artifacts").ok()
	mint(reader, "write:artifacts").failsWith(403, "FORBIDDEN")
	// Neither expiry nor anything else is inherited.
	id := mint(reader, "read:artifacts").ok().object()["id"].(string)
	w.store.View(func(st *state.State) {
		if !st.TokenByID(id).ExpiresAt.IsZero() {
			t.Error("expiry inherited")
		}
	})
}

func TestTokensOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	alice := w.login(aliceName)
	path := "/api/v1/users/" + w.bob + "/tokens"
	body := object{"name": "x", "scopes": []string{"read:artifacts"}}
	w.get(path, alice).failsWith(403, "FORBIDDEN")
	w.call("POST", path, alice, body).failsWith(403, "FORBIDDEN")
	w.call("POST", path, alice, object{}).begins(422, "Failed to deserialize")
	w.call("DELETE", path+"/"+uuid.NewString(), alice, nil).failsWith(403, "FORBIDDEN")
	// An administrator's token without the scope is nobody special.
	w.call("POST", path, bearer(w.token(w.admin, "read:artifacts", "write:users")), body).failsWith(403, "FORBIDDEN")
	w.call("POST", path, bearer(w.token(w.admin, "*")), body).ok()
	w.mintFor(uuid.NewString(), w.asAdmin(), body).failsWith(500, "DATABASE_ERROR")
	if got := w.get("/api/v1/users/"+uuid.NewString()+"/tokens", w.asAdmin()).ok().body; got != `{"items":[]}` {
		t.Errorf("tokens of nobody: %s", got)
	}
	w.mintFor(w.bob, w.asAdmin(), object{"name": strings.Repeat("x", 256), "scopes": []string{}}).failsWith(500, "DATABASE_ERROR")
}

func TestOwnTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	alice := w.login(aliceName)
	body := object{"name": "mine", "scopes": []string{"read:artifacts"}}
	for _, path := range []string{"/api/v1/auth/tokens", "/api/v1/users/me/tokens", "/api/v1/profile/access-tokens"} {
		made := w.call("POST", path, alice, body).ok().object()
		wantKeys(t, made, "id", "name", "token")
		w.call("DELETE", path+"/"+made["id"].(string), bearer(made["token"].(string)), nil).empty(200)
		w.call("DELETE", path+"/"+made["id"].(string), alice, nil).failsWith(404, "NOT_FOUND")
		w.call("POST", path, nil, body).says(401, "Missing authorization header")
	}
	w.get("/api/v1/auth/tokens", alice).empty(http.StatusMethodNotAllowed)
	w.call("POST", "/api/v1/auth/tokens", alice, object{}).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", "/api/v1/users/me/tokens", alice, object{"name": "x"}).begins(422, "Failed to deserialize")
	w.call("POST", "/api/v1/profile/access-tokens", alice, object{"name": "plain"}).ok()
	for _, path := range []string{"/api/v1/users/me/tokens", "/api/v1/profile/access-tokens"} {
		item := w.get(path, alice).ok().object()["items"].([]any)[0].(object)
		if fmt.Sprint(item["scopes"]) != "[read:artifacts]" || item["expires_at"] != nil {
			t.Errorf("%s: %v", path, item)
		}
	}
}

func TestTokenFollowsItsOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	token := bearer(w.token(w.alice, "read:artifacts"))
	patch := func(active bool) {
		w.call("PATCH", "/api/v1/users/"+w.alice, w.asAdmin(), object{"is_active": active}).ok()
	}
	w.get("/api/v1/auth/me", token).ok()
	patch(false)
	w.get("/api/v1/auth/me", token).is(401)
	w.get("/npm/npm-public/-/ping", token).is(401)
	patch(true)
	w.get("/api/v1/auth/me", token).ok()
}

func TestTokenLastUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	token := w.token(w.alice, "read:artifacts")
	used := func() (at time.Time) {
		w.get("/api/v1/auth/me", bearer(token)).ok()
		w.store.View(func(st *state.State) { at = findToken(st, token).LastUsed })
		return at
	}
	first := used()
	w.store.Advance(time.Minute)
	if got := used(); !got.Equal(first) {
		t.Errorf("noted again after a minute")
	}
	w.store.Advance(5 * time.Minute)
	if got := used(); !got.After(first) {
		t.Errorf("not noted after six minutes")
	}
}

// Effective administrators, and the bare scopes that colon scopes never satisfy.
func TestEffectiveAdmin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	allBut := slices.DeleteFunc(slices.Clone(allowedScopes), func(s string) bool { return s == "admin" || s == "*" })
	for name, tc := range map[string]struct {
		header http.Header
		admin  bool
	}{
		"admin scope":       {bearer(w.token(w.admin, "admin")), true},
		"star scope":        {bearer(w.token(w.admin, "*")), true},
		"session":           {w.login(adminName), true},
		"every colon scope": {bearer(w.token(w.admin, allBut...)), false},
		"star of a user":    {bearer(w.token(w.alice, "*")), false},
	} {
		for i, request := range []struct {
			method, path string
			body         any
		}{
			{"GET", "/api/v1/users", nil},
			{"GET", "/api/v1/permissions", nil},
			{"GET", "/api/v1/service-accounts", nil},
			{"POST", "/api/v1/groups", object{"name": "g " + name}},
			{"POST", "/api/v1/repositories", object{
				"key": "r" + strings.ReplaceAll(name, " ", "-"), "name": "r",
				"format": "npm", "repo_type": "local",
			}},
		} {
			a := w.call(request.method, request.path, tc.header, request.body)
			if good := a.status == 200; good != tc.admin || !good && a.status != 403 {
				t.Errorf("%s, request %d: %d %s", name, i, a.status, a.body)
			}
		}
	}
}
