package artifactory_test

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"sync"
	"testing"
)

const (
	users  = "/access/api/v2/users"
	groups = "/access/api/v2/groups"
)

func TestUserLifecycle(t *testing.T) {
	t.Parallel()
	w := start(t)
	created := w.admin(t, "POST", users, map[string]any{
		"username": "Frank", "email": "frank@example.com", "password": "Frank-Passw0rd", "groups": []string{"developers"},
	}).want(201).object()
	want := map[string]any{
		"username": "frank", "email": "frank@example.com", "admin": false, "effective_admin": false,
		"profile_updatable": true, "disable_ui_access": false, "internal_password_disabled": false, "realm": "internal",
		"groups": []any{"readers", "developers"}, "status": "enabled", "watch_manager": false, "policy_viewer": false,
		"policy_manager": false, "reports_manager": false, "resources_manager": false, "manage_webhook": false,
	}
	if !reflect.DeepEqual(created, want) {
		t.Errorf("created %v\nwant    %v", created, want)
	}
	w.admin(t, "GET", groups+"/developers", nil).want(200).holds(`"members":["frank"]`)
	w.send(t, basic("frank", "Frank-Passw0rd"), "GET", ping, nil).want(200)
	w.admin(t, "GET", users+"/FRANK", nil).want(200).holds(`"last_logged_in":"`)
	w.send(t, basic("frank", "Frank-Passw0rd"), "GET", users+"/frank", nil).want(200)
	w.send(t, basic("frank", "Frank-Passw0rd"), "GET", users+"/alice", nil).accessError(403, "FORBIDDEN")

	w.admin(t, "PATCH", users+"/frank", map[string]any{"email": "f@example.com", "admin": true, "policy_manager": true}).
		want(200).holds(`"email":"f@example.com"`).holds(`"effective_admin":true`).holds(`"policy_viewer":true`).
		holds(`"groups":["readers","developers"]`)
	w.admin(t, "PATCH", users+"/frank", map[string]any{}).want(200)
	w.admin(t, "DELETE", users+"/frank", nil).want(204)
	w.admin(t, "DELETE", users+"/frank", nil).accessError(404, "NOT_FOUND")
	w.admin(t, "GET", groups+"/developers", nil).want(200).holds(`"members":[]`)
}

func TestUserRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	valid := func(change map[string]any) map[string]any {
		body := map[string]any{"username": "gina", "email": "gina@example.com", "password": "Gina-Passw0rd"}
		for name, value := range change {
			body[name] = value
		}
		return body
	}
	for name, test := range map[string]struct {
		body   map[string]any
		status int
		code   string
	}{
		"no name":              {valid(map[string]any{"username": ""}), 400, "BAD_REQUEST"},
		"bad name":             {valid(map[string]any{"username": "gina/one"}), 400, "BAD_REQUEST"},
		"no e-mail":            {valid(map[string]any{"email": ""}), 400, "BAD_REQUEST"},
		"no password":          {valid(map[string]any{"password": nil}), 400, "BAD_REQUEST"},
		"short password":       {valid(map[string]any{"password": "Ab1"}), 400, "BAD_REQUEST"},
		"password of one kind": {valid(map[string]any{"password": "onlylowercase"}), 400, "BAD_REQUEST"},
		"unknown group":        {valid(map[string]any{"groups": []string{"nobody"}}), 400, "BAD_REQUEST"},
		"duplicate":            {valid(map[string]any{"username": "ALICE"}), 409, "CONFLICT"},
	} {
		w.admin(t, "POST", users, test.body).accessError(test.status, test.code)
		t.Log(name)
	}
	w.admin(t, "GET", users+"/gina", nil).want(404)
	w.admin(t, "DELETE", users+"/admin", nil).accessError(400, "BAD_REQUEST")
	w.admin(t, "PATCH", users+"/nobody", map[string]any{}).accessError(404, "NOT_FOUND")
}

