package artifactkeeper

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

const ciBase = "/api/v1/admin/ci-oidc"

func TestCIProviders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	if got := w.get(ciBase, w.asAdmin()).ok().body; got != "[]" {
		t.Errorf("empty list %s", got)
	}
	made := w.call("POST", ciBase, w.asAdmin(), object{"name": "gl", "issuer_url": "https://gitlab.example.com"}).ok().object()
	wantKeys(t, made, "id", "name", "provider_type", "issuer_url", "audience", "is_enabled", "mapping_count", "created_at", "updated_at")
	if made["audience"] != "artifact-keeper" || made["provider_type"] != "generic" || made["is_enabled"] != true {
		t.Error(made)
	}
	path := ciBase + "/" + made["id"].(string)
	w.call("POST", ciBase, w.asAdmin(), object{"name": "x", "issuer_url": "http://gitlab.example.com"}).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", ciBase, w.asAdmin(), object{"name": "x", "issuer_url": "https://127.0.0.1"}).failsWith(400, "VALIDATION_ERROR")
	w.call("POST", ciBase, w.asAdmin(), object{"name": "x"}).begins(422, "Failed to deserialize")
	if got := w.call("PUT", path, w.asAdmin(), object{"audience": "me"}).ok().object(); got["audience"] != "me" || got["name"] != "gl" {
		t.Error(got)
	}
	if got := w.call("PATCH", path+"/toggle", w.asAdmin(), object{"enabled": false}).ok().object(); got["is_enabled"] != false {
		t.Error(got)
	}

	mappings := path + "/mappings"
	low := w.call("POST", mappings, w.asAdmin(), object{"name": "low"}).ok().object()
	wantKeys(t, low, "id", "provider_id", "name", "priority", "claim_filters", "allowed_repo_ids", "is_enabled", "created_at", "updated_at")
	if low["priority"] != 100.0 || low["allowed_repo_ids"] != nil {
		t.Error(low)
	}
	w.call("POST", mappings, w.asAdmin(), object{"name": "high", "priority": 1}).ok()
	var list []object
	w.get(mappings, w.asAdmin()).ok().into(&list)
	if len(list) != 2 || list[0]["name"] != "high" {
		t.Errorf("not by priority: %v", list)
	}
	one := mappings + "/" + low["id"].(string)
	// A limit can be set, and never lifted again.
	w.call("PUT", one, w.asAdmin(), object{"allowed_repo_ids": []string{}}).ok()
	if got := w.call("PUT", one, w.asAdmin(), `{"allowed_repo_ids":null}`).ok().object(); got["allowed_repo_ids"] == nil {
		t.Error(got)
	}
	w.call("PATCH", one+"/toggle", w.asAdmin(), object{"enabled": false}).ok()
	if got := w.get(path, w.asAdmin()).ok().object()["mapping_count"]; got != 2.0 {
		t.Errorf("%v mappings", got)
	}
	other := w.call("POST", ciBase, w.asAdmin(), object{"name": "other", "issuer_url": "https://x.example.com"}).ok().object()["id"].(string)
	w.get(ciBase+"/"+other+"/mappings/"+low["id"].(string), w.asAdmin()).failsWith(404, "NOT_FOUND")
	w.call("DELETE", one, w.asAdmin(), nil).empty(200)
	w.get(one, w.asAdmin()).failsWith(404, "NOT_FOUND")
	w.call("DELETE", path, w.asAdmin(), nil).empty(200)
	w.get(path, w.asAdmin()).failsWith(404, "NOT_FOUND")
}

