package artifactory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	repositoriesPath = "/artifactory/api/repositories"
	repositoryPath   = repositoriesPath + "/{key}"
)

// repositories is help: get-repositories, repository-configuration.
type repositories struct{ c *transport.Client }

// repositoryJSON reads both forms: the list says type ("LOCAL"), the configuration says rclass ("local").
type repositoryJSON struct {
	Key         string `json:"key"`
	Class       string `json:"rclass"`
	Type        string `json:"type"`
	PackageType string `json:"packageType"`
	Description string `json:"description"`
}

// Complete implements the transport's check of a success.
func (r *repositoryJSON) Complete() error {
	if r.Key == "" {
		return errors.New("it names no repository")
	}
	return nil
}

func (r *repositoryJSON) repository(base string) registry.Repository {
	kind := r.Class
	if kind == "" {
		kind = r.Type
	}
	packageType := strings.ToLower(r.PackageType)
	return registry.Repository{
		ID: r.Key, Key: r.Key, PackageType: packageType, Kind: strings.ToLower(kind), Description: r.Description,
		URL: packageURL(base, packageType, r.Key),
	}
}

// packageURL is where a client of the package type finds a repository, without a final slash.
func packageURL(base, packageType, key string) string {
	key = url.PathEscape(key)
	switch packageType {
	case "npm", "go", "pypi", "conda", "gems", "cargo", "helm", "composer", "conan", "cran", "pub", "docker", "terraform":
		return base + "/artifactory/api/" + packageType + "/" + key
	case "nuget":
		return base + "/artifactory/api/nuget/v3/" + key
	default: // maven, gradle, generic and the rest are plain paths
		return base + "/artifactory/" + key
	}
}

// kindOfBadRepository reads the 400 that Artifactory answers for an unknown key, and also for a call that is not part of
// the free edition.
func kindOfBadRepository(message string) registry.Kind {
	if strings.Contains(message, "Artifactory Pro") {
		return registry.KindUnsupported
	}
	return registry.KindNotFound
}

// Get implements registry.Repositories.
func (r repositories) Get(ctx context.Context, key string) (registry.Repository, error) {
	var answer repositoryJSON
	err := r.c.Do(ctx, transport.Request{
		Op: "read", Object: fmt.Sprintf("repository %q", key), Method: http.MethodGet, Path: repositoryPath,
		Params: map[string]string{"key": key},
	}, &answer)
	if err != nil {
		return registry.Repository{}, err
	}
	return answer.repository(r.c.BaseURL()), nil
}

// List implements registry.Repositories. The list has no pages.
func (r repositories) List(ctx context.Context, filter registry.RepositoryFilter) iter.Seq2[registry.Repository, error] {
	return func(yield func(registry.Repository, error) bool) {
		query := url.Values{}
		setIf(query, "packageType", filter.PackageType)
		setIf(query, "type", filter.Kind)
		var answer []repositoryJSON
		err := r.c.Do(ctx, transport.Request{
			Op: "list", Object: "repositories", Method: http.MethodGet, Path: repositoriesPath, Query: query,
		}, &answer)
		if err != nil {
			yield(registry.Repository{}, err)
			return
		}
		for i := range answer {
			if !yield(answer[i].repository(r.c.BaseURL()), nil) {
				return
			}
		}
	}
}
