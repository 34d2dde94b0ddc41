package issuertest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// ClientID and ClientSecret are the one client the issuer knows.
const (
	ClientID     = "registry"
	ClientSecret = "Quiet-Harbor-42"
)

// userInfoOnly begins the name of a claim that is told at the userinfo endpoint alone, without the prefix.
const userInfoOnly = "userinfo:"

// authorization is a code that was given out.
type authorization struct {
	person                        map[string]any
	nonce, redirectURI, challenge string
}

// SignIn puts somebody at the browser: their claims, sub among them. Claims whose name begins with "userinfo:" are told at
// the userinfo endpoint only. nil is nobody.
func (i *Issuer) SignIn(claims map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.person = maps.Clone(claims)
}

// authorize is the authorization endpoint (RFC 6749, section 4.1.1).
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Get("client_id") != ClientID || query.Get("response_type") != "code" {
		http.Error(w, "unknown client", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {query.Get("state")}}
	i.mu.Lock()
	if i.person == nil {
		answer.Set("error", "access_denied")
	} else {
		if i.codes == nil {
			i.codes = map[string]authorization{}
		}
		code := rand.Text()
		i.codes[code] = authorization{i.person, query.Get("nonce"), query.Get("redirect_uri"), query.Get("code_challenge")}
		answer.Set("code", code)
	}
	i.mu.Unlock()
	http.Redirect(w, r, query.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
}

// redeem is the token endpoint: a code is good once, for the client and address it was given to, with the verifier of its
// challenge (RFC 7636).
func (i *Issuer) redeem(t testing.TB, w http.ResponseWriter, r *http.Request) {
	code := r.PostFormValue("code")
	i.mu.Lock()
	given, known := i.codes[code]
	delete(i.codes, code)
	i.mu.Unlock()
	verifier := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case r.PostFormValue("client_id") != ClientID || r.PostFormValue("client_secret") != ClientSecret:
		http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
		return
	case !known || r.PostFormValue("redirect_uri") != given.redirectURI || r.PostFormValue("grant_type") != "authorization_code",
		given.challenge != "" && given.challenge != base64.RawURLEncoding.EncodeToString(verifier[:]):
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims, told := map[string]any{"aud": ClientID, "nonce": given.nonce}, map[string]any{}
	for name, value := range given.person {
		if only, isOnly := strings.CutPrefix(name, userInfoOnly); isOnly {
			told[only] = value
		} else {
			claims[name] = value
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]string{
		"token_type": "Bearer", "id_token": i.Token(t, claims), "access_token": i.Token(t, map[string]any{"userinfo": told}),
	})
}

// userInfo tells what an access token, which only this issuer reads, holds for it.
func (i *Issuer) userInfo(w http.ResponseWriter, r *http.Request) {
	claims, err := i.claimsOf(r.Header.Get("Authorization"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	_ = json.NewEncoder(w).Encode(claims["userinfo"])
}

func (i *Issuer) claimsOf(header string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(strings.TrimPrefix(header, "Bearer "), claims, func(*jwt.Token) (any, error) {
		return &i.key.PublicKey, nil
	}, jwt.WithValidMethods([]string{"ES256"}))
	return claims, err
}
