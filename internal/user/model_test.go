package user

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"pgregory.net/rapid"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// account draws any account that a registry could answer.
func account(r *rapid.T) registry.User {
	flag := rapid.Bool()
	u := registry.User{
		ID: rapid.String().Draw(r, "id"), Username: rapid.StringN(1, -1, -1).Draw(r, "username"), Email: rapid.StringN(1, -1, -1).Draw(r, "email"),
		DisplayName: rapid.String().Draw(r, "display name"), AdminFlag: flag.Draw(r, "admin"), Enabled: flag.Draw(r, "enabled"),
		Realm: rapid.SampledFrom([]string{"internal", "local", "ldap", "oidc"}).Draw(r, "realm"),
	}
	if flag.Draw(r, "artifactory") {
		u.Artifactory = &registry.ArtifactoryUser{
			ProfileUpdatable: flag.Draw(r, "profile"), DisableUIAccess: flag.Draw(r, "ui"), InternalPasswordDisabled: flag.Draw(r, "password"),
			Roles: registry.ArtifactoryUserRoles{
				WatchManager: flag.Draw(r, "watch"), PolicyViewer: flag.Draw(r, "viewer"), PolicyManager: flag.Draw(r, "manager"),
				ReportsManager: flag.Draw(r, "reports"), ResourcesManager: flag.Draw(r, "resources"),
			},
		}
	}
	return u
}

func TestModelRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		want := account(r)
		var m commonModel
		if diags := m.FromAPI(t.Context(), want); diags.HasError() {
			r.Fatal(diags)
		}
		got, diags := m.user(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || diags.HasError() {
			r.Errorf("-want +got:\n%s%v", diff, diags)
		}
	})
}

// A plan that says what the registry has sends nothing, and a patch brings the account to what the plan says.
func TestPatchSendsOnlyChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		current, desired := account(r), account(r)
		desired.ID, desired.Username, desired.Realm, current.Realm = current.ID, current.Username, "internal", "internal"
		var same, plan model
		if diags := same.FromAPI(t.Context(), current); diags.HasError() {
			r.Fatal(diags)
		}
		patch, kept, diags := same.patchFrom(t.Context(), registry.Artifactory, current)
		if diags.HasError() || !empty(patch) || len(kept) > 0 {
			r.Fatalf("an unchanged account is sent as %+v", patch)
		}
		if diags := plan.FromAPI(t.Context(), desired); diags.HasError() {
			r.Fatal(diags)
		}
		patch, _, diags = plan.patchFrom(t.Context(), registry.Artifactory, current)
		if diags.HasError() {
			r.Fatal(diags)
		}
		checkField(r, "email", patch.Email, current.Email, desired.Email)
		checkField(r, "admin", patch.Admin, current.AdminFlag, desired.AdminFlag)
		checkField(r, "enabled", patch.Enabled, current.Enabled, desired.Enabled)
		if current.Artifactory != nil && desired.Artifactory != nil {
			changed := *current.Artifactory != *desired.Artifactory
			if (patch.Artifactory != nil) != changed {
				r.Errorf("flags sent: %t, changed: %t", patch.Artifactory != nil, changed)
			}
		}
	})
}

func checkField[T comparable](r *rapid.T, name string, sent *T, current, desired T) {
	switch {
	case current == desired && sent != nil:
		r.Errorf("%s did not change and is sent", name)
	case current != desired && (sent == nil || *sent != desired):
		r.Errorf("%s changed and is not sent as planned", name)
	}
}

func TestToAPI(t *testing.T) {
	t.Parallel()
	m := model{commonModel: commonModel{
		Username: types.StringValue("quinn"), Email: types.StringValue("q@example.com"), DisplayName: types.StringUnknown(),
		Admin: types.BoolValue(false), Enabled: types.BoolValue(true), Artifactory: types.ObjectUnknown(artifactoryTypes),
	}}
	got, diags := m.ToAPI(t.Context())
	want := registry.UserSpec{Username: "quinn", Email: "q@example.com", Enabled: true}
	if got != want || diags.HasError() {
		t.Errorf("got %+v, want %+v: %v", got, want, diags)
	}
}

func TestFederatedFieldsAreKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		server registry.Type
		realm  string
		sent   []string
	}{
		{registry.Artifactory, "internal", []string{"email", "admin", "enabled"}},
		{registry.ArtifactKeeper, "local", []string{"email", "admin", "enabled"}},
		{registry.Artifactory, "ldap", []string{"admin", "enabled"}},
		{registry.ArtifactKeeper, "oidc", nil},
	} {
		current := registry.User{ID: "1", Username: "bob", Email: "bob@corp", Enabled: true, Realm: c.realm}
		var m model
		if diags := m.FromAPI(t.Context(), current); diags.HasError() {
			t.Fatal(diags)
		}
		m.Email, m.Admin, m.Enabled = types.StringValue("other@corp"), types.BoolValue(true), types.BoolValue(false)
		patch, kept, _ := m.patchFrom(t.Context(), c.server, current)
		var sent []string
		for name, there := range map[string]bool{"email": patch.Email != nil, "admin": patch.Admin != nil, "enabled": patch.Enabled != nil} {
			if there {
				sent = append(sent, name)
			}
		}
		if len(sent) != len(c.sent) || len(sent)+len(kept) != 3 {
			t.Errorf("%s, %s: sent %q and kept %q, want %q sent", c.server, c.realm, sent, kept, c.sent)
		}
		// What was not sent is not drift either.
		prior := m.commonModel
		if diags := m.FromAPI(t.Context(), current); diags.HasError() {
			t.Fatal(diags)
		}
		m.keepOwned(c.server, current, prior)
		if keeps := m.Email.Equal(prior.Email); keeps == (patch.Email != nil) {
			t.Errorf("%s, %s: the address shows as drift: %t", c.server, c.realm, !keeps)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	spec := registry.UserSpec{Username: "quinn", Email: "q@example.com", Enabled: true}
	ours := registry.User{Username: "quinn", Email: "Q@example.com", Enabled: true, Realm: "internal"}
	if !matches(spec, ours) {
		t.Error("the account that was asked for is not recognised")
	}
	spec.Enabled = false
	if !matches(spec, ours) {
		t.Error("an account that is still to be disabled is not recognised")
	}
	spec.Enabled = true
	for name, change := range map[string]func(*registry.User){
		"address": func(u *registry.User) { u.Email = "x@example.com" }, "administrator": func(u *registry.User) { u.AdminFlag = true },
		"disabled": func(u *registry.User) { u.Enabled = false }, "directory": func(u *registry.User) { u.Realm = "ldap" },
		"bot": func(u *registry.User) { u.ServiceAccount = true }, "name": func(u *registry.User) { u.Username = "quinn2" },
	} {
		other := ours
		change(&other)
		if matches(spec, other) {
			t.Errorf("an account that differs (%s) is taken for ours", name)
		}
	}
}
