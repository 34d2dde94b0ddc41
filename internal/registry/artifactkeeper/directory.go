package artifactkeeper

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// directory finds objects by exact name in a list that can only be searched.
type directory[T any] struct {
	search func(term string) lister[T]
	name   func(T) string
}

// resolve finds the objects of some names: by one search each or, when that would cost more requests, by reading the
// whole list. Names that nobody has are missing from the result.
func (d directory[T]) resolve(ctx context.Context, names []string) (map[string]T, error) {
	found := make(map[string]T, len(names))
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[name] = true
	}
	if len(wanted) > 1 {
		if err := d.fromList(ctx, wanted, found); err != nil {
			return nil, err
		}
	}
	for name := range wanted {
		if _, known := found[name]; known {
			continue
		}
		item, ok, err := d.search(searchTerm(name)).find(ctx, func(item T) bool { return d.name(item) == name })
		if err != nil {
			return nil, err
		}
		if ok {
			found[name] = item
		}
	}
	return found, nil
}

// fromList takes what the first page has, and what the next ones have if there are no more of them than names. It does not
// matter that the list changes meanwhile, as it does when the same run makes many accounts: who is missed is searched for.
func (d directory[T]) fromList(ctx context.Context, wanted map[string]bool, found map[string]T) error {
	for t, err := range d.search("").turns(ctx, nil) {
		if errors.Is(err, registry.ErrStands) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, item := range t.fresh {
			if wanted[d.name(item)] {
				found[d.name(item)] = item
			}
		}
		if t.Pagination.TotalPages > len(wanted) || len(found) == len(wanted) {
			return nil
		}
	}
	return nil
}

func (u users) directory() directory[userJSON] {
	return directory[userJSON]{search: u.search, name: func(item userJSON) string { return item.Username }}
}

func (g groups) directory() directory[groupJSON] {
	return directory[groupJSON]{search: g.search, name: func(item groupJSON) string { return item.Name }}
}

// ids resolves user names that must all exist, in their order.
func (u users) ids(ctx context.Context, op, object string, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	found, err := u.directory().resolve(ctx, names)
	if err != nil {
		return nil, err
	}
	if err := allThere(op, object, "user", names, found); err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(names))
	for _, name := range names {
		ids = append(ids, found[name].ID)
	}
	return ids, nil
}

// allThere names the objects that were not found.
func allThere[T any](op, object, what string, names []string, found map[string]T) error {
	var missing []string
	for _, name := range names {
		if _, ok := found[name]; !ok {
			missing = append(missing, strconv.Quote(name))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &registry.Error{
		Kind: registry.KindInvalid, Op: op, Object: object,
		Message: "there is no " + what + " " + strings.Join(missing, ", "), Hint: "Create it first, or correct the name",
	}
}
