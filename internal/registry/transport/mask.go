package transport

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

const (
	placeholder = "(secret)"
	// maxMessage bounds a registry's words in an error, in characters.
	maxMessage = 600
)

// shapes are credentials that an answer may hold although we never sent them: JSON web tokens, Artifactory's reference
// tokens and API keys, Artifact Keeper's tokens and what follows an authentication scheme.
var shapes = regexp.MustCompile(`eyJ[\w-]{5,}\.[\w-]{5,}(\.[\w-]*)?|\bcmVmd[\w+/=-]{30,}|\bAKC[\w-]{40,}|\b[0-9a-f]{8}_[0-9a-f]{32}\b` +
	`|\b(Bearer|Basic)\s+[\w.+/=~-]{20,}`)

// mask removes secrets from text. It knows the literal values sent in one request, in every form in which an answer
// could repeat them.
type mask struct{ replacer *strings.Replacer }

func newMask(groups ...[]registry.Secret) *mask {
	var forms []string
	for _, group := range groups {
		for _, s := range group {
			forms = append(forms, spellings(s.Reveal())...)
		}
	}
	// Longer forms first: the replacer takes the first that fits, and a part must not hide the whole.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(forms))
	for _, f := range slices.Compact(forms) {
		pairs = append(pairs, f, placeholder)
	}
	return &mask{replacer: strings.NewReplacer(pairs...)}
}

// spellings are the ways a value may be written in JSON text and URLs.
func spellings(value string) []string {
	if value == "" {
		return nil
	}
	forms := []string{value, url.QueryEscape(value), url.PathEscape(value)}
	for _, escapeHTML := range []bool{true, false} {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(escapeHTML)
		if enc.Encode(value) == nil {
			quoted := strings.TrimSuffix(b.String(), "\n")
			forms = append(forms, quoted[1:len(quoted)-1])
		}
	}
	return forms
}

// text scrubs and bounds words of a registry for showing them to people: secrets masked, control characters (line
// breaks included) turned into blanks, cut at maxMessage.
func (m *mask) text(s string) string {
	s = shapes.ReplaceAllString(m.replacer.Replace(s), placeholder)
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxMessage {
		s = string([]rune(s)[:maxMessage]) + "…"
	}
	return s
}