func TestUserWithoutPassword(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.admin(t, "POST", users, map[string]any{
		"username": "hal@example.com", "email": "hal@example.com", "internal_password_disabled": true, "groups": nil,
	}).want(201).holds(`"groups":["readers"]`)
	path := users + "/" + url.PathEscape("hal@example.com")
	w.admin(t, "PUT", path+"/password", map[string]any{"password": "Hal9000-Passw0rd"}).accessError(400, "BAD_REQUEST")
	w.admin(t, "PATCH", path, map[string]any{"internal_password_disabled": false}).accessError(400, "BAD_REQUEST")
	w.admin(t, "PATCH", path, map[string]any{"internal_password_disabled": false, "password": "Hal9000-Passw0rd"}).want(200)
	w.send(t, basic("hal@example.com", "Hal9000-Passw0rd"), "GET", ping, nil).want(200)
	w.admin(t, "PATCH", path, map[string]any{"internal_password_disabled": true}).want(200)
	w.send(t, basic("hal@example.com", "Hal9000-Passw0rd"), "GET", ping, nil).want(401)
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.send(t, w.as("bob"), "PUT", users+"/alice/password", map[string]any{"password": "New-Passw0rd"}).accessError(403, "FORBIDDEN")
	w.send(t, w.as("alice"), "PUT", users+"/alice/password", map[string]any{"password": "weak"}).accessError(400, "BAD_REQUEST")
	w.send(t, w.as("alice"), "PUT", users+"/alice/password", map[string]any{"password": "New-Passw0rd"}).want(204)
	w.send(t, w.as("alice"), "GET", ping, nil).want(401)
	w.send(t, basic("alice", "New-Passw0rd"), "GET", ping, nil).want(200)

	token := w.mint(t, map[string]any{"username": "alice"})
	w.admin(t, "POST", users+"/alice/password/expire", nil).want(204)
	w.send(t, basic("alice", "New-Passw0rd"), "GET", ping, nil).want(401)
	w.send(t, bearer(token.AccessToken), "GET", ping, nil).want(200)
	w.send(t, "", "POST", "/artifactory/api/security/users/authorization/changePassword", map[string]any{
		"userName": "alice", "oldPassword": "New-Passw0rd", "newPassword1": "Newer-Passw0rd", "newPassword2": "Newer-Passw0rd",
	}).want(200)
	w.send(t, basic("alice", "Newer-Passw0rd"), "GET", ping, nil).want(200)
}

func TestLocking(t *testing.T) {
	t.Parallel()
	w := start(t)
	const policy = "/artifactory/api/security/userLockPolicy"
	w.admin(t, "GET", policy, nil).want(200).holds(`{"enabled":false,"loginAttempts":0}`)
	w.admin(t, "PUT", policy, map[string]any{"enabled": true, "loginAttempts": 0}).artifactoryError(400)
	w.admin(t, "PUT", policy, map[string]any{"enabled": true, "loginAttempts": 2}).want(200)
	for range 2 {
		w.send(t, basic("bob", "wrong"), "GET", ping, nil).want(401)
	}
	w.send(t, w.as("bob"), "GET", ping, nil).want(401)
	w.admin(t, "GET", users+"?status=locked", nil).want(200).holds(`"username":"bob"`).lacks("alice")
	w.admin(t, "GET", "/artifactory/api/security/lockedUsers", nil).want(200).holds(`["bob"]`)
	w.admin(t, "POST", users+"/bob/unlock", nil).want(204)
	w.send(t, w.as("bob"), "GET", ping, nil).want(200)
	for range 2 {
		w.send(t, basic("bob", "wrong"), "GET", ping, nil).want(401)
	}
	w.admin(t, "POST", "/artifactory/api/security/unlockUsers/bob", nil).want(200)
	w.send(t, w.as("bob"), "GET", ping, nil).want(200)
	w.admin(t, "POST", "/artifactory/api/security/unlockUsers", []string{"nobody"}).artifactoryError(404)
	w.admin(t, "POST", "/artifactory/api/security/unlockAllUsers", nil).want(200)

	const expiration = "/artifactory/api/security/configuration/passwordExpirationPolicy"
	w.admin(t, "PUT", expiration, map[string]any{"enabled": true, "passwordMaxAge": 30, "notifyByEmail": true}).want(200)
	w.admin(t, "GET", expiration, nil).want(200).holds(`"passwordMaxAge":30`)
	w.admin(t, "POST", "/artifactory/api/security/users/authorization/expirePassword", []string{"bob"}).want(200)
	w.send(t, w.as("bob"), "GET", ping, nil).want(401)
	w.admin(t, "POST", "/artifactory/api/security/users/authorization/expirePasswordForAllUsers", nil).want(200)
	w.send(t, w.as("alice"), "GET", ping, nil).want(401)
}

func TestUserGroups(t *testing.T) {
	t.Parallel()
	w := start(t)
	const path = users + "/alice/groups"
	w.admin(t, "PATCH", path, map[string]any{"add": []string{"developers", "developers"}, "remove": nil}).want(200).
		holds(`{"groups":["readers","developers"]}`)
	w.admin(t, "PATCH", path, map[string]any{"add": []string{"developers"}, "remove": []string{"readers"}}).want(200).
		holds(`{"groups":["developers"]}`)
	for _, body := range []map[string]any{
		{}, {"add": nil, "remove": nil}, {"add": []string{"readers"}, "remove": []string{"readers"}}, {"add": []string{"nobody"}},
	} {
		w.admin(t, "PATCH", path, body).accessError(400, "BAD_REQUEST")
	}
}

// userPage is one page of the thin list.
type userPage struct {
	Users []struct {
		Username, URI, Realm, Status string
	}
	Cursor string
}

