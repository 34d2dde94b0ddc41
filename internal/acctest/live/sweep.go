package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Swept counts what a sweep removed.
type Swept struct{ Tokens, Permissions, Groups, Users int }

// Total is how many objects were removed.
func (s Swept) Total() int { return s.Tokens + s.Permissions + s.Groups + s.Users }

// String says what was removed.
func (s Swept) String() string {
	if s.Total() == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%d tokens, %d permissions, %d groups, %d users", s.Tokens, s.Permissions, s.Groups, s.Users)
}

// Sweep removes every object whose name, or whose owner's name, fits. It goes on after a failure and returns all of them.
// Permissions go before the principals they name, which Artifact Keeper would leave behind as rules for nobody.
func Sweep(ctx context.Context, reg *registry.Registry, contains string, fits func(name string) bool) (Swept, error) {
	s := sweeper{reg: reg, contains: contains, fits: fits}
	users := s.users(ctx)
	s.tokens(ctx, users)
	s.permissions(ctx)
	s.groups(ctx)
	for _, u := range users {
		s.gone(&s.swept.Users, reg.Users.Delete(ctx, u.ID))
	}
	return s.swept, errors.Join(s.failures...)
}

// Sweep removes what one run made.
func (r Run) Sweep(ctx context.Context, reg *registry.Registry) (Swept, error) {
	return Sweep(ctx, reg, r.Prefix(), func(name string) bool { return strings.HasPrefix(name, r.Prefix()) })
}

// SweepOlder removes what runs made that began more than an age ago. A younger run may still be under way.
func SweepOlder(ctx context.Context, reg *registry.Registry, than time.Duration) (Swept, error) {
	return Sweep(ctx, reg, prefix, func(name string) bool {
		began, ours := Began(name)
		return ours && time.Since(began) > than
	})
}

type sweeper struct {
	reg      *registry.Registry
	contains string
	fits     func(string) bool
	swept    Swept
	failures []error
}

// gone takes note of a removal. What somebody else removed in the meantime is no failure.
func (s *sweeper) gone(count *int, err error) {
	switch {
	case err == nil:
		*count++
	case !registry.IsNotFound(err):
		s.failures = append(s.failures, err)
	}
}

func (s *sweeper) users(ctx context.Context) []registry.User {
	var users []registry.User
	for u, err := range s.reg.Users.List(ctx, registry.UserFilter{Contains: s.contains}) {
		if err != nil {
			s.failures = append(s.failures, err)
			break
		}
		if s.fits(u.Username) {
			users = append(users, u)
		}
	}
	return users
}

// tokens revokes what lives. Artifactory has tokens for names without an account, and lists everybody's at once.
func (s *sweeper) tokens(ctx context.Context, users []registry.User) {
	filters := []registry.TokenFilter{{}}
	if s.reg.Server.Type == registry.ArtifactKeeper {
		filters = nil
		for _, u := range users {
			filters = append(filters, registry.TokenFilter{UserID: u.ID, Username: u.Username})
		}
	}
	for _, filter := range filters {
		tokens, err := s.reg.Tokens.List(ctx, filter)
		if err != nil {
			s.failures = append(s.failures, err)
			continue
		}
		for _, token := range tokens {
			if s.fits(token.Username) && !token.Expired(time.Now()) {
				s.gone(&s.swept.Tokens, s.reg.Tokens.Revoke(ctx, filter.UserID, token.ID))
			}
		}
	}
}

// permissions removes permissions by their names, and single rules by the principals they name.
func (s *sweeper) permissions(ctx context.Context) {
	var doomed []registry.PermissionSpec
	for p, err := range s.reg.Permissions.List(ctx) {
		if err != nil {
			s.failures = append(s.failures, err)
			break
		}
		if !s.reg.Capabilities.PermissionPerRepository {
			if s.fits(p.Name) {
				doomed = append(doomed, registry.PermissionSpec{Name: p.Name})
			}
			continue
		}
		rules := registry.PermissionSpec{
			Name: p.Name, Repositories: p.Repositories, Users: s.among(p.Users), Groups: s.among(p.Groups), Additive: true,
		}
		if len(rules.Users)+len(rules.Groups) > 0 {
			doomed = append(doomed, rules)
		}
	}
	for _, spec := range doomed {
		s.gone(&s.swept.Permissions, s.reg.Permissions.Delete(ctx, spec))
	}
}

func (s *sweeper) among(grants map[string][]string) map[string][]string {
	found := map[string][]string{}
	for name, actions := range grants {
		if s.fits(name) {
			found[name] = slices.Clone(actions)
		}
	}
	return found
}

func (s *sweeper) groups(ctx context.Context) {
	var doomed []string
	for g, err := range s.reg.Groups.List(ctx, registry.GroupFilter{Contains: s.contains}) {
		if err != nil {
			s.failures = append(s.failures, err)
			break
		}
		if s.fits(g.Name) {
			doomed = append(doomed, g.ID)
		}
	}
	for _, id := range doomed {
		s.gone(&s.swept.Groups, s.reg.Groups.Delete(ctx, id))
	}
}
