package artifactkeeper

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// Lifetimes of session tokens (Artifact Keeper: config.rs).
const (
	accessLifetime  = 30 * time.Minute
	refreshLifetime = 7 * 24 * time.Hour
)

// replayGrace is how long a refresh token that was just used may come again, as it does when two tabs refresh at once,
// without being taken for a stolen one (Artifact Keeper: services/auth_service.rs).
const replayGrace = 30 * time.Second

// The token_type claim.
const (
	accessType  = "access"
	refreshType = "refresh"
)

// claims are those of a session token (Artifact Keeper: services/auth_service.rs).
type claims struct {
	jwt.RegisteredClaims
	Username string `json:"username"`
	Email    string `json:"email"`
	IsAdmin  bool   `json:"is_admin"`
	// AllowedRepoIDs is null in most tokens, which then are good for all repositories.
	AllowedRepoIDs []string `json:"allowed_repo_ids"`
	// Scopes is set in tokens that were exchanged for an API token: they can do no more than it.
	Scopes      *[]string `json:"scopes,omitempty"`
	IssuedMilli int64     `json:"iat_ms"`
	TokenType   string    `json:"token_type"`
	FamilyID    string    `json:"family_id,omitempty"`
}

// grant is what signing in gives.
type grant struct {
	access, refresh string
}

// sign makes a session token. Tokens count as issued no earlier than the moment that ended the user's older sessions, so
// that one of the same millisecond is on the right side of it.
func (s *server) sign(u *state.User, now time.Time, tokenType, id, family string, repos []string) (string, error) {
	lifetime := accessLifetime
	if tokenType == refreshType {
		lifetime = refreshLifetime
	}
	return s.signClaims(claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject:   u.ID,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
			ID:        id,
		},
		Username: u.Username, Email: u.Email, IsAdmin: u.Admin,
		AllowedRepoIDs: repos, IssuedMilli: max(now.UnixMilli(), u.SessionsCutAt.UnixMilli()),
		TokenType: tokenType, FamilyID: family,
	})
}

func (s *server) signClaims(c claims) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(s.secret)
}

// startSession signs a user in: an access token and the first refresh token of a new family.
func (s *server) startSession(userID string) (grant, error) {
	family, id, now := uuid.NewString(), uuid.NewString(), s.store.Now()
	var g grant
	err := errors.New("no such user")
	s.store.Update(func(st *state.State) {
		u := st.UserByID(userID)
		if u == nil {
			return
		}
		if g, err = s.signPair(u, now, id, family); err != nil {
			return
		}
		if st.ArtifactKeeper.Families == nil {
			st.ArtifactKeeper.Families = map[string]*state.Family{}
		}
		st.ArtifactKeeper.Families[family] = &state.Family{UserID: u.ID, Current: id, RotatedAt: now}
	})
	return g, err
}

func (s *server) signPair(u *state.User, now time.Time, id, family string) (grant, error) {
	access, err := s.sign(u, now, accessType, "", "", nil)
	if err != nil {
		return grant{}, err
	}
	refresh, err := s.sign(u, now, refreshType, id, family, nil)
	return grant{access, refresh}, err
}

var errSession = errors.New("session token refused")

// continueSession redeems a refresh token for the next pair. Each is good once; one that comes a second time after the
// grace revokes its whole family.
func (s *server) continueSession(token string) (grant, string, error) {
	now, next := s.store.Now(), uuid.NewString()
	c, err := s.parse(token, refreshType, now)
	if err != nil {
		return grant{}, "", err
	}
	var g grant
	err = errSession
	s.store.Update(func(st *state.State) {
		u, family := sessionUser(st, c), st.ArtifactKeeper.Families[c.FamilyID]
		switch {
		case u == nil || family == nil || family.Revoked:
		case family.Current == c.ID:
			if g, err = s.signPair(u, now, next, c.FamilyID); err == nil {
				family.Previous, family.Current, family.RotatedAt = c.ID, next, now
			}
		case family.Previous == c.ID && now.Sub(family.RotatedAt) <= replayGrace:
		default:
			family.Revoked = true
		}
	})
	return g, c.Subject, err
}

func (s *server) parse(token, tokenType string, now time.Time) (*claims, error) {
	c := &claims{}
	_, err := jwt.ParseWithClaims(token, c, func(*jwt.Token) (any, error) { return s.secret, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil {
		return nil, err
	}
	if c.TokenType != tokenType {
		return nil, errSession
	}
	return c, nil
}

// sessionUser is the active user a session token speaks for, unless something ended the user's sessions since.
func sessionUser(st *state.State, c *claims) *state.User {
	u := st.UserByID(c.Subject)
	if u == nil || !u.Active || c.IssuedMilli < u.SessionsCutAt.UnixMilli() && !u.SessionsCutAt.IsZero() {
		return nil
	}
	return u
}

// bySession finds the caller behind an access token. What the account may do is read from the account, not the token.
func (s *server) bySession(token string) *caller {
	c, err := s.parse(token, accessType, s.store.Now())
	if err != nil {
		return nil
	}
	var who *caller
	s.store.View(func(st *state.State) {
		if u := sessionUser(st, c); u != nil {
			who = newCaller(u)
			who.limited, who.repoLimit = c.AllowedRepoIDs != nil, slices.Clone(c.AllowedRepoIDs)
			if c.Scopes != nil {
				who.scoped, who.scopes = true, slices.Clone(*c.Scopes)
			}
		}
	})
	return who
}

// cutSessions ends every session of a user: a change of password, rights or activity does (Artifact Keeper:
// services/auth_service.rs). The next millisecond is the first of new sessions.
func cutSessions(u *state.User, now time.Time) {
	u.SessionsCutAt = now.Truncate(time.Millisecond).Add(time.Millisecond)
}

// randomHex gives n random bytes in hexadecimal.
func randomHex(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(raw)
}
