package registry

import (
	"context"
	"iter"
)

// LDAPSettings is a connection to a directory whose people may sign in to the registry. Filters name the person who
// signs in as {0}.
type LDAPSettings struct {
	// ID is the key on Artifactory, a UUID on Artifact Keeper.
	ID      string
	Name    string
	Enabled bool
	// URL is scheme, host and port of the directory, without a base.
	URL string
	// BaseDN is where everything is searched below. With search bases, which are relative to it, people are searched
	// below those only. Artifact Keeper keeps one full DN; there an answer has no search bases.
	BaseDN      string
	SearchBases []string
	// SearchFilter finds a person's entry; empty where people are found by a pattern alone (Artifactory).
	SearchFilter   string
	EmailAttribute string
	// ManagerDN is who the registry searches as; empty means anonymously.
	ManagerDN string
	// PasswordLost is true when the registry says that it has no password of the manager (Artifact Keeper tells).
	PasswordLost   bool
	Artifactory    *ArtifactoryLDAPSettings
	ArtifactKeeper *ArtifactKeeperLDAPSettings
}

// ArtifactoryLDAPSettings is what only Artifactory's settings have.
type ArtifactoryLDAPSettings struct {
	UserDNPattern       string
	SearchSubTree       bool
	AutoCreateUser      bool
	PoisoningProtection bool
	AllowUserProfile    bool
	Paging              bool
}

// ArtifactKeeperLDAPSettings is what only Artifact Keeper's settings have.
type ArtifactKeeperLDAPSettings struct {
	UsernameAttribute    string
	DisplayNameAttribute string
	GroupsAttribute      string
	// GroupBaseDN, GroupFilter and AdminGroupDN can be changed and never be emptied.
	GroupBaseDN  string
	GroupFilter  string
	AdminGroupDN string
	StartTLS     bool
	// InsecureSkipVerify accepts any certificate of the directory.
	InsecureSkipVerify bool
	// CACertificate is sent and never answered; an answer only has HasCACertificate.
	CACertificate    string
	HasCACertificate bool
	Priority         int64
}

// LDAPSettingsSpec is the full desired state. A nil block leaves the registry's own fields to the registry.
type LDAPSettingsSpec struct {
	LDAPSettings

	// ManagerPassword is the manager's password; nil leaves the registry's alone where that is possible. Artifactory
	// replaces a setting as a whole and does not say what becomes of a password that is left out, so every update of a
	// setting with a manager needs it there (Capabilities.LDAPWholePassword).
	ManagerPassword *Secret
}

// ConnectionTest is the registry's own attempt to reach a directory.
type ConnectionTest struct {
	Success bool
	Message string
	// Milliseconds is how long the directory took.
	Milliseconds int64
}

// LDAPDirectories manages directory connections.
type LDAPDirectories interface {
	// Supported is KindUnsupported when this version of the registry has no such API. It is asked once per process, and
	// nil when that cannot be told.
	Supported(ctx context.Context) error
	// Create makes a setting. KindConflict when there is one of this name.
	Create(ctx context.Context, spec LDAPSettingsSpec) (LDAPSettings, error)
	// Get reads by ID.
	Get(ctx context.Context, id string) (LDAPSettings, error)
	// FindByName looks for exactly this name. KindNotFound if there is none.
	FindByName(ctx context.Context, name string) (LDAPSettings, error)
	List(ctx context.Context) iter.Seq2[LDAPSettings, error]
	// Update moves from prior (what state holds) to spec. Fields that neither knows stay as they are.
	Update(ctx context.Context, id string, prior, spec LDAPSettingsSpec) (LDAPSettings, error)
	Delete(ctx context.Context, id string) error
	// Test has the registry try a stored setting. KindUnsupported on Artifactory, which has no API for it.
	Test(ctx context.Context, id string) (ConnectionTest, error)
}

// LDAPStrategy says where a directory keeps who is in which group.
type LDAPStrategy string

// The strategies of Artifactory, as users write them.
const (
	// LDAPStatic: the group's entry lists its members.
	LDAPStatic LDAPStrategy = "STATIC"
	// LDAPDynamic: the person's entry lists the groups.
	LDAPDynamic LDAPStrategy = "DYNAMIC"
	// LDAPHierarchical: the parts of the person's DN are the groups.
	LDAPHierarchical LDAPStrategy = "HIERARCHICAL"
)

// LDAPGroupSettings says how Artifactory reads groups from a directory. It is addressed by name.
type LDAPGroupSettings struct {
	Name string
	// Settings is the name of the LDAP settings whose directory is read.
	Settings             string
	Strategy             LDAPStrategy
	GroupBaseDN          string // relative to the base DN of the settings
	NameAttribute        string
	MemberAttribute      string
	DescriptionAttribute string
	Filter               string
	SubTree              bool
	ForceAttributeSearch bool
}

// LDAPRefresh is what a synchronisation does with the groups it finds.
type LDAPRefresh string

// The operations of a refresh.
const (
	LDAPRefreshUpdate LDAPRefresh = "UPDATE"
	LDAPRefreshImport LDAPRefresh = "IMPORT"
	LDAPRefreshBoth   LDAPRefresh = "UPDATE_AND_IMPORT"
)

// LDAPGroups manages how groups are read from directories. Only Artifactory has it; elsewhere the registry's field is nil.
type LDAPGroups interface {
	// Supported is KindUnsupported when this version has no such API.
	Supported(ctx context.Context) error
	Create(ctx context.Context, spec LDAPGroupSettings) (LDAPGroupSettings, error)
	Get(ctx context.Context, name string) (LDAPGroupSettings, error)
	List(ctx context.Context) iter.Seq2[LDAPGroupSettings, error]
	Update(ctx context.Context, spec LDAPGroupSettings) (LDAPGroupSettings, error)
	Delete(ctx context.Context, name string) error
	// RefreshSupported is KindUnsupported below Artifactory 7.79.
	RefreshSupported(ctx context.Context) error
	// Refresh reads the groups of the directory now.
	Refresh(ctx context.Context, name string, operation LDAPRefresh) error
}
