package group

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// full is an Artifactory group with every field set to something of its own.
func full() registry.Group {
	return registry.Group{
		ID: "developers", Name: "developers", Description: "People", Members: []string{"bob", "alice"}, ExternalSource: "ldap",
		Artifactory: &registry.ArtifactoryGroup{
			AutoJoin: true, ExternalID: "4711", Realm: "ldap", RealmAttributes: "ldapGroupName=developers",
			LDAP:  &registry.LDAPGroupLink{Strategy: registry.LDAPDynamic, GroupDN: "cn=Developers,dc=example"},
			Roles: registry.ArtifactoryGroupRoles{ReportsManager: true, PolicyManager: true, PolicyViewer: true, ManageWebhook: true},
		},
	}
}

func TestFromAPIToAPI(t *testing.T) {
	t.Parallel()
	var m commonModel
	if diags := m.FromAPI(t.Context(), full()); diags.HasError() {
		t.Fatal(diags)
	}
	if m.ID.ValueString() != "developers" || m.ExternalSource.ValueString() != "ldap" {
		t.Errorf("FromAPI() = %+v", m)
	}
	spec, diags := m.ToAPI(t.Context())
	yes, no, id := true, false, "4711"
	want := registry.GroupSpec{
		Name: "developers", Description: "People", Members: []string{"alice", "bob"},
		Artifactory: &registry.ArtifactoryGroupPatch{
			AutoJoin: &yes, AdminPrivileges: &no, ExternalID: &id, ReportsManager: &yes, WatchManager: &no, PolicyManager: &yes,
			PolicyViewer: &yes, ManageResources: &no, ManageWebhook: &yes,
			LDAP: &registry.LDAPGroupLink{Strategy: registry.LDAPDynamic, GroupDN: "cn=Developers,dc=example"},
		},
	}
	if diff := cmp.Diff(want, spec); diags.HasError() || diff != "" {
		t.Errorf("ToAPI() (-want +got):\n%s%v", diff, diags)
	}
}

func TestFromAPIOfArtifactKeeper(t *testing.T) {
	t.Parallel()
	m := commonModel{Description: types.StringValue(""), Members: types.SetNull(types.StringType)}
	diags := m.FromAPI(t.Context(), registry.Group{ID: "42", Name: "developers"})
	want := commonModel{
		ID: types.StringValue("42"), Name: types.StringValue("developers"),
		Description:    types.StringValue(""), // as configured: the registry does not tell empty from absent
		Members:        types.SetNull(types.StringType),
		ExternalSource: types.StringNull(), Artifactory: types.ObjectNull(artifactoryTypes),
	}
	if diff := cmp.Diff(want, m); diags.HasError() || diff != "" {
		t.Errorf("FromAPI() (-want +got):\n%s%v", diff, diags)
	}
	// Nobody is not the same as not told.
	_ = m.FromAPI(t.Context(), registry.Group{ID: "42", Name: "developers", Members: []string{}})
	if m.Members.IsNull() {
		t.Error("a group without members shows as one whose membership is not managed")
	}
}

func TestToAPIOfWhatIsNotGiven(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]commonModel{
		"null": {
			Name: types.StringValue("developers"), Members: types.SetNull(types.StringType), Artifactory: types.ObjectNull(artifactoryTypes),
		},
		"unknown": {
			Name: types.StringValue("developers"), Members: types.SetUnknown(types.StringType), Artifactory: types.ObjectUnknown(artifactoryTypes),
		},
	} {
		spec, diags := m.ToAPI(t.Context())
		if diff := cmp.Diff(registry.GroupSpec{Name: "developers"}, spec); diags.HasError() || diff != "" {
			t.Errorf("%s (-want +got):\n%s%v", name, diff, diags)
		}
	}
	patch, _ := (&artifactoryModel{AutoJoin: types.BoolUnknown(), ExternalID: types.StringNull()}).ToAPI(t.Context())
	if diff := cmp.Diff(&registry.ArtifactoryGroupPatch{}, patch); diff != "" {
		t.Errorf("what is not given is sent: %s", diff)
	}
}

