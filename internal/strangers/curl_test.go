package strangers

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// step is one command of a public document, as it stands there but for the host, the secrets and the option that names
// the CA. What it must print is what the server really does, whatever the document hopes for.
type step struct {
	name string
	// command is split at blanks outside of quotes, as a shell does.
	command string
	status  int
	// body is a regular expression.
	body string
	// save names the JSON members of the answer to keep, as "variable=member".
	save []string
}

// play runs the steps in order; $NAME in a command is a variable.
func play(t *testing.T, r *registry, vars map[string]string, steps []step) {
	t.Helper()
	needed(t, "curl", "--version")
	m := newMachine(t)
	vars["URL"] = r.URL
	for _, s := range steps {
		args := splitWords(t, s.command, vars)
		// -q comes first or counts for nothing: no .curlrc of the machine is read.
		args = append([]string{"-q", "--silent", "--show-error", "--cacert", r.CAFile, "--write-out", "\n%{http_code}"}, args...)
		output := m.run("curl", args...).ok().output
		cut := strings.LastIndexByte(output, '\n')
		body, status := output[:cut], output[cut+1:]
		if status != strconv.Itoa(s.status) || !regexp.MustCompile(s.body).MatchString(body) {
			t.Errorf("%s: status %s, want %d; body, want %s:\n%s", s.name, status, s.status, s.body, body)
		}
		for _, save := range s.save {
			variable, member, _ := strings.Cut(save, "=")
			var answer map[string]any
			if err := json.Unmarshal([]byte(body), &answer); err != nil || text(answer[member]) == "" {
				t.Fatalf("%s: nothing to save as %s, %v: %s", s.name, variable, err, body)
			}
			vars[variable] = text(answer[member])
		}
	}
}

var word = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)

// splitWords splits a command into words. Variables are filled in afterwards, so that no value can break a word.
func splitWords(t *testing.T, command string, vars map[string]string) []string {
	t.Helper()
	var words []string
	for _, w := range word.FindAllString(command, -1) {
		if w[0] == '\'' || w[0] == '"' {
			w = w[1 : len(w)-1]
		}
		words = append(words, regexp.MustCompile(`\$[A-Z_]+`).ReplaceAllStringFunc(w, func(name string) string {
			value, known := vars[name[1:]]
			if !known {
				t.Fatalf("%s: no variable %s", command, name)
			}
			return value
		}))
	}
	return words
}

