package registry

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A scope is looked through for an administrator's rights whatever its case and the white space around it, and the groups
// that it names are found in any order and quoting.
func FuzzScopes(f *testing.F) {
	for _, seed := range []string{
		"applied-permissions/admin", "applied-permissions/user", "applied-permissions/groups:readers,admins", `applied-permissions/groups:"a,b",c`,
		`applied-permissions/groups:"`, "applied-permissions/groups", "system:identities:rw", "system:permissions:r", "*", " ADMIN ", "admin\x00", "write:users", "", "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, scope string) {
		risky := AdminScope([]string{scope}) != ""
		for _, spelling := range []string{" " + scope + "\t", LowerASCII(scope), strings.ToUpper(LowerASCII(scope))} {
			if isASCII(scope) && (AdminScope([]string{"read", spelling}) != "") != risky {
				t.Errorf("%q is judged otherwise than %q", spelling, scope)
			}
		}
		groups, only := ScopeGroups([]string{scope})
		again, _ := ScopeGroups([]string{scope, scope})
		if !slices.Equal(slices.Concat(groups, groups), again) {
			t.Errorf("%q names %q once and %q twice", scope, groups, again)
		}
		if only && !strings.HasPrefix(strings.TrimSpace(scope), groupScope) {
			t.Errorf("%q passes for a scope of groups", scope)
		}
		for _, name := range groups {
			if name == "" || strings.Contains(name, `"`) || strings.TrimSpace(name) != name {
				t.Errorf("%q names the group %q", scope, name)
			}
			if quoted, _ := ScopeGroups([]string{groupScope + `:"` + name + `"`}); utf8.ValidString(name) && !slices.Equal(quoted, []string{name}) {
				t.Errorf("%q in quotes is %q", name, quoted)
			}
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || r < ' ' })
}
