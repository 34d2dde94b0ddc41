package artifactkeeper

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/issuer/issuertest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// browser plays a person's browser between the server and an issuer.
type browser struct {
	*world
	idp *issuertest.Issuer
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	idp := issuertest.Start(t)
	return &browser{newWorld(t, Options{AllowPrivateIssuers: true, IssuerClient: idp.Client}), idp}
}

// provider makes an OIDC provider for the issuer and gives its id.
func (b *browser) provider(name string, changes object) string {
	b.t.Helper()
	body := object{
		"name": name, "issuer_url": b.idp.URL, "client_id": issuertest.ClientID, "client_secret": issuertest.ClientSecret,
		"map_groups_to_groups": true,
	}
	maps.Copy(body, changes)
	return b.call("POST", ssoBase+"/oidc", b.asAdmin(), body).ok().object()["id"].(string)
}

// path makes a redirect to this server a path to call.
func (b *browser) path(location string) string {
	b.t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		b.t.Fatal(err)
	}
	return u.RequestURI()
}

// depart asks to sign in and lets the issuer decide; it gives the address the browser is sent back to.
func (b *browser) depart(provider string) string {
	b.t.Helper()
	away := b.get("/api/v1/auth/sso/oidc/"+provider+"/login", nil).is(307).header.Get("Location")
	client := *b.idp.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, away, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusFound {
		b.t.Fatalf("the issuer answers %s to %s", res.Status, away)
	}
	return b.path(res.Header.Get("Location"))
}

// signInAs goes all the way and gives the answer of the way back.
func (b *browser) signInAs(provider string, claims object) answer {
	b.t.Helper()
	b.idp.SignIn(claims)
	return b.get(b.depart(provider), nil)
}

func TestOIDCSignIn(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	provider := b.provider("idp", nil)
	ada := object{
		"sub": "ada-1", "preferred_username": "ada", "email": "ada@example.com", "name": "Ada Lovelace",
		"groups": []string{"engineers"}, "userinfo:groups": []string{"engineers", "platform/backend"},
	}
	back := b.signInAs(provider, ada).is(307)
	code, found := strings.CutPrefix(back.header.Get("Location"), "/callback?code=")
	if !found || !strings.Contains(strings.Join(back.header["Set-Cookie"], " "), accessCookie) {
		t.Fatalf("sent to %s with %v", back.header.Get("Location"), back.header)
	}
	got := b.call("POST", "/api/v1/auth/sso/exchange", nil, object{"code": code}).ok().object()
	wantKeys(t, got, "access_token", "refresh_token", "token_type")
	b.call("POST", "/api/v1/auth/sso/exchange", nil, object{"code": code}).failsWith(401, "AUTH_ERROR")
	me := b.get("/api/v1/users/me", bearer(got["access_token"].(string))).ok().object()
	if me["username"] != "ada" || me["auth_provider"] != "oidc" || me["display_name"] != "Ada Lovelace" {
		t.Errorf("ada is %v", me)
	}
	if in := b.groupsOf("ada"); in != "engineers platform/backend" {
		t.Errorf("ada is in %s", in)
	}

	// The package follows the group's rule, and the group what the issuer says the next time.
	var group string
	b.store.View(func(st *state.State) { group = st.GroupByName("engineers").ID })
	b.rule("group", group, "repository", b.npm.ID, "read")
	session := bearer(got["access_token"].(string))
	b.get("/npm/npm-private/-/ping", session).ok()
	ada["groups"], ada["userinfo:groups"] = "operators,writers", nil
	b.signInAs(provider, ada).is(307)
	if in := b.groupsOf("ada"); in != "operators writers" {
		t.Errorf("ada is in %s", in)
	}
	b.get("/npm/npm-private/-/ping", session).is(403)

	// An account is found by its subject alone: a changed name renames it, the same name under another subject is in the way.
	ada["preferred_username"] = "ada.lovelace"
	b.signInAs(provider, ada).is(307)
	if b.account("ada").ID != "" || b.account("ada.lovelace").ExternalID != "ada-1" {
		t.Error("the account is not renamed")
	}
	b.signInAs(provider, object{"sub": "else", "preferred_username": "ada.lovelace"}).failsWith(409, "CONFLICT")
	b.signInAs(provider, object{"sub": "else", "preferred_username": aliceName}).failsWith(409, "CONFLICT")

	// Neither name nor address is told: the subject is the name.
	b.signInAs(provider, object{"sub": "somebody"}).is(307)
	if u := b.account("somebody"); !strings.HasSuffix(u.Email, "@oidc.invalid") {
		t.Errorf("somebody is %+v", u)
	}
}

