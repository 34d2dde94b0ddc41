package artifactory

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// claims are what an access token says about itself. They are read to describe a token that the registry has just
// handed us, never to decide whether one is genuine.
type claims struct {
	Subject  string          `json:"sub"`
	ID       string          `json:"jti"`
	IssuedAt int64           `json:"iat"`
	Expires  int64           `json:"exp"` // absent for "never"
	Ext      json.RawMessage `json:"ext"` // JSON text inside a string, such as "{\"revocable\":\"true\"}"
}

// claimsOf decodes the payload of a JSON web token; anything else has no claims.
func claimsOf(token string) claims {
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return claims{}
	}
	return c
}

func (c claims) issuedAt() time.Time  { return epoch(c.IssuedAt) }
func (c claims) expiresAt() time.Time { return epoch(c.Expires) }

// revocable reads the extension; told is false when the token does not carry one.
func (c claims) revocable() (revocable, told bool) {
	if len(c.Ext) == 0 || string(c.Ext) == "null" {
		return false, false
	}
	text := []byte(c.Ext)
	var quoted string
	if json.Unmarshal(text, &quoted) == nil {
		text = []byte(quoted)
	}
	var ext struct {
		Revocable any `json:"revocable"`
	}
	if json.Unmarshal(text, &ext) != nil {
		return false, false
	}
	return ext.Revocable == "true" || ext.Revocable == true, true
}

func epoch(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// usernameOf reads the owner out of a subject such as jfac@01…/users/alice. Names may be percent-encoded there.
func usernameOf(subject string) (string, bool) {
	_, name, found := strings.Cut(subject, "/users/")
	if !found || name == "" {
		return "", false
	}
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	return name, true
}

// splitScopes cuts a scope string at its blanks, except inside double quotes: group names may hold blanks.
func splitScopes(scope string) []string {
	quoted := false
	return strings.FieldsFunc(scope, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

// timestamp accepts a moment as the servers write it: epoch seconds or milliseconds, as a number or text, or ISO 8601.
// What cannot be read stays zero: no metadata is worth failing for.
type timestamp struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *timestamp) UnmarshalJSON(data []byte) error {
	text := string(bytes.Trim(data, `"`))
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		const year5000 = 95_617_584_000 // in seconds; larger numbers are milliseconds
		if number > year5000 {
			number /= 1000
		}
		t.Time = epoch(number)
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}
