package artifactory

import (
	"path"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// action is one right on artifacts: its name in permissions and its letter in scopes.
type action struct{ name, letter string }

var (
	actionRead   = action{"READ", "r"}
	actionWrite  = action{"WRITE", "w"}
	actionDelete = action{"DELETE", "d"}
)

// may tells whether a caller has a right on a path of a repository. p is nil for an anonymous request, which may read
// public repositories only. An empty path asks whether there is anything in the repository the caller has the right on.
func (s *server) may(st *state.State, p *principal, repository *state.Repository, artifactPath string, a action) bool {
	if repository.Public && a == actionRead {
		return true
	}
	if p == nil {
		return false
	}
	if p.admin || p.grants.hasArtifact(repository.Key, artifactPath, a.letter) {
		return true
	}
	return slices.ContainsFunc(st.Targets, func(t *state.PermissionTarget) bool {
		section := t.Sections[typeArtifact]
		return section != nil && sectionGrants(section, p, a.name) && sectionCovers(section, repository.Key, artifactPath)
	})
}

// sectionGrants tells whether a section names the caller, or a group of theirs, for an action.
func sectionGrants(section *state.PermissionSection, p *principal, name string) bool {
	if p.identity && slices.Contains(section.Users[p.username], name) {
		return true
	}
	return slices.ContainsFunc(p.groups, func(group string) bool { return slices.Contains(section.Groups[group], name) })
}

// sectionCovers matches the section's targets. All repositories here are local ones.
func sectionCovers(section *state.PermissionSection, key, artifactPath string) bool {
	for target, patterns := range section.Targets {
		if target != key && !strings.EqualFold(target, "ANY LOCAL") && !strings.EqualFold(target, "ANY") {
			continue
		}
		if artifactPath == "" || matchesAny(patterns.Include, artifactPath) && !matchesAny(patterns.Exclude, artifactPath) {
			return true
		}
	}
	return false
}

func matchesAny(patterns []string, artifactPath string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return matchesPattern(strings.Split(pattern, "/"), strings.Split(artifactPath, "/"))
	})
}

// matchesPattern matches path segments in the way of Ant: ** stands for any number of segments, * and ? within one.
func matchesPattern(pattern, segments []string) bool {
	if len(pattern) == 0 {
		return len(segments) == 0
	}
	if pattern[0] == "**" {
		for skip := 0; skip <= len(segments); skip++ {
			if matchesPattern(pattern[1:], segments[skip:]) {
				return true
			}
		}
		return false
	}
	if len(segments) == 0 {
		return false
	}
	matched, err := path.Match(pattern[0], segments[0])
	return err == nil && matched && matchesPattern(pattern[1:], segments[1:])
}
