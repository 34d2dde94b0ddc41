package identity

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// step is one way to look for a person.
type step struct {
	by   string
	kind string // username or email: which look-up key is
	key  string
}

// steps lists the look-ups in order. An override is the only one where there is one: it says who the person is.
func (p person) steps() []step {
	if username := p.overridden(); username != "" {
		return []step{{by: byOverride, kind: byUsername, key: username}}
	}
	var steps []step
	for _, way := range p.Match {
		switch way {
		case byEmail:
			steps = append(steps, step{by: way, kind: byEmail, key: p.Email})
		case byUsername:
			steps = append(steps, step{by: way, kind: byUsername, key: p.Username})
		case byLocalPart:
			local, _, _ := strings.Cut(p.Email, "@")
			steps = append(steps, step{by: way, kind: byUsername, key: local})
		}
	}
	if p.Scan && p.Email != "" {
		steps = append(steps, step{by: byScan, kind: byScan, key: p.Email})
	}
	return steps
}

// overridden gives the account that the override names for this person; "" when it names none. The address comes before
// the user name, which people can change, and an exact spelling before another one, so that the answer is always the same.
func (p person) overridden() string {
	for _, key := range []string{p.Email, p.Username} {
		if username := p.Override[key]; key != "" && username != "" {
			return username
		}
		if key != p.Email || key == "" {
			continue
		}
		for _, other := range slices.Sorted(maps.Keys(p.Override)) {
			if registry.EqualFoldASCII(other, key) {
				return p.Override[other]
			}
		}
	}
	return ""
}

// lookUp asks the registry. A name that the registry could not store matches nobody and costs no request.
func (s step) lookUp(ctx context.Context, users registry.Users, t registry.Type) ([]registry.User, error) {
	switch {
	case s.key == "":
		return nil, nil
	case s.kind == byEmail && t == registry.Artifactory && !nameable(t, registry.LowerASCII(s.key)):
		return nil, nil // it looks for the account named so, and there is none
	case s.kind == byEmail:
		return users.FindByEmail(ctx, s.key)
	case s.kind == byScan:
		return scan(ctx, users, s.key)
	}
	name := s.key
	if t == registry.Artifactory {
		name = registry.LowerASCII(name) // it stores names in lower case
	}
	if !nameable(t, name) {
		return nil, nil
	}
	user, err := users.FindByUsername(ctx, name)
	switch {
	case registry.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []registry.User{user}, nil
}

// nameable reports whether the registry could have an account of this name.
func nameable(t registry.Type, name string) bool { return registry.CheckUsername(t, name) == nil }
