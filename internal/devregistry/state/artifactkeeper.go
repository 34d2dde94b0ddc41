package state

import "time"

// ArtifactKeeper is what only that server remembers.
type ArtifactKeeper struct {
	// SetupDone is set once the first administrator has chosen a password; until then a server that starts locked stays so.
	SetupDone bool
	// Families are the refresh-token families of signed-in sessions, by family id.
	Families map[string]*Family
	Projects []*Project
	SSO      []*SSOProvider
	// SignIns are browsers on their way to an OIDC provider, by state parameter; Handovers are sessions waiting to be
	// fetched by the page they come back to, by code. Both are good once.
	SignIns     map[string]SignIn
	Handovers   map[string]Handover
	CIProviders []*CIProvider
}

// Family is one session's chain of refresh tokens, of which only the newest is good.
type Family struct {
	UserID  string
	Current string // id of the refresh token that may be used next
	// Previous is the one used last; replaying it shortly after is a benign race, later it is theft.
	Previous  string
	RotatedAt time.Time
	Revoked   bool
}

// Project groups repositories; its permission rows have target type "project".
type Project struct {
	ID          string
	Key         string
	Name        string
	Description *string
	QuotaBytes  *int64
	CreatedBy   string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// SSOProvider is one OIDC, LDAP or SAML configuration. Settings holds what the server returns again, Secrets what it
// takes and never returns; both by JSON name. Values are those of encoding/json.
type SSOProvider struct {
	ID        string
	Kind      string
	Name      string
	Enabled   bool
	Settings  map[string]any
	Secrets   map[string]string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// SignIn is what has to come back from an OIDC provider.
type SignIn struct {
	ProviderID, Nonce, Verifier string
	StartedAt                   time.Time
}

// Handover is a session made by a sign-in at an OIDC provider.
type Handover struct {
	Access, Refresh string
	MadeAt          time.Time
}

// CIProvider is an issuer of pipeline identities that may be exchanged for a registry token.
type CIProvider struct {
	ID        string
	Name      string
	Type      string
	IssuerURL string
	Audience  string
	Enabled   bool
	CreatedAt time.Time
	UpdatedAt time.Time
	Mappings  []*CIMapping
}

// CIMapping gives the pipelines whose claims match one account.
type CIMapping struct {
	ID           string
	Name         string
	Priority     int
	ClaimFilters map[string]any
	// AllowedRepoIDs limits the exchanged token; nil means no limit and an empty list denies every repository.
	AllowedRepoIDs []string
	Enabled        bool
	CreatedAt      time.Time
	UpdatedAt      time.Time
}
