package artifactory

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// missingCode is Access's code for an object that does not exist.
const missingCode = "NOT_FOUND"

// kinds are the words that the messages of Access use for what a path names. Their text is not documented; what is needed of
// it is that it names the object or its kind, and nothing else.
var kinds = []struct {
	path  string
	words []string
}{
	{userPath, []string{"user", "username", "account"}},
	{groupPath, []string{"group"}},
	{permissionPath, []string{"permission", "permissions", "target", "section", "type"}},
	{tokenPath, []string{"token", "access"}},
	{ldapSettingPath, []string{"ldap", "setting", "settings", "configuration", "config"}},
	{ldapGroupPath, []string{"ldap", "group", "setting", "settings", "configuration", "config"}},
	{oidcMappingPath, []string{"oidc", "openid", "connect", "provider", "integration", "configuration", "config", "identity", "mapping"}},
	{oidcOnePath, []string{"oidc", "openid", "connect", "provider", "integration", "configuration", "config"}},
}

// saysMissing reports whether Access says that what the path names does not exist: by status, code and message, for on a
// server without this API the first two say the same about the route.
func saysMissing(a transport.Response, code, message, detail string) bool {
	if a.Status != http.StatusNotFound || code != missingCode {
		return false
	}
	for _, kind := range kinds {
		if strings.HasPrefix(a.Path, kind.path) {
			return a.ReportsNotFound(message, kind.words...) || a.ReportsNotFound(message+" "+detail, kind.words...)
		}
	}
	return false
}

// sameName refuses the answer about another object than was asked for. Artifactory folds the case of names.
func sameName(asked, answered string) error {
	if asked != "" && !registry.EqualFoldASCII(asked, answered) {
		return fmt.Errorf("it is about %q", answered)
	}
	return nil
}

// unlisted believes a refusal that the contract has for "missing" and for other things too, if the whole list does not have
// the object either time. Otherwise the refusal stays what it is.
func unlisted(refusal error, listed func() (bool, error)) error {
	var e *registry.Error
	if !errors.As(refusal, &e) {
		return refusal
	}
	for range 2 {
		if there, err := listed(); there || err != nil {
			e.Kind = registry.KindInvalid
			return refusal
		}
	}
	e.Kind = registry.KindNotFound
	return refusal
}