func TestOIDCSignInSettings(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	claims := object{"sub": "s", "preferred_username": "ada", "email": "ada@example.com", "login": "al", "teams": []string{"root", "a"}}
	mapped := b.provider("mapped", object{"attribute_mapping": object{
		"username_claim": "login", "email_claim": "mail", "groups_claim": "teams", "admin_group": "Root", "fetch_userinfo_groups": false,
	}})
	b.signInAs(mapped, claims).is(307)
	if u := b.account("al"); !u.Admin || !strings.HasSuffix(u.Email, "@oidc.invalid") || b.groupsOf("al") != "a root" {
		t.Errorf("al is %+v in %s", u, b.groupsOf("al"))
	}
	closed := b.provider("closed", object{"auto_create_users": false, "pkce_enabled": false})
	claims["sub"] = "t"
	b.signInAs(closed, claims).failsWith(401, "AUTH_ERROR")
	plain := b.provider("plain", object{"map_groups_to_groups": false})
	b.signInAs(plain, claims).is(307)
	if in := b.groupsOf("ada"); in != "" {
		t.Errorf("ada is in %s", in)
	}
	b.signInAs(b.provider("wrong secret", object{"client_secret": "wrong"}), claims).failsWith(500, "INTERNAL_ERROR")
	b.signInAs(b.provider("elsewhere", object{"attribute_mapping": object{"redirect_uri": b.url + "/api/v1/auth/sso/oidc/callback"}}), claims).is(307)
	b.get("/api/v1/auth/sso/oidc/"+b.provider("nowhere", object{"issuer_url": "https://127.0.0.1:1"})+"/login", nil).failsWith(500, "INTERNAL_ERROR")
}

// What comes back from an issuer is believed once, in time, by the provider it was meant for, and with the issuer's key.
func TestOIDCCallbackRefusals(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	first, second := b.provider("first", nil), b.provider("second", nil)
	const callback = "/api/v1/auth/sso/oidc/callback"
	b.get("/api/v1/auth/sso/oidc/00000000-0000-4000-8000-000000000000/login", nil).failsWith(404, "NOT_FOUND")
	b.get(callback, nil).failsWith(400, "VALIDATION_ERROR")
	b.get(callback+"?code=x&state=unknown", nil).failsWith(401, "AUTH_ERROR")
	b.signInAs(first, nil).failsWith(401, "AUTH_ERROR") // nobody is at the browser: the issuer refuses

	claims := object{"sub": "s", "preferred_username": "ada"}
	b.idp.SignIn(claims)
	back := b.depart(first)
	b.get(back, nil).is(307)
	b.get(back, nil).failsWith(401, "AUTH_ERROR")
	back = strings.Replace(b.depart(first), callback, "/api/v1/auth/sso/oidc/"+second+"/callback", 1)
	b.get(back, nil).failsWith(401, "AUTH_ERROR")
	back = strings.Replace(b.depart(first), callback, "/api/v1/auth/sso/oidc/"+first+"/callback", 1)
	b.get(back, nil).is(307)
	late := b.depart(first)
	b.store.Advance(11 * time.Minute)
	b.get(late, nil).failsWith(401, "AUTH_ERROR")
	b.store.Advance(-11 * time.Minute)
	for what, change := range map[string]object{"issuer": {"iss": "https://else.example.com"}, "nonce": {"nonce": "x"}, "audience": {"aud": "else"}} {
		t.Log(what)
		forged := maps.Clone(claims)
		maps.Copy(forged, change)
		b.signInAs(first, forged).failsWith(401, "AUTH_ERROR")
	}
	code := strings.TrimPrefix(b.signInAs(first, claims).is(307).header.Get("Location"), "/callback?code=")
	b.store.Advance(2 * time.Minute)
	b.call("POST", "/api/v1/auth/sso/exchange", nil, object{"code": code}).failsWith(401, "AUTH_ERROR")
	b.call("POST", "/api/v1/auth/sso/exchange", nil, object{}).failsWith(400, "VALIDATION_ERROR")
}
