package connect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func TestUserLifecycle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		created := must(e.Users.Create(ctx, registry.UserSpec{
			Username: "frida", Email: "frida@example.com", Password: registry.NewSecret("Str0ng-enough!"), Enabled: true,
		}))(t)
		e.budget(t, "create", 1)
		if created.ID == "" || created.Username != "frida" || created.Email != "frida@example.com" || created.Admin ||
			!created.Enabled || created.ServiceAccount || created.Partial || created.Federated() {
			t.Errorf("created %+v", created)
		}
		if read := must(e.Users.Get(ctx, created.ID))(t); fmt.Sprint(read) != fmt.Sprint(created) && read.Artifactory == nil {
			t.Errorf("read %+v, created %+v", read, created)
		}
		e.budget(t, "get", 1)
		if found := e.user(t, "frida"); found.ID != created.ID {
			t.Errorf("found %+v", found)
		}
		e.budget(t, "find", 1)

		mail, yes := "frida@example.org", true
		updated := must(e.Users.Update(ctx, created.ID, registry.UserPatch{Email: &mail, Admin: &yes}))(t)
		e.budget(t, "update", 1)
		if updated.Email != mail || !updated.Admin || !updated.AdminFlag {
			t.Errorf("updated %+v", updated)
		}
		if err := e.Users.SetPassword(ctx, created.ID, registry.NewSecret("An0ther-one!")); err != nil {
			t.Error(err)
		}
		e.budget(t, "password", 1)
		if err := e.Users.Delete(ctx, created.ID); err != nil {
			t.Error(err)
		}
		e.budget(t, "delete", 1)
		wantKind(t, e.Users.Delete(ctx, created.ID), registry.KindNotFound)
		_, err := e.Users.Get(ctx, created.ID)
		wantKind(t, err, registry.KindNotFound)
		_, err = e.Users.FindByUsername(ctx, "frida")
		wantKind(t, err, registry.KindNotFound)
	})
}

func TestUserIsSwitchedOffAndOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		off, on := false, true
		created := must(e.Users.Create(ctx, registry.UserSpec{Username: "gil", Email: "gil@example.com"}))(t)
		e.budget(t, "creating a disabled user", 2)
		if created.Enabled || must(e.Users.Get(ctx, created.ID))(t).Enabled {
			t.Error("it is not disabled")
		}
		mail := "gil@example.org"
		if u := must(e.Users.Update(ctx, created.ID, registry.UserPatch{Enabled: &on, Email: &mail}))(t); !u.Enabled || u.Email != mail {
			t.Errorf("%+v", u)
		}
		if u := must(e.Users.Update(ctx, created.ID, registry.UserPatch{Enabled: &off}))(t); u.Enabled {
			t.Errorf("%+v", u)
		}
	})
}

func TestUserConflictsAndRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		_, err := e.Users.Create(ctx, registry.UserSpec{Username: "alice", Email: "alice2@example.com", Enabled: true})
		wantKind(t, err, registry.KindConflict)
		const weak = "canary1"
		_, err = e.Users.Create(ctx, registry.UserSpec{
			Username: "hugo", Email: "hugo@example.com", Password: registry.NewSecret(weak), Enabled: true,
		})
		wantKind(t, err, registry.KindInvalid)
		if strings.Contains(err.Error(), weak) {
			t.Error(err)
		}
		_, err = e.Users.FindByUsername(ctx, "hugo")
		wantKind(t, err, registry.KindNotFound)
		if e.keeper {
			taken := "bob@example.com"
			_, err = e.Users.Update(ctx, e.user(t, "alice").ID, registry.UserPatch{Email: &taken})
			wantKind(t, err, registry.KindConflict)
			return
		}
		_, err = e.Users.Create(ctx, registry.UserSpec{Username: "Hugo", Email: "hugo@example.com", Enabled: true})
		wantKind(t, err, registry.KindInvalid)
	})
}

