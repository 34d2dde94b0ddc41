package artifactory_test

import (
	"encoding/base64"
	"net/http"
	"testing"
)

const npmPath = "/artifactory/api/npm/npm-private/@acme%2fhello"

func TestPackageAccess(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.admin(t, "POST", permissions, grant("npm", "npm-private", "developers", "READ")).want(201)
	w.admin(t, "POST", permissions, grant("everything", "ANY LOCAL", "temps", "READ")).want(400)
	w.admin(t, "PATCH", users+"/alice/groups", map[string]any{"add": []string{"developers"}}).want(200)
	identity := w.mint(t, map[string]any{"username": "alice", "include_reference_token": true})
	stranger := w.mint(t, map[string]any{"username": "bob"})
	byGroup := w.mint(t, map[string]any{"username": "robot", "scope": "applied-permissions/groups:developers"})
	// Two group scopes are taken and grant nothing.
	twoScopes := w.mint(t, map[string]any{
		"username": "robot", "scope": "applied-permissions/groups:developers applied-permissions/groups:readers",
	})
	byResource := w.mint(t, map[string]any{"username": "robot", "scope": "artifact:npm-*:r"})
	elsewhere := w.mint(t, map[string]any{"username": "robot", "scope": "artifact:go-private:r system:identities:r"})
	administrator := w.mint(t, map[string]any{"scope": "applied-permissions/admin"})
	for _, test := range []struct {
		name, auth, path string
		status           int
	}{
		{"nobody", "", npmPath, 401},
		{"wrong password", basic("alice", "wrong"), npmPath, 401},
		{"password", w.as("alice"), npmPath, 200},
		{"token as password", basic("alice", identity.AccessToken), npmPath, 200},
		{"reference token as password", basic("alice", identity.ReferenceToken), npmPath, 200},
		{"bearer", bearer(identity.AccessToken), npmPath, 200},
		{"bearer reference token", bearer(identity.ReferenceToken), npmPath, 200},
		{"no right", bearer(stranger.AccessToken), npmPath, 403},
		{"no right on what does not exist", bearer(stranger.AccessToken), "/artifactory/api/npm/npm-private/none", 403},
		{"right on what does not exist", bearer(identity.AccessToken), "/artifactory/api/npm/npm-private/none", 404},
		{"unknown repository", bearer(identity.AccessToken), "/artifactory/api/npm/none/x", 404},
		{"repository of another type", bearer(identity.AccessToken), "/artifactory/api/npm/go-private/x", 404},
		{"group scope", bearer(byGroup.AccessToken), npmPath, 200},
		{"two group scopes", bearer(twoScopes.AccessToken), npmPath, 403},
		{"resource scope", bearer(byResource.AccessToken), npmPath, 200},
		{"other scopes", bearer(elsewhere.AccessToken), npmPath, 403},
		{"administrator", bearer(administrator.AccessToken), "/artifactory/api/npm/npm-secret/acme-secret", 200},
		{"secret", bearer(identity.AccessToken), "/artifactory/api/npm/npm-secret/acme-secret", 403},
		{"public", "", "/artifactory/api/npm/npm-public/acme-public", 200},
		{"go", bearer(administrator.AccessToken), "/artifactory/api/go/go-private/example.com/acme/hello/@v/list", 200},
		{"pypi", bearer(administrator.AccessToken), "/artifactory/api/pypi/pypi-private/simple/acme-hello/", 200},
		{"go without", "", "/artifactory/api/go/go-private/example.com/acme/hello/@v/list", 401},
		{"pypi without", "", "/artifactory/api/pypi/pypi-private/simple/acme-hello/", 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			res := w.send(t, test.auth, "GET", test.path, nil).want(test.status)
			if test.status == 401 && res.header.Get("WWW-Authenticate") == "" {
				t.Error("no challenge")
			}
			if test.path == npmPath && test.status == 200 {
				res.holds(w.URL + "/artifactory/api/npm/npm-private/@acme/hello/-/")
			}
		})
	}
}

