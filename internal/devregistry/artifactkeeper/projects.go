package artifactkeeper

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) projectRoutes() {
	const base = "/api/v1/projects"
	route := func(pattern string, f endpoint) {
		s.handle(pattern, hard, func(r *http.Request, who *caller) (any, error) {
			if err := who.requireAdmin(); err != nil {
				return nil, err
			}
			return f(r, who)
		})
	}
	route("GET "+base, s.listProjects)
	route("POST "+base, s.createProject)
	route("GET "+base+"/{id}", s.getProject)
	route("PUT "+base+"/{id}", s.updateProject)
	route("DELETE "+base+"/{id}", s.deleteProject)
	route("GET "+base+"/{id}/members", s.listProjectMembers)
	route("POST "+base+"/{id}/members", s.putProjectMember)
	route("DELETE "+base+"/{id}/members", s.removeProjectMember)
}

// projectResponse is a group of repositories (Artifact Keeper: api/handlers/projects.rs).
type projectResponse struct {
	ID          string  `json:"id"`
	Key         string  `json:"key"`
	Name        string  `json:"name"`
	Description *string `json:"description"`
	QuotaBytes  *int64  `json:"quota_bytes"`
	CreatedAt   stamp   `json:"created_at"`
	UpdatedAt   stamp   `json:"updated_at"`
}

func describeProject(p *state.Project) projectResponse {
	return projectResponse{
		p.ID, p.Key, p.Name, copied(p.Description), copied(p.QuotaBytes), stamp(p.CreatedAt),
		stamp(p.UpdatedAt),
	}
}

func projectByID(st *state.State, id string) *state.Project {
	i := slices.IndexFunc(st.ArtifactKeeper.Projects, func(p *state.Project) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return st.ArtifactKeeper.Projects[i]
}

func (s *server) listProjects(*http.Request, *caller) (any, error) {
	out := items[projectResponse]{[]projectResponse{}}
	s.store.View(func(st *state.State) {
		for _, p := range st.ArtifactKeeper.Projects {
			out.Items = append(out.Items, describeProject(p))
		}
	})
	slices.SortFunc(out.Items, func(a, b projectResponse) int { return compareText(a.Key, b.Key) })
	return out, nil
}

func (s *server) createProject(r *http.Request, who *caller) (any, error) {
	body, err := readLabelled(r, rawBody, "Invalid project payload")
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	p := &state.Project{
		ID: uuid.NewString(), Key: required[string](body, "key"), Name: required[string](body, "name"),
		Description: maybe[string](body, "description"), QuotaBytes: maybe[int64](body, "quota_bytes"), CreatedBy: who.userID,
		CreatedAt: now, UpdatedAt: now,
	}
	if err := body.done(); err != nil {
		return nil, err
	}
	if err := checkKey("Project", p.Key); err != nil {
		return nil, err
	}
	out := describeProject(p)
	s.store.Update(func(st *state.State) {
		if slices.ContainsFunc(st.ArtifactKeeper.Projects, func(o *state.Project) bool { return o.Key == p.Key }) {
			err = conflict("Project key already exists")
			return
		}
		st.ArtifactKeeper.Projects = append(st.ArtifactKeeper.Projects, p)
	})
	return result(out, err)
}

// onProject runs f on the project of the path.
func (s *server) onProject(r *http.Request, f func(*state.State, *state.Project) (any, error)) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	var out any
	s.store.Update(func(st *state.State) {
		p := projectByID(st, id)
		if p == nil {
			err = notFound("Project not found")
			return
		}
		out, err = f(st, p)
	})
	return result(out, err)
}

func (s *server) getProject(r *http.Request, _ *caller) (any, error) {
	return s.onProject(r, func(_ *state.State, p *state.Project) (any, error) { return describeProject(p), nil })
}

func (s *server) updateProject(r *http.Request, _ *caller) (any, error) {
	body, err := readLabelled(r, rawBody, "Invalid project payload")
	if err != nil {
		return nil, err
	}
	name, description := maybe[string](body, "name"), maybe[string](body, "description")
	quota := maybe[int64](body, "quota_bytes")
	if err := body.done(); err != nil {
		return nil, err
	}
	now := s.store.Now()
	return s.onProject(r, func(_ *state.State, p *state.Project) (any, error) {
		set(&p.Name, name)
		if description != nil {
			p.Description = description
		}
		if quota != nil {
			p.QuotaBytes = quota
		}
		p.UpdatedAt = now
		return describeProject(p), nil
	})
}

