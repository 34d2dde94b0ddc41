package artifactkeeper

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// maxServiceName is the length of a service account's user name, prefix included.
const maxServiceName = 64

func (s *server) serviceAccountRoutes() {
	const base = "/api/v1/service-accounts"
	route := func(pattern string, f endpoint) {
		s.handle(pattern, hard, f)
	}
	route("GET "+base, s.listServiceAccounts)
	route("POST "+base, s.createServiceAccount)
	route("GET "+base+"/{id}", s.getServiceAccount)
	route("PATCH "+base+"/{id}", s.updateServiceAccount)
	route("DELETE "+base+"/{id}", s.deleteServiceAccount)
	route("GET "+base+"/{id}/tokens", s.listServiceTokens)
	route("POST "+base+"/{id}/tokens", s.createServiceToken)
	route("DELETE "+base+"/{id}/tokens/{token}", s.revokeServiceToken)
	route("POST "+base+"/repo-selector/preview", s.previewSelector)
}

// serviceAccountResponse is a machine's account (Artifact Keeper: api/handlers/service_accounts.rs).
type serviceAccountResponse struct {
	ID          string  `json:"id"`
	Username    string  `json:"username"`
	DisplayName *string `json:"display_name"`
	IsActive    bool    `json:"is_active"`
	CreatedAt   stamp   `json:"created_at"`
	UpdatedAt   stamp   `json:"updated_at"`
}

func describeServiceAccount(u *state.User) serviceAccountResponse {
	updated := u.UpdatedAt
	if updated.IsZero() {
		updated = u.CreatedAt
	}
	return serviceAccountResponse{u.ID, u.Username, displayName(u), u.Active, stamp(u.CreatedAt), stamp(updated)}
}

// serviceAccountByID finds a service account; people are not found.
func serviceAccountByID(st *state.State, id string) (*state.User, error) {
	if u := st.UserByID(id); u != nil && u.ServiceAccount {
		return u, nil
	}
	return nil, notFound("Service account not found")
}

func (s *server) listServiceAccounts(_ *http.Request, who *caller) (any, error) {
	if err := who.requireAdmin(); err != nil {
		return nil, err
	}
	type summary struct {
		serviceAccountResponse
		TokenCount int `json:"token_count"`
	}
	out := items[summary]{[]summary{}}
	s.store.View(func(st *state.State) {
		for _, u := range slices.Backward(st.Users) {
			if !u.ServiceAccount {
				continue
			}
			n := 0
			for _, t := range st.Tokens {
				if t.UserID == u.ID && t.RevokedAt.IsZero() {
					n++
				}
			}
			out.Items = append(out.Items, summary{describeServiceAccount(u), n})
		}
	})
	return out, nil
}

// serviceName makes the user name of a service account (Artifact Keeper: services/service_account_service.rs).
func serviceName(name string) (string, error) {
	username := "svc-" + strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "-")
	wellFormed := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' }
	switch {
	case username == "svc-":
		return "", invalid("Service account name must not be empty")
	case len(username) > maxServiceName:
		return "", invalid("Service account name is too long: at most 64 characters with its prefix")
	case strings.IndexFunc(username, func(r rune) bool { return !wellFormed(r) }) >= 0:
		return "", invalid("Service account name may contain only letters, digits and hyphens")
	}
	return username, nil
}

// createServiceAccount makes an account that is no person. A taken name is a 400 here, not the usual 409.
func (s *server) createServiceAccount(r *http.Request, who *caller) (any, error) {
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	name, description := required[string](body, "name"), maybe[string](body, "description")
	if err := body.done(); err != nil {
		return nil, err
	}
	if err := who.requireAdmin(); err != nil {
		return nil, err
	}
	username, err := serviceName(name)
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	u := &state.User{
		ID: uuid.NewString(), Username: username, Email: username + "@service-accounts.local", Active: true,
		AuthProvider: "local", ServiceAccount: true, CreatedAt: now, UpdatedAt: now,
	}
	setDisplayName(u, description)
	out := describeServiceAccount(u)
	s.store.Update(func(st *state.State) {
		if st.UserByName(username) != nil {
			err = invalid("Service account '" + username + "' already exists")
			return
		}
		st.Users = append(st.Users, u)
	})
	return result(out, err)
}

func (s *server) getServiceAccount(r *http.Request, who *caller) (any, error) {
	return s.onServiceAccount(r, who, func(_ *state.State, u *state.User) any { return describeServiceAccount(u) })
}

// onServiceAccount runs f on the account of the path.
func (s *server) onServiceAccount(r *http.Request, who *caller, f func(*state.State, *state.User) any) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	if err := who.requireAdmin(); err != nil {
		return nil, err
	}
	var out any
	s.store.Update(func(st *state.State) {
		var u *state.User
		if u, err = serviceAccountByID(st, id); err == nil {
			out = f(st, u)
		}
	})
	return result(out, err)
}

