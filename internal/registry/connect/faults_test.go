package connect_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// An operation is one call of the domain, on an object of its own.
type operation struct {
	name string
	// prepare makes what the call needs, and gives the call and a look at whether its object exists.
	prepare func(t *testing.T, e *env, name string) (call func(context.Context) error, exists func() bool)
	// creates and deletes say what the call does to its object; neither is a read or a change.
	creates, deletes bool
}

var faultKinds = []devregistry.Fault{
	{Kind: devregistry.FaultStatus, Status: 500},
	{Kind: devregistry.FaultStatus, Status: 502},
	{Kind: devregistry.FaultStatus, Status: 503},
	{Kind: devregistry.FaultStatus, Status: 503, RetryAfter: "1"},
	{Kind: devregistry.FaultStatus, Status: 401},
	{Kind: devregistry.FaultStatus, Status: 404},
	{Kind: devregistry.FaultRateLimit, RetryAfter: "2"},
	{Kind: devregistry.FaultRateLimit, RetryAfter: "date:3"},
	{Kind: devregistry.FaultLostRights},
	{Kind: devregistry.FaultResetBefore},
	{Kind: devregistry.FaultResetAfter},
	{Kind: devregistry.FaultTruncated},
	{Kind: devregistry.FaultHTML},
}

// TestFaults fails each request of each operation in each way, for once and for good. What must hold: an error that does
// not say "uncertain" means that nothing happened, a success means that it did, and nothing but the registry's own words
// makes an existing object missing.
func TestFaults(t *testing.T) {
	t.Parallel()
	cells := make(chan int, 1000)
	t.Cleanup(func() {
		total := 0
		for range len(cells) {
			total += <-cells
		}
		t.Logf("%d cells", total)
	})
	each(t, func(t *testing.T, e *env) {
		for _, op := range operations {
			t.Run(op.name, func(t *testing.T) {
				cells <- sweep(t, e, op)
			})
		}
	})
}

func sweep(t *testing.T, e *env, op operation) (cells int) {
	t.Helper()
	for i, fault := range faultKinds {
		for _, count := range []int{1, -1} {
			if fault.Status == 404 && (count != 1 || op.creates || op.name == "user-find") {
				continue // the registry says so itself, for good: nobody could know better
			}
			for nth := 1; ; nth++ {
				cells++
				cell := fmt.Sprintf("%s-%d-%d-%d", op.name, i, count+1, nth)
				call, exists := op.prepare(t, e, cell)
				fault.Endpoint, fault.Nth, fault.Count = "* /", nth, count
				e.faults(t, fault)
				e.requests()
				err := call(t.Context())
				sent := len(e.requests())
				e.server.Faults.Clear()
				judge(t, cell, fault, op, err, exists())
				if sent < nth || t.Failed() { // the fault was not reached: every request has had its turn
					break
				}
			}
		}
	}
	return cells
}

func judge(t *testing.T, cell string, fault devregistry.Fault, op operation, err error, exists bool) {
	t.Helper()
	kind := registry.KindOf(err)
	complain := func(what string) {
		t.Errorf("%s, %s %d at request %d: %s: %v (kind %d)", cell, fault.Kind, fault.Status, fault.Nth, what, err, kind)
	}
	switch {
	case err != nil && kind == registry.KindUnknown:
		complain("an error without a kind")
	case kind == registry.KindNotFound && !op.deletes:
		complain("an existing object is reported missing")
	case op.creates && exists != (err == nil) && kind != registry.KindUncertain:
		complain(fmt.Sprintf("the object exists: %t", exists))
	case op.deletes && exists == (err == nil || kind == registry.KindNotFound) && kind != registry.KindUncertain:
		complain(fmt.Sprintf("the object exists: %t", exists))
	case !op.creates && !op.deletes && !exists:
		complain("the object is gone")
	}
}

