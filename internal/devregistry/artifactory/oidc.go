package artifactory

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) oidcRoutes() {
	const root = "/access/api/v1/oidc"
	s.admin("GET "+root, s.listOIDC)
	s.admin("POST "+root, s.postOIDC)
	s.admin("GET "+root+"/{provider}", s.getOIDC)
	s.admin("PUT "+root+"/{provider}", s.putOIDC)
	s.admin("DELETE "+root+"/{provider}", s.deleteOIDC)
	const mappings = root + "/{provider}/identity_mappings"
	s.admin("GET "+mappings, s.listMappings)
	s.admin("POST "+mappings, s.postMapping)
	s.admin("GET "+mappings+"/{mapping}", s.getMapping)
	s.admin("PUT "+mappings+"/{mapping}", s.putMapping)
	s.admin("DELETE "+mappings+"/{mapping}", s.deleteMapping)
	s.anonymous("POST "+root+"/token", s.exchange)
}

// oidcProvider is the trust in an outside issuer (JFrog help: "Create OIDC Configuration").
type oidcProvider struct {
	Name             string `json:"name"`
	Description      string `json:"description,omitempty"`
	IssuerURL        string `json:"issuer_url"`
	ProviderType     string `json:"provider_type"`
	Audience         string `json:"audience,omitempty"`
	Organization     string `json:"organization,omitempty"`
	ProjectKey       string `json:"project_key,omitempty"`
	TokenIssuer      string `json:"token_issuer,omitempty"`
	AzureAppID       string `json:"azure_app_id,omitempty"`
	UseDefaultProxy  bool   `json:"use_default_proxy"`
	PermissiveConfig bool   `json:"enable_permissive_configuration"`
}

var oidcProviderTypes = []string{"Generic OpenID Connect", "generic", "GitHub", "GitHub Enterprise", "Azure"}

func (p oidcProvider) check() error {
	issuer, err := url.Parse(p.IssuerURL)
	switch {
	case p.Name == "":
		return badRequest("name is required")
	case err != nil || issuer.Scheme != "https" || issuer.Host == "":
		return badRequest("issuer_url must be an https URL: " + p.IssuerURL)
	case !slices.Contains(oidcProviderTypes, p.ProviderType):
		return badRequest("Invalid provider_type: " + p.ProviderType)
	}
	return nil
}

