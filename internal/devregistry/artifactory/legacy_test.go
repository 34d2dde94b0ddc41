package artifactory_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestLegacyGroups(t *testing.T) {
	t.Parallel()
	w := start(t)
	const root = "/artifactory/api/security/groups"
	body := map[string]any{"description": "old", "userNames": []string{"alice"}, "watchManager": true}
	w.admin(t, "PUT", root+"/old%20team", body).want(201)
	w.admin(t, "GET", groups+"/old%20team", nil).want(200).holds(`"members":["alice"]`).holds(`"watch_manager":true`)
	w.admin(t, "GET", root+"/old%20team?includeUsers=true", nil).want(200).holds(`"userNames":["alice"]`).
		holds(`"autoJoin":false`).holds(`"realm":"internal"`)
	w.admin(t, "GET", root+"/old%20team", nil).want(200).lacks("userNames")
	w.admin(t, "POST", root+"/old%20team", map[string]any{"description": "newer"}).want(200)
	w.admin(t, "GET", root+"/old%20team?includeUsers=true", nil).want(200).holds("newer").holds(`"userNames":["alice"]`)
	w.admin(t, "PUT", root+"/old%20team", map[string]any{"userNames": []string{"nobody"}}).artifactoryError(400)
	w.admin(t, "PUT", root+"/old%20team", map[string]any{"userNames": []string{}}).want(201)
	w.admin(t, "GET", groups+"/old%20team", nil).want(200).holds(`"members":[]`).lacks("newer")
	w.admin(t, "GET", root, nil).want(200).holds(`{"name":"old team","uri":"` + w.URL + root + `/old%20team"}`)
	w.admin(t, "DELETE", root+"/old%20team", nil).want(200)
	w.admin(t, "DELETE", root+"/old%20team", nil).artifactoryError(404)
	w.admin(t, "POST", root+"/old%20team", map[string]any{}).artifactoryError(404)
	w.send(t, w.as("alice"), "GET", root, nil).artifactoryError(403)
}

func TestLDAPRealmGroups(t *testing.T) {
	t.Parallel()
	w := start(t)
	const root = "/artifactory/api/security/groups"
	const attributes = "ldapGroupName=builders;groupsStrategy=STATIC;groupDn=cn=builders,dc=example"
	body := map[string]any{"realm": "ldap", "realmAttributes": attributes}
	w.admin(t, "PUT", root+"/Builders", body).artifactoryError(400)
	w.admin(t, "PUT", root+"/builders", body).want(201)
	w.admin(t, "GET", groups+"/builders", nil).want(200).holds(`"realm":"ldap"`).holds(attributes)
	w.admin(t, "PATCH", groups+"/builders", map[string]any{"realm": "internal", "realm_attributes": ""}).want(200).
		holds(`"realm":"ldap"`).holds(attributes)
}

func TestLegacyUsers(t *testing.T) {
	t.Parallel()
	w := start(t)
	const root = "/artifactory/api/security/users"
	body := map[string]any{"email": "ivy@example.com", "password": "Ivy-Passw0rd", "groups": []string{"developers"}}
	w.admin(t, "PUT", root+"/Ivy", body).want(201)
	w.admin(t, "GET", users+"/ivy", nil).want(200).holds(`"groups":["readers","developers"]`)
	w.admin(t, "GET", root+"/ivy", nil).want(200).holds(`"profileUpdatable":true`).holds(`"internalPasswordDisabled":false`)
	w.admin(t, "POST", root+"/ivy", map[string]any{"admin": true, "groups": []string{"readers"}}).want(200)
	w.admin(t, "GET", users+"/ivy", nil).want(200).holds(`"groups":["readers"]`).holds(`"admin":true`).holds("ivy@example.com")
	w.send(t, basic("ivy", "Ivy-Passw0rd"), "GET", ping, nil).want(200)
	w.admin(t, "PUT", root+"/ivy", map[string]any{"email": "i@example.com", "password": "Ivy-Passw0rd"}).want(201)
	w.admin(t, "GET", users+"/ivy", nil).want(200).holds(`"groups":[]`).holds(`"admin":false`).holds("i@example.com")
	w.admin(t, "GET", root, nil).want(200).holds(`{"name":"ivy"`)
	w.admin(t, "PUT", root+"/jo", map[string]any{"email": "jo@example.com"}).artifactoryError(400)
	w.admin(t, "DELETE", root+"/ivy", nil).want(200)
	w.admin(t, "GET", root+"/ivy", nil).artifactoryError(404)
	w.admin(t, "POST", root+"/ivy", map[string]any{}).artifactoryError(404)
}

