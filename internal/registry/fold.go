package registry

import "strings"

// LowerASCII lower-cases A to Z and nothing else. User names and addresses decide who gets a credential, so no Unicode
// folding happens anywhere: it would make different people equal (the Kelvin sign folds to k).
func LowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// EqualFoldASCII compares two names or addresses, ignoring the case of A to Z only.
func EqualFoldASCII(a, b string) bool { return LowerASCII(a) == LowerASCII(b) }
