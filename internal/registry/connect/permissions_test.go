package connect_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

type grants = map[string][]string

// permissionSpec grants on npm-private; on Artifactory the name is free, on Artifact Keeper it is the repository's.
func (e *env) permissionSpec(users, groups grants) registry.PermissionSpec {
	spec := registry.PermissionSpec{Name: "npm-private", Repositories: []string{"npm-private"}, Users: users, Groups: groups}
	if !e.keeper {
		spec.Name = "npm people"
	}
	return spec
}

func sameGrants(a, b grants) bool {
	return maps.EqualFunc(a, b, slices.Equal)
}

func TestPermissionLifecycle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		spec := e.permissionSpec(grants{"alice": {"read", "write"}, "bob": {"read"}}, grants{"developers": {"read"}})
		created := must(e.Permissions.Create(ctx, spec))(t)
		e.budget(t, "create", map[bool]int{false: 1, true: 7}[e.keeper])
		read := must(e.Permissions.Get(ctx, spec.Name))(t)
		e.budget(t, "get", map[bool]int{false: 1, true: 2}[e.keeper])
		for _, p := range []registry.Permission{created, read} {
			if p.Name != spec.Name || !sameGrants(p.Users, spec.Users) || !sameGrants(p.Groups, spec.Groups) ||
				!slices.Equal(p.Repositories, spec.Repositories) || len(p.Orphans) != 0 {
				t.Errorf("%+v", p)
			}
		}
		_, err := e.Permissions.Create(ctx, spec)
		wantKind(t, err, registry.KindConflict)

		e.requests()
		same := must(e.Permissions.Update(ctx, spec, spec))(t)
		e.budget(t, "changing nothing", map[bool]int{false: 0, true: 4}[e.keeper])
		if !sameGrants(same.Users, spec.Users) {
			t.Errorf("%+v", same)
		}
		changed := e.permissionSpec(grants{"alice": {"read"}, "dana": {"read", "delete"}}, nil)
		e.requests()
		updated := must(e.Permissions.Update(ctx, spec, changed))(t)
		e.budget(t, "update", map[bool]int{false: 1, true: 7}[e.keeper])
		read = must(e.Permissions.Get(ctx, spec.Name))(t)
		want := grants{"alice": {"read"}, "dana": {"delete", "read"}}
		for _, p := range []registry.Permission{updated, read} {
			if !sameGrants(p.Users, want) || len(p.Groups) != 0 {
				t.Errorf("%+v", p)
			}
		}
		listed := names(t, e.Permissions.List(ctx), func(p registry.Permission) string { return p.Name })
		if !slices.Contains(listed, spec.Name) {
			t.Errorf("listed %q", listed)
		}
		if err := e.Permissions.Delete(ctx, changed); err != nil {
			t.Error(err)
		}
		wantKind(t, e.Permissions.Delete(ctx, changed), registry.KindNotFound)
		_, err = e.Permissions.Get(ctx, spec.Name)
		wantKind(t, err, registry.KindNotFound)
	})
}

func TestPermissionForUnknownNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		for _, spec := range []registry.PermissionSpec{
			e.permissionSpec(grants{"alice": {"read"}, "nobody": {"read"}}, nil),
			e.permissionSpec(nil, grants{"no group": {"read"}}),
			{Name: "no-repository", Repositories: []string{"no-repository"}, Users: grants{"alice": {"read"}}},
		} {
			_, err := e.Permissions.Create(ctx, spec)
			wantKind(t, err, registry.KindInvalid)
			if !strings.Contains(err.Error(), "no") {
				t.Error(err)
			}
			_, err = e.Permissions.Get(ctx, spec.Name)
			wantKind(t, err, registry.KindNotFound)
		}
	})
}

// TestKeeperPermissionIsAuthoritative: rows that nobody wrote down go, unless the permission is additive.
func TestKeeperPermissionIsAuthoritative(t *testing.T) {
	t.Parallel()
	e := start(t, devregistry.ArtifactKeeper)
	ctx := t.Context()
	mine := e.permissionSpec(grants{"alice": {"read"}, "svc-builder": {"write"}}, nil)
	must(e.Permissions.Create(ctx, mine))(t)

	theirs := e.permissionSpec(grants{"bob": {"read"}}, nil)
	_, err := e.Permissions.Create(ctx, theirs)
	wantKind(t, err, registry.KindConflict)
	theirs.Additive = true
	must(e.Permissions.Create(ctx, theirs))(t)
	overlapping := e.permissionSpec(grants{"alice": {"write"}}, nil)
	overlapping.Additive = true
	_, err = e.Permissions.Create(ctx, overlapping)
	wantKind(t, err, registry.KindConflict)

	// The additive one changes and leaves without touching the others.
	next := e.permissionSpec(grants{"dana": {"admin"}}, nil)
	next.Additive = true
	must(e.Permissions.Update(ctx, theirs, next))(t)
	want := grants{"alice": {"read"}, "svc-builder": {"write"}, "dana": {"admin"}}
	if p := must(e.Permissions.Get(ctx, "npm-private"))(t); !sameGrants(p.Users, want) {
		t.Errorf("%+v", p.Users)
	}
	if err := e.Permissions.Delete(ctx, next); err != nil {
		t.Fatal(err)
	}
	must(e.Permissions.Create(ctx, theirs))(t)
	// The authoritative one removes what it does not name.
	must(e.Permissions.Update(ctx, mine, mine))(t)
	if p := must(e.Permissions.Get(ctx, "npm-private"))(t); !sameGrants(p.Users, mine.Users) {
		t.Errorf("%+v", p.Users)
	}
}

