package snapshot

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// The decorators name every method instead of embedding the interface: a method that is added to it must say here whether
// it writes.
var (
	_ registry.Users       = users{}
	_ registry.Groups      = groups{}
	_ registry.Permissions = permissions{}
	_ registry.Tokens      = tokens{}
)

type users struct {
	inner  registry.Users
	memory *memory
	table  *table[registry.User]
}

// Create implements registry.Users.
func (u users) Create(ctx context.Context, spec registry.UserSpec) (registry.User, error) {
	defer u.memory.writing()()
	created, err := u.inner.Create(ctx, spec)
	if created.ID != "" {
		u.table.touch(created.ID)
	}
	return created, err
}

// Get implements registry.Users.
func (u users) Get(ctx context.Context, id string) (registry.User, error) {
	return u.table.get(ctx, id, func(ctx context.Context) (registry.User, error) { return u.inner.Get(ctx, id) })
}

// FindByUsername implements registry.Users.
func (u users) FindByUsername(ctx context.Context, username string) (registry.User, error) {
	return u.inner.FindByUsername(ctx, username)
}

// FindByEmail implements registry.Users.
func (u users) FindByEmail(ctx context.Context, email string) ([]registry.User, error) {
	return u.inner.FindByEmail(ctx, email)
}

// List implements registry.Users.
func (u users) List(ctx context.Context, filter registry.UserFilter) iter.Seq2[registry.User, error] {
	return u.inner.List(ctx, filter)
}

// Update implements registry.Users.
func (u users) Update(ctx context.Context, id string, patch registry.UserPatch) (registry.User, error) {
	u.table.touch(id)
	defer u.memory.writing()()
	return u.inner.Update(ctx, id, patch)
}

// SetPassword implements registry.Users.
func (u users) SetPassword(ctx context.Context, id string, password registry.Secret) error {
	u.table.touch(id)
	defer u.memory.writing()()
	return u.inner.SetPassword(ctx, id, password)
}

// Delete implements registry.Users.
func (u users) Delete(ctx context.Context, id string) error {
	u.table.touch(id)
	defer u.memory.writing()()
	return u.inner.Delete(ctx, id)
}

type groups struct {
	inner  registry.Groups
	memory *memory
	table  *table[registry.Group]
}

// Create implements registry.Groups.
func (g groups) Create(ctx context.Context, spec registry.GroupSpec) (registry.Group, error) {
	defer g.memory.writing()()
	created, err := g.inner.Create(ctx, spec)
	if created.ID != "" {
		g.table.touch(created.ID)
	}
	return created, err
}

// Get implements registry.Groups.
func (g groups) Get(ctx context.Context, id string) (registry.Group, error) {
	return g.table.get(ctx, id, func(ctx context.Context) (registry.Group, error) { return g.inner.Get(ctx, id) })
}

// FindByName implements registry.Groups.
func (g groups) FindByName(ctx context.Context, name string) (registry.Group, error) {
	return g.inner.FindByName(ctx, name)
}

// List implements registry.Groups.
func (g groups) List(ctx context.Context, filter registry.GroupFilter) iter.Seq2[registry.Group, error] {
	return g.inner.List(ctx, filter)
}

// Update implements registry.Groups.
func (g groups) Update(ctx context.Context, id string, spec registry.GroupSpec) (registry.Group, error) {
	g.table.touch(id)
	defer g.memory.writing()()
	return g.inner.Update(ctx, id, spec)
}

// ChangeMembers implements registry.Groups.
func (g groups) ChangeMembers(ctx context.Context, id string, add, remove []string) error {
	g.table.touch(id)
	defer g.memory.writing()()
	return g.inner.ChangeMembers(ctx, id, add, remove)
}

// Delete implements registry.Groups.
func (g groups) Delete(ctx context.Context, id string) error {
	g.table.touch(id)
	defer g.memory.writing()()
	return g.inner.Delete(ctx, id)
}

type permissions struct {
	inner  registry.Permissions
	memory *memory
	table  *table[registry.Permission]
}

// Create implements registry.Permissions.
func (p permissions) Create(ctx context.Context, spec registry.PermissionSpec) (registry.Permission, error) {
	p.table.touch(spec.Name)
	defer p.memory.writing()()
	return p.inner.Create(ctx, spec)
}

// Get implements registry.Permissions.
func (p permissions) Get(ctx context.Context, name string) (registry.Permission, error) {
	return p.table.get(ctx, name, func(ctx context.Context) (registry.Permission, error) { return p.inner.Get(ctx, name) })
}

// List implements registry.Permissions.
func (p permissions) List(ctx context.Context) iter.Seq2[registry.Permission, error] {
	return p.inner.List(ctx)
}

