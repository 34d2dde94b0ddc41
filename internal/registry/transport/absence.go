package transport

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain are the words by which a registry says that something does not exist, beside what it is called. A message with any
// other word is about something else: another object, a route, a cursor, a rule.
var plain = strings.Fields(`a an the this that any such there no not none found find does did do doesn didn don t exist exists existing
	could couldn can cannot unable to is was were be been has have with by of for from in on at as named name called id uuid key
	given requested specified provided missing unknown deleted removed error`)

// ReportsNotFound reports whether a message says that what the request names does not exist. It must name that object, or at
// least its kind (one of kinds), and nothing else: the server behind a gateway, a page of an older API or a mixed-up cache
// can say "not found" in the registry's form and mean another thing.
func (a Response) ReportsNotFound(message string, kinds ...string) bool {
	rest, named := strings.ToLower(message), false
	for _, value := range a.Params {
		var found bool
		rest, found = without(rest, strings.ToLower(value))
		named = named || found
	}
	for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return !inWord(r) }) {
		switch {
		case slices.Contains(kinds, word):
			named = true
		case !slices.Contains(plain, word):
			return false
		}
	}
	return named
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// without takes a name out of a text, where it stands as a word of its own.
func without(text, name string) (rest string, found bool) {
	if name == "" {
		return text, false
	}
	var b strings.Builder
	done := 0
	for done < len(text) {
		at := strings.Index(text[done:], name)
		if at < 0 {
			break
		}
		at += done
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(name):])
		b.WriteString(text[done:at])
		done = at + len(name)
		if inWord(before) || inWord(after) {
			b.WriteString(name)
			continue
		}
		b.WriteByte(' ')
		found = true
	}
	return b.String() + text[done:], found
}

// CheckComplete checks the items of a list: it must be there, though it may be empty, and every item must hold what it must.
func CheckComplete[T any](items []T) error {
	if items == nil {
		return errors.New("it holds no list")
	}
	for i := range items {
		if full, ok := any(&items[i]).(completer); ok {
			if err := full.Complete(); err != nil {
				return errors.New("one of its items is not complete: " + err.Error())
			}
		}
	}
	return nil
}

// Array is an answer that is a bare list.
type Array[T any] []T

// Complete implements the check of a success.
func (l *Array[T]) Complete() error { return CheckComplete(*l) }
