package artifactory_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

const (
	oauthClient   = "coder"
	oauthSecret   = "Coder-Integration-Secret"
	oauthRedirect = "https://coder.example.com/external-auth/jfrog/callback"
)

// authorizePath is the page an application sends its users to.
func authorizePath(change func(url.Values)) string {
	query := url.Values{
		"client_id": {oauthClient}, "redirect_uri": {oauthRedirect}, "response_type": {"code"}, "state": {"from & to"},
		"scope": {"applied-permissions/user"},
	}
	if change != nil {
		change(query)
	}
	return "/ui/authorization?" + query.Encode()
}

// consent signs a user in on the page and gives what the application is told.
func (w *wire) consent(t *testing.T, username, password string) url.Values {
	t.Helper()
	a := w.send(t, "", "POST", authorizePath(nil), url.Values{"username": {username}, "password": {password}, "consent": {"allow"}})
	a.want(http.StatusFound)
	target, err := url.Parse(a.header.Get("Location"))
	if err != nil || !strings.HasPrefix(target.String(), oauthRedirect+"?") {
		t.Fatalf("sent to %v, %v", target, err)
	}
	return target.Query()
}

// application is the client Coder is built on, with the addresses Coder derives.
func (w *wire) application(t *testing.T) (context.Context, *oauth2.Config) {
	t.Helper()
	return context.WithValue(t.Context(), oauth2.HTTPClient, w.client), &oauth2.Config{
		ClientID: oauthClient, ClientSecret: oauthSecret, RedirectURL: oauthRedirect, Scopes: []string{"applied-permissions/user"},
		Endpoint: oauth2.Endpoint{
			AuthURL: w.URL + "/ui/authorization", TokenURL: w.URL + "/access/api/v1/integrations/" + oauthClient + "/token",
		},
	}
}

// refreshed is the token after a refresh; the library refreshes what is over.
func refreshed(ctx context.Context, config *oauth2.Config, refresh string) (*oauth2.Token, error) {
	return config.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh, Expiry: time.Unix(1, 0)}).Token()
}

func refusedWith(t *testing.T, err error, code string) {
	t.Helper()
	var refusal *oauth2.RetrieveError
	if !errors.As(err, &refusal) || refusal.ErrorCode != code {
		t.Errorf("want %s, got %v", code, err)
	}
}

