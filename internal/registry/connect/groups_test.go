package connect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func TestGroupLifecycle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		created := must(e.Groups.Create(ctx, registry.GroupSpec{
			Name: "platform team", Description: "who runs it", Members: []string{"alice", "bob"},
		}))(t)
		e.budget(t, "create", map[bool]int{false: 1, true: 3}[e.keeper])
		if created.ID == "" || created.Name != "platform team" || created.Description != "who runs it" ||
			!slices.Equal(created.Members, []string{"alice", "bob"}) || created.ExternalSource != "" {
			t.Errorf("created %+v", created)
		}
		read := must(e.Groups.Get(ctx, created.ID))(t)
		e.budget(t, "get", 1)
		slices.Sort(read.Members)
		if !slices.Equal(read.Members, []string{"alice", "bob"}) || read.Description != "who runs it" {
			t.Errorf("read %+v", read)
		}
		if found := must(e.Groups.FindByName(ctx, "platform team"))(t); found.ID != created.ID || len(found.Members) != 2 {
			t.Errorf("found %+v", found)
		}
		if updated := must(e.Groups.Update(ctx, created.ID, registry.GroupSpec{Name: "platform team"}))(t); updated.Description != "" {
			t.Errorf("the description is still there: %+v", updated)
		}
		e.requests()
		if err := e.Groups.ChangeMembers(ctx, created.ID, []string{"dana"}, []string{"alice", "carol"}); err != nil {
			t.Fatal(err)
		}
		e.budget(t, "changing members", map[bool]int{false: 1, true: 4}[e.keeper])
		if err := e.Groups.ChangeMembers(ctx, created.ID, nil, nil); err != nil {
			t.Fatal(err)
		}
		e.budget(t, "changing nothing", 0)
		read = must(e.Groups.Get(ctx, created.ID))(t)
		slices.Sort(read.Members)
		if !slices.Equal(read.Members, []string{"bob", "dana"}) || read.Description != "" {
			t.Errorf("read %+v", read)
		}
		if err := e.Groups.Delete(ctx, created.ID); err != nil {
			t.Error(err)
		}
		wantKind(t, e.Groups.Delete(ctx, created.ID), registry.KindNotFound)
		_, err := e.Groups.Get(ctx, created.ID)
		wantKind(t, err, registry.KindNotFound)
		_, err = e.Groups.FindByName(ctx, "platform team")
		wantKind(t, err, registry.KindNotFound)
	})
}

func TestGroupRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		_, err := e.Groups.Create(ctx, registry.GroupSpec{Name: "readers"})
		wantKind(t, err, registry.KindConflict)
		_, err = e.Groups.Create(ctx, registry.GroupSpec{Name: "ghosts", Members: []string{"alice", "nobody-1", "nobody-2"}})
		wantKind(t, err, registry.KindInvalid)
		if !strings.Contains(err.Error(), "nobody-1") || strings.Contains(err.Error(), "alice") {
			t.Error(err)
		}
		_, err = e.Groups.FindByName(ctx, "ghosts")
		wantKind(t, err, registry.KindNotFound)

		readers := must(e.Groups.FindByName(ctx, "readers"))(t)
		err = e.Groups.ChangeMembers(ctx, readers.ID, []string{"nobody-3"}, nil)
		wantKind(t, err, registry.KindInvalid)
		if !strings.Contains(err.Error(), "nobody-3") {
			t.Error(err)
		}
		gone := map[bool]string{false: "no such group", true: "00000000-0000-4000-8000-000000000000"}[e.keeper]
		wantKind(t, e.Groups.ChangeMembers(ctx, gone, []string{"alice"}, nil), registry.KindNotFound)
	})
}

func TestGroupRename(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		group := must(e.Groups.Create(ctx, registry.GroupSpec{Name: "before"}))(t)
		renamed, err := e.Groups.Update(ctx, group.ID, registry.GroupSpec{Name: "after"})
		if !e.keeper {
			wantKind(t, err, registry.KindUnsupported)
			return
		}
		if err != nil || renamed.Name != "after" || renamed.ID != group.ID {
			t.Errorf("%+v %v", renamed, err)
		}
		_, err = e.Groups.Update(ctx, group.ID, registry.GroupSpec{Name: "readers"})
		wantKind(t, err, registry.KindConflict)
	})
}

// TestLargeGroup: Artifact Keeper tells members in pages without a fixed order.
func TestLargeGroup(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		var members []string
		for i := range 205 {
			name := fmt.Sprintf("crew-%03d", i)
			must(e.Users.Create(ctx, registry.UserSpec{Username: name, Email: name + "@example.com", Enabled: true}))(t)
			members = append(members, name)
		}
		e.requests()
		group := must(e.Groups.Create(ctx, registry.GroupSpec{Name: "crew", Members: members}))(t)
		e.budget(t, "create", map[bool]int{false: 1, true: 6}[e.keeper])
		read := must(e.Groups.Get(ctx, group.ID))(t)
		e.budget(t, "get", 2)
		slices.Sort(read.Members)
		if !slices.Equal(read.Members, members) {
			t.Errorf("%d members", len(read.Members))
		}
	})
}

func TestArtifactoryGroupFlags(t *testing.T) {
	t.Parallel()
	e := start(t, devregistry.Artifactory)
	ctx := t.Context()
	yes, id := true, "okta-4711"
	group := must(e.Groups.Create(ctx, registry.GroupSpec{Name: "flags", Artifactory: &registry.ArtifactoryGroupPatch{
		AutoJoin: &yes, ExternalID: &id, PolicyManager: &yes,
	}}))(t)
	if f := group.Artifactory; !f.AutoJoin || f.ExternalID != id || !f.Roles.PolicyManager || !f.Roles.PolicyViewer || f.Realm != "internal" {
		t.Errorf("%+v", f)
	}
	must(e.Users.Create(ctx, registry.UserSpec{Username: "newcomer", Email: "n@example.com", Enabled: true}))(t)
	if read := must(e.Groups.Get(ctx, "flags"))(t); !slices.Equal(read.Members, []string{"newcomer"}) {
		t.Errorf("%q did not join by itself", read.Members)
	}
	all := names(t, e.Groups.List(ctx, registry.GroupFilter{}), func(g registry.Group) string { return g.Name })
	if !slices.Contains(all, "flags") || !slices.Contains(all, "readers") {
		t.Errorf("%q", all)
	}
}
