package acctest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// snapshot is what counts in a registry: who exists, who may do what, and which tokens live.
type snapshot struct {
	Users       []string
	Groups      []string
	Permissions []string
	LiveTokens  []string
}

func (e *Env) snapshot() snapshot {
	var s snapshot
	now := e.Server.Store.Now()
	e.Server.Store.View(func(st *state.State) {
		for _, u := range st.Users {
			s.Users = append(s.Users, fmt.Sprintf("%s <%s> active=%t admin=%t", u.Username, u.Email, u.Active, u.Admin))
		}
		for _, g := range st.Groups {
			members := make([]string, 0, len(g.Members))
			for _, m := range g.Members {
				if u := st.UserByID(m.UserID); u != nil {
					members = append(members, u.Username)
				}
			}
			slices.Sort(members)
			s.Groups = append(s.Groups, g.Name+": "+strings.Join(members, ","))
		}
		for _, p := range st.Targets {
			s.Permissions = append(s.Permissions, p.Name)
		}
		for _, r := range st.Rows {
			s.Permissions = append(s.Permissions, fmt.Sprintf("%s %s on %s %s", r.PrincipalType, r.PrincipalID, r.TargetType, r.TargetID))
		}
		for _, t := range st.Tokens {
			if t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt)) {
				s.LiveTokens = append(s.LiveTokens, fmt.Sprintf("%s of %s (%s)", t.ID, t.Username, t.Label))
			}
		}
	})
	for _, list := range [][]string{s.Users, s.Groups, s.Permissions, s.LiveTokens} {
		slices.Sort(list)
	}
	return s
}

// CheckUnchanged reports everything that differs from the registry as it was when the test began.
func (e *Env) CheckUnchanged(*terraform.State) error {
	if diff := cmp.Diff(e.before, e.snapshot()); diff != "" {
		return fmt.Errorf("the registry is not as it was before (-before +after):\n%s", diff)
	}
	return nil
}

// LiveTokens are the labels of a user's tokens that work.
func (e *Env) LiveTokens(username string) []state.Token {
	var live []state.Token
	now := e.Server.Store.Now()
	e.Server.Store.View(func(st *state.State) {
		for _, t := range st.Tokens {
			if t.Username == username && t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt)) {
				live = append(live, *t)
			}
		}
	})
	return live
}

// RevokeAll ends those of a user's tokens whose label fits, behind Terraform's back.
func (e *Env) RevokeAll(t *testing.T, username string, fits func(label string) bool) {
	t.Helper()
	for _, token := range e.LiveTokens(username) {
		if !fits(token.Label) {
			continue
		}
		if err := e.Registry.Tokens.Revoke(t.Context(), token.UserID, token.ID); err != nil {
			t.Error(err)
		}
	}
}

// Rebase takes the registry as it is now for how it must be in the end.
func (e *Env) Rebase() { e.before = e.snapshot() }
