package artifactory

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// packageTypes maps the package type in a path to how repository lists spell it.
var packageTypes = map[string]string{
	packages.FormatNPM: "Npm", packages.FormatGo: "Go", packages.FormatPyPI: "Pypi", packages.FormatMaven: "Maven",
	packages.FormatCargo: "Cargo", packages.FormatConda: "Conda", packages.FormatOCI: "Docker",
}

func (s *server) repositoryRoutes() {
	s.authenticated("GET /artifactory/api/repositories", s.listRepositories)
	s.authenticated("GET /artifactory/api/repositories/{key}", s.getRepository)
	s.authenticated("/artifactory/api/repositories/{key}", func(http.ResponseWriter, *http.Request, *principal) error {
		return notModelled("Changing repositories")
	})
	s.authenticated("GET /artifactory/api/npm/auth", s.npmAuth)
	for kind := range packageTypes {
		if kind == packages.FormatOCI {
			continue // see docker.go
		}
		s.anonymous("/artifactory/api/"+kind+"/{repository}", s.servePackages(kind))
		s.anonymous("/artifactory/api/"+kind+"/{repository}/{path...}", s.servePackages(kind))
	}
}

func (s *server) findRepository(key string) *state.Repository {
	var found *state.Repository
	s.Store.View(func(st *state.State) {
		if repository := st.RepositoryByKey(key); repository != nil {
			copied := *repository
			found = &copied
		}
	})
	return found
}

func (s *server) listRepositories(w http.ResponseWriter, r *http.Request, p *principal) error {
	type item struct {
		Key         string `json:"key"`
		Description string `json:"description,omitempty"`
		Type        string `json:"type"`
		URL         string `json:"url"`
		PackageType string `json:"packageType"`
	}
	kind, format := r.URL.Query().Get("type"), r.URL.Query().Get("packageType")
	list := []item{}
	base := s.base(r)
	s.Store.View(func(st *state.State) {
		for _, repository := range st.Repositories {
			if kind != "" && !strings.EqualFold(kind, "local") || format != "" && !strings.EqualFold(format, repository.Format) {
				continue
			}
			if p.admin || s.may(st, p, repository, "", actionRead) {
				list = append(list, item{
					Key: repository.Key, Description: repository.Description, Type: "LOCAL",
					URL: base + "/artifactory/" + repository.Key, PackageType: packageTypes[repository.Format],
				})
			}
		}
	})
	writeJSON(w, http.StatusOK, list)
	return nil
}

// getRepository shows a repository. One that does not exist is a bad request, not a 404: a trap that clients know.
func (s *server) getRepository(w http.ResponseWriter, r *http.Request, p *principal) error {
	var found *state.Repository
	allowed := false
	s.Store.View(func(st *state.State) {
		if repository := st.RepositoryByKey(r.PathValue("key")); repository != nil {
			copied := *repository
			found, allowed = &copied, p.admin || s.may(st, p, repository, "", actionRead)
		}
	})
	switch {
	case found == nil && p.admin:
		return badRequest("Bad Request")
	case !allowed:
		return errForbidden
	}
	repository := map[string]any{
		"key": found.Key, "packageType": found.Format, "rclass": "local", "description": found.Description,
	}
	if p.admin { // others are shown the outline only
		repository["notes"] = ""
		repository["includesPattern"] = "**/*"
		repository["excludesPattern"] = ""
		repository["repoLayoutRef"] = found.Format + "-default"
		repository["blackedOut"] = false
		repository["xrayIndex"] = false
		repository["environments"] = []string{}
	}
	writeJSON(w, http.StatusOK, repository)
	return nil
}

// npmAuth answers with the lines of an .npmrc that sign the caller in with the credential just used.
func (s *server) npmAuth(w http.ResponseWriter, r *http.Request, p *principal) error {
	name, secret, ok := r.BasicAuth()
	if !ok {
		name = p.username
		secret = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if value := r.Header.Get("X-JFrog-Art-Api"); value != "" {
			secret = value
		}
	}
	email := ""
	s.Store.View(func(st *state.State) {
		if user := st.UserByID(p.userID); user != nil {
			email = user.Email
		}
	})
	writeText(w, http.StatusOK, fmt.Sprintf("_auth = %s\nalways-auth = true\nemail = %s\n",
		base64.StdEncoding.EncodeToString([]byte(name+":"+secret)), email))
	return nil
}

// servePackages answers below /artifactory/api/FORMAT/REPOSITORY.
func (s *server) servePackages(format string) handlerFunc {
	return func(w http.ResponseWriter, r *http.Request, p *principal) error {
		key := r.PathValue("repository")
		return s.serveRepository(w, r, p, place{
			format: format, key: key, path: r.PathValue("path"), base: s.base(r) + "/artifactory/api/" + format + "/" + key,
		})
	}
}

// place is where a request goes: a path in a repository, and the repository's address.
type place struct{ format, key, path, base string }

// serveRepository lets package clients in. Without a right on an existing repository every path in it is 403, so that
// nobody learns what it holds.
func (s *server) serveRepository(w http.ResponseWriter, r *http.Request, p *principal, at place) error {
	record.From(r.Context()).Repository = at.key
	var exists, public, read, write, remove bool
	s.Store.View(func(st *state.State) {
		repository := st.RepositoryByKey(at.key)
		if repository == nil || repository.Format != at.format {
			return
		}
		exists, public = true, repository.Public
		read = s.may(st, p, repository, at.path, actionRead)
		write = s.may(st, p, repository, at.path, actionWrite)
		remove = s.may(st, p, repository, at.path, actionDelete)
	})
	switch {
	case p == nil && !read:
		return errNoCredentials(r)
	case !exists:
		return notFound("The repository '" + at.key + "' does not exist or is not of type " + at.format)
	case !read && (!write || r.Method == http.MethodGet || r.Method == http.MethodHead):
		return forbidden("User " + p.username + " is not permitted to access '" + at.key + "'")
	}
	request := packages.Request{
		Repository: at.key, Format: at.format, Path: at.path, BaseURL: at.base, Public: public, CanWrite: write, CanDelete: remove,
		Style: packages.Artifactory,
		Errors: func(w http.ResponseWriter, status int, _, message string) {
			WriteError(w, r, status, message)
		},
	}
	if p != nil {
		request.User = p.username
	}
	s.Packages.Serve(w, r, request)
	return nil
}
