// Package state is the one in-memory store behind both dialects of the embedded registry: plain records, one lock, one
// clock. It knows nothing of HTTP; each dialect reads and writes it in transactions.
package state

import (
	"sync"
	"time"
)

// Store guards a State. The zero value is not usable; call New.
type Store struct {
	mu    sync.RWMutex
	state State
	now   func() time.Time
	skew  time.Duration
}

// New makes an empty store.
func New() *Store {
	return &Store{now: time.Now}
}

// View runs f with the state for reading; f must not keep pointers.
func (s *Store) View(f func(*State)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f(&s.state)
}

// Update runs f with the state for writing: one atomic transaction.
func (s *Store) Update(f func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.state)
}

// Now is the registry's clock, which tests and the control endpoint can move.
func (s *Store) Now() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.now().Add(s.skew)
}

// Advance moves the clock forward (or back) by d.
func (s *Store) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew += d
}

// Reset forgets everything, sets the clock right and runs seed on the empty state, all in one transaction.
func (s *Store) Reset(seed func(state *State, now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.skew = State{}, 0
	seed(&s.state, s.now())
}

// State is everything the registry remembers. Slices keep creation order, which list endpoints rely on.
type State struct {
	Users        []*User
	Groups       []*Group
	Tokens       []*Token
	Repositories []*Repository
	// Targets are Artifactory's permission targets, Rows Artifact Keeper's permission rows; a process serves one dialect.
	Targets []*PermissionTarget
	Rows    []*PermissionRow

	Artifactory    Artifactory
	ArtifactKeeper ArtifactKeeper
}

// User is an account of either dialect.
type User struct {
	ID              string // UUID
	Username        string
	Email           string
	DisplayName     string
	PasswordHash    []byte // bcrypt; nil when there is no password
	Admin           bool
	Active          bool
	MustChange      bool   // Artifact Keeper's must_change_password
	AuthProvider    string // Artifact Keeper's auth_provider ("local"), Artifactory's realm ("internal")
	ServiceAccount  bool
	FailedLogins    int
	LockedUntil     time.Time
	LastLogin       time.Time
	CreatedAt       time.Time
	ProfileUpdate   bool
	DisableUI       bool
	NoPassword      bool // Artifactory's internal_password_disabled
	ArtifactoryRole map[string]bool

	ExternalID string    // subject at the identity provider, for accounts that came from one
	UpdatedAt  time.Time // zero: never since creation
	// DisplayNameSet tells an empty DisplayName that was stored from one that never was.
	DisplayNameSet bool
	SessionsCutAt  time.Time // sessions issued before this instant are void
}

// Group is a group of either dialect. Members are user ids, in joining order.
type Group struct {
	ID             string
	Name           string
	Description    *string
	ExternalSource *string
	// ExternalProvider is the id of the identity provider whose sign-ins made the group and own its members.
	ExternalProvider string
	CreatedAt        time.Time
	UpdatedAt        time.Time
	Members          []Member

	AutoJoin        bool
	AdminPrivileges bool
	ExternalID      string
	Realm           string
	RealmAttributes string
	ArtifactoryRole map[string]bool
}

// Member is one edge of a group.
type Member struct {
	UserID   string
	JoinedAt time.Time
}

// Token is a minted token. Tokens that Artifactory does not store are not kept here; their JWT alone speaks for them.
type Token struct {
	ID          string
	UserID      string // empty for a transient subject
	Username    string
	Label       string
	Scopes      []string
	Hash        []byte // digest of the opaque value (Artifact Keeper token, Artifactory reference token)
	Prefix      string
	IssuedAt    time.Time
	ExpiresAt   time.Time // zero: never
	RevokedAt   time.Time
	LastUsed    time.Time
	Refreshable bool
	RefreshHash []byte
	RefreshedAt time.Time
	Revocable   bool
	Audience    string
	ProjectKey  string
	RepoIDs     []string
	ClientID    string // the integration the token was made for (Artifactory)
	FamilyID    string // the first token of the chain of refreshed ones an integration began

	Description string
	CreatedBy   string // id of the user who minted it for somebody else
	BoundRepoID string // the repository whose token routes list it (Artifact Keeper's repository tokens)
	Selector    []byte // repository selector as it was sent, JSON; nil when there is none
}

// Repository is a seeded package repository.
type Repository struct {
	ID          string
	Key         string
	Name        string
	Format      string
	Kind        string
	Description string
	Public      bool
	CreatedAt   time.Time
	UpdatedAt   time.Time

	OwnerIDs        []string // users whose role assignment on the repository came with creating it
	ProjectID       string
	UpstreamURL     string
	UpstreamAuth    string
	Members         []RepositoryMember
	QuotaBytes      *int64
	PromotionOnly   bool
	Versioning      bool
	CurationEnabled bool
}

// RepositoryMember is one repository behind a virtual one.
type RepositoryMember struct {
	Key      string
	Priority int
}

// PermissionTarget is Artifactory's named permission. Sections is keyed by resource type (artifact, build, …).
type PermissionTarget struct {
	Name       string
	Sections   map[string]*PermissionSection
	CreatedBy  string
	ModifiedBy string
	CreatedAt  time.Time
	ModifiedAt time.Time
}

// PermissionSection is one resource type of a permission target.
type PermissionSection struct {
	Users   map[string][]string
	Groups  map[string][]string
	Targets map[string]Patterns
}

// Patterns are a target's path patterns.
type Patterns struct {
	Include []string
	Exclude []string
}

// PermissionRow is Artifact Keeper's rule: one principal, one target.
type PermissionRow struct {
	ID            string
	PrincipalType string
	PrincipalID   string
	TargetType    string
	TargetID      string
	Actions       []string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}
