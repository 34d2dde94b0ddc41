package registry

import "regexp"

// shapes are credentials that an answer may hold although this process never had them: JSON web tokens, Artifactory's reference
// tokens and API keys, Artifact Keeper's tokens and what follows an authentication scheme.
var shapes = regexp.MustCompile(`eyJ[\w-]{5,}\.[\w-]{5,}(\.[\w-]*)*|\beyJ[\w-]{24,}|\bcmVmd[\w+/=-]{30,}|\bAKC[\w-]{40,}` +
	`|(?i:\b[0-9a-f]{8}_[0-9a-f]{32}\b)|(?i:\b(Bearer|Basic)\s+[\w.+/=~-]{20,})`)

// fixed is a shape whose end is known even where the blanks after it are gone.
var fixed = regexp.MustCompile(`(?i:[0-9a-f]{8}_[0-9a-f]{32})`)

// more is how the next line of a wrapped credential looks. No word is that long.
var more = regexp.MustCompile(`^\s+[\w.+/=~-]{24,}`)

// shapesIn gives the spans of a reading that look like credentials.
func shapesIn(v view) []span {
	var found []span
	if v.squeezed {
		for _, at := range fixed.FindAllIndex(v.text, -1) {
			found = append(found, span{at[0], at[1]})
		}
		return found
	}
	for _, at := range shapes.FindAllIndex(v.text, -1) {
		s := span{at[0], at[1]}
		for next := more.FindIndex(v.text[s.to:]); next != nil; next = more.FindIndex(v.text[s.to:]) {
			s.to += next[1]
		}
		found = append(found, s)
	}
	return found
}
