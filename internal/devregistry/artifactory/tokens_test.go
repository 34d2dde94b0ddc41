package artifactory_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

func TestCreateToken(t *testing.T) {
	t.Parallel()
	w := start(t)
	t.Run("form", func(t *testing.T) {
		t.Parallel()
		var token minted
		w.admin(t, "POST", tokens, url.Values{"username": {"Alice"}, "scope": {"applied-permissions/user"}, "expires_in": {"86400"}}).
			want(200).decode(&token)
		claims := payload(t, token.AccessToken)
		if token.TokenType != "Bearer" || *token.ExpiresIn != 86400 || claims["jti"] != token.TokenID {
			t.Errorf("got %+v with claims %v", token, claims)
		}
		if sub := claims["sub"].(string); !regexp.MustCompile(`^jfac@01[0-9a-z]+/users/alice$`).MatchString(sub) {
			t.Errorf("subject %s", sub)
		}
		if claims["scp"] != "applied-permissions/user" || claims["aud"] != "*@*" || claims["ext"] != `{"revocable":"true"}` {
			t.Errorf("claims %v", claims)
		}
		w.send(t, bearer(token.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(200)
	})
	t.Run("defaults", func(t *testing.T) {
		t.Parallel()
		token := w.mint(t, map[string]any{"project_key": "", "refreshable": nil})
		if *token.ExpiresIn != 31536000 || token.Scope != "applied-permissions/user" || token.RefreshToken != "" {
			t.Errorf("got %+v", token)
		}
		w.admin(t, "GET", tokens+"/"+token.TokenID, nil).want(200).holds("/users/admin").lacks("project")
	})
	t.Run("never expires", func(t *testing.T) {
		t.Parallel()
		token := w.mint(t, map[string]any{"username": "bob", "expires_in": 0})
		if token.ExpiresIn != nil || payload(t, token.AccessToken)["exp"] != nil {
			t.Errorf("it has an end: %+v", token)
		}
		w.admin(t, "GET", tokens+"/"+token.TokenID, nil).want(200).lacks("expiry")
	})
	t.Run("reference and refresh token", func(t *testing.T) {
		t.Parallel()
		token := w.mint(t, map[string]any{"username": "bob", "include_reference_token": true, "refreshable": true})
		if len(token.ReferenceToken) != 64 || !strings.HasPrefix(token.ReferenceToken, "cmVmd") || token.RefreshToken == "" {
			t.Fatalf("got %+v", token)
		}
		const ping = "/access/api/v1/system/ping"
		w.send(t, bearer(token.ReferenceToken), "GET", ping, nil).want(200)
		w.send(t, basic("bob", token.ReferenceToken), "GET", ping, nil).want(200)
		w.send(t, basic("Bob", token.AccessToken), "GET", ping, nil).want(200)
		w.send(t, basic("alice", token.ReferenceToken), "GET", ping, nil).want(401)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+ping, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-JFrog-Art-Api", token.ReferenceToken)
		w.do(t, req).want(200)
		w.admin(t, "GET", tokens+"/"+token.TokenID, nil).want(200).lacks(token.ReferenceToken).lacks(token.AccessToken)
	})
}

func TestCreateTokenRefusals(t *testing.T) {
	t.Parallel()
	w := start(t, func(o *devregistry.Options) {
		o.Artifactory.DefaultExpiry, o.Artifactory.MaxExpiry = time.Hour, 2*time.Hour
	})
	long := func(n int) string { return strings.Repeat("x", n) }
	groupToken := w.mint(t, map[string]any{"username": "alice", "scope": "applied-permissions/groups:readers"})
	for _, test := range []struct {
		name, auth string
		body       map[string]any
		status     int
		code       string
	}{
		{"no credentials", "", map[string]any{}, 401, "UNAUTHORIZED"},
		{"negative expiry", bearer(w.AdminToken), map[string]any{"expires_in": -1}, 400, "BAD_REQUEST"},
		{"expiry no number", bearer(w.AdminToken), map[string]any{"expires_in": "soon"}, 400, "BAD_REQUEST"},
		{"grant type", bearer(w.AdminToken), map[string]any{"grant_type": "password"}, 400, "BAD_REQUEST"},
		{"scope", bearer(w.AdminToken), map[string]any{"scope": "applied-permissions/root"}, 400, "BAD_REQUEST"},
		{"scope action", bearer(w.AdminToken), map[string]any{"scope": "artifact:npm-private:z"}, 400, "BAD_REQUEST"},
		{"system scope", bearer(w.AdminToken), map[string]any{"scope": "system:everything:r"}, 400, "BAD_REQUEST"},
		{"audience", bearer(w.AdminToken), map[string]any{"audience": "somebody@else"}, 400, "BAD_REQUEST"},
		{"long name", bearer(w.AdminToken), map[string]any{"username": long(256)}, 400, "BAD_REQUEST"},
		{"long description", bearer(w.AdminToken), map[string]any{"description": long(1025)}, 400, "BAD_REQUEST"},
		{"long scope", bearer(w.AdminToken), map[string]any{"scope": long(501)}, 400, "BAD_REQUEST"},
		{"unknown user", bearer(w.AdminToken), map[string]any{"username": "ghost"}, 400, "BAD_REQUEST"},
		{"disabled user", bearer(w.AdminToken), map[string]any{"username": "carol"}, 400, "BAD_REQUEST"},
		{"another user", w.as("alice"), map[string]any{"username": "bob"}, 403, "FORBIDDEN"},
		{"admin scope", w.as("alice"), map[string]any{"scope": "applied-permissions/admin"}, 403, "FORBIDDEN"},
		{"foreign group", w.as("alice"), map[string]any{"scope": "applied-permissions/groups:developers"}, 403, "FORBIDDEN"},
		{"resource scope", w.as("alice"), map[string]any{"scope": "artifact:npm-private:r"}, 403, "FORBIDDEN"},
		{"beyond the maximum", w.as("alice"), map[string]any{"expires_in": 7201}, 403, "FORBIDDEN"},
		{"never, with a maximum", w.as("alice"), map[string]any{"expires_in": 0}, 403, "FORBIDDEN"},
		{"more than the token has", bearer(groupToken.AccessToken), map[string]any{}, 403, "FORBIDDEN"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w.send(t, test.auth, "POST", tokens, test.body).accessError(test.status, test.code)
		})
	}
	// What is allowed.
	w.send(t, w.as("alice"), "POST", tokens, map[string]any{"expires_in": 7200}).want(200)
	w.send(t, w.as("alice"), "POST", tokens, map[string]any{"scope": "applied-permissions/groups:readers"}).want(200)
	w.send(t, bearer(groupToken.AccessToken), "POST", tokens, map[string]any{"scope": "applied-permissions/groups:readers"}).want(200)
	w.mint(t, map[string]any{"username": "alice", "expires_in": 0})
	w.mint(t, map[string]any{"username": "a team", "scope": `applied-permissions/groups:"a team",readers artifact:npm-*/x:r,w system:identities:r`})
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	defaults := start(t)
	storeAll := start(t, func(o *devregistry.Options) {
		o.Artifactory.DefaultExpiry = time.Hour
		o.Artifactory.PersistentExpiryThreshold, o.Artifactory.RevocableExpiryThreshold = -1, -1
	})
	for _, test := range []struct {
		name      string
		server    *wire
		seconds   int
		force     bool
		stored    bool
		revocable bool
	}{
		{"below the persistency threshold", defaults, 10799, false, false, false},
		{"below it with force", defaults, 10799, true, false, false},
		{"at it", defaults, 10800, false, true, false},
		{"at it with force", defaults, 10800, true, true, true},
		{"below the revocability threshold", defaults, 21599, false, true, false},
		{"at it", defaults, 21600, false, true, true},
		{"everything is stored", storeAll, 60, false, true, false},
		{"nothing with an end is revocable", storeAll, 864000, false, true, false},
		{"unless forced", storeAll, 60, true, true, true},
		{"or without an end", storeAll, 0, false, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := test.server
			token := w.mint(t, map[string]any{
				"username": "alice", "expires_in": test.seconds, "force_revocable": test.force, "description": t.Name(),
			})
			w.send(t, bearer(token.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(200)
			if got := payload(t, token.AccessToken)["ext"] == `{"revocable":"true"}`; got != test.revocable {
				t.Errorf("ext says revocable: %v", got)
			}
			list := w.admin(t, "GET", tokens+"?token_id="+token.TokenID, nil).want(200)
			if !test.stored {
				list.lacks(token.TokenID)
				w.admin(t, "GET", tokens+"/"+token.TokenID, nil).accessError(404, "NOT_FOUND")
				w.send(t, bearer(token.AccessToken), "GET", tokens+"/me", nil).accessError(404, "NOT_FOUND")
				w.admin(t, "DELETE", tokens+"/"+token.TokenID, nil).want(204)
				w.send(t, bearer(token.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(200)
				return
			}
			list.holds(token.TokenID)
			if !test.revocable {
				w.admin(t, "DELETE", tokens+"/"+token.TokenID, nil).accessError(400, "BAD_REQUEST")
				return
			}
			w.admin(t, "DELETE", tokens+"/"+token.TokenID, nil).want(200)
			w.admin(t, "DELETE", tokens+"/"+token.TokenID, nil).want(204)
			w.admin(t, "GET", tokens+"/"+token.TokenID, nil).want(404)
			w.send(t, bearer(token.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(401)
		})
	}
}

func TestExpiredTexts(t *testing.T) {
	t.Parallel()
	w := start(t)
	token := w.mint(t, map[string]any{"username": "alice", "expires_in": 25200, "include_reference_token": true})
	w.Store.Advance(7 * time.Hour)
	for _, value := range []string{token.AccessToken, token.ReferenceToken} {
		w.send(t, bearer(value), "GET", "/access/api/v1/system/ping", nil).accessError(401, "UNAUTHORIZED").
			holds("Invalid token, expired")
		w.send(t, bearer(value), "GET", "/artifactory/api/system/version", nil).artifactoryError(401).
			holds("Token failed verification: expired")
	}
	// The record outlives the token until the hourly clean-up.
	w.admin(t, "GET", tokens+"/"+token.TokenID, nil).want(200)
	w.Store.Advance(time.Hour)
	w.admin(t, "GET", tokens+"/"+token.TokenID, nil).want(404)
}

func TestListTokens(t *testing.T) {
	t.Parallel()
	w := start(t)
	var ids []string
	for i := range 3 {
		token := w.mint(t, map[string]any{
			"username": "alice", "description": fmt.Sprintf("run %d", i), "expires_in": 90000 - 60*i, "refreshable": i == 2,
		})
		ids = append(ids, token.TokenID)
		w.Store.Advance(time.Second)
	}
	other := w.mint(t, map[string]any{"username": "bob", "description": "run of bob"})
	for _, test := range []struct {
		name, auth, query string
		want              []string
	}{
		{"description", bearer(w.AdminToken), "description=" + url.QueryEscape("run 1"), ids[1:2]},
		{"beginning of a description", bearer(w.AdminToken), "description=" + url.QueryEscape("run *"), append(ids[:3:3], other.TokenID)},
		{"user", bearer(w.AdminToken), "username=Alice", ids},
		{"refreshable", bearer(w.AdminToken), "refreshable=true", ids[2:]},
		{"order", bearer(w.AdminToken), "username=alice&order_by=expiry", []string{ids[2], ids[1], ids[0]}},
		{"descending", bearer(w.AdminToken), "username=alice&descending_order=true", []string{ids[2], ids[1], ids[0]}},
		{"none", bearer(w.AdminToken), "username=nobody", []string{}},
		{"own ones only", w.as("alice"), "", ids},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var list struct {
				Tokens []struct {
					TokenID string `json:"token_id"`
				}
			}
			res := w.send(t, test.auth, "GET", tokens+"?"+test.query, nil).want(200).holds(`"tokens":[`)
			res.decode(&list)
			got := []string{}
			for _, token := range list.Tokens {
				got = append(got, token.TokenID)
			}
			if strings.Join(got, " ") != strings.Join(test.want, " ") {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	w.admin(t, "GET", tokens+"?order_by=luck", nil).accessError(400, "BAD_REQUEST")
}

func TestOwnTokens(t *testing.T) {
	t.Parallel()
	w := start(t)
	mine := w.mint(t, map[string]any{"username": "alice"})
	theirs := w.mint(t, map[string]any{"username": "bob"})
	me := w.send(t, bearer(mine.AccessToken), "GET", tokens+"/me", nil).want(200).object()
	if me["token_id"] != mine.TokenID || me["last_used"] == nil || me["expiry"] == nil || me["issuer"] == nil {
		t.Errorf("got %v", me)
	}
	w.send(t, w.as("alice"), "GET", tokens+"/me", nil).accessError(400, "BAD_REQUEST")
	w.send(t, bearer(mine.AccessToken), "GET", tokens+"/"+theirs.TokenID, nil).accessError(403, "FORBIDDEN")
	w.send(t, bearer(mine.AccessToken), "DELETE", tokens+"/"+theirs.TokenID, nil).accessError(403, "FORBIDDEN")
	w.send(t, bearer(mine.AccessToken), "DELETE", tokens+"/me", nil).want(200)
	w.send(t, bearer(mine.AccessToken), "GET", tokens+"/me", nil).accessError(401, "UNAUTHORIZED").holds("revoked")
}

func TestRevokeByValue(t *testing.T) {
	t.Parallel()
	w := start(t)
	first := w.mint(t, map[string]any{"username": "alice"})
	second := w.mint(t, map[string]any{"username": "alice", "include_reference_token": true})
	third := w.mint(t, map[string]any{"username": "alice"})
	w.send(t, w.as("alice"), "DELETE", tokens+"/revoke", map[string]any{"token": first.AccessToken}).accessError(403, "FORBIDDEN")
	w.admin(t, "DELETE", tokens+"/revoke", map[string]any{"token": first.AccessToken}).want(200).
		holds(`{"revoked-token-id":"` + first.TokenID + `"}`)
	w.admin(t, "DELETE", tokens+"/revoke", map[string]any{"token": first.AccessToken}).want(204)
	w.admin(t, "DELETE", tokens+"/revoke?token="+url.QueryEscape(second.ReferenceToken), nil).want(200).holds(second.TokenID)
	w.send(t, bearer(second.ReferenceToken), "GET", "/access/api/v1/system/ping", nil).want(401)
	w.admin(t, "DELETE", tokens+"/revoke", url.Values{"token": {third.AccessToken}}).want(200).holds(third.TokenID)
	w.admin(t, "DELETE", tokens+"/revoke", map[string]any{"token": ""}).accessError(400, "BAD_REQUEST")

	stranger := start(t).mint(t, map[string]any{"username": "alice"})
	w.admin(t, "DELETE", tokens+"/revoke", map[string]any{"token": stranger.AccessToken}).accessError(400, "BAD_REQUEST")
	w.send(t, bearer(stranger.AccessToken), "GET", "/access/api/v1/system/ping", nil).accessError(401, "UNAUTHORIZED")
}

func TestTokensDieWithTheirUser(t *testing.T) {
	t.Parallel()
	w := start(t)
	const ping = "/access/api/v1/system/ping"
	long := w.mint(t, map[string]any{"username": "bob"})
	short := w.mint(t, map[string]any{"username": "bob", "expires_in": 600})
	setActive := func(active bool) {
		w.admin(t, "PATCH", "/access/api/v1/scim/v2/Users/bob", map[string]any{
			"Operations": []map[string]any{{"op": "Replace", "path": "active", "value": active}},
		}).want(200)
	}
	setActive(false)
	w.send(t, bearer(long.AccessToken), "GET", ping, nil).want(401)
	w.send(t, bearer(short.AccessToken), "GET", ping, nil).want(401)
	setActive(true)
	w.send(t, bearer(long.AccessToken), "GET", ping, nil).want(200)
	w.admin(t, "DELETE", "/access/api/v2/users/bob", nil).want(204)
	w.send(t, bearer(long.AccessToken), "GET", ping, nil).want(401)
	w.send(t, bearer(short.AccessToken), "GET", ping, nil).want(401)
	w.admin(t, "GET", tokens+"/"+long.TokenID, nil).want(404)
	// A new user of the old name does not inherit the stored token.
	w.admin(t, "POST", "/access/api/v2/users", map[string]any{
		"username": "bob", "email": "bob@example.com", "internal_password_disabled": true,
	}).want(201)
	w.send(t, bearer(long.AccessToken), "GET", ping, nil).want(401)
}

func TestPayloadAlphabet(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.admin(t, "POST", "/access/api/v2/groups", map[string]any{"name": "Zürich ~~ 企業 😀"}).want(201)
	scope := `applied-permissions/groups:"Zürich ~~ 企業 😀"`
	token := w.mint(t, map[string]any{"username": "alice", "scope": scope})
	if got := payload(t, token.AccessToken)["scp"]; got != scope {
		t.Errorf("scope came out as %v", got)
	}
	if part := strings.Split(token.AccessToken, ".")[1]; strings.ContainsAny(part, "-_") {
		t.Errorf("payload %s", part)
	}
	w.send(t, bearer(token.AccessToken), "GET", tokens+"/me", nil).want(200)

	odd := start(t, func(o *devregistry.Options) {
		o.Artifactory.DefaultExpiry, o.Artifactory.URLSafePayloads = time.Hour, true
	})
	for _, user := range []string{"alice", "bob", "dana", "erin@example.com"} {
		token := odd.mint(t, map[string]any{"username": user, "expires_in": 0})
		part := strings.Split(token.AccessToken, ".")[1]
		if !strings.Contains(part, "-") || !strings.Contains(part, "_") {
			t.Errorf("payload %s", part)
		}
		odd.send(t, bearer(token.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(200)
	}
}