// TestKeeperOrphans: rows outlive their principal. They are told, are in nobody's way, and go with the permission.
func TestKeeperOrphans(t *testing.T) {
	t.Parallel()
	e := start(t, devregistry.ArtifactKeeper)
	ctx := t.Context()
	spec := e.permissionSpec(grants{"alice": {"read"}, "bob": {"read"}}, nil)
	must(e.Permissions.Create(ctx, spec))(t)
	bob := e.user(t, "bob")
	if err := e.Users.Delete(ctx, bob.ID); err != nil {
		t.Fatal(err)
	}
	if p := must(e.Permissions.Get(ctx, "npm-private"))(t); len(p.Orphans) != 1 || !strings.Contains(p.Orphans[0], bob.ID) || len(p.Users) != 1 {
		t.Errorf("%+v", p)
	}
	if err := e.Users.Delete(ctx, e.user(t, "alice").ID); err != nil {
		t.Fatal(err)
	}
	again := e.permissionSpec(grants{"dana": {"read"}}, nil)
	must(e.Permissions.Create(ctx, again))(t)
	if p := must(e.Permissions.Get(ctx, "npm-private"))(t); len(p.Orphans) != 0 || len(p.Users) != 1 {
		t.Errorf("%+v", p)
	}
	if err := e.Users.Delete(ctx, e.user(t, "dana").ID); err != nil {
		t.Fatal(err)
	}
	if err := e.Permissions.Delete(ctx, again); err != nil {
		t.Fatal(err)
	}
	_, err := e.Permissions.Get(ctx, "npm-private")
	wantKind(t, err, registry.KindNotFound)
}

// TestKeeperGrantsAreAllOrNothing: whatever happens to one of several grants, a failed create leaves no row behind, and a
// lost answer is resolved by looking.
func TestKeeperGrantsAreAllOrNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{
		devregistry.FaultResetAfter, devregistry.FaultResetBefore, devregistry.FaultTruncated, devregistry.FaultStatus,
		devregistry.FaultLostRights, devregistry.FaultHTML,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			e := start(t, devregistry.ArtifactKeeper)
			ctx := t.Context()
			spec := e.permissionSpec(grants{"alice": {"read"}, "bob": {"read"}, "dana": {"read"}}, nil)
			e.faults(t, devregistry.Fault{Endpoint: "POST /api/v1/permissions", Nth: 2, Kind: kind})
			_, err := e.Permissions.Create(ctx, spec)
			p, missing := e.Permissions.Get(ctx, "npm-private")
			switch {
			case err == nil && len(p.Users) != 3:
				t.Errorf("it succeeded with %+v", p)
			case err != nil && !registry.IsNotFound(missing):
				t.Errorf("it failed (%v) and left %+v", err, p)
			}
		})
	}
}

func TestArtifactorySections(t *testing.T) {
	t.Parallel()
	e := start(t, devregistry.Artifactory)
	ctx := t.Context()
	spec := registry.PermissionSpec{
		Name: "sections", Repositories: []string{"ANY LOCAL", "npm-private"}, Users: grants{"alice": {"read"}},
		Artifactory: &registry.ArtifactoryPermission{
			IncludePatterns: []string{"org/**"}, ExcludePatterns: []string{"org/secret/**"},
			Builds: &registry.PermissionSection{Targets: []string{"artifactory-build-info"}, Users: grants{"bob": {"manage", "read"}}},
		},
	}
	must(e.Permissions.Create(ctx, spec))(t)
	p := must(e.Permissions.Get(ctx, "sections"))(t)
	a := p.Artifactory
	if !slices.Equal(p.Repositories, spec.Repositories) || !slices.Equal(a.IncludePatterns, []string{"org/**"}) ||
		!slices.Equal(a.ExcludePatterns, []string{"org/secret/**"}) || a.Builds == nil || !sameGrants(a.Builds.Users, grants{"bob": {"manage", "read"}}) {
		t.Errorf("%+v %+v", p, a)
	}
	// Only what changed is sent.
	next := spec
	next.Users = grants{"alice": {"write", "read"}}
	e.requests()
	must(e.Permissions.Update(ctx, spec, next))(t)
	if seen := e.requests(); len(seen) != 1 || seen[0] != "PUT /access/api/v2/permissions/{name}/{type}" {
		t.Errorf("%q", seen)
	}
	gone := next
	gone.Artifactory = &registry.ArtifactoryPermission{IncludePatterns: []string{"org/**"}, ExcludePatterns: []string{"org/secret/**"}}
	must(e.Permissions.Update(ctx, next, gone))(t)
	if seen := e.requests(); len(seen) != 1 || seen[0] != "DELETE /access/api/v2/permissions/{name}/{type}" {
		t.Errorf("%q", seen)
	}
	if p := must(e.Permissions.Get(ctx, "sections"))(t); p.Artifactory.Builds != nil || !sameGrants(p.Users, grants{"alice": {"read", "write"}}) {
		t.Errorf("%+v", p)
	}
}
