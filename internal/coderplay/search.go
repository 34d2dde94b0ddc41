package coderplay

import (
	"bytes"
	"encoding/base64"
	"net/url"
)

// TokenPlaces says where a minted token may be in a state or plan: object type and attribute. README and the pages of the
// modules say so too. An administrator's token may be nowhere.
var TokenPlaces = map[string]bool{
	"registry_token.access_token":    true,
	"registry_token.refresh_token":   true,
	"registry_token.reference_token": true,
	"coder_env.value":                true,
}

// Secret is values to look for, in every form in which a client or a log would spell them.
type Secret struct {
	Name  string
	forms [][]byte
}

// NewSecret names values to look for; empty ones are left out. The users are those whose names a client may have put in front of
// a value before it encoded both, as HTTP's basic authentication does.
func NewSecret(name string, users []string, values ...string) Secret {
	s := Secret{Name: name}
	for _, v := range values {
		if v == "" {
			continue
		}
		s.forms = append(s.forms, []byte(v), []byte(base64.StdEncoding.EncodeToString([]byte(v))))
		if escaped := url.QueryEscape(v); escaped != v {
			s.forms = append(s.forms, []byte(escaped))
		}
		for _, user := range users {
			s.forms = append(s.forms, []byte(base64.StdEncoding.EncodeToString([]byte(user+":"+v))))
		}
	}
	return s
}

// Known says whether there is anything to look for.
func (s Secret) Known() bool { return len(s.forms) > 0 }

// In says whether one of the values is in the text, in any form.
func (s Secret) In(text []byte) bool {
	for _, form := range s.forms {
		if bytes.Contains(text, form) {
			return true
		}
	}
	return false
}

// WalkStrings calls f for every string of a decoded state or plan, with the type of the object that it belongs to and the
// attribute's name, such as registry_token.access_token. Private data comes decoded as well.
func WalkStrings(document any, f func(where, value string)) { walk(document, "", "", f) }

func walk(value any, kind, key string, f func(where, value string)) {
	switch v := value.(type) {
	case map[string]any:
		if name, ok := v["type"].(string); ok && v["name"] != nil {
			kind = name
		}
		for k, inner := range v {
			walk(inner, kind, k, f)
		}
	case []any:
		for _, inner := range v {
			walk(inner, kind, key, f)
		}
	case string:
		f(kind+"."+key, v)
		if key == "private" {
			if decoded, err := base64.StdEncoding.DecodeString(v); err == nil {
				f(kind+".(private)", string(decoded))
			}
		}
	}
}
