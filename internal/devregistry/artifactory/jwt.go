package artifactory

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// claims is the payload of an access token, in the order of real ones. Times are epoch seconds.
type claims struct {
	Ext       string `json:"ext,omitempty"` // JSON inside a string
	Subject   string `json:"sub"`
	Scope     string `json:"scp"`
	Audience  string `json:"aud"`
	Issuer    string `json:"iss"`
	ExpiresAt int64  `json:"exp,omitempty"`
	IssuedAt  int64  `json:"iat"`
	ID        string `json:"jti"`
	Padding   string `json:"pad,omitempty"`
}

// revocable is the ext claim of a token the server can take back before its time.
const revocable = `{"revocable":"true"}`

// The methods below let the JWT library check times and issuer.

func (c claims) GetExpirationTime() (*jwt.NumericDate, error) {
	if c.ExpiresAt == 0 {
		return nil, nil
	}
	return jwt.NewNumericDate(time.Unix(c.ExpiresAt, 0)), nil
}

func (c claims) GetIssuedAt() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(c.IssuedAt, 0)), nil
}
func (c claims) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }
func (c claims) GetIssuer() (string, error)              { return c.Issuer, nil }
func (c claims) GetSubject() (string, error)             { return c.Subject, nil }
func (c claims) GetAudience() (jwt.ClaimStrings, error)  { return jwt.ClaimStrings{c.Audience}, nil }

func (c claims) isRevocable() bool { return strings.Contains(c.Ext, `"revocable":"true"`) }
func (c claims) username() string  { return usernameOf(c.Subject) }

// MarshalJSON writes plain ASCII and escapes the few characters whose base64url form is - or _, since well-known
// clients decode the payload as plain base64 and fail on both.
func (c claims) MarshalJSON() ([]byte, error) {
	type plain claims
	encoded, err := json.Marshal(plain(c))
	if err != nil {
		return nil, err
	}
	if c.Padding != "" {
		return encoded, nil
	}
	var b strings.Builder
	for _, char := range string(encoded) {
		switch {
		case char > 0xffff:
			char -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+char>>10, 0xdc00+char&0x3ff)
		case char >= 0x7e || char == '?' || char == '>':
			fmt.Fprintf(&b, `\u%04x`, char)
		default:
			b.WriteRune(char)
		}
	}
	return []byte(b.String()), nil
}

// subjectOf is the subject of a user's token; usernameOf is its inverse.
func subjectOf(serviceID, username string) string { return serviceID + "/users/" + username }

func usernameOf(subject string) string {
	_, name, ok := strings.Cut(subject, "/users/")
	if !ok {
		return subject
	}
	return name
}

// signer makes and checks the JWTs of one server.
type signer struct {
	key     *rsa.PrivateKey
	keyID   string
	issuer  string
	urlSafe bool
}

func newSigner(key *rsa.PrivateKey, issuer string, urlSafe bool) signer {
	sum := sha256.Sum256(key.N.Bytes())
	return signer{key: key, keyID: base64.RawURLEncoding.EncodeToString(sum[:]), issuer: issuer, urlSafe: urlSafe}
}

func (s signer) sign(c claims) (string, error) {
	if s.urlSafe {
		c.Padding = "~~~???~~~???" // both characters come out wherever the padding begins
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, c)
	token.Header["ver"] = "2"
	token.Header["kid"] = s.keyID
	return token.SignedString(s.key)
}

// verify checks signature, issuer and expiry at now. The error is jwt.ErrTokenExpired, jwt.ErrTokenSignatureInvalid or
// another of that library's; the claims are returned with an expired token too.
func (s signer) verify(value string, now time.Time) (claims, error) {
	var c claims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(s.issuer),
		jwt.WithTimeFunc(func() time.Time { return now }))
	_, err := parser.ParseWithClaims(value, &c, func(*jwt.Token) (any, error) { return &s.key.PublicKey, nil })
	return c, err
}

// reason is the word the servers put behind "Invalid token, " and "Token failed verification: ".
func reason(err error) string {
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return "expired"
	case errors.Is(err, jwt.ErrTokenMalformed):
		return "parse"
	default:
		return "signature"
	}
}

// looksLikeJWT tells a JWT from a password without checking it.
func looksLikeJWT(value string) bool {
	return strings.HasPrefix(value, "eyJ") && strings.Count(value, ".") == 2
}
