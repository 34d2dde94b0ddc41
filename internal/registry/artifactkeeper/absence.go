package artifactkeeper

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// missingCode is the handlers' code for an object that does not exist (error.rs).
const missingCode = "NOT_FOUND"

// kinds are the words of the handlers' messages for what a path names, such as "User not found" or "CI OIDC provider not
// found".
var kinds = []struct {
	path  string
	words []string
}{
	{userTokensPath, []string{"api", "access", "token", "user"}},
	{userPath, []string{"user", "account"}},
	{groupPath, []string{"group"}},
	{permissionPath, []string{"permission", "rule"}},
	{repositoryPath, []string{"repository"}},
	{ldapPath, []string{"ldap", "sso", "configuration", "config", "settings", "provider"}},
	{signInPath, []string{"oidc", "sso", "configuration", "config", "settings", "provider"}},
	{ciPath, []string{"ci", "oidc", "provider", "identity", "mapping"}},
}

// saysMissing reports whether a handler says that what the path names does not exist.
func saysMissing(a transport.Response, code, message string) bool {
	if a.Status != http.StatusNotFound || code != missingCode {
		return false
	}
	for _, kind := range kinds {
		if strings.HasPrefix(a.Path, kind.path) {
			return a.ReportsNotFound(message, kind.words...)
		}
	}
	return false
}

// same refuses the answer about another object than was asked for. UUIDs may be written in either case.
func same(asked, answered string) error {
	if asked != "" && !strings.EqualFold(asked, answered) {
		return fmt.Errorf("it is about %q", answered)
	}
	return nil
}
