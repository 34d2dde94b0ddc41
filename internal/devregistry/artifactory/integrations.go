package artifactory

import (
	"crypto/rand"
	"crypto/subtle"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// codeLifetime is how long an authorization code waits for the application to fetch the tokens.
const codeLifetime = time.Minute

// integrationRoutes are a custom integration's two addresses, as Coder's external authentication of type jfrog uses them:
// the page that asks the user, and the token endpoint. An application proves itself by its secret, not as a user of the
// server, hence the plain routes.
func (s *server) integrationRoutes() {
	s.mux.HandleFunc("GET /ui/authorization", s.authorizationPage)
	s.mux.HandleFunc("POST /ui/authorization", s.authorize)
	s.mux.HandleFunc("POST /access/api/v1/integrations/{client_id}/token", s.integrationToken)
}

// authorizationPageText signs a user in where the real page has a session, and asks for consent.
var authorizationPageText = template.Must(template.New("authorization").Parse(`<!DOCTYPE html>
<html><head><title>JFrog</title></head><body>
<form method="post">
<p>{{.Name}} asks to act as you.{{with .Failure}} <strong>{{.}}</strong>{{end}}</p>
<label>User name <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button name="consent" value="allow">Allow</button> <button name="consent" value="deny">Deny</button>
</form></body></html>
`))

// authorizationRequest is what the application asked for; all of it is in the address.
type authorizationRequest struct {
	client      state.Integration
	redirectURI string
	scope       string
	state       string
}

// readAuthorization checks an application's request. One that names no known application, or another way back, is answered
// here: a user is never sent to an address nobody registered.
func (s *server) readAuthorization(w http.ResponseWriter, r *http.Request) (authorizationRequest, bool) {
	query := r.URL.Query()
	req := authorizationRequest{
		redirectURI: query.Get("redirect_uri"), scope: query.Get("scope"), state: query.Get("state"),
	}
	client := s.integration(query.Get("client_id"))
	switch {
	case client == nil:
		writeRefusal(w, "Unknown integration")
	case !slices.Contains(client.RedirectURIs, req.redirectURI):
		writeRefusal(w, "The redirect URI is not registered for this integration")
	case query.Get("response_type") != "code":
		req.back(w, r, url.Values{"error": {"unsupported_response_type"}})
	case req.scope != "" && req.scope != defaultScope:
		req.back(w, r, url.Values{"error": {"invalid_scope"}})
	default:
		req.client = *client
		return req, true
	}
	return req, false
}

// back sends the user to the application.
func (q *authorizationRequest) back(w http.ResponseWriter, r *http.Request, answer url.Values) {
	target, err := url.Parse(q.redirectURI)
	if err != nil { // a registered one that is no address
		writeRefusal(w, "The redirect URI is not an address")
		return
	}
	query := target.Query()
	for name := range answer {
		query.Set(name, answer.Get(name))
	}
	if q.state != "" {
		query.Set("state", q.state)
	}
	target.RawQuery = query.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound) //nolint:gosec // one of the client's registered addresses
}

func (s *server) authorizationPage(w http.ResponseWriter, r *http.Request) {
	if req, ok := s.readAuthorization(w, r); ok {
		req.page(w, http.StatusOK, "")
	}
}

func (q *authorizationRequest) page(w http.ResponseWriter, status int, failure string) {
	w.Header().Set("Content-Type", "text/html;charset=utf-8")
	w.WriteHeader(status)
	_ = authorizationPageText.Execute(w, map[string]string{"Name": q.client.Name, "Failure": failure})
}

// authorize takes the form of the page: the user's name, password and consent.
func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	req, ok := s.readAuthorization(w, r)
	if !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		writeRefusal(w, "The form cannot be read")
		return
	}
	if r.PostForm.Get("consent") == "deny" {
		req.back(w, r, url.Values{"error": {"access_denied"}})
		return
	}
	p, err := s.byBasic(r, strings.ToLower(r.PostForm.Get("username")), r.PostForm.Get("password"))
	if err != nil || p.tokenID != "" {
		req.page(w, http.StatusUnauthorized, "Wrong user name or password.")
		return
	}
	record.From(r.Context()).User = p.username
	code := &state.AuthorizationCode{
		Code: rand.Text(), ClientID: req.client.ClientID, RedirectURI: req.redirectURI, Scope: defaultScope, UserID: p.userID,
		ExpiresAt: s.Store.Now().Add(codeLifetime),
	}
	s.Store.Update(func(st *state.State) { st.Artifactory.Codes = append(st.Artifactory.Codes, code) })
	req.back(w, r, url.Values{"code": {code.Code}})
}

// writeRefusal is a page for a request that cannot be sent back to an application.
func writeRefusal(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", "text/html;charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte("<!DOCTYPE html>\n<html><head><title>JFrog</title></head><body>" +
		template.HTMLEscapeString(message) + "</body></html>\n"))
}

func (s *server) integration(clientID string) *state.Integration {
	var found *state.Integration
	s.Store.View(func(st *state.State) {
		for _, client := range st.Artifactory.Integrations {
			if client.ClientID == clientID && clientID != "" {
				copied := *client
				found = &copied
			}
		}
	})
	return found
}

// oauthError is a refusal of the token endpoint (RFC 6749, section 5.2).
type oauthError struct {
	status            int
	code, description string
}

