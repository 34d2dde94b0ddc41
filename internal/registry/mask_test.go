package registry

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A secret that was made is masked from then on, whoever repeats it; and an error shows none, whoever wrote its parts.
func TestSecretsAreMaskedFromTheirMakingOn(t *testing.T) {
	t.Parallel()
	const value = "made-in-this-test-0815"
	NewSecret(value)
	e := &Error{Op: "mint", Object: "token of " + value, Message: "minted for " + value, Code: value, RequestID: value, Hint: "See " + value, Status: 400}
	for _, text := range []string{
		Masked("again " + value), NewMask().Text(value), e.Error(), fmt.Sprintf("%v", e), (&Error{Err: errors.New(value)}).Error(),
		fmt.Errorf("with: %w", e).Error(),
	} {
		if strings.Contains(text, value[:12]) || !strings.Contains(text, redacted) {
			t.Error(text)
		}
	}
}

func TestSecretURLMasksThePasswordOnly(t *testing.T) {
	t.Parallel()
	s := NewSecretURL("http://somebody:proxy-password-1@proxy.corp.example.com:3128")
	const text = "proxyconnect tcp: lookup proxy.corp.example.com: no such host"
	if got := Masked(text); got != text || s.String() != redacted {
		t.Error(got, s)
	}
	if got := Masked("it is proxy-password-1"); got != "it is (secret)" {
		t.Error(got)
	}
}

func TestShortSecretsAreKnownToTheirOwnMask(t *testing.T) {
	t.Parallel()
	m := NewMask(NewSecret("abc"), NewSecret("hunter2"))
	for text, want := range map[string]string{
		"it is abc": "it is (secret)", "it is h\u200bunter2": "it is (secret)", "it is aHVudGVyMg==, really": "it is (secret)==, really",
		"it is hunt": "it is hunt",
	} {
		if got := m.Text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if text := "hunter2 abc"; Masked(text) != text {
		t.Error("a short secret is masked everywhere")
	}
}

// Credentials that this process never had are recognised by their shapes, wrapped and encoded, too.
func TestShapesInOtherSpellings(t *testing.T) {
	t.Parallel()
	web := "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9." + strings.Repeat("eyJzdWIiOiJib2Ii", 6) + "." + strings.Repeat("c2lnbmF0dXJl", 9)
	keeper := "feedc0de_00112233445566778899aabbccddeeff"
	var lines []string
	for rest := web; rest != ""; rest = rest[min(64, len(rest)):] {
		lines = append(lines, rest[:min(64, len(rest))])
	}
	for _, text := range []string{
		web, strings.Join(lines, "\n"), strings.Join(lines, " "), strings.ReplaceAll(web, "e", "\u200be"), strings.ReplaceAll(web, "e", "%65"),
		base64.StdEncoding.EncodeToString([]byte(web)), keeper, strings.ToUpper(keeper), strings.ReplaceAll(keeper, "_", "\n_\n"),
		base64.StdEncoding.EncodeToString([]byte("bob:" + keeper)), strings.ReplaceAll(keeper, "0", `\u0030`), "cmVm" + "dGtuOjAxOjE3" + strings.Repeat("ab12", 12),
	} {
		got := Masked("saw " + text + " there")
		for i := 0; i+24 < len(text); i++ {
			if strings.Contains(got, text[i:i+24]) {
				t.Errorf("%q became %q", text, got)
				break
			}
		}
	}
}

// TestSpellingsThatHideInWords: what another spelling does not cover.
func TestSpellingsThatHideInWords(t *testing.T) {
	t.Parallel()
	NewSecret("hidden-token-of-4713")
	for text, want := range map[string]string{
		"it is hidden=2Dtoken=2Dof=2D4713 now": "it is (secret) now",
		"it is [104, 105, 100, 100, 101, 110, 45, 116, 111, 107, 101, 110, 45, 111, 102, 45, 52, 55, 49, 51] now": "it is [(secret)] now",
		"it is \uff48ｉｄｄｅｎ－ｔｏｋｅｎ－ｏｆ－４７１３ now":                                                                     "it is (secret) now",
		"it is hid|den|-tok|en-o|f-47|13 now":                                                                     "it is (secret) now",
	} {
		if got := Masked(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	line := "Zx9" + strings.Repeat("Qw8-", 15)
	if got := Masked("saw eyJhbGciOiJSUzI1NiJ9.Zx9Zx9Zx9 " + line + " " + line + " there"); got != "saw (secret) there" {
		t.Error(got)
	}
}

// TestHonestTextStays: what registries and the HTTP stack really say is not changed.
func TestHonestTextStays(t *testing.T) {
	t.Parallel()
	NewSecret("0a1b2c3d_0123456789abcdef0123456789abcdef")
	NewSecret("Bearer eyJ2ZXIiOiIyIiwidHlwIjoiSldUIiwiYWxnIjoiUlMyNTYi.eyJzdWIiOiJqZmFjQDAxIn0.c2lnbmF0dXJl")
	for _, text := range []string{
		"User 'alice' not found", `there is no repository "team-pypi-local" (https://registry.example.com/ui/?a=20&b=%2Fx)`,
		"request id 0a1b2c3d-4e5f-6789-0a1b-2c3d4e5f6789", "the token 8f14e45f-ceea-467f-9e21-0a1b2c3d4e5f is revoked",
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "dial tcp 127.0.0.1:8081: connect: connection refused",
		"x509: certificate is valid for *.example.com, not registry.example.com", "2026-11-30T06:37:30.123Z ERROR [jfac] (AccessService:123) - failed",
		"Basic authentication is off", "Ihre Anfrage wurde abgelehnt: Größe überschritten", "アクセスが拒否されました", "applied-permissions/groups:\"readers\",\"writers\"",
		"[1, 2, 3, 4, 5, 6, 7, 8, 9, 10] of 127 items", "a\tb\nc",
	} {
		if got := Masked(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestTextsWithTooManyReadingsAreWithheld: what was not looked at is not shown.
func TestTextsWithTooManyReadingsAreWithheld(t *testing.T) {
	t.Parallel()
	text := "%41 &amp; \\u0041 =41"
	for i := range 60 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "%", "%25"), "&", "&amp;")
		if i%2 == 0 {
			text = strings.ReplaceAll(text, "=", "=3D")
		}
		if len(text) > maxMasked/2 {
			break
		}
	}
	if got := Masked(strings.Repeat("%25", 200) + "41 " + text); got != withheld {
		t.Errorf("%.200q", got)
	}
	// A secret that the placeholder itself spells cannot be cut out.
	if got := NewMask(NewSecret("secret")).Text("the secret"); got != withheld {
		t.Errorf("%q", got)
	}
}

// TestTheIndexIsBounded: the newest secrets stay known.
func TestTheIndexIsBounded(t *testing.T) {
	t.Parallel()
	x := newIndex()
	long := func(n int) string { return fmt.Sprintf("%08d%s", n, strings.Repeat(fmt.Sprintf("%x", n*7919), 2000)) }
	x.pieces = make(map[uint64]rim, mostPieces+1)
	for i := range uint64(mostPieces + 1) {
		x.pieces[i] = rim{}
	}
	x.remember(long(1))
	x.remember(long(2))
	if len(x.pieces) > mostPieces || x.older == nil || len(x.older.pieces) < mostPieces {
		t.Errorf("%d pieces", len(x.pieces))
	}
	found := 0
	x.each(byLetters, viewOf(long(1)).text, func(int, int, rim) { found++ })
	if found == 0 {
		t.Error("the newest secret is forgotten")
	}
}
