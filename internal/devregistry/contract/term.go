package contract

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// Term is a query on an answer followed by filters, such as: jsonpath "$.access_token" split "." nth 1.
type Term struct {
	query   step
	filters []step
}

// step is a word and its argument.
type step struct{ word, arg string }

// withArgument tells the known queries and filters apart by whether they take an argument.
var withArgument = map[string]bool{
	"status": false, "body": false, "header": true, "jsonpath": true, "variable": true,
	"split": true, "nth": true, "regex": true, "count": false, "base64UrlSafeDecode": false, "utf8Decode": false,
}

// argument is a quoted string, a regular expression between slashes, or a bare word.
var argument = regexp.MustCompile(`^(?:"((?:[^"\\]|\\.)*)"|/((?:[^/\\]|\\.)*)/|(\S+))`)

// parseTerm reads as many steps as there are and gives back what follows.
func parseTerm(text string) (Term, string, error) {
	var t Term
	for {
		text = strings.TrimSpace(text)
		word, rest, _ := strings.Cut(text, " ")
		takes, known := withArgument[word]
		isCount := word == "count" && rest == ""
		if !known || word == "count" && !isCount && !startsWithPredicate(rest) {
			break
		}
		s := step{word: word}
		text = rest
		if takes {
			arg, after, err := parseArgument(rest)
			if err != nil {
				return t, text, err
			}
			s.arg, text = arg, after
		}
		if t.query.word == "" {
			t.query = s
		} else {
			t.filters = append(t.filters, s)
		}
	}
	if t.query.word == "" {
		return t, text, fmt.Errorf("not a query: %q", text)
	}
	return t, text, nil
}

func parseArgument(text string) (arg, rest string, err error) {
	m := argument.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return "", text, fmt.Errorf("an argument is missing before %q", text)
	}
	rest = strings.TrimSpace(strings.TrimSpace(text)[len(m[0]):])
	switch {
	case strings.HasPrefix(m[0], `"`):
		arg, err = strconv.Unquote(m[0])
		return arg, rest, err
	case strings.HasPrefix(m[0], "/") && strings.HasSuffix(m[0], "/"):
		return strings.ReplaceAll(m[2], `\/`, "/"), rest, nil
	default:
		return m[3], rest, nil
	}
}

// absent is the value of what is not there.
type absent struct{}

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// eval finds the term's value: a string, a number, a bool, nil, a list, an object, or absent.
func (t Term) eval(a *answer, vars map[string]string) (any, error) {
	arg, err := expand(t.query.arg, vars)
	if err != nil {
		return nil, err
	}
	var v any
	switch t.query.word {
	case "status":
		v = float64(a.status)
	case "body":
		v = string(a.body)
	case "header":
		v = headerValue(a.header, arg)
	case "variable":
		v = vars[arg]
	case "jsonpath":
		v, err = pathIn(a.body, arg)
	default:
		err = fmt.Errorf("%s is not a query", t.query.word)
	}
	for _, f := range t.filters {
		if err != nil {
			return nil, err
		}
		if arg, err = expand(f.arg, vars); err == nil {
			v, err = f.apply(v, arg)
		}
	}
	return v, err
}

// headerValue is absent, the one value, or all of several.
func headerValue(h http.Header, name string) any {
	values := h.Values(name)
	switch len(values) {
	case 0:
		return absent{}
	case 1:
		return values[0]
	}
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

func pathIn(document []byte, path string) (any, error) {
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		return nil, fmt.Errorf("the body is not JSON: %w", err)
	}
	return lookUp(v, path)
}

func (s step) apply(v any, arg string) (any, error) {
	if list, ok := v.([]any); ok {
		switch s.word {
		case "count":
			return float64(len(list)), nil
		case "nth":
			n, err := strconv.Atoi(arg)
			if err != nil || n < 0 || n >= len(list) {
				return absent{}, err
			}
			return list[n], nil
		}
	}
	text, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("%s does not apply to %s", s.word, show(v))
	}
	switch s.word {
	case "split":
		var list []any
		for part := range strings.SplitSeq(text, arg) {
			list = append(list, part)
		}
		return list, nil
	case "regex":
		re, err := regexp.Compile(arg)
		if err != nil {
			return nil, err
		}
		m := re.FindStringSubmatch(text)
		if len(m) < 2 {
			return absent{}, nil
		}
		return m[1], nil
	case "base64UrlSafeDecode":
		decoded, err := base64.RawURLEncoding.DecodeString(text)
		return string(decoded), err
	case "utf8Decode":
		return text, nil // strings stand for bytes here, and the filter is only there to be read
	case "jsonpath":
		return pathIn([]byte(text), arg)
	}
	return nil, fmt.Errorf("%s does not apply to %s", s.word, show(v))
}

func show(v any) string {
	if _, ok := v.(absent); ok {
		return "nothing"
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}
