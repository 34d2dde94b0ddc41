package artifactory

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// tokenInfo is a token as it is shown: never its value (JFrog help: "Get Tokens"). Times are epoch seconds.
type tokenInfo struct {
	TokenID     string `json:"token_id"`
	Subject     string `json:"subject"`
	Expiry      int64  `json:"expiry,omitempty"`
	IssuedAt    int64  `json:"issued_at"`
	Issuer      string `json:"issuer"`
	Description string `json:"description,omitempty"`
	Refreshable bool   `json:"refreshable"`
	LastUsed    int64  `json:"last_used,omitempty"`
	Project     string `json:"project,omitempty"`
}

func (s *server) tokenInfo(t *state.Token) tokenInfo {
	info := tokenInfo{
		TokenID: t.ID, Subject: subjectOf(s.ServiceID, t.Username), IssuedAt: t.IssuedAt.Unix(), Issuer: s.ServiceID,
		Description: t.Label, Refreshable: t.Refreshable, Project: t.ProjectKey,
	}
	if !t.ExpiresAt.IsZero() {
		info.Expiry = t.ExpiresAt.Unix()
	}
	if !t.LastUsed.IsZero() {
		info.LastUsed = t.LastUsed.Unix()
	}
	return info
}

// isListed tells whether the server still has a token on record: revoked ones go at once, expired ones when the hourly
// clean-up comes by (JFrog help: "How Expired Access Token Cleanup Works in Artifactory").
func (s *server) isListed(t *state.Token, now time.Time) bool {
	if !t.RevokedAt.IsZero() {
		return false
	}
	if t.ExpiresAt.IsZero() {
		return true
	}
	end := t.ExpiresAt.Add(s.Settings.RefreshExpiry)
	return now.Before(end.Truncate(time.Hour).Add(time.Hour))
}

var tokenOrders = map[string]func(a, b tokenInfo) int{
	"created":  func(a, b tokenInfo) int { return cmp.Compare(a.IssuedAt, b.IssuedAt) },
	"token_id": func(a, b tokenInfo) int { return cmp.Compare(a.TokenID, b.TokenID) },
	"owner":    func(a, b tokenInfo) int { return cmp.Compare(a.Issuer, b.Issuer) },
	"subject":  func(a, b tokenInfo) int { return cmp.Compare(a.Subject, b.Subject) },
	"expiry":   func(a, b tokenInfo) int { return cmp.Compare(a.Expiry, b.Expiry) },
}

// listTokens gives all tokens in one answer: there is no cursor. Who is no administrator sees their own.
func (s *server) listTokens(w http.ResponseWriter, r *http.Request, p *principal) error {
	query := r.URL.Query()
	order, known := tokenOrders[cmp.Or(query.Get("order_by"), "created")]
	if !known {
		return badRequest("Invalid value for order_by: " + query.Get("order_by"))
	}
	now := s.Store.Now()
	list := []tokenInfo{}
	s.Store.View(func(st *state.State) {
		for _, t := range st.Tokens {
			if s.isListed(t, now) && (p.admin || t.Username == p.username) && matchesToken(query.Get, t) {
				list = append(list, s.tokenInfo(t))
			}
		}
	})
	slices.SortStableFunc(list, order)
	if descending, _ := strconv.ParseBool(query.Get("descending_order")); descending {
		slices.Reverse(list)
	}
	writeJSON(w, http.StatusOK, map[string][]tokenInfo{"tokens": list})
	return nil
}

func matchesToken(filter func(string) string, t *state.Token) bool {
	if want := filter("description"); want != "" {
		prefix, open := strings.CutSuffix(want, "*")
		if open && !strings.HasPrefix(t.Label, prefix) || !open && t.Label != want {
			return false
		}
	}
	if want := filter("username"); want != "" && !strings.EqualFold(want, t.Username) {
		return false
	}
	if want := filter("token_id"); want != "" && want != t.ID {
		return false
	}
	if want, err := strconv.ParseBool(filter("refreshable")); err == nil && want != t.Refreshable {
		return false
	}
	return true
}