func findOIDC(st *state.State, name string) *state.OIDCProvider {
	for _, p := range st.Artifactory.OIDCProviders {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func oidcNotFound(name string) *problem {
	return notFound(fmt.Sprintf("OIDC configuration %s not found", name))
}

func describeOIDC(p *state.OIDCProvider) oidcProvider { return oidcProvider(p.OIDCSettings) }

func (s *server) listOIDC(w http.ResponseWriter, _ *http.Request, _ *principal) error {
	list := []oidcProvider{}
	s.Store.View(func(st *state.State) {
		for _, p := range st.Artifactory.OIDCProviders {
			list = append(list, describeOIDC(p))
		}
	})
	writeJSON(w, http.StatusOK, list)
	return nil
}

func (s *server) postOIDC(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req oidcProvider
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if err := req.check(); err != nil {
		return err
	}
	var err error
	s.Store.Update(func(st *state.State) {
		if findOIDC(st, req.Name) != nil {
			err = conflict(fmt.Sprintf("OIDC configuration %s already exists", req.Name))
			return
		}
		provider := &state.OIDCProvider{OIDCSettings: state.OIDCSettings(req)}
		st.Artifactory.OIDCProviders = append(st.Artifactory.OIDCProviders, provider)
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, req)
	return nil
}

// withOIDC runs f on the provider in the path as one transaction.
func (s *server) withOIDC(r *http.Request, f func(*state.State, *state.OIDCProvider) error) error {
	name := r.PathValue("provider")
	var err error
	s.Store.Update(func(st *state.State) {
		p := findOIDC(st, name)
		if p == nil {
			err = oidcNotFound(name)
			return
		}
		err = f(st, p)
	})
	return err
}

func (s *server) getOIDC(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var answer oidcProvider
	err := s.withOIDC(r, func(_ *state.State, p *state.OIDCProvider) error {
		answer = describeOIDC(p)
		return nil
	})
	if err == nil {
		writeJSON(w, http.StatusOK, answer)
	}
	return err
}

// putOIDC replaces all but the name.
func (s *server) putOIDC(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req oidcProvider
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	req.Name = r.PathValue("provider")
	if err := req.check(); err != nil {
		return err
	}
	err := s.withOIDC(r, func(_ *state.State, p *state.OIDCProvider) error {
		p.OIDCSettings = state.OIDCSettings(req)
		return nil
	})
	if err == nil {
		writeJSON(w, http.StatusOK, req)
	}
	return err
}

func (s *server) deleteOIDC(w http.ResponseWriter, r *http.Request, _ *principal) error {
	err := s.withOIDC(r, func(st *state.State, p *state.OIDCProvider) error {
		st.Artifactory.OIDCProviders = slices.DeleteFunc(st.Artifactory.OIDCProviders,
			func(other *state.OIDCProvider) bool { return other == p })
		return nil
	})
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// oidcMapping says which outside identities get which token (JFrog help: "Identity Mappings").
type oidcMapping struct {
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Priority    int            `json:"priority"` // 1 is looked at first
	Claims      map[string]any `json:"claims"`
	TokenSpec   tokenSpec      `json:"token_spec"`
	ProjectKey  string         `json:"project_key,omitempty"`
}

type tokenSpec struct {
	Username        string `json:"username,omitempty"`
	UsernamePattern string `json:"username_pattern,omitempty"`
	GroupsPattern   string `json:"groups_pattern,omitempty"`
	Scope           string `json:"scope,omitempty"`
	Audience        string `json:"audience"`
	ExpiresIn       int64  `json:"expires_in"` // seconds
}

// defaultOIDCExpiry is how long an exchanged token lives unless its mapping says otherwise, in seconds.
const defaultOIDCExpiry = 60

func (m oidcMapping) completed() (oidcMapping, error) {
	if m.Name == "" || m.Priority < 1 || len(m.Claims) == 0 {
		return m, badRequest("name, priority (from 1) and claims are required")
	}
	if m.TokenSpec.Audience == "" {
		m.TokenSpec.Audience = "*@*"
	}
	if m.TokenSpec.ExpiresIn == 0 {
		m.TokenSpec.ExpiresIn = defaultOIDCExpiry
	}
	if _, err := parseScopes(splitScope(m.TokenSpec.Scope)); err != nil {
		return m, err
	}
	if m.TokenSpec.ExpiresIn < 0 || m.TokenSpec.ExpiresIn > maxExpiresIn {
		return m, badRequest(fmt.Sprintf("Invalid value for expires_in: %d", m.TokenSpec.ExpiresIn))
	}
	return m, nil
}

func storedMapping(m oidcMapping) state.OIDCMapping {
	return state.OIDCMapping{
		Name: m.Name, Description: m.Description, Priority: m.Priority, Claims: m.Claims,
		TokenSpec: state.OIDCTokenSpec(m.TokenSpec), ProjectKey: m.ProjectKey,
	}
}

func describeMapping(m state.OIDCMapping) oidcMapping {
	return oidcMapping{
		Name: m.Name, Description: m.Description, Priority: m.Priority, Claims: m.Claims,
		TokenSpec: tokenSpec(m.TokenSpec), ProjectKey: m.ProjectKey,
	}
}

// findMapping gives the index of a mapping, or -1.
func findMapping(p *state.OIDCProvider, name string) int {
	return slices.IndexFunc(p.Mappings, func(m state.OIDCMapping) bool { return m.Name == name })
}

func (s *server) listMappings(w http.ResponseWriter, r *http.Request, _ *principal) error {
	list := []oidcMapping{}
	err := s.withOIDC(r, func(_ *state.State, p *state.OIDCProvider) error {
		for _, m := range p.Mappings {
			list = append(list, describeMapping(m))
		}
		return nil
	})
	if err == nil {
		writeJSON(w, http.StatusOK, list)
	}
	return err
}

func readMapping(w http.ResponseWriter, r *http.Request) (oidcMapping, error) {
	var req oidcMapping
	if err := readJSON(w, r, &req); err != nil {
		return req, err
	}
	if name := r.PathValue("mapping"); name != "" {
		req.Name = name
	}
	return req.completed()
}

func (s *server) postMapping(w http.ResponseWriter, r *http.Request, _ *principal) error {
	req, err := readMapping(w, r)
	if err != nil {
		return err
	}
	err = s.withOIDC(r, func(_ *state.State, p *state.OIDCProvider) error {
		if findMapping(p, req.Name) >= 0 {
			return conflict(fmt.Sprintf("Identity mapping %s already exists", req.Name))
		}
		p.Mappings = append(p.Mappings, storedMapping(req))
		return nil
	})
	if err == nil {
		writeJSON(w, http.StatusCreated, req)
	}
	return err
}

// withMapping runs f on the mapping in the path as one transaction.
func (s *server) withMapping(r *http.Request, f func(p *state.OIDCProvider, i int)) error {
	return s.withOIDC(r, func(_ *state.State, p *state.OIDCProvider) error {
		name := r.PathValue("mapping")
		i := findMapping(p, name)
		if i < 0 {
			return notFound(fmt.Sprintf("Identity mapping %s not found", name))
		}
		f(p, i)
		return nil
	})
}

func (s *server) getMapping(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var answer oidcMapping
	err := s.withMapping(r, func(p *state.OIDCProvider, i int) { answer = describeMapping(p.Mappings[i]) })
	if err == nil {
		writeJSON(w, http.StatusOK, answer)
	}
	return err
}

func (s *server) putMapping(w http.ResponseWriter, r *http.Request, _ *principal) error {
	req, err := readMapping(w, r)
	if err != nil {
		return err
	}
	err = s.withMapping(r, func(p *state.OIDCProvider, i int) { p.Mappings[i] = storedMapping(req) })
	if err == nil {
		writeJSON(w, http.StatusOK, req)
	}
	return err
}

func (s *server) deleteMapping(w http.ResponseWriter, r *http.Request, _ *principal) error {
	err := s.withMapping(r, func(p *state.OIDCProvider, i int) { p.Mappings = slices.Delete(p.Mappings, i, i+1) })
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
