package registry

import (
	"unicode"
	"unicode/utf8"
)

// view is one reading of a text: each byte of it knows the bytes of the text that it was read from.
type view struct { //nolint:recvcheck // readings are values; put and keep build a new one
	text     []byte
	from, to []int32
	// squeezed says that the blanks between words are gone.
	squeezed bool
}

func viewOf(text string) view {
	v := view{text: []byte(text), from: make([]int32, len(text)), to: make([]int32, len(text))}
	for i := range len(text) {
		v.from[i], v.to[i] = int32(i), int32(i+1)
	}
	return v
}

// sized is an empty reading with room.
func sized(room int) view {
	return view{text: make([]byte, 0, room), from: make([]int32, 0, room), to: make([]int32, 0, room)}
}

// span is what a part of a reading, which is not empty, was read from.
func (v view) span(from, to int) span {
	first, last := v.from[from], v.to[from]
	for i := from; i < to; i++ {
		first, last = min(first, v.from[i]), max(last, v.to[i])
	}
	return span{int(first), int(last)}
}

// put appends a character that was read from v[from:to].
func (v *view) put(source view, from, to int, r rune) {
	var b [utf8.UTFMax]byte
	for _, c := range b[:utf8.EncodeRune(b[:], r)] {
		v.putByte(source, from, to, c)
	}
}

func (v *view) putByte(source view, from, to int, c byte) {
	v.text = append(v.text, c)
	v.from, v.to = append(v.from, source.from[from]), append(v.to, source.to[to-1])
}

// keep appends v[from:to] as it is.
func (v *view) keep(source view, from, to int) {
	v.text = append(v.text, source.text[from:to]...)
	v.from, v.to = append(v.from, source.from[from:to]...), append(v.to, source.to[from:to]...)
}

// only leaves the characters that a condition holds for, full width forms as the letters they show. What is no UTF-8 goes.
func (v view) only(holds func(rune) bool) view {
	out := sized(len(v.text))
	for i := 0; i < len(v.text); {
		r, size := utf8.DecodeRune(v.text[i:])
		switch narrow := narrowed(r); {
		case r == utf8.RuneError, !holds(narrow):
		case narrow != r:
			out.put(v, i, i+size, narrow)
		default:
			out.keep(v, i, i+size)
		}
		i += size
	}
	return out
}

// folded is the reading in lower case.
func (v view) folded() view {
	out := sized(len(v.text))
	for i := 0; i < len(v.text); {
		r, size := utf8.DecodeRune(v.text[i:])
		if lower := unicode.ToLower(r); lower == r {
			out.keep(v, i, i+size)
		} else {
			out.put(v, i, i+size, lower)
		}
		i += size
	}
	return out
}

// narrowed is the ASCII character of a full width form.
func narrowed(r rune) rune {
	if r >= 0xff01 && r <= 0xff5e {
		return r - 0xfee0
	}
	return r
}

// notInvisible tells what can be seen or separates words on a line. A break of a line only wraps it.
func notInvisible(r rune) bool {
	if r == ' ' || r == '\t' || r == '\u00a0' {
		return true
	}
	return notBlank(r)
}

// notBlank tells what can be seen: no white space, control or format characters, marks, or letters without a glyph.
func notBlank(r rune) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r < 0x7f
	}
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800':
		return false
	}
	return !unicode.IsSpace(r) && !unicode.In(r, unicode.C, unicode.M)
}

func letterOrDigit(r rune) bool {
	return notBlank(r) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
