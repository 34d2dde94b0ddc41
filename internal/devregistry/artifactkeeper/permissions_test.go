package artifactkeeper

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func grantOf(principalType, principalID, targetID string, actions ...string) object {
	return object{
		"principal_type": principalType, "principal_id": principalID, "target_type": "repository",
		"target_id": targetID, "actions": append([]string{}, actions...),
	}
}

func TestPermissionCRUD(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	group := w.group("devs")
	made := w.call("POST", "/api/v1/permissions", w.asAdmin(), grantOf("user", w.alice, w.npm.ID, "read")).ok().object()
	wantKeys(t, made, "id", "principal_type", "principal_id", "principal_name", "target_type", "target_id", "target_name",
		"actions", "created_at", "updated_at")
	if made["principal_name"] != aliceName || made["target_name"] != "npm-private" {
		t.Error(made)
	}
	path := "/api/v1/permissions/" + made["id"].(string)
	if got := w.get(path, w.asAdmin()).ok().object(); fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("read %v, made %v", got, made)
	}
	// A PUT replaces everything, principal and target included.
	w.store.Advance(time.Second)
	moved := w.call("PUT", path, w.asAdmin(), grantOf("group", group, w.public.ID, "write", "delete")).ok().object()
	if moved["principal_name"] != "devs" || moved["target_name"] != "npm-public" || moved["id"] != made["id"] ||
		moved["created_at"] != made["created_at"] || moved["updated_at"] == made["updated_at"] ||
		fmt.Sprint(moved["actions"]) != "[write delete]" {
		t.Error(moved)
	}
	w.call("DELETE", path, w.asAdmin(), nil).empty(200)
	w.call("DELETE", path, w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
	w.get(path, w.asAdmin()).failsWith(404, "NOT_FOUND")
	w.call("PUT", path, w.asAdmin(), grantOf("user", w.alice, w.npm.ID)).failsWith(404, "NOT_FOUND")
}

func TestPermissionUniqueness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	post := func(o object) answer { return w.call("POST", "/api/v1/permissions", w.asAdmin(), o) }
	post(grantOf("user", w.alice, w.npm.ID, "read")).ok()
	post(grantOf("user", w.alice, w.npm.ID, "write")).failsWith(409, "CONFLICT")
	second := post(grantOf("user", w.bob, w.npm.ID, "read")).ok().object()["id"].(string)
	w.call("PUT", "/api/v1/permissions/"+second, w.asAdmin(), grantOf("user", w.alice, w.npm.ID)).failsWith(409, "CONFLICT")
	w.call("PUT", "/api/v1/permissions/"+second, w.asAdmin(), grantOf("user", w.bob, w.npm.ID)).ok()
}

// Principals are checked; targets and actions are not.
func TestPermissionValidation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	service := w.call("POST", "/api/v1/service-accounts", w.asAdmin(), object{"name": "bot"}).ok().object()["id"].(string)
	post := func(o any) answer { return w.call("POST", "/api/v1/permissions", w.asAdmin(), o) }
	for _, bad := range []object{
		grantOf("user", uuid.NewString(), w.npm.ID), grantOf("user", service, w.npm.ID),
		grantOf("service_account", w.alice, w.npm.ID), grantOf("group", w.alice, w.npm.ID),
		grantOf("robot", w.alice, w.npm.ID), grantOf("user", "no uuid", w.npm.ID),
	} {
		post(bad).failsWith(400, "VALIDATION_ERROR")
		w.call("PUT", "/api/v1/permissions/"+uuid.NewString(), w.asAdmin(), bad).failsWith(400, "VALIDATION_ERROR")
	}
	for _, bad := range []string{"", "{", "[]", "{}", `{"principal_type":"user"}`} {
		post(bad).failsWith(400, "VALIDATION_ERROR")
	}
	text := w.asAdmin()
	text.Set("Content-Type", "text/plain")
	made := w.call("POST", "/api/v1/permissions", text, grantOf("service_account", service, w.npm.ID, "fly", "")).ok().object()
	if made["principal_name"] != "svc-bot" || fmt.Sprint(made["actions"]) != "[fly ]" {
		t.Error(made)
	}
	odd := grantOf("user", w.alice, uuid.NewString())
	odd["target_type"] = "moon"
	if made := post(odd).ok().object(); made["target_name"] != nil || fmt.Sprint(made["actions"]) != "[]" {
		t.Error(made)
	}
}

func TestPermissionList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	group := w.group("devs")
	w.rule("user", w.alice, "repository", w.npm.ID, "read")
	w.rule("user", w.bob, "repository", w.npm.ID, "read")
	w.rule("group", group, "repository", w.public.ID, "write")
	w.rule("user", w.alice, "group", group, "admin")
	list := func(q string) object { return w.get("/api/v1/permissions"+q, w.asAdmin()).ok().object() }
	for q, want := range map[string]int{
		"": 4, "?principal_type=user": 3, "?principal_id=" + w.alice: 2, "?target_type=repository": 3,
		"?target_id=" + w.npm.ID: 2, "?principal_type=user&target_id=" + w.npm.ID + "&principal_id=" + w.bob: 1,
		"?principal_type=use": 0, "?per_page=3": 3, "?per_page=3&page=2": 1, "?per_page=0": 0,
	} {
		if got := len(list(q)["items"].([]any)); got != want {
			t.Errorf("%s: %d rules, want %d", q, got, want)
		}
	}
	if got := names(t, list(""), "target_type"); !slices.Equal(got, []string{"group", "repository", "repository", "repository"}) {
		t.Errorf("not newest first: %v", got)
	}
	if got := list("?per_page=0")["pagination"].(object)["total_pages"]; got != 4294967295.0 {
		t.Errorf("total pages %v", got)
	}
	w.get("/api/v1/permissions?target_id=x", w.asAdmin()).begins(400, "Failed to deserialize query string")
}

func TestPermissionsAreForAdministrators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	w.rule("user", w.alice, "repository", w.npm.ID, "admin")
	for name, h := range map[string]http.Header{"session": w.login(aliceName), "token": bearer(w.token(w.admin, "write:users"))} {
		// The body is not looked at before the caller.
		w.call("POST", "/api/v1/permissions", h, "{").failsWith(403, "FORBIDDEN")
		w.get("/api/v1/permissions", h).failsWith(403, "FORBIDDEN")
		w.get("/api/v1/permissions/"+uuid.NewString(), h).failsWith(403, "FORBIDDEN")
		if a := w.call("DELETE", "/api/v1/permissions/"+uuid.NewString(), h, nil); a.status != 403 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	w.get("/api/v1/permissions", nil).says(401, "Missing authorization header")
}

// Rules outlive principals and targets.
func TestPermissionOrphans(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	group := w.group("devs")
	w.rule("group", group, "repository", w.npm.ID, "read")
	w.call("DELETE", "/api/v1/groups/"+group, w.asAdmin(), nil).ok()
	w.call("DELETE", "/api/v1/repositories/npm-private", w.asAdmin(), nil).empty(200)
	rows := w.get("/api/v1/permissions", w.asAdmin()).ok().object()["items"].([]any)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	row := rows[0].(object)
	if row["principal_name"] != nil || row["target_name"] != nil || row["principal_id"] != group {
		t.Error(row)
	}
	w.call("DELETE", "/api/v1/permissions/"+row["id"].(string), w.asAdmin(), nil).empty(200)
	w.store.View(func(st *state.State) {
		if len(st.Rows) != 0 {
			t.Error("the orphan stays")
		}
	})
}
