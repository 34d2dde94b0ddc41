package artifactory_test

import (
	"maps"
	"slices"
	"testing"
)

const permissions = "/access/api/v2/permissions"

// grant is a permission body with one artifact section.
func grant(name, repository, group string, actions ...string) map[string]any {
	return map[string]any{"name": name, "resources": map[string]any{"artifact": artifactSection(repository, group, actions...)}}
}

func artifactSection(repository, group string, actions ...string) map[string]any {
	return map[string]any{
		"actions": map[string]any{"groups": map[string]any{group: actions}},
		"targets": map[string]any{repository: map[string]any{"include_patterns": []string{"**"}, "exclude_patterns": nil}},
	}
}

func TestPermissionLifecycle(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.admin(t, "POST", permissions, grant("readers of npm", "npm-private", "readers", "READ")).want(201)
	w.admin(t, "POST", permissions, grant("readers of npm", "npm-private", "readers", "READ")).accessError(409, "CONFLICT")
	const path = permissions + "/readers%20of%20npm"
	w.admin(t, "GET", path, nil).want(200).holds(`{"name":"readers of npm","resources":{"artifact":{"actions":{"users":{},` +
		`"groups":{"readers":["READ"]}},"targets":{"npm-private":{"include_patterns":["**"],"exclude_patterns":[]}}}},` +
		`"created_by":"admin","modified_by":"admin"}`)

	// PATCH merges into the section, PUT replaces it or adds one.
	w.admin(t, "PATCH", path+"/artifact", map[string]any{
		"actions": map[string]any{"users": map[string]any{"Bob": []string{"READ", "WRITE"}}},
		"targets": map[string]any{"go-private": map[string]any{}},
	}).want(200).holds(`"bob":["READ","WRITE"]`).holds(`"readers":["READ"]`).
		holds(`"go-private":{"include_patterns":["**"],"exclude_patterns":[]}`).holds("npm-private")
	w.admin(t, "PUT", path+"/artifact", artifactSection("ANY LOCAL", "developers", "READ")).want(200).
		lacks("npm-private").lacks("bob").holds("ANY LOCAL")
	w.admin(t, "GET", path+"/build", nil).accessError(404, "NOT_FOUND")
	w.admin(t, "PUT", path+"/build", artifactSection("artifactory-build-info", "developers", "READ")).want(200)
	w.admin(t, "GET", path+"/build", nil).want(200).holds("artifactory-build-info")
	w.admin(t, "DELETE", path+"/build", nil).want(204)
	w.admin(t, "DELETE", path+"/build", nil).accessError(404, "NOT_FOUND")
	w.admin(t, "DELETE", path, nil).want(204)
	w.admin(t, "DELETE", path, nil).accessError(404, "NOT_FOUND")
	w.admin(t, "PUT", path+"/artifact", artifactSection("ANY LOCAL", "readers")).accessError(404, "NOT_FOUND")
}

func TestPermissionRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	bodies := map[string]map[string]any{
		"no name":            grant("", "npm-private", "readers", "READ"),
		"unknown repository": grant("p", "nothing", "readers", "READ"),
		"unknown group":      grant("p", "npm-private", "nobody", "READ"),
		"unknown action":     grant("p", "npm-private", "readers", "read"),
		"no resources":       {"name": "p", "resources": map[string]any{}},
		"unknown type":       {"name": "p", "resources": map[string]any{"repo": artifactSection("npm-private", "readers", "READ")}},
		"unknown user": {"name": "p", "resources": map[string]any{"artifact": map[string]any{
			"actions": map[string]any{"users": map[string]any{"nobody": []string{"READ"}}}, "targets": map[string]any{"npm-private": nil},
		}}},
		"two builds": {"name": "p", "resources": map[string]any{"build": map[string]any{
			"targets": map[string]any{"artifactory-build-info": nil, "other-build-info": nil},
		}}},
	}
	for _, name := range slices.Sorted(maps.Keys(bodies)) {
		t.Log(name)
		w.admin(t, "POST", permissions, bodies[name]).accessError(400, "BAD_REQUEST")
	}
	w.admin(t, "GET", permissions+"/p", nil).want(404)
}

func TestPermissionCursor(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.admin(t, "GET", permissions, nil).want(200).holds(`{"permissions":[]}`)
	for _, name := range []string{"a", "b", "c"} {
		w.admin(t, "POST", permissions, grant(name, "npm-private", "readers", "READ")).want(201)
	}
	w.admin(t, "GET", permissions+"/?limit=2", nil).want(200).
		holds(`{"permissions":[{"name":"a","uri":"` + w.URL + permissions + `/a"},{"name":"b"`).holds(`"cursor":"b"`)
	// The last page has a cursor as well; only its length says that it is the last.
	w.admin(t, "GET", permissions+"?limit=2&cursor=b", nil).want(200).holds(`"cursor":"c"`).lacks(`"b"`)
	w.admin(t, "GET", permissions+"?limit=2&cursor=c", nil).want(200).holds(`{"permissions":[]}`)
	w.admin(t, "GET", permissions+"?cursor=between", nil).want(200).holds(`"c"`)
	w.admin(t, "GET", permissions+"?limit=100000", nil).accessError(400, "BAD_REQUEST")
	w.send(t, w.as("alice"), "GET", permissions, nil).accessError(403, "FORBIDDEN")
	lister := w.mint(t, map[string]any{"username": "ci", "scope": "system:permissions:r"})
	w.send(t, bearer(lister.AccessToken), "GET", permissions, nil).want(200)
	w.send(t, bearer(lister.AccessToken), "GET", permissions+"/a", nil).want(200)
}

func TestDeletedPrincipalsLeavePermissions(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.admin(t, "POST", groups, map[string]any{"name": "temps"}).want(201)
	body := grant("p", "npm-private", "temps", "READ")
	body["resources"].(map[string]any)["artifact"].(map[string]any)["actions"].(map[string]any)["users"] = map[string]any{"bob": []string{"READ"}}
	w.admin(t, "POST", permissions, body).want(201)
	w.admin(t, "DELETE", groups+"/temps", nil).want(204)
	w.admin(t, "DELETE", users+"/bob", nil).want(204)
	w.admin(t, "GET", permissions+"/p", nil).want(200).holds(`"actions":{"users":{},"groups":{}}`)
}
