package registry

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of both registries, in the units the registries count in.
const (
	maxNameBytes      = 255
	maxGroupNameRunes = 64 // Artifactory
)

var artifactoryUsername = regexp.MustCompile(`^[a-z0-9.\-_@+]+$`)

// CheckUsername applies the registry's rules for user names before anything is sent. An empty type applies what both
// registries share.
func CheckUsername(t Type, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if t == Artifactory && !artifactoryUsername.MatchString(name) {
		return errors.New("Artifactory accepts lower-case letters, digits and . - _ @ + in user names")
	}
	return nil
}

// IsBuiltIn tells the accounts that come with a registry and are no person's, also where its API lists none of that name:
// services of the platform, whose names begin with an underscore, among them.
func IsBuiltIn(t Type, name string) bool {
	name = LowerASCII(name)
	return t == Artifactory && (strings.HasPrefix(name, "_") || slices.Contains([]string{"anonymous", "access-admin", "xray", "jffe", "jfrog"}, name))
}

// CheckGroupName applies the registry's rules for group names.
func CheckGroupName(t Type, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if t == Artifactory && utf8.RuneCountInString(name) > maxGroupNameRunes {
		return fmt.Errorf("Artifactory accepts group names of at most %d characters", maxGroupNameRunes)
	}
	return nil
}

// CheckObjectName applies what both registries want of the names of settings and identity providers.
func CheckObjectName(name string) error { return checkName(name) }

// checkName refuses what no registry stores faithfully: names that are empty, too long, padded or unprintable.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > maxNameBytes:
		return fmt.Errorf("the name is longer than %d bytes", maxNameBytes)
	case strings.TrimSpace(name) != name:
		return errors.New("the name starts or ends with white space")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return errors.New("the name holds characters that cannot be printed")
	default:
		return nil
	}
}
