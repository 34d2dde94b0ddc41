package artifactory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
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

	asked string
}

// Complete implements the transport's check of a success.
func (r *repositoryJSON) Complete() error {
	if r.Key == "" {
		return errors.New("it names no repository")
	}
	return sameName(r.asked, r.Key)
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

// badRepository reads the 400 that Artifactory answers for an unknown key, as other servers do with 404, and also for a call
// that is not part of the free edition. Its words ("Bad Request") say nothing, so Get looks into the list.
func badRepository(status int, message string) (missing bool, kind registry.Kind) {
	if status == http.StatusBadRequest && strings.Contains(message, "Artifactory Pro") {
		return false, registry.KindUnsupported
	}
	return status == http.StatusBadRequest || status == http.StatusNotFound, registry.KindUnknown
}

// Get implements registry.Repositories.
func (r repositories) Get(ctx context.Context, key string) (registry.Repository, error) {
	answer := repositoryJSON{asked: key}
	err := r.c.Do(ctx, transport.Request{
		Op: "read", Object: fmt.Sprintf("repository %q", key), Method: http.MethodGet, Path: repositoryPath,
		Params: map[string]string{"key": key},
	}, &answer)
	if registry.IsNotFound(err) {
		err = unlisted(err, func() (bool, error) {
			list, err := r.list(ctx, registry.RepositoryFilter{})
			return slices.ContainsFunc(list, func(item repositoryJSON) bool { return sameName(key, item.Key) == nil }), err
		})
	}
	if err != nil {
		return registry.Repository{}, err
	}
	return answer.repository(r.c.BaseURL()), nil
}

// List implements registry.Repositories. The list has no pages.
func (r repositories) List(ctx context.Context, filter registry.RepositoryFilter) iter.Seq2[registry.Repository, error] {
	return func(yield func(registry.Repository, error) bool) {
		list, err := r.list(ctx, filter)
		if err != nil {
			yield(registry.Repository{}, err)
			return
		}
		for i := range list {
			if !yield(list[i].repository(r.c.BaseURL()), nil) {
				return
			}
		}
	}
}

func (r repositories) list(ctx context.Context, filter registry.RepositoryFilter) ([]repositoryJSON, error) {
	query := url.Values{}
	setIf(query, "packageType", filter.PackageType)
	setIf(query, "type", filter.Kind)
	answer := transport.NewList("", transport.KeepAll[repositoryJSON])
	err := r.c.Do(ctx, transport.Request{
		Op: "list", Object: "repositories", Method: http.MethodGet, Path: repositoriesPath, Query: query,
	}, answer)
	return answer.Items, err
}
