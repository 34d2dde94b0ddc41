package registry

import (
	"context"
	"iter"
)

// Repository is a package repository; this provider only reads it.
type Repository struct {
	ID          string // UUID on Artifact Keeper, the key on Artifactory
	Key         string
	PackageType string // npm, go, pypi, … in the registry's own words, lower case
	Kind        string // local, remote, virtual, federated, staging
	Description string
	Public      bool
	// URL is where clients reach the repository, by the registry's URL rule for its package type.
	URL string
}

// RepositoryFilter narrows a list on the server.
type RepositoryFilter struct {
	PackageType string
	Kind        string
}

// Repositories reads repositories.
type Repositories interface {
	// Get reads by key; KindNotFound when there is none (or the credential may not see it).
	Get(ctx context.Context, key string) (Repository, error)
	List(ctx context.Context, filter RepositoryFilter) iter.Seq2[Repository, error]
}
