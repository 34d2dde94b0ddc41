package artifactory

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/issuer"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// The fixed words of RFC 8693 token exchange.
const (
	grantExchange    = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeIDToken      = "urn:ietf:params:oauth:token-type:id_token"
	typeIssuedAccess = "urn:ietf:params:oauth:token-type:access_token"
)

// exchange changes an outside identity token for one of this server, by the first mapping that fits.
func (s *server) exchange(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req struct {
		GrantType    string `json:"grant_type"`
		SubjectType  string `json:"subject_token_type"`
		SubjectToken string `json:"subject_token"`
		Provider     string `json:"provider_name"`
		Mapping      string `json:"identity_mapping_name"`
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if req.GrantType != grantExchange || req.SubjectType != typeIDToken {
		return badRequest("grant_type and subject_token_type must name a token exchange of an id_token")
	}
	var settings state.OIDCSettings
	var mappings []state.OIDCMapping
	s.Store.View(func(st *state.State) {
		if p := findOIDC(st, req.Provider); p != nil {
			settings, mappings = p.OIDCSettings, slices.Clone(p.Mappings)
		}
	})
	if settings.Name == "" {
		return unauthorized(r, "The OIDC provider "+req.Provider+" does not exist", "")
	}
	verifier := issuer.Verifier{Client: s.IssuerClient, Now: s.Store.Now}
	identity, err := verifier.Verify(r.Context(), req.SubjectToken, issuer.Expect{
		URL: settings.IssuerURL, Issuer: settings.TokenIssuer, Audience: settings.Audience,
	})
	if err != nil {
		return unauthorized(r, "The subject token is not valid: "+err.Error(), "")
	}
	if owner, _ := identity["repository_owner"].(string); settings.Organization != "" && owner != settings.Organization {
		return unauthorized(r, "The subject token is of another organization", "")
	}
	slices.SortStableFunc(mappings, func(a, b state.OIDCMapping) int { return cmp.Compare(a.Priority, b.Priority) })
	for _, m := range mappings {
		if (req.Mapping == "" || req.Mapping == m.Name) && matchesClaims(m.Claims, identity) {
			return s.issueExchanged(w, r, m.TokenSpec, identity)
		}
	}
	return unauthorized(r, "No identity mapping fits the subject token", "")
}

// matchesClaims wants every claim of a mapping in the token. * in a mapping's text stands for anything; of a list in the
// token one member is enough.
func matchesClaims(wanted map[string]any, identity jwt.MapClaims) bool {
	for name, want := range wanted {
		values, isList := identity[name].([]any)
		if !isList {
			values = []any{identity[name]}
		}
		pattern := strings.ReplaceAll(regexp.QuoteMeta(fmt.Sprint(want)), `\*`, `.*`)
		expression, err := regexp.Compile("^" + pattern + "$")
		if err != nil || !slices.ContainsFunc(values, func(v any) bool {
			return v != nil && expression.MatchString(fmt.Sprint(v))
		}) {
			return false
		}
	}
	return true
}

// issueExchanged makes the token. It is too short-lived to be stored, as a rule.
func (s *server) issueExchanged(
	w http.ResponseWriter, r *http.Request, spec state.OIDCTokenSpec, identity jwt.MapClaims,
) error {
	username, err := expand(cmp.Or(spec.UsernamePattern, spec.Username), identity)
	if err != nil {
		return err
	}
	username = strings.ToLower(username)
	scope := spec.Scope
	if spec.GroupsPattern != "" {
		groups, err := expand(spec.GroupsPattern, identity)
		if err != nil {
			return err
		}
		scope = strings.TrimSpace(scope + " applied-permissions/groups:" + groups)
	}
	scopes := splitScope(cmp.Or(scope, defaultScope))
	granted, err := parseScopes(scopes)
	if err != nil {
		return err
	}
	now := s.Store.Now().Truncate(time.Second)
	lifetime := time.Duration(spec.ExpiresIn) * time.Second
	token := &state.Token{
		ID: uuid.NewString(), Username: username, Label: "Exchanged for an OIDC token", Scopes: scopes, IssuedAt: now,
		ExpiresAt: now.Add(lifetime), Audience: spec.Audience, Revocable: s.revocable(lifetime, false),
	}
	known := false
	s.Store.Update(func(st *state.State) {
		user := st.UserByName(username)
		known = user != nil && user.Active
		if user != nil {
			token.UserID = user.ID
		}
		if known || !granted.user {
			s.keep(st, token)
		}
	})
	if granted.user && !known {
		return unauthorized(r, fmt.Sprintf("The user %q of the identity mapping does not exist or is disabled", username), "")
	}
	c := s.claimsOf(token)
	if username == "" {
		// A token for groups alone belongs to nobody here; its subject is the outside one, as it is.
		c.Subject, _ = identity.GetSubject()
	}
	signed, err := s.signer.sign(c)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": signed, "issued_token_type": typeIssuedAccess, "username": username, "scope": c.Scope,
		"expires_in": spec.ExpiresIn, "token_type": "Bearer",
	})
	return nil
}

// dynamicPattern is {{claim}}, alone or followed by a template in which $0 is the claim (JFrog help: "Dynamic Mapping").
var dynamicPattern = regexp.MustCompile(`^\{\{\s*([^{}\s]+)\s*\}\}(?:\s*\|\s*(.+))?$`)

// expand fills a claim into a pattern; what is no pattern stays as it is. A claim that is missing is a refusal.
func expand(pattern string, identity jwt.MapClaims) (string, error) {
	parts := dynamicPattern.FindStringSubmatch(strings.TrimSpace(pattern))
	if parts == nil {
		if strings.Contains(pattern, "{{") {
			return "", notModelled("The identity mapping pattern " + pattern)
		}
		return pattern, nil
	}
	value, ok := identity[parts[1]]
	if !ok {
		return "", newProblem(http.StatusUnauthorized, "The subject token has no claim "+parts[1])
	}
	if parts[2] == "" {
		return fmt.Sprint(value), nil
	}
	return strings.ReplaceAll(parts[2], "$0", fmt.Sprint(value)), nil
}
