package registry

import (
	"slices"
	"strings"
)

// keeperScopes are the scopes of Artifact Keeper that everybody may mint for themselves, on every surface of the API
// (Artifact Keeper: services/token_service.rs). The others are an administrator's to hand out: admin, *, delete:artifacts,
// delete:repositories, promote:artifacts, trigger:sync and write:users.
var keeperScopes = []string{"read:artifacts", "write:artifacts", "read:repositories", "write:repositories", "read:users"}

// contentKinds are the kinds of resource of Artifactory that hold content. Their scopes allow what is done with content:
// r, w, d and a; the action m hands out rights on it (JFrog help: "Create Token").
var contentKinds = []string{"artifact", "build", "release-bundle", "release_bundle"}

// readableTargets are the system resources of Artifactory that a scope may read without handing out rights (JFrog help:
// "Get User List", "Get Permissions", "HA License Information"; metrics).
var readableTargets = []string{"identities", "permissions", "metrics", "info/licenses"}

// Unsafe returns the first scope that is not known to be harmless on a registry, and why; ok is false when there is none.
// A scope is harmless if its holder can neither become an administrator by it nor change accounts, permissions or the
// server's settings. Whether a scope of named groups is depends on the groups: see Groups.
func (s Scopes) Unsafe(t Type) (unsafe Scope, reason string, ok bool) {
	for _, scope := range s {
		if reason := scope.risk(t); reason != "" {
			return scope, reason, true
		}
	}
	return Scope{}, "", false
}

// risk says why a scope is not known to be harmless; "" when it is.
func (s Scope) risk(t Type) string {
	if t != Artifactory {
		if slices.Contains(keeperScopes, s.text) {
			return ""
		}
		return "only administrators may hand it out, or it is not known"
	}
	switch rest, applied := strings.CutPrefix(s.text, "applied-permissions/"); {
	case s.groups != nil:
		if slices.ContainsFunc(s.groups, func(name string) bool { return strings.ContainsAny(name, "*?[]{}") }) {
			return "a pattern may cover a group of administrators"
		}
		return ""
	case applied && rest == "user":
		return ""
	case applied && rest == "admin":
		return "it makes its holder an administrator"
	case applied && strings.HasPrefix(rest, "roles:"):
		return "a project role may include the administration of the project, and what a role allows cannot be read"
	}
	kind, rest, _ := strings.Cut(s.text, ":")
	target, actions, isResource := strings.Cut(rest, ":")
	switch {
	case !isResource || target == "" || actions == "" || strings.ContainsAny(rest[len(target)+1:], `:"`) || strings.ContainsAny(target, `,"`):
	case slices.Contains(contentKinds, kind) && strings.Trim(actions, "rwda,") == "" && strings.Trim(actions, ",") != "":
		return ""
	case kind == "system" && actions == "r" && slices.Contains(readableTargets, target):
		return ""
	case kind == "system":
		return "it allows more than reading " + strings.Join(readableTargets, ", ")
	case slices.Contains(contentKinds, kind):
		return "it allows more than reading, writing, deleting and annotating"
	}
	return "it is not known to be harmless"
}
