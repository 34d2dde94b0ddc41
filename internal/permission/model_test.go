package permission

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// blank is the model of a configuration that gives nothing but the required attributes.
func blank() commonModel {
	noMap := types.MapNull(tfkit.StringSetMapType.ElemType)
	return commonModel{
		Name: types.StringValue("install"), Repositories: setOf("npm-private"), Users: noMap, Groups: noMap,
		Artifactory: types.ObjectNull(artifactoryTypes),
	}
}

func setOf(values ...string) types.Set {
	elements := make([]attr.Value, len(values))
	for i, value := range values {
		elements[i] = types.StringValue(value)
	}
	return types.SetValueMust(types.StringType, elements)
}

func grantsOf(principal string, actions ...string) types.Map {
	return types.MapValueMust(tfkit.StringSetMapType.ElemType, map[string]attr.Value{principal: setOf(actions...)})
}

func noGrants() types.Map {
	return types.MapValueMust(tfkit.StringSetMapType.ElemType, map[string]attr.Value{})
}

func noErrors(t *testing.T, diags diag.Diagnostics) {
	t.Helper()
	if diags.HasError() {
		t.Fatal(diags)
	}
}

// What Artifactory answers for a permission of one repository that gives nobody anything.
func bare() registry.Permission {
	return registry.Permission{
		ID: "install", Name: "install", Repositories: []string{"npm-private"},
		Users: map[string][]string{}, Groups: map[string][]string{},
		Artifactory: &registry.ArtifactoryPermission{IncludePatterns: []string{"**"}, ExcludePatterns: []string{}},
	}
}

// Registries do not tell "none" from "not given", and the default from nothing: what the configuration says stays.
func TestFromAPIKeepsNullAndEmpty(t *testing.T) {
	t.Parallel()
	null := blank()
	null.ID = types.StringValue("install")
	got := blank()
	noErrors(t, got.FromAPI(t.Context(), bare()))
	if diff := cmp.Diff(null, got); diff != "" {
		t.Errorf("null (-want +got):\n%s", diff)
	}

	own := nullArtifactory()
	own.IncludePatterns, own.ExcludePatterns = setOf(), setOf()
	empty := blank()
	empty.ID, empty.Users, empty.Groups = types.StringValue("install"), noGrants(), noGrants()
	empty.Artifactory, _ = own.ToTerraform(t.Context())
	got = empty
	noErrors(t, got.FromAPI(t.Context(), bare()))
	if diff := cmp.Diff(empty, got); diff != "" {
		t.Errorf("empty (-want +got):\n%s", diff)
	}
}

func TestFromAPIShowsDrift(t *testing.T) {
	t.Parallel()
	changed := bare()
	changed.Repositories = []string{"npm-private", "go-private"}
	changed.Users["alice"] = []string{"read"}
	changed.Artifactory.ExcludePatterns = []string{"secret/**"}
	changed.Artifactory.Builds = &registry.PermissionSection{
		Targets: []string{"artifactory-build-info"}, IncludePatterns: []string{"**"}, Groups: map[string][]string{"developers": {"read"}},
	}
	got := blank()
	noErrors(t, got.FromAPI(t.Context(), changed))
	if !got.Repositories.Equal(setOf("go-private", "npm-private")) || !got.Users.Equal(grantsOf("alice", "read")) {
		t.Errorf("FromAPI() = %v", got)
	}
	var own artifactoryModel
	noErrors(t, own.FromTerraform(t.Context(), got.Artifactory))
	if !own.ExcludePatterns.Equal(setOf("secret/**")) || !own.IncludePatterns.IsNull() || own.Builds.IsNull() || !own.Destinations.IsNull() {
		t.Errorf("artifactory = %v", own)
	}
	// And back again: what nobody configured any more is gone from the block, which stays because it was there.
	noErrors(t, got.FromAPI(t.Context(), bare()))
	noErrors(t, own.FromTerraform(t.Context(), got.Artifactory))
	if !own.Builds.IsNull() || len(own.ExcludePatterns.Elements()) != 0 {
		t.Errorf("artifactory = %v", own)
	}
}

