package registry

import (
	"strconv"
	"unicode/utf8"
)

// decoded is what a code gives: all of it, in which only known secrets are looked for, and what can be read, which may be encoded
// once more.
type decoded struct{ whole, readable view }

// A code writes bytes as characters of so many bits.
type code struct {
	bits     int
	shortest int // characters that are worth decoding
	starts   int // at how many characters a group may begin
	value    func(c byte) int
}

var (
	base64Code = code{bits: 6, shortest: 8, starts: 4, value: base64Value}
	base32Code = code{bits: 5, shortest: 16, starts: 8, value: base32Value}
	hexCode    = code{bits: 4, shortest: 8, starts: 2, value: hexValue}
)

func base64Codes(v view) []decoded { return base64Code.decode(v) }
func base32Codes(v view) []decoded { return base32Code.decode(v) }

// hexCodes reads hexadecimal digits, whatever stands between them.
func hexCodes(v view) []decoded {
	digits := v.only(letterOrDigit)
	bare := sized(len(digits.text))
	for i := 0; i < len(digits.text); i++ {
		if digits.text[i] == '0' && i+1 < len(digits.text) && digits.text[i+1]|0x20 == 'x' {
			i++ // 0x41
			continue
		}
		bare.keep(digits, i, i+1)
	}
	return hexCode.decode(bare)
}

// decode reads all runs of characters of the code. Where in a run the encoded text begins is not known: words before it may be of
// the same characters.
func (c code) decode(v view) []decoded {
	var runs []span
	for i := 0; i < len(v.text); i++ {
		from := i
		for i < len(v.text) && c.value(v.text[i]) >= 0 {
			i++
		}
		if i-from >= c.shortest {
			runs = append(runs, span{from, i})
		}
	}
	if len(runs) == 0 {
		return nil
	}
	out := make([]decoded, 0, c.starts)
	for start := range c.starts {
		var d decoded
		for _, run := range runs {
			plain := c.run(v, run.from+start, run.to)
			d.whole.keep(plain, 0, len(plain.text))
			readable(plain, &d.readable)
		}
		out = append(out, d)
	}
	return out
}

func (c code) run(v view, from, to int) view {
	out := sized((to - from) * c.bits / 8)
	bits, value := 0, 0
	first := from
	for i := from; i < to; i++ {
		value = (value<<c.bits | c.value(v.text[i])) & 0xffff
		if bits += c.bits; bits >= 8 {
			bits -= 8
			out.putByte(v, first, i+1, byte(value>>bits)) //nolint:gosec // the lowest byte is meant
			first = i
			if bits == 0 {
				first = i + 1
			}
		}
	}
	return out
}

// readable appends what may be text: all of it if most of it is, or else the stretches that are. Bytes that no text has, and that
// stand between the characters of some encodings, do not count.
func readable(v view, out *view) {
	const stretch, longRun, most = 12, 24, 0.6
	var stretches []span
	good, counted, from := 0, 0, 0
	end := func(at int) {
		if at-from >= stretch {
			stretches = append(stretches, span{from, at})
		}
	}
	for i := 0; i < len(v.text); {
		r, size := utf8.DecodeRune(v.text[i:])
		switch {
		case v.text[i] == 0, v.text[i] >= 0xfe, r == utf8.RuneError && size > 1:
			counted -= size
		case r == utf8.RuneError, r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			end(i)
			from = i + size
		default:
			good += size
		}
		counted += size
		i += size
	}
	end(len(v.text))
	if counted >= longRun && float64(good) >= most*float64(counted) {
		stretches = []span{{0, len(v.text)}}
	}
	for _, s := range stretches {
		out.keep(v, s.from, s.to)
		out.putByte(v, s.to-1, s.to, '\n')
	}
}

func base64Value(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+', c == '-':
		return 62
	case c == '/', c == '_':
		return 63
	default:
		return -1
	}
}

func base32Value(c byte) int {
	switch lower := c | 0x20; {
	case lower >= 'a' && lower <= 'z':
		return int(lower - 'a')
	case c >= '2' && c <= '7':
		return int(c-'2') + 26
	default:
		return -1
	}
}

func hexValue(c byte) int {
	switch lower := c | 0x20; {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case lower >= 'a' && lower <= 'f':
		return int(lower-'a') + 10
	default:
		return -1
	}
}

// numberCodes reads bytes that are written as decimal numbers, as programs print them.
func numberCodes(v view) []decoded {
	const fewest = 8
	whole := sized(len(v.text) / 2)
	for i := 0; i < len(v.text); i++ {
		from := i
		for i < len(v.text) && v.text[i] >= '0' && v.text[i] <= '9' {
			i++
		}
		if i == from || i-from > 3 {
			continue
		}
		if n, err := strconv.ParseUint(string(v.text[from:i]), 10, 8); err == nil {
			whole.putByte(v, from, i, byte(n))
		}
	}
	if len(whole.text) < fewest {
		return nil
	}
	d := decoded{whole: whole}
	readable(whole, &d.readable)
	return []decoded{d}
}
