package artifactory_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestGroupLifecycle(t *testing.T) {
	t.Parallel()
	w := start(t)
	created := w.admin(t, "POST", groups, map[string]any{
		"name": "Build Team", "description": "builds", "external_id": "ext-1", "members": []string{"Alice", "bob"},
		"policy_manager": true, "resources_manager": true, "realm": "ldap",
	}).want(201).object()
	want := map[string]any{
		"name": "Build Team", "description": "builds", "external_id": "ext-1", "auto_join": false, "admin_privileges": false,
		"members": []any{"alice", "bob"}, "realm": "internal", "watch_manager": false, "policy_viewer": true,
		"policy_manager": true, "reports_manager": false, "manage_resources": true, "manage_webhook": false,
	}
	if !reflect.DeepEqual(created, want) {
		t.Errorf("created %v\nwant    %v", created, want)
	}
	path := groups + "/" + url.PathEscape("Build Team")
	w.admin(t, "GET", path, nil).want(200)
	w.admin(t, "GET", users+"/bob", nil).want(200).holds(`"groups":["readers","Build Team"]`)

	// PATCH answers with everything and ignores members.
	patched := w.admin(t, "PATCH", path, map[string]any{"description": "", "members": []string{"dana"}, "watch_manager": true}).
		want(200).lacks("description").object()
	if patched["realm"] != "internal" || !reflect.DeepEqual(patched["members"], want["members"]) || patched["watch_manager"] != true {
		t.Errorf("patched %v", patched)
	}
	w.admin(t, "PATCH", path+"/members", map[string]any{"add": []string{"dana", "alice"}, "remove": []string{"bob"}}).want(200).
		holds(`{"members":["alice","dana"]}`)
	w.admin(t, "DELETE", path, nil).want(204)
	w.admin(t, "DELETE", path, nil).accessError(404, "NOT_FOUND")
	w.admin(t, "GET", users+"/dana", nil).want(200).holds(`"groups":["readers"]`)
}

func TestGroupRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, test := range []struct {
		body   map[string]any
		status int
		code   string
	}{
		{map[string]any{"name": ""}, 400, "BAD_REQUEST"},
		{map[string]any{"name": strings.Repeat("x", 65)}, 400, "BAD_REQUEST"},
		{map[string]any{"name": "a/b"}, 400, "BAD_REQUEST"},
		{map[string]any{"name": "g", "auto_join": true, "admin_privileges": true}, 400, "BAD_REQUEST"},
		{map[string]any{"name": "g", "members": []string{"nobody"}}, 404, "NOT_FOUND"},
		{map[string]any{"name": "readers"}, 409, "CONFLICT"},
	} {
		w.admin(t, "POST", groups, test.body).accessError(test.status, test.code)
	}
	w.admin(t, "GET", groups+"/g", nil).want(404)
	for _, body := range []map[string]any{
		{}, {"add": nil}, {"add": []string{"nobody"}}, {"remove": []string{"nobody"}}, {"add": []string{"bob"}, "remove": []string{"bob"}},
	} {
		w.admin(t, "PATCH", groups+"/readers/members", body).accessError(400, "BAD_REQUEST")
	}
}

func TestGroupEffects(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.admin(t, "POST", groups, map[string]any{"name": "operators", "admin_privileges": true, "members": []string{"bob"}}).want(201)
	w.admin(t, "GET", users+"/bob", nil).want(200).holds(`"admin":false`).holds(`"effective_admin":true`)
	w.send(t, w.as("bob"), "GET", users, nil).want(200)
	w.admin(t, "POST", groups, map[string]any{"name": "everyone", "auto_join": true}).want(201).holds(`"members":[]`)
	w.admin(t, "POST", users, map[string]any{"username": "new", "email": "n@example.com", "internal_password_disabled": true}).
		want(201).holds(`"groups":["readers","everyone"]`)
}

func TestGroupList(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, name := range []string{"a", "b", "c"} {
		w.admin(t, "POST", groups, map[string]any{"name": name}).want(201)
	}
	w.admin(t, "GET", groups+"?limit=2", nil).want(200).
		holds(`{"cursor":"b","groups":[{"group_name":"a","uri":"` + w.URL + groups + `/a"},{"group_name":"b"`)
	w.admin(t, "GET", groups+"?limit=2&cursor=b", nil).want(200).holds(`"cursor":"developers"`)
	w.admin(t, "GET", groups+"?limit=2&cursor=developers", nil).want(200).holds(`"cursor":"readers"`).lacks("developers")
	w.admin(t, "GET", groups+"?limit=2&cursor=readers", nil).want(200).holds(`{"groups":[]}`)
	w.admin(t, "GET", groups+"?groupName=READ", nil).want(200).holds("readers").lacks("developers")
	w.admin(t, "GET", groups+"?limit=x", nil).accessError(400, "BAD_REQUEST")
}
