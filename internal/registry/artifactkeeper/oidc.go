package artifactkeeper

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	signInPath = "/api/v1/admin/sso/oidc"
	ciPath     = "/api/v1/admin/ci-oidc"
)

// oidcProviders are two collections of the server: sign-in with a browser (sso_admin.rs) and the exchange of pipelines'
// tokens (ci_auth_admin.rs).
type oidcProviders struct {
	signIn entity[signInJSON]
	ci     entity[ciJSON]
}

func newOIDC(c *transport.Client) oidcProviders {
	return oidcProviders{
		entity[signInJSON]{c: c, what: "OIDC provider", path: signInPath}, entity[ciJSON]{c: c, what: "OIDC provider", path: ciPath},
	}
}

type signInJSON struct {
	ID               string          `json:"id"`
	Name             string          `json:"name"`
	IssuerURL        string          `json:"issuer_url"`
	ClientID         string          `json:"client_id"`
	HasSecret        *bool           `json:"has_secret"`
	Scopes           []string        `json:"scopes"`
	AttributeMapping json.RawMessage `json:"attribute_mapping"`
	Enabled          bool            `json:"is_enabled"`
	AutoCreateUsers  bool            `json:"auto_create_users"`
	PKCE             bool            `json:"pkce_enabled"`
	MapGroups        bool            `json:"map_groups_to_groups"`
	LegacyRSA        bool            `json:"allow_legacy_rsa_keys"`
}

func (s signInJSON) key() (id, name string) { return s.ID, s.Name }

func (s signInJSON) provider() registry.OIDCProvider {
	mapping := s.AttributeMapping
	if text := string(bytes.TrimSpace(mapping)); text == "{}" || text == "null" {
		mapping = nil
	}
	return registry.OIDCProvider{
		ID: s.ID, Name: s.Name, IssuerURL: s.IssuerURL, ArtifactKeeper: &registry.ArtifactKeeperOIDCProvider{Enabled: s.Enabled},
		SignIn: &registry.OIDCSignIn{
			ClientID: s.ClientID, SecretLost: s.HasSecret != nil && !*s.HasSecret, Scopes: s.Scopes, AttributeMapping: mapping,
			AutoCreateUsers: s.AutoCreateUsers, PKCE: s.PKCE, MapGroups: s.MapGroups, AllowLegacyRSAKeys: s.LegacyRSA,
		},
	}
}

type ciJSON struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	ProviderType string `json:"provider_type"`
	IssuerURL    string `json:"issuer_url"`
	Audience     string `json:"audience"`
	Enabled      bool   `json:"is_enabled"`
}

func (c ciJSON) key() (id, name string) { return c.ID, c.Name }

func (c ciJSON) provider() registry.OIDCProvider {
	return registry.OIDCProvider{
		ID: c.ID, Name: c.Name, IssuerURL: c.IssuerURL, Audience: c.Audience,
		ArtifactKeeper: &registry.ArtifactKeeperOIDCProvider{Enabled: c.Enabled, ProviderType: c.ProviderType},
	}
}

// fields are everything about a provider that can be sent, secrets apart.
func oidcFields(spec registry.OIDCProvider) map[string]any {
	body := map[string]any{"name": spec.Name, "issuer_url": spec.IssuerURL}
	if k := spec.ArtifactKeeper; k != nil {
		body["is_enabled"] = k.Enabled
	}
	if s := spec.SignIn; s != nil {
		body["client_id"], body["auto_create_users"], body["pkce_enabled"] = s.ClientID, s.AutoCreateUsers, s.PKCE
		body["map_groups_to_groups"], body["allow_legacy_rsa_keys"] = s.MapGroups, s.AllowLegacyRSAKeys
		if len(s.Scopes) > 0 {
			body["scopes"] = s.Scopes
		}
		body["attribute_mapping"] = json.RawMessage("{}")
		if len(s.AttributeMapping) > 0 {
			body["attribute_mapping"] = s.AttributeMapping
		}
		return body
	}
	optional(body, "audience", spec.Audience)
	if k := spec.ArtifactKeeper; k != nil {
		optional(body, "provider_type", k.ProviderType)
	}
	return body
}