// testIssuer is an identity provider of pipelines.
type testIssuer struct {
	t   *testing.T
	srv *httptest.Server
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *testIssuer {
	t.Helper()
	i := &testIssuer{t: t}
	var err error
	if i.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if i.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	point, err := i.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(object{"issuer": i.srv.URL, "jwks_uri": i.srv.URL + "/keys"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(object{"keys": []object{
			{"kty": "RSA", "kid": "r", "n": b64(i.rsa.N.Bytes()), "e": b64(big.NewInt(int64(i.rsa.E)).Bytes())},
			{"kty": "EC", "kid": "e", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
		}})
	})
	i.srv = httptest.NewTLSServer(mux)
	t.Cleanup(i.srv.Close)
	return i
}

func (i *testIssuer) sign(method jwt.SigningMethod, kid string, key any, changes object) http.Header {
	c := jwt.MapClaims{
		"iss": i.srv.URL, "aud": "artifact-keeper", "sub": "repo:a", "project": "a",
		"exp": time.Now().Add(time.Hour).Unix(),
	}
	for k, v := range changes {
		c[k] = v
	}
	token := jwt.NewWithClaims(method, c)
	token.Header["kid"] = kid
	signed, err := token.SignedString(key)
	if err != nil {
		i.t.Fatal(err)
	}
	return bearer(signed)
}

func TestCIExchange(t *testing.T) {
	t.Parallel()
	idp := newIssuer(t)
	w := newWorld(t, Options{AllowPrivateIssuers: true, IssuerClient: idp.srv.Client()})
	provider := w.call("POST", ciBase, w.asAdmin(), object{"name": "ci", "issuer_url": idp.srv.URL}).ok().object()["id"].(string)
	mapping := w.call("POST", ciBase+"/"+provider+"/mappings", w.asAdmin(), object{
		"name":             "a",
		"claim_filters":    object{"project": []string{"b", "a"}},
		"allowed_repo_ids": []string{w.public.ID},
	}).ok().object()["id"].(string)
	exchange := func(h http.Header) answer {
		return w.call("POST", "/api/v1/auth/ci/token", h, object{"provider_id": provider})
	}
	rsaToken := func(changes object) http.Header { return idp.sign(jwt.SigningMethodRS256, "r", idp.rsa, changes) }

	got := exchange(rsaToken(nil)).ok().object()
	wantKeys(t, got, "access_token", "token_type", "expires_in", "username")
	if got["username"] != "ci-"+mapping[:8] || got["expires_in"] != 1800.0 {
		t.Error(got)
	}
	session := bearer(got["access_token"].(string))
	w.get("/npm/npm-public/-/ping", session).ok()
	w.get("/pypi/pypi-public/simple/", session).is(403)
	exchange(idp.sign(jwt.SigningMethodES256, "e", idp.ec, nil)).ok()

	for name, h := range map[string]http.Header{
		"other audience": rsaToken(object{"aud": "else"}),
		"other issuer":   rsaToken(object{"iss": "https://else.example.com"}),
		"expired":        rsaToken(object{"exp": time.Now().Add(-time.Hour).Unix()}),
		"no mapping":     rsaToken(object{"project": "c"}),
		"unknown key":    idp.sign(jwt.SigningMethodRS256, "x", idp.rsa, nil),
		"own secret":     idp.sign(jwt.SigningMethodHS256, "r", []byte("secret"), nil),
		"none":           nil,
	} {
		if a := exchange(h); a.status != 401 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	w.call("POST", "/api/v1/auth/ci/token", rsaToken(nil), object{"provider_id": uuid.NewString()}).failsWith(404, "NOT_FOUND")
	w.call("POST", "/api/v1/auth/ci/token", rsaToken(nil), object{}).failsWith(400, "VALIDATION_ERROR")
	// A second subject wants the account of the first.
	exchange(rsaToken(object{"sub": "repo:b"})).failsWith(409, "CONFLICT")

	// Signing in undoes a deactivation.
	var id string
	w.store.View(func(st *state.State) { id = st.UserByName("ci-" + mapping[:8]).ID })
	w.call("PATCH", "/api/v1/users/"+id, w.asAdmin(), object{"is_active": false}).ok()
	w.get("/npm/npm-public/-/ping", session).is(401)
	exchange(rsaToken(nil)).ok()
	if u := w.get("/api/v1/users/"+id, w.asAdmin()).ok().object(); u["is_active"] != true || u["auth_provider"] != "ci" {
		t.Error(u)
	}
	w.call("PATCH", ciBase+"/"+provider+"/toggle", w.asAdmin(), object{"enabled": false}).ok()
	exchange(rsaToken(nil)).failsWith(401, "AUTH_ERROR")
}
