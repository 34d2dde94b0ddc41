// Package issuertest runs an OpenID Connect issuer for tests of those who trust one.
package issuertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Issuer is an OpenID Connect issuer that publishes one key and signs whatever it is asked to. It also signs people in:
// whoever SignIn names is at the browser and agrees to everything.
type Issuer struct {
	// URL is its base URL. Client trusts its certificate.
	URL    string
	Client *http.Client

	key         *ecdsa.PrivateKey
	certificate *x509.Certificate

	mu     sync.Mutex
	person map[string]any
	codes  map[string]authorization
}

// Start runs an issuer until the test ends.
func Start(t testing.TB) *Issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes() // 4, X, Y
	if err != nil {
		t.Fatal(err)
	}
	i := &Issuer{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{
			"issuer": i.URL, "jwks_uri": i.URL + "/keys", "authorization_endpoint": i.URL + "/authorize",
			"token_endpoint": i.URL + "/token", "userinfo_endpoint": i.URL + "/userinfo",
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{
			"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256",
			"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
		}}})
	})
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) { i.redeem(t, w, r) })
	mux.HandleFunc("GET /userinfo", i.userInfo)
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	i.URL, i.Client, i.certificate = server.URL, server.Client(), server.Certificate()
	return i
}

// Certificate is the issuer's own, for clients that speak to others as well.
func (i *Issuer) Certificate() *x509.Certificate { return i.certificate }

// Token signs claims. iss, iat and exp (in ten minutes) are filled in unless they are given.
func (i *Issuer) Token(t testing.TB, claims map[string]any) string {
	t.Helper()
	now := time.Now()
	all := jwt.MapClaims{"iss": i.URL, "iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix()}
	maps.Copy(all, claims)
	token := jwt.NewWithClaims(jwt.SigningMethodES256, all)
	token.Header["kid"] = "one"
	signed, err := token.SignedString(i.key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
