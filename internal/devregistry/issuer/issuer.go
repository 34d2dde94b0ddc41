// Package issuer checks identity tokens of outside OpenID Connect issuers: discovery, keys, signature and claims.
package issuer

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithms are the signatures that are accepted.
var Algorithms = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "PS256", "PS384", "PS512"}

// timeout bounds the calls to an issuer, maxAnswer what is read of an answer, in bytes.
const (
	timeout   = 10 * time.Second
	maxAnswer = 1 << 20
)

// Verifier checks tokens. Client fetches what issuers publish; nil is http.DefaultClient. Now is the time tokens are
// judged by.
type Verifier struct {
	Client *http.Client
	Now    func() time.Time
}

// Expect says where keys come from and what a token has to say.
type Expect struct {
	// URL is the issuer's base URL, under which /.well-known/openid-configuration is found.
	URL string
	// Issuer is the iss claim; empty is URL.
	Issuer string
	// Audience has to be among the token's; empty is any.
	Audience string
}

// Verify checks a token and gives its claims. A token without an end is not accepted.
func (v Verifier) Verify(ctx context.Context, token string, expect Expect) (jwt.MapClaims, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	discovery, err := v.Discover(ctx, expect.URL)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []key `json:"keys"`
	}
	if err := v.fetch(ctx, discovery.Keys, &set); err != nil {
		return nil, err
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(Algorithms), jwt.WithExpirationRequired(), jwt.WithTimeFunc(v.Now),
	}
	if expect.Issuer == "" {
		expect.Issuer = expect.URL
	}
	options = append(options, jwt.WithIssuer(expect.Issuer))
	if expect.Audience != "" {
		options = append(options, jwt.WithAudience(expect.Audience))
	}
	claims := jwt.MapClaims{}
	_, err = jwt.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) { return pick(set.Keys, t) }, options...)
	return claims, err
}

// Discovery is what an issuer publishes about itself (OpenID Connect Discovery 1.0, section 3).
type Discovery struct {
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	UserInfo      string `json:"userinfo_endpoint"`
	Keys          string `json:"jwks_uri"`
}

// Discover asks the issuer under a base URL about itself.
func (v Verifier) Discover(ctx context.Context, issuerURL string) (Discovery, error) {
	var discovery Discovery
	err := v.fetch(ctx, strings.TrimSuffix(issuerURL, "/")+"/.well-known/openid-configuration", &discovery)
	return discovery, err
}

func (v Verifier) fetch(ctx context.Context, url string, target any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	return v.send(req, target)
}

func (v Verifier) send(req *http.Request, target any) error {
	client := v.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", req.URL, res.Status)
	}
	return json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(target)
}

// key is a public key as RFC 7517 writes it.
type key struct {
	Type  string `json:"kty"`
	ID    string `json:"kid"`
	N     string `json:"n"`
	E     string `json:"e"`
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

func pick(keys []key, t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	for _, k := range keys {
		if k.ID == id {
			return k.public()
		}
	}
	return nil, fmt.Errorf("the issuer publishes no key %q", id)
}

func (k key) public() (any, error) {
	switch k.Type {
	case "RSA":
		n, errN := base64.RawURLEncoding.DecodeString(k.N)
		e, errE := base64.RawURLEncoding.DecodeString(k.E)
		exponent := new(big.Int).SetBytes(e)
		if errN != nil || errE != nil || exponent.BitLen() > 31 {
			return nil, errors.New("unusable RSA key")
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}, nil
	case "EC":
		curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384()}[k.Curve]
		x, errX := base64.RawURLEncoding.DecodeString(k.X)
		y, errY := base64.RawURLEncoding.DecodeString(k.Y)
		if curve == nil || errX != nil || errY != nil {
			return nil, errors.New("unusable EC key")
		}
		return ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	default:
		return nil, fmt.Errorf("unknown key type %q", k.Type)
	}
}