func TestArtifactoryModelThroughTerraform(t *testing.T) {
	t.Parallel()
	var in, out artifactoryModel
	_ = in.FromAPI(t.Context(), full().Artifactory)
	object, diags := in.ToTerraform(t.Context())
	diags.Append(out.FromTerraform(t.Context(), object)...)
	if diff := cmp.Diff(in, out); diags.HasError() || diff != "" {
		t.Errorf("(-want +got):\n%s%v", diff, diags)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	var state commonModel
	if diags := state.FromAPI(t.Context(), full()); diags.HasError() {
		t.Fatal(diags)
	}
	yes, no, none := true, false, ""
	for name, c := range map[string]struct {
		change func(*commonModel, *artifactoryModel)
		want   registry.GroupSpec
		none   bool
	}{
		"nothing": {change: func(*commonModel, *artifactoryModel) {}, none: true},
		"members": {change: func(m *commonModel, _ *artifactoryModel) { m.Members = types.SetNull(types.StringType) }, none: true},
		"name": {
			change: func(m *commonModel, _ *artifactoryModel) { m.Name = types.StringValue("engineers") },
			want:   registry.GroupSpec{Name: "engineers", Description: "People"},
		},
		"description": {
			change: func(m *commonModel, _ *artifactoryModel) { m.Description = types.StringNull() },
			want:   registry.GroupSpec{Name: "developers"},
		},
		"flags": {
			change: func(_ *commonModel, own *artifactoryModel) {
				own.AutoJoin, own.WatchManager, own.ManageResources = types.BoolValue(false), types.BoolValue(true), types.BoolUnknown()
				own.ExternalID = types.StringValue("")
			},
			want: registry.GroupSpec{
				Name: "developers", Description: "People",
				Artifactory: &registry.ArtifactoryGroupPatch{AutoJoin: &no, WatchManager: &yes, ExternalID: &none},
			},
		},
	} {
		plan := state
		var own artifactoryModel
		_ = own.FromTerraform(t.Context(), state.Artifactory)
		c.change(&plan, &own)
		plan.Artifactory, _ = own.ToTerraform(t.Context())
		spec, changed, diags := plan.changes(t.Context(), state)
		if diags.HasError() || changed == c.none {
			t.Errorf("%s: changed = %t, %v", name, changed, diags)
			continue
		}
		if diff := cmp.Diff(c.want, spec); changed && diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCheckServer(t *testing.T) {
	t.Parallel()
	long := types.StringValue("a123456789b123456789c123456789d123456789e123456789f123456789g1234")
	block := types.ObjectValueMust(artifactoryTypes, nullFlags(t))
	members := func(names ...string) types.Set {
		set, _ := types.SetValueFrom(t.Context(), types.StringType, names)
		return set
	}
	noMembers, noBlock := types.SetNull(types.StringType), types.ObjectNull(artifactoryTypes)
	for name, c := range map[string]struct {
		server registry.Type
		config commonModel
		errs   int
	}{
		"long name on Artifactory":     {registry.Artifactory, commonModel{Name: long, Members: noMembers, Artifactory: noBlock}, 1},
		"long name on Artifact Keeper": {registry.ArtifactKeeper, commonModel{Name: long, Members: noMembers, Artifactory: noBlock}, 0},
		"the other's block":            {registry.ArtifactKeeper, commonModel{Name: types.StringValue("a"), Members: noMembers, Artifactory: block}, 1},
		"a block that was computed":    {registry.ArtifactKeeper, commonModel{Name: types.StringUnknown(), Members: noMembers, Artifactory: types.ObjectUnknown(artifactoryTypes)}, 0},
		"a name Artifactory would fold": {
			registry.Artifactory, commonModel{Name: types.StringValue("a"), Members: members("Alice", "bob"), Artifactory: block}, 1,
		},
		"members that are not known": {
			registry.Artifactory, commonModel{
				Name: types.StringValue("a"), Artifactory: noBlock,
				Members: types.SetValueMust(types.StringType, append(members("Alice").Elements(), types.StringUnknown())),
			}, 0,
		},
	} {
		reg := &registry.Registry{Server: registry.Server{Type: c.server, URL: "https://registry.example.com"}}
		if diags := checkServer(context.Background(), reg, c.config); diags.ErrorsCount() != c.errs {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

func nullFlags(t *testing.T) map[string]attr.Value {
	t.Helper()
	var own artifactoryModel
	object, diags := own.ToTerraform(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	return object.Attributes()
}
