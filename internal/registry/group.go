package registry

import (
	"context"
	"iter"
)

// Group is a set of users that permissions can name.
type Group struct {
	// ID is the name on Artifactory, a UUID on Artifact Keeper.
	ID          string
	Name        string
	Description string
	// Members are user names. nil when the answer did not carry them.
	Members []string
	// ExternalSource names the directory or identity provider that owns the membership (ldap, oidc, saml, …); empty for
	// a group of the registry itself.
	ExternalSource string
	// Partial is true for list results that only carry ID and Name.
	Partial     bool
	Artifactory *ArtifactoryGroup
}

// ArtifactoryGroup is what only Artifactory's groups have.
type ArtifactoryGroup struct {
	AutoJoin        bool
	AdminPrivileges bool
	ExternalID      string
	Realm           string
	RealmAttributes string
	// LDAP is the directory's group behind a group of the realm ldap; nil for others.
	LDAP  *LDAPGroupLink
	Roles ArtifactoryGroupRoles
}

// LDAPGroupLink says which group of a directory a group of the realm ldap stands for. The registry compares both exactly;
// the name of the directory's group is the group's own, in lower case.
type LDAPGroupLink struct {
	Strategy LDAPStrategy
	GroupDN  string
}

// ArtifactoryGroupRoles are role flags; all of them need Artifactory 7.128.0 or newer.
type ArtifactoryGroupRoles struct {
	ReportsManager  bool
	WatchManager    bool
	PolicyManager   bool
	PolicyViewer    bool
	ManageResources bool
	ManageWebhook   bool
}

// GroupSpec describes a group to create or the full desired state of one to update; members are changed apart.
type GroupSpec struct {
	Name        string
	Description string
	// Members, when not nil, are the initial members of a group to create. Update ignores them.
	Members     []string
	Artifactory *ArtifactoryGroupPatch
}

// ArtifactoryGroupPatch changes Artifactory's own fields; nil fields are left to the server.
type ArtifactoryGroupPatch struct {
	AutoJoin        *bool
	AdminPrivileges *bool
	ExternalID      *string
	ReportsManager  *bool
	WatchManager    *bool
	PolicyManager   *bool
	PolicyViewer    *bool
	ManageResources *bool
	ManageWebhook   *bool
	// LDAP makes the group one of the realm ldap, or changes the directory's group behind it.
	LDAP *LDAPGroupLink
}

// GroupFilter narrows a list on the server.
type GroupFilter struct{ Contains string }

// Groups manages groups and their members.
type Groups interface {
	// Create makes a group with its members. When the group was made but members could not be added, both the group
	// and the error are returned.
	Create(ctx context.Context, spec GroupSpec) (Group, error)
	// Get reads by ID, with every member. A missing group is KindNotFound.
	Get(ctx context.Context, id string) (Group, error)
	// FindByName looks for exactly this name. KindNotFound if there is none.
	FindByName(ctx context.Context, name string) (Group, error)
	List(ctx context.Context, filter GroupFilter) iter.Seq2[Group, error]
	// Update changes description and flags (and, on Artifact Keeper, the name). The answer may lack members.
	Update(ctx context.Context, id string, spec GroupSpec) (Group, error)
	// ChangeMembers adds and removes user names; both are set operations. An unknown user is KindInvalid and names it.
	ChangeMembers(ctx context.Context, id string, add, remove []string) error
	Delete(ctx context.Context, id string) error
}

// GroupSources tells who makes groups at sign-in: names of directories and identity providers. It is asked once per
// process.
type GroupSources interface {
	Names(ctx context.Context) ([]string, error)
}
