package artifactkeeper

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// maxRepoTokenDays is the longest life of a repository token. Unlike the other token routes this one refuses what is out
// of range (Artifact Keeper: api/handlers/repo_tokens.rs).
const maxRepoTokenDays = 365

func (s *server) repoTokenRoutes() {
	const base = "/api/v1/repositories/{key}/tokens"
	s.handle("GET "+base, optional, s.listRepoTokens)
	s.handle("POST "+base, optional, s.createRepoToken)
	s.handle("GET "+base+"/{token}", optional, s.getRepoToken)
	s.handle("DELETE "+base+"/{token}", optional, s.revokeRepoToken)
}

type repoTokenResponse struct {
	tokenResponse
	IsExpired   bool    `json:"is_expired"`
	IsRevoked   bool    `json:"is_revoked"`
	Description *string `json:"description"`
	CreatedBy   *string `json:"created_by"`
}

func describeRepoToken(st *state.State, t *state.Token, now time.Time) repoTokenResponse {
	out := repoTokenResponse{
		tokenResponse: describeToken(t), IsExpired: expired(t, now), IsRevoked: !t.RevokedAt.IsZero(),
		Description: orNull(t.Description),
	}
	if u := st.UserByID(t.CreatedBy); u != nil {
		out.CreatedBy = copied(&u.Username)
	}
	return out
}

// tokenRepository finds the repository whose tokens a caller may manage: with the right scope, and only where the caller
// has any access at all.
func tokenRepository(st *state.State, key string, who *caller) (*state.Repository, error) {
	if err := requireCaller(who); err != nil {
		return nil, err
	}
	if !who.isAdmin() {
		if err := who.requireScope("write:repositories"); err != nil {
			return nil, err
		}
	}
	repo := st.RepositoryByKey(key)
	if repo == nil || !who.mayUse(repo.ID) {
		return nil, noSuchRepository(key)
	}
	reachable := repo.Public || who.isAdmin() || owns(repo, who.userID) ||
		slices.ContainsFunc(st.Rows, func(row *state.PermissionRow) bool {
			return covers(row, repo) && concerns(st, row, who.userID)
		})
	if !reachable {
		return nil, noSuchRepository(key)
	}
	return repo, nil
}

// listRepoTokens shows revoked tokens too, and to others than administrators only their own.
func (s *server) listRepoTokens(r *http.Request, who *caller) (any, error) {
	now := s.store.Now()
	out := items[repoTokenResponse]{[]repoTokenResponse{}}
	var err error
	s.store.View(func(st *state.State) {
		var repo *state.Repository
		if repo, err = tokenRepository(st, r.PathValue("key"), who); err != nil {
			return
		}
		for _, t := range slices.Backward(st.Tokens) {
			if t.BoundRepoID == repo.ID && who.mayTouch(t.CreatedBy) {
				out.Items = append(out.Items, describeRepoToken(st, t, now))
			}
		}
	})
	return result(out, err)
}

func (s *server) createRepoToken(r *http.Request, who *caller) (any, error) {
	key := r.PathValue("key")
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	req := readTokenRequest(body, required[[]string])
	description := maybe[string](body, "description")
	if err := body.done(); err != nil {
		return nil, err
	}
	var repoID string
	s.store.View(func(st *state.State) {
		var repo *state.Repository
		if repo, err = tokenRepository(st, key, who); err != nil {
			return
		}
		repoID = repo.ID
		if err = checkRepoToken(req); err == nil {
			err = checkScopes(who, req.scopes)
		}
		if err == nil {
			err = delegable(st, repo, who, req.scopes)
		}
	})
	if err != nil {
		return nil, err
	}
	minted, err := s.mint(who.userID, req, func(t *state.Token) {
		t.Description, t.CreatedBy, t.BoundRepoID, t.RepoIDs = deref(description), who.userID, repoID, []string{repoID}
	})
	return result(struct {
		mintedToken
		Repository string `json:"repository_key"`
	}{minted, key}, err)
}

func checkRepoToken(req tokenRequest) error {
	if req.days != nil && (*req.days < minTokenDays || *req.days > maxRepoTokenDays) {
		return invalid("Token expiration must be between 1 and 365 days")
	}
	if strings.TrimSpace(req.name) == "" {
		return invalid("Token name must not be empty")
	}
	return nil
}

// delegable refuses scopes that need an action on the repository which the caller does not have.
func delegable(st *state.State, repo *state.Repository, who *caller, scopes []string) error {
	for scope, action := range map[string]string{"write:artifacts": actionWrite, "write:repositories": actionAdmin} {
		if slices.Contains(scopes, scope) && !mayAct(st, repo, who, action) {
			return forbidden("Minting a token with the requested scopes requires the repository '" + action +
				"' action; a repo-scoped token cannot delegate access you do not hold")
		}
	}
	return nil
}

// onRepoToken runs f on a token of the repository that the caller may manage.
func (s *server) onRepoToken(r *http.Request, who *caller, f func(*state.State, *state.Token) (any, error)) (any, error) {
	id, err := pathID(r, "token")
	if err != nil {
		return nil, err
	}
	var out any
	s.store.Update(func(st *state.State) {
		var repo *state.Repository
		if repo, err = tokenRepository(st, r.PathValue("key"), who); err != nil {
			return
		}
		t := st.TokenByID(id)
		if t == nil || t.BoundRepoID != repo.ID || !who.mayTouch(t.CreatedBy) {
			err = notFound("Token not found")
			return
		}
		out, err = f(st, t)
	})
	return result(out, err)
}

func (s *server) getRepoToken(r *http.Request, who *caller) (any, error) {
	now := s.store.Now()
	return s.onRepoToken(r, who, func(st *state.State, t *state.Token) (any, error) {
		return describeRepoToken(st, t, now), nil
	})
}

func (s *server) revokeRepoToken(r *http.Request, who *caller) (any, error) {
	now := s.store.Now()
	return s.onRepoToken(r, who, func(_ *state.State, t *state.Token) (any, error) {
		if !t.RevokedAt.IsZero() {
			return nil, notFound("Token not found")
		}
		t.RevokedAt = now
		return noContent{}, nil
	})
}
