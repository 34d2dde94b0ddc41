package registry

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
)

// unescape undoes one layer of escapes: of URLs (%41, %u0041), of JSON and programming languages (\u0041, \x41, \101, \n) and of
// HTML (&#65;, &#x41;, &amp;). It reports whether there were any.
func unescape(v view) (view, bool) {
	out := sized(len(v.text))
	changed := false
	for i := 0; i < len(v.text); {
		size := 0
		switch v.text[i] {
		case '%':
			size = percentEscape(v, i, &out)
		case '\\':
			size = backslashEscape(v, i, &out)
		case '&':
			size = entity(v, i, &out)
		}
		if size == 0 {
			out.keep(v, i, i+1)
			size = 1
		} else {
			changed = true
		}
		i += size
	}
	return out, changed
}

// number reads the digits of a base at the beginning of a text: at least and at most so many.
func number(text []byte, base, least, most int) (value rune, digits int) {
	for digits < min(most, len(text)) {
		d, err := strconv.ParseUint(string(text[digits:digits+1]), base, 8)
		if err != nil {
			break
		}
		value = value*rune(base) + rune(d) //nolint:gosec // one digit
		digits++
	}
	if digits < least {
		return 0, 0
	}
	return value, digits
}

func percentEscape(v view, at int, out *view) int {
	rest := v.text[at+1:]
	if len(rest) > 0 && (rest[0] == 'u' || rest[0] == 'U') {
		if r, digits := number(rest[1:], 16, 4, 4); digits > 0 {
			out.put(v, at, at+2+digits, r)
			return 2 + digits
		}
		return 0
	}
	r, digits := number(rest, 16, 2, 2)
	if digits == 0 {
		return 0
	}
	out.putByte(v, at, at+1+digits, byte(r)) //nolint:gosec // two digits
	return 1 + digits
}

func backslashEscape(v view, at int, out *view) int {
	if at+1 >= len(v.text) {
		return 0
	}
	rest := v.text[at+2:]
	digitsOf := func(least, most int) int {
		prefix := 2
		if len(rest) > 0 && rest[0] == '{' {
			prefix, least, most, rest = 3, 1, 8, rest[1:]
		}
		r, digits := number(rest, 16, least, most)
		if digits == 0 {
			return 0
		}
		size := prefix + digits
		if prefix == 3 && digits < len(rest) && rest[digits] == '}' {
			size++
		}
		if low, ok := lowSurrogate(v.text[min(at+size, len(v.text)):]); ok && utf16.IsSurrogate(r) {
			r = utf16.DecodeRune(r, low)
			size += 6
		}
		out.put(v, at, at+size, r)
		return size
	}
	switch c := v.text[at+1]; c {
	case 'u':
		return digitsOf(4, 4)
	case 'U':
		return digitsOf(8, 8)
	case 'x':
		return digitsOf(2, 2)
	case 'n', 'r', 't', 'b', 'f', 'v':
		out.putByte(v, at, at+2, '\n')
		return 2
	case '\\', '/', '"', '\'':
		out.putByte(v, at, at+2, c)
		return 2
	default:
		r, digits := number(v.text[at+1:], 8, 2, 3)
		if digits == 0 {
			return 0
		}
		out.putByte(v, at, at+1+digits, byte(r)) //nolint:gosec // more than a byte is no character
		return 1 + digits
	}
}

func lowSurrogate(text []byte) (rune, bool) {
	if !strings.HasPrefix(string(text[:min(len(text), 2)]), `\u`) {
		return 0, false
	}
	r, digits := number(text[2:], 16, 4, 4)
	return r, digits > 0 && r >= 0xdc00 && r < 0xe000
}

func entity(v view, at int, out *view) int {
	rest := v.text[at+1:]
	if len(rest) > 1 && rest[0] == '#' {
		prefix, base := 1, 10
		if rest[1] == 'x' || rest[1] == 'X' {
			prefix, base = 2, 16
		}
		r, digits := number(rest[prefix:], base, 1, 8)
		if digits == 0 {
			return 0
		}
		size := 1 + prefix + digits
		if at+size < len(v.text) && v.text[at+size] == ';' {
			size++
		}
		out.put(v, at, at+size, r)
		return size
	}
	const longestName = 10
	name := string(rest[:min(len(rest), longestName)])
	end := strings.IndexByte(name, ';')
	if end < 0 {
		return 0
	}
	whole := "&" + name[:end+1]
	plain := html.UnescapeString(whole)
	if plain == whole {
		return 0
	}
	for _, r := range plain {
		out.put(v, at, at+len(whole), r)
	}
	return len(whole)
}

// unquotePrintable undoes the quoted-printable of mail. It is a reading of its own: "=41" is also what an address may hold.
func unquotePrintable(v view) (view, bool) {
	out := sized(len(v.text))
	changed := false
	for i := 0; i < len(v.text); {
		if v.text[i] == '=' {
			if r, digits := number(v.text[i+1:], 16, 2, 2); digits > 0 {
				out.putByte(v, i, i+1+digits, byte(r)) //nolint:gosec // two digits
				i += 1 + digits
				changed = true
				continue
			}
		}
		out.keep(v, i, i+1)
		i++
	}
	return out, changed
}
