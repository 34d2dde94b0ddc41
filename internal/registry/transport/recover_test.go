package transport

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// recovered is the longest piece of a secret that somebody who reads a text gets out of it by hand or with the tools of a
// shell. It shares nothing with the mask, which would otherwise be asked about itself.
func recovered(text, secret string) string {
	want := strings.ToLower(lettersAndDigits(secret))
	best := ""
	seen := map[string]bool{}
	level := []string{text}
	for depth := 0; depth < 6 && len(level) > 0 && len(seen) < 300; depth++ {
		var next []string
		for _, t := range level {
			if seen[t] || len(t) < 8 {
				continue
			}
			seen[t] = true
			if piece := longestCommon(strings.ToLower(lettersAndDigits(t)), want); len(piece) > len(best) {
				best = piece
			}
			next = append(next, readings(t)...)
		}
		level = next
	}
	return best
}

// lettersAndDigits leaves out what may be put between them.
func lettersAndDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return r
	}, s)
}

// visible leaves out what nobody sees.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
}

func longestCommon(a, b string) string {
	best := ""
	for i := range b {
		if end := i + max(len(best), tolerated); end > len(b) || !strings.Contains(a, b[i:end]) {
			continue // nothing longer begins here
		}
		for len(best) < len(b)-i && strings.Contains(a, b[i:i+len(best)+1]) {
			best = b[i : i+len(best)+1]
		}
	}
	return best
}

var (
	percentRun = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	jsonRun    = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)
	shortRun   = regexp.MustCompile(`\\x([0-9A-Fa-f]{2})`)
	quotedRun  = regexp.MustCompile(`=([0-9A-Fa-f]{2})`)
	base64Run  = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}`)
	base32Run  = regexp.MustCompile(`[A-Z2-7]{24,}`)
	hexRun     = regexp.MustCompile(`[0-9A-Fa-f]{24,}`)
)

// readings are the texts that one step of decoding gives.
func readings(t string) []string {
	out := []string{visible(t), html.UnescapeString(t), strings.ReplaceAll(t, `\\`, `\`), strings.ReplaceAll(t, `\/`, `/`)}
	if u, err := url.PathUnescape(t); err == nil {
		out = append(out, u)
	}
	hexes := func(run *regexp.Regexp, digits func(string) string) {
		out = append(out, run.ReplaceAllStringFunc(t, func(m string) string {
			n, err := strconv.ParseUint(digits(m), 16, 32)
			if err != nil {
				return m
			}
			return string(rune(n))
		}))
	}
	hexes(percentRun, func(m string) string { return m[1:] })
	hexes(jsonRun, func(m string) string { return m[2:] })
	hexes(shortRun, func(m string) string { return m[2:] })
	hexes(quotedRun, func(m string) string { return m[1:] })
	for _, run := range base64Run.FindAllString(t, -1) {
		for cut := range 4 {
			part := strings.NewReplacer("-", "+", "_", "/").Replace(run[cut:])
			part = part[:len(part)-len(part)%4]
			if b, err := base64.StdEncoding.DecodeString(part); err == nil {
				out = append(out, ascii(b))
			}
			if b, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(run[cut:])); err == nil {
				out = append(out, ascii(b))
			}
		}
	}
	for _, run := range base32Run.FindAllString(t, -1) {
		for cut := range 8 {
			part := run[cut:]
			if b, err := base32.StdEncoding.DecodeString(part[:len(part)-len(part)%8]); err == nil {
				out = append(out, ascii(b))
			}
		}
	}
	for _, run := range hexRun.FindAllString(t, -1) {
		for cut := range 2 {
			part := run[cut:]
			if b, err := hex.DecodeString(part[:len(part)-len(part)%2]); err == nil {
				out = append(out, ascii(b))
			}
		}
	}
	return out
}

func ascii(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(b), ""))
}
