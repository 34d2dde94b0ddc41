// Package directory speaks LDAP: it checks what the protocol fixes about names, filters and addresses, and looks into a
// directory the way a registry with the same settings would. It is the one place of the provider that knows the protocol's
// library, and knows no Terraform.
package directory

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// Placeholders of the name that a person signs in with. Both registries know the first, Artifact Keeper also the second
// (ldap_service.rs).
var placeholders = []string{"{0}", "{username}"}

// CheckURL accepts ldap://host[:port] and ldaps://host[:port] and nothing more.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("it is no URL")
	case u.Scheme != "ldap" && u.Scheme != "ldaps":
		return fmt.Errorf("its scheme is %q; a directory has ldap:// or ldaps://", u.Scheme)
	case u.Hostname() == "":
		return errors.New("it names no host")
	case u.User != nil:
		return errors.New("it holds a user name or password; they belong in manager_dn and manager_password_wo")
	case strings.Trim(u.Path, "/") != "":
		return errors.New("it holds a path; the base DN belongs in base_dn")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("it holds a query; filter, attributes and scope have arguments of their own")
	default:
		return nil
	}
}

// CheckDN accepts a distinguished name (RFC 4514). The empty one is the root of a directory.
func CheckDN(dn string) error {
	if _, err := ldap.ParseDN(dn); err != nil {
		return errors.New(trimmed(err))
	}
	return nil
}

// CheckDNPattern accepts a distinguished name with a placeholder for the person who signs in.
func CheckDNPattern(pattern string) error {
	filled, err := fill(pattern, "x")
	if err != nil {
		return err
	}
	return CheckDN(filled)
}

// CheckFilter accepts a search filter (RFC 4515).
func CheckFilter(filter string) error {
	if _, err := ldap.CompileFilter(filter); err != nil {
		return errors.New(trimmed(err))
	}
	return nil
}

// CheckUserFilter accepts a filter with a placeholder for the person who signs in: without one it would find everybody.
func CheckUserFilter(filter string) error {
	filled, err := fill(filter, "x")
	if err != nil {
		return err
	}
	return CheckFilter(filled)
}

// CheckAttribute accepts the name of an attribute (RFC 4512, descr and numericoid).
func CheckAttribute(name string) error {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		digit := r >= '0' && r <= '9'
		if !letter && !digit && (i == 0 || r != '-' && r != '.' && r != ';') {
			return fmt.Errorf("%q is no name of an attribute", name)
		}
	}
	if name == "" {
		return errors.New("the name of the attribute is empty")
	}
	return nil
}

// SameDN reports whether two names are of one entry: case and blanks between the parts do not count.
func SameDN(a, b string) bool {
	if a == b {
		return true
	}
	first, errA := ldap.ParseDN(a)
	second, errB := ldap.ParseDN(b)
	return errA == nil && errB == nil && first.EqualFold(second)
}

// Join puts a name that is relative to a base below it.
func Join(relative, base string) string {
	switch {
	case relative == "":
		return base
	case base == "":
		return relative
	default:
		return relative + "," + base
	}
}

// fill puts a value, which must be escaped already, in the place of the placeholder.
func fill(pattern, value string) (string, error) {
	filled := pattern
	for _, placeholder := range placeholders {
		filled = strings.ReplaceAll(filled, placeholder, value)
	}
	if filled == pattern {
		return "", errors.New("it lacks {0}, the place of the name that a person signs in with")
	}
	return filled, nil
}

// trimmed drops the library's own prefix, with its number of no use to anybody.
func trimmed(err error) string {
	var e *ldap.Error
	if errors.As(err, &e) && e.Err != nil {
		return strings.TrimPrefix(e.Err.Error(), "ldap: ")
	}
	return strings.TrimPrefix(err.Error(), "ldap: ")
}
