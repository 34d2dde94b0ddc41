package transport

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// tolerated is how many letters and digits of a secret may stay: pieces as short as this are in honest words, too.
const tolerated = 11

// spelling is one way to write a text that a reader turns back at once.
type spelling struct {
	name  string
	write func(r *rand.Rand, s string) string
}

func each(f func(b byte) string) func(*rand.Rand, string) string {
	return func(_ *rand.Rand, s string) string {
		var b strings.Builder
		for i := range len(s) {
			b.WriteString(f(s[i]))
		}
		return b.String()
	}
}

func between(every int, what string) func(*rand.Rand, string) string {
	return func(_ *rand.Rand, s string) string {
		var b strings.Builder
		for i, r := range []rune(s) {
			if i > 0 && i%every == 0 {
				b.WriteString(what)
			}
			b.WriteRune(r)
		}
		return b.String()
	}
}

func always(f func(string) string) func(*rand.Rand, string) string {
	return func(_ *rand.Rand, s string) string { return f(s) }
}

// jsonText is how a server's JSON escapes a string that it does not quote.
func jsonText(s string) string {
	quoted, _ := json.Marshal(s)
	return string(quoted[1 : len(quoted)-1])
}

var spellingsOfText = []spelling{
	{"as it is", always(func(s string) string { return s })},
	{"wrapped at 64", between(64, "\n")},
	{"wrapped at 7", between(7, "\r\n ")},
	{"a blank after each", between(1, " ")},
	{"no-break spaces", between(5, "\u00a0")},
	{"line separators", between(5, "\u2028")},
	{"zero width space", between(3, "\u200b")},
	{"soft hyphens", between(4, "\u00ad")},
	{"word joiners", between(1, "\u2060")},
	{"byte order marks", between(6, "\ufeff")},
	{"combining grapheme joiners", between(3, "\u034f")},
	{"variation selectors", between(3, "\ufe0f")},
	{"tags", between(3, "\U000e0041")},
	{"control characters", between(3, "\x00\x1b")},
	{"broken UTF-8", between(3, "\xff")},
	{"dots", between(4, ".")},
	{"quotes and commas", between(6, `","`)},
	{"upper case", always(strings.ToUpper)},
	{"full width", func(_ *rand.Rand, s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 127 {
				return r + 0xfee0
			}
			return r
		}, s)
	}},
	{"json", always(jsonText)},
	{"json of all", each(func(b byte) string { return fmt.Sprintf(`\u%04x`, b) })},
	{"json twice", each(func(b byte) string { return fmt.Sprintf(`\\u%04X`, b) })},
	{"escapes with x", each(func(b byte) string { return fmt.Sprintf(`\x%02x`, b) })},
	{"octal", each(func(b byte) string { return fmt.Sprintf(`\%03o`, b) })},
	{"escapes with braces", each(func(b byte) string { return fmt.Sprintf(`\u{%x}`, b) })},
	{"entities", each(func(b byte) string { return fmt.Sprintf("&#%d;", b) })},
	{"entities in hex", each(func(b byte) string { return fmt.Sprintf("&#x%X;", b) })},
	{"entities without end", each(func(b byte) string { return fmt.Sprintf("&#%04d", b) })},
	{"entities twice", each(func(b byte) string { return fmt.Sprintf("&amp;#%d;", b) })},
	{"percent", each(func(b byte) string { return fmt.Sprintf("%%%02X", b) })},
	{"percent twice", each(func(b byte) string { return fmt.Sprintf("%%25%02x", b) })},
	{"percent with u", each(func(b byte) string { return fmt.Sprintf("%%u%04x", b) })},
	{"query", always(url.QueryEscape)},
	{"quoted printable", each(func(b byte) string { return fmt.Sprintf("=%02X", b) })},
	{"base64", always(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
	{"base64 bare", always(func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) })},
	{"base64 of URLs", always(func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) })},
	{"base64 of URLs, bare", always(func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) })},
	{"base64 of a user's", always(func(s string) string { return base64.StdEncoding.EncodeToString([]byte("admin:" + s)) })},
	{"base64 of nobody's", always(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(":" + s)) })},
	{"base32", always(func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) })},
	{"hex", always(func(s string) string { return hex.EncodeToString([]byte(s)) })},
	{"hex, upper case", always(func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) })},
	{"hex with colons", each(func(b byte) string { return fmt.Sprintf("%02x:", b) })},
	{"hex with 0x", each(func(b byte) string { return fmt.Sprintf("0x%02x, ", b) })},
	{"numbers", each(func(b byte) string { return fmt.Sprintf("%d, ", b) })},
	{"first half", always(func(s string) string { return s[:len(s)/2] })},
	{"second half", always(func(s string) string { return s[len(s)/2:] })},
	{"before the cut", always(func(s string) string { return strings.Repeat("x ", maxMessage/2-8) + s })},
	{"before the cut of the body", always(func(s string) string { return strings.Repeat("x ", 2*maxMessage-8) + s })},
}

var spelledSecrets = map[string]string{
	"token":           "0a1b2c3d_0123456789abcdef0123456789abcdef",
	"reference token": "cmVmdGtuOjAxOjE3NjAwMDAwMDA6YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4",
	"password":        `Tr0ub4dor&3-correct/horse+battery`,
	"web token":       someJWT,
	"long":            strings.Repeat("Qx7", 20) + "tail-of-the-long-one",
}

