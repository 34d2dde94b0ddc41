package artifactkeeper

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// service makes a service account and gives the path of its routes.
func (w *world) service(name string) string {
	w.t.Helper()
	return "/api/v1/service-accounts/" +
		w.call("POST", "/api/v1/service-accounts", w.asAdmin(), object{"name": name}).ok().object()["id"].(string)
}

func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	const base = "/api/v1/service-accounts"
	made := w.call("POST", base, w.asAdmin(), object{"name": "Build Bot", "description": "Builds"}).ok().object()
	wantKeys(t, made, "id", "username", "display_name", "is_active", "created_at", "updated_at")
	if made["username"] != "svc-build-bot" || made["display_name"] != "Builds" {
		t.Error(made)
	}
	path := base + "/" + made["id"].(string)
	w.call("POST", base, w.asAdmin(), object{"name": "build bot"}).failsWith(400, "VALIDATION_ERROR")
	for _, name := range []string{"", "under_score", "ünï", strings.Repeat("x", 61)} {
		w.call("POST", base, w.asAdmin(), object{"name": name}).failsWith(400, "VALIDATION_ERROR")
	}
	w.call("POST", base, w.asAdmin(), object{"name": strings.Repeat("x", 60)}).ok()
	w.get(path, w.asAdmin()).ok()
	w.get(base+"/"+w.alice, w.asAdmin()).failsWith(404, "NOT_FOUND")

	list := w.get(base, w.asAdmin()).ok().object()
	wantKeys(t, list, "items")
	wantKeys(t, list["items"].([]any)[0].(object), "id", "username", "display_name", "is_active", "token_count", "created_at",
		"updated_at")
	if got := names(t, list, "username"); got[len(got)-1] != "svc-build-bot" {
		t.Errorf("not newest first: %v", got)
	}
	// They are among the users, where only name and address give them away.
	users := w.get("/api/v1/users?search=svc-build", w.asAdmin()).ok().object()["items"].([]any)
	if len(users) != 1 || users[0].(object)["email"] != "svc-build-bot@service-accounts.local" {
		t.Error(users)
	}
	if got := w.call("PATCH", path, w.asAdmin(), object{"display_name": nil, "is_active": false}).ok().object(); got["is_active"] != false || got["display_name"] != "Builds" {
		t.Error(got)
	}
	w.call("POST", "/api/v1/auth/login", nil, object{"username": "svc-build-bot", "password": ""}).failsWith(401, "AUTH_ERROR")
	w.call("DELETE", path, w.asAdmin(), nil).empty(http.StatusNoContent)
	w.call("DELETE", path, w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
	w.get(base, w.login(aliceName)).failsWith(403, "FORBIDDEN")
	w.get(base, nil).says(401, "Missing authorization header")
}

func TestServiceAccountTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	path := w.service("bot") + "/tokens"
	made := w.call("POST", path, w.asAdmin(), object{
		"name": "x", "scopes": []string{"read:artifacts"}, "description": "D",
		"expires_in_days": 9999, "repository_ids": []string{w.npm.ID},
	}).ok().object()
	wantKeys(t, made, "id", "token", "name")
	item := w.get(path, w.asAdmin()).ok().object()["items"].([]any)[0].(object)
	wantKeys(t, item, "id", "name", "token_prefix", "scopes", "expires_at", "last_used_at", "created_at", "is_expired",
		"repo_selector", "repository_ids")
	if fmt.Sprint(item["repository_ids"]) != "["+w.npm.ID+"]" || item["repo_selector"] != nil {
		t.Error(item)
	}
	token := bearer(made["token"].(string))
	w.get("/npm/npm-public/-/ping", token).says(403, "Token does not have access to this repository")
	both := object{"name": "x", "scopes": []string{}, "repository_ids": []string{w.npm.ID}, "repo_selector": object{}}
	w.call("POST", path, w.asAdmin(), both).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", path, w.asAdmin(), object{"name": "x", "scopes": []string{"read"}}).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", "/api/v1/service-accounts/"+w.alice+"/tokens", w.asAdmin(), object{"name": "x", "scopes": []string{}}).failsWith(404, "NOT_FOUND")
	// The user route serves service accounts too.
	id := strings.Split(path, "/")[4]
	w.mintFor(id, w.asAdmin(), object{"name": "y", "scopes": []string{}}).ok()
	if got := len(w.get("/api/v1/users/"+id+"/tokens", w.asAdmin()).ok().object()["items"].([]any)); got != 2 {
		t.Errorf("%d tokens", got)
	}
	w.call("DELETE", path+"/"+made["id"].(string), w.asAdmin(), nil).empty(http.StatusNoContent)
	w.call("DELETE", path+"/"+made["id"].(string), w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
	w.get("/npm/npm-private/-/ping", token).is(401)
}

