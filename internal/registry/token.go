package registry

import (
	"context"
	"time"
)

// Token is the metadata of a minted token; its value is never readable again.
type Token struct {
	ID string
	// Username is the owner. Artifact Keeper's answers do not tell it; there it is what the caller named, or empty.
	Username string
	// Label is the free text the registry stores with a token: the description on Artifactory, the name on Artifact
	// Keeper. The nonce of a create is part of it.
	Label string
	// Scopes as far as the registry tells them (Artifactory's list does not).
	Scopes   []string
	IssuedAt time.Time
	// ExpiresAt is zero for a token that never expires.
	ExpiresAt   time.Time
	Refreshable bool
	LastUsedAt  time.Time
}

// Expired reports whether the token's own expiry has passed at now.
func (t Token) Expired(now time.Time) bool {
	return !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt)
}

// Expiry says how long a token shall live.
type Expiry struct {
	// Never asks for a token without an end. Only an explicit wish of the user may set it.
	Never bool
	// ServerDefault leaves the lifetime to the server; nothing is sent.
	ServerDefault bool
	// Duration is the lifetime otherwise: whole seconds on Artifactory, whole days on Artifact Keeper.
	Duration time.Duration
}

// TokenSpec describes a token to mint.
type TokenSpec struct {
	// UserID and Username name the owner: both must be of the same account. UserID may be empty on Artifactory for
	// group-scoped tokens of a name without an account.
	UserID   string
	Username string
	Label    string
	Scopes   Scopes
	Expiry   Expiry

	Artifactory *ArtifactoryTokenSpec
}

// ArtifactoryTokenSpec is what only Artifactory can mint.
type ArtifactoryTokenSpec struct {
	Refreshable    bool
	Reference      bool
	Audience       string
	ProjectKey     string
	ForceRevocable bool
}

// MintedToken is the one answer that carries the value.
type MintedToken struct {
	Token
	AccessToken    Secret
	RefreshToken   Secret
	ReferenceToken Secret
}

// TokenFilter narrows a token list on the server where it can, else in the client.
type TokenFilter struct {
	// UserID and Username name the owner; Artifact Keeper needs UserID.
	UserID   string
	Username string
	// LabelContains keeps tokens whose label contains it.
	LabelContains string
}

// Tokens mints and revokes.
type Tokens interface {
	// Mint creates a token. It never repeats an uncertain request: after a lost answer it returns KindUncertain, and
	// the caller looks for the label's nonce. Artifact Keeper answers no expiry; there ExpiresAt is reckoned by our
	// clock, and Get tells the registry's.
	Mint(ctx context.Context, spec TokenSpec) (MintedToken, error)
	// Get reads metadata. KindNotFound when the registry does not list it (revoked, purged, or never stored). Artifact
	// Keeper takes an empty userID for the account that the provider signs in as, and names that account in the answer.
	Get(ctx context.Context, userID, id string) (Token, error)
	List(ctx context.Context, filter TokenFilter) ([]Token, error)
	// Revoke ends a token. One that is gone already is KindNotFound.
	Revoke(ctx context.Context, userID, id string) error
	// Revocable reports whether the registry would let this minted token be revoked. Known without a request.
	Revocable(token MintedToken) bool
}
