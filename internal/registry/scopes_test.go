package registry

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// What is exactly one scope, and what is sent for it.
func TestParseScope(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, sent string }{
		{"applied-permissions/user", ""},
		{"applied-permissions/groups:readers,writers", ""},
		{`applied-permissions/groups:"readers"`, "applied-permissions/groups:readers"},
		{`applied-permissions/groups:"Dev Team",readers`, ""},
		{"applied-permissions/groups:team/a", ""},
		{`applied-permissions/groups:"Dev / Ops","Team: Platform"`, ""},
		{"artifact:npm-*/lib:r,w", ""},
		{`applied-permissions/roles:acme:"Project Admin"`, ""},
		{"read:artifacts", ""},
		{"*", ""},
	} {
		if got, err := ParseScopes([]string{c.text}); err != nil || got[0].String() != cmpOr(c.sent, c.text) {
			t.Errorf("%q is sent as %v, %v", c.text, got, err)
		}
	}
	for _, text := range []string{
		"", " ", "applied-permissions/user applied-permissions/admin", " applied-permissions/user", "applied-permissions/user ", "a\tb", "a\nb", "a\r\nb",
		"a\u00a0b", "a\u2003b", "a\u3000b", "a\u2028b", "a\u200bb", "a\ufeffb", "a\u00adb", "a\x00b", "a\x85b", "a\u0085b", "\xff", `a\ b`, `a\u0020b`, `a"b`, `a" "b"`,
		`applied-permissions/groups:"a applied-permissions/admin"`, `applied-permissions/groups:"a system:identities:rw b"`, `applied-permissions/groups:"readers,admins"`,
		`applied-permissions/groups:""`, "applied-permissions/groups:", "applied-permissions/groups:a,,b", "applied-permissions/groups:a,", `applied-permissions/groups:" a"`, `applied-permissions/groups:"a" b`,
		`applied-permissions/groups:"a"b`, `applied-permissions/groups:a"b"`, `applied-permissions/groups:"a""b"`, "applied-permissions/groups:\"a\u00a0b\"", "applied-permissions/groups:\"a\nb\"",
	} {
		if got, err := ParseScopes([]string{"applied-permissions/user", text}); err == nil {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Everything is unsafe but what is known to be harmless.
func TestUnsafe(t *testing.T) {
	t.Parallel()
	for server, scopes := range map[Type]map[bool][]string{
		Artifactory: {
			false: {
				"applied-permissions/user", "applied-permissions/groups:readers", `applied-permissions/groups:"Dev Team"`, "artifact:*:r", "artifact:npm/**:r,w,d,a", "artifact:npm:rw", "build:*:r", "release-bundle:a/**:r,w",
				"system:identities:r", "system:permissions:r", "system:metrics:r", "system:info/licenses:r",
			},
			true: {
				"applied-permissions/admin", "Applied-Permissions/Admin", `"applied-permissions/admin"`, `applied-permissions/"admin"`, "applied-permissions/user,applied-permissions/admin", "applied-permissions/groups",
				"applied-permissions/groups:*", "applied-permissions/groups:adm?ns", "applied-permissions/groups:admin[s]", "applied-permissions/groups:{admins}", "Applied-permissions/groups:readers", "applied-permissions/roles:acme:Viewer", "applied-permissions/roles:acme:Project_Admin",
				"applied-permissions/roles:*:*", "applied-permissions/", "admin", "*", "*:*:*", "system:*:*", "system:*:r", "system:identities:rw", "system:identities:r,w", "system:identities:*", "system:identities:",
				"system:identities", "system:iden*:r", "system:identities:r:w", "System:identities:r", "system:livelogs:r", "system:configuration:r", "system::r", "artifact:npm:m", "artifact:npm:*", "artifact:npm:r,m",
				"artifact:npm:x", "artifact:npm:,", "artifact:a:r,system:identities:rw", "artifact:npm", "artifact:npm:", "build:*:m", "destination:*:r", "project:acme:r", "api:*", "member-of-groups:*", "jf-ide:admin", "ａpplied-permissions/user",
			},
		},
		ArtifactKeeper: {
			false: {"read:artifacts", "write:artifacts", "read:repositories", "write:repositories", "read:users"},
			true: {
				"*", "admin", "Admin", "write:users", "delete:artifacts", "delete:repositories", "promote:artifacts", "trigger:sync", "write", "delete", "read", "read:*", "*:artifacts", "write:groups",
				"applied-permissions/user", "applied-permissions/groups:readers", `"read:artifacts"`, "read:artifacts,admin",
			},
		},
	} {
		for want, texts := range scopes {
			for _, text := range texts {
				if _, reason, unsafe := MustParseScopes(text).Unsafe(server); unsafe != want {
					t.Errorf("%s: unsafe is %t for %q: %s", server, unsafe, text, reason)
				}
			}
		}
	}
}

// readers are how a server may split the one string that it receives: what is established of Artifactory, and what a less
// careful reader would do.
var readers = map[string]func(string) []string{
	"blanks outside quotes": func(joined string) []string {
		quoted := false
		return strings.FieldsFunc(joined, func(r rune) bool {
			if r == '"' {
				quoted = !quoted
			}
			return !quoted && r == ' '
		})
	},
	"white space outside quotes": func(joined string) []string {
		quoted := false
		return strings.FieldsFunc(joined, func(r rune) bool {
			if r == '"' {
				quoted = !quoted
			}
			return !quoted && (unicode.IsSpace(r) || r <= ' ' || unicode.Is(unicode.Z, r) || unicode.Is(unicode.Cf, r))
		})
	},
}

// For any list, what is judged is what is sent: a list that is accepted is split by the receiver into the same scopes, so
// that it gets the same judgement.
func TestJudgementHoldsOnTheWire(t *testing.T) {
	t.Parallel()
	accepted := 0
	rapid.Check(t, func(r *rapid.T) {
		list := rapid.SliceOfN(anyScope(), 1, 5).Draw(r, "scopes")
		accepted += checkOnTheWire(r, list)
	})
	if accepted == 0 {
		t.Error("no list was accepted, so nothing was tested")
	}
}

type failer interface{ Errorf(string, ...any) }

func checkOnTheWire(t failer, list []string) (accepted int) {
	scopes, err := ParseScopes(list)
	if err != nil {
		return 0
	}
	for name, split := range readers {
		parts := split(strings.Join(scopes.Strings(), " "))
		if !slices.Equal(parts, scopes.Strings()) {
			t.Errorf("%q is sent as %q and split at %s into %q", list, scopes, name, parts)
			continue
		}
		again, err := ParseScopes(parts)
		if err != nil {
			t.Errorf("%q is sent as %q, which is no list of scopes: %v", list, scopes, err)
			continue
		}
		for _, server := range []Type{Artifactory, ArtifactKeeper} {
			_, reason, unsafe := scopes.Unsafe(server)
			if _, reasonAgain, unsafeAgain := again.Unsafe(server); unsafe != unsafeAgain || reason != reasonAgain {
				t.Errorf("%s: %q is unsafe %t, and %t when it is split at %s", server, list, unsafe, unsafeAgain, name)
			}
		}
		groups, only := scopes.Groups()
		if groupsAgain, onlyAgain := again.Groups(); !slices.Equal(groups, groupsAgain) || only != onlyAgain {
			t.Errorf("%q names %q, and %q when it is split at %s", list, groups, groupsAgain, name)
		}
	}
	// A reader who does not know quotes must find nothing in it that was not judged.
	for _, word := range strings.Fields(strings.Join(scopes.Strings(), " ")) {
		bare := strings.Trim(word, `"`)
		if !slices.Contains(scopes.Strings(), word) && strings.ContainsAny(bare, ":/") && !strings.HasPrefix(bare, groupScope) {
			if _, _, unsafe := scopes.Unsafe(Artifactory); !unsafe {
				t.Errorf("%q holds the word %q, which a reader without quotes takes for a scope", list, word)
			}
		}
	}
	return 1
}

// anyScope draws scopes and what hides in them: several in one, other spacing, quotes, case and characters.
func anyScope() *rapid.Generator[string] {
	words := rapid.SampledFrom([]string{
		"applied-permissions/user", "applied-permissions/admin", "applied-permissions/groups:readers", "applied-permissions/groups:readers,admins", `applied-permissions/groups:"Dev Team"`,
		`applied-permissions/groups:"a`, `b"`, `"`, "admins", "system:identities:rw", "system:metrics:r", "system:*:*", "artifact:*:r", "applied-permissions/roles:acme:x", "read:artifacts", "admin", "*", ",", ":", "", "\\",
	})
	gaps := rapid.SampledFrom([]string{"", " ", "  ", "\t", "\n", "\r", "\u00a0", "\u2003", "\u2028", "\u3000", "\u0085", "\u200b", "\ufeff", "\x00", ",", ";", "+", "%20", `\ `, `" "`})
	return rapid.Custom(func(r *rapid.T) string {
		text := words.Draw(r, "word")
		for range rapid.IntRange(0, 2).Draw(r, "more") {
			text += gaps.Draw(r, "gap") + words.Draw(r, "word")
		}
		switch rapid.IntRange(0, 9).Draw(r, "spelling") {
		case 0:
			text = strings.ToUpper(text)
		case 1:
			text = gaps.Draw(r, "before") + text + gaps.Draw(r, "after")
		case 2:
			text = `"` + text + `"`
		case 3:
			return rapid.String().Draw(r, "anything")
		}
		return text
	})
}

func FuzzScopes(f *testing.F) {
	for _, seed := range []string{
		"applied-permissions/admin", "applied-permissions/user applied-permissions/admin", "applied-permissions/groups:readers,admins", `applied-permissions/groups:"a,b",c`,
		`applied-permissions/groups:"a b"`, `applied-permissions/groups:"`, "applied-permissions/groups", "system:identities:rw", "system:*:r", "*", " ADMIN ", "admin\x00", "write:users", "", "\xff",
	} {
		f.Add("applied-permissions/user", seed)
	}
	f.Fuzz(func(t *testing.T, first, second string) { checkOnTheWire(t, []string{first, second}) })
}
