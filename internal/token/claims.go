package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// claims is what a JWT says about itself. Nothing in it is verified: that is the registry's to do.
type claims struct {
	Subject   string
	Username  string
	TokenID   string
	Issuer    string
	Audience  []string
	Scopes    []string
	IssuedAt  time.Time
	ExpiresAt time.Time
	Revocable *bool
}

// referencePrefix starts Artifactory's reference tokens: base64 of "reftkn".
const referencePrefix = "cmVmdGtu"

// maxToken bounds the input; real tokens stay far below.
const maxToken = 1 << 16

// parseClaims reads the payload of a JWT. Error texts never repeat the token.
func parseClaims(token string) (claims, error) {
	token = strings.TrimSpace(token)
	parts := strings.Split(token, ".")
	switch {
	case token == "":
		return claims{}, errors.New("the token is empty")
	case strings.HasPrefix(token, referencePrefix):
		return claims{}, errors.New("this is a reference token of Artifactory: it only refers to claims that the server holds. Use the access token")
	case len(token) > maxToken:
		return claims{}, fmt.Errorf("the token is longer than %d bytes", maxToken)
	case len(parts) != 3:
		return claims{}, errors.New("this is no JWT (three parts separated by dots); tokens of Artifact Keeper and API keys are opaque and have no claims to read")
	}
	payload, err := decodeSegment(parts[1])
	if err != nil {
		return claims{}, errors.New("the payload is not base64url; the token may have been cut or changed when it was copied")
	}
	var raw payloadJSON
	if err := json.Unmarshal(payload, &raw); err != nil {
		return claims{}, errors.New("the payload is not a JSON object of JWT claims; the token may have been cut or changed when it was copied")
	}
	return raw.claims(), nil
}

// decodeSegment decodes base64url with or without padding, and the standard alphabet as well: tokens pass through tools
// that translate them.
func decodeSegment(segment string) ([]byte, error) {
	segment = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(segment, "="))
	return base64.RawURLEncoding.DecodeString(segment)
}

// payloadJSON is the payload as servers write it: an audience may be a string or a list, times may have fractions.
type payloadJSON struct {
	Sub string      `json:"sub"`
	JTI string      `json:"jti"`
	Iss string      `json:"iss"`
	Aud stringList  `json:"aud"`
	Scp stringList  `json:"scp"`
	Iat numericDate `json:"iat"`
	Exp numericDate `json:"exp"`
	// Ext is JSON text inside a string.
	Ext string `json:"ext"`
	// Name is where Artifact Keeper puts the user's name; its subject is a UUID.
	Name string `json:"username"`
}

func (p payloadJSON) claims() claims {
	c := claims{
		Subject: p.Sub, Username: p.Name, TokenID: p.JTI, Issuer: p.Iss,
		Audience: p.Aud, Scopes: splitScopes(p.Scp), IssuedAt: p.Iat.Time, ExpiresAt: p.Exp.Time,
	}
	if c.Username == "" {
		c.Username = subjectUser(p.Sub)
	}
	var ext struct {
		Revocable any `json:"revocable"`
	}
	if json.Unmarshal([]byte(p.Ext), &ext) == nil && ext.Revocable != nil {
		revocable := fmt.Sprint(ext.Revocable) == "true"
		c.Revocable = &revocable
	}
	return c
}

// subjectUser takes the name out of SERVICE/users/NAME; other subjects name no user.
func subjectUser(subject string) string {
	_, name, found := strings.Cut(subject, "/users/")
	if !found {
		return ""
	}
	return name
}

// splitScopes separates scopes at blanks outside double quotes, which may stand around group names.
func splitScopes(values []string) []string {
	scopes := []string{}
	for _, value := range values {
		quoted := false
		scopes = append(scopes, strings.FieldsFunc(value, func(r rune) bool {
			if r == '"' {
				quoted = !quoted
			}
			return r == ' ' && !quoted
		})...)
	}
	return scopes
}

// stringList is a string or a list of strings.
type stringList []string

// UnmarshalJSON implements json.Unmarshaler.
func (l *stringList) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*l = nil
		if one != "" {
			*l = stringList{one}
		}
		return nil
	}
	var many []string
	if err := json.Unmarshal(data, &many); err != nil {
		return err
	}
	*l = many
	return nil
}

// numericDate is seconds since 1970, possibly with a fraction.
type numericDate struct{ time.Time }

// maxSeconds is the last second of the year 9999, the end of RFC 3339.
const maxSeconds = 253402300799

// UnmarshalJSON implements json.Unmarshaler.
func (d *numericDate) UnmarshalJSON(data []byte) error {
	var seconds float64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	if seconds < 0 || seconds > maxSeconds || math.IsNaN(seconds) {
		return errors.New("not a time")
	}
	if seconds > 0 {
		d.Time = time.Unix(int64(seconds), 0).UTC()
	}
	return nil
}
