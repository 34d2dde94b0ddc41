package registry

import (
	"context"
	"slices"
)

// SwapMembers adds and removes members of a group. An account that is gone is a member of nothing, yet Artifactory
// refuses a request that names it, even among those to remove; after a refusal the members are therefore read again, and
// only those who are still there are removed.
func SwapMembers(ctx context.Context, groups Groups, id string, add, remove []string) error {
	if len(add)+len(remove) == 0 {
		return nil
	}
	err := groups.ChangeMembers(ctx, id, add, remove)
	if KindOf(err) != KindInvalid || len(remove) == 0 {
		return err
	}
	found, lookup := groups.Get(ctx, id)
	if lookup != nil {
		return err
	}
	var left []string
	for _, name := range remove {
		if slices.Contains(found.Members, name) {
			left = append(left, name)
		}
	}
	switch {
	case len(left) == len(remove):
		return err
	case len(add)+len(left) == 0:
		return nil
	default:
		return groups.ChangeMembers(ctx, id, add, left)
	}
}
