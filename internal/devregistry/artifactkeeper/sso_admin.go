package artifactkeeper

import (
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// ssoSetting is one field of an identity provider's configuration.
type ssoSetting struct {
	name     string
	read     func(body *fields, name string) any // nil when absent or null
	required bool
	fallback any
	secret   bool // write-only: answers say has_NAME instead
}

// ssoKind is one of the kinds of identity provider, with its fields (Artifact Keeper: services/auth_config_service.rs).
type ssoKind struct {
	name     string
	settings []ssoSetting
	check    func(s *server, settings map[string]any) error
}

func readAs[T any](body *fields, name string) any {
	if v := maybe[T](body, name); v != nil {
		return *v
	}
	return nil
}

var (
	readText    = readAs[string]
	readFlag    = readAs[bool]
	readNumber  = readAs[int64]
	readTexts   = readAs[[]string]
	readMapping = readAs[map[string]any]
)

var ssoKinds = []ssoKind{
	{name: "oidc", settings: []ssoSetting{
		{name: "issuer_url", read: readText, required: true},
		{name: "client_id", read: readText, required: true},
		{name: "client_secret", read: readText, required: true, secret: true},
		{name: "scopes", read: readTexts, fallback: []string{"openid", "profile", "email"}},
		{name: "attribute_mapping", read: readMapping, fallback: map[string]any{}},
		{name: "auto_create_users", read: readFlag, fallback: true},
		{name: "pkce_enabled", read: readFlag, fallback: true},
		{name: "map_groups_to_groups", read: readFlag, fallback: false},
		{name: "allow_legacy_rsa_keys", read: readFlag, fallback: false},
	}, check: func(s *server, settings map[string]any) error {
		issuer, _ := settings["issuer_url"].(string)
		return s.checkOutbound(issuer, "http", "https")
	}},
	{name: "ldap", settings: []ssoSetting{
		{name: "server_url", read: readText, required: true},
		{name: "user_base_dn", read: readText, required: true},
		{name: "bind_dn", read: readText},
		{name: "bind_password", read: readText, secret: true},
		{name: "user_filter", read: readText, fallback: "(uid={0})"},
		{name: "group_base_dn", read: readText},
		{name: "group_filter", read: readText},
		{name: "email_attribute", read: readText, fallback: "mail"},
		{name: "display_name_attribute", read: readText, fallback: "cn"},
		{name: "username_attribute", read: readText, fallback: "uid"},
		{name: "groups_attribute", read: readText, fallback: "memberOf"},
		{name: "admin_group_dn", read: readText},
		{name: "use_starttls", read: readFlag, fallback: false},
		{name: "insecure_skip_verify", read: readFlag, fallback: false},
		{name: "ca_certificate", read: readText, secret: true},
		{name: "priority", read: readNumber, fallback: int64(0)},
	}, check: func(s *server, settings map[string]any) error {
		server, _ := settings["server_url"].(string)
		return s.checkOutbound(server, "ldap", "ldaps")
	}},
	{name: "saml", settings: []ssoSetting{
		{name: "entity_id", read: readText, required: true},
		{name: "sso_url", read: readText, required: true},
		{name: "certificate", read: readText, required: true, secret: true},
		{name: "slo_url", read: readText},
		{name: "name_id_format", read: readText, fallback: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"},
		{name: "attribute_mapping", read: readMapping, fallback: map[string]any{}},
		{name: "sp_entity_id", read: readText, fallback: "artifact-keeper"},
		{name: "sign_requests", read: readFlag, fallback: false},
		{name: "require_signed_assertions", read: readFlag, fallback: true},
		{name: "admin_group", read: readText},
		{name: "use_absolute_acs_url", read: readFlag, fallback: false},
		{name: "map_groups_to_groups", read: readFlag, fallback: false},
	}},
}

func (s *server) ssoRoutes() {
	const base = "/api/v1/admin/sso"
	s.handle("GET "+base+"/providers", admin, s.signInProviders)
	for _, kind := range ssoKinds {
		path := base + "/" + kind.name
		s.handle("GET "+path, admin, s.listSSO(kind))
		s.handle("POST "+path, admin, s.createSSO(kind))
		s.handle("GET "+path+"/{id}", admin, s.getSSO(kind))
		s.handle("PUT "+path+"/{id}", admin, s.updateSSO(kind))
		s.handle("DELETE "+path+"/{id}", admin, s.deleteSSO(kind))
		s.handle("PATCH "+path+"/{id}/toggle", admin, s.toggleSSO(kind))
	}
	s.handle("POST "+base+"/ldap/{id}/test", admin, s.testLDAP)
}

// describeSSO is a configuration as the server shows it: all but the secrets.
func describeSSO(kind ssoKind, p *state.SSOProvider) map[string]any {
	out := map[string]any{
		"id": p.ID, "name": p.Name, "is_enabled": p.Enabled, "created_at": stamp(p.CreatedAt), "updated_at": stamp(p.UpdatedAt),
	}
	for _, setting := range kind.settings {
		if setting.secret {
			out[secretFlag(setting.name)] = p.Secrets[setting.name] != ""
		} else {
			out[setting.name] = p.Settings[setting.name]
		}
	}
	return out
}

// secretFlag names the field that says whether a secret is set; OIDC's client secret has a short one.
func secretFlag(name string) string {
	if name == "client_secret" {
		return "has_secret"
	}
	return "has_" + name
}

func (s *server) listSSO(kind ssoKind) endpoint {
	return func(*http.Request, *caller) (any, error) {
		list := []map[string]any{}
		s.store.View(func(st *state.State) {
			byName := slices.SortedStableFunc(slices.Values(st.ArtifactKeeper.SSO),
				func(a, b *state.SSOProvider) int { return compareText(a.Name, b.Name) })
			for _, p := range byName {
				if p.Kind == kind.name {
					list = append(list, describeSSO(kind, p))
				}
			}
		})
		return list, nil
	}
}

func (s *server) createSSO(kind ssoKind) endpoint {
	return func(r *http.Request, _ *caller) (any, error) {
		body, err := readObject(r, plainBody)
		if err != nil {
			return nil, err
		}
		now := s.store.Now()
		p := &state.SSOProvider{
			ID: uuid.NewString(), Kind: kind.name, Name: required[string](body, "name"), Enabled: true,
			Settings: map[string]any{}, Secrets: map[string]string{}, CreatedAt: now, UpdatedAt: now,
		}
		set(&p.Enabled, maybe[bool](body, "is_enabled"))
		for _, setting := range kind.settings {
			if setting.required && !body.has(setting.name) {
				body.fail("missing field `" + setting.name + "`")
			}
			value := setting.read(body, setting.name)
			if value == nil {
				value = setting.fallback
			}
			store(p, setting, value)
		}
		if err := body.done(); err != nil {
			return nil, err
		}
		if err := s.checkSSO(kind, p.Settings); err != nil {
			return nil, err
		}
		out := describeSSO(kind, p)
		s.store.Update(func(st *state.State) {
			if nameTaken(st, kind, p.Name, nil) {
				err = internalError() // every database error of these routes is one
				return
			}
			st.ArtifactKeeper.SSO = append(st.ArtifactKeeper.SSO, p)
		})
		return result(out, err)
	}
}

func store(p *state.SSOProvider, setting ssoSetting, value any) {
	if setting.secret {
		p.Secrets[setting.name], _ = value.(string)
		return
	}
	p.Settings[setting.name] = value
}

func (s *server) checkSSO(kind ssoKind, settings map[string]any) error {
	if kind.check == nil {
		return nil
	}
	return kind.check(s, settings)
}

func nameTaken(st *state.State, kind ssoKind, name string, except *state.SSOProvider) bool {
	return slices.ContainsFunc(st.ArtifactKeeper.SSO, func(p *state.SSOProvider) bool {
		return p != except && p.Kind == kind.name && p.Name == name
	})
}

// onSSO runs f on the configuration of the path.
func (s *server) onSSO(kind ssoKind, r *http.Request, f func(*state.State, *state.SSOProvider) (any, error)) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	var out any
	s.store.Update(func(st *state.State) {
		i := slices.IndexFunc(st.ArtifactKeeper.SSO,
			func(p *state.SSOProvider) bool { return p.Kind == kind.name && p.ID == id })
		if i < 0 {
			err = notFound("SSO configuration not found")
			return
		}
		out, err = f(st, st.ArtifactKeeper.SSO[i])
	})
	return result(out, err)
}

func (s *server) getSSO(kind ssoKind) endpoint {
	return func(r *http.Request, _ *caller) (any, error) {
		return s.onSSO(kind, r, func(_ *state.State, p *state.SSOProvider) (any, error) { return describeSSO(kind, p), nil })
	}
}

// updateSSO is a partial merge in spite of its method. Nothing can be cleared with null; an empty ca_certificate removes
// that one.
func (s *server) updateSSO(kind ssoKind) endpoint {
	return func(r *http.Request, _ *caller) (any, error) {
		if _, err := pathID(r, "id"); err != nil {
			return nil, err
		}
		body, err := readObject(r, plainBody)
		if err != nil {
			return nil, err
		}
		name, enabled := maybe[string](body, "name"), maybe[bool](body, "is_enabled")
		whole := deref(maybe[bool](body, "attribute_mapping_replace"))
		changes := map[string]any{}
		for _, setting := range kind.settings {
			if value := setting.read(body, setting.name); value != nil {
				changes[setting.name] = value
			}
		}
		if err := body.done(); err != nil {
			return nil, err
		}
		now := s.store.Now()
		return s.onSSO(kind, r, func(st *state.State, p *state.SSOProvider) (any, error) {
			if name != nil && nameTaken(st, kind, *name, p) {
				return nil, internalError()
			}
			// Settings are replaced as a whole, never edited: answers that are being written may still refer to them.
			next := maps.Clone(p.Settings)
			for _, setting := range kind.settings {
				value, changed := changes[setting.name]
				switch {
				case !changed || setting.secret:
				case kind.name == "oidc" && setting.name == "attribute_mapping" && !whole:
					next[setting.name] = merged(p.Settings[setting.name], value)
				default:
					next[setting.name] = value
				}
			}
			if err := s.checkSSO(kind, next); err != nil {
				return nil, err
			}
			for _, setting := range kind.settings {
				if value, changed := changes[setting.name]; changed && setting.secret {
					store(p, setting, value)
				}
			}
			set(&p.Name, name)
			set(&p.Enabled, enabled)
			p.Settings, p.UpdatedAt = next, now
			return describeSSO(kind, p), nil
		})
	}
}

// merged lays one JSON object over another, at all depths; null removes a key.
func merged(base, over any) any {
	left, isObject := base.(map[string]any)
	right, isChange := over.(map[string]any)
	if !isChange {
		return over
	}
	out := map[string]any{}
	if isObject {
		out = maps.Clone(left)
	}
	for key, value := range right {
		if value == nil {
			delete(out, key)
		} else {
			out[key] = merged(out[key], value)
		}
	}
	return out
}

func (s *server) deleteSSO(kind ssoKind) endpoint {
	return func(r *http.Request, _ *caller) (any, error) {
		return s.onSSO(kind, r, func(st *state.State, p *state.SSOProvider) (any, error) {
			st.ArtifactKeeper.SSO = slices.DeleteFunc(st.ArtifactKeeper.SSO,
				func(other *state.SSOProvider) bool { return other == p })
			return nil, nil
		})
	}
}

func (s *server) toggleSSO(kind ssoKind) endpoint {
	return func(r *http.Request, _ *caller) (any, error) {
		enabled, err := readToggle(r)
		if err != nil {
			return nil, err
		}
		now := s.store.Now()
		return s.onSSO(kind, r, func(_ *state.State, p *state.SSOProvider) (any, error) {
			p.Enabled, p.UpdatedAt = enabled, now
			return nil, nil
		})
	}
}

func readToggle(r *http.Request) (bool, error) {
	if _, err := pathID(r, "id"); err != nil {
		return false, err
	}
	body, err := readObject(r, plainBody)
	if err != nil {
		return false, err
	}
	enabled := required[bool](body, "enabled")
	return enabled, body.done()
}
