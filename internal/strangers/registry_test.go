package strangers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
)

// registry is a whole server with three people on it: one who may publish, one who may read, one who may do nothing.
type registry struct {
	*devregistry.Server
	t      *testing.T
	client *http.Client

	writer, reader, nobody account
}

// account is a user and a token of theirs.
type account struct {
	name, id       string
	token, tokenID string
}

// onBoth runs a test against a fresh registry of each dialect.
func onBoth(t *testing.T, test func(t *testing.T, r *registry)) {
	t.Helper()
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, startRegistry(t, dialect))
		})
	}
}

func startRegistry(t *testing.T, dialect devregistry.Dialect) *registry {
	t.Helper()
	r := &registry{Server: devregistrytest.Start(t, dialect), t: t}
	r.client = devregistrytest.Client(t, r.Server)
	r.writer, r.reader, r.nobody = r.newAccount("wendy"), r.newAccount("rita"), r.newAccount("nick")
	for _, repository := range r.Repositories {
		key := repository.Key
		if !strings.HasSuffix(key, "-private") {
			continue
		}
		r.grant(key, r.writer, "read", "write")
		r.grant(key, r.reader, "read")
	}
	r.Log.Reset() // what the administrator did to get here is none of the tests' business
	return r
}

// isArtifactory tells the dialects apart where their APIs differ.
func (r *registry) isArtifactory() bool { return r.Dialect == devregistry.Artifactory }

// call sends a request as the administrator and decodes the answer.
func (r *registry) call(method, path string, body map[string]any) map[string]any {
	r.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.URL+path, bytes.NewReader(encoded))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+r.AdminToken)
	request.Header.Set("Content-Type", "application/json")
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		r.t.Fatalf("%s %s: status %d, %v: %s", method, path, response.StatusCode, err, answer)
	}
	decoded := map[string]any{}
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &decoded); err != nil {
			r.t.Fatal(err)
		}
	}
	return decoded
}

const password = "Quiet-Harbor-42"

// newAccount makes a user and mints a token for them.
func (r *registry) newAccount(name string) account {
	r.t.Helper()
	user := map[string]any{"username": name, "email": name + "@example.com", "password": password}
	a := account{name: name}
	if r.isArtifactory() {
		r.call(http.MethodPost, "/access/api/v2/users", user)
		token := r.call(http.MethodPost, "/access/api/v1/tokens", map[string]any{
			"username": name, "scope": "applied-permissions/user", "expires_in": 86400,
		})
		a.token, a.tokenID = text(token["access_token"]), text(token["token_id"])
		return a
	}
	created, _ := r.call(http.MethodPost, "/api/v1/users", user)["user"].(map[string]any)
	a.id = text(created["id"])
	token := r.call(http.MethodPost, "/api/v1/users/"+a.id+"/tokens", map[string]any{
		"name": "strangers", "scopes": []string{"read:artifacts", "write:artifacts"}, "expires_in_days": 1,
	})
	a.token, a.tokenID = text(token["token"]), text(token["id"])
	return a
}

// grant lets an account do something in a repository.
func (r *registry) grant(key string, a account, actions ...string) {
	r.t.Helper()
	if !r.isArtifactory() {
		repository := r.call(http.MethodGet, "/api/v1/repositories/"+key, nil)
		r.call(http.MethodPost, "/api/v1/permissions", map[string]any{
			"principal_type": "user", "principal_id": a.id, "target_type": "repository", "target_id": repository["id"],
			"actions": actions,
		})
		return
	}
	upper := make([]string, len(actions))
	for i, action := range actions {
		upper[i] = strings.ToUpper(action)
	}
	r.call(http.MethodPost, "/access/api/v2/permissions", map[string]any{
		"name": a.name + " in " + key,
		"resources": map[string]any{"artifact": map[string]any{
			"actions": map[string]any{"users": map[string]any{a.name: upper}},
			"targets": map[string]any{key: map[string]any{"include_patterns": []string{"**"}}},
		}},
	})
}

// revoke takes an account's token back.
func (r *registry) revoke(a account) {
	r.t.Helper()
	if r.isArtifactory() {
		r.call(http.MethodDelete, "/access/api/v1/tokens/"+a.tokenID, nil)
		return
	}
	r.call(http.MethodDelete, "/api/v1/users/"+a.id+"/tokens/"+a.tokenID, nil)
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// repo is the address of a package repository, without trailing slash.
func (r *registry) repo(format, key string) string {
	if r.isArtifactory() {
		return r.URL + "/artifactory/api/" + format + "/" + key
	}
	return r.URL + "/" + format + "/" + key
}

// login is the user name that goes with an account's token in Basic authentication. A real name would count as a failed
// sign-in on Artifact Keeper.
func (r *registry) login(a account) string {
	if r.isArtifactory() {
		return a.name
	}
	return "__token__"
}

// withLogin is repo with an account's name and token in the address.
func (r *registry) withLogin(format, key string, a account) string {
	address, err := url.Parse(r.repo(format, key))
	if err != nil {
		r.t.Fatal(err)
	}
	address.User = url.UserPassword(r.login(a), a.token)
	return address.String()
}

func (r *registry) host() string { return strings.TrimPrefix(r.URL, "https://") }

// users are the accounts that came to a repository with success, by the server's own record.
func (r *registry) users(key string) map[string]bool {
	seen := map[string]bool{}
	for _, entry := range r.Log.Entries() {
		if entry.Repository == key && entry.Status < 300 {
			seen[entry.User] = true
		}
	}
	return seen
}

// onlyCame checks that an account, and nobody else, got something from a repository.
func (r *registry) onlyCame(key string, a account) {
	r.t.Helper()
	if seen := r.users(key); len(seen) != 1 || !seen[a.name] {
		r.t.Errorf("%s was used by %v, want %s alone", key, seen, a.name)
	}
}
