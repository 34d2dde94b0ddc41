package snapshot_test

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/snapshot"
)

// server is a registry in memory that counts what it is asked. Its e-mail addresses stand for versions of an account.
type server struct {
	mu    sync.Mutex
	users map[string]registry.User
	asked map[string]int
	pages int // of the list of users

	// before, when set, is called at the start of every request with its name; an error is the answer. It is also called
	// for each page of a list, and as "answer" between reading an account and answering.
	before func(ctx context.Context, request string) error
	// hidden are accounts that the list misses, as one does that moved between its pages.
	hidden map[string]bool
}

func newServer(users int) *server {
	s := &server{users: map[string]registry.User{}, asked: map[string]int{}, pages: 1, hidden: map[string]bool{}}
	for i := range users {
		name := fmt.Sprintf("user-%d", i)
		s.users[name] = registry.User{ID: name, Username: name, Email: "0", Groups: []string{"everybody"}}
	}
	return s
}

// open gives the registry as its refreshes see it.
func (s *server) open(direct int) *registry.Registry {
	return snapshot.New(s.registry(), snapshot.Options{Direct: direct})
}

func (s *server) registry() *registry.Registry {
	return &registry.Registry{
		Server: registry.Server{Type: registry.Artifactory}, Users: serverUsers{s},
		Groups: serverGroups{s}, Permissions: serverPermissions{s}, Tokens: serverTokens{s},
	}
}

