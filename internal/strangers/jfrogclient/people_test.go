package jfrogclient

import (
	"errors"
	"slices"
	"testing"

	"github.com/jfrog/jfrog-client-go/artifactory/services"
	"github.com/jfrog/jfrog-client-go/utils"
)

const password = "Quiet-Harbor-42"

// newUser makes a user with the client.
func newUser(t *testing.T, name string) {
	t.Helper()
	err := registry.artifactory(t, registry.admin()).CreateUser(services.UserParams{UserDetails: services.User{
		Name: name, Email: name + "@example.com", Password: password, Groups: &[]string{},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	client := registry.artifactory(t, registry.admin())
	newUser(t, "user-one")
	byName := services.UserParams{UserDetails: services.User{Name: "user-one"}}
	user, err := client.GetUser(byName)
	if err != nil || user == nil || user.Email != "user-one@example.com" || user.Admin == nil || *user.Admin {
		t.Fatalf("%+v, %v", user, err)
	}
	if _, err := registry.artifactory(t, account{user: "user-one", password: password}).GetVersion(); err != nil {
		t.Errorf("the user cannot sign in: %v", err)
	}
	user.Email, user.Password, user.ProfileUpdatable = "changed@example.com", password, utils.Pointer(false)
	if err := client.UpdateUser(services.UserParams{UserDetails: *user}); err != nil {
		t.Fatal(err)
	}
	if user, err = client.GetUser(byName); err != nil || user.Email != "changed@example.com" || *user.ProfileUpdatable {
		t.Errorf("after the change: %+v, %v", user, err)
	}
	users, err := client.GetAllUsers()
	if err != nil || !slices.ContainsFunc(users, func(u *services.User) bool { return u.Name == "user-one" }) {
		t.Errorf("the list does not have the user: %v", err)
	}
	if locked, err := client.GetLockedUsers(); err != nil || slices.Contains(locked, "user-one") {
		t.Errorf("locked: %v, %v", locked, err)
	}
	if err := client.UnlockUser("user-one"); err != nil {
		t.Error(err)
	}
	if err := client.DeleteUser("user-one"); err != nil {
		t.Fatal(err)
	}
	if user, err := client.GetUser(byName); err != nil || user != nil {
		t.Errorf("after the delete: %+v, %v", user, err)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	client := registry.artifactory(t, registry.admin())
	newUser(t, "group-member")
	group := services.Group{
		Name: "group-one", Description: "first", AutoJoin: utils.Pointer(false), AdminPrivileges: utils.Pointer(false),
		UsersNames: []string{"group-member"},
	}
	if err := client.CreateGroup(services.GroupParams{GroupDetails: group}); err != nil {
		t.Fatal(err)
	}
	var taken *services.GroupAlreadyExistsError
	if err := client.CreateGroup(services.GroupParams{GroupDetails: group}); !errors.As(err, &taken) {
		t.Errorf("a second create: %v", err)
	}
	byName := services.GroupParams{GroupDetails: services.Group{Name: "group-one"}, IncludeUsers: true}
	got, err := client.GetGroup(byName)
	if err != nil || got == nil || got.Description != "first" || !slices.Equal(got.UsersNames, []string{"group-member"}) {
		t.Fatalf("%+v, %v", got, err)
	}
	group.Description = "second"
	if err := client.UpdateGroup(services.GroupParams{GroupDetails: group}); err != nil {
		t.Fatal(err)
	}
	if got, err = client.GetGroup(byName); err != nil || got.Description != "second" {
		t.Errorf("after the change: %+v, %v", got, err)
	}
	user, err := client.GetUser(services.UserParams{UserDetails: services.User{Name: "group-member"}})
	if err != nil || user.Groups == nil || !slices.Contains(*user.Groups, "group-one") {
		t.Errorf("the member does not know of it: %+v, %v", user, err)
	}
	if names, err := client.GetAllGroups(); err != nil || !slices.Contains(*names, "group-one") {
		t.Errorf("the list does not have the group: %v", err)
	}
	if err := client.DeleteGroup("group-one"); err != nil {
		t.Fatal(err)
	}
	if got, err := client.GetGroup(byName); err != nil || got != nil {
		t.Errorf("after the delete: %+v, %v", got, err)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	client := registry.artifactory(t, registry.admin())
	newUser(t, "permission-user")
	permission := services.PermissionTargetParams{Name: "permission-one", Repo: &services.PermissionTargetSection{
		IncludePatterns: []string{"**"}, Repositories: []string{"npm-private"},
		Actions: &services.Actions{
			Users: map[string][]string{"permission-user": {"read", "write"}}, Groups: map[string][]string{"readers": {"read"}},
		},
	}}
	if err := client.CreatePermissionTarget(permission); err != nil {
		t.Fatal(err)
	}
	var taken *services.PermissionTargetAlreadyExistsError
	if err := client.CreatePermissionTarget(permission); !errors.As(err, &taken) {
		t.Errorf("a second create: %v", err)
	}
	got, err := client.GetPermissionTarget("permission-one")
	if err != nil || got == nil || got.Repo == nil || !slices.Equal(got.Repo.Repositories, []string{"npm-private"}) ||
		!slices.Contains(got.Repo.Actions.Users["permission-user"], "write") {
		t.Fatalf("%+v, %v", got, err)
	}
	permission.Repo.Repositories = []string{"pypi-private"}
	if err := client.UpdatePermissionTarget(permission); err != nil {
		t.Fatal(err)
	}
	if got, err = client.GetPermissionTarget("permission-one"); err != nil ||
		!slices.Equal(got.Repo.Repositories, []string{"pypi-private"}) {
		t.Errorf("after the change: %+v, %v", got, err)
	}
	all, err := client.GetAllPermissionTargets()
	if err != nil || !slices.ContainsFunc(*all, func(p services.PermissionTargetParams) bool { return p.Name == "permission-one" }) {
		t.Errorf("the list does not have the permission: %v", err)
	}
	if err := client.DeletePermissionTarget("permission-one"); err != nil {
		t.Fatal(err)
	}
	if got, err := client.GetPermissionTarget("permission-one"); err != nil || got != nil {
		t.Errorf("after the delete: %+v, %v", got, err)
	}
}
