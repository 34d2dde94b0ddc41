package acctest

import (
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// names are what objects are called that tests give plain names.
type names struct {
	mu    sync.Mutex
	made  []string          // by the test
	bound map[string]string // what was there before: repositories
}

func (n *names) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.made)
}

// Name is what an object is called that the test calls base.
func (e *Env) Name(base string) string {
	e.names.mu.Lock()
	defer e.names.mu.Unlock()
	if bound, ok := e.names.bound[base]; ok {
		return bound
	}
	name := e.prefix + base
	if !slices.Contains(e.names.made, name) {
		e.names.made = append(e.names.made, name)
	}
	return name
}

// Email is the address of the user whom the test calls base.
func (e *Env) Email(base string) string { return e.Name(base) + "@example.com" }

var placeholder = regexp.MustCompile(`<[\w./@-]+>`)

// Expand replaces every <base> in a text by Name(base).
func (e *Env) Expand(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string { return e.Name(found[1 : len(found)-1]) })
}

// ExpectText is the function of this name with every <base> replaced by Name(base).
func (e *Env) ExpectText(parts ...string) *regexp.Regexp {
	expanded := make([]string, len(parts))
	for i, part := range parts {
		expanded[i] = e.Expand(part)
	}
	return ExpectText(expanded...)
}

// Admin makes User's account an administrator.
func Admin(spec *registry.UserSpec) { spec.Admin = true }

// Disabled makes User's account one that nobody can use.
func Disabled(spec *registry.UserSpec) { spec.Enabled = false }

// Members makes Group's group one of these users.
func Members(users ...registry.User) func(*registry.GroupSpec) {
	return func(spec *registry.GroupSpec) {
		for _, user := range users {
			spec.Members = append(spec.Members, user.Username)
		}
	}
}

// AdminGroup makes Group's members administrators, which only Artifactory can.
func AdminGroup(spec *registry.GroupSpec) {
	privileged := true
	spec.Artifactory = &registry.ArtifactoryGroupPatch{AdminPrivileges: &privileged}
}

// User makes sure of an account called Name(base), before the first step. An account of an embedded registry that is there
// already is taken as it is.
func (e *Env) User(t *testing.T, base string, options ...func(*registry.UserSpec)) registry.User {
	t.Helper()
	spec := registry.UserSpec{Username: e.Name(base), Email: e.Email(base), Enabled: true}
	for _, option := range options {
		option(&spec)
	}
	user, err := e.Registry.Users.FindByUsername(t.Context(), spec.Username)
	if registry.IsNotFound(err) {
		user, err = e.Registry.Users.Create(t.Context(), spec)
	}
	if err != nil {
		t.Fatal(err)
	}
	e.Rebase()
	return user
}

// Group makes sure of a group called Name(base), as User does of an account.
func (e *Env) Group(t *testing.T, base string, options ...func(*registry.GroupSpec)) registry.Group {
	t.Helper()
	spec := registry.GroupSpec{Name: e.Name(base)}
	for _, option := range options {
		option(&spec)
	}
	group, err := e.Registry.Groups.FindByName(t.Context(), spec.Name)
	if registry.IsNotFound(err) {
		group, err = e.Registry.Groups.Create(t.Context(), spec)
	}
	if err != nil {
		t.Fatal(err)
	}
	e.Rebase()
	return group
}

// LiveToken is a token that works.
type LiveToken struct{ ID, UserID, Username, Label string }

// LiveTokens are a user's tokens that work.
func (e *Env) LiveTokens(t *testing.T, username string) []LiveToken {
	t.Helper()
	var live []LiveToken
	if e.Server != nil {
		now := e.Server.Store.Now()
		e.Server.Store.View(func(st *state.State) {
			for _, token := range st.Tokens {
				if token.Username == username && works(token, now) {
					live = append(live, LiveToken{token.ID, token.UserID, token.Username, token.Label})
				}
			}
		})
		return live
	}
	user, err := e.Registry.Users.FindByUsername(t.Context(), username)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := e.Registry.Tokens.List(t.Context(), registry.TokenFilter{UserID: user.ID, Username: user.Username})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if !token.Expired(time.Now()) {
			live = append(live, LiveToken{token.ID, user.ID, token.Username, token.Label})
		}
	}
	return live
}

// RevokeAll ends those of a user's tokens whose label fits, behind Terraform's back.
func (e *Env) RevokeAll(t *testing.T, username string, fits func(label string) bool) {
	t.Helper()
	for _, token := range e.LiveTokens(t, username) {
		if !fits(token.Label) {
			continue
		}
		if err := e.Registry.Tokens.Revoke(t.Context(), token.UserID, token.ID); err != nil {
			t.Error(err)
		}
	}
}
