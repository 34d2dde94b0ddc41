package artifactkeeper

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// The cookies of a browser's session.
const (
	accessCookie  = "ak_access_token"
	refreshCookie = "ak_refresh_token"
)

func (s *server) sessionRoutes() {
	s.handleLimited("POST /api/v1/auth/login", public, s.limitLogin, s.login)
	s.handleLimited("POST /api/v1/auth/refresh", public, s.limitSession, s.refresh)
	s.handleLimited("POST /api/v1/auth/logout", public, s.limitSession, s.logout)
	s.handle("GET /api/v1/auth/me", hard, s.authMe)
}

// loginResponse is what signing in and refreshing answer (Artifact Keeper: api/handlers/auth.rs). ExpiresIn is in seconds.
type loginResponse struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int    `json:"expires_in"`
	TokenType    string `json:"token_type"`
	MustChange   bool   `json:"must_change_password"`
	TOTPRequired *bool  `json:"totp_required,omitempty"`
	TOTPToken    string `json:"totp_token,omitempty"`
}

// respond sets the session's cookies beside the body.
func (l loginResponse) respond(w http.ResponseWriter) {
	if l.AccessToken != "" {
		setCookie(w, accessCookie, l.AccessToken, "/", int(accessLifetime.Seconds()))
		setCookie(w, refreshCookie, l.RefreshToken, "/api/v1/auth", int(refreshLifetime.Seconds()))
	}
	writeJSON(w, http.StatusOK, l)
}

func setCookie(w http.ResponseWriter, name, value, path string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: maxAge,
		HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode,
	})
}

// limitLogin counts sign-ins by user name and address, whatever comes of them.
func (s *server) limitLogin(w http.ResponseWriter, r *http.Request, _ *caller) error {
	if err := s.limits.loginGlobal.allow(w, ""); err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return invalid("Failed to buffer the request body")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var object map[string]any
	_ = json.Unmarshal(body, &object) // what is not an object is counted under no name and refused by the handler
	name, _ := object["username"].(string)
	return s.limits.login.allow(w, name+"\x00"+clientIP(r))
}

func (s *server) limitSession(w http.ResponseWriter, r *http.Request, _ *caller) error {
	return s.limits.session.allow(w, clientIP(r))
}

func (s *server) login(r *http.Request, _ *caller) (any, error) {
	body, err := readObject(r, envelopeBody)
	if err != nil {
		return nil, err
	}
	username, password := required[string](body, "username"), required[string](body, "password")
	if err := body.done(); err != nil {
		return nil, err
	}
	who := s.byPassword(username, password)
	if who == nil {
		return nil, authFailed("Invalid username or password")
	}
	who.note(record.From(r.Context()))
	if !who.administrator && s.ssoEnabled() {
		return nil, authFailed("Local login is disabled. Sign in through the configured identity provider.")
	}
	if slices.Contains(s.opt.TOTPUsers, username) {
		// The second factor itself is not modelled; what matters to clients is that 200 is not yet a session.
		yes := true
		return loginResponse{
			TokenType: "Bearer", ExpiresIn: int(accessLifetime.Seconds()), TOTPRequired: &yes,
			TOTPToken: randomHex(32),
		}, nil
	}
	return s.granted(s.startSession(who.userID))(who.mustChange)
}

// granted turns a grant into the answer.
func (s *server) granted(g grant, err error) func(mustChange bool) (any, error) {
	return func(mustChange bool) (any, error) {
		if err != nil {
			return nil, internalError()
		}
		return loginResponse{
			AccessToken: g.access, RefreshToken: g.refresh, ExpiresIn: int(accessLifetime.Seconds()),
			TokenType: "Bearer", MustChange: mustChange,
		}, nil
	}
}

// ssoEnabled tells whether any identity provider is on, which shuts local sign-in for everybody but administrators
// (Artifact Keeper: api/handlers/auth.rs). Basic authentication elsewhere stays open.
func (s *server) ssoEnabled() bool {
	on := false
	s.store.View(func(st *state.State) {
		on = slices.ContainsFunc(st.ArtifactKeeper.SSO, func(p *state.SSOProvider) bool { return p.Enabled })
	})
	return on
}

func (s *server) refresh(r *http.Request, _ *caller) (any, error) {
	body, err := readObject(r, envelopeBody)
	if err != nil {
		return nil, err
	}
	sent := maybe[string](body, "refresh_token")
	if err := body.done(); err != nil {
		return nil, err
	}
	token := ""
	if sent != nil {
		token = *sent
	} else if cookie, err := r.Cookie(refreshCookie); err == nil {
		token = cookie.Value
	}
	if token == "" {
		return nil, authFailed("Missing refresh token")
	}
	g, userID, err := s.continueSession(token)
	if err != nil {
		return nil, authFailed("Invalid or expired refresh token")
	}
	mustChange := false
	s.store.View(func(st *state.State) {
		if u := st.UserByID(userID); u != nil {
			mustChange = u.MustChange
		}
	})
	return s.granted(g, nil)(mustChange)
}

// loggedOut clears the cookies. The server does not learn whose session it was and revokes nothing: the route runs
// without authentication (Artifact Keeper: api/routes.rs).
type loggedOut struct{}

func (loggedOut) respond(w http.ResponseWriter) {
	setCookie(w, accessCookie, "", "/", -1)
	setCookie(w, refreshCookie, "", "/api/v1/auth", -1)
	w.WriteHeader(http.StatusOK)
}

func (s *server) logout(*http.Request, *caller) (any, error) { return loggedOut{}, nil }

// authMe is the small self description. Its is_admin is the account's flag, whatever the token's scopes say.
func (s *server) authMe(_ *http.Request, who *caller) (any, error) {
	var me any
	s.store.View(func(st *state.State) {
		u := st.UserByID(who.userID)
		if u == nil {
			return
		}
		me = struct {
			ID          string  `json:"id"`
			Username    string  `json:"username"`
			Email       string  `json:"email"`
			DisplayName *string `json:"display_name"`
			IsAdmin     bool    `json:"is_admin"`
			TOTPEnabled bool    `json:"totp_enabled"`
		}{u.ID, u.Username, u.Email, displayName(u), u.Admin, slices.Contains(s.opt.TOTPUsers, u.Username)}
	})
	if me == nil {
		return nil, notFound("User not found")
	}
	return me, nil
}