func TestLegacyTokens(t *testing.T) {
	t.Parallel()
	w := start(t)
	const root = "/artifactory/api/security/token"
	mint := func(auth string, form url.Values) minted {
		var token minted
		w.send(t, auth, "POST", root, form).want(200).decode(&token)
		return token
	}
	own := mint(w.as("alice"), url.Values{})
	if *own.ExpiresIn != 3600 {
		t.Errorf("got %+v", own)
	}
	w.send(t, bearer(own.AccessToken), "GET", ping, nil).want(200)
	w.admin(t, "POST", permissions, grant("p", "npm-private", "developers", "READ")).want(201)
	transient := mint(bearer(w.AdminToken), url.Values{
		"username": {"transient"}, "scope": {"api:* member-of-groups:developers"}, "expires_in": {"0"},
	})
	if transient.ExpiresIn != nil {
		t.Errorf("got %+v", transient)
	}
	w.send(t, basic("transient", transient.AccessToken), "GET", npmPath, nil).want(200)
	w.admin(t, "POST", root, url.Values{"username": {"transient"}, "scope": {"api:*"}}).artifactoryError(400)
	w.admin(t, "POST", root, url.Values{"scope": {"everything"}}).artifactoryError(400)
	w.admin(t, "POST", root, map[string]any{}).artifactoryError(415)
	w.send(t, w.as("alice"), "POST", root, url.Values{"username": {"bob"}}).artifactoryError(403)
	w.send(t, "", "POST", root, url.Values{}).artifactoryError(401)

	refreshable := mint(bearer(w.AdminToken), url.Values{"username": {"bob"}, "refreshable": {"true"}, "scope": {"member-of-groups:*"}})
	next := mint(bearer(w.AdminToken), url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refreshable.RefreshToken}, "access_token": {refreshable.AccessToken},
	})
	w.send(t, bearer(next.AccessToken), "GET", ping, nil).want(200)

	w.admin(t, "GET", root, nil).want(200).holds(transient.TokenID).lacks(own.TokenID)
	w.admin(t, "POST", root+"/revoke", url.Values{"token": {transient.AccessToken}}).want(200).holds("Token revoked")
	w.admin(t, "POST", root+"/revoke", url.Values{"token_id": {transient.TokenID}}).want(200).holds("Token not found")
	w.admin(t, "POST", root+"/revoke", url.Values{}).artifactoryError(400)
	w.send(t, w.as("bob"), "POST", root+"/revoke", url.Values{"token_id": {own.TokenID}}).artifactoryError(403)
	w.admin(t, "GET", "/artifactory/api/security/apiKey", nil).artifactoryError(501)
}

