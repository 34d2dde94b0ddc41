package artifactkeeper

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

var groupFields = []string{"id", "name", "description", "external_source", "member_count", "created_at", "updated_at"}

// group makes a group and gives its id.
func (w *world) group(name string) string {
	w.t.Helper()
	return w.call("POST", "/api/v1/groups", w.asAdmin(), object{"name": name}).ok().object()["id"].(string)
}

func TestGroupCRUD(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	made := w.call("POST", "/api/v1/groups", w.asAdmin(), object{"name": "devs", "description": "Developers"}).ok().object()
	wantKeys(t, made, groupFields...)
	path := "/api/v1/groups/" + made["id"].(string)
	w.call("POST", "/api/v1/groups", w.asAdmin(), object{"name": "devs"}).failsWith(409, "CONFLICT")
	w.call("POST", "/api/v1/groups", w.asAdmin(), object{}).begins(422, "Failed to deserialize")
	w.call("POST", "/api/v1/groups", w.asAdmin(), object{"name": strings.Repeat("x", 256)}).failsWith(500, "DATABASE_ERROR")

	detail := w.get(path, w.asAdmin()).ok().object()
	wantKeys(t, detail, append([]string{"members", "members_total"}, groupFields...)...)

	// A full replacement: an omitted description is gone.
	w.store.Advance(time.Second)
	replaced := w.call("PUT", path, w.asAdmin(), object{"name": "builders"}).ok().object()
	wantKeys(t, replaced, groupFields...)
	if replaced["name"] != "builders" || replaced["description"] != nil || replaced["updated_at"] == made["updated_at"] {
		t.Error(replaced)
	}
	w.group("other")
	w.call("PUT", path, w.asAdmin(), object{"name": "other"}).failsWith(500, "DATABASE_ERROR")
	w.call("PUT", path, w.asAdmin(), object{"name": "builders"}).ok()
	w.call("PUT", path, w.asAdmin(), object{"description": "x"}).begins(422, "Failed to deserialize")

	w.rule("group", made["id"].(string), "repository", w.npm.ID, "read")
	w.call("DELETE", path, w.asAdmin(), nil).empty(200)
	w.call("DELETE", path, w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
	w.get(path, w.asAdmin()).failsWith(404, "NOT_FOUND")
	w.call("PUT", path, w.asAdmin(), object{"name": "x"}).failsWith(404, "NOT_FOUND")
	w.store.View(func(st *state.State) {
		if len(st.Rows) != 1 {
			t.Errorf("%d permission rows left", len(st.Rows))
		}
	})
}

func TestGroupMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	path := "/api/v1/groups/" + w.group("devs")
	change := func(method string, ids ...string) answer {
		return w.call(method, path+"/members", w.asAdmin(), object{"user_ids": append([]string{}, ids...)})
	}
	change("POST", w.alice).empty(200)
	w.store.Advance(time.Second)
	change("POST", w.alice, w.bob).empty(200)
	detail := w.get(path, w.asAdmin()).ok().object()
	members := detail["members"].([]any)
	if len(members) != 2 || detail["members_total"] != 2.0 || detail["member_count"] != 2.0 {
		t.Error(detail)
	}
	first := members[0].(object)
	wantKeys(t, first, "user_id", "username", "display_name", "joined_at")
	if first["username"] != aliceName {
		t.Errorf("not in joining order: %v", members)
	}
	// DELETE takes a body; removing who is no member succeeds.
	change("DELETE", w.alice, w.admin).empty(200)
	change("DELETE", w.alice).empty(200)
	change("POST").empty(200)
	w.call("DELETE", path+"/members", w.asAdmin(), nil).begins(415, "Expected request with")
	w.call("POST", path+"/members", w.asAdmin(), object{"members": []string{w.alice}}).begins(422, "Failed to deserialize")
	w.call("POST", path+"/members", w.asAdmin(), object{"user_ids": []string{"x"}}).begins(422, "Failed to deserialize")
	w.call("POST", "/api/v1/groups/"+uuid.NewString()+"/members", w.asAdmin(), object{"user_ids": []string{}}).failsWith(404, "NOT_FOUND")
	// An unknown id fails after those before it.
	change("POST", w.alice, uuid.NewString(), w.admin).failsWith(500, "DATABASE_ERROR")
	if got := w.get(path, w.asAdmin()).ok().object()["member_count"]; got != 2.0 {
		t.Errorf("%v members, want bob and alice", got)
	}
	w.get(path+"/members", w.asAdmin()).empty(http.StatusMethodNotAllowed)
}

func TestGroupMemberPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	id := w.group("all")
	w.store.Update(func(st *state.State) {
		for i := range 220 {
			u := &state.User{ID: uuid.NewString(), Username: fmt.Sprintf("u%03d", i), Email: fmt.Sprintf("u%d@x", i), Active: true}
			st.Users = append(st.Users, u)
			st.GroupByID(id).Members = append(st.GroupByID(id).Members, state.Member{UserID: u.ID})
		}
	})
	for q, want := range map[string]int{
		"": 50, "?member_limit=0": 1, "?member_limit=500": 200, "?member_offset=200": 20, "?member_offset=999": 0,
		"?member_limit=100&member_offset=150": 70,
	} {
		detail := w.get("/api/v1/groups/"+id+q, w.asAdmin()).ok().object()
		if got := len(detail["members"].([]any)); got != want || detail["members_total"] != 220.0 {
			t.Errorf("%s: %d members of %v, want %d", q, got, detail["members_total"], want)
		}
	}
}

func TestGroupList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	for i := range 25 {
		w.group(fmt.Sprintf("g%02d", i))
	}
	list := func(q string) object { return w.get("/api/v1/groups"+q, w.asAdmin()).ok().object() }
	for q, want := range map[string]int{"": 20, "?page=2": 5, "?per_page=500": 25, "?search=G1": 10, "?per_page=0": 0} {
		if got := len(list(q)["items"].([]any)); got != want {
			t.Errorf("%s: %d groups, want %d", q, got, want)
		}
	}
	zero := list("?per_page=0")["pagination"].(object)
	if zero["total"] != 25.0 || zero["total_pages"] != 4294967295.0 || zero["per_page"] != 0.0 {
		t.Errorf("zero page size: %v", zero)
	}
	if none := list("?per_page=0&search=nothing")["pagination"].(object); none["total_pages"] != 0.0 {
		t.Errorf("zero page size of nothing: %v", none)
	}
}

// Groups that an identity provider fills.
func TestExternalGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	id, source := w.group("from-idp"), "oidc"
	w.store.Update(func(st *state.State) { st.GroupByID(id).ExternalSource = &source })
	body := object{"user_ids": []string{w.alice}}
	w.call("POST", "/api/v1/groups/"+id+"/members", w.asAdmin(), body).failsWith(409, "CONFLICT")
	w.call("DELETE", "/api/v1/groups/"+id+"/members", w.asAdmin(), body).failsWith(409, "CONFLICT")
	if got := w.call("PUT", "/api/v1/groups/"+id, w.asAdmin(), object{"name": "renamed"}).ok().object(); got["external_source"] != "oidc" {
		t.Error(got)
	}
	w.call("DELETE", "/api/v1/groups/"+id, w.asAdmin(), nil).empty(200)
}

func TestGroupAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	mine, other := w.group("mine"), w.group("other")
	w.call("POST", "/api/v1/groups/"+mine+"/members", w.asAdmin(), object{"user_ids": []string{w.alice}}).ok()
	// The middleware lets anonymous callers through; the handlers refuse, in JSON and without a challenge.
	w.get("/api/v1/groups", nil).failsWith(401, "AUTH_ERROR").challenges()
	w.call("POST", "/api/v1/groups", nil, object{"name": "x"}).failsWith(401, "AUTH_ERROR")
	w.get("/api/v1/groups", bearer("x")).says(401, "Authentication required").challenges(allChallenges...)

	alice := w.login(aliceName)
	if got := names(t, w.get("/api/v1/groups", alice).ok().object(), "name"); len(got) != 1 || got[0] != "mine" {
		t.Errorf("alice sees %v", got)
	}
	w.get("/api/v1/groups/"+mine, alice).ok()
	w.get("/api/v1/groups/"+other, alice).failsWith(404, "NOT_FOUND")
	w.call("PUT", "/api/v1/groups/"+mine, alice, object{"name": "x"}).failsWith(403, "FORBIDDEN")
	w.call("POST", "/api/v1/groups", alice, object{"name": "x"}).failsWith(403, "FORBIDDEN")

	w.rule("user", w.alice, "group", other, "admin")
	w.get("/api/v1/groups/"+other, alice).ok()
	w.call("POST", "/api/v1/groups/"+other+"/members", alice, object{"user_ids": []string{w.bob}}).empty(200)
	w.call("PUT", "/api/v1/groups/"+other, alice, object{"name": "hers"}).ok()
	// Her token lacks the bare scope, which no mintable colon scope gives.
	token := bearer(w.token(w.alice, "write:repositories", "write:users", "write:artifacts"))
	w.call("PUT", "/api/v1/groups/"+other, token, object{"name": "x"}).failsWith(403, "FORBIDDEN")
	w.rule("user", w.alice, "system", systemID, "admin")
	w.call("POST", "/api/v1/groups", alice, object{"name": "made by alice"}).ok()
	w.call("DELETE", "/api/v1/groups/"+other, alice, nil).empty(200)
}