// tokenID reads the id in the path, where "me" is the token that makes the request.
func tokenID(r *http.Request, p *principal) (string, error) {
	id := r.PathValue("token_id")
	if id != "me" {
		return id, nil
	}
	if p.tokenID == "" {
		return "", badRequest("The request was not authenticated by a token")
	}
	return p.tokenID, nil
}

func (s *server) getToken(w http.ResponseWriter, r *http.Request, p *principal) error {
	id, err := tokenID(r, p)
	if err != nil {
		return err
	}
	now := s.Store.Now()
	var info tokenInfo
	s.Store.View(func(st *state.State) {
		t := st.TokenByID(id)
		switch {
		case t == nil || !s.isListed(t, now):
			err = notFound("Token with id: " + id + " not found")
		case !p.owns(t):
			err = errForbidden
		default:
			info = s.tokenInfo(t)
		}
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, info)
	return nil
}

// owns tells whether the caller may see and revoke a token: its user's own, the very token in use, or any for an
// administrator.
func (p *principal) owns(t *state.Token) bool {
	return p.admin || t.Username == p.username || t.ID == p.tokenID
}

// deleteToken revokes by id. An id that is not on record answers 204, be it revoked before, expired or never stored
// (JFrog help: "Revoke Token by ID").
func (s *server) deleteToken(w http.ResponseWriter, r *http.Request, p *principal) error {
	id, err := tokenID(r, p)
	if err != nil {
		return err
	}
	found, err := s.revoke(p, func(st *state.State) *state.Token { return st.TokenByID(id) })
	if err != nil {
		return err
	}
	if found == "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// revoke takes back the token that find finds, and gives its id; "" when there is nothing to take back.
func (s *server) revoke(p *principal, find func(*state.State) *state.Token) (string, error) {
	now := s.Store.Now()
	var id string
	var err error
	s.Store.Update(func(st *state.State) {
		t := find(st)
		switch {
		case t == nil || !s.isListed(t, now):
		case !p.owns(t):
			err = errForbidden
		case !t.Revocable:
			err = badRequest("Token is not revocable")
		default:
			id, t.RevokedAt = t.ID, now
		}
	})
	return id, err
}

// revokeTokenByValue takes the value as a query parameter or in a JSON body; public pages show both.
func (s *server) revokeTokenByValue(w http.ResponseWriter, r *http.Request, p *principal) error {
	value := r.URL.Query().Get("token")
	if value == "" {
		var err error
		if value, err = readTokenValue(w, r); err != nil {
			return err
		}
	}
	if value == "" {
		return badRequest("token is required")
	}
	id, err := s.revokeValue(p, value)
	if err != nil {
		return err
	}
	if id == "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	writeJSON(w, http.StatusOK, map[string]string{"revoked-token-id": id})
	return nil
}

// readTokenValue reads a form by hand, since net/http parses none in a DELETE.
func readTokenValue(w http.ResponseWriter, r *http.Request) (string, error) {
	if isMedia(r, "x-www-form-urlencoded") {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return "", badRequest("Failed to read the request body")
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return "", badRequest("Failed to parse the request body as a form")
		}
		return form.Get("token"), nil
	}
	var body struct {
		Token string `json:"token"`
	}
	err := readJSON(w, r, &body)
	return body.Token, err
}

// revokeValue revokes a token by its JWT or reference form. A value of another instance is a bad request.
func (s *server) revokeValue(p *principal, value string) (string, error) {
	if looksLikeReference(value) {
		return s.revoke(p, func(st *state.State) *state.Token { return tokenByReference(st, value) })
	}
	now := s.Store.Now()
	c, err := s.signer.verify(value, now)
	if err != nil && reason(err) != "expired" {
		return "", badRequest("Token was created by another instance and cannot be revoked")
	}
	return s.revoke(p, func(st *state.State) *state.Token { return st.TokenByID(c.ID) })
}