func TestFindByEmail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		address, owner := "D.Whitfield@Example.org", "dana"
		if !e.keeper {
			address, owner = "Erin@example.com", "erin@example.com"
		}
		found := must(e.Users.FindByEmail(t.Context(), address))(t)
		if len(found) != 1 || found[0].Username != owner {
			t.Errorf("%+v", found)
		}
		e.budget(t, "find", 1)
		for _, other := range []string{"whitfield@example.org", "d_whitfield@example.org", "d.whitfield%", "\u212Aim@example.org"} {
			if found := must(e.Users.FindByEmail(t.Context(), other))(t); len(found) != 0 {
				t.Errorf("%q: %+v", other, found)
			}
		}
	})
}

// TestExactNamesAmongMany: searches match parts and wildcards and answer in pages; the exact name is found all the same.
func TestExactNamesAmongMany(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		for i := range 101 {
			name := fmt.Sprintf("pat-%03d.needle-x", i)
			must(e.Users.Create(ctx, registry.UserSpec{Username: name, Email: name + "@example.com", Enabled: true}))(t)
		}
		wanted := []string{"zz-needle-x", "needle-x", "ne_dle-x"}
		if e.keeper {
			wanted = append(wanted, "ne%dle-x", `ne\edle-x`, "Needle-X", "née dle")
		}
		for _, name := range wanted {
			must(e.Users.Create(ctx, registry.UserSpec{Username: name, Email: fmt.Sprintf("%x@example.com", name), Enabled: true}))(t)
		}
		for _, name := range wanted {
			if u := e.user(t, name); u.Username != name {
				t.Errorf("asked for %q, got %q", name, u.Username)
			}
		}
		for _, name := range []string{"needle", "pat-", "_eedle-x", "ne%dle-y"} {
			_, err := e.Users.FindByUsername(ctx, name)
			wantKind(t, err, registry.KindNotFound)
		}
		all := names(t, e.Users.List(ctx, registry.UserFilter{}), func(u registry.User) string { return u.Username })
		if len(all) < 101+len(wanted) || len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
			t.Errorf("%d users listed", len(all))
		}
		some := names(t, e.Users.List(ctx, registry.UserFilter{Contains: "zz-need"}), func(u registry.User) string { return u.Username })
		if len(some) != 1 {
			t.Errorf("%q", some)
		}
	})
}

func TestWhoIsNoPerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, e *env) {
		if u := e.user(t, "admin"); !u.Admin || u.ServiceAccount {
			t.Errorf("%+v", u)
		}
		if u := e.user(t, "carol"); u.Enabled {
			t.Errorf("%+v", u)
		}
		if e.keeper && !e.user(t, "svc-builder").ServiceAccount {
			t.Error("svc-builder is a service account")
		}
	})
}

// TestAdminThroughAGroup: on Artifactory a group can make an administrator of a user whose own flag is off.
func TestAdminThroughAGroup(t *testing.T) {
	t.Parallel()
	e := start(t, devregistry.Artifactory)
	yes := true
	must(e.Groups.Create(t.Context(), registry.GroupSpec{
		Name: "bosses", Members: []string{"bob"}, Artifactory: &registry.ArtifactoryGroupPatch{AdminPrivileges: &yes},
	}))(t)
	if u := e.user(t, "bob"); !u.Admin || u.AdminFlag {
		t.Errorf("%+v", u)
	}
}

func TestArtifactoryUserFlags(t *testing.T) {
	t.Parallel()
	e := start(t, devregistry.Artifactory)
	ctx := t.Context()
	yes, no := true, false
	u := must(e.Users.Create(ctx, registry.UserSpec{
		Username: "ines", Email: "ines@example.com", Enabled: true,
		Artifactory: &registry.ArtifactoryUserPatch{DisableUIAccess: &yes, ProfileUpdatable: &no},
	}))(t)
	if f := u.Artifactory; f == nil || !f.InternalPasswordDisabled || !f.DisableUIAccess || f.ProfileUpdatable {
		t.Errorf("%+v", u.Artifactory)
	}
	// Switching the password on needs one in the same request.
	u = must(e.Users.Update(ctx, u.ID, registry.UserPatch{
		Password:    registry.NewSecret("Str0ng-enough!"),
		Artifactory: &registry.ArtifactoryUserPatch{InternalPasswordDisabled: &no},
	}))(t)
	if u.Artifactory.InternalPasswordDisabled || !u.Artifactory.DisableUIAccess {
		t.Errorf("%+v", u.Artifactory)
	}
}
