package registry

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// strictGroups refuses a change that names an account which does not exist, as Artifactory does.
type strictGroups struct {
	Groups
	accounts, members []string
	calls             int
}

func (g *strictGroups) ChangeMembers(_ context.Context, _ string, add, remove []string) error {
	g.calls++
	for _, name := range slices.Concat(add, remove) {
		if !slices.Contains(g.accounts, name) {
			return &Error{Kind: KindInvalid, Message: "User " + name + " does not exist"}
		}
	}
	for _, name := range add {
		if !slices.Contains(g.members, name) {
			g.members = append(g.members, name)
		}
	}
	g.members = slices.DeleteFunc(g.members, func(name string) bool { return slices.Contains(remove, name) })
	return nil
}

func (g *strictGroups) Get(context.Context, string) (Group, error) {
	return Group{Members: slices.Clone(g.members)}, nil
}

func TestSwapMembers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		add, remove []string
		members     []string
		calls       int
		kind        Kind
	}{
		"nothing to do":                    {members: []string{"alice", "bob"}},
		"both ways":                        {add: []string{"carol"}, remove: []string{"bob"}, members: []string{"alice", "carol"}, calls: 1},
		"an account that is gone leaves":   {remove: []string{"zoe"}, members: []string{"alice", "bob"}, calls: 1},
		"the others still leave":           {add: []string{"carol"}, remove: []string{"zoe", "bob"}, members: []string{"alice", "carol"}, calls: 2},
		"an unknown account does not join": {add: []string{"zoe"}, remove: []string{"bob"}, members: []string{"alice", "bob"}, calls: 1, kind: KindInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			groups := &strictGroups{accounts: []string{"alice", "bob", "carol"}, members: []string{"alice", "bob"}}
			err := SwapMembers(t.Context(), groups, "id", c.add, c.remove)
			if KindOf(err) != c.kind || (err != nil) != (c.kind != KindUnknown) {
				t.Errorf("SwapMembers() = %v", err)
			}
			if diff := cmp.Diff(c.members, groups.members); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if groups.calls != c.calls {
				t.Errorf("%d changes were sent, want %d", groups.calls, c.calls)
			}
		})
	}
}

func TestSwapMembersKeepsOtherErrors(t *testing.T) {
	t.Parallel()
	want := errors.New("down")
	err := SwapMembers(t.Context(), failingGroups{err: want}, "id", nil, []string{"alice"})
	if !errors.Is(err, want) {
		t.Errorf("SwapMembers() = %v, want %v", err, want)
	}
}

type failingGroups struct {
	Groups
	err error
}

func (g failingGroups) ChangeMembers(context.Context, string, []string, []string) error { return g.err }