var operations = []operation{
	{name: "user-create", creates: true, prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		return func(ctx context.Context) error {
			_, err := e.Users.Create(ctx, registry.UserSpec{Username: name, Email: name + "@example.com", Enabled: true})
			return err
		}, e.userExists(t, name)
	}},
	{name: "user-get", prepare: func(t *testing.T, e *env, _ string) (func(context.Context) error, func() bool) {
		id := e.user(t, "alice").ID
		return func(ctx context.Context) error { _, err := e.Users.Get(ctx, id); return err }, e.userExists(t, "alice")
	}},
	{name: "user-find", prepare: func(t *testing.T, e *env, _ string) (func(context.Context) error, func() bool) {
		return func(ctx context.Context) error { _, err := e.Users.FindByUsername(ctx, "alice"); return err }, e.userExists(t, "alice")
	}},
	{name: "user-update", prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		id, off, mail := e.newUser(t, name), false, name+"@example.org"
		return func(ctx context.Context) error {
			_, err := e.Users.Update(ctx, id, registry.UserPatch{Enabled: &off, Email: &mail})
			return err
		}, e.userExists(t, name)
	}},
	{name: "user-delete", deletes: true, prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		id := e.newUser(t, name)
		return func(ctx context.Context) error { return e.Users.Delete(ctx, id) }, e.userExists(t, name)
	}},
	{name: "token-mint", creates: true, prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		spec := e.tokenSpec(t, "alice", name)
		return func(ctx context.Context) error { _, err := e.Tokens.Mint(ctx, spec); return err }, e.tokenExists(t, spec)
	}},
	{name: "token-get", prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		spec := e.tokenSpec(t, "alice", name)
		id := must(e.Tokens.Mint(t.Context(), spec))(t).ID
		return func(ctx context.Context) error { _, err := e.Tokens.Get(ctx, spec.UserID, id); return err }, e.tokenExists(t, spec)
	}},
	{name: "token-revoke", deletes: true, prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		spec := e.tokenSpec(t, "alice", name)
		id := must(e.Tokens.Mint(t.Context(), spec))(t).ID
		return func(ctx context.Context) error { return e.Tokens.Revoke(ctx, spec.UserID, id) }, e.tokenExists(t, spec)
	}},
	{name: "group-create", creates: true, prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		return func(ctx context.Context) error {
			_, err := e.Groups.Create(ctx, registry.GroupSpec{Name: name})
			return err
		}, e.groupExists(t, name)
	}},
	{name: "group-get", prepare: func(t *testing.T, e *env, _ string) (func(context.Context) error, func() bool) {
		id := must(e.Groups.FindByName(t.Context(), "readers"))(t).ID
		return func(ctx context.Context) error { _, err := e.Groups.Get(ctx, id); return err }, e.groupExists(t, "readers")
	}},
	{name: "group-members", prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		group := must(e.Groups.Create(t.Context(), registry.GroupSpec{Name: name, Members: []string{"bob"}}))(t)
		return func(ctx context.Context) error {
			return e.Groups.ChangeMembers(ctx, group.ID, []string{"alice"}, []string{"bob"})
		}, e.groupExists(t, name)
	}},
	{name: "group-delete", deletes: true, prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		group := must(e.Groups.Create(t.Context(), registry.GroupSpec{Name: name}))(t)
		return func(ctx context.Context) error { return e.Groups.Delete(ctx, group.ID) }, e.groupExists(t, name)
	}},
	{name: "permission-create", creates: true, prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		spec := e.cellPermission(t, name)
		return func(ctx context.Context) error {
			left, err := e.Permissions.Create(ctx, spec)
			if err != nil && left.Name != "" { // the caller is told what could not be taken back
				return &registry.Error{Kind: registry.KindUncertain, Err: err}
			}
			return err
		}, e.permissionExists(t, spec.Name)
	}},
	{name: "permission-get", prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		spec := e.cellPermission(t, name)
		must(e.Permissions.Create(t.Context(), spec))(t)
		return func(ctx context.Context) error { _, err := e.Permissions.Get(ctx, spec.Name); return err }, e.permissionExists(t, spec.Name)
	}},
	{name: "permission-update", prepare: func(t *testing.T, e *env, name string) (func(context.Context) error, func() bool) {
		spec := e.cellPermission(t, name)
		must(e.Permissions.Create(t.Context(), spec))(t)
		next := spec
		next.Users = grants{"alice": {"read", "write"}, "dana": {"read"}}
		return func(ctx context.Context) error { _, err := e.Permissions.Update(ctx, spec, next); return err }, e.permissionExists(t, spec.Name)
	}},
}

// cellPermission is one that does not exist yet: on Artifact Keeper there is one per repository.
func (e *env) cellPermission(t *testing.T, name string) registry.PermissionSpec {
	t.Helper()
	spec := e.permissionSpec(grants{"alice": {"read"}, "bob": {"read"}}, nil)
	if !e.keeper {
		spec.Name = name
		return spec
	}
	if err := e.Permissions.Delete(t.Context(), spec); err != nil && !registry.IsNotFound(err) {
		t.Fatal(err)
	}
	return spec
}

func (e *env) newUser(t *testing.T, name string) string {
	t.Helper()
	return must(e.Users.Create(t.Context(), registry.UserSpec{Username: name, Email: name + "@example.com", Enabled: true}))(t).ID
}

// there turns a look-up into a yes or no.
func there(t *testing.T, look func(context.Context) error) func() bool {
	return func() bool {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := look(ctx)
		if err != nil && !registry.IsNotFound(err) {
			t.Fatal(err)
		}
		return err == nil
	}
}

func (e *env) userExists(t *testing.T, name string) func() bool {
	return there(t, func(ctx context.Context) error { _, err := e.Users.FindByUsername(ctx, name); return err })
}

func (e *env) groupExists(t *testing.T, name string) func() bool {
	return there(t, func(ctx context.Context) error { _, err := e.Groups.FindByName(ctx, name); return err })
}

func (e *env) permissionExists(t *testing.T, name string) func() bool {
	return there(t, func(ctx context.Context) error { _, err := e.Permissions.Get(ctx, name); return err })
}

func (e *env) tokenExists(t *testing.T, spec registry.TokenSpec) func() bool {
	return func() bool {
		t.Helper()
		found, err := e.Tokens.List(t.Context(), registry.TokenFilter{UserID: spec.UserID, Username: spec.Username, LabelContains: spec.Label})
		if err != nil {
			t.Fatal(err)
		}
		return len(found) > 0
	}
}
