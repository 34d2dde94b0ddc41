package registry

import (
	"context"
	"iter"
)

// User is an account. Username is unique on a server; ID is what the API addresses: the name itself on Artifactory, a
// UUID on Artifact Keeper.
type User struct {
	ID          string
	Username    string
	Email       string
	DisplayName string // Artifact Keeper only
	// Admin is the effective right: what the account's own flag or (Artifactory) one of its groups gives. Decide with it
	// who may be trusted.
	Admin bool
	// AdminFlag is the account's own flag, the one a configuration sets. It differs from Admin only on Artifactory.
	AdminFlag bool
	Enabled   bool
	// Realm says who owns the account: internal (Artifactory) or local (Artifact Keeper) for accounts of the registry
	// itself, else ldap, saml, oidc, ci, ….
	Realm string
	// ServiceAccount is true for accounts that are no person.
	ServiceAccount bool
	// Groups are names. Filled where the registry answers them with the user (Artifactory); nil elsewhere.
	Groups []string
	// Partial is true for list results of a registry whose list is thin: only ID, Username, Realm and Enabled are set.
	Partial bool
	// Artifactory holds what only Artifactory has; nil elsewhere and in partial results.
	Artifactory *ArtifactoryUser
}

// Federated reports whether a directory or identity provider owns the account, so that its next sign-in rewrites it.
func (u User) Federated() bool {
	switch u.Realm {
	case "", "internal", "local":
		return false
	default:
		return true
	}
}

// ArtifactoryUser are flags that only Artifactory knows.
type ArtifactoryUser struct {
	ProfileUpdatable         bool
	DisableUIAccess          bool
	InternalPasswordDisabled bool
	// Roles needs Artifactory 7.128.0 or newer.
	Roles ArtifactoryUserRoles
}

// ArtifactoryUserRoles are the role flags of Artifactory 7.128.0 and newer.
type ArtifactoryUserRoles struct {
	WatchManager     bool
	PolicyViewer     bool
	PolicyManager    bool
	ReportsManager   bool
	ResourcesManager bool
}

// UserSpec describes an account to create.
type UserSpec struct {
	Username    string
	Email       string
	DisplayName string
	// Password is sent once. Empty means an account that nobody signs in to with a password.
	Password    Secret
	Admin       bool
	Enabled     bool
	Artifactory *ArtifactoryUserPatch
}

// UserPatch changes an account; nil fields are left alone and not sent.
type UserPatch struct {
	Email       *string
	DisplayName *string
	Admin       *bool
	Enabled     *bool
	// Password, when not empty, is set together with the rest: Artifactory demands it in the very request that clears
	// InternalPasswordDisabled.
	Password    Secret
	Artifactory *ArtifactoryUserPatch
}

// ArtifactoryUserPatch changes Artifactory's own flags; nil fields are left to the server.
type ArtifactoryUserPatch struct {
	ProfileUpdatable         *bool
	DisableUIAccess          *bool
	InternalPasswordDisabled *bool
	WatchManager             *bool
	PolicyViewer             *bool
	PolicyManager            *bool
	ReportsManager           *bool
	ResourcesManager         *bool
}

// UserFilter narrows a list on the server. Zero fields do not filter.
type UserFilter struct {
	// Contains keeps users whose name contains it (Artifact Keeper also looks at e-mail and display name).
	Contains string
}

// Users manages accounts.
type Users interface {
	// Create makes an account. Its answer is complete: no read-back is needed. When the account was made but a
	// follow-up step failed, both the user and the error are returned, so that the caller can save it.
	Create(ctx context.Context, spec UserSpec) (User, error)
	// Get reads by ID. A missing account is KindNotFound.
	Get(ctx context.Context, id string) (User, error)
	// FindByUsername looks for exactly this name (case as the registry compares it). KindNotFound if there is none.
	FindByUsername(ctx context.Context, username string) (User, error)
	// FindByEmail makes the registry's direct look-up for an e-mail address: on Artifactory the account *named* so, on
	// Artifact Keeper the accounts whose address equals it, ignoring case. Several may be returned.
	FindByEmail(ctx context.Context, email string) ([]User, error)
	// List yields accounts page by page; results may be Partial.
	List(ctx context.Context, filter UserFilter) iter.Seq2[User, error]
	Update(ctx context.Context, id string, patch UserPatch) (User, error)
	SetPassword(ctx context.Context, id string, password Secret) error
	// Delete removes the account. A missing one is KindNotFound.
	Delete(ctx context.Context, id string) error
}
