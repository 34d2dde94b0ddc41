package artifactkeeper

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	repositoriesPath = "/api/v1/repositories"
	repositoryPath   = repositoriesPath + "/{key}"
)

// repositories is repositories.rs. They are addressed by key; permissions need the id.
type repositories struct{ c *transport.Client }

type repositoryJSON struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Description string `json:"description"` // or null
	Format      string `json:"format"`
	RepoType    string `json:"repo_type"`
	IsPublic    bool   `json:"is_public"`

	asked string
}

// Complete implements the transport's check of a success.
func (r *repositoryJSON) Complete() error {
	if r.ID == "" || r.Key == "" {
		return errors.New("it names no repository")
	}
	return same(r.asked, r.Key)
}

func (r *repositoryJSON) repository(base string) registry.Repository {
	return registry.Repository{
		ID: r.ID, Key: r.Key, PackageType: r.Format, Kind: r.RepoType, Description: r.Description, Public: r.IsPublic,
		URL: packageURL(base, r.Format, r.Key),
	}
}

// packageURL is where a client of the format finds a repository, without a final slash (routes.rs mounts each format at
// a prefix of its own; several formats share one).
func packageURL(base, format, key string) string {
	prefix, shared := map[string]string{
		"yarn": "npm", "pnpm": "npm", "bower": "npm", "poetry": "pypi", "condanative": "conda", "gradle": "maven",
		"rubygems": "gems", "generic": "general", "docker": "v2", "podman": "v2", "helmoci": "v2",
	}[format]
	if !shared {
		prefix = format
	}
	return base + "/" + prefix + "/" + url.PathEscape(key)
}

// Get implements registry.Repositories. A private repository that the credential may not see is not found.
func (r repositories) Get(ctx context.Context, key string) (registry.Repository, error) {
	answer, err := r.get(ctx, key)
	if err != nil {
		return registry.Repository{}, err
	}
	return answer.repository(r.c.BaseURL()), nil
}

func (r repositories) get(ctx context.Context, key string) (*repositoryJSON, error) {
	answer := repositoryJSON{asked: key}
	err := r.c.Do(ctx, transport.Request{
		Op: "read", Object: fmt.Sprintf("repository %q", key), Method: http.MethodGet, Path: repositoryPath,
		Params: map[string]string{"key": key},
	}, &answer)
	return &answer, err
}

// List implements registry.Repositories.
func (r repositories) List(ctx context.Context, filter registry.RepositoryFilter) iter.Seq2[registry.Repository, error] {
	return func(yield func(registry.Repository, error) bool) {
		query := url.Values{}
		if filter.PackageType != "" {
			query.Set("format", filter.PackageType)
		}
		if filter.Kind != "" {
			query.Set("type", filter.Kind)
		}
		for item, err := range r.list(query).each(ctx) {
			if err != nil {
				yield(registry.Repository{}, err)
				return
			}
			if !yield(item.repository(r.c.BaseURL()), nil) {
				return
			}
		}
	}
}

func (r repositories) list(query url.Values) lister[repositoryJSON] {
	return lister[repositoryJSON]{
		c: r.c, what: "repositories", path: repositoriesPath, query: query,
		id: func(item repositoryJSON) string { return item.ID },
	}
}
