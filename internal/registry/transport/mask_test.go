package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func sprintf(format string, v any) string { return fmt.Sprintf(format, v) }

// TestErrorsNeverRepeatSecrets: the server repeats everything it was sent, in every spelling.
func TestErrorsNeverRepeatSecrets(t *testing.T) {
	t.Parallel()
	const password = `pa"ss\<w>ord&1 é/+`
	spellings := []string{password, url.QueryEscape(password), url.PathEscape(password)}
	quoted, _ := json.Marshal(password)
	spellings = append(spellings, string(quoted), testToken, "header-canary", "basic Zm9v")
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		body, _ := json.Marshal(map[string]string{
			"code": testToken, "message": "you sent " + strings.Join(spellings, " | ") + " and a minted " + someJWT,
		})
		w.Header().Set("X-Request-Id", "id-"+testToken)
		answer(w, http.StatusBadRequest, "application/json", string(body))
	}, func(cfg *Config) { cfg.Headers = map[string]string{"X-Gate": "header-canary"} })
	r := create("/x")
	r.Secrets = []registry.Secret{registry.NewSecret(password)}
	err := c.Do(context.Background(), r, nil)
	e := wantKind(t, err, registry.KindInvalid)
	text := fmt.Sprintf("%s %+v", e.Error(), e)
	for _, secret := range []string{password, "pa\\\"ss", url.QueryEscape(password), testToken, "header-canary", someJWT} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in %s", secret, text)
		}
	}
	if !strings.Contains(text, "you sent (secret) |") {
		t.Errorf("the rest of the message is gone: %s", text)
	}
}

const someJWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"

func TestMaskKnowsTheShapesOfTokens(t *testing.T) {
	t.Parallel()
	m := newMask()
	for _, secret := range []string{
		someJWT,
		"cmVmdGtuOjAxOjE3NjAwMDAwMDA6YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4",
		"0a1b2c3d_0123456789abcdef0123456789abcdef",
		"Bearer abcdefghijklmnopqrstuvwxyz",
	} {
		if text := m.text("token " + secret + " is bad"); strings.Contains(text, secret) || !strings.HasSuffix(text, " is bad") {
			t.Errorf("%q became %q", secret, text)
		}
	}
	for _, harmless := range []string{"Basic authentication is off", "user 0a1b2c3d-4e5f-6789 is gone", "read:artifacts"} {
		if text := m.text(harmless); text != harmless {
			t.Errorf("%q became %q", harmless, text)
		}
	}
}

func TestMaskBoundsAndCleansText(t *testing.T) {
	t.Parallel()
	m := newMask()
	if text := m.text("a\n\x1b[31mb\t c\x00"); text != "a [31mb c" {
		t.Errorf("%q", text)
	}
	if text := m.text(strings.Repeat("é ", 5000)); utf8.RuneCountInString(text) > maxMessage+1 {
		t.Errorf("%d characters", utf8.RuneCountInString(text))
	}
}

// A secret that stands where the text is cut leaves nothing of itself.
func TestMaskComesBeforeTheCut(t *testing.T) {
	t.Parallel()
	m := newMask([]registry.Secret{registry.NewSecret("straddling-token-4714")})
	for before := range 24 {
		pad := strings.Repeat("x", maxMessage-before)
		if text := m.text(pad + "straddling-token-4714 and more"); strings.Contains(text, "str") {
			t.Errorf("%d characters before the cut: …%s", before, text[maxMessage-before:])
		}
		if id := m.id(strings.Repeat("x", maxID-before) + "straddling-token-4714"); strings.Contains(id, "str") || len(id) > maxID+len("…") {
			t.Error(id)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("secret", "the secret is secret")
	f.Add(`a"b`, `{"m":"a\"b"}`)
	f.Fuzz(func(t *testing.T, secret, text string) {
		whole := placeholder // a secret that is part of it cannot be told from it
		if len(secret) < 3 || strings.Contains(strings.ToLower(whole+withheld), strings.ToLower(secret)) || !utf8.ValidString(secret) || len(text) > 4096 {
			return
		}
		got := newMask([]registry.Secret{registry.NewSecret(secret)}).secrets.Text(text + secret + text)
		if strings.Contains(strings.ReplaceAll(got, placeholder, "\x00"), secret) {
			t.Errorf("%q is in %q", secret, got)
		}
	})
}

const (
	placeholder = "(secret)"
	withheld    = "(text withheld: it repeats a secret, or may, in a form that cannot be cut out)"
)
