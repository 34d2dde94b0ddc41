package token_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// A configuration that names an account itself, and so skips registry_identity, still gets no token of an administrator,
// of a disabled account or of a bot, and none of anybody else than it names. What is refused leaves no token behind.
func TestMintingNeverSkipsTheChecks(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, _ *acctest.Protocol, env *acctest.Env) {
		core := env.Core(t)
		var seeded []*state.User
		env.Server.Store.View(func(s *state.State) { seeded = s.Users })
		scopes := acctest.Pick(
			env, []string{"applied-permissions/user", "applied-permissions/admin", "applied-permissions/groups:operators", "applied-permissions/groups:readers", "system:identities:rw"},
			[]string{"read:artifacts", "write:artifacts", "admin", "*", "write:users"},
		)
		minted := 0
		rapid.Check(t, func(r *rapid.T) {
			names := strange(r, env, seeded)
			config := map[string]any{"username": rapid.SampledFrom(names).Draw(r, "username")}
			if rapid.Bool().Draw(r, "with scopes") {
				config["scopes"] = rapid.SliceOfNDistinct(rapid.SampledFrom(scopes), 1, 2, rapid.ID[string]).Draw(r, "scopes")
			}
			if rapid.Bool().Draw(r, "for good") {
				config["expires_in"] = "never"
			}
			after, _, err := core.Apply(t.Context(), plugintest.Resource{Type: "registry_token", Config: config}, plugintest.State{})
			env.Server.Store.View(func(s *state.State) {
				for _, token := range s.Tokens[1:] { // the first is our own
					if !token.RevokedAt.IsZero() {
						continue
					}
					if err != nil {
						r.Fatalf("the refusal left a token of %q behind: %v", token.Username, err)
					}
					minted++
					checkMinted(r, env, s, token, config["username"].(string))
				}
			})
			if err == nil && after.Current.Attribute("access_token") == "" {
				r.Fatal("there is no token in the state")
			}
		})
		if minted == 0 {
			t.Error("no token was ever minted, so nothing was tested")
		}
	})
}

// strange fills the registry with accounts, whose names differ in case and script only, and gives names to ask for.
func strange(r *rapid.T, env *acctest.Env, seeded []*state.User) []string {
	kinds := []string{"ana", "Ana", "аna", "ana\u0301", "ANA", "kim", "\u212aim", "svc-kim", "nobody"}
	env.Server.Store.Update(func(s *state.State) {
		s.Users, s.Tokens = append([]*state.User{}, seeded...), s.Tokens[:1]
		operators := &state.Group{ID: "00000000-0000-4000-8000-0000000000ff", Name: "operators", AdminPrivileges: !env.IsArtifactKeeper()}
		for i, name := range kinds[:len(kinds)-1] {
			if !rapid.Bool().Draw(r, name) || !env.IsArtifactKeeper() && strings.ToLower(name) != name {
				continue // Artifactory has names in lower case only
			}
			u := &state.User{
				ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Username: name, Email: fmt.Sprintf("%d@example.com", i),
				Active: rapid.Bool().Draw(r, "active"), Admin: rapid.IntRange(0, 3).Draw(r, "admin") == 0,
				AuthProvider: acctest.Pick(env, "internal", "local"), ServiceAccount: env.IsArtifactKeeper() && strings.HasPrefix(name, "svc-"), // Artifactory has none
			}
			if rapid.IntRange(0, 3).Draw(r, "operator") == 0 {
				operators.Members = append(operators.Members, state.Member{UserID: u.ID})
			}
			s.Users = append(s.Users, u)
		}
		s.Groups = append(s.Groups[:0:0], s.Groups...)
		for i, g := range s.Groups {
			if g.Name == operators.Name {
				s.Groups = append(s.Groups[:i], s.Groups[i+1:]...)
				break
			}
		}
		s.Groups = append(s.Groups, operators)
	})
	return kinds
}

func checkMinted(r *rapid.T, env *acctest.Env, s *state.State, token *state.Token, asked string) {
	owner := s.UserByName(token.Username)
	rights := strings.Join(token.Scopes, " ")
	for _, admin := range []string{"applied-permissions/admin", "operators", "system:identities:rw", "write:users", "*"} {
		if strings.Contains(rights, admin) {
			r.Fatalf("a token with the scopes %q was minted", rights)
		}
	}
	if !env.IsArtifactKeeper() {
		asked = registry.LowerASCII(asked) // to Artifactory they are one name
	}
	if token.Username != asked {
		r.Fatalf("%q was asked for, and %q got a token", asked, token.Username)
	}
	if owner == nil {
		if !strings.HasPrefix(rights, "applied-permissions/groups:readers") {
			r.Fatalf("a token of nobody was minted: %q", rights)
		}
		return // what groups may, without an account
	}
	operator := false
	for _, g := range s.Groups {
		for _, m := range g.Members {
			operator = operator || g.AdminPrivileges && m.UserID == owner.ID
		}
	}
	if owner.Admin || !owner.Active || owner.ServiceAccount || operator && !env.IsArtifactKeeper() {
		r.Fatalf("a token was minted for %+v", owner)
	}
	for _, scope := range token.Scopes {
		if scope == "admin" {
			r.Fatal("a token with the scope admin was minted")
		}
	}
}
