package directory

import (
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// EscapeFilter and EscapeDN make a user's name safe inside a filter (RFC 4515) and inside a name (RFC 4514).
var (
	EscapeFilter = ldap.EscapeFilter
	EscapeDN     = ldap.EscapeDN
)

// Below puts a name under a base; either may be empty.
func Below(name, base string) string {
	return strings.Trim(name+","+base, ",")
}

// Same tells whether two distinguished names are one, letter case and the spaces around their parts aside. What is no name
// is the same as nothing.
func Same(a, b string) bool {
	left, errA := ldap.ParseDN(a)
	right, errB := ldap.ParseDN(b)
	return errA == nil && errB == nil && left.EqualFold(right)
}

// Within tells whether a name is a base or lies somewhere below it. Everything lies below the empty base.
func Within(name, base string) bool {
	child, errC := ldap.ParseDN(name)
	parent, errP := ldap.ParseDN(base)
	return errC == nil && errP == nil && (parent.EqualFold(child) || parent.AncestorOfFold(child))
}

// Part is one part of a name with the whole name it heads: in uid=a,ou=b,dc=c the part ou=b heads ou=b,dc=c.
type Part struct {
	Attribute, Value string
	DN               string
}

// Parts takes a name apart, from the entry up. What is no name has none.
func Parts(dn string) []Part {
	name, err := ldap.ParseDN(dn)
	if err != nil {
		return nil
	}
	var parts []Part
	for i, rdn := range name.RDNs {
		rest := (&ldap.DN{RDNs: name.RDNs[i:]}).String()
		for _, attribute := range rdn.Attributes {
			parts = append(parts, Part{attribute.Type, attribute.Value, rest})
		}
	}
	return parts
}

// javaClasses and javaAttributes mark entries that hold Java objects (RFC 2713), which a Java client that follows them
// may be made to run.
var (
	javaClasses    = []string{"javaobject", "javaserializedobject", "javamarshalledobject", "javanamingreference"}
	javaAttributes = []string{"javaserializeddata", "javaclassname", "javafactory", "javacodebase", "javareferenceaddress"}
)

// Poisoned tells whether an entry holds a Java object.
func Poisoned(entry *ldap.Entry) bool {
	return slices.ContainsFunc(entry.Attributes, func(a *ldap.EntryAttribute) bool {
		if slices.Contains(javaAttributes, strings.ToLower(a.Name)) {
			return true
		}
		return strings.EqualFold(a.Name, "objectClass") && slices.ContainsFunc(a.Values, func(class string) bool {
			return slices.Contains(javaClasses, strings.ToLower(class))
		})
	})
}
