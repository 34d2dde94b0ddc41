package registry

import (
	"context"
	"encoding/json"
	"time"
)

// OIDCProvider is an outside issuer of identity tokens that the registry trusts: to sign people in with a browser, or to
// exchange a token that a pipeline was given for one of the registry.
type OIDCProvider struct {
	// ID is the name on Artifactory, a UUID on Artifact Keeper.
	ID        string
	Name      string
	IssuerURL string
	// Audience is what tokens for an exchange must be made for.
	Audience       string
	Artifactory    *ArtifactoryOIDCProvider
	ArtifactKeeper *ArtifactKeeperOIDCProvider
	// SignIn makes it one for people and browsers (Artifact Keeper); nil is one for an exchange.
	SignIn *OIDCSignIn
}

// ArtifactoryOIDCProvider is what only Artifactory's providers have.
type ArtifactoryOIDCProvider struct {
	ProviderType    string
	Description     string
	Organization    string
	ProjectKey      string
	TokenIssuer     string
	AzureAppID      string
	UseDefaultProxy bool
	Permissive      bool
}

// ArtifactKeeperOIDCProvider is what only Artifact Keeper's providers have.
type ArtifactKeeperOIDCProvider struct {
	Enabled bool
	// ProviderType is gitlab, github or generic; of an exchange only.
	ProviderType string
}

// OIDCSignIn is how people sign in with a provider.
type OIDCSignIn struct {
	ClientID string
	// ClientSecret is sent when it is not nil, and never answered.
	ClientSecret *Secret
	SecretLost   bool
	Scopes       []string
	// AttributeMapping is a JSON object; empty means none.
	AttributeMapping   json.RawMessage
	AutoCreateUsers    bool
	PKCE               bool
	MapGroups          bool
	AllowLegacyRSAKeys bool
}

// OIDCProviders manages providers of both kinds.
type OIDCProviders interface {
	// Supported is KindUnsupported when this version has no such API.
	Supported(ctx context.Context) error
	Create(ctx context.Context, spec OIDCProvider) (OIDCProvider, error)
	// Get reads by ID; signIn says which kind it is.
	Get(ctx context.Context, id string, signIn bool) (OIDCProvider, error)
	// Find looks for a name or an ID among both kinds. KindConflict when there are two of that name.
	Find(ctx context.Context, key string) (OIDCProvider, error)
	Update(ctx context.Context, id string, prior, spec OIDCProvider) (OIDCProvider, error)
	Delete(ctx context.Context, id string, signIn bool) error
}

// OIDCMapping says which tokens of a provider are exchanged, and for what.
type OIDCMapping struct {
	// ID is the name on Artifactory, a UUID on Artifact Keeper.
	ID       string
	Provider string // the provider's ID
	Name     string
	Priority int64 // the lowest that fits is taken
	// Claims is a JSON object of what a token must say.
	Claims         json.RawMessage
	Artifactory    *ArtifactoryOIDCMapping
	ArtifactKeeper *ArtifactKeeperOIDCMapping
}

// ArtifactoryOIDCMapping is the token that Artifactory gives in exchange.
type ArtifactoryOIDCMapping struct {
	Description     string
	ProjectKey      string
	Username        string
	UsernamePattern string
	GroupsPattern   string
	Scope           string
	Audience        string
	ExpiresIn       time.Duration
}

// ArtifactKeeperOIDCMapping is what only Artifact Keeper's mappings have.
type ArtifactKeeperOIDCMapping struct {
	Enabled bool
	// Repositories are the keys of those that the token may be used for; nil is all, empty is none. A limit cannot be
	// lifted again.
	Repositories []string
	// Username is the one account behind the mapping.
	Username string
}

// OIDCMappings manages the mappings of providers for an exchange.
type OIDCMappings interface {
	Create(ctx context.Context, spec OIDCMapping) (OIDCMapping, error)
	Get(ctx context.Context, provider, id string) (OIDCMapping, error)
	FindByName(ctx context.Context, provider, name string) (OIDCMapping, error)
	Update(ctx context.Context, id string, spec OIDCMapping) (OIDCMapping, error)
	Delete(ctx context.Context, provider, id string) error
}