// Update implements registry.Permissions.
func (p permissions) Update(ctx context.Context, prior, spec registry.PermissionSpec) (registry.Permission, error) {
	p.table.touch(prior.Name, spec.Name)
	defer p.memory.writing()()
	return p.inner.Update(ctx, prior, spec)
}

// Delete implements registry.Permissions.
func (p permissions) Delete(ctx context.Context, spec registry.PermissionSpec) error {
	p.table.touch(spec.Name)
	defer p.memory.writing()()
	return p.inner.Delete(ctx, spec)
}

// tokens remembers the lists of owners: it is by them that both registries can be asked for many tokens.
type tokens struct {
	inner  registry.Tokens
	memory *memory
	table  *table[[]registry.Token]
	server registry.Type
}

// owner is the key of a list: the id where the registry asks for it, else the name, which is what it shows.
func (t tokens) owner(userID, username string) string {
	if t.server == registry.ArtifactKeeper {
		return userID
	}
	if username == "" {
		username = userID // the same on Artifactory
	}
	return registry.LowerASCII(username)
}

// Mint implements registry.Tokens.
func (t tokens) Mint(ctx context.Context, spec registry.TokenSpec) (registry.MintedToken, error) {
	t.table.touch(t.owner(spec.UserID, spec.Username))
	defer t.memory.writing()()
	return t.inner.Mint(ctx, spec)
}

// Get implements registry.Tokens.
func (t tokens) Get(ctx context.Context, userID, id string) (registry.Token, error) {
	return t.inner.Get(ctx, userID, id)
}

// List implements registry.Tokens.
func (t tokens) List(ctx context.Context, filter registry.TokenFilter) ([]registry.Token, error) {
	owner := t.owner(filter.UserID, filter.Username)
	if owner == "" || !registry.IsRefreshing(ctx) {
		return t.inner.List(ctx, filter)
	}
	listed, err := t.table.get(ctx, owner, func(ctx context.Context) ([]registry.Token, error) {
		return t.inner.List(ctx, registry.TokenFilter{UserID: filter.UserID, Username: filter.Username})
	})
	return slices.DeleteFunc(listed, func(token registry.Token) bool {
		return !strings.Contains(token.Label, filter.LabelContains)
	}), err
}

// Revoke implements registry.Tokens.
func (t tokens) Revoke(ctx context.Context, userID, id string) error {
	t.table.touch(t.owner(userID, ""))
	defer t.memory.writing()()
	return t.inner.Revoke(ctx, userID, id)
}

// Revocable implements registry.Tokens.
func (t tokens) Revocable(token registry.MintedToken) bool { return t.inner.Revocable(token) }

func cloneUser(u registry.User) registry.User {
	u.Groups = slices.Clone(u.Groups)
	u.Artifactory = clonePointer(u.Artifactory)
	return u
}

func cloneGroup(g registry.Group) registry.Group {
	g.Members = slices.Clone(g.Members)
	g.Artifactory = clonePointer(g.Artifactory)
	return g
}

func clonePermission(p registry.Permission) registry.Permission {
	p.Repositories, p.Orphans = slices.Clone(p.Repositories), slices.Clone(p.Orphans)
	p.Users, p.Groups = cloneGrants(p.Users), cloneGrants(p.Groups)
	if p.Artifactory != nil {
		own := *p.Artifactory
		own.IncludePatterns, own.ExcludePatterns = slices.Clone(own.IncludePatterns), slices.Clone(own.ExcludePatterns)
		for _, section := range []**registry.PermissionSection{&own.Builds, &own.ReleaseBundles, &own.Destinations, &own.PipelineSources} {
			*section = cloneSection(*section)
		}
		p.Artifactory = &own
	}
	return p
}

func cloneSection(s *registry.PermissionSection) *registry.PermissionSection {
	if s == nil {
		return nil
	}
	return &registry.PermissionSection{
		Targets:         slices.Clone(s.Targets),
		IncludePatterns: slices.Clone(s.IncludePatterns), ExcludePatterns: slices.Clone(s.ExcludePatterns),
		Users: cloneGrants(s.Users), Groups: cloneGrants(s.Groups),
	}
}

func cloneGrants(grants map[string][]string) map[string][]string {
	cloned := maps.Clone(grants)
	for principal, actions := range cloned {
		cloned[principal] = slices.Clone(actions)
	}
	return cloned
}

func cloneTokens(list []registry.Token) []registry.Token {
	cloned := slices.Clone(list)
	for i := range cloned {
		cloned[i].Scopes = slices.Clone(cloned[i].Scopes)
	}
	return cloned
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	copied := *p
	return &copied
}