// addSecret puts the client's secret into a body.
func addSecret(body map[string]any, spec registry.OIDCProvider) []registry.Secret {
	if spec.SignIn == nil || spec.SignIn.ClientSecret == nil {
		return nil
	}
	body["client_secret"] = spec.SignIn.ClientSecret.Reveal()
	return []registry.Secret{*spec.SignIn.ClientSecret}
}

// Supported implements registry.OIDCProviders.
func (o oidcProviders) Supported(context.Context) error { return nil }

// Create implements registry.OIDCProviders.
func (o oidcProviders) Create(ctx context.Context, spec registry.OIDCProvider) (registry.OIDCProvider, error) {
	body := oidcFields(spec)
	secrets := addSecret(body, spec)
	if spec.SignIn != nil {
		made, err := o.signIn.create(ctx, spec.Name, body, secrets...)
		return converted(made, err, signInJSON.provider)
	}
	made, err := o.ci.create(ctx, spec.Name, body)
	return converted(made, err, ciJSON.provider)
}

func converted[A, B any](answer A, err error, convert func(A) B) (B, error) {
	if err != nil {
		var none B
		return none, err
	}
	return convert(answer), nil
}

// Get implements registry.OIDCProviders.
func (o oidcProviders) Get(ctx context.Context, id string, signIn bool) (registry.OIDCProvider, error) {
	if signIn {
		found, err := o.signIn.get(ctx, id)
		return converted(found, err, signInJSON.provider)
	}
	found, err := o.ci.get(ctx, id)
	return converted(found, err, ciJSON.provider)
}

// Find implements registry.OIDCProviders.
func (o oidcProviders) Find(ctx context.Context, key string) (registry.OIDCProvider, error) {
	exchange, err := findByKey(ctx, o.ci, key)
	if err != nil {
		return registry.OIDCProvider{}, err
	}
	signIn, err := findByKey(ctx, o.signIn, key)
	switch {
	case err != nil:
		return registry.OIDCProvider{}, err
	case exchange != nil && signIn != nil:
		return registry.OIDCProvider{}, &registry.Error{
			Kind: registry.KindInvalid, Op: "find", Object: o.ci.object(key),
			Message: fmt.Sprintf("there is one for an exchange (%s) and one to sign in with (%s)", exchange.ID, signIn.ID), Hint: "Give one of the ids",
		}
	case exchange != nil:
		return exchange.provider(), nil
	case signIn != nil:
		return signIn.provider(), nil
	default:
		return registry.OIDCProvider{}, &registry.Error{Kind: registry.KindNotFound, Op: "find", Object: o.ci.object(key), Message: "there is none of this name"}
	}
}

func findByKey[T keyed](ctx context.Context, e entity[T], key string) (*T, error) {
	return e.first(ctx, func(id, name string) bool { return id == key || name == key })
}

// Update implements registry.OIDCProviders. The server merges; a mapping of attributes is replaced as a whole.
func (o oidcProviders) Update(ctx context.Context, id string, prior, spec registry.OIDCProvider) (registry.OIDCProvider, error) {
	body := differing(oidcFields(prior), oidcFields(spec))
	if _, changed := body["attribute_mapping"]; changed {
		body["attribute_mapping_replace"] = true
	}
	secrets := addSecret(body, spec)
	switch {
	case len(body) == 0:
		return o.Get(ctx, id, spec.SignIn != nil)
	case spec.SignIn != nil:
		updated, err := o.signIn.update(ctx, id, spec.Name, body, secrets...)
		return converted(updated, err, signInJSON.provider)
	default:
		updated, err := o.ci.update(ctx, id, spec.Name, body)
		return converted(updated, err, ciJSON.provider)
	}
}

// differing are the fields that a partial update must send.
func differing(prior, next map[string]any) map[string]any {
	body := map[string]any{}
	for name, value := range next {
		before, _ := json.Marshal(prior[name])
		after, _ := json.Marshal(value)
		if !bytes.Equal(before, after) {
			body[name] = value
		}
	}
	return body
}

// Delete implements registry.OIDCProviders.
func (o oidcProviders) Delete(ctx context.Context, id string, signIn bool) error {
	if signIn {
		return o.signIn.delete(ctx, id)
	}
	return o.ci.delete(ctx, id)
}

// oidcMappings are the mappings of ci_auth_admin.rs.
type oidcMappings struct {
	c     *transport.Client
	repos repositories
}

