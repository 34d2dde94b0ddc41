package permission

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

var (
	artifactory = &registry.Registry{
		Server:       registry.Server{Type: registry.Artifactory, URL: "https://a.example.com"},
		Capabilities: registry.Capabilities{Actions: []string{"read", "annotate", "write", "delete", "manage", "scan"}},
	}
	keeper = &registry.Registry{
		Server:       registry.Server{Type: registry.ArtifactKeeper, URL: "https://k.example.com"},
		Capabilities: registry.Capabilities{Actions: []string{"read", "write", "delete", "admin"}, PermissionPerRepository: true},
	}
)

func TestCheckServer(t *testing.T) {
	t.Parallel()
	withSection := func(users types.Map) types.Object {
		own := nullArtifactory()
		null := types.SetNull(types.StringType)
		section, _ := types.ObjectValueFrom(t.Context(), sectionTypes, &sectionModel{
			Targets: setOf("artifactory-build-info"), IncludePatterns: null, ExcludePatterns: null,
			Users: users, Groups: types.MapNull(tfkit.StringSetMapType.ElemType),
		})
		own.Builds = section
		object, _ := own.ToTerraform(t.Context())
		return object
	}
	unknownActions := types.MapValueMust(tfkit.StringSetMapType.ElemType, map[string]attr.Value{
		"alice": types.SetValueMust(types.StringType, []attr.Value{types.StringUnknown()}),
		"bob":   types.SetUnknown(types.StringType),
	})
	for name, c := range map[string]struct {
		reg    *registry.Registry
		change func(*model)
		want   []string
	}{
		"a good one on Artifactory": {artifactory, func(m *model) { m.Users = grantsOf("alice", "read", "manage") }, nil},
		"a good one on Artifact Keeper": {keeper, func(m *model) {
			m.Name, m.Groups = types.StringValue("npm-private"), grantsOf("developers", "read", "admin")
		}, nil},
		"not known yet": {keeper, func(m *model) {
			m.Name, m.Users = types.StringUnknown(), unknownActions
			m.Artifactory = types.ObjectUnknown(artifactoryTypes)
		}, nil},
		"the other's action": {artifactory, func(m *model) { m.Users = grantsOf("alice", "admin") }, []string{`JFrog Artifactory has no action "admin"`}},
		"the other's action here": {keeper, func(m *model) {
			m.Name, m.Users = types.StringValue("npm-private"), grantsOf("alice", "manage")
		}, []string{`Artifact Keeper has no action "manage"`}},
		"upper case": {artifactory, func(m *model) { m.Groups = grantsOf("developers", "READ") }, []string{`JFrog Artifactory has no action "READ"`}},
		"no action":  {artifactory, func(m *model) { m.Groups = grantsOf("developers") }, []string{`No action for "developers"`}},
		"a name that would be folded": {
			artifactory,
			func(m *model) { m.Users = grantsOf("Alice", "read") },
			[]string{`User "Alice" cannot exist`},
		},
		"no name": {artifactory, func(m *model) { m.Groups = grantsOf("", "read") }, []string{`Group "" cannot exist`}},
		"additive on Artifactory": {
			artifactory,
			func(m *model) { m.Additive = types.BoolValue(true) },
			[]string{`This registry is JFrog Artifactory`},
		},
		"about nothing": {artifactory, func(m *model) { m.Repositories = setOf() }, []string{`The permission is about nothing`}},
		"about a section only": {
			artifactory,
			func(m *model) {
				m.Repositories, m.Artifactory = setOf(), withSection(grantsOf("alice", "read", "scan"))
			},
			nil,
		},
		"an action sections do not have": {
			artifactory,
			func(m *model) { m.Artifactory = withSection(grantsOf("alice", "Read")) },
			[]string{`JFrog Artifactory has no action "Read"`},
		},
		"any of a kind":   {artifactory, func(m *model) { m.Repositories = setOf("ANY LOCAL", "any-go") }, nil},
		"any, misspelled": {artifactory, func(m *model) { m.Repositories = setOf("any-local") }, []string{`Write "ANY LOCAL"`}},
		"the other's block": {keeper, func(m *model) {
			m.Name, m.Users, m.Artifactory = types.StringValue("npm-private"), grantsOf("alice", "read"), withSection(noGrants())
		}, []string{`This registry is Artifact Keeper`}},
		"two repositories": {keeper, func(m *model) {
			m.Name, m.Users, m.Repositories = types.StringValue("npm-private"), grantsOf("alice", "read"), setOf("npm-private", "go-private")
		}, []string{`A permission of Artifact Keeper is the rules of one repository`}},
		"another name": {keeper, func(m *model) { m.Users = grantsOf("alice", "read") }, []string{`A permission of Artifact Keeper is the rules of one repository`}},
		"nobody":       {keeper, func(m *model) { m.Name, m.Users = types.StringValue("npm-private"), noGrants() }, []string{`Nobody is granted anything`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := model{commonModel: blank(), Additive: types.BoolValue(false)}
			c.change(&m)
			expectSummaries(t, checkServer(t.Context(), c.reg, m), c.want)
		})
	}
}

func TestWarnReleased(t *testing.T) {
	t.Parallel()
	was := model{commonModel: blank(), Additive: types.BoolValue(false)}
	was.Users, was.Groups = grantsOf("alice", "read"), grantsOf("developers", "read")
	for name, c := range map[string]struct {
		change func(*model)
		want   []string
	}{
		"stays as it is":       {func(*model) {}, nil},
		"additive, all named":  {func(m *model) { m.Additive = types.BoolValue(true) }, nil},
		"additive, some named": {func(m *model) { m.Additive, m.Groups = types.BoolValue(true), noGrants() }, []string{"Rules of others are left alone from now on"}},
		"additive, not known": {func(m *model) {
			m.Additive, m.Groups = types.BoolValue(true), types.MapUnknown(tfkit.StringSetMapType.ElemType)
		}, nil},
		"fewer": {func(m *model) { m.Groups = noGrants() }, nil},
	} {
		plan := was
		c.change(&plan)
		var diags diag.Diagnostics
		warnReleased(plan, was, &diags)
		t.Log(name)
		expectSummaries(t, diags, c.want)
	}
}

func expectSummaries(t *testing.T, diags diag.Diagnostics, want []string) {
	t.Helper()
	if len(diags) != len(want) {
		t.Errorf("got %v, want %q", diags, want)
		return
	}
	for i, d := range diags {
		if d.Summary() != want[i] {
			t.Errorf("got %q, want %q", d.Summary(), want[i])
		}
	}
}
