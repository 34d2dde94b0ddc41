package artifactory

import (
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// The sections of a permission, in the order in which they are changed.
const (
	artifactSection       = "artifact"
	buildSection          = "build"
	releaseBundleSection  = "release_bundle"
	destinationSection    = "destination"
	pipelineSourceSection = "pipeline_source"
)

var sectionKinds = []string{
	artifactSection, buildSection, releaseBundleSection, destinationSection, pipelineSourceSection,
}

// section is one resource type of a permission: who may do what on which targets.
type section struct {
	Actions sectionActions             `json:"actions"`
	Targets map[string]sectionPatterns `json:"targets"`
}

type sectionActions struct {
	Users  map[string][]string `json:"users"`
	Groups map[string][]string `json:"groups"`
}

type sectionPatterns struct {
	Include []string `json:"include_patterns"`
	Exclude []string `json:"exclude_patterns"`
}

// everything is the include pattern of a target for which none is named.
const everything = "**"

// sectionsOf writes a spec in Artifactory's form. Every list is sorted and never null, so that equal specs are equal.
func sectionsOf(spec registry.PermissionSpec) map[string]section {
	sections := map[string]section{}
	own := registry.ArtifactoryPermission{}
	if spec.Artifactory != nil {
		own = *spec.Artifactory
	}
	if len(spec.Repositories)+len(spec.Users)+len(spec.Groups) > 0 {
		sections[artifactSection] = newSection(registry.PermissionSection{
			Targets: spec.Repositories, IncludePatterns: own.IncludePatterns, ExcludePatterns: own.ExcludePatterns,
			Users: spec.Users, Groups: spec.Groups,
		})
	}
	for kind, s := range map[string]*registry.PermissionSection{
		buildSection: own.Builds, releaseBundleSection: own.ReleaseBundles,
		destinationSection: own.Destinations, pipelineSourceSection: own.PipelineSources,
	} {
		if s != nil {
			sections[kind] = newSection(*s)
		}
	}
	return sections
}

func newSection(s registry.PermissionSection) section {
	patterns := sectionPatterns{Include: s.IncludePatterns, Exclude: s.ExcludePatterns}.plain()
	targets := map[string]sectionPatterns{}
	for _, t := range s.Targets {
		targets[targetName(t)] = patterns
	}
	return section{
		Actions: sectionActions{Users: actions(s.Users, strings.ToUpper), Groups: actions(s.Groups, strings.ToUpper)},
		Targets: targets,
	}
}

// permission reads Artifactory's form.
func (p *permissionJSON) permission() registry.Permission {
	result := registry.Permission{
		ID: p.Name, Name: p.Name, Users: map[string][]string{}, Groups: map[string][]string{},
		Artifactory: &registry.ArtifactoryPermission{},
	}
	for _, s := range p.Resources {
		result.Uneven = result.Uneven || s.uneven()
	}
	if s, ok := p.Resources[artifactSection]; ok {
		read := s.read()
		result.Repositories, result.Users, result.Groups = read.Targets, read.Users, read.Groups
		result.Artifactory.IncludePatterns, result.Artifactory.ExcludePatterns = read.IncludePatterns, read.ExcludePatterns
	}
	for kind, to := range map[string]**registry.PermissionSection{
		buildSection: &result.Artifactory.Builds, releaseBundleSection: &result.Artifactory.ReleaseBundles,
		destinationSection: &result.Artifactory.Destinations, pipelineSourceSection: &result.Artifactory.PipelineSources,
	} {
		if s, ok := p.Resources[kind]; ok && !s.empty() {
			read := s.read()
			*to = &read
		}
	}
	return result
}

// read gives the section with null and empty alike. Patterns belong to each target; ours belong to the section, so
// targets that differ show as the union, which a plan then makes equal.
func (s section) read() registry.PermissionSection {
	read := registry.PermissionSection{
		Users: actions(s.Actions.Users, strings.ToLower), Groups: actions(s.Actions.Groups, strings.ToLower),
	}
	for name, patterns := range s.Targets {
		read.Targets = append(read.Targets, targetName(name))
		patterns = patterns.plain()
		read.IncludePatterns = append(read.IncludePatterns, patterns.Include...)
		read.ExcludePatterns = append(read.ExcludePatterns, patterns.Exclude...)
	}
	read.Targets = sorted(read.Targets)
	read.IncludePatterns, read.ExcludePatterns = sorted(read.IncludePatterns), sorted(read.ExcludePatterns)
	return read
}

// uneven reports whether the targets have different patterns.
func (s section) uneven() bool {
	var first *sectionPatterns
	for _, patterns := range s.Targets {
		patterns = patterns.plain()
		if first == nil {
			first = &patterns
		}
		if !slices.Equal(first.Include, patterns.Include) || !slices.Equal(first.Exclude, patterns.Exclude) {
			return true
		}
	}
	return false
}

// plain sorts the patterns and writes out what no include pattern means.
func (p sectionPatterns) plain() sectionPatterns {
	plain := sectionPatterns{Include: sorted(p.Include), Exclude: sorted(p.Exclude)}
	if len(plain.Include) == 0 {
		plain.Include = []string{everything}
	}
	return plain
}

func (s section) empty() bool {
	return len(s.Targets)+len(s.Actions.Users)+len(s.Actions.Groups) == 0
}

// actions copies grants with each list sorted and in the given case: the API writes READ, people write read.
func actions(grants map[string][]string, letterCase func(string) string) map[string][]string {
	copied := make(map[string][]string, len(grants))
	for principal, list := range grants {
		cased := make([]string, 0, len(list))
		for _, action := range list {
			cased = append(cased, letterCase(action))
		}
		copied[principal] = sorted(cased)
	}
	return copied
}

// targetName writes the words for all repositories of a kind in one way; servers and versions differ (ANY LOCAL, ANY-LOCAL).
func targetName(name string) string {
	switch words := strings.ToUpper(strings.NewReplacer("-", " ", "_", " ").Replace(name)); words {
	case "ANY LOCAL", "ANY REMOTE", "ANY DISTRIBUTION", "ANY":
		return words
	default:
		return name
	}
}

// sorted copies a list, sorted and without repetitions, never nil.
func sorted(list []string) []string {
	copied := append([]string{}, list...)
	slices.Sort(copied)
	return slices.Compact(copied)
}