// TestMaskKnowsSpellings: a secret that was sent is recognised however an answer writes it.
func TestMaskKnowsSpellings(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for name, secret := range spelledSecrets {
		m := newMask([]registry.Secret{registry.NewSecret(secret)})
		for _, s := range spellingsOfText {
			got := m.text("you sent the token " + s.write(r, secret) + " which is bad")
			if piece := recovered(got, secret); len(piece) > tolerated {
				t.Errorf("%s, %s: %q is in %q", name, s.name, piece, got)
			}
			if len(s.write(r, secret)) < 400 && !strings.Contains(got, "withheld") && (!strings.HasPrefix(got, "you sent the ") || !strings.HasSuffix(got, " is bad")) {
				t.Errorf("%s, %s: the rest is gone: %q", name, s.name, got)
			}
		}
	}
}

// composed writes a random secret in random spellings, one upon the other, and gives what the mask makes of it.
func composed(seed uint64, steps int, words string) (secret, masked string, how []string) {
	r := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	for range 24 + r.IntN(60) {
		b.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/"[r.IntN(67)])
	}
	secret = b.String()
	text := secret
	for range steps {
		s := spellingsOfText[r.IntN(len(spellingsOfText))]
		next := s.write(r, text)
		if len(next) > 8000 {
			break
		}
		text, how = next, append(how, s.name)
		if r.IntN(3) == 0 {
			text = words + text + words
		}
	}
	return secret, newMask([]registry.Secret{registry.NewSecret(secret)}).text(words + text), how
}

// FuzzMaskSpellings composes spellings; nothing that reads the result finds the secret again.
func FuzzMaskSpellings(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed, uint8(seed), "the registry says ")
	}
	f.Fuzz(func(t *testing.T, seed uint64, steps uint8, words string) {
		if len(words) > 60 {
			return
		}
		secret, got, how := composed(seed, 1+int(steps%4), words)
		if piece := recovered(got, secret); len(piece) > tolerated && !strings.Contains(recovered(words, secret), piece) {
			t.Errorf("%q: %q of %q is in %q", how, piece, secret, got)
		}
	})
}

// TestRedirectToASecret: the host of a redirect is quoted, and may be anything.
func TestRedirectToASecret(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		testToken + ".evil.example", strings.ToUpper(testToken) + ".example", "canary.token.4711.example", "canary%2dtoken-4711.example",
		hex.EncodeToString([]byte("Bearer "+testToken)) + ".example", base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(testToken)) + ".example",
		"evil.example/" + testToken + "?" + testToken + "#" + testToken, testToken + ":x@evil.example",
	} {
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://"+host)
			w.WriteHeader(http.StatusFound)
		})
		err := c.Do(t.Context(), get("/x"), nil)
		wantError(t, err)
		if piece := recovered(err.Error(), testToken); len(piece) > tolerated {
			t.Errorf("%q is in %v", piece, err)
		}
	}
}

// TestErrorsOfTheWireHoldNoSecret: what the HTTP stack quotes of a broken answer is the server's words.
func TestErrorsOfTheWireHoldNoSecret(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"status line": testToken + "\r\n\r\n", "status": "HTTP/1.1 " + testToken + "\r\n\r\n", "header": "HTTP/1.1 200 OK\r\n" + testToken + "\r\n\r\n",
		"length":   "HTTP/1.1 200 OK\r\nContent-Length: " + testToken + "\r\n\r\n",
		"encoding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + testToken + "\r\n\r\n",
		"type":     "HTTP/1.1 200 OK\r\nContent-Type: " + hex.EncodeToString([]byte(testToken)) + "\r\nContent-Length: 2\r\n\r\n{}",
		"id":       "HTTP/1.1 400 Bad\r\nX-Request-Id: " + strings.Repeat("a", 120) + testToken + "\r\nContent-Length: 2\r\n\r\n{}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := rawServer(t, raw)
			err := c.Do(t.Context(), get("/x"), &thing{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", wantError(t, err))} {
				if piece := recovered(text, testToken); len(piece) > tolerated {
					t.Errorf("%q is in %s", piece, text)
				}
			}
		})
	}
}

// rawServer answers every connection with the same bytes.
func rawServer(t *testing.T, raw string) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		down, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(down, raw)
		_ = down.Close()
	}))
	t.Cleanup(server.Close)
	c, _ := connectTo(t, server, func(cfg *Config) { cfg.AllowPlainHTTP, cfg.MaxRetries = true, 0 })
	return c
}

func wantError(t *testing.T, err error) registry.Error {
	t.Helper()
	var e *registry.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T %v", err, err)
	}
	return *e
}

// TestMaskCompositions plays FuzzMaskSpellings on fixed seeds. The text is withheld as a whole only now and then.
func TestMaskCompositions(t *testing.T) {
	t.Parallel()
	const seeds = 120
	gone := 0
	for seed := range uint64(seeds) {
		secret, got, how := composed(seed, 1+int(seed%4), "the registry says ")
		if piece := recovered(got, secret); len(piece) > tolerated {
			t.Errorf("%d %q: %q of %q is in %q", seed, how, piece, secret, got)
		}
		if got == withheld {
			gone++
		}
	}
	if gone > seeds/10 {
		t.Errorf("%d of %d texts are withheld", gone, seeds)
	}
}
