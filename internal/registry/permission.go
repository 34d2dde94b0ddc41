package registry

import (
	"context"
	"iter"
)

// Permission grants actions on repositories to principals. On Artifactory it is a named permission target over several
// repositories. On Artifact Keeper it is the set of rows (principal × repository) of one repository whose key is Name.
type Permission struct {
	ID           string
	Name         string
	Repositories []string
	// Users and Groups map a principal's name to its actions, in the registry's own vocabulary, sorted.
	Users  map[string][]string
	Groups map[string][]string
	// Orphans are rows whose principal no longer exists (Artifact Keeper keeps them); they are named by principal id.
	Orphans []string
	// Uneven is true when the targets of a section have different patterns (Artifactory). Ours belong to a whole section
	// and show their union, so that writing them back would widen what the narrower targets grant.
	Uneven bool
	// Partial is true for list results that only carry ID and Name.
	Partial     bool
	Artifactory *ArtifactoryPermission
}

// ArtifactoryPermission is what only Artifactory's permission targets have.
type ArtifactoryPermission struct {
	IncludePatterns []string
	ExcludePatterns []string
	Builds          *PermissionSection
	ReleaseBundles  *PermissionSection
	Destinations    *PermissionSection
	PipelineSources *PermissionSection
}

// PermissionSection is one non-artifact resource type of an Artifactory permission target.
type PermissionSection struct {
	Targets         []string
	IncludePatterns []string
	ExcludePatterns []string
	Users           map[string][]string
	Groups          map[string][]string
}

// PermissionSpec is the full desired state.
type PermissionSpec struct {
	Name         string
	Repositories []string
	Users        map[string][]string
	Groups       map[string][]string
	// Additive leaves principals alone that neither this spec nor the prior one names (Artifact Keeper).
	Additive    bool
	Artifactory *ArtifactoryPermission
}

// Permissions manages grants.
type Permissions interface {
	// Create grants. KindConflict when a permission of this name exists (on Artifact Keeper: when a row of one of the
	// principals exists, or, unless Additive, any row of the repository). Nothing is left of a create that failed, except
	// what is returned together with the error.
	Create(ctx context.Context, spec PermissionSpec) (Permission, error)
	// Get reads by Name. KindNotFound when there is none (on Artifact Keeper: no rows on the repository).
	Get(ctx context.Context, name string) (Permission, error)
	List(ctx context.Context) iter.Seq2[Permission, error]
	// Update moves from prior (what state holds) to spec, sending only what changed.
	Update(ctx context.Context, prior, spec PermissionSpec) (Permission, error)
	// Delete removes the permission; with Additive only the rows that spec names.
	Delete(ctx context.Context, spec PermissionSpec) error
}
