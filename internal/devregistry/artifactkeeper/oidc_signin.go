package artifactkeeper

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/issuer"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// How long a browser may take at the provider, and the page afterwards to fetch its session.
const (
	signInTime   = 10 * time.Minute
	handoverTime = time.Minute
)

// redirect is a 307.
type redirect struct {
	to      string
	session *ssoSession
}

func (to redirect) respond(w http.ResponseWriter) {
	if to.session != nil {
		to.session.cookies(w, int(accessLifetime.Seconds()))
	}
	w.Header().Set("Location", to.to)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

func (s *server) verifier() issuer.Verifier {
	return issuer.Verifier{Client: s.opt.IssuerClient, Now: s.store.Now}
}

func setting(p *state.SSOProvider, name string) string {
	value, _ := p.Settings[name].(string)
	return value
}

// mapped reads a member of attribute_mapping.
func mapped(p *state.SSOProvider, name, fallback string) string {
	mapping, _ := p.Settings["attribute_mapping"].(map[string]any)
	value, _ := mapping[name].(string)
	return cmp.Or(value, fallback)
}

// returnURL is where the provider sends the browser back to: the one address for all providers, unless the mapping has one.
func (s *server) returnURL(r *http.Request, p *state.SSOProvider) string {
	return mapped(p, "redirect_uri", s.baseURL(r)+"/api/v1/auth/sso/oidc/callback")
}

// oidcLogin sends a browser to the provider, with a state, a nonce and (by default) a PKCE challenge (RFC 7636).
func (s *server) oidcLogin(r *http.Request, _ *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	p, err := s.ssoProvider("oidc", id)
	if err != nil {
		return nil, err
	}
	discovery, err := s.verifier().Discover(r.Context(), setting(p, "issuer_url"))
	if err != nil || discovery.Authorization == "" {
		return nil, internalError()
	}
	scopes := []string{"openid", "profile", "email"}
	if asked, _ := p.Settings["scopes"].([]string); len(asked) > 0 {
		scopes = asked
	}
	key, begun := randomHex(32), state.SignIn{ProviderID: p.ID, Nonce: randomHex(32), StartedAt: s.store.Now()}
	query := url.Values{
		"response_type": {"code"}, "client_id": {setting(p, "client_id")}, "redirect_uri": {s.returnURL(r, p)},
		"scope": {strings.Join(scopes, " ")}, "state": {key}, "nonce": {begun.Nonce},
	}
	if pkce, _ := p.Settings["pkce_enabled"].(bool); pkce {
		begun.Verifier = randomHex(32)
		challenge := sha256.Sum256([]byte(begun.Verifier))
		query.Set("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]))
		query.Set("code_challenge_method", "S256")
	}
	s.store.Update(func(st *state.State) {
		if st.ArtifactKeeper.SignIns == nil {
			st.ArtifactKeeper.SignIns = map[string]state.SignIn{}
		}
		st.ArtifactKeeper.SignIns[key] = begun
	})
	return redirect{to: discovery.Authorization + "?" + query.Encode()}, nil
}

// oidcCallback is where the browser comes back with a code. The session it gets waits under a code of this server's own,
// which only exchangeHandover takes.
func (s *server) oidcCallback(r *http.Request, _ *caller) (any, error) {
	query := r.URL.Query()
	if refusal := query.Get("error"); refusal != "" {
		return nil, authFailed("SSO login failed: " + cmp.Or(query.Get("error_description"), refusal))
	}
	code, key := query.Get("code"), query.Get("state")
	if code == "" || key == "" {
		return nil, invalid("Invalid OIDC callback parameters: code and state are required")
	}
	var begun state.SignIn
	s.store.Update(func(st *state.State) {
		begun = st.ArtifactKeeper.SignIns[key]
		delete(st.ArtifactKeeper.SignIns, key)
	})
	if begun.ProviderID == "" || s.store.Now().Sub(begun.StartedAt) > signInTime {
		return nil, authFailed("Invalid or expired SSO state")
	}
	if r.PathValue("id") != "" {
		if id, err := pathID(r, "id"); err != nil || id != begun.ProviderID {
			return nil, authFailed("SSO state does not match provider")
		}
	}
	p, err := s.ssoProvider("oidc", begun.ProviderID)
	if err != nil {
		return nil, err
	}
	person, groups, err := s.identify(r, p, begun, code)
	if err != nil {
		return nil, err
	}
	g, err := s.signIn(r, person, groups)
	if err != nil {
		return nil, err
	}
	handover, session, now := randomHex(32), g.session(), s.store.Now()
	s.store.Update(func(st *state.State) {
		if st.ArtifactKeeper.Handovers == nil {
			st.ArtifactKeeper.Handovers = map[string]state.Handover{}
		}
		st.ArtifactKeeper.Handovers[handover] = state.Handover{Access: g.access, Refresh: g.refresh, MadeAt: now}
	})
	return redirect{"/callback?code=" + handover, &session}, nil
}

// identify redeems the provider's code and reads the claims of the identity token.
func (s *server) identify(r *http.Request, p *state.SSOProvider, begun state.SignIn, code string) (federated, []string, error) {
	v := s.verifier()
	discovery, err := v.Discover(r.Context(), setting(p, "issuer_url"))
	if err != nil || discovery.Token == "" {
		return federated{}, nil, internalError()
	}
	form := url.Values{
		"code": {code}, "redirect_uri": {s.returnURL(r, p)}, "client_id": {setting(p, "client_id")},
		"client_secret": {p.Secrets["client_secret"]},
	}
	if begun.Verifier != "" {
		form.Set("code_verifier", begun.Verifier)
	}
	tokens, err := v.Redeem(r.Context(), discovery.Token, form)
	if err != nil || tokens.IDToken == "" {
		return federated{}, nil, internalError()
	}
	claims, err := v.Verify(r.Context(), tokens.IDToken, issuer.Expect{URL: setting(p, "issuer_url"), Audience: setting(p, "client_id")})
	if err != nil || claims["nonce"] != begun.Nonce {
		return federated{}, nil, authFailed("Invalid ID token")
	}
	subject, _ := claims.GetSubject()
	if subject == "" {
		return federated{}, nil, internalError()
	}
	text := func(name string) string { value, _ := claims[name].(string); return value }
	create, _ := p.Settings["auto_create_users"].(bool)
	reflects, _ := p.Settings["map_groups_to_groups"].(bool)
	person := federated{
		source: "oidc", providerID: p.ID, externalID: subject, create: create, adminGroup: mapped(p, "admin_group", ""),
		username: cmp.Or(text(mapped(p, "username_claim", "preferred_username")), text("email"), subject),
		email:    emailOf(text(mapped(p, "email_claim", "email")), subject, "oidc"), groups: groupsIn(p, claims),
	}
	if name := text("name"); name != "" {
		person.display = &name
	}
	if (reflects || person.adminGroup != "") && asksUserInfo(p) && discovery.UserInfo != "" {
		// Some providers tell all groups there alone; one that does not answer leaves those of the token.
		if more, err := v.UserInfo(r.Context(), discovery.UserInfo, tokens.AccessToken); err == nil {
			person.groups = append(person.groups, groupsIn(p, more)...)
		}
	}
	if !reflects {
		return person, nil, nil
	}
	return person, append([]string{}, person.groups...), nil
}

func asksUserInfo(p *state.SSOProvider) bool {
	mapping, _ := p.Settings["attribute_mapping"].(map[string]any)
	asks, isSet := mapping["fetch_userinfo_groups"].(bool)
	return asks || !isSet
}

// groupsIn reads the groups from the claim the mapping names, else from the first of the usual ones that has any. One text
// is a list with separators.
func groupsIn(p *state.SSOProvider, claims jwt.MapClaims) []string {
	candidates := []string{"groups", "groups_direct", "roles"}
	if pinned := strings.TrimSpace(mapped(p, "groups_claim", "")); pinned != "" {
		candidates = []string{pinned}
	}
	for _, name := range candidates {
		var groups []string
		switch value := claims[name].(type) {
		case string:
			groups = strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) })
		case []any:
			for _, item := range value {
				if text, ok := item.(string); ok && strings.TrimSpace(text) != "" {
					groups = append(groups, strings.TrimSpace(text))
				}
			}
		}
		if len(groups) > 0 {
			slices.Sort(groups)
			return slices.Compact(groups)
		}
	}
	return nil
}

// exchangeHandover gives the page the session that waits for it, once. It is no exchange of outside tokens.
func (s *server) exchangeHandover(r *http.Request, _ *caller) (any, error) {
	body, err := readObject(r, envelopeBody)
	if err != nil {
		return nil, err
	}
	code := required[string](body, "code")
	if err := body.done(); err != nil {
		return nil, err
	}
	now := s.store.Now()
	var waiting state.Handover
	s.store.Update(func(st *state.State) {
		waiting = st.ArtifactKeeper.Handovers[code]
		delete(st.ArtifactKeeper.Handovers, code)
	})
	if waiting.Access == "" || now.Sub(waiting.MadeAt) > handoverTime {
		return nil, authFailed("Invalid or expired exchange code")
	}
	return grant{waiting.Access, waiting.Refresh}.session(), nil
}
