package contract

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// parser reads a file line by line.
type parser struct {
	file  *File
	kase  *Case
	entry *Entry
	// section is what a line without a keyword belongs to.
	section string
	lines   []string
	at      int
}

// The sections of an entry: the request's head and body, named request sections, the answer's head, named answer sections.
const (
	inHead     = "head"
	inBody     = "body"
	inResponse = "response"
)

var (
	requestLine = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\S+)$`)
	statusLine  = regexp.MustCompile(`^HTTP (\d{3})$`)
	sectionLine = regexp.MustCompile(`^\[(\w+)\]$`)
)

// Parse reads a contract file.
func Parse(name, text string) (*File, error) {
	p := &parser{file: &File{Name: name}, lines: strings.Split(text, "\n")}
	for ; p.at < len(p.lines); p.at++ {
		if err := p.line(strings.TrimRight(p.lines[p.at], " \r")); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, p.at+1, err)
		}
	}
	for _, c := range p.file.Cases {
		if len(c.Entries) == 0 {
			return nil, fmt.Errorf("%s: case %q has no request", name, c.Name)
		}
		for _, e := range c.Entries {
			if e.Status == 0 {
				return nil, fmt.Errorf("%s:%d: the request has no expected status", name, e.Line)
			}
		}
	}
	return p.file, nil
}

func (p *parser) line(line string) error {
	if p.section == inBody && !statusLine.MatchString(line) {
		return p.bodyLine(line)
	}
	if directive, ok := strings.CutPrefix(line, "#! "); ok {
		return p.directive(directive)
	}
	if title, ok := strings.CutPrefix(line, "## "); ok {
		return p.newCase(title)
	}
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	if m := requestLine.FindStringSubmatch(line); m != nil {
		return p.newEntry(m[1], m[2])
	}
	if p.entry == nil {
		return fmt.Errorf("expected a request, got %q", line)
	}
	if m := statusLine.FindStringSubmatch(line); m != nil {
		p.entry.Status, _ = strconv.Atoi(m[1])
		p.section = inResponse
		return nil
	}
	if m := sectionLine.FindStringSubmatch(line); m != nil {
		p.section = m[1]
		return nil
	}
	return p.item(line)
}

// newCase begins a case. Names are unique in a file, since the checklist refers to them.
func (p *parser) newCase(name string) error {
	for _, c := range p.file.Cases {
		if c.Name == name {
			return fmt.Errorf("a second case %q", name)
		}
	}
	p.kase, p.entry, p.section = &Case{Name: name}, nil, ""
	p.file.Cases = append(p.file.Cases, p.kase)
	return nil
}

func (p *parser) newEntry(method, target string) error {
	if p.kase == nil {
		return fmt.Errorf("a request outside of a case")
	}
	p.entry, p.section = &Entry{Line: p.at + 1, Method: method, Target: target, Repeat: 1}, inHead
	p.kase.Entries = append(p.kase.Entries, p.entry)
	return nil
}

func (p *parser) directive(text string) error {
	name, value, ok := strings.Cut(text, ": ")
	switch {
	case !ok:
		return fmt.Errorf("a directive without a value: %q", text)
	case name == "server" && p.kase == nil:
		p.file.Server = append(p.file.Server, value)
	case name == "needs" && p.kase == nil:
		p.file.Needs = append(p.file.Needs, value)
	case name == "needs" && p.entry == nil:
		p.kase.Needs = append(p.kase.Needs, value)
	case name == "undo" && p.entry != nil:
		p.entry.Undo = append(p.entry.Undo, value)
	default:
		return fmt.Errorf("the directive %q means nothing here", name)
	}
	return nil
}

// item is a line of a section.
func (p *parser) item(line string) error {
	if p.entry.Status == 0 && isBodyStart(line) {
		p.section = inBody
		p.entry.Body = new(string)
		return p.bodyLine(line)
	}
	switch p.section {
	case "Captures":
		name, query, ok := strings.Cut(line, ": ")
		if !ok {
			return fmt.Errorf("not a capture: %q", line)
		}
		term, rest, err := parseTerm(query)
		if err != nil || rest != "" {
			return fmt.Errorf("capture %s: %q left over: %w", name, rest, err)
		}
		p.entry.Captures = append(p.entry.Captures, Capture{name, term})
		return nil
	case "Asserts":
		term, rest, err := parseTerm(line)
		if err != nil {
			return err
		}
		check, err := parsePredicate(rest)
		if err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		p.entry.Asserts = append(p.entry.Asserts, Assert{p.at + 1, line, term, check})
		return nil
	}
	return p.pair(line)
}

// pair is a "name: value" line, or "name:" for an empty value.
func (p *parser) pair(line string) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("not a name and a value: %q", line)
	}
	pair := Pair{name, strings.TrimSpace(value)}
	e := p.entry
	switch p.section {
	case inHead:
		e.Headers = append(e.Headers, pair)
	case inResponse:
		e.Want = append(e.Want, pair)
	case "BasicAuth":
		e.User = &pair
	case "Form", "FormParams":
		e.Form = append(e.Form, pair)
	case "Query", "QueryStringParams":
		e.Query = append(e.Query, pair)
	case "Options":
		n, err := strconv.Atoi(pair.Value)
		if name != "repeat" || err != nil {
			return fmt.Errorf("the option %q is not supported", line)
		}
		e.Repeat = n
	default:
		return fmt.Errorf("the section %q is not supported", p.section)
	}
	return nil
}

// isBodyStart tells a body from a header, which may start with a variable: bodies are JSON or text between backticks.
func isBodyStart(line string) bool {
	return strings.ContainsAny(line[:1], "{[`") && !strings.HasPrefix(line, "{{")
}

func (p *parser) bodyLine(line string) error {
	if strings.HasPrefix(line, "```") {
		return nil
	}
	if text, ok := strings.CutPrefix(line, "`"); ok {
		*p.entry.Body = strings.TrimSuffix(text, "`")
		return nil
	}
	if *p.entry.Body != "" {
		*p.entry.Body += "\n"
	}
	*p.entry.Body += line
	return nil
}
