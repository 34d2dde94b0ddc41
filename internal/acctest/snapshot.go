package acctest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// snapshot is what counts in a registry: who exists, who may do what, which tokens live, and who else may sign in.
type snapshot struct {
	Users       []string
	Groups      []string
	Permissions []string
	LiveTokens  []string
	SignIn      []string // directories and identity providers; tests that make some have a registry of their own
}

func (s *snapshot) user(name, email string, active, admin bool) {
	s.Users = append(s.Users, fmt.Sprintf("%s <%s> active=%t admin=%t", name, email, active, admin))
}

func (s *snapshot) group(name string, members []string) {
	s.Groups = append(s.Groups, name+": "+strings.Join(slices.Sorted(slices.Values(members)), ","))
}

func (s *snapshot) token(id, username, label string) {
	s.LiveTokens = append(s.LiveTokens, fmt.Sprintf("%s of %s (%s)", id, username, label))
}

func (s *snapshot) sorted() snapshot {
	for _, list := range [][]string{s.Users, s.Groups, s.Permissions, s.LiveTokens, s.SignIn} {
		slices.Sort(list)
	}
	return *s
}

func works(t *state.Token, now time.Time) bool {
	return t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

// inStore looks into an embedded registry.
func inStore(store *state.Store) snapshot {
	var s snapshot
	now := store.Now()
	store.View(func(st *state.State) {
		for _, u := range st.Users {
			s.user(u.Username, u.Email, u.Active, u.Admin)
		}
		for _, g := range st.Groups {
			members := make([]string, 0, len(g.Members))
			for _, m := range g.Members {
				if u := st.UserByID(m.UserID); u != nil {
					members = append(members, u.Username)
				}
			}
			s.group(g.Name, members)
		}
		for _, p := range st.Targets {
			s.Permissions = append(s.Permissions, p.Name)
		}
		for _, r := range st.Rows {
			s.Permissions = append(s.Permissions, fmt.Sprintf("%s %s on %s %s", r.PrincipalType, r.PrincipalID, r.TargetType, r.TargetID))
		}
		for _, t := range st.Tokens {
			if works(t, now) {
				s.token(t.ID, t.Username, t.Label)
			}
		}
		s.signIn(st)
	})
	return s.sorted()
}

func (s *snapshot) signIn(st *state.State) {
	for _, l := range st.Artifactory.LDAPSettings {
		s.SignIn = append(s.SignIn, "ldap "+l.Key)
	}
	for _, g := range st.Artifactory.LDAPGroups {
		s.SignIn = append(s.SignIn, "ldap groups "+g.Name)
	}
	for _, p := range st.Artifactory.OIDCProviders {
		s.SignIn = append(s.SignIn, fmt.Sprintf("oidc %s with %d mappings", p.Name, len(p.Mappings)))
	}
	for _, p := range st.ArtifactKeeper.SSO {
		s.SignIn = append(s.SignIn, p.Kind+" "+p.Name)
	}
	for _, p := range st.ArtifactKeeper.CIProviders {
		s.SignIn = append(s.SignIn, fmt.Sprintf("ci %s with %d mappings", p.Name, len(p.Mappings)))
	}
}

// onServer looks at a running server through its API, as an administrator: only at what begins with the test's prefix,
// since others use the server too.
func (e *Env) onServer(ctx context.Context) (snapshot, error) {
	var s snapshot
	var users []registry.User
	for u, err := range e.Registry.Users.List(ctx, registry.UserFilter{Contains: e.prefix}) {
		if err != nil {
			return s, err
		}
		if strings.HasPrefix(u.Username, e.prefix) {
			users = append(users, u)
		}
	}
	for _, u := range users {
		complete, err := e.Registry.Users.Get(ctx, u.ID)
		if err != nil {
			return s, err
		}
		s.user(complete.Username, complete.Email, complete.Enabled, complete.Admin)
	}
	for g, err := range e.Registry.Groups.List(ctx, registry.GroupFilter{Contains: e.prefix}) {
		if err != nil {
			return s, err
		}
		if !strings.HasPrefix(g.Name, e.prefix) {
			continue
		}
		complete, err := e.Registry.Groups.Get(ctx, g.ID)
		if err != nil {
			return s, err
		}
		s.group(complete.Name, complete.Members)
	}
	if err := e.tokensOnServer(ctx, &s, users); err != nil {
		return s, err
	}
	err := e.permissionsOnServer(ctx, &s)
	return s.sorted(), err
}

// tokensOnServer adds the tokens of the users. Artifactory also has tokens for names without an account, so there every
// name that the test made up is asked for.
func (e *Env) tokensOnServer(ctx context.Context, s *snapshot, users []registry.User) error {
	owners := users
	if !e.IsArtifactKeeper() {
		owners = nil
		for _, name := range e.names.all() {
			owners = append(owners, registry.User{ID: name, Username: name})
		}
	}
	for _, u := range owners {
		tokens, err := e.Registry.Tokens.List(ctx, registry.TokenFilter{UserID: u.ID, Username: u.Username})
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if !t.Expired(time.Now()) {
				s.token(t.ID, t.Username, t.Label)
			}
		}
	}
	return nil
}

// permissionsOnServer adds permissions by name, and the rules of repositories that belong to the test alone.
func (e *Env) permissionsOnServer(ctx context.Context, s *snapshot) error {
	if e.IsArtifactKeeper() {
		for _, key := range e.leased {
			p, err := e.Registry.Permissions.Get(ctx, key)
			if err == nil {
				s.Permissions = append(s.Permissions, fmt.Sprintf("%s: users %v, groups %v, nobody %v", key, p.Users, p.Groups, p.Orphans))
			} else if !registry.IsNotFound(err) {
				return err
			}
		}
		return nil
	}
	for p, err := range e.Registry.Permissions.List(ctx) {
		if err != nil {
			return err
		}
		if strings.HasPrefix(p.Name, e.prefix) {
			s.Permissions = append(s.Permissions, p.Name)
		}
	}
	return nil
}

// CheckUnchanged reports everything that differs from the registry as it was when the test began, fixtures included.
func (e *Env) CheckUnchanged(*terraform.State) error {
	after, err := e.look()
	if err := errors.Join(e.blind, err); err != nil {
		return fmt.Errorf("looking at what the registry holds: %w", err)
	}
	if diff := cmp.Diff(e.before, after); diff != "" {
		return fmt.Errorf("the registry is not as it was before (-before +after):\n%s", diff)
	}
	return nil
}
