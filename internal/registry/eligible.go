package registry

import (
	"errors"
	"fmt"
	"strings"
)

// The reasons why an account must not be handed a workspace's credentials. They are compared with errors.Is.
var (
	ErrDisabled       = errors.New("the account is disabled")
	ErrServiceAccount = errors.New("the account is a service account, not a person")
	ErrAdministrator  = errors.New("the account is an administrator")
	ErrAdminScope     = errors.New("the scope carries administrator rights")
)

// Eligible is the one rule for who may be mapped to a person and minted a token for: an enabled account of a person
// that is no administrator. allowAdmin lifts the last condition only: a token of a disabled account or of a bot is never
// what a person asked for. A partial user is not judged, since its flags are unknown.
func Eligible(u User, allowAdmin bool) error {
	switch {
	case u.Partial:
		return fmt.Errorf("user %q was read without its flags and cannot be judged", u.Username)
	case !u.Enabled:
		return ErrDisabled
	case u.ServiceAccount:
		return ErrServiceAccount
	case u.Admin && !allowAdmin:
		return ErrAdministrator
	default:
		return nil
	}
}

// groupScope introduces the list of groups in an Artifactory scope.
const groupScope = "applied-permissions/groups"

// AdminScope returns the first scope that makes an administrator of whoever holds the token, or lets them make one by
// changing accounts or permissions; "" when there is none. Whether a group scope does depends on the groups: see
// ScopeGroups.
func AdminScope(scopes []string) string {
	for _, scope := range scopes {
		lower := strings.ToLower(strings.TrimSpace(scope))
		switch {
		case lower == "applied-permissions/admin", lower == "admin", lower == "*", lower == "write:users":
			return scope
		case strings.HasPrefix(lower, "system:identities:"), strings.HasPrefix(lower, "system:permissions:"):
			if !strings.HasSuffix(lower, ":r") {
				return scope
			}
		}
	}
	return ""
}

// ScopeGroups returns the groups that group scopes name, and whether every scope is a group scope. Only such tokens can
// be minted for a name without an account.
func ScopeGroups(scopes []string) (groups []string, only bool) {
	only = len(scopes) > 0
	for _, scope := range scopes {
		rest, found := strings.CutPrefix(strings.TrimSpace(scope), groupScope)
		if !found {
			only = false
			continue
		}
		for name := range splitQuoted(strings.TrimPrefix(rest, ":")) {
			groups = append(groups, name)
		}
	}
	return groups, only
}

// splitQuoted yields the parts of a comma list whose parts may be in double quotes, and then may hold commas.
func splitQuoted(list string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var part strings.Builder
		quoted := false
		emit := func() bool {
			name := strings.TrimSpace(part.String())
			part.Reset()
			return name == "" || yield(name)
		}
		for _, r := range list {
			switch {
			case r == '"':
				quoted = !quoted
			case r == ',' && !quoted:
				if !emit() {
					return
				}
			default:
				part.WriteRune(r)
			}
		}
		emit()
	}
}
