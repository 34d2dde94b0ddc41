package artifactkeeper

import (
	"net/http"
	"slices"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// maxUpload is the upload limit the system configuration reports, in bytes.
const maxUpload = 10 << 30

func (s *server) healthRoutes() {
	for _, path := range []string{"/health", "/healthz"} {
		s.handle("GET "+path, public, s.health)
	}
	for _, path := range []string{"/ready", "/readyz"} {
		s.handle("GET "+path, public, s.ready)
	}
	s.handle("GET /livez", public, s.alive)
	s.handle("GET /api/v1/setup/status", public, s.setupStatus)
	s.handle("GET /api/v1/system/config", optional, s.systemConfig)
	s.handle("GET /api/v1/auth/sso/providers", public, s.signInProviders)
}

type check struct {
	Status string `json:"status"`
}

// health names no product; a client recognises it by its fields (Artifact Keeper: api/handlers/health.rs).
func (s *server) health(*http.Request, *caller) (any, error) {
	return struct {
		Status   string           `json:"status"`
		Version  string           `json:"version"`
		DemoMode bool             `json:"demo_mode"`
		Checks   map[string]check `json:"checks"`
	}{"healthy", Version, false, map[string]check{"database": {"healthy"}, "storage": {"healthy"}}}, nil
}

func (s *server) ready(*http.Request, *caller) (any, error) {
	setup := check{"healthy"}
	if s.setupRequired() {
		setup.Status = "pending"
	}
	return struct {
		Status string           `json:"status"`
		Checks map[string]check `json:"checks"`
	}{"healthy", map[string]check{"database": {"healthy"}, "migrations": {"healthy"}, "setup_complete": setup}}, nil
}

func (s *server) alive(*http.Request, *caller) (any, error) {
	return struct {
		Status string `json:"status"`
	}{"alive"}, nil
}

// setupStatus is reachable under every lock, which makes it the first probe of a client that detects the server.
func (s *server) setupStatus(*http.Request, *caller) (any, error) {
	type status struct {
		SetupRequired bool   `json:"setup_required"`
		PasswordHint  string `json:"setup_password_hint,omitempty"`
	}
	if s.setupRequired() {
		return status{true, "The initial admin password is in the admin.password file of the storage folder"}, nil
	}
	return status{}, nil
}

// systemConfig tells anybody about sign-in and limits, and administrators a little more (Artifact Keeper:
// api/handlers/system_config.rs). The oidc, ldap and sso flags know only providers from the environment.
func (s *server) systemConfig(_ *http.Request, who *caller) (any, error) {
	type auth struct {
		OIDC       bool `json:"oidc_enabled"`
		LDAP       bool `json:"ldap_enabled"`
		SSO        bool `json:"sso_enabled"`
		LocalLogin bool `json:"local_login_enabled"`
		BreakGlass bool `json:"admin_break_glass_enabled"`
	}
	type permissions struct {
		RulesExist  bool `json:"rules_exist"`
		Enforcement bool `json:"enforcement_enabled"`
	}
	type config struct {
		MaxUpload      int64        `json:"max_upload_size_bytes"`
		DemoMode       bool         `json:"demo_mode"`
		GuestAccess    bool         `json:"guest_access_enabled"`
		Auth           auth         `json:"auth"`
		SearchEngine   string       `json:"search_engine,omitempty"`
		StorageBackend string       `json:"storage_backend,omitempty"`
		Permissions    *permissions `json:"permissions,omitempty"`
	}
	sso := s.ssoEnabled()
	c := config{MaxUpload: maxUpload, GuestAccess: !s.opt.GuestAccessOff, Auth: auth{LocalLogin: !sso, BreakGlass: sso}}
	if who != nil && who.isAdmin() {
		c.SearchEngine, c.StorageBackend = "database", "filesystem"
		s.store.View(func(st *state.State) { c.Permissions = &permissions{len(st.Rows) > 0, true} })
	}
	return c, nil
}

type signInProvider struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"provider_type"`
	LoginURL string `json:"login_url"`
}

func (s *server) signInProviders(*http.Request, *caller) (any, error) {
	list := []signInProvider{}
	s.store.View(func(st *state.State) {
		for _, p := range st.ArtifactKeeper.SSO {
			if p.Enabled {
				list = append(list, signInProvider{p.ID, p.Name, p.Kind, "/api/v1/auth/sso/" + p.Kind + "/" + p.ID + "/login"})
			}
		}
	})
	slices.SortStableFunc(list, func(a, b signInProvider) int { return compareText(a.Name, b.Name) })
	return list, nil
}
