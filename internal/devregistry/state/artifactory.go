package state

import "time"

// Artifactory is what only that server remembers.
type Artifactory struct {
	// LockPolicy is off in a fresh installation.
	LockPolicy LockPolicy
	// PasswordExpiry is the password expiration policy.
	PasswordExpiry PasswordExpiry
	LDAPSettings   []*LDAPSetting
	LDAPGroups     []LDAPGroup
	OIDCProviders  []*OIDCProvider
	// Integrations are the applications that may sign users in, Codes what they have not changed for tokens yet.
	Integrations []*Integration
	Codes        []*AuthorizationCode
}

// Integration is a custom integration: an OAuth client.
type Integration struct {
	ClientID     string
	ClientSecret string
	Name         string
	// RedirectURIs are where users may be sent back to, compared as text.
	RedirectURIs []string
	// Lifetime is that of its access tokens.
	Lifetime time.Duration
}

// AuthorizationCode is a user's consent on its way to the application.
type AuthorizationCode struct {
	Code        string
	ClientID    string
	RedirectURI string
	Scope       string
	UserID      string
	ExpiresAt   time.Time
	// TokenID is the token it was changed for; empty when it was not yet.
	TokenID string
}

// LockPolicy locks a user after so many failed sign-ins.
type LockPolicy struct {
	Enabled  bool
	Attempts int
}

// PasswordExpiry makes passwords end after a number of days.
type PasswordExpiry struct {
	Enabled bool
	Days    int
	Notify  bool
}

// lockTime is how long a lock lasts unless an administrator opens it: in effect for ever.
const lockTime = 100 * 365 * 24 * time.Hour

// CountFailure notes a failed sign-in and locks the user when the policy says so.
func (a *Artifactory) CountFailure(user *User, now time.Time) {
	user.FailedLogins++
	if a.LockPolicy.Enabled && user.FailedLogins >= a.LockPolicy.Attempts {
		user.LockedUntil = now.Add(lockTime)
	}
}

// LDAPSetting is a connection to a directory. The search members are nil when they were not set.
type LDAPSetting struct {
	Key                 string
	Enabled             bool
	URL                 string
	UserDNPattern       string
	Filter              *string
	Base                *string
	SubTree             *bool
	ManagerDN           *string
	ManagerPassword     string
	AutoCreateUser      bool
	EmailAttribute      string
	PoisoningProtection bool
	AllowUserProfile    bool
	PagingSupport       bool
}

// LDAPGroup says how groups are read from a directory.
type LDAPGroup struct {
	Name                 string
	EnabledLDAP          string // key of the setting
	GroupBaseDN          string
	GroupNameAttribute   string
	GroupMemberAttribute string
	SubTree              bool
	ForceAttributeSearch bool
	Filter               string
	DescriptionAttribute string
	Strategy             string
}

// OIDCProvider is the trust in an outside issuer, with the mappings of its identities.
type OIDCProvider struct {
	OIDCSettings
	Mappings []OIDCMapping
}

// OIDCSettings are the settings of an OIDCProvider.
type OIDCSettings struct {
	Name             string
	Description      string
	IssuerURL        string
	ProviderType     string
	Audience         string
	Organization     string
	ProjectKey       string
	TokenIssuer      string
	AzureAppID       string
	UseDefaultProxy  bool
	PermissiveConfig bool
}

// OIDCMapping says which outside identities get which token.
type OIDCMapping struct {
	Name        string
	Description string
	Priority    int
	Claims      map[string]any
	TokenSpec   OIDCTokenSpec
	ProjectKey  string
}

// OIDCTokenSpec is the token of an OIDCMapping. ExpiresIn is in seconds.
type OIDCTokenSpec struct {
	Username        string
	UsernamePattern string
	GroupsPattern   string
	Scope           string
	Audience        string
	ExpiresIn       int64
}