// TestCurlArtifactory plays JFrog's "Access Tokens" page: the form-based token API, and both ways to use a token.
func TestCurlArtifactory(t *testing.T) {
	t.Parallel()
	needed(t, "curl", "--version")
	r := startRegistry(t, "artifactory")
	vars := map[string]string{"ADMIN": r.AdminToken, "PASSWORD": password}
	play(t, r, vars, []step{
		{
			"create a token by password",
			`-u wendy:$PASSWORD -X POST $URL/artifactory/api/security/token -d "username=wendy" -d "scope=member-of-groups:readers"`,
			200, `"expires_in":3600\b`,
			[]string{"TOKEN=access_token"},
		},
		{"ping with the token as a password", `-u wendy:$TOKEN $URL/artifactory/api/system/ping`, 200, `^OK$`, nil},
		{"ping with the token as Bearer", `-H "Authorization: Bearer $TOKEN" $URL/artifactory/api/system/ping`, 200, `^OK$`, nil},
		{"the token under another user's name", `-u rita:$TOKEN $URL/artifactory/api/system/version`, 401, `"status":401`, nil},
		{
			"a token for a user who does not exist",
			`-H "Authorization: Bearer $ADMIN" -X POST $URL/artifactory/api/security/token -d "username=build-17" -d "scope=member-of-groups:readers" -d "expires_in=600"`,
			200, `"expires_in":600\b`,
			[]string{"TRANSIENT=access_token"},
		},
		{"the transient user pings", `-u build-17:$TRANSIENT $URL/artifactory/api/system/ping`, 200, `^OK$`, nil},
		{
			"nobody but an administrator names another user",
			`-u wendy:$PASSWORD -X POST $URL/artifactory/api/security/token -d "username=rita" -d "scope=member-of-groups:readers"`,
			403, `"status":403`, nil,
		},
		{
			"a token that never expires and can be refreshed",
			`-H "Authorization: Bearer $ADMIN" -X POST $URL/artifactory/api/security/token -d "username=wendy" -d "scope=member-of-groups:*" -d "expires_in=0" -d "refreshable=true"`,
			200, `"refresh_token":`,
			[]string{"OLD=access_token", "REFRESH=refresh_token"},
		},
		{
			"a refresh by the pair alone",
			`-X POST $URL/artifactory/api/security/token -d "grant_type=refresh_token" -d "refresh_token=$REFRESH" -d "access_token=$OLD"`,
			200, `"access_token":`,
			[]string{"NEW=access_token"},
		},
		{
			"revoke", `-H "Authorization: Bearer $ADMIN" -X POST $URL/artifactory/api/security/token/revoke -d "token=$NEW"`,
			200, `Token revoked`, nil,
		},
		{"the revoked token", `-u wendy:$NEW $URL/artifactory/api/system/version`, 401, `"status":401`, nil},
		{"service id", `-H "Authorization: Bearer $ADMIN" $URL/artifactory/api/system/service_id`, 200, `^jfrt@0`, nil},
		{
			"a token by JSON, as newer pages have it",
			`-H "Authorization: Bearer $ADMIN" -H "Content-Type: application/json" -X POST $URL/access/api/v1/tokens -d '{"username": "wendy", "scope": "applied-permissions/user", "expires_in": 21600}'`,
			200, `"token_type":"Bearer"`,
			[]string{"SCOPED=access_token", "SCOPED_ID=token_id"},
		},
		{"a package index with it", `-u wendy:$SCOPED $URL/artifactory/api/pypi/pypi-private/simple/acme-hello/`, 200, `acme_hello-1\.1\.0`, nil},
		{"lines for an npmrc", `-u wendy:$SCOPED $URL/artifactory/api/npm/auth`, 200, `(?m)^_auth = `, nil},
		{"revoke by id", `-H "Authorization: Bearer $ADMIN" -X DELETE $URL/access/api/v1/tokens/$SCOPED_ID`, 200, ``, nil},
		{"the package index afterwards", `-u wendy:$SCOPED $URL/artifactory/api/pypi/pypi-private/simple/acme-hello/`, 401, `"status":401`, nil},
		{
			"an LDAP group by the API that can",
			`-H "Authorization: Bearer $ADMIN" -H "Content-Type: application/json" -X PUT $URL/artifactory/api/security/groups/directory -d '{"name": "directory", "realm": "ldap", "realmAttributes": "ldapGroupName=directory;groupsStrategy=STATIC;groupDn=cn=directory,dc=example,dc=com"}'`,
			201, ``, nil,
		},
	})
}