// Restrictions that restrict nothing: the real server's fail-open cases.
func TestFailOpenRestrictions(t *testing.T) {
	t.Parallel()
	restrictions := map[string]object{
		"empty list":         {"repository_ids": []string{}},
		"empty selector":     {"repo_selector": object{}},
		"misspelt key":       {"repo_selector": object{"match_repo": []string{"x"}}},
		"unparsable":         {"repo_selector": object{"match_formats": "npm"}},
		"repos by key":       {"repo_selector": object{"match_repos": []string{"npm-public"}}},
		"selector no object": {"repo_selector": "npm"},
	}
	for name, restriction := range restrictions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := object{"name": "x", "scopes": []string{"read:artifacts"}}
			for k, v := range restriction {
				body[k] = v
			}
			w := newWorld(t, Options{})
			token := bearer(w.call("POST", w.service("bot")+"/tokens", w.asAdmin(), body).ok().object()["token"].(string))
			w.get("/npm/npm-public/-/ping", token).ok()
			w.get("/pypi/pypi-public/simple/", token).ok()

			strict := newWorld(t, Options{RefuseFailOpen: true})
			path := strict.service("bot") + "/tokens"
			strict.call("POST", path, strict.asAdmin(), body).failsWith(400, "VALIDATION_ERROR")
			if got := strict.get(path, strict.asAdmin()).ok().body; got != `{"items":[]}` {
				t.Errorf("left behind: %s", got)
			}
		})
	}
}

// A repository that does not exist fails the request and leaves an unrestricted token behind.
func TestPartialTokenFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	path := w.service("bot") + "/tokens"
	body := object{"name": "x", "scopes": []string{}, "repository_ids": []string{w.npm.ID, uuid.NewString()}}
	w.call("POST", path, w.asAdmin(), body).failsWith(500, "DATABASE_ERROR")
	left := w.get(path, w.asAdmin()).ok().object()["items"].([]any)
	if len(left) != 1 || fmt.Sprint(left[0].(object)["repository_ids"]) != "[]" {
		t.Error(left)
	}
	strict := newWorld(t, Options{RefuseFailOpen: true})
	path = strict.service("bot") + "/tokens"
	strict.call("POST", path, strict.asAdmin(), body).failsWith(400, "VALIDATION_ERROR")
	if got := strict.get(path, strict.asAdmin()).ok().body; got != `{"items":[]}` {
		t.Errorf("left behind: %s", got)
	}
}

// Deleting the last repository of a list lifts the limit.
func TestTokenLimitVanishesWithItsRepository(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	token := bearer(w.call("POST", w.service("bot")+"/tokens", w.asAdmin(),
		object{"name": "x", "scopes": []string{}, "repository_ids": []string{w.npm.ID}}).ok().object()["token"].(string))
	w.get("/npm/npm-public/-/ping", token).is(403)
	w.call("DELETE", "/api/v1/repositories/npm-private", w.asAdmin(), nil).ok()
	w.get("/npm/npm-public/-/ping", token).ok()
}