func (e *oauthError) Error() string { return e.code + ": " + e.description }

func invalidGrant(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_grant", description}
}

// integrationToken changes a code, or a refresh token, for the next pair.
func (s *server) integrationToken(w http.ResponseWriter, r *http.Request) {
	entry := record.From(r.Context())
	entry.Endpoint = r.Pattern
	token, answer, refusal := s.grantIntegration(w, r)
	if refusal != nil {
		w.Header().Set("Cache-Control", "no-store")
		if refusal.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="Artifactory Realm"`)
		}
		writeJSON(w, refusal.status, map[string]string{"error": refusal.code, "error_description": refusal.description})
		return
	}
	entry.User, entry.TokenID = token.Username, token.ID
	w.Header().Set("Cache-Control", "no-store")
	if err := s.writeMinted(w, token, answer); err != nil {
		writeProblem(w, r, err)
	}
}

func (s *server) grantIntegration(w http.ResponseWriter, r *http.Request) (*state.Token, minted, *oauthError) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil || !isMedia(r, "x-www-form-urlencoded") {
		return nil, minted{}, &oauthError{http.StatusBadRequest, "invalid_request", "the body must be a form"}
	}
	client := s.integration(r.PathValue("client_id"))
	if client == nil || !provesClient(r, client) {
		return nil, minted{}, &oauthError{http.StatusUnauthorized, "invalid_client", "unknown integration or wrong secret"}
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		return s.redeemCode(client, r.PostForm)
	case "refresh_token":
		return s.refreshIntegration(client, r.PostForm)
	default:
		return nil, minted{}, &oauthError{http.StatusBadRequest, "unsupported_grant_type", "use authorization_code or refresh_token"}
	}
}

// provesClient takes the secret as Bearer, which is how Coder changes a code, and in the two ways of RFC 6749, which its
// refresh uses.
func provesClient(r *http.Request, client *state.Integration) bool {
	secret := r.PostForm.Get("client_secret")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		secret = bearer
	} else if id, basic, ok := r.BasicAuth(); ok {
		if unescaped, err := url.QueryUnescape(id); err != nil || unescaped != client.ClientID {
			return false
		}
		var err error
		if secret, err = url.QueryUnescape(basic); err != nil {
			return false
		}
	}
	return subtle.ConstantTimeCompare([]byte(secret), []byte(client.ClientSecret)) == 1
}

// redeemCode changes a code for the first pair. A code that comes a second time was stolen by one of the two who have it:
// the tokens made for it end (RFC 6749, section 4.1.2).
func (s *server) redeemCode(client *state.Integration, form url.Values) (*state.Token, minted, *oauthError) {
	now := s.Store.Now().Truncate(time.Second)
	var (
		token   *state.Token
		answer  minted
		refusal = invalidGrant("the code is unknown, used or expired, or was made for another application or address")
	)
	s.Store.Update(func(st *state.State) {
		i := slices.IndexFunc(st.Artifactory.Codes, func(c *state.AuthorizationCode) bool { return c.Code == form.Get("code") })
		if i < 0 {
			return
		}
		code := st.Artifactory.Codes[i]
		user := st.UserByID(code.UserID)
		switch {
		case code.TokenID != "":
			revokeFamily(st, code.TokenID, now)
		case code.ClientID != client.ClientID, code.RedirectURI != form.Get("redirect_uri"), now.After(code.ExpiresAt),
			user == nil || !user.Active:
		default:
			fresh := &state.Token{
				ID: uuid.NewString(), UserID: user.ID, Username: user.Username, Label: client.Name, Scopes: []string{code.Scope},
				IssuedAt: now, ExpiresAt: now.Add(client.Lifetime), Refreshable: true, Audience: "*@*", ClientID: client.ClientID,
				Revocable: s.revocable(client.Lifetime, false),
			}
			fresh.FamilyID = fresh.ID
			answer = newSecrets(fresh, false)
			s.keep(st, fresh)
			code.TokenID = fresh.FamilyID
			copied := *fresh
			token, refusal = &copied, nil
		}
	})
	return token, answer, refusal
}

// refreshIntegration changes a refresh token for the next pair. Each is good once, for the application it was made for,
// and no matter how long the access token is over.
func (s *server) refreshIntegration(client *state.Integration, form url.Values) (*state.Token, minted, *oauthError) {
	now := s.Store.Now().Truncate(time.Second)
	var (
		next    state.Token
		answer  minted
		refusal = invalidGrant("the refresh token is unknown, was used before, or was made for another application")
	)
	s.Store.Update(func(st *state.State) {
		old := tokenByRefresh(st, form.Get("refresh_token"))
		if old == nil || old.ClientID != client.ClientID {
			return
		}
		if user := st.UserByID(old.UserID); user == nil || !user.Active {
			return
		}
		next = *old
		answer = s.succeed(st, old, &next, client.Lifetime, false, now)
		refusal = nil
	})
	return &next, answer, refusal
}

// revokeFamily ends every token that descends from one code.
func revokeFamily(st *state.State, family string, now time.Time) {
	for _, t := range st.Tokens {
		if t.FamilyID == family && t.RevokedAt.IsZero() {
			t.RevokedAt = now
		}
	}
}