func TestToAPI(t *testing.T) {
	t.Parallel()
	section := sectionModel{
		Targets: setOf("b", "a"), IncludePatterns: types.SetNull(types.StringType), ExcludePatterns: setOf("x/**"),
		Users: noGrants(), Groups: grantsOf("developers", "write", "read"),
	}
	object, diags := types.ObjectValueFrom(t.Context(), sectionTypes, &section)
	noErrors(t, diags)
	own := nullArtifactory()
	own.IncludePatterns, own.Builds = setOf("b/**", "a/**"), object
	m := model{commonModel: blank(), Additive: types.BoolValue(true)}
	m.Groups = grantsOf("developers", "write", "read")
	m.Artifactory, diags = own.ToTerraform(t.Context())
	noErrors(t, diags)

	spec, diags := m.ToAPI(t.Context())
	noErrors(t, diags)
	want := registry.PermissionSpec{
		Name: "install", Repositories: []string{"npm-private"}, Additive: true,
		Groups: map[string][]string{"developers": {"read", "write"}},
		Artifactory: &registry.ArtifactoryPermission{
			IncludePatterns: []string{"a/**", "b/**"},
			Builds: &registry.PermissionSection{
				Targets: []string{"a", "b"}, ExcludePatterns: []string{"x/**"},
				Users: map[string][]string{}, Groups: map[string][]string{"developers": {"read", "write"}},
			},
		},
	}
	if diff := cmp.Diff(want, spec); diff != "" {
		t.Errorf("ToAPI() (-want +got):\n%s", diff)
	}
	// What was sent comes back as what was configured.
	again := m.commonModel
	noErrors(t, again.FromAPI(t.Context(), registry.Permission{
		ID: "install", Name: spec.Name, Repositories: spec.Repositories, Users: map[string][]string{}, Groups: spec.Groups, Artifactory: spec.Artifactory,
	}))
	again.ID = m.ID
	if diff := cmp.Diff(m.commonModel, again); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
}

func TestSeenAndRelease(t *testing.T) {
	t.Parallel()
	all := registry.Permission{
		Users:  map[string][]string{"alice": {"read"}, "bob": {"read"}},
		Groups: map[string][]string{"developers": {"read"}, "testers": {"write"}},
	}
	spec := registry.PermissionSpec{Users: map[string][]string{"alice": {"write"}, "carol": {"read"}}, Groups: map[string][]string{"testers": {"read"}}}
	if diff := cmp.Diff(all, seen(all, spec)); diff != "" {
		t.Errorf("a permission that owns everything sees less:\n%s", diff)
	}
	spec.Additive = true
	own := registry.Permission{Users: map[string][]string{"alice": {"read"}}, Groups: map[string][]string{"testers": {"write"}}}
	if diff := cmp.Diff(own, seen(all, spec)); diff != "" {
		t.Errorf("an additive permission (-want +got):\n%s", diff)
	}
	prior := release(registry.PermissionSpec{Name: "npm", Users: all.Users, Groups: all.Groups}, spec)
	if diff := cmp.Diff(registry.PermissionSpec{Name: "npm", Users: own.Users, Groups: own.Groups}, prior); diff != "" {
		t.Errorf("released (-want +got):\n%s", diff)
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	spec := registry.PermissionSpec{Repositories: []string{"b", "a"}, Users: map[string][]string{"alice": {"write", "read"}}}
	made := registry.Permission{Repositories: []string{"a", "b"}, Users: map[string][]string{"alice": {"read", "write"}}, Groups: map[string][]string{}}
	if !grants(made, spec) {
		t.Error("the permission that was asked for is not recognised")
	}
	for name, other := range map[string]registry.Permission{
		"fewer actions":        {Repositories: made.Repositories, Users: map[string][]string{"alice": {"read"}}},
		"another repository":   {Repositories: []string{"a"}, Users: made.Users},
		"another principal":    {Repositories: made.Repositories, Users: map[string][]string{"bob": {"read", "write"}}},
		"one principal beside": {Repositories: made.Repositories, Users: made.Users, Groups: map[string][]string{"developers": {"read"}}},
	} {
		if grants(other, spec) {
			t.Errorf("%s: somebody else's permission is taken for ours", name)
		}
	}
}