func TestLegacyPermissions(t *testing.T) {
	t.Parallel()
	w := start(t)
	const path = "/artifactory/api/v2/security/permissions/old"
	repo := map[string]any{
		"include-patterns": []string{"**"}, "exclude-patterns": []string{}, "repositories": []string{"go-private", "npm-private"},
		"actions": map[string]any{"users": map[string]any{"bob": []string{"read", "managedXrayMeta"}}, "groups": map[string]any{}},
	}
	build := map[string]any{
		"include-patterns": []string{"**"}, "exclude-patterns": []string{}, "repositories": []string{"artifactory-build-info"},
		"actions": map[string]any{"users": map[string]any{}, "groups": map[string]any{"readers": []string{"read"}}},
	}
	w.admin(t, "POST", path, map[string]any{"name": "old", "repo": repo, "build": build}).want(200)
	w.admin(t, "POST", path, map[string]any{"repo": repo}).artifactoryError(409)
	got := w.admin(t, "GET", path, nil).want(200).object()
	want := map[string]any{"name": "old", "repo": normal(repo), "build": normal(build)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	w.admin(t, "GET", permissions+"/old", nil).want(200).holds(`"bob":["READ","SCAN"]`)
	w.send(t, w.as("bob"), "GET", npmPath, nil).want(200)
	w.admin(t, "PUT", path, map[string]any{"repo": repo}).want(200)
	w.admin(t, "GET", path, nil).want(200).lacks("build")
	w.admin(t, "GET", "/artifactory/api/v2/security/permissions", nil).want(200).holds(`{"name":"old"`)
	w.admin(t, "DELETE", path, nil).want(200)
	w.admin(t, "GET", path, nil).artifactoryError(404)
	w.admin(t, "DELETE", path, nil).artifactoryError(404)
}

// normal turns typed lists into what a JSON decoder gives.
func normal(value any) any {
	switch typed := value.(type) {
	case []string:
		list := make([]any, 0, len(typed))
		for _, item := range typed {
			list = append(list, item)
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for name, member := range typed {
			object[name] = normal(member)
		}
		return object
	default:
		return value
	}
}

func TestLDAPSettings(t *testing.T) {
	t.Parallel()
	w := start(t)
	const root = "/access/api/v1/ldap/settings"
	body := map[string]any{
		"key": "corp", "ldap_url": "ldap://ldap.example.com", "email_attribute": "",
		"search": map[string]any{"search_filter": "(uid={0})", "manager_dn": "cn=m", "manager_password": "s3cret-value"},
	}
	w.admin(t, "POST", root+"/", body).want(201).holds(`"email_attribute":""`).lacks("s3cret-value").lacks("manager_password")
	w.admin(t, "POST", root+"/", body).accessError(409, "CONFLICT")
	w.admin(t, "POST", root+"/", map[string]any{"key": "x", "ldap_url": "http://x"}).accessError(400, "BAD_REQUEST")
	w.admin(t, "GET", root, nil).want(200).holds(`[{"key":"corp","enabled":true`).holds(`"search_base":null`).lacks("s3cret-value")
	w.admin(t, "GET", root+"/corp", nil).want(200).holds(`"paging_support_enabled":true`)
	body["enabled"] = false
	w.admin(t, "PUT", root+"/", body).want(200).holds(`"enabled":false`)
	w.admin(t, "PUT", root+"/", map[string]any{"key": "other", "ldap_url": "ldap://x"}).accessError(404, "NOT_FOUND")
	w.admin(t, "HEAD", root+"/corp", nil).want(200)
	w.admin(t, "DELETE", root+"/corp", nil).want(204)
	w.admin(t, "HEAD", root+"/corp", nil).want(404)
	w.admin(t, "DELETE", root+"/corp", nil).accessError(404, "NOT_FOUND")
	w.send(t, w.as("bob"), http.MethodGet, root, nil).accessError(403, "FORBIDDEN")
}

func TestLDAPGroups(t *testing.T) {
	t.Parallel()
	w := start(t)
	const root = "/access/api/v1/ldap/groups"
	group := map[string]any{"name": "il", "enabled_ldap": "corp", "strategy": "STATIC", "sub_tree": true, "filter": "(x=y)"}
	w.admin(t, "POST", root+"/", group).accessError(400, "BAD_REQUEST")
	w.admin(t, "POST", "/access/api/v1/ldap/settings", map[string]any{"key": "corp", "ldap_url": "ldaps://127.0.0.1:1"}).want(201)
	w.admin(t, "POST", root+"/", group).want(201)
	w.admin(t, "POST", root+"/", group).accessError(409, "CONFLICT")
	group["strategy"] = strings.ToLower("STATIC")
	w.admin(t, "PUT", root+"/", group).accessError(400, "BAD_REQUEST")
	group["strategy"] = "DYNAMIC"
	w.admin(t, "PUT", root+"/", group).want(200)
	w.admin(t, "GET", root+"/il", nil).want(200).holds(`"strategy":"DYNAMIC"`)
	w.admin(t, "GET", root, nil).want(200).holds(`[{"name":"il"`)
	w.admin(t, "POST", root+"/il/refresh?operation=UPDATE_AND_IMPORT", nil).accessError(400, "BAD_REQUEST").holds("connecting to")
	w.admin(t, "POST", root+"/il/refresh?operation=FORGET", nil).accessError(400, "BAD_REQUEST")
	w.admin(t, "POST", root+"/none/refresh?operation=UPDATE", nil).accessError(404, "NOT_FOUND")
	w.admin(t, "DELETE", root+"/il", nil).want(204)
	w.admin(t, "DELETE", root+"/il", nil).accessError(404, "NOT_FOUND")
}
