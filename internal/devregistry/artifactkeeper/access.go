package artifactkeeper

import (
	"net/http"
	"slices"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// The target types of permission rows that mean something (Artifact Keeper: services/permission_service.rs).
const (
	targetRepository = "repository"
	targetProject    = "project"
	targetGroup      = "group"
	targetSystem     = "system"
)

// systemID is the id of the one "system" target: the nil UUID.
const systemID = "00000000-0000-0000-0000-000000000000"

// The actions of permission rows that mean something; admin implies the others on repositories, write does not imply read.
const (
	actionRead   = "read"
	actionWrite  = "write"
	actionDelete = "delete"
	actionAdmin  = "admin"
)

// concerns tells whether a row is about one of the caller's principals: the account or one of its groups.
func concerns(st *state.State, row *state.PermissionRow, userID string) bool {
	if row.PrincipalType == "group" {
		g := st.GroupByID(row.PrincipalID)
		return g != nil && g.HasMember(userID)
	}
	return row.PrincipalID == userID && (row.PrincipalType == "user" || row.PrincipalType == "service_account")
}

// covers tells whether a row is about a repository, directly or through its project.
func covers(row *state.PermissionRow, repo *state.Repository) bool {
	switch row.TargetType {
	case targetRepository:
		return row.TargetID == repo.ID
	case targetProject:
		return repo.ProjectID != "" && row.TargetID == repo.ProjectID
	}
	return false
}

// hasRules tells whether any rule exists for a repository, whoever it is for. One that grants nothing counts.
func hasRules(st *state.State, repo *state.Repository) bool {
	return slices.ContainsFunc(st.Rows, func(row *state.PermissionRow) bool { return covers(row, repo) })
}

// rulesGrant tells whether the rules on a repository that concern a user grant an action, or admin.
func rulesGrant(st *state.State, repo *state.Repository, userID, action string) bool {
	return slices.ContainsFunc(st.Rows, func(row *state.PermissionRow) bool {
		return covers(row, repo) && concerns(st, row, userID) &&
			(slices.Contains(row.Actions, action) || slices.Contains(row.Actions, actionAdmin))
	})
}

// owns tells whether a user has the role assignments that come with creating a repository. They carry admin.
func owns(repo *state.Repository, userID string) bool { return slices.Contains(repo.OwnerIDs, userID) }

// mayAct is the server's repository-action check: an owner's role carries admin and always wins, rules decide for the rest.
// The server falls back to lesser roles for those no rule concerns, but nothing there assigns any (Artifact Keeper:
// services/permission_service.rs, services/repository_service.rs).
func mayAct(st *state.State, repo *state.Repository, who *caller, action string) bool {
	return who.isAdmin() || owns(repo, who.userID) || rulesGrant(st, repo, who.userID, action)
}

// mayRead is the visibility of a repository on the REST API: public ones for all, private ones for those with a grant that
// carries read (Artifact Keeper: api/handlers/repositories.rs).
func mayRead(st *state.State, repo *state.Repository, who *caller) bool {
	if repo.Public {
		return true
	}
	return who != nil && who.mayUse(repo.ID) && mayAct(st, repo, who, actionRead)
}

// mayOn tells whether a user's rules on another kind of target contain an action.
func mayOn(st *state.State, targetType, targetID, userID, action string) bool {
	return slices.ContainsFunc(st.Rows, func(row *state.PermissionRow) bool {
		return row.TargetType == targetType && row.TargetID == targetID && concerns(st, row, userID) &&
			slices.Contains(row.Actions, action)
	})
}

func actionFor(method string) string {
	switch method {
	case http.MethodDelete:
		return actionDelete
	case http.MethodPut, http.MethodPost, http.MethodPatch:
		return actionWrite
	default:
		return actionRead
	}
}

func repositoryByID(st *state.State, id string) *state.Repository {
	i := slices.IndexFunc(st.Repositories, func(r *state.Repository) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return st.Repositories[i]
}
