package artifactory

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// errForeignToken is the answer for a refresh token this server does not know or has already taken (JFrog help:
// "Refresh Token": 400 when another instance made the token).
var errForeignToken = badRequest("Refresh token is invalid, was used before, or was created by another instance")

// refresh changes a refresh token for a new pair. The new token has another id, the same lifetime and the rest of the
// old one; the refresh token works once.
func (s *server) refresh(w http.ResponseWriter, r *http.Request, p *principal, req tokenRequest) error {
	if req.RefreshToken == "" {
		return badRequest("refresh_token is required")
	}
	if err := req.validate(); err != nil {
		return err
	}
	now := s.Store.Now().Truncate(time.Second)
	var (
		err    error
		next   state.Token
		answer minted
	)
	s.Store.Update(func(st *state.State) {
		old := tokenByRefresh(st, req.RefreshToken)
		if old == nil {
			err = errForeignToken
			return
		}
		if err = s.mayRefresh(r, st, p, req, old, now); err != nil {
			return
		}
		lifetime := old.ExpiresAt.Sub(old.IssuedAt)
		if old.ExpiresAt.IsZero() {
			lifetime = 0
		}
		if p != nil && req.ExpiresIn != nil {
			if lifetime, err = s.lifetime(p.admin, req.ExpiresIn); err != nil {
				return
			}
		}
		next = *old
		next.Revocable = s.revocable(lifetime, old.Revocable || bool(req.ForceRevocable))
		if req.Description != "" {
			next.Label = req.Description
		}
		answer = s.succeed(st, old, &next, lifetime, bool(req.IncludeReference), now)
	})
	if err != nil {
		return err
	}
	return s.writeMinted(w, &next, answer)
}

// succeed makes next, a copy of old, the token that follows it: with an id, times and secrets of its own.
func (s *server) succeed(
	st *state.State, old, next *state.Token, lifetime time.Duration, reference bool, now time.Time,
) minted {
	next.ID, next.IssuedAt, next.LastUsed, next.ExpiresAt = uuid.NewString(), now, time.Time{}, time.Time{}
	if lifetime > 0 {
		next.ExpiresAt = now.Add(lifetime)
	}
	next.Hash, next.RefreshHash = nil, nil
	answer := newSecrets(next, reference)
	old.RefreshedAt = now
	if !s.Settings.KeepRefreshed {
		old.RevokedAt = now
	}
	stored := *next
	s.keep(st, &stored)
	return answer
}

// mayRefresh checks that the caller owns the token, or holds it when there is no caller, and that it is not over. An
// administrator has no rights over others' tokens here, except in the older API.
func (s *server) mayRefresh(
	r *http.Request, st *state.State, p *principal, req tokenRequest, old *state.Token, now time.Time,
) error {
	switch {
	case p != nil && p.username != old.Username && (isAccess(r) || !p.admin):
		return forbidden("The authenticated user is not the owner of the token")
	case p == nil && !s.isValueOf(old, req.AccessToken, now):
		return errNoCredentials(r)
	}
	if user := st.UserByID(old.UserID); old.UserID != "" && (user == nil || !user.Active) {
		return errBadToken(r, "user")
	}
	if !old.ExpiresAt.IsZero() && now.After(old.ExpiresAt.Add(s.Settings.RefreshExpiry)) {
		return errBadToken(r, "expired")
	}
	return nil
}

// isValueOf tells whether value, a JWT or a reference token, is that token. Whether it has expired is another question.
func (s *server) isValueOf(token *state.Token, value string, now time.Time) bool {
	if looksLikeReference(value) {
		return state.MatchesDigest(token.Hash, value)
	}
	c, err := s.signer.verify(value, now)
	onlyExpired := errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenSignatureInvalid)
	return (err == nil || onlyExpired) && c.ID == token.ID
}

func tokenByRefresh(st *state.State, value string) *state.Token {
	digest := state.Digest(value)
	for _, t := range st.Tokens {
		if t.RevokedAt.IsZero() && t.RefreshedAt.IsZero() && bytes.Equal(t.RefreshHash, digest) {
			return t
		}
	}
	return nil
}