// deleteProject is the only deletion that takes the permission rows along; repositories leave the project.
func (s *server) deleteProject(r *http.Request, _ *caller) (any, error) {
	return s.onProject(r, func(st *state.State, p *state.Project) (any, error) {
		st.Rows = slices.DeleteFunc(st.Rows, func(row *state.PermissionRow) bool { return onTarget(row, p) })
		for _, repo := range st.Repositories {
			if repo.ProjectID == p.ID {
				repo.ProjectID = ""
			}
		}
		st.ArtifactKeeper.Projects = slices.DeleteFunc(st.ArtifactKeeper.Projects,
			func(other *state.Project) bool { return other == p })
		return nil, nil
	})
}

func onTarget(row *state.PermissionRow, p *state.Project) bool {
	return row.TargetType == targetProject && row.TargetID == p.ID
}

// projectMember is a permission row on the project.
type projectMember struct {
	PrincipalType string   `json:"principal_type"`
	PrincipalID   string   `json:"principal_id"`
	Actions       []string `json:"actions"`
}

func (s *server) listProjectMembers(r *http.Request, _ *caller) (any, error) {
	return s.onProject(r, func(st *state.State, p *state.Project) (any, error) {
		out := items[projectMember]{[]projectMember{}}
		for _, row := range st.Rows {
			if onTarget(row, p) {
				out.Items = append(out.Items, projectMember{row.PrincipalType, row.PrincipalID, orEmpty(slices.Clone(row.Actions))})
			}
		}
		return out, nil
	})
}

// putProjectMember grants actions on a project, in place of what the principal had.
func (s *server) putProjectMember(r *http.Request, _ *caller) (any, error) {
	body, err := readLabelled(r, rawBody, "Invalid member payload")
	if err != nil {
		return nil, err
	}
	m := projectMember{
		required[string](body, "principal_type"), string(required[uid](body, "principal_id")),
		required[[]string](body, "actions"),
	}
	if err := body.done(); err != nil {
		return nil, err
	}
	if m.PrincipalType != "user" && m.PrincipalType != "group" {
		return nil, invalid("Invalid principal_type '" + m.PrincipalType + "': must be 'user' or 'group'")
	}
	if len(m.Actions) == 0 {
		return nil, invalid("actions must contain at least one action")
	}
	now := s.store.Now()
	return s.onProject(r, func(st *state.State, p *state.Project) (any, error) {
		row := &state.PermissionRow{
			ID: uuid.NewString(), PrincipalType: m.PrincipalType, PrincipalID: m.PrincipalID,
			TargetType: targetProject, TargetID: p.ID, Actions: m.Actions, CreatedAt: now, UpdatedAt: now,
		}
		if err := checkPrincipal(st, row); err != nil {
			return nil, err
		}
		for _, old := range st.Rows {
			if onTarget(old, p) && old.PrincipalType == m.PrincipalType && old.PrincipalID == m.PrincipalID {
				old.Actions, old.UpdatedAt = m.Actions, now
				return m, nil
			}
		}
		st.Rows = append(st.Rows, row)
		return m, nil
	})
}

func (s *server) removeProjectMember(r *http.Request, _ *caller) (any, error) {
	body, err := readLabelled(r, rawBody, "Invalid member payload")
	if err != nil {
		return nil, err
	}
	kind, id := required[string](body, "principal_type"), string(required[uid](body, "principal_id"))
	if err := body.done(); err != nil {
		return nil, err
	}
	return s.onProject(r, func(st *state.State, p *state.Project) (any, error) {
		before := len(st.Rows)
		st.Rows = slices.DeleteFunc(st.Rows, func(row *state.PermissionRow) bool {
			return onTarget(row, p) && row.PrincipalType == kind && row.PrincipalID == id
		})
		if len(st.Rows) == before {
			return nil, notFound("Project member not found")
		}
		return nil, nil
	})
}