// TestRightsFollowGroups also proves that the log says who read what by which token.
func TestRightsFollowGroups(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.admin(t, "POST", permissions, grant("npm", "npm-private", "developers", "READ")).want(201)
	w.admin(t, "PATCH", users+"/alice/groups", map[string]any{"add": []string{"developers"}}).want(200)
	identity := w.mint(t, map[string]any{"username": "alice"})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+npmPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-JFrog-Art-Api", identity.AccessToken)
	w.do(t, req).want(200)
	seen := false
	for _, entry := range w.Log.Entries() {
		seen = seen || entry.User == "alice" && entry.Repository == "npm-private" && entry.TokenID == identity.TokenID
	}
	if !seen {
		t.Error("the log does not say that alice read npm-private with her token")
	}

	w.admin(t, "PATCH", users+"/alice/groups", map[string]any{"remove": []string{"developers"}}).want(200)
	w.send(t, bearer(identity.AccessToken), "GET", npmPath, nil).want(403)
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	w := start(t)
	body := grant("part", "npm-private", "readers", "READ")
	section := body["resources"].(map[string]any)["artifact"].(map[string]any)
	section["targets"] = map[string]any{"npm-private": map[string]any{
		"include_patterns": []string{"@acme/**"}, "exclude_patterns": []string{"**/*secret*"},
	}}
	w.admin(t, "POST", permissions, body).want(201)
	w.send(t, w.as("bob"), "GET", npmPath, nil).want(200)
	w.send(t, w.as("bob"), "GET", "/artifactory/api/npm/npm-private/acme-hello", nil).want(403)
	w.send(t, w.as("bob"), "GET", "/artifactory/api/npm/npm-private/@acme%2fsecret", nil).want(403)
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	w := start(t)
	const path = "/artifactory/api/repositories"
	w.send(t, "", "GET", path, nil).artifactoryError(401)
	var all []struct{ Key, Type, URL, PackageType string }
	w.admin(t, "GET", path+"/", nil).want(200).decode(&all)
	if len(all) != len(w.Repositories) || all[0].Key != "npm-private" || all[0].Type != "LOCAL" || all[0].PackageType != "Npm" {
		t.Errorf("got %+v", all)
	}
	w.admin(t, "GET", path+"?packageType=go", nil).want(200).holds("go-private").lacks("npm-private")
	w.admin(t, "GET", path+"?type=remote", nil).want(200).holds("[]")
	w.send(t, w.as("alice"), "GET", path, nil).want(200).holds("npm-public").lacks("npm-private")
	w.admin(t, "GET", path+"/pypi-private", nil).want(200).holds(`"packageType":"pypi"`).holds(`"rclass":"local"`)
	w.admin(t, "GET", path+"/none", nil).artifactoryError(400)
	w.send(t, w.as("alice"), "GET", path+"/npm-public", nil).want(200).lacks("repoLayoutRef")
	w.send(t, w.as("alice"), "GET", path+"/npm-private", nil).artifactoryError(403)
}

func TestNPMAuth(t *testing.T) {
	t.Parallel()
	w := start(t)
	token := w.mint(t, map[string]any{"username": "alice"})
	want := func(secret string) string {
		return "_auth = " + base64.StdEncoding.EncodeToString([]byte("alice:"+secret)) + "\nalways-auth = true\nemail = alice@example.com\n"
	}
	const path = "/artifactory/api/npm/auth"
	w.send(t, w.as("alice"), "GET", path, nil).want(200).holds(want(password(w, "alice")))
	w.send(t, basic("alice", token.AccessToken), "GET", path, nil).want(200).holds(want(token.AccessToken))
	w.send(t, bearer(token.AccessToken), "GET", path, nil).want(200).holds(want(token.AccessToken))
	w.send(t, "", "GET", path, nil).artifactoryError(401)
}