// TestCurlArtifactKeeper plays the commands of Artifact Keeper's "Authentication & RBAC" page, those included that do not
// do what the page says.
func TestCurlArtifactKeeper(t *testing.T) {
	t.Parallel()
	needed(t, "curl", "--version")
	r := startRegistry(t, "artifact_keeper")
	vars := map[string]string{"GRANTED": r.writer.token, "USER_A": r.writer.id, "USER_B": r.reader.id}
	play(t, r, vars, []step{
		{
			"the page's default administrator",
			`-X POST $URL/api/v1/auth/login -H "Content-Type: application/json" -d '{"username": "admin", "password": "admin"}'`,
			401, `"code":"AUTH_ERROR"`, nil,
		},
		{
			"login",
			`-X POST $URL/api/v1/auth/login -H "Content-Type: application/json" -d '{"username": "admin", "password": "Admin-Passw0rd"}'`,
			200, `"expires_in":1800\b`,
			[]string{"ACCESS_TOKEN=access_token", "REFRESH_TOKEN=refresh_token"},
		},
		{"use the access token", `-H "Authorization: Bearer $ACCESS_TOKEN" $URL/api/v1/repositories`, 200, `"key":"npm-private"`, nil},
		{
			"refresh",
			`-X POST $URL/api/v1/auth/refresh -H "Content-Type: application/json" -d '{"refresh_token": "$REFRESH_TOKEN"}'`,
			200, `"refresh_token":`,
			[]string{"ACCESS_TOKEN=access_token"},
		},
		{
			"the page's scopes are unknown",
			`-X POST $URL/api/v1/users/me/tokens -H "Authorization: Bearer $ACCESS_TOKEN" -H "Content-Type: application/json" -d '{"name": "CI Pipeline Token", "scopes": ["repository:read", "repository:write"], "expires_at": "2027-12-31T23:59:59Z"}'`,
			400, `"code":"VALIDATION_ERROR"`, nil,
		},
		{
			"the page's expires_at is ignored",
			`-X POST $URL/api/v1/users/me/tokens -H "Authorization: Bearer $ACCESS_TOKEN" -H "Content-Type: application/json" -d '{"name": "CI Pipeline Token", "scopes": ["read:artifacts", "write:artifacts"], "expires_at": "2027-12-31T23:59:59Z"}'`,
			200, `"name":"CI Pipeline Token"`,
			[]string{"API_TOKEN=token"},
		},
		{
			"so the token never expires", `-H "Authorization: Bearer $ACCESS_TOKEN" $URL/api/v1/users/me/tokens`,
			200, `"name":"CI Pipeline Token"[^}]*"expires_at":null`, nil,
		},
		{"use the API token", `-H "Authorization: Bearer $API_TOKEN" $URL/api/v1/repositories`, 200, `"items":`, nil},
		{
			"the page's use of it is not modelled here, and says so",
			`-H "Authorization: Bearer $API_TOKEN" $URL/api/v1/packages`,
			501, `"code":"NOT_IMPLEMENTED"`, nil,
		},
		{
			"the page's permission for a user",
			`-X POST $URL/api/v1/permissions -H "Authorization: Bearer $ACCESS_TOKEN" -H "Content-Type: application/json" -d '{"repository_id": "repo-123", "user_id": "user-456", "permissions": ["read", "write"]}'`,
			400, `"code":"VALIDATION_ERROR"`, nil,
		},
		{
			"the page's permission for a group",
			`-X POST $URL/api/v1/permissions -H "Authorization: Bearer $ACCESS_TOKEN" -H "Content-Type: application/json" -d '{"repository_id": "repo-123", "group_id": "group-789", "permissions": ["read"]}'`,
			400, `"code":"VALIDATION_ERROR"`, nil,
		},
		{
			"a group",
			`-X POST $URL/api/v1/groups -H "Authorization: Bearer $ACCESS_TOKEN" -H "Content-Type: application/json" -d '{"name": "contractors", "description": "Development team"}'`,
			200, `"name":"contractors"`,
			[]string{"GROUP=id"},
		},
		{
			"its members",
			`-X POST $URL/api/v1/groups/$GROUP/members -H "Authorization: Bearer $ACCESS_TOKEN" -H "Content-Type: application/json" -d '{"user_ids": ["$USER_A", "$USER_B"]}'`,
			200, `^$`, nil,
		},
		{"the members are in", `-H "Authorization: Bearer $ACCESS_TOKEN" $URL/api/v1/groups/$GROUP`, 200, `"members_total":2\b`, nil},
		{
			"the page's group exists already here",
			`-X POST $URL/api/v1/groups -H "Authorization: Bearer $ACCESS_TOKEN" -H "Content-Type: application/json" -d '{"name": "developers"}'`,
			409, `"code":"CONFLICT"`, nil,
		},
		{"an administrator's token with narrow scopes is no administrator's", `-u __token__:$API_TOKEN $URL/pypi/pypi-private/simple/acme-hello/`, 403, `permission`, nil},
		{"a package index with a granted user's token", `-u __token__:$GRANTED $URL/pypi/pypi-private/simple/acme-hello/`, 200, `acme_hello-1\.1\.0`, nil},
		{"the API with an API token as a password", `-u __token__:$API_TOKEN $URL/api/v1/users/me`, 401, `^Invalid credentials$`, nil},
	})
}
