package permission

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// commonModel is what the resource and the data source both show.
type commonModel struct {
	ID           types.String `tfsdk:"id"`
	Name         types.String `tfsdk:"name"`
	Repositories types.Set    `tfsdk:"repositories"`
	Users        types.Map    `tfsdk:"users"`
	Groups       types.Map    `tfsdk:"groups"`
	Artifactory  types.Object `tfsdk:"artifactory"`
}

// model is registry_permission in plan and state.
type model struct {
	commonModel

	Additive types.Bool     `tfsdk:"additive"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// identityModel names one permission on one server.
type identityModel struct {
	Server types.String `tfsdk:"server"`
	Name   types.String `tfsdk:"name"`
}

// artifactoryModel is the nested attribute of what only Artifactory's permission targets have.
type artifactoryModel struct {
	IncludePatterns types.Set    `tfsdk:"include_patterns"`
	ExcludePatterns types.Set    `tfsdk:"exclude_patterns"`
	Builds          types.Object `tfsdk:"builds"`
	ReleaseBundles  types.Object `tfsdk:"release_bundles"`
	Destinations    types.Object `tfsdk:"destinations"`
	PipelineSources types.Object `tfsdk:"pipeline_sources"`
}

// sectionModel is one resource type beside artifacts.
type sectionModel struct {
	Targets         types.Set `tfsdk:"targets"`
	IncludePatterns types.Set `tfsdk:"include_patterns"`
	ExcludePatterns types.Set `tfsdk:"exclude_patterns"`
	Users           types.Map `tfsdk:"users"`
	Groups          types.Map `tfsdk:"groups"`
}

var (
	setOfStrings = types.SetType{ElemType: types.StringType}
	sectionTypes = map[string]attr.Type{
		"targets":          setOfStrings,
		"include_patterns": setOfStrings,
		"exclude_patterns": setOfStrings,
		"users":            tfkit.StringSetMapType,
		"groups":           tfkit.StringSetMapType,
	}
	artifactoryTypes = map[string]attr.Type{
		"include_patterns": setOfStrings,
		"exclude_patterns": setOfStrings,
		"builds":           types.ObjectType{AttrTypes: sectionTypes},
		"release_bundles":  types.ObjectType{AttrTypes: sectionTypes},
		"destinations":     types.ObjectType{AttrTypes: sectionTypes},
		"pipeline_sources": types.ObjectType{AttrTypes: sectionTypes},
	}
)

var (
	_ tfkit.ModelFromAPI[registry.Permission]             = (*commonModel)(nil)
	_ tfkit.ModelToAPI[registry.PermissionSpec]           = (*model)(nil)
	_ tfkit.ModelFromAPI[*registry.ArtifactoryPermission] = (*artifactoryModel)(nil)
	_ tfkit.ModelToAPI[*registry.ArtifactoryPermission]   = (*artifactoryModel)(nil)
	_ tfkit.ModelFromTerraform[types.Object]              = (*artifactoryModel)(nil)
	_ tfkit.ModelToTerraform[types.Object]                = (*artifactoryModel)(nil)
	_ tfkit.ModelFromAPI[*registry.PermissionSection]     = (*sectionModel)(nil)
	_ tfkit.ModelToAPI[*registry.PermissionSection]       = (*sectionModel)(nil)
)

// defaultInclude is what Artifactory stores when no include pattern was given.
var defaultInclude = []string{"**"}

// FromAPI implements tfkit.ModelFromAPI. The registries do not tell "none" from "not given", so that a null or empty
// value of the prior model stays as long as the registry has nothing.
func (m *commonModel) FromAPI(ctx context.Context, in registry.Permission) diag.Diagnostics {
	var diags diag.Diagnostics
	m.ID = types.StringValue(in.ID)
	m.Name = types.StringValue(in.Name)
	m.Repositories = set(ctx, in.Repositories, &diags)
	m.Users = keepMap(ctx, m.Users, in.Users, &diags)
	m.Groups = keepMap(ctx, m.Groups, in.Groups, &diags)

	var own artifactoryModel
	if tfkit.IsSet(m.Artifactory) {
		diags.Append(own.FromTerraform(ctx, m.Artifactory)...)
	} else {
		own = nullArtifactory()
	}
	diags.Append(own.FromAPI(ctx, in.Artifactory)...)
	if !tfkit.IsSet(m.Artifactory) && own.empty() {
		m.Artifactory = types.ObjectNull(artifactoryTypes)
		return diags
	}
	object, d := own.ToTerraform(ctx)
	diags.Append(d...)
	m.Artifactory = object
	return diags
}

// ToAPI implements tfkit.ModelToAPI.
func (m *model) ToAPI(ctx context.Context) (registry.PermissionSpec, diag.Diagnostics) {
	spec := registry.PermissionSpec{Name: m.Name.ValueString(), Additive: m.Additive.ValueBool()}
	var diags, d diag.Diagnostics
	spec.Repositories, d = tfkit.Strings(ctx, m.Repositories)
	diags.Append(d...)
	spec.Users, d = tfkit.StringSets(ctx, m.Users)
	diags.Append(d...)
	spec.Groups, d = tfkit.StringSets(ctx, m.Groups)
	diags.Append(d...)
	if tfkit.IsSet(m.Artifactory) {
		var own artifactoryModel
		diags.Append(own.FromTerraform(ctx, m.Artifactory)...)
		spec.Artifactory, d = own.ToAPI(ctx)
		diags.Append(d...)
	}
	return spec, diags
}

// restrict keeps the principals that the prior model names: the others are not an additive permission's concern.
func restrict(in registry.Permission, users, groups map[string][]string) registry.Permission {
	keep := func(all, named map[string][]string) map[string][]string {
		kept := map[string][]string{}
		for name := range named {
			if actions, ok := all[name]; ok {
				kept[name] = actions
			}
		}
		return kept
	}
	in.Users, in.Groups = keep(in.Users, users), keep(in.Groups, groups)
	return in
}

func nullArtifactory() artifactoryModel {
	section := types.ObjectNull(sectionTypes)
	null := types.SetNull(types.StringType)
	return artifactoryModel{
		IncludePatterns: null, ExcludePatterns: null,
		Builds: section, ReleaseBundles: section, Destinations: section, PipelineSources: section,
	}
}

// empty reports whether nothing differs from what a permission without the block has.
func (a *artifactoryModel) empty() bool {
	return a.IncludePatterns.IsNull() && a.ExcludePatterns.IsNull() && a.Builds.IsNull() && a.ReleaseBundles.IsNull() &&
		a.Destinations.IsNull() && a.PipelineSources.IsNull()
}

// FromTerraform implements tfkit.ModelFromTerraform.
func (a *artifactoryModel) FromTerraform(ctx context.Context, in types.Object) diag.Diagnostics {
	return in.As(ctx, a, basetypes.ObjectAsOptions{})
}

// ToTerraform implements tfkit.ModelToTerraform.
func (a *artifactoryModel) ToTerraform(ctx context.Context) (types.Object, diag.Diagnostics) {
	return types.ObjectValueFrom(ctx, artifactoryTypes, a)
}

// FromAPI implements tfkit.ModelFromAPI: a is the prior model.
func (a *artifactoryModel) FromAPI(ctx context.Context, in *registry.ArtifactoryPermission) diag.Diagnostics {
	if in == nil {
		in = &registry.ArtifactoryPermission{}
	}
	var diags diag.Diagnostics
	a.IncludePatterns = keepSet(ctx, a.IncludePatterns, in.IncludePatterns, defaultInclude, &diags)
	a.ExcludePatterns = keepSet(ctx, a.ExcludePatterns, in.ExcludePatterns, nil, &diags)
	for _, s := range a.sections(in) {
		*s.model = keepSection(ctx, *s.model, *s.api, &diags)
	}
	return diags
}

// ToAPI implements tfkit.ModelToAPI.
func (a *artifactoryModel) ToAPI(ctx context.Context) (*registry.ArtifactoryPermission, diag.Diagnostics) {
	out := &registry.ArtifactoryPermission{}
	var diags, d diag.Diagnostics
	out.IncludePatterns, d = tfkit.Strings(ctx, a.IncludePatterns)
	diags.Append(d...)
	out.ExcludePatterns, d = tfkit.Strings(ctx, a.ExcludePatterns)
	diags.Append(d...)
	for _, s := range a.sections(out) {
		if !tfkit.IsSet(*s.model) {
			continue
		}
		var section sectionModel
		diags.Append(s.model.As(ctx, &section, basetypes.ObjectAsOptions{})...)
		*s.api, d = section.ToAPI(ctx)
		diags.Append(d...)
	}
	return out, diags
}

type sectionPair struct {
	name  string
	model *types.Object
	api   **registry.PermissionSection
}

// sections pairs the model's sections with the domain's.
func (a *artifactoryModel) sections(api *registry.ArtifactoryPermission) []sectionPair {
	return []sectionPair{
		{"builds", &a.Builds, &api.Builds},
		{"release_bundles", &a.ReleaseBundles, &api.ReleaseBundles},
		{"destinations", &a.Destinations, &api.Destinations},
		{"pipeline_sources", &a.PipelineSources, &api.PipelineSources},
	}
}

// FromAPI implements tfkit.ModelFromAPI: s is the prior model.
func (s *sectionModel) FromAPI(ctx context.Context, in *registry.PermissionSection) diag.Diagnostics {
	var diags diag.Diagnostics
	s.Targets = set(ctx, in.Targets, &diags)
	s.IncludePatterns = keepSet(ctx, s.IncludePatterns, in.IncludePatterns, defaultInclude, &diags)
	s.ExcludePatterns = keepSet(ctx, s.ExcludePatterns, in.ExcludePatterns, nil, &diags)
	s.Users = keepMap(ctx, s.Users, in.Users, &diags)
	s.Groups = keepMap(ctx, s.Groups, in.Groups, &diags)
	return diags
}

// ToAPI implements tfkit.ModelToAPI.
func (s *sectionModel) ToAPI(ctx context.Context) (*registry.PermissionSection, diag.Diagnostics) {
	out := &registry.PermissionSection{}
	var diags, d diag.Diagnostics
	out.Targets, d = tfkit.Strings(ctx, s.Targets)
	diags.Append(d...)
	out.IncludePatterns, d = tfkit.Strings(ctx, s.IncludePatterns)
	diags.Append(d...)
	out.ExcludePatterns, d = tfkit.Strings(ctx, s.ExcludePatterns)
	diags.Append(d...)
	out.Users, d = tfkit.StringSets(ctx, s.Users)
	diags.Append(d...)
	out.Groups, d = tfkit.StringSets(ctx, s.Groups)
	diags.Append(d...)
	return out, diags
}

func keepSection(ctx context.Context, prior types.Object, in *registry.PermissionSection, diags *diag.Diagnostics) types.Object {
	if in == nil {
		return types.ObjectNull(sectionTypes)
	}
	null := types.SetNull(types.StringType)
	noMap := types.MapNull(tfkit.StringSetMapType.ElemType)
	section := sectionModel{Targets: null, IncludePatterns: null, ExcludePatterns: null, Users: noMap, Groups: noMap}
	if tfkit.IsSet(prior) {
		diags.Append(prior.As(ctx, &section, basetypes.ObjectAsOptions{})...)
	}
	diags.Append(section.FromAPI(ctx, in)...)
	object, d := types.ObjectValueFrom(ctx, sectionTypes, &section)
	diags.Append(d...)
	return object
}

// keepSet keeps a prior null or empty set while the registry has just its default.
func keepSet(ctx context.Context, prior types.Set, in, standard []string, diags *diag.Diagnostics) types.Set {
	sorted := slices.Sorted(slices.Values(in))
	if len(prior.Elements()) == 0 && !prior.IsUnknown() && (len(sorted) == 0 || slices.Equal(sorted, standard)) {
		return prior
	}
	return set(ctx, sorted, diags)
}

func set(ctx context.Context, in []string, diags *diag.Diagnostics) types.Set {
	if in == nil {
		in = []string{}
	}
	value, d := tfkit.StringSet(ctx, in)
	diags.Append(d...)
	return value
}

// keepMap keeps a prior null while the registry has no principal.
func keepMap(ctx context.Context, prior types.Map, in map[string][]string, diags *diag.Diagnostics) types.Map {
	if len(in) == 0 && prior.IsNull() {
		return types.MapNull(tfkit.StringSetMapType.ElemType)
	}
	if in == nil {
		in = map[string][]string{}
	}
	value, d := tfkit.StringSetMap(ctx, in)
	diags.Append(d...)
	return value
}
