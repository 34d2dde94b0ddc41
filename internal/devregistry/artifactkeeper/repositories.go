package artifactkeeper

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) repositoryRoutes() {
	s.handle("GET /api/v1/repositories", optional, s.listRepositories)
	s.handle("POST /api/v1/repositories", optional, s.createRepository)
	s.handle("GET /api/v1/repositories/{key}", optional, s.getRepository)
	s.handle("PATCH /api/v1/repositories/{key}", optional, s.updateRepository)
	s.handle("DELETE /api/v1/repositories/{key}", optional, s.deleteRepository)
}

// repositoryResponse is a repository (Artifact Keeper: api/handlers/repositories.rs). is_public and
// allow_anonymous_access are one flag under two names.
type repositoryResponse struct {
	ID                 string  `json:"id"`
	Key                string  `json:"key"`
	Name               string  `json:"name"`
	Description        *string `json:"description"`
	Format             string  `json:"format"`
	RepoType           string  `json:"repo_type"`
	IsPublic           bool    `json:"is_public"`
	AllowAnonymous     bool    `json:"allow_anonymous_access"`
	PromotionOnly      bool    `json:"promotion_only"`
	VersioningEnabled  bool    `json:"versioning_enabled"`
	StorageUsedBytes   int64   `json:"storage_used_bytes"`
	QuotaBytes         *int64  `json:"quota_bytes"`
	ProjectID          *string `json:"project_id"`
	HasTrustedGPGKey   bool    `json:"has_trusted_gpg_key"`
	UpstreamURL        *string `json:"upstream_url"`
	UpstreamAuthType   *string `json:"upstream_auth_type"`
	UpstreamAuthSet    bool    `json:"upstream_auth_configured"`
	CurationEnabled    bool    `json:"curation_enabled"`
	CurationDefaultAct string  `json:"curation_default_action"`
	CreatedAt          stamp   `json:"created_at"`
	UpdatedAt          stamp   `json:"updated_at"`
}

func describeRepository(repo *state.Repository) repositoryResponse {
	updated := repo.UpdatedAt
	if updated.IsZero() {
		updated = repo.CreatedAt
	}
	return repositoryResponse{
		ID: repo.ID, Key: repo.Key, Name: repo.Name, Description: orNull(repo.Description),
		// Formats are echoed without separators: conda_native comes back as condanative.
		Format:   strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(repo.Format)),
		RepoType: repoType(repo), IsPublic: repo.Public, AllowAnonymous: repo.Public, PromotionOnly: repo.PromotionOnly,
		VersioningEnabled: repo.Versioning, QuotaBytes: repo.QuotaBytes, ProjectID: orNull(repo.ProjectID),
		UpstreamURL: orNull(repo.UpstreamURL), UpstreamAuthType: orNull(repo.UpstreamAuth),
		UpstreamAuthSet: repo.UpstreamAuth != "", CurationEnabled: repo.CurationEnabled, CurationDefaultAct: "allow",
		CreatedAt: stamp(repo.CreatedAt), UpdatedAt: stamp(updated),
	}
}

func repoType(repo *state.Repository) string { return cmp.Or(repo.Kind, "local") }

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (s *server) listRepositories(r *http.Request, who *caller) (any, error) {
	q := readQuery(r)
	p, format, kind, search, project := q.clampedPage(), q.text("format"), q.text("type"), q.text("q"), q.text("project")
	if kind == nil {
		kind = q.text("repo_type")
	}
	if q.err != nil {
		return nil, q.err
	}
	var out listing[repositoryResponse]
	s.store.View(func(st *state.State) {
		var found []*state.Repository
		for _, repo := range st.Repositories {
			if mayRead(st, repo, who) &&
				(format == nil || strings.EqualFold(repo.Format, *format)) && (kind == nil || repoType(repo) == *kind) &&
				(search == nil || contains(repo.Key, *search) || contains(repo.Name, *search) ||
					contains(repo.Description, *search)) &&
				(project == nil || inProject(st, repo, *project)) {
				found = append(found, repo)
			}
		}
		slices.SortStableFunc(found, func(a, b *state.Repository) int { return compareText(a.Name, b.Name) })
		out = paged(p, found, describeRepository)
	})
	return out, nil
}

// inProject tells whether a repository belongs to a project given by id or key.
func inProject(st *state.State, repo *state.Repository, project string) bool {
	return repo.ProjectID != "" && slices.ContainsFunc(st.ArtifactKeeper.Projects, func(p *state.Project) bool {
		return p.ID == repo.ProjectID && (p.ID == project || p.Key == project)
	})
}

// getRepository finds a repository by key. One the caller may not see does not exist.
func (s *server) getRepository(r *http.Request, who *caller) (any, error) {
	key := r.PathValue("key")
	record.From(r.Context()).Repository = key
	var out repositoryResponse
	err := noSuchRepository(key)
	s.store.View(func(st *state.State) {
		if repo := st.RepositoryByKey(key); repo != nil && mayRead(st, repo, who) {
			out, err = describeRepository(repo), nil
		}
	})
	return result(out, err)
}