type ciMappingJSON struct {
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	Priority     int64           `json:"priority"`
	Claims       json.RawMessage `json:"claim_filters"`
	Repositories []string        `json:"allowed_repo_ids"` // null is all
	Enabled      bool            `json:"is_enabled"`
}

func (m ciMappingJSON) key() (id, name string) { return m.ID, m.Name }

func (o oidcMappings) of(provider string) entity[ciMappingJSON] {
	return entity[ciMappingJSON]{
		c: o.c, what: "OIDC identity mapping", path: ciPath + "/{provider}/mappings", params: map[string]string{"provider": provider},
	}
}

// mapping names repositories by their keys; one that is gone keeps its id.
func (o oidcMappings) mapping(ctx context.Context, provider string, m ciMappingJSON) (registry.OIDCMapping, error) {
	own := &registry.ArtifactKeeperOIDCMapping{Enabled: m.Enabled, Username: ciUsername(m.ID)}
	if m.Repositories != nil {
		own.Repositories = []string{}
		keys := map[string]string{}
		if len(m.Repositories) > 0 {
			for r, err := range o.repos.List(ctx, registry.RepositoryFilter{}) {
				if err != nil {
					return registry.OIDCMapping{}, err
				}
				keys[r.ID] = r.Key
			}
		}
		for _, id := range m.Repositories {
			if key, ok := keys[id]; ok {
				id = key
			}
			own.Repositories = append(own.Repositories, id)
		}
		slices.Sort(own.Repositories)
	}
	return registry.OIDCMapping{ID: m.ID, Provider: provider, Name: m.Name, Priority: m.Priority, Claims: m.Claims, ArtifactKeeper: own}, nil
}

// ciUsername is the account of a mapping (ci_oidc_service.rs).
func ciUsername(id string) string {
	hex := strings.ReplaceAll(id, "-", "")
	return "ci-" + hex[:min(len(hex), 8)]
}

func (o oidcMappings) body(ctx context.Context, spec registry.OIDCMapping) (map[string]any, error) {
	body := map[string]any{"name": spec.Name, "priority": spec.Priority, "claim_filters": spec.Claims}
	k := spec.ArtifactKeeper
	if k == nil {
		return body, nil
	}
	body["is_enabled"] = k.Enabled
	if k.Repositories != nil {
		ids := []string{}
		for _, key := range k.Repositories {
			r, err := o.repos.Get(ctx, key)
			if registry.IsNotFound(err) {
				return nil, &registry.Error{
					Kind: registry.KindInvalid, Op: "limit", Object: o.of("").object(spec.Name), Err: err,
					Message: fmt.Sprintf("there is no repository %q", key), Hint: "Correct the name in allowed_repositories",
				}
			}
			if err != nil {
				return nil, err
			}
			ids = append(ids, r.ID)
		}
		body["allowed_repo_ids"] = ids
	}
	return body, nil
}

// Create implements registry.OIDCMappings.
func (o oidcMappings) Create(ctx context.Context, spec registry.OIDCMapping) (registry.OIDCMapping, error) {
	body, err := o.body(ctx, spec)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	made, err := o.of(spec.Provider).create(ctx, spec.Name, body)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	return o.mapping(ctx, spec.Provider, made)
}

// Get implements registry.OIDCMappings.
func (o oidcMappings) Get(ctx context.Context, provider, id string) (registry.OIDCMapping, error) {
	found, err := o.of(provider).get(ctx, id)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	return o.mapping(ctx, provider, found)
}

// FindByName implements registry.OIDCMappings.
func (o oidcMappings) FindByName(ctx context.Context, provider, name string) (registry.OIDCMapping, error) {
	found, err := o.of(provider).find(ctx, name)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	return o.mapping(ctx, provider, found)
}

// Update implements registry.OIDCMappings.
func (o oidcMappings) Update(ctx context.Context, id string, spec registry.OIDCMapping) (registry.OIDCMapping, error) {
	body, err := o.body(ctx, spec)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	updated, err := o.of(spec.Provider).update(ctx, id, spec.Name, body)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	return o.mapping(ctx, spec.Provider, updated)
}

// Delete implements registry.OIDCMappings.
func (o oidcMappings) Delete(ctx context.Context, provider, id string) error {
	return o.of(provider).delete(ctx, id)
}
