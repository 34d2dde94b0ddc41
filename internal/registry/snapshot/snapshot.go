// Package snapshot lets a refresh read many objects by few requests. It decorates the interfaces of a registry: reads that
// registry.Refreshing marks are answered from one whole list where the registry has a list with every field, and where
// several resources show the same object they share one read of it.
//
// What is remembered lives as long as the configured provider, which is one walk of the command line tool: a plan never
// shows what an earlier one read. The rules:
//
//   - The first few reads of a kind go direct, and a list that would take many more requests than were made so far is not
//     read yet: a configuration of three users does not page through an organisation.
//   - A list is read by one caller for all, as long as one of them waits for it.
//   - Every write begins a new generation, before and after its request. An answer that began in an older generation is
//     remembered by nobody and reaches only those who asked before the write.
//   - What this process has written is read direct.
//   - An object that the list lacks is asked for before anybody believes that it is gone.
//   - Errors are not remembered. A list that cannot be read is given up, and objects are read one by one.
package snapshot

import (
	"context"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// DefaultDirect is how many reads of a kind go direct before its list is read.
const DefaultDirect = 5

// Options adjust a snapshot.
type Options struct {
	// Direct is how many reads of a kind go direct before its list is read. New takes it as it is: 0 reads the list for
	// the first one.
	Direct int
}

// New decorates a registry. The registry itself is not changed.
func New(reg *registry.Registry, options Options) *registry.Registry {
	m := &memory{}
	decorated := *reg
	decorated.Users = users{reg.Users, m, &table[registry.User]{
		memory: m, name: "users", direct: options.Direct, clone: cloneUser,
		all: wholeList(reg.Users, func(u registry.User) string { return u.ID }),
	}}
	decorated.Groups = groups{reg.Groups, m, &table[registry.Group]{
		memory: m, name: "groups", direct: options.Direct, clone: cloneGroup, shared: true,
	}}
	decorated.Permissions = permissions{reg.Permissions, m, &table[registry.Permission]{
		memory: m, name: "permissions", direct: options.Direct, clone: clonePermission,
		all: wholeList(reg.Permissions, func(p registry.Permission) string { return p.Name }),
	}}
	decorated.Tokens = tokens{reg.Tokens, m, &table[[]registry.Token]{
		memory: m, name: "tokens", direct: options.Direct, clone: cloneTokens, shared: true, all: tokenLists(reg.Tokens),
	}, reg.Server.Type}
	return &decorated
}

// wholeList reads a list with every field into rows; nil where the registry has none.
func wholeList[T any](kind any, key func(T) string) func(context.Context, int) (map[string]T, int, error) {
	list, ok := kind.(registry.Whole[T])
	if !ok {
		return nil
	}
	return func(ctx context.Context, most int) (map[string]T, int, error) {
		items, pages, err := list.All(ctx, most)
		if err != nil || pages > most {
			return nil, pages, err
		}
		rows := make(map[string]T, len(items))
		for _, item := range items {
			rows[key(item)] = item
		}
		return rows, pages, nil
	}
}

// tokenLists reads the list of all tokens into one list for each owner; nil where the registry only lists by owner.
func tokenLists(kind registry.Tokens) func(context.Context, int) (map[string][]registry.Token, int, error) {
	list, ok := kind.(registry.Whole[registry.Token])
	if !ok {
		return nil
	}
	return func(ctx context.Context, most int) (map[string][]registry.Token, int, error) {
		items, pages, err := list.All(ctx, most)
		if err != nil || pages > most {
			return nil, pages, err
		}
		rows := map[string][]registry.Token{}
		for _, item := range items {
			owner := registry.LowerASCII(item.Username)
			rows[owner] = append(rows[owner], item)
		}
		return rows, pages, nil
	}
}
