package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// groupScope introduces the list of groups in an Artifactory scope.
const groupScope = "applied-permissions/groups:"

// Scope is one scope of a token: what the token may do, in the registry's own words. It is made by ParseScopes only, so
// that what is judged is what is sent.
type Scope struct {
	text   string
	groups []string // of an Artifactory group scope
}

// String is the scope as it is sent.
func (s Scope) String() string { return s.text }

// Scopes are the scopes of one token.
type Scopes []Scope

// ParseScopes reads scopes. Artifactory receives them in one string, separated by blanks, and splits that string at blanks
// outside double quotes (jfrog/terraform-provider-artifactory issue 903), so an element that is not exactly one scope is
// an error.
func ParseScopes(texts []string) (Scopes, error) {
	var parsed Scopes
	for _, text := range texts {
		scope, err := parseScope(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not exactly one scope: %w", text, err)
		}
		parsed = append(parsed, scope)
	}
	return parsed, nil
}

// MustParseScopes is ParseScopes for scopes in this program's source.
func MustParseScopes(texts ...string) Scopes {
	parsed, err := ParseScopes(texts)
	if err != nil {
		panic(err)
	}
	return parsed
}

// CheckScope reports why a text is not exactly one scope.
func CheckScope(text string) error {
	_, err := parseScope(text)
	return err
}

// Strings are the scopes as they are sent.
func (s Scopes) Strings() []string {
	texts := make([]string, 0, len(s))
	for _, scope := range s {
		texts = append(texts, scope.text)
	}
	return texts
}

// MaxScopesLength is how long the scopes of one token may be together on Artifactory, in characters (JFrog help: "Create Token").
const MaxScopesLength = 500

// Length is how long the scopes are together, in characters.
func (s Scopes) Length() int { return utf8.RuneCountInString(strings.Join(s.Strings(), " ")) }

// Groups returns the groups that group scopes name, each once, and whether every scope is a group scope. Only such tokens
// can be minted for a name without an account.
func (s Scopes) Groups() (names []string, only bool) {
	only = len(s) > 0
	for _, scope := range s {
		names = append(names, scope.groups...)
		only = only && scope.groups != nil
	}
	slices.Sort(names)
	return slices.Compact(names), only
}

func parseScope(text string) (Scope, error) {
	if err := checkScopeText(text); err != nil {
		return Scope{}, err
	}
	list, found := strings.CutPrefix(text, groupScope)
	if !found {
		return Scope{text: text}, nil
	}
	names, err := parseGroupNames(list)
	if err != nil {
		return Scope{}, err
	}
	rendered := make([]string, 0, len(names))
	for _, name := range names {
		if strings.Contains(name, " ") {
			name = `"` + name + `"`
		}
		rendered = append(rendered, name)
	}
	return Scope{text: groupScope + strings.Join(rendered, ","), groups: names}, nil
}

// checkScopeText refuses what one reader may take for one scope and another for several. How Artifactory reads escapes and
// white space other than the blank is not established, so no scope holds any.
func checkScopeText(text string) error {
	if text == "" {
		return errors.New("it is empty")
	}
	if !utf8.ValidString(text) {
		return errors.New("it is not UTF-8")
	}
	quoted := false
	for _, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && quoted:
		case unicode.IsSpace(r) || unicode.In(r, unicode.Z):
			return errors.New("it holds white space outside double quotes, or other white space than the blank inside them. Write each scope as an element of its own")
		case r == '\\':
			return errors.New("it holds a backslash")
		case !unicode.IsGraphic(r):
			return fmt.Errorf("it holds the character %U, which is not visible", r)
		}
	}
	if quoted {
		return errors.New("a double quote is not closed")
	}
	return nil
}

// parseGroupNames reads a comma list. A name that holds blanks is in double quotes. Such a name has none of the characters
// that separate the parts of a scope within a word, so that a reader who ignores the quotes finds no other scope in it.
func parseGroupNames(list string) ([]string, error) {
	var names []string
	for _, part := range strings.Split(list, ",") {
		name, quotes := strings.CutPrefix(part, `"`)
		if quotes {
			var closed bool
			if name, closed = strings.CutSuffix(name, `"`); !closed {
				return nil, errors.New("a group name in double quotes cannot hold a comma, and nothing but a comma follows the quotes")
			}
			for word := range strings.FieldsSeq(name) {
				if strings.ContainsAny(strings.Trim(word, ":/"), ":/") {
					return nil, fmt.Errorf("the group name %q cannot be named in a scope: its word %q might be taken for a scope", name, word)
				}
			}
		}
		switch {
		case strings.Contains(name, `"`):
			return nil, errors.New("double quotes enclose a whole group name or none of it")
		case strings.TrimSpace(name) != name || name == "":
			return nil, errors.New("a group name is empty, or begins or ends with a blank")
		}
		names = append(names, name)
	}
	return names, nil
}
