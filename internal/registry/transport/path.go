package transport

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// expandPath fills the {names} of a path template, each value escaped to exactly one segment. Values that would change
// the path instead of filling it are refused: an empty name would address the whole collection (think of DELETE), and
// dot segments are resolved by servers and proxies even when escaped.
func expandPath(template string, params map[string]string) (string, error) {
	var b strings.Builder
	for rest := template; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		value, known := params[name]
		if !closed || !known {
			return "", fmt.Errorf("path template %s: no value for %q", template, name)
		}
		if value == "" || value == "." || value == ".." {
			return "", &registry.Error{
				Kind: registry.KindInvalid, Op: "address", Object: fmt.Sprintf("%s %q", name, value),
				Message: "a registry cannot have an object of this name",
			}
		}
		b.WriteString(escapeSegment(value))
		rest = tail
	}
	return b.String(), nil
}

// escapeSegment is url.PathEscape and the plus sign, which some servers read as a blank.
func escapeSegment(s string) string {
	return strings.ReplaceAll(url.PathEscape(s), "+", "%2B")
}
