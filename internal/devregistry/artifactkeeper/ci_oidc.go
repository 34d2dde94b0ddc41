package artifactkeeper

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// Defaults of CI identity providers and their mappings (Artifact Keeper: services/ci_oidc_service.rs).
const (
	defaultCIType     = "generic"
	defaultCIAudience = "artifact-keeper"
	defaultCIPriority = 100
)

func (s *server) ciRoutes() {
	const base = "/api/v1/admin/ci-oidc"
	s.handle("GET "+base, admin, s.listCIProviders)
	s.handle("POST "+base, admin, s.createCIProvider)
	s.handle("GET "+base+"/{id}", admin, s.getCIProvider)
	s.handle("PUT "+base+"/{id}", admin, s.updateCIProvider)
	s.handle("DELETE "+base+"/{id}", admin, s.deleteCIProvider)
	s.handle("PATCH "+base+"/{id}/toggle", admin, s.toggleCIProvider)
	s.handle("GET "+base+"/{id}/mappings", admin, s.listCIMappings)
	s.handle("POST "+base+"/{id}/mappings", admin, s.createCIMapping)
	s.handle("GET "+base+"/{id}/mappings/{mapping}", admin, s.getCIMapping)
	s.handle("PUT "+base+"/{id}/mappings/{mapping}", admin, s.updateCIMapping)
	s.handle("DELETE "+base+"/{id}/mappings/{mapping}", admin, s.deleteCIMapping)
	s.handle("PATCH "+base+"/{id}/mappings/{mapping}/toggle", admin, s.toggleCIMapping)
	s.handle("POST /api/v1/auth/ci/token", public, s.exchangeCIToken)
}

type ciProviderResponse struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Type         string `json:"provider_type"`
	IssuerURL    string `json:"issuer_url"`
	Audience     string `json:"audience"`
	IsEnabled    bool   `json:"is_enabled"`
	MappingCount int    `json:"mapping_count"`
	CreatedAt    stamp  `json:"created_at"`
	UpdatedAt    stamp  `json:"updated_at"`
}

func describeCIProvider(p *state.CIProvider) ciProviderResponse {
	return ciProviderResponse{
		p.ID, p.Name, p.Type, p.IssuerURL, p.Audience, p.Enabled, len(p.Mappings), stamp(p.CreatedAt),
		stamp(p.UpdatedAt),
	}
}

func (s *server) listCIProviders(*http.Request, *caller) (any, error) {
	list := []ciProviderResponse{}
	s.store.View(func(st *state.State) {
		for _, p := range st.ArtifactKeeper.CIProviders {
			list = append(list, describeCIProvider(p))
		}
	})
	slices.SortStableFunc(list, func(a, b ciProviderResponse) int { return compareText(a.Name, b.Name) })
	return list, nil
}

// ciProviderRequest are the fields of a provider that were sent.
type ciProviderRequest struct {
	name, kind, issuer, audience *string
	enabled                      *bool
}

func readCIProvider(r *http.Request, create bool) (ciProviderRequest, error) {
	body, err := readObject(r, plainBody)
	if err != nil {
		return ciProviderRequest{}, err
	}
	req := ciProviderRequest{
		maybe[string](body, "name"), maybe[string](body, "provider_type"),
		maybe[string](body, "issuer_url"), maybe[string](body, "audience"), maybe[bool](body, "is_enabled"),
	}
	if create {
		required[string](body, "name")
		required[string](body, "issuer_url")
	}
	return req, body.done()
}

// apply changes what was sent, and checks the result.
func (req ciProviderRequest) apply(s *server, p *state.CIProvider) error {
	next := *p
	set(&next.Name, req.name)
	set(&next.Type, req.kind)
	set(&next.IssuerURL, req.issuer)
	set(&next.Audience, req.audience)
	set(&next.Enabled, req.enabled)
	if err := s.checkOutbound(next.IssuerURL, "https"); err != nil {
		return err
	}
	*p = next
	return nil
}