func TestRepositorySelectors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	preview := func(sel any) (keys []string) {
		out := w.call("POST", "/api/v1/service-accounts/repo-selector/preview", w.asAdmin(), object{"repo_selector": sel}).ok().object()
		wantKeys(t, out, "matched_repositories", "total")
		for _, m := range out["matched_repositories"].([]any) {
			wantKeys(t, m.(object), "id", "key", "format")
			keys = append(keys, m.(object)["key"].(string))
		}
		if out["total"] != float64(len(keys)) {
			t.Error(out)
		}
		return keys
	}
	for want, sel := range map[string]object{
		"go-private":             {"match_formats": []string{"go"}},
		"npm-private npm-public": {"match_pattern": "npm-p*"},
		"npm-public":             {"match_repos": []string{w.public.ID}},
		"npm-private":            {"match_formats": []string{"npm"}, "match_pattern": "*-private"},
		"":                       {"match_pattern": "nothing"},
	} {
		if got := strings.Join(preview(sel), " "); got != want {
			t.Errorf("%v: %q, want %q", sel, got, want)
		}
	}
	path := w.service("bot") + "/tokens"
	mint := func(sel object) http.Header {
		return bearer(w.call("POST", path, w.asAdmin(), object{"name": "x", "scopes": []string{}, "repo_selector": sel}).
			ok().object()["token"].(string))
	}
	some := mint(object{"match_formats": []string{"npm"}})
	w.get("/npm/npm-public/-/ping", some).ok()
	w.get("/pypi/pypi-public/simple/", some).is(403)
	none := mint(object{"match_pattern": "nothing"})
	w.get("/npm/npm-public/-/ping", none).is(403)
	// It is worked out at use: a repository that matches later is in.
	w.call("POST", "/api/v1/repositories", w.asAdmin(), repo("nothing", object{"is_public": true})).ok()
	w.get("/npm/nothing/-/ping", none).ok()
}

func TestProjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	const base = "/api/v1/projects"
	made := w.call("POST", base, w.asAdmin(), object{"key": "p1", "name": "Project", "quota_bytes": 5}).ok().object()
	wantKeys(t, made, "id", "key", "name", "description", "quota_bytes", "created_at", "updated_at")
	path := base + "/" + made["id"].(string)
	w.call("POST", base, w.asAdmin(), object{"key": "p1", "name": "Again"}).failsWith(409, "CONFLICT")
	w.call("POST", base, w.asAdmin(), object{"key": "bad key", "name": "x"}).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", base, w.asAdmin(), object{"key": "p2"}).failsWith(400, "VALIDATION_ERROR")
	if got := w.call("PUT", path, w.asAdmin(), object{"name": "Renamed"}).ok().object(); got["name"] != "Renamed" || got["quota_bytes"] != 5.0 {
		t.Error(got)
	}
	if got := names(t, w.get(base, w.asAdmin()).ok().object(), "key"); !slices.Equal(got, []string{"p1"}) {
		t.Error(got)
	}
	member := object{"principal_type": "user", "principal_id": w.alice, "actions": []string{"read"}}
	w.call("POST", path+"/members", w.asAdmin(), member).ok()
	member["actions"] = []string{"read", "write"}
	w.call("POST", path+"/members", w.asAdmin(), member).ok()
	items := w.get(path+"/members", w.asAdmin()).ok().object()["items"].([]any)
	if len(items) != 1 || fmt.Sprint(items[0].(object)["actions"]) != "[read write]" {
		t.Error(items)
	}
	for _, bad := range []object{
		{"principal_type": "user", "principal_id": w.alice, "actions": []string{}},
		{"principal_type": "service_account", "principal_id": w.alice, "actions": []string{"read"}},
		{"principal_type": "user", "principal_id": uuid.NewString(), "actions": []string{"read"}},
	} {
		w.call("POST", path+"/members", w.asAdmin(), bad).failsWith(400, "VALIDATION_ERROR")
	}
	w.call("DELETE", path+"/members", w.asAdmin(), object{"principal_type": "user", "principal_id": w.bob}).failsWith(404, "NOT_FOUND")
	w.call("DELETE", path, w.asAdmin(), nil).empty(200)
	w.store.View(func(st *state.State) {
		if len(st.Rows) != 0 {
			t.Error("the project's rules stay")
		}
	})
	w.get(path, w.asAdmin()).failsWith(404, "NOT_FOUND")
	w.get(base, w.login(aliceName)).failsWith(403, "FORBIDDEN")
}
