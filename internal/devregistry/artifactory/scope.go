package artifactory

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// grants is what a token's scopes allow, read from the scope grammar (JFrog help: "Create Token").
type grants struct {
	user      bool
	admin     bool
	groups    []string // nil: no group scope
	resources []resourceGrant
}

// resourceGrant is one TYPE:TARGET:ACTIONS scope, such as artifact:npm-*/lib:r,w or system:identities:r.
type resourceGrant struct {
	kind, target, actions string
}

// resourceKinds are the resource types a scope may name.
var resourceKinds = []string{
	"artifact", "build", "release-bundle", "release_bundle", "destination", "pipeline-source", "pipeline_source",
	"pipelines", "system", "project",
}

// systemTargets are the system resources a scope may name; info/… is a family of its own.
var systemTargets = []string{"metrics", "livelogs", "identities", "permissions", "*"}

// splitScope splits at blanks outside double quotes, since group names may hold blanks.
func splitScope(scope string) []string {
	return splitOutsideQuotes(scope, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
}

func splitOutsideQuotes(s string, separator func(rune) bool) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && separator(r)
	})
}

// parseScopes reads a list of scopes. The error says which one is not of the grammar.
func parseScopes(scopes []string) (grants, error) {
	var g grants
	groupScopes := 0
	for _, scope := range scopes {
		rest, applied := strings.CutPrefix(scope, "applied-permissions/")
		switch {
		case applied && rest == "user":
			g.user = true
		case applied && rest == "admin":
			g.admin = true
		case applied && rest == "groups":
			groupScopes++
		case applied && strings.HasPrefix(rest, "groups:"):
			groupScopes++
			g.groups = append(g.groups, groupNames(strings.TrimPrefix(rest, "groups:"))...)
		case applied && strings.HasPrefix(rest, "roles:") && strings.Count(rest, ":") == 2:
			// Project roles grant nothing here: the embedded registry has no projects.
		case applied:
			return grants{}, invalidScope(scope)
		default:
			resource, err := parseResource(scope)
			if err != nil {
				return grants{}, err
			}
			g.resources = append(g.resources, resource)
		}
	}
	if groupScopes > 1 {
		// Groups have to stand in one scope. Several are accepted and then grant nothing (jfrog/terraform-provider-artifactory
		// issue 1233).
		g.groups = []string{}
	}
	return g, nil
}

func groupNames(list string) []string {
	names := splitOutsideQuotes(list, func(r rune) bool { return r == ',' })
	for i, name := range names {
		names[i] = strings.Trim(name, `"`)
	}
	return names
}

func parseResource(scope string) (resourceGrant, error) {
	kind, rest, ok := strings.Cut(scope, ":")
	last := strings.LastIndexByte(rest, ':')
	if !ok || last < 1 || !slices.Contains(resourceKinds, kind) {
		return resourceGrant{}, invalidScope(scope)
	}
	r := resourceGrant{kind: kind, target: rest[:last], actions: rest[last+1:]}
	if r.actions != "*" && (r.actions == "" || strings.Trim(r.actions, "rwdamxs,") != "") {
		return resourceGrant{}, invalidScope(scope)
	}
	if kind == "system" && !strings.HasPrefix(r.target, "info/") && !slices.Contains(systemTargets, r.target) {
		return resourceGrant{}, invalidScope(scope)
	}
	return r, nil
}

func invalidScope(scope string) error {
	return badRequest(fmt.Sprintf("Invalid scope token: %s", scope))
}

// hasSystem tells whether one of the wanted "TARGET:ACTION" pairs is granted by a system scope.
func (g grants) hasSystem(wanted []string) bool {
	for _, want := range wanted {
		target, action, _ := strings.Cut(want, ":")
		for _, r := range g.resources {
			if r.kind == "system" && (r.target == target || r.target == "*") && r.allows(action) {
				return true
			}
		}
	}
	return false
}

// hasArtifact tells whether an artifact scope allows the action (one of rwdamxs) on a path of a repository.
func (g grants) hasArtifact(repository, artifactPath, action string) bool {
	return slices.ContainsFunc(g.resources, func(r resourceGrant) bool {
		return r.kind == "artifact" && r.allows(action) && r.covers(repository, artifactPath)
	})
}

func (r resourceGrant) allows(action string) bool {
	return r.actions == "*" || strings.Contains(r.actions, action)
}

// covers matches the target, which is a repository or a pattern of repositories, and the folder below it, if any.
func (r resourceGrant) covers(repository, artifactPath string) bool {
	target, folder, hasFolder := strings.Cut(r.target, "/")
	if matched, err := path.Match(target, repository); err != nil || !matched {
		return false
	}
	folder = strings.TrimSuffix(strings.TrimSuffix(folder, "*"), "/")
	return !hasFolder || folder == "" || artifactPath == folder || strings.HasPrefix(artifactPath, folder+"/")
}