func (s *server) createCIProvider(r *http.Request, _ *caller) (any, error) {
	req, err := readCIProvider(r, true)
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	p := &state.CIProvider{
		ID: uuid.NewString(), Type: defaultCIType, Audience: defaultCIAudience, Enabled: true,
		CreatedAt: now, UpdatedAt: now,
	}
	if err := req.apply(s, p); err != nil {
		return nil, err
	}
	out := describeCIProvider(p)
	s.store.Update(func(st *state.State) {
		st.ArtifactKeeper.CIProviders = append(st.ArtifactKeeper.CIProviders, p)
	})
	return out, nil
}

// onCIProvider runs f on the provider of the path.
func (s *server) onCIProvider(r *http.Request, f func(*state.State, *state.CIProvider) (any, error)) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	var out any
	s.store.Update(func(st *state.State) {
		p := ciProviderByID(st, id)
		if p == nil {
			err = notFound("CI OIDC provider not found")
			return
		}
		out, err = f(st, p)
	})
	return result(out, err)
}

func ciProviderByID(st *state.State, id string) *state.CIProvider {
	i := slices.IndexFunc(st.ArtifactKeeper.CIProviders, func(p *state.CIProvider) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return st.ArtifactKeeper.CIProviders[i]
}

func (s *server) getCIProvider(r *http.Request, _ *caller) (any, error) {
	return s.onCIProvider(r, func(_ *state.State, p *state.CIProvider) (any, error) { return describeCIProvider(p), nil })
}

func (s *server) updateCIProvider(r *http.Request, _ *caller) (any, error) {
	req, err := readCIProvider(r, false)
	if err != nil {
		return nil, err
	}
	return s.changeCIProvider(r, req)
}

func (s *server) toggleCIProvider(r *http.Request, _ *caller) (any, error) {
	enabled, err := readToggle(r)
	if err != nil {
		return nil, err
	}
	return s.changeCIProvider(r, ciProviderRequest{enabled: &enabled})
}

func (s *server) changeCIProvider(r *http.Request, req ciProviderRequest) (any, error) {
	now := s.store.Now()
	return s.onCIProvider(r, func(_ *state.State, p *state.CIProvider) (any, error) {
		if err := req.apply(s, p); err != nil {
			return nil, err
		}
		p.UpdatedAt = now
		return describeCIProvider(p), nil
	})
}

func (s *server) deleteCIProvider(r *http.Request, _ *caller) (any, error) {
	return s.onCIProvider(r, func(st *state.State, p *state.CIProvider) (any, error) {
		st.ArtifactKeeper.CIProviders = slices.DeleteFunc(st.ArtifactKeeper.CIProviders,
			func(other *state.CIProvider) bool { return other == p })
		return nil, nil
	})
}

type ciMappingResponse struct {
	ID             string         `json:"id"`
	ProviderID     string         `json:"provider_id"`
	Name           string         `json:"name"`
	Priority       int            `json:"priority"`
	ClaimFilters   map[string]any `json:"claim_filters"`
	AllowedRepoIDs []string       `json:"allowed_repo_ids"` // null: no limit
	IsEnabled      bool           `json:"is_enabled"`
	CreatedAt      stamp          `json:"created_at"`
	UpdatedAt      stamp          `json:"updated_at"`
}

func describeCIMapping(p *state.CIProvider, m *state.CIMapping) ciMappingResponse {
	return ciMappingResponse{
		m.ID, p.ID, m.Name, m.Priority, m.ClaimFilters, m.AllowedRepoIDs, m.Enabled, stamp(m.CreatedAt),
		stamp(m.UpdatedAt),
	}
}

func (s *server) listCIMappings(r *http.Request, _ *caller) (any, error) {
	return s.onCIProvider(r, func(_ *state.State, p *state.CIProvider) (any, error) {
		list := []ciMappingResponse{}
		for _, m := range byPriority(p.Mappings) {
			list = append(list, describeCIMapping(p, m))
		}
		return list, nil
	})
}

// byPriority orders mappings as the exchange tries them: lowest number first.
func byPriority(mappings []*state.CIMapping) []*state.CIMapping {
	return slices.SortedStableFunc(slices.Values(mappings), func(a, b *state.CIMapping) int {
		return cmp.Compare(a.Priority, b.Priority)
	})
}

// ciMappingRequest are the fields of a mapping that were sent.
type ciMappingRequest struct {
	name     *string
	priority *int64
	filters  *map[string]any
	repos    *[]uid
	enabled  *bool
}

func readCIMapping(r *http.Request, create bool) (ciMappingRequest, error) {
	body, err := readObject(r, plainBody)
	if err != nil {
		return ciMappingRequest{}, err
	}
	req := ciMappingRequest{
		maybe[string](body, "name"), maybe[int64](body, "priority"),
		maybe[map[string]any](body, "claim_filters"), maybe[[]uid](body, "allowed_repo_ids"), maybe[bool](body, "is_enabled"),
	}
	if create {
		required[string](body, "name")
	}
	return req, body.done()
}

// apply changes what was sent. A limit on repositories cannot be lifted again: null says "unchanged".
func (req ciMappingRequest) apply(m *state.CIMapping) {
	set(&m.Name, req.name)
	set(&m.ClaimFilters, req.filters)
	set(&m.Enabled, req.enabled)
	if req.priority != nil {
		m.Priority = int(*req.priority)
	}
	if req.repos != nil {
		ids := make([]string, len(*req.repos))
		for i, id := range *req.repos {
			ids[i] = string(id)
		}
		m.AllowedRepoIDs = ids
	}
}

func (s *server) createCIMapping(r *http.Request, _ *caller) (any, error) {
	req, err := readCIMapping(r, true)
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	return s.onCIProvider(r, func(_ *state.State, p *state.CIProvider) (any, error) {
		m := &state.CIMapping{
			ID: uuid.NewString(), Priority: defaultCIPriority, ClaimFilters: map[string]any{}, Enabled: true,
			CreatedAt: now, UpdatedAt: now,
		}
		req.apply(m)
		p.Mappings = append(p.Mappings, m)
		return describeCIMapping(p, m), nil
	})
}

// onCIMapping runs f on the mapping of the path; it must belong to the provider of the path.
func (s *server) onCIMapping(r *http.Request, f func(*state.CIProvider, *state.CIMapping) (any, error)) (any, error) {
	id, err := pathID(r, "mapping")
	if err != nil {
		return nil, err
	}
	return s.onCIProvider(r, func(_ *state.State, p *state.CIProvider) (any, error) {
		i := slices.IndexFunc(p.Mappings, func(m *state.CIMapping) bool { return m.ID == id })
		if i < 0 {
			return nil, notFound("CI OIDC identity mapping not found")
		}
		return f(p, p.Mappings[i])
	})
}

func (s *server) getCIMapping(r *http.Request, _ *caller) (any, error) {
	return s.onCIMapping(r, func(p *state.CIProvider, m *state.CIMapping) (any, error) { return describeCIMapping(p, m), nil })
}

func (s *server) updateCIMapping(r *http.Request, _ *caller) (any, error) {
	req, err := readCIMapping(r, false)
	if err != nil {
		return nil, err
	}
	return s.changeCIMapping(r, req)
}

func (s *server) toggleCIMapping(r *http.Request, _ *caller) (any, error) {
	enabled, err := readToggle(r)
	if err != nil {
		return nil, err
	}
	return s.changeCIMapping(r, ciMappingRequest{enabled: &enabled})
}

func (s *server) changeCIMapping(r *http.Request, req ciMappingRequest) (any, error) {
	now := s.store.Now()
	return s.onCIMapping(r, func(p *state.CIProvider, m *state.CIMapping) (any, error) {
		req.apply(m)
		m.UpdatedAt = now
		return describeCIMapping(p, m), nil
	})
}

func (s *server) deleteCIMapping(r *http.Request, _ *caller) (any, error) {
	return s.onCIMapping(r, func(p *state.CIProvider, m *state.CIMapping) (any, error) {
		p.Mappings = slices.DeleteFunc(p.Mappings, func(other *state.CIMapping) bool { return other == m })
		return nil, nil
	})
}

// ciUsername is the one account of a mapping.
func ciUsername(m *state.CIMapping) string { return "ci-" + strings.ReplaceAll(m.ID, "-", "")[:8] }
