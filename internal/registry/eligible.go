package registry

import (
	"errors"
	"fmt"
)

// The reasons why an account must not be handed a workspace's credentials. They are compared with errors.Is.
var (
	ErrDisabled       = errors.New("the account is disabled")
	ErrServiceAccount = errors.New("the account is a service account, not a person")
	ErrAdministrator  = errors.New("the account is an administrator")
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
