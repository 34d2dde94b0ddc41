package artifactkeeper

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

var userFields = []string{
	"id", "username", "email", "display_name", "auth_provider", "is_active", "is_admin",
	"must_change_password", "last_login_at", "created_at",
}

func TestUserCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	created := w.call("POST", "/api/v1/users", w.asAdmin(),
		object{"username": "dave", "email": "dave@example.com", "password": "a fine password", "display_name": "Dave"}).ok().object()
	wantKeys(t, created, "user", "generated_password")
	user := created["user"].(object)
	wantKeys(t, user, userFields...)
	if user["auth_provider"] != "local" || user["is_active"] != true || user["is_admin"] != false ||
		user["must_change_password"] != false || user["display_name"] != "Dave" || created["generated_password"] != nil {
		t.Error(created)
	}
	made := w.call("POST", "/api/v1/users", w.asAdmin(),
		object{"username": "erin", "email": "erin@example.com", "is_admin": true, "password": nil}).ok().object()
	secret, _ := made["generated_password"].(string)
	if user := made["user"].(object); len(secret) != 16 || user["must_change_password"] != true || user["display_name"] != nil ||
		user["is_admin"] != true {
		t.Error(made)
	}
	w.get("/api/v1/users/me", basic("erin", secret)).is(http.StatusPreconditionRequired)
}

func TestUserCreateRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	post := func(o object) answer { return w.call("POST", "/api/v1/users", w.asAdmin(), o) }
	post(object{"username": aliceName, "email": "new@example.com"}).failsWith(409, "CONFLICT")
	if a := post(object{"username": "new", "email": "alice@example.com"}).failsWith(409, "CONFLICT"); !strings.Contains(a.body, "Email already exists") {
		t.Error(a.body)
	}
	for _, secret := range []string{"short", strings.Repeat("x", 129), "Admin123"} {
		post(object{"username": "new", "email": "new@example.com", "password": secret}).failsWith(400, "VALIDATION_ERROR")
	}
	post(object{"username": strings.Repeat("x", 256), "email": "new@example.com"}).failsWith(500, "DATABASE_ERROR")
	// Names and addresses have no syntax.
	post(object{"username": "with space / ünï", "email": "not an address"}).ok()
	w.call("POST", "/api/v1/users", bearer(w.token(w.alice, "*")), object{}).says(403, "Admin access required")
}

func TestUserUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	patch := func(o any) answer { return w.call("PATCH", "/api/v1/users/"+w.alice, w.asAdmin(), o) }
	user := patch(object{"email": "a@example.com", "display_name": "Alice"}).ok().object()
	wantKeys(t, user, userFields...)
	user = patch(`{"email":null,"display_name":null,"is_active":null,"is_admin":null}`).ok().object()
	if user["email"] != "a@example.com" || user["display_name"] != "Alice" || user["is_active"] != true {
		t.Errorf("null changed something: %v", user)
	}
	if user = patch(object{"display_name": ""}).ok().object(); user["display_name"] != "" {
		t.Errorf("display name %v, want empty and not null", user["display_name"])
	}
	patch(object{"email": "bob@example.com"}).failsWith(500, "DATABASE_ERROR")
	patch(object{"email": 5}).begins(422, "Failed to deserialize")
	if user = patch(object{"username": "other", "password": "ignored"}).ok().object(); user["username"] != aliceName {
		t.Errorf("unknown fields are not ignored: %v", user)
	}
	w.call("PATCH", "/api/v1/users/"+uuid.NewString(), w.asAdmin(), object{}).failsWith(404, "NOT_FOUND")
}

func TestUserDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	w.rule("user", w.alice, "repository", w.npm.ID, "read")
	token := w.token(w.alice, "read:artifacts")
	w.call("DELETE", "/api/v1/users/"+w.admin, w.asAdmin(), nil).failsWith(400, "VALIDATION_ERROR")
	w.call("DELETE", "/api/v1/users/"+w.alice, w.asAdmin(), nil).empty(200)
	w.call("DELETE", "/api/v1/users/"+w.alice, w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
	w.get("/api/v1/users/"+w.alice, w.asAdmin()).failsWith(404, "NOT_FOUND")
	w.get("/api/v1/users/me", bearer(token)).is(401)
	// The rule stays, without a name.
	rows := w.get("/api/v1/permissions", w.asAdmin()).ok().object()["items"].([]any)
	if len(rows) != 1 || rows[0].(object)["principal_name"] != nil {
		t.Errorf("orphaned rules: %v", rows)
	}
}

func TestUserRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	alice := bearer(w.token(w.alice, "read:artifacts"))
	wantKeys(t, w.get("/api/v1/users/"+w.alice, alice).ok().object(), userFields...)
	w.get("/api/v1/users/"+strings.ToUpper(w.alice), alice).ok()
	w.get("/api/v1/users/"+w.bob, alice).failsWith(403, "FORBIDDEN")
	w.get("/api/v1/users/"+w.bob, w.asAdmin()).ok()
	w.get("/api/v1/users", alice).says(403, "Admin access required")
}

func TestUserList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for i := range 30 {
		w.call("POST", "/api/v1/users", w.asAdmin(), object{
			"username": fmt.Sprintf("user%02d", i),
			"email":    fmt.Sprintf("u%02d@example.org", i), "password": password, "display_name": "Nr_" + fmt.Sprint(i),
		}).ok()
	}
	w.change(w.bob, func(u *state.User) { u.Active = false })
	list := func(q string) object { return w.get("/api/v1/users"+q, w.asAdmin()).ok().object() }
	first := list("")
	wantKeys(t, first, "items", "pagination")
	if got := first["pagination"]; fmt.Sprint(got) != "map[page:1 per_page:20 total:33 total_pages:2]" {
		t.Error(got)
	}
	if got := names(t, first, "username"); len(got) != 20 || !slices.IsSorted(got) || got[0] != adminName {
		t.Error(got)
	}
	for q, want := range map[string]int{
		"?page=2": 13, "?page=9": 0, "?page=0": 20, "?per_page=0": 1, "?per_page=500": 33, "?per_page=5&page=7": 3,
		"?search=ALICE": 1, "?search=example.org": 20, "?search=example.org&per_page=100": 30, "?search=nr_2": 11,
		"?search=user_0": 3, "?search=u%25r07": 1, "?is_admin=true": 1, "?is_active=false": 1,
		"?is_active=true&is_admin=false&per_page=100": 31, "?search=nobody": 0,
	} {
		if got := len(list(q)["items"].([]any)); got != want {
			t.Errorf("%s: %d users, want %d", q, got, want)
		}
	}
	w.get("/api/v1/users?is_admin=yes", w.asAdmin()).begins(400, "Failed to deserialize query string")
	w.get("/api/v1/users?page=-1", w.asAdmin()).begins(400, "Failed to deserialize query string")
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	path := "/api/v1/users/" + w.alice + "/password"
	alice := w.login(aliceName)
	w.call("POST", path, alice, object{"new_password": "another one"}).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", path, alice, object{"current_password": "wrong", "new_password": "another one"}).failsWith(401, "AUTH_ERROR")
	w.call("POST", path, alice, object{"current_password": password, "new_password": "short"}).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", "/api/v1/users/"+w.bob+"/password", alice, object{"new_password": "another one"}).failsWith(403, "FORBIDDEN")
	w.call("POST", path, alice, object{}).begins(422, "Failed to deserialize")
	w.call("POST", path, alice, object{"current_password": password, "new_password": "another one"}).empty(200)
	w.get("/api/v1/users/me", basic(aliceName, "another one")).ok()
	// An administrator needs no old password, not even the own.
	token := w.token(w.admin, "*")
	w.call("POST", "/api/v1/users/"+w.admin+"/password", bearer(token), object{"new_password": "another one"}).empty(200)
	w.call("POST", "/api/v1/users/"+uuid.NewString()+"/password", bearer(token), object{"new_password": "another one"}).
		failsWith(404, "NOT_FOUND")
	w.change(w.bob, func(u *state.User) { u.PasswordHash = nil })
	w.call("POST", "/api/v1/users/"+w.bob+"/password", bearer(token), object{"new_password": "another one"}).
		failsWith(400, "VALIDATION_ERROR")
	// Tokens survive.
	w.get("/api/v1/users/me", bearer(token)).ok()
	long := strings.Repeat("0123456789", 12)
	w.call("POST", path, bearer(token), object{"new_password": long}).empty(200)
	w.get("/api/v1/users/me", basic(aliceName, long)).ok()
}

func TestPasswordReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	reset := w.call("POST", "/api/v1/users/"+w.alice+"/password/reset", w.asAdmin(), nil).ok().object()
	wantKeys(t, reset, "temporary_password")
	session := w.call("POST", "/api/v1/auth/login", nil,
		object{"username": aliceName, "password": reset["temporary_password"]}).ok().object()
	if session["must_change_password"] != true {
		t.Error(session)
	}
	w.call("POST", "/api/v1/users/"+w.admin+"/password/reset", w.asAdmin(), nil).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", "/api/v1/users/"+w.bob+"/force-password-change", w.asAdmin(), nil).empty(200)
	if !w.user(w.bob).MustChange {
		t.Error("no change is forced")
	}
	w.call("POST", "/api/v1/users/"+w.bob+"/password/reset", bearer(w.token(w.alice, "*")), nil).says(403, "Admin access required")
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{RateLimits: true})
	a := w.get("/api/v1/setup/status", nil).ok()
	if a.header.Get("X-RateLimit-Limit") != "10000" || a.header.Get("X-RateLimit-Remaining") != "9999" {
		t.Errorf("limit headers %v", a.header)
	}
	set := func(id string) answer {
		return w.call("POST", "/api/v1/users/"+id+"/password", w.asAdmin(), object{"new_password": "another one"})
	}
	// Counted by caller, over all the accounts whose password is set.
	for i, id := range []string{w.alice, w.bob, w.alice, w.bob, w.alice} {
		if a := set(id).ok(); a.header.Get("X-RateLimit-Remaining") != fmt.Sprint(4-i) {
			t.Errorf("remaining %q after %d", a.header.Get("X-RateLimit-Remaining"), i+1)
		}
	}
	limited := set(w.bob).is(http.StatusTooManyRequests)
	if limited.header.Get("X-RateLimit-Limit") != "5" || limited.header.Get("X-RateLimit-Remaining") != "0" ||
		!regexp.MustCompile(`^[0-9]+$`).MatchString(limited.header.Get("Retry-After")) ||
		!strings.HasPrefix(limited.header.Get("Content-Type"), "text/plain") {
		t.Errorf("429 headers %v", limited.header)
	}
	w.call("POST", "/api/v1/users/"+w.bob+"/password/reset", w.asAdmin(), nil).is(http.StatusTooManyRequests)
	w.store.Advance(15 * 60 * 1e9)
	set(w.bob).ok()

	login := func(name string) answer {
		return w.call("POST", "/api/v1/auth/login", nil, object{"username": name, "password": "wrong"})
	}
	for range 10 {
		login("nobody").is(401)
	}
	login("nobody").is(http.StatusTooManyRequests)
	login("somebody").is(401)
}

func TestRateLimitsAreOffByDefault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for range 12 {
		w.call("POST", "/api/v1/users/"+w.bob+"/password/reset", w.asAdmin(), nil).ok()
	}
	if got := w.get("/health", nil).header.Get("X-RateLimit-Limit"); got != "" {
		t.Errorf("limit header %q", got)
	}
}
