package contract

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Predicate is a condition on a value: a word such as == or matches, and what to compare with.
type Predicate struct {
	not     bool
	word    string
	operand string // as written; variables are filled in when it is compared
	regex   bool
}

var (
	comparing = []string{"==", "!=", ">=", "<=", ">", "<", "contains", "startsWith", "endsWith", "matches"}
	unary     = []string{"exists", "isString", "isNumber", "isBoolean", "isCollection", "isEmpty"}
)

func startsWithPredicate(text string) bool {
	_, err := parsePredicate(text)
	return err == nil
}

func parsePredicate(text string) (Predicate, error) {
	var p Predicate
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "not "); ok {
		p.not, text = true, rest
	}
	word, operand, _ := strings.Cut(text, " ")
	p.word, p.operand = word, strings.TrimSpace(operand)
	for _, known := range unary {
		if word == known && p.operand == "" {
			return p, nil
		}
	}
	for _, known := range comparing {
		if word == known && p.operand != "" {
			p.regex = strings.HasPrefix(p.operand, "/")
			return p, nil
		}
	}
	return p, fmt.Errorf("not a condition: %q", text)
}

// holds tells whether the condition is true of a value.
func (p Predicate) holds(v any, vars map[string]string) (bool, error) {
	ok, err := p.plain(v, vars)
	return ok != p.not, err
}

func (p Predicate) plain(v any, vars map[string]string) (bool, error) {
	_, missing := v.(absent)
	switch p.word {
	case "exists":
		return !missing, nil
	case "isString":
		_, ok := v.(string)
		return ok, nil
	case "isNumber":
		_, ok := v.(float64)
		return ok, nil
	case "isBoolean":
		_, ok := v.(bool)
		return ok, nil
	case "isCollection":
		return isList(v) || isObject(v), nil
	case "isEmpty":
		return isEmpty(v), nil
	}
	want, err := p.value(vars)
	if err != nil || missing {
		return false, err
	}
	return p.compare(v, want)
}

func (p Predicate) compare(v, want any) (bool, error) {
	switch p.word {
	case "==":
		return show(v) == show(want), nil
	case "!=":
		return show(v) != show(want), nil
	case ">", ">=", "<", "<=":
		a, aok := v.(float64)
		b, bok := want.(float64)
		if !aok || !bok {
			return false, nil
		}
		return p.word == ">" && a > b || p.word == ">=" && a >= b || p.word == "<" && a < b || p.word == "<=" && a <= b, nil
	}
	if list, ok := v.([]any); ok && p.word == "contains" {
		for _, item := range list {
			if show(item) == show(want) {
				return true, nil
			}
		}
		return false, nil
	}
	text, ok := v.(string)
	part, isText := want.(string)
	if !ok || !isText {
		return false, nil
	}
	switch p.word {
	case "contains":
		return strings.Contains(text, part), nil
	case "startsWith":
		return strings.HasPrefix(text, part), nil
	case "endsWith":
		return strings.HasSuffix(text, part), nil
	default:
		re, err := regexp.Compile(part)
		return err == nil && re.MatchString(text), err
	}
}

// value is the operand with its variables filled in: a bare {{name}} is text, everything else is JSON or a /regexp/.
func (p Predicate) value(vars map[string]string) (any, error) {
	if p.regex {
		pattern := strings.TrimSuffix(strings.TrimPrefix(p.operand, "/"), "/")
		return expandQuoted(strings.ReplaceAll(pattern, `\/`, "/"), vars)
	}
	text, err := expand(p.operand, vars)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(p.operand, "{{") {
		return text, nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, fmt.Errorf("not a value: %s", text)
	}
	return v, nil
}

func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}

func isObject(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

var reference = regexp.MustCompile(`\{\{(\w+)\}\}`)

// UnknownVariable is a reference to a value that nothing captured.
type UnknownVariable struct{ Name string }

func (e *UnknownVariable) Error() string { return "nothing captured " + e.Name }

// expand fills variables in.
func expand(text string, vars map[string]string) (string, error) {
	return expandBy(text, vars, func(s string) string { return s })
}

// expandQuoted fills them into a regular expression.
func expandQuoted(text string, vars map[string]string) (string, error) {
	return expandBy(text, vars, regexp.QuoteMeta)
}

func expandBy(text string, vars map[string]string, quote func(string) string) (string, error) {
	var err error
	out := reference.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-2]
		value, known := vars[name]
		if !known && err == nil {
			err = &UnknownVariable{name}
		}
		return quote(value)
	})
	return out, err
}
