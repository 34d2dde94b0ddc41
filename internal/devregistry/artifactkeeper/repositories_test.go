package artifactkeeper

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

var repositoryFields = []string{
	"id", "key", "name", "description", "format", "repo_type", "is_public",
	"allow_anonymous_access", "promotion_only", "versioning_enabled", "storage_used_bytes", "quota_bytes", "project_id",
	"has_trusted_gpg_key", "upstream_url", "upstream_auth_type", "upstream_auth_configured", "curation_enabled",
	"curation_default_action", "created_at", "updated_at",
}

// repo is the body of a repository's creation, with changes.
func repo(key string, changes object) object {
	body := object{"key": key, "name": key, "format": "npm", "repo_type": "local"}
	maps.Copy(body, changes)
	return body
}

func TestRepositoryVisibility(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	alice := w.login(aliceName)
	wantKeys(t, w.get("/api/v1/repositories/npm-public", nil).ok().object(), repositoryFields...)
	// To those who may not see it, a private repository does not exist.
	for _, h := range []http.Header{nil, alice} {
		w.get("/api/v1/repositories/npm-private", h).failsWith(404, "NOT_FOUND")
		w.get("/api/v1/repositories/nowhere", h).failsWith(404, "NOT_FOUND")
	}
	w.get("/api/v1/repositories/npm-private", w.asAdmin()).ok()
	keys := func(h http.Header, q string) []string {
		return names(t, w.get("/api/v1/repositories"+q, h).ok().object(), "key")
	}
	public := []string{"npm-public", "npm-remote", "npm-virtual", "pypi-public"}
	if got := keys(nil, ""); !slices.Equal(got, public) {
		t.Errorf("anonymous sees %v", got)
	}
	if got := keys(alice, ""); !slices.Equal(got, public) {
		t.Errorf("alice sees %v", got)
	}
	w.rule("user", w.alice, "repository", w.npm.ID, "write")
	w.get("/api/v1/repositories/npm-private", alice).failsWith(404, "NOT_FOUND")
	w.store.Update(func(st *state.State) { st.Rows[0].Actions = []string{"read"} })
	w.get("/api/v1/repositories/npm-private", alice).ok()
	if got := keys(alice, ""); len(got) != 5 {
		t.Errorf("alice sees %v", got)
	}
}

func TestRepositoryList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	project := w.call("POST", "/api/v1/projects", w.asAdmin(), object{"key": "p1", "name": "P"}).ok().object()["id"].(string)
	w.store.Update(func(st *state.State) { st.RepositoryByKey("go-private").ProjectID = project })
	for q, want := range map[string]int{
		"": 6, "?format=npm": 4, "?format=go": 1, "?type=remote": 1, "?repo_type=virtual": 1, "?q=PRIVATE": 2,
		"?per_page=4": 4, "?per_page=4&page=2": 2, "?per_page=0": 1, "?per_page=900": 6, "?format=helm": 0,
		"?project=" + project: 1, "?project=p1": 1, "?project=p2": 0,
	} {
		got := w.get("/api/v1/repositories"+q, w.asAdmin()).ok().object()
		wantKeys(t, got, "items", "pagination")
		if n := len(got["items"].([]any)); n != want {
			t.Errorf("%s: %d repositories, want %d", q, n, want)
		}
	}
}

func TestRepositoryCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	post := func(o any) answer { return w.call("POST", "/api/v1/repositories", w.asAdmin(), o) }
	made := post(repo("first", nil)).ok().object()
	wantKeys(t, made, repositoryFields...)
	if made["is_public"] != false || made["allow_anonymous_access"] != false || made["description"] != nil {
		t.Error(made)
	}
	post(repo("first", nil)).failsWith(409, "CONFLICT")
	for _, key := range []string{"", strings.Repeat("k", 129), "sp ace", "sl/ash", ".dot", "-dash", "do..ts", "ünï"} {
		post(repo(key, nil)).failsWith(400, "VALIDATION_ERROR")
	}
	for _, key := range []string{"a", strings.Repeat("k", 128), "A_b-c.d", "_x"} {
		post(repo(key, nil)).ok()
	}
	for _, bad := range []object{
		{"format": "spam"},
		{"repo_type": "hosted"},
		{"repo_type": "remote"},
		{"repo_type": "virtual", "member_repos": []any{}},
		{"repo_type": "remote", "upstream_url": "http://127.0.0.1/"},
		{"repo_type": "remote", "upstream_url": "ftp://x.example"},
		{"project_id": "8a1f6f4e-5b0c-4c7d-9a1e-1f2d3c4b5a69"},
	} {
		post(repo("bad", bad)).failsWith(400, "VALIDATION_ERROR")
	}
	post(`{"key":"x"}`).failsWith(400, "VALIDATION_ERROR")
	post(`{`).failsWith(400, "VALIDATION_ERROR")
	post(repo("virtual", object{"repo_type": "virtual", "member_repos": []any{object{"repo_key": "first", "priority": 1}}})).ok()
	remote := post(repo("remote", object{"repo_type": "remote", "upstream_url": "https://registry.example.com"})).ok().object()
	if remote["upstream_url"] != "https://registry.example.com" {
		t.Error(remote)
	}
	// Formats lose their separators on the way back.
	if got := post(repo("conda", object{"format": "conda_native"})).ok().object()["format"]; got != "condanative" {
		t.Errorf("format %v", got)
	}
	for changes, want := range map[string]bool{
		`{"is_public":true}`: true, `{"allow_anonymous_access":true}`: true,
		`{"is_public":true,"allow_anonymous_access":false}`: false, `{"is_public":false,"allow_anonymous_access":true}`: true,
	} {
		key := "v" + strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, changes)
		body := strings.TrimSuffix(changes, "}") + `,"key":"` + key + `","name":"v","format":"npm","repo_type":"local"}`
		got := post(body).ok().object()
		if got["is_public"] != want || got["allow_anonymous_access"] != want {
			t.Errorf("%s: %v, %v", changes, got["is_public"], got["allow_anonymous_access"])
		}
	}
}

func TestRepositoriesAreNotPublicWithoutGuests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{GuestAccessOff: true})
	made := w.call("POST", "/api/v1/repositories", w.asAdmin(), repo("r", object{"is_public": true})).ok().object()
	if made["is_public"] != false {
		t.Error(made)
	}
}

func TestRepositoryMakers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	alice := w.login(aliceName)
	w.call("POST", "/api/v1/repositories", nil, "{").failsWith(401, "AUTH_ERROR")
	w.call("POST", "/api/v1/repositories", alice, "{").failsWith(403, "FORBIDDEN")
	w.rule("user", w.alice, "system", systemID, "admin")
	made := w.call("POST", "/api/v1/repositories", alice, repo("hers", nil)).ok().object()
	// Making it makes her its owner.
	w.get("/api/v1/repositories/hers", alice).ok()
	w.get("/npm/hers/-/ping", alice).ok()
	w.get("/npm/hers/-/ping", w.login(bobName)).says(404, "Repository not found")
	// From the first rule on she writes, but reads no more.
	w.rule("user", w.bob, "repository", made["id"].(string), "read")
	w.get("/npm/hers/-/ping", alice).says(403, forbiddenText)
	if a := w.call("PUT", "/npm/hers/x", alice, object{}); a.status == 403 || a.status == 401 {
		t.Errorf("owner's upload: %d %s", a.status, a.body)
	}
}

func TestRepositoryUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	patch := func(key string, o any) answer { return w.call("PATCH", "/api/v1/repositories/"+key, w.asAdmin(), o) }
	got := patch("npm-private", object{"description": "D", "format": "go", "repo_type": "remote"}).ok().object()
	if got["description"] != "D" || got["name"] != "npm-private" || got["format"] != "npm" || got["repo_type"] != "local" {
		t.Error(got)
	}
	if got = patch("npm-private", object{"allow_anonymous_access": true}).ok().object(); got["is_public"] != true {
		t.Error(got)
	}
	if got = patch("npm-private", object{}).ok().object(); got["is_public"] != true || got["description"] != "D" {
		t.Errorf("an empty change changed something: %v", got)
	}
	patch("npm-private", object{"key": "npm-public"}).failsWith(409, "CONFLICT")
	patch("npm-private", object{"key": "bad key"}).failsWith(400, "VALIDATION_ERROR")
	if renamed := patch("npm-private", object{"key": "npm-new"}).ok().object(); renamed["id"] != got["id"] {
		t.Error(renamed)
	}
	patch("npm-private", object{}).failsWith(404, "NOT_FOUND")
	patch("npm-new", object{"name": 1}).begins(422, "Failed to deserialize")
	w.call("PATCH", "/api/v1/repositories/npm-new", w.login(bobName), object{}).failsWith(403, "FORBIDDEN")
	w.call("PATCH", "/api/v1/repositories/go-private", w.login(bobName), object{}).failsWith(404, "NOT_FOUND")
	w.call("PATCH", "/api/v1/repositories/npm-new", nil, object{}).failsWith(401, "AUTH_ERROR")
}

func TestRepositoryDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	w.call("DELETE", "/api/v1/repositories/npm-private", bearer(w.token(w.admin, "delete:repositories")), nil).failsWith(403, "FORBIDDEN")
	w.call("DELETE", "/api/v1/repositories/npm-private", w.asAdmin(), nil).empty(200)
	w.call("DELETE", "/api/v1/repositories/npm-private", w.asAdmin(), nil).failsWith(404, "NOT_FOUND")
}

func TestRepositoryTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	const path = "/api/v1/repositories/npm-public/tokens"
	post := func(h http.Header, o any) answer { return w.call("POST", path, h, o) }
	made := post(w.asAdmin(), object{"name": "x", "scopes": []string{"read:artifacts"}, "description": "D", "expires_in_days": 5}).ok().object()
	wantKeys(t, made, "id", "token", "name", "repository_key")
	one := path + "/" + made["id"].(string)
	item := w.get(one, w.asAdmin()).ok().object()
	wantKeys(t, item, "id", "name", "token_prefix", "scopes", "expires_at", "last_used_at", "created_at", "is_expired",
		"is_revoked", "description", "created_by")
	if item["created_by"] != adminName || item["description"] != "D" {
		t.Error(item)
	}
	for _, days := range []int{0, -1, 366} {
		post(w.asAdmin(), object{"name": "x", "scopes": []string{}, "expires_in_days": days}).failsWith(400, "VALIDATION_ERROR")
	}
	post(w.asAdmin(), object{"name": "x", "scopes": []string{"read"}}).failsWith(400, "VALIDATION_ERROR")
	post(nil, object{"name": "x", "scopes": []string{}}).failsWith(401, "AUTH_ERROR")

	// Others manage their own, and delegate no more than they hold.
	alice := w.login(aliceName)
	hers := post(alice, object{"name": "hers", "scopes": []string{"read:artifacts"}}).ok().object()["id"].(string)
	post(alice, object{"name": "x", "scopes": []string{"write:artifacts"}}).failsWith(403, "FORBIDDEN")
	w.rule("user", w.alice, "repository", w.public.ID, "write")
	post(alice, object{"name": "x", "scopes": []string{"write:artifacts"}}).ok()
	post(alice, object{"name": "x", "scopes": []string{"write:repositories"}}).failsWith(403, "FORBIDDEN")
	w.get(one, alice).failsWith(404, "NOT_FOUND")
	if got := len(w.get(path, alice).ok().object()["items"].([]any)); got != 2 {
		t.Errorf("alice sees %d tokens", got)
	}
	post(bearer(w.token(w.alice, "read:artifacts")), object{"name": "x", "scopes": []string{}}).failsWith(403, "FORBIDDEN")
	w.get("/api/v1/repositories/npm-private/tokens", alice).failsWith(404, "NOT_FOUND")

	// Revoked ones stay in this list.
	w.call("DELETE", path+"/"+hers, alice, nil).empty(http.StatusNoContent)
	w.call("DELETE", path+"/"+hers, alice, nil).failsWith(404, "NOT_FOUND")
	if got := w.get(path+"/"+hers, alice).ok().object(); got["is_revoked"] != true {
		t.Error(got)
	}
	if got := len(w.get(path, w.asAdmin()).ok().object()["items"].([]any)); got != 3 {
		t.Errorf("%d tokens listed", got)
	}
}
