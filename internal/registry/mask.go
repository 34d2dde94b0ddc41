package registry

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxMasked bounds the text that is looked through, in bytes. What people see is far shorter.
	maxMasked = 16 << 10
	// withheld replaces a text whose secret cannot be cut out: what is left still shows it, or the text is encoded so many times
	// over that it cannot be told.
	withheld = "(text withheld: it repeats a secret, or may, in a form that cannot be cut out)"
)

// Mask takes secrets out of text that somebody else wrote. It knows every secret that this process made (NewSecret), those of
// known shapes, and its own. It recognises them wrapped, in parts, in either case, between invisible characters and
// separators, escaped as in JSON, HTML, URLs and mail, in base64, base32, hexadecimal and numbers, and in compositions of these.
type Mask struct {
	own *index
	// tiny are secrets too short to be looked for in any but their plain spelling.
	tiny []string
}

// Masked is the text without any secret that this process knows.
func Masked(text string) string { return (&Mask{}).Text(text) }

// NewMask gives a mask that knows these secrets, too, however short they are.
func NewMask(own ...Secret) *Mask {
	m := &Mask{}
	for _, s := range own {
		everMade.remember(s.value)
		switch length := visibleLength(s.value); {
		case s.Empty(), length >= shortestKept:
		case length < shortest:
			m.tiny = append(m.tiny, s.value)
		default:
			if m.own == nil {
				m.own = newIndex()
			}
			m.own.add(s.value)
		}
	}
	return m
}

// Text gives the text with a placeholder for each secret.
func (m *Mask) Text(text string) string {
	if len(text) > maxMasked {
		text = strings.ToValidUTF8(text[:maxMasked], "") + "…"
	}
	for _, s := range m.tiny {
		text = strings.ReplaceAll(text, s, redacted)
	}
	found, all := m.find(text)
	if !all {
		return withheld
	}
	if len(found) == 0 {
		return text
	}
	text = cut(text, found)
	if left, all := m.find(text); !all || len(left) > 0 {
		return withheld
	}
	return text
}

// span is a part of a text, in bytes.
type span struct{ from, to int }

// cut puts placeholders for spans.
func cut(text string, spans []span) string {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	end, open := 0, false
	for _, s := range spans {
		if !open || s.from > end {
			b.WriteString(text[end:max(s.from, end)])
			b.WriteString(redacted)
			open = true
		}
		end = max(end, s.to)
	}
	b.WriteString(text[end:])
	return b.String()
}

// search goes through the readings of one text.
type search struct {
	mask  *Mask
	text  string
	found []span
	queue []view
	seen  map[string]bool
}

// mostReadings bounds the ways to read one text. An honest message has two or three, one that quotes an encoded address or body
// a dozen.
const mostReadings = 48

// find gives the spans of all secrets, and false when the text has more readings than are looked at.
func (m *Mask) find(text string) (found []span, all bool) {
	s := &search{mask: m, text: text, seen: map[string]bool{}}
	s.push(viewOf(text), false)
	for len(s.queue) > 0 {
		if len(s.seen) > mostReadings {
			return nil, false
		}
		v := s.queue[0]
		s.queue = s.queue[1:]
		s.read(v)
	}
	return s.found, true
}

// push queues a reading that is new.
func (s *search) push(v view, squeezed bool) {
	v.squeezed = squeezed
	if len(v.text) < shortest || s.seen[string(v.text)] {
		return
	}
	s.seen[string(v.text)] = true
	s.queue = append(s.queue, v)
}

// read looks for secrets in one reading and queues those that follow from it.
func (s *search) read(v view) {
	s.look(v)
	for _, hit := range shapesIn(v) {
		s.found = append(s.found, v.span(hit.from, hit.to))
	}
	s.push(v.only(notInvisible), v.squeezed)
	s.push(v.only(notBlank), true)
	for _, undo := range []func(view) (view, bool){unescape, unquotePrintable} {
		if plain, changed := undo(v); changed {
			s.push(plain, v.squeezed)
		}
	}
	for _, decode := range []func(view) []decoded{base64Codes, base32Codes, hexCodes, numberCodes} {
		for _, d := range decode(v) {
			s.look(d.whole)
			s.push(d.readable, v.squeezed)
		}
	}
}

// look finds known secrets in one reading, by all their characters or by letters and digits alone.
func (s *search) look(v view) {
	for space, reduced := range map[int]view{bySigns: v.only(notBlank).folded(), byLetters: v.only(letterOrDigit).folded()} {
		for _, known := range []*index{everMade, s.mask.own} {
			known.each(space, reduced.text, func(from, to int, rim rim) {
				s.found = append(s.found, s.widened(reduced.span(from, to), rim))
			})
		}
	}
}

// widened takes the signs in that a secret begins and ends with.
func (s *search) widened(at span, r rim) span {
	for ; r.before > 0; r.before-- {
		before, size := utf8.DecodeLastRuneInString(s.text[:at.from])
		if size == 0 || letterOrDigit(before) || unicode.IsSpace(before) {
			break
		}
		at.from -= size
	}
	for ; r.after > 0; r.after-- {
		after, size := utf8.DecodeRuneInString(s.text[at.to:])
		if size == 0 || letterOrDigit(after) || unicode.IsSpace(after) {
			break
		}
		at.to += size
	}
	return at
}
