package contract

import (
	"fmt"
	"regexp"
	"strconv"
)

// pathStep is one step of the JSON paths that are supported: .name, ['name'], [n], [*] and [?(@.name=='value')].
var pathStep = regexp.MustCompile(
	`^(?:\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[(\d+)\]|\[(\*)\]|\[\?\(@\.([\w-]+)==(?:'([^']*)')\)\])`)

// lookUp follows a path. After a step that can select several values the result is a list, else a value or absent.
func lookUp(document any, path string) (any, error) {
	if path == "" || path[0] != '$' {
		return nil, fmt.Errorf("a JSON path begins with $: %q", path)
	}
	nodes, several := []any{document}, false
	for rest := path[1:]; rest != ""; {
		m := pathStep.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("unsupported JSON path %q at %q", path, rest)
		}
		several = several || m[4] != "" || m[5] != ""
		var next []any
		for _, node := range nodes {
			next = append(next, follow(node, m)...)
		}
		nodes, rest = next, rest[len(m[0]):]
	}
	switch {
	case several:
		return append([]any{}, nodes...), nil
	case len(nodes) == 0:
		return absent{}, nil
	default:
		return nodes[0], nil
	}
}

// follow takes one step from a node.
func follow(node any, m []string) []any {
	switch {
	case m[4] != "":
		switch v := node.(type) {
		case []any:
			return v
		case map[string]any:
			var all []any
			for _, child := range v {
				all = append(all, child)
			}
			return all
		}
		return nil
	case m[5] != "":
		var matching []any
		list, _ := node.([]any)
		for _, item := range list {
			object, _ := item.(map[string]any)
			if value, ok := object[m[5]].(string); ok && value == m[6] {
				matching = append(matching, item)
			}
		}
		return matching
	case m[3] != "":
		list, _ := node.([]any)
		if n, err := strconv.Atoi(m[3]); err == nil && n < len(list) {
			return list[n : n+1]
		}
		return nil
	default:
		object, _ := node.(map[string]any)
		if child, ok := object[m[1]+m[2]]; ok {
			return []any{child}
		}
		return nil
	}
}