func (s *server) request(ctx context.Context, name string) error {
	s.mu.Lock()
	s.asked[name]++
	s.mu.Unlock()
	if s.before != nil {
		if err := s.before(ctx, name); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// count tells how often something was asked since the start.
func (s *server) count(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[name]
}

// edit changes the server behind the provider's back.
func (s *server) edit(change func(users map[string]registry.User)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.users)
}

func missing(id string) error {
	return &registry.Error{Kind: registry.KindNotFound, Op: "read", Object: id}
}

type serverUsers struct{ *server }

func (s serverUsers) Create(ctx context.Context, spec registry.UserSpec) (registry.User, error) {
	if err := s.request(ctx, "create"); err != nil {
		return registry.User{}, err
	}
	user := registry.User{ID: spec.Username, Username: spec.Username, Email: spec.Email}
	s.edit(func(users map[string]registry.User) { users[user.ID] = user })
	return user, nil
}

func (s serverUsers) Get(ctx context.Context, id string) (registry.User, error) {
	if err := s.request(ctx, "get"); err != nil {
		return registry.User{}, err
	}
	s.mu.Lock()
	user, ok := s.users[id]
	s.mu.Unlock()
	if s.before != nil {
		if err := s.before(ctx, "answer"); err != nil {
			return registry.User{}, err
		}
	}
	if !ok {
		return registry.User{}, missing(id)
	}
	return user, nil
}

func (s serverUsers) FindByUsername(ctx context.Context, username string) (registry.User, error) {
	return s.Get(ctx, username)
}

func (s serverUsers) FindByEmail(context.Context, string) ([]registry.User, error) { return nil, nil }

func (s serverUsers) List(context.Context, registry.UserFilter) iter.Seq2[registry.User, error] {
	return nil
}

// All implements registry.Whole: what it answers is what it saw page by page.
func (s serverUsers) All(ctx context.Context, most int) ([]registry.User, int, error) {
	if err := s.request(ctx, "list"); err != nil || s.pages > most {
		return nil, s.pages, err
	}
	s.mu.Lock()
	ids := make([]string, 0, len(s.users))
	for id := range s.users {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	var all []registry.User
	for _, id := range ids {
		if s.before != nil {
			if err := s.before(ctx, "page"); err != nil {
				return nil, s.pages, err
			}
		}
		s.mu.Lock()
		if user, ok := s.users[id]; ok && !s.hidden[id] {
			all = append(all, user)
		}
		s.mu.Unlock()
	}
	return all, s.pages, nil
}

func (s serverUsers) Update(ctx context.Context, id string, patch registry.UserPatch) (registry.User, error) {
	if err := s.request(ctx, "update"); err != nil {
		return registry.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.users[id]
	user.ID, user.Username, user.Email = id, id, *patch.Email
	s.users[id] = user
	return user, nil
}

func (s serverUsers) SetPassword(ctx context.Context, _ string, _ registry.Secret) error {
	return s.request(ctx, "password")
}

func (s serverUsers) Delete(ctx context.Context, id string) error {
	if err := s.request(ctx, "delete"); err != nil {
		return err
	}
	s.edit(func(users map[string]registry.User) { delete(users, id) })
	return nil
}

// serverGroups are one for each user, without a list that tells their members.
type serverGroups struct{ *server }

func (s serverGroups) Create(context.Context, registry.GroupSpec) (registry.Group, error) {
	return registry.Group{}, nil
}

func (s serverGroups) Get(ctx context.Context, id string) (registry.Group, error) {
	if err := s.request(ctx, "group "+id); err != nil {
		return registry.Group{}, err
	}
	return registry.Group{ID: id, Name: id, Members: []string{"alice", "bob"}}, nil
}

func (s serverGroups) FindByName(ctx context.Context, name string) (registry.Group, error) {
	return s.Get(ctx, name)
}

func (s serverGroups) List(context.Context, registry.GroupFilter) iter.Seq2[registry.Group, error] {
	return nil
}

func (s serverGroups) Update(context.Context, string, registry.GroupSpec) (registry.Group, error) {
	return registry.Group{}, nil
}

// ChangeMembers shows in the account of the group's name, as memberships do in the accounts of a real registry: adding
// gives it a new version, removing removes it.
func (s serverGroups) ChangeMembers(ctx context.Context, id string, add, remove []string) error {
	var err error
	for _, version := range add {
		_, err = serverUsers(s).Update(ctx, id, registry.UserPatch{Email: &version})
	}
	if len(remove) > 0 {
		err = serverUsers(s).Delete(ctx, id)
	}
	return err
}

func (s serverGroups) Delete(context.Context, string) error { return nil }

type serverPermissions struct{ *server }

func (s serverPermissions) Create(context.Context, registry.PermissionSpec) (registry.Permission, error) {
	return registry.Permission{}, nil
}

func (s serverPermissions) Get(ctx context.Context, name string) (registry.Permission, error) {
	if err := s.request(ctx, "permission"); err != nil {
		return registry.Permission{}, err
	}
	return registry.Permission{ID: name, Name: name, Users: map[string][]string{"alice": {"read"}}}, nil
}

func (s serverPermissions) List(context.Context) iter.Seq2[registry.Permission, error] { return nil }

func (s serverPermissions) Update(context.Context, registry.PermissionSpec, registry.PermissionSpec) (registry.Permission, error) {
	return registry.Permission{}, nil
}

func (s serverPermissions) Delete(context.Context, registry.PermissionSpec) error { return nil }

// serverTokens are two for each user.
type serverTokens struct{ *server }

func tokensOf(user string) []registry.Token {
	return []registry.Token{{ID: user + "-1", Username: user, Label: "one"}, {ID: user + "-2", Username: user, Label: "two"}}
}

func (s serverTokens) Mint(context.Context, registry.TokenSpec) (registry.MintedToken, error) {
	return registry.MintedToken{}, nil
}

func (s serverTokens) Get(ctx context.Context, _, id string) (registry.Token, error) {
	if err := s.request(ctx, "token"); err != nil {
		return registry.Token{}, err
	}
	return registry.Token{ID: id}, nil
}

func (s serverTokens) List(ctx context.Context, filter registry.TokenFilter) ([]registry.Token, error) {
	if err := s.request(ctx, "tokens of one"); err != nil {
		return nil, err
	}
	return tokensOf(filter.Username), nil
}

func (s serverTokens) All(ctx context.Context, _ int) ([]registry.Token, int, error) {
	if err := s.request(ctx, "tokens of all"); err != nil {
		return nil, 1, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []registry.Token
	for id := range s.users {
		all = append(all, tokensOf(id)...)
	}
	return all, 1, nil
}

func (s serverTokens) Revoke(ctx context.Context, _, _ string) error { return s.request(ctx, "revoke") }

func (s serverTokens) Revocable(registry.MintedToken) bool { return true }