func TestIntegrationTokens(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx, config := w.application(t)
	back := w.consent(t, "alice", "Alice-Passw0rd")
	if back.Get("state") != "from & to" {
		t.Errorf("state %q", back.Get("state"))
	}
	first, err := config.Exchange(ctx, back.Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	w.send(t, bearer(first.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(http.StatusOK)
	w.send(t, bearer(first.AccessToken), "GET", "/artifactory/api/npm/auth", nil).want(http.StatusOK).holds("alice@example.com")

	// An hour later it is over, and a refresh token makes the next one: once, and still once a day later.
	w.Store.Advance(time.Hour + time.Second)
	w.send(t, bearer(first.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(http.StatusUnauthorized)
	second, err := refreshed(ctx, config, first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Error("the tokens do not change")
	}
	w.send(t, bearer(second.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(http.StatusOK)
	_, err = refreshed(ctx, config, first.RefreshToken)
	refusedWith(t, err, "invalid_grant")
	w.Store.Advance(25 * time.Hour)
	third, err := refreshed(ctx, config, second.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}

	// A code that comes again ends what was made for it.
	_, err = config.Exchange(ctx, back.Get("code"))
	refusedWith(t, err, "invalid_grant")
	w.send(t, bearer(third.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(http.StatusUnauthorized)
	_, err = refreshed(ctx, config, third.RefreshToken)
	refusedWith(t, err, "invalid_grant")
}

func TestIntegrationClientProof(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx, config := w.application(t)
	for name, style := range map[string]oauth2.AuthStyle{"header": oauth2.AuthStyleInHeader, "form": oauth2.AuthStyleInParams} {
		config.Endpoint.AuthStyle = style
		config.ClientSecret = oauthSecret
		if _, err := config.Exchange(ctx, w.consent(t, "bob", "Bob-Passw0rd").Get("code")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		config.ClientSecret = "guessed"
		_, err := config.Exchange(ctx, w.consent(t, "bob", "Bob-Passw0rd").Get("code"))
		refusedWith(t, err, "invalid_client")
	}
	// Coder changes a code with the secret as Bearer.
	path := "/access/api/v1/integrations/" + oauthClient + "/token"
	form := url.Values{
		"grant_type": {"authorization_code"}, "redirect_uri": {oauthRedirect}, "code": {w.consent(t, "bob", "Bob-Passw0rd").Get("code")},
	}
	w.send(t, bearer("guessed"), "POST", path, form).want(http.StatusUnauthorized).holds("invalid_client")
	w.send(t, bearer(oauthSecret), "POST", path, form).want(http.StatusOK).holds(`"token_type":"Bearer"`).holds(`"expires_in":3600`)
	w.send(t, bearer(oauthSecret), "POST", "/access/api/v1/integrations/unknown/token", form).want(http.StatusUnauthorized)
	w.send(t, bearer(oauthSecret), "POST", path, url.Values{"grant_type": {"password"}}).want(400).holds("unsupported_grant_type")
	w.send(t, bearer(oauthSecret), "POST", path, "{}").want(400).holds("invalid_request")
}

func TestIntegrationRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx, config := w.application(t)
	w.Store.Update(func(st *state.State) {
		st.Artifactory.Integrations = append(st.Artifactory.Integrations, &state.Integration{
			ClientID: "other", ClientSecret: "other-secret", Name: "Other", RedirectURIs: []string{oauthRedirect}, Lifetime: 2 * time.Minute,
		})
	})
	page := func(change func(url.Values)) *answer { return w.send(t, "", "GET", authorizePath(change), nil) }
	page(nil).want(http.StatusOK).holds("Coder asks to act as you")
	// Nobody is sent to an address that is not registered.
	for _, a := range []*answer{
		page(func(q url.Values) { q.Set("client_id", "nobody") }),
		page(func(q url.Values) { q.Set("redirect_uri", "https://coder.example.com/elsewhere") }),
	} {
		a.want(http.StatusBadRequest)
		if a.header.Get("Location") != "" {
			t.Errorf("sent to %s", a.header.Get("Location"))
		}
	}
	for code, change := range map[string]func(url.Values){
		"invalid_scope":             func(q url.Values) { q.Set("scope", "applied-permissions/admin") },
		"unsupported_response_type": func(q url.Values) { q.Set("response_type", "token") },
	} {
		if location := page(change).want(http.StatusFound).header.Get("Location"); !strings.Contains(location, "error="+code) {
			t.Errorf("%s: %s", code, location)
		}
	}
	sign := func(name, password, consent string) *answer {
		return w.send(t, "", "POST", authorizePath(nil), url.Values{"username": {name}, "password": {password}, "consent": {consent}})
	}
	sign("alice", "wrong", "allow").want(http.StatusUnauthorized)
	sign("carol", "Carol-Passw0rd", "allow").want(http.StatusUnauthorized) // disabled
	if location := sign("", "", "deny").want(http.StatusFound).header.Get("Location"); !strings.Contains(location, "error=access_denied") {
		t.Error(location)
	}

	// A code is its application's, for a minute, and ends with the account.
	elsewhere := *config
	elsewhere.ClientID, elsewhere.ClientSecret = "other", "other-secret"
	elsewhere.Endpoint.TokenURL = strings.Replace(config.Endpoint.TokenURL, oauthClient, "other", 1)
	_, err := elsewhere.Exchange(ctx, w.consent(t, "alice", "Alice-Passw0rd").Get("code"))
	refusedWith(t, err, "invalid_grant")
	late := w.consent(t, "alice", "Alice-Passw0rd").Get("code")
	w.Store.Advance(time.Minute + time.Second)
	_, err = config.Exchange(ctx, late)
	refusedWith(t, err, "invalid_grant")
	token, err := config.Exchange(ctx, w.consent(t, "alice", "Alice-Passw0rd").Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = refreshed(ctx, &elsewhere, token.RefreshToken)
	refusedWith(t, err, "invalid_grant")
	w.Store.Update(func(st *state.State) { st.UserByName("alice").Active = false })
	w.send(t, bearer(token.AccessToken), "GET", "/access/api/v1/system/ping", nil).want(http.StatusUnauthorized)
	_, err = refreshed(ctx, config, token.RefreshToken)
	refusedWith(t, err, "invalid_grant")
}