func (s *server) updateServiceAccount(r *http.Request, who *caller) (any, error) {
	if _, err := pathID(r, "id"); err != nil {
		return nil, err
	}
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	name, active := maybe[string](body, "display_name"), maybe[bool](body, "is_active")
	if err := body.done(); err != nil {
		return nil, err
	}
	now := s.store.Now()
	return s.onServiceAccount(r, who, func(_ *state.State, u *state.User) any {
		setDisplayName(u, name)
		if active != nil {
			u.Active = *active
			if !u.Active {
				cutSessions(u, now)
			}
		}
		u.UpdatedAt = now
		return describeServiceAccount(u)
	})
}

func (s *server) deleteServiceAccount(r *http.Request, who *caller) (any, error) {
	return s.onServiceAccount(r, who, func(st *state.State, u *state.User) any {
		removeUser(st, u.ID)
		return noContent{}
	})
}

// serviceTokenResponse never shows the description that was stored with the token.
type serviceTokenResponse struct {
	tokenResponse
	IsExpired     bool     `json:"is_expired"`
	RepoSelector  any      `json:"repo_selector"`
	RepositoryIDs []string `json:"repository_ids"`
}

func (s *server) listServiceTokens(r *http.Request, who *caller) (any, error) {
	now := s.store.Now()
	return s.onServiceAccount(r, who, func(st *state.State, u *state.User) any {
		out := items[serviceTokenResponse]{[]serviceTokenResponse{}}
		for _, t := range slices.Backward(st.Tokens) {
			if t.UserID != u.ID || !t.RevokedAt.IsZero() {
				continue
			}
			ids := slices.DeleteFunc(slices.Clone(t.RepoIDs), func(id string) bool { return repositoryByID(st, id) == nil })
			out.Items = append(out.Items, serviceTokenResponse{
				describeToken(t), expired(t, now), storedJSON(t.Selector),
				orEmpty(ids),
			})
		}
		return out
	})
}

// createServiceToken mints a token that may be limited to repositories. The token is stored before its limits, without a
// transaction: a repository that does not exist is a 500 that leaves the token behind, good for everything.
func (s *server) createServiceToken(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	req := readTokenRequest(body, required[[]string])
	description, repositories := maybe[string](body, "description"), maybe[[]uid](body, "repository_ids")
	selector := maybe[any](body, "repo_selector")
	if err := body.done(); err != nil {
		return nil, err
	}
	if err := who.requireAdmin(); err != nil {
		return nil, err
	}
	if selector != nil && repositories != nil {
		return nil, invalid("Cannot specify both repo_selector and repository_ids")
	}
	var ids []string
	missing := false
	s.store.View(func(st *state.State) {
		if _, err = serviceAccountByID(st, id); err != nil {
			return
		}
		for _, repo := range deref(repositories) {
			missing = missing || repositoryByID(st, string(repo)) == nil
			ids = append(ids, string(repo))
		}
	})
	if err := cmp.Or(err, checkScopes(who, req.scopes)); err != nil {
		return nil, err
	}
	if s.opt.RefuseFailOpen {
		if err := failsOpen(body, repositories, missing); err != nil {
			return nil, err
		}
	}
	minted, err := s.mint(id, req, func(t *state.Token) {
		t.Description, t.CreatedBy = deref(description), who.userID
		if selector != nil {
			t.Selector = body.raw["repo_selector"]
		}
		if !missing {
			t.RepoIDs = ids
		}
	})
	if err == nil && missing {
		err = databaseError()
	}
	return result(minted, err)
}

// failsOpen is the refusal of a restriction that would not restrict, for tests that want to see none.
func failsOpen(body *fields, repositories *[]uid, missing bool) error {
	raw, selected := body.raw["repo_selector"]
	switch {
	case missing:
		return invalid("repository_ids names a repository that does not exist")
	case repositories != nil && len(*repositories) == 0:
		return invalid("repository_ids is empty and would not restrict the token")
	case selected && !isNull(raw) && parseSelector(raw).empty():
		return invalid("repo_selector has no criterion and would not restrict the token")
	}
	return nil
}

func (s *server) revokeServiceToken(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	token, err := pathID(r, "token")
	if err != nil {
		return nil, err
	}
	if err := who.requireAdmin(); err != nil {
		return nil, err
	}
	return result(noContent{}, s.revoke(id, token))
}

func (s *server) previewSelector(r *http.Request, who *caller) (any, error) {
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	required[any](body, "repo_selector")
	if err := body.done(); err != nil {
		return nil, err
	}
	if err := who.requireAdmin(); err != nil {
		return nil, err
	}
	type match struct {
		ID     string `json:"id"`
		Key    string `json:"key"`
		Format string `json:"format"`
	}
	out := struct {
		Matched []match `json:"matched_repositories"`
		Total   int     `json:"total"`
	}{Matched: []match{}}
	sel := parseSelector(body.raw["repo_selector"])
	s.store.View(func(st *state.State) {
		for _, repo := range sel.matching(st.Repositories) {
			out.Matched = append(out.Matched, match{repo.ID, repo.Key, repo.Format})
		}
	})
	out.Total = len(out.Matched)
	return out, nil
}
