// Package identity holds registry_identity: which one registry user a person is.
package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// The ways to look for a person, as users write them.
const (
	byEmail     = "email"
	byUsername  = "username"
	byLocalPart = "email_local_part"
	byOverride  = "override"
	byScan      = "scan"
)

// person is who is looked for, and how.
type person struct {
	Username    string
	Email       string
	Match       []string
	Override    map[string]string // by e-mail address or user name
	VerifyEmail bool
	Scan        bool
	AllowAdmin  bool
}

// found is the one account a person is.
type found struct {
	registry.User
	MatchedBy string
}

// The reasons why there is no answer. Each needs something else to be done, so each is an error of its own.
var (
	errMissing  = errors.New("no account")
	errSeveral  = errors.New("several accounts")
	errMismatch = errors.New("another person's e-mail address")
	errNoEmail  = errors.New("no e-mail address to compare")
	errBarred   = errors.New("not eligible")
)

// refusal says why a person is no user, in words for the person who reads the plan.
type refusal struct {
	reason error
	detail string
}

func (r *refusal) Error() string { return r.detail }
func (r *refusal) Unwrap() error { return r.reason }

func refuse(reason error, format string, args ...any) error {
	return &refusal{reason: reason, detail: fmt.Sprintf(format, args...)}
}

// remembered keeps the accounts that were read, so that a second scan asks for the list again and not for each account: an
// account that was answered is no doubt, only one that was not is.
type remembered struct {
	registry.Users

	mu   sync.Mutex // a scan reads several at a time
	read map[string]registry.User
}

// Get implements registry.Users.
func (r *remembered) Get(ctx context.Context, id string) (registry.User, error) {
	r.mu.Lock()
	known, ok := r.read[id]
	r.mu.Unlock()
	if ok {
		return known, nil
	}
	user, err := r.Users.Get(ctx, id)
	if err == nil {
		r.mu.Lock()
		r.read[id] = user
		r.mu.Unlock()
	}
	return user, err
}

// resolve finds the one account a person is. That there is none is believed when every look-up said so twice: on it a
// workspace starts without credentials, so one stray answer must not be enough.
func resolve(ctx context.Context, users registry.Users, t registry.Type, p person) (found, error) {
	users = &remembered{Users: users, read: map[string]registry.User{}}
	first, err := search(ctx, users, t, p)
	if !errors.Is(err, errMissing) || !p.VerifyEmail {
		return first, err
	}
	second, errAgain := search(ctx, users, t, p)
	if errors.Is(errAgain, errMissing) {
		return first, err
	}
	return second, errAgain
}

// search looks for a person. The look-ups go in the person's order and the first verified account wins;
// an account that is found but belongs to somebody else by its address is passed over and remembered, so that the
// refusal can name it. An account that is theirs and may not be used ends the search: falling through to a weaker match
// would hand them somebody else's.
func search(ctx context.Context, users registry.Users, t registry.Type, p person) (found, error) {
	if p.VerifyEmail && p.Email == "" {
		return found{}, refuse(errNoEmail, "User %q has no e-mail address, so no account can be verified to be theirs. Give email, or set "+
			"verify_email = false if user names alone are to be trusted.", p.Username)
	}
	var mismatch error
	for _, step := range p.steps() {
		candidates, err := step.lookUp(ctx, users, t)
		if err == nil && len(candidates) == 0 && !p.VerifyEmail {
			// The next look-up trusts whatever it finds, so it has to be certain that this one finds nobody.
			candidates, err = step.lookUp(ctx, users, t)
		}
		if err != nil {
			return found{}, err
		}
		if len(candidates) > 1 {
			return found{}, refuse(errSeveral, "%d accounts match %s by %s: %s. Name the right one in override.",
				len(candidates), p.name(), step.by, names(candidates))
		}
		if len(candidates) == 0 {
			continue
		}
		user := candidates[0]
		if !p.verified(user) {
			mismatch = refuse(errMismatch, "Account %q, found by %s, has the e-mail address %q, and the person's is %q. It may be somebody "+
				"else's. Correct the address in the registry, name the right account in override, or set verify_email = false.",
				user.Username, step.by, user.Email, p.Email)
			continue
		}
		if err := registry.Eligible(user, p.AllowAdmin); err != nil {
			return found{}, barred(user, err)
		}
		return found{User: user, MatchedBy: step.by}, nil
	}
	if mismatch != nil {
		return found{}, mismatch
	}
	return found{}, refuse(errMissing, "No account matches %s (looked by %s). Where accounts come from a directory or an identity provider, they "+
		"appear when their owner signs in to the registry for the first time; elsewhere the platform team creates the account, for example with "+
		"registry_user. With on_missing = \"null\" the plan goes on without one.", p.name(), p.ways())
}

func barred(user registry.User, reason error) error {
	advice := "Enable it in the registry, or have another account mapped to this person."
	switch {
	case errors.Is(reason, registry.ErrAdministrator):
		advice = "Give the person an ordinary account for their workspaces. Only the provider's allow_admin_tokens lifts this, for everybody."
	case errors.Is(reason, registry.ErrServiceAccount):
		advice = "A person's workspace must not act as a bot: map the person to their own account."
	}
	return &refusal{reason: errors.Join(errBarred, reason), detail: fmt.Sprintf("Account %q cannot be used: %s. %s", user.Username, reason, advice)}
}

func (p person) name() string {
	switch {
	case p.Email == "":
		return fmt.Sprintf("%q", p.Username)
	case p.Username == "":
		return fmt.Sprintf("<%s>", p.Email)
	default:
		return fmt.Sprintf("%q <%s>", p.Username, p.Email)
	}
}

// verified reports whether the account's e-mail address is the person's, ignoring the case of ASCII letters only: other
// foldings make different addresses look alike.
func (p person) verified(user registry.User) bool {
	return !p.VerifyEmail || (p.Email != "" && registry.EqualFoldASCII(user.Email, p.Email))
}

func (p person) ways() string {
	ways := make([]string, 0, len(p.Match)+1)
	for _, step := range p.steps() {
		ways = append(ways, step.by)
	}
	return strings.Join(ways, ", ")
}

// names names some accounts: a registry can claim that any number of them fits.
func names(users []registry.User) string {
	const most = 10
	quoted := make([]string, 0, most+1)
	for i, user := range users {
		if i == most {
			quoted = append(quoted, "…")
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", user.Username))
	}
	return strings.Join(quoted, ", ")
}
