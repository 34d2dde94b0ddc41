package artifactory

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
)

// grants is what a token's scopes allow, read from the scope grammar (JFrog help: "Create Token"). Where it is not
// established how a real server reads a scope, the reading that grants more is taken, so that a client's guard is held
// against the worst: case is folded, all white space separates, quotes may enclose anything, a comma in quotes separates
// as well, patterns name groups and system resources, and a group scope without groups stands for all of the user's.
type grants struct {
	user      bool
	admin     bool
	groups    []string // names and patterns; nil: no group scope
	ownGroups bool     // all groups of the user
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

// splitScope splits at white space outside double quotes, since group names may hold blanks.
func splitScope(scope string) []string { return splitOutsideQuotes(scope, unicode.IsSpace) }

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
		scope = unquote(scope)
		rest, applied := cutPrefixFold(scope, "applied-permissions/")
		switch lower := strings.ToLower(strings.Trim(rest, `"`)); {
		case applied && lower == "user":
			g.user = true
		case applied && lower == "admin":
			g.admin = true
		case applied && lower == "groups":
			groupScopes++
			g.ownGroups = true
		case applied && strings.HasPrefix(lower, "groups:"):
			groupScopes++
			g.groups = append(g.groups, groupNames(rest[len("groups:"):])...)
		case applied && strings.HasPrefix(lower, "roles:") && strings.Count(rest, ":") == 2:
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
		g.groups, g.ownGroups = []string{}, false
	}
	return g, nil
}

func groupNames(list string) []string {
	comma := func(r rune) bool { return r == ',' }
	names := splitOutsideQuotes(list, comma)
	if strings.Contains(list, `"`) {
		names = append(names, strings.FieldsFunc(list, comma)...)
	}
	for i, name := range names {
		names[i] = strings.TrimSpace(strings.Trim(strings.TrimSpace(name), `"`))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unquote takes the quotes off a scope that is wholly in them.
func unquote(scope string) string {
	inner, opened := strings.CutPrefix(scope, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !opened || !closed || strings.Contains(inner, `"`) {
		return scope
	}
	return inner
}

func cutPrefixFold(s, prefix string) (rest string, found bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// matchesFold tells whether a name or pattern of a scope means an object, whatever the case.
func matchesFold(pattern, name string) bool {
	matched, err := path.Match(strings.ToLower(pattern), strings.ToLower(name))
	return err == nil && matched || strings.EqualFold(pattern, name)
}

func parseResource(scope string) (resourceGrant, error) {
	kind, rest, ok := strings.Cut(scope, ":")
	last := strings.LastIndexByte(rest, ':')
	kind = strings.ToLower(kind)
	if !ok || last < 1 || !slices.Contains(resourceKinds, kind) {
		return resourceGrant{}, invalidScope(scope)
	}
	r := resourceGrant{kind: kind, target: rest[:last], actions: strings.ToLower(rest[last+1:])}
	if r.actions != "*" && (r.actions == "" || strings.Trim(r.actions, "rwdamxs,") != "") {
		return resourceGrant{}, invalidScope(scope)
	}
	if kind == "system" && !strings.HasPrefix(r.target, "info/") && !slices.ContainsFunc(systemTargets, r.coversSystem) {
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
			if r.kind == "system" && r.coversSystem(target) && r.allows(action) {
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

// coversSystem matches the target, which is a system resource or a pattern of them.
func (r resourceGrant) coversSystem(target string) bool { return matchesFold(r.target, target) }

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
