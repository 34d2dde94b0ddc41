package token

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"
)

// jwt makes a token of a payload; the signature is never looked at.
func jwt(payload string) string {
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

func TestParseClaims(t *testing.T) {
	t.Parallel()
	yes := true
	const seconds = 1767225600
	when := time.Unix(seconds, 0).UTC()
	for _, c := range []struct {
		name, payload string
		want          claims
	}{
		{
			"Artifactory", `{"sub":"jfac@01h/users/alice","scp":"applied-permissions/user","aud":"*@*","iss":"jfac@01h","exp":1767225600,"iat":1767225600,"jti":"id-1","ext":"{\"revocable\":\"true\"}"}`,
			claims{"jfac@01h/users/alice", "alice", "id-1", "jfac@01h", []string{"*@*"}, []string{"applied-permissions/user"}, when, when, &yes},
		},
		{
			"newer servers list the audience", `{"sub":"jfac@01h/users/erin@example.com","aud":["jfrt@*","jfxr@*"]}`,
			claims{Subject: "jfac@01h/users/erin@example.com", Username: "erin@example.com", Audience: []string{"jfrt@*", "jfxr@*"}, Scopes: []string{}},
		},
		{
			"quoted groups", `{"sub":"x","scp":"applied-permissions/groups:\"a b\",c system:metrics:r"}`,
			claims{Subject: "x", Scopes: []string{`applied-permissions/groups:"a b",c`, "system:metrics:r"}},
		},
		{"Artifact Keeper's session", `{"sub":"4f0c","username":"bob"}`, claims{Subject: "4f0c", Username: "bob", Scopes: []string{}}},
		{"characters that base64 has and base64url has not", `{"sub":"jfac@01h/users/\u00ff\u00fe???>>>"}`, claims{Subject: "jfac@01h/users/ÿþ???>>>", Username: "ÿþ???>>>", Scopes: []string{}}},
		{"fractions", `{"sub":"x","exp":1767225600.75}`, claims{Subject: "x", Scopes: []string{}, ExpiresAt: when}},
		{"extensions of another form", `{"sub":"x","ext":"none"}`, claims{Subject: "x", Scopes: []string{}}},
	} {
		got, err := parseClaims(jwt(c.payload))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		same := got.Subject == c.want.Subject && got.Username == c.want.Username && got.TokenID == c.want.TokenID && got.Issuer == c.want.Issuer &&
			slices.Equal(got.Audience, c.want.Audience) && slices.Equal(got.Scopes, c.want.Scopes) &&
			got.IssuedAt.Equal(c.want.IssuedAt) && got.ExpiresAt.Equal(c.want.ExpiresAt) &&
			(got.Revocable == nil) == (c.want.Revocable == nil) && (got.Revocable == nil || *got.Revocable == *c.want.Revocable)
		if !same {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// Known readers decode with the standard alphabet and break on - and _; tools that translate the token break others.
func TestParseClaimsInEveryAlphabet(t *testing.T) {
	t.Parallel()
	payload := []byte(`{"sub":"a/users/` + strings.Repeat("~?>", 7) + `"}`)
	for name, encoding := range map[string]*base64.Encoding{
		"base64url": base64.RawURLEncoding, "padded base64url": base64.URLEncoding, "base64": base64.RawStdEncoding, "padded base64": base64.StdEncoding,
	} {
		got, err := parseClaims("e30." + encoding.EncodeToString(payload) + ".x")
		if err != nil || got.Username != strings.Repeat("~?>", 7) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestParseClaimsRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "empty",
		" ":                                "empty",
		"cmVmdGtuOjAxOjE3NjcyMjU2MDA6YWJj": "reference token",
		"0123abcd_0123456789abcdef0123456789abcdef": "opaque",
		"a.b":                 "no JWT",
		"a.%%%.c":             "base64url",
		"e30.bm90IGpzb24.x":   "JSON",
		jwt(`[]`):             "JSON",
		jwt(`{"exp":"soon"}`): "JSON",
		jwt(`{"exp":-1}`):     "JSON",
		jwt(`{"exp":1e300}`):  "JSON",
		jwt(`{"aud":7}`):      "JSON",
		"e30." + strings.Repeat("A", 1<<17) + ".x": "longer",
	} {
		_, err := parseClaims(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
		if err != nil && len(text) > 4 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the token: %v", err)
		}
	}
}

func FuzzParseClaims(f *testing.F) {
	f.Add(jwt(`{"sub":"a/users/b","ext":"{}"}`))
	f.Add("a.b.c")
	f.Add("cmVmdGtu")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseClaims(text)
		if err != nil {
			return
		}
		if object, diags := got.ToTerraform(t.Context()); diags.HasError() || object.IsNull() {
			t.Errorf("%+v cannot be shown: %v", got, diags)
		}
	})
}
