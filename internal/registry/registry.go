// Package registry is the domain of this provider: the people side of a package registry. It knows users, groups,
// permissions, tokens and repositories as JFrog Artifactory and Artifact Keeper both have them, and neither HTTP nor
// Terraform. The two dialects (registry/artifactory, registry/artifactkeeper) implement its interfaces; the Terraform
// objects use them.
package registry

import "context"

// Type names a kind of registry server. The values are what users write in the provider's `type` argument.
type Type string

// The supported registries.
const (
	Artifactory    Type = "artifactory"
	ArtifactKeeper Type = "artifact_keeper"
)

// Title is the product's name as its makers write it.
func (t Type) Title() string {
	switch t {
	case Artifactory:
		return "JFrog Artifactory"
	case ArtifactKeeper:
		return "Artifact Keeper"
	default:
		return string(t)
	}
}

// Server says which registry answered.
type Server struct {
	Type Type
	// URL is the normalised base URL: scheme, host, port and path prefix, without a final slash or `/artifactory`.
	URL string
}

// Registry is an opened server: one narrow interface per object.
type Registry struct {
	Server       Server
	Capabilities Capabilities
	Users        Users
	Groups       Groups
	Permissions  Permissions
	Tokens       Tokens
	Repositories Repositories
	System       System
	LDAP         LDAPDirectories
	// LDAPGroups is nil on Artifact Keeper, where the LDAP settings themselves say how groups are found.
	LDAPGroups    LDAPGroups
	OIDCProviders OIDCProviders
	OIDCMappings  OIDCMappings
	// GroupSources is nil on Artifactory, where groups of directories are made like others. On Artifact Keeper they appear
	// at sign-in, and a group of the same name that was made through the API stops them.
	GroupSources GroupSources
}

// Connection opens the registry on first use. Opening detects the server's type when it was not configured, once per
// process; it makes no request when the type is given. Validation and planning of unknown values never open it.
type Connection interface {
	Open(ctx context.Context) (*Registry, error)
	// ConfiguredURL is the normalised URL without asking anybody.
	ConfiguredURL() string
}

// System answers questions about the server itself.
type System interface {
	// Version is the server's own version, such as 7.146.17 or 1.8.1.
	Version(ctx context.Context) (string, error)
	// ServiceID identifies the installation independently of its URL. Artifact Keeper has none and answers "".
	ServiceID(ctx context.Context) (string, error)
}

// Capabilities are the differences that a plan must know before anything is sent.
type Capabilities struct {
	// Actions are the registry's own names for what a permission may grant, in the registry's order.
	Actions []string
	// DefaultTokenScopes are minted when a configuration names none.
	DefaultTokenScopes Scopes
	// WholeDayExpiry is true where token lifetimes are whole days, at least one.
	WholeDayExpiry bool
	// BasicTokenUsername is the user name to send with a token over HTTP Basic; empty means the user's own.
	BasicTokenUsername string
	// PermissionPerRepository is true where a permission is the rule set of one repository, named by its key.
	PermissionPerRepository bool
	// DisplayName is true where a user has a display name.
	DisplayName bool
	// LDAPWholePassword is true where every update of LDAP settings must carry the manager's password.
	LDAPWholePassword bool
	// TokenLabelLength is how many characters of a token's label the registry keeps; 0 means 255, which all keep.
	TokenLabelLength int
}