// allUsers follows the cursor until a short page.
func allUsers(t *testing.T, w *wire, limit int) []string {
	t.Helper()
	var names []string
	cursor := ""
	for {
		var page userPage
		query := url.Values{"limit": {fmt.Sprint(limit)}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		w.admin(t, "GET", users+"?"+query.Encode(), nil).want(200).decode(&page)
		for _, u := range page.Users {
			names = append(names, u.Username)
		}
		if len(page.Users) < limit {
			return names
		}
		if page.Cursor != page.Users[len(page.Users)-1].Username {
			t.Fatalf("cursor %q on a page that ends with %+v", page.Cursor, page.Users[len(page.Users)-1])
		}
		cursor = page.Cursor
	}
}

func TestUserList(t *testing.T) {
	t.Parallel()
	w := start(t)
	seeded := []string{"admin", "alice", "bob", "carol", "dana", "erin@example.com"}
	for _, limit := range []int{1, 2, 3, 4, 6, 7} {
		if got := allUsers(t, w, limit); !slices.Equal(got, seeded) {
			t.Errorf("limit %d: got %v", limit, got)
		}
	}
	w.admin(t, "GET", users, nil).want(200).holds(`"cursor":"erin@example.com"`).lacks("email").
		holds(`{"username":"carol","uri":"` + w.URL + `/access/api/v2/users/carol","realm":"internal","status":"disabled"}`)
	w.admin(t, "GET", users+"?username=LI", nil).want(200).holds(`"alice"`).lacks(`"bob"`)
	w.admin(t, "GET", users+"?onlyAdmins=true", nil).want(200).holds(`"admin"`).lacks(`"bob"`)
	w.admin(t, "GET", users+"?descending_order=true&limit=2&cursor=carol", nil).want(200).holds(`"cursor":"alice"`)
	w.admin(t, "GET", users+"?status=disabled&cursor=carol", nil).want(200).holds(`{"users":[]}`)
	w.admin(t, "GET", users+"?status=tired", nil).accessError(400, "BAD_REQUEST")
	w.admin(t, "GET", users+"?limit=0", nil).accessError(400, "BAD_REQUEST")

	lister := w.mint(t, map[string]any{"username": "ci", "scope": "system:identities:r"})
	w.send(t, bearer(lister.AccessToken), "GET", users, nil).want(200)
	w.send(t, bearer(lister.AccessToken), "GET", groups, nil).want(200)
	w.send(t, bearer(lister.AccessToken), "GET", permissions, nil).accessError(403, "FORBIDDEN")
	w.send(t, bearer(lister.AccessToken), "DELETE", users+"/bob", nil).accessError(403, "FORBIDDEN")
}

func TestPagingUnderWrites(t *testing.T) {
	t.Parallel()
	w := start(t)
	const count = 300
	for i := range count {
		w.admin(t, "POST", users, map[string]any{
			"username": fmt.Sprintf("user-%04d", i), "email": "x@example.com", "internal_password_disabled": true,
		}).want(201)
	}
	var writers sync.WaitGroup
	for worker := range 4 {
		writers.Go(func() {
			for i := range 30 {
				name := fmt.Sprintf("churn-%d-%d", worker, i)
				w.admin(t, "POST", users, map[string]any{"username": name, "email": "x@example.com", "internal_password_disabled": true})
				w.admin(t, "DELETE", users+"/"+name, nil)
			}
		})
	}
	for range 3 {
		seen := map[string]int{}
		for _, name := range allUsers(t, w, 17) {
			seen[name]++
		}
		for i := range count {
			if n := seen[fmt.Sprintf("user-%04d", i)]; n != 1 {
				t.Errorf("user-%04d was listed %d times", i, n)
			}
		}
	}
	writers.Wait()
}

func TestSCIM(t *testing.T) {
	t.Parallel()
	w := start(t)
	const path = "/access/api/v1/scim/v2/Users"
	got := w.admin(t, "GET", path+"/alice", nil).want(200).holds(`"active":true`).holds(`{"value":"readers"}`)
	if got.header.Get("Content-Type") != "application/scim+json;charset=UTF-8" {
		t.Errorf("content type %s", got.header.Get("Content-Type"))
	}
	w.admin(t, "GET", path+"?filter="+url.QueryEscape(`userName eq "bob"`), nil).want(200).holds(`"totalResults":1`)
	w.admin(t, "GET", path+"?filter=nonsense", nil).want(400)
	w.admin(t, "PUT", path+"/alice", map[string]any{"id": "alice", "active": false}).want(200).holds(`"active":false`)
	w.admin(t, "GET", users+"/alice", nil).want(200).holds(`"status":"disabled"`)
	w.send(t, w.as("alice"), "GET", ping, nil).want(401)
	w.admin(t, "PATCH", path+"/alice", map[string]any{
		"Operations": []map[string]any{{"op": "replace", "value": map[string]any{"active": "True"}}},
	}).want(200).holds(`"active":true`)
	w.admin(t, "PATCH", path+"/alice", map[string]any{
		"Operations": []map[string]any{{"op": "replace", "path": "userName", "value": "eve"}},
	}).want(400)
	w.admin(t, "GET", path+"/nobody", nil).want(404)
	w.admin(t, "GET", "/access/api/v1/scim/v2/Groups", nil).want(501)
	w.send(t, w.as("bob"), "GET", path+"/alice", nil).want(403)
}
