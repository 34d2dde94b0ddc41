package artifactory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	oidcPath        = "/access/api/v1/oidc"
	oidcOnePath     = oidcPath + "/{name}"
	oidcMappingPath = oidcPath + "/{provider}/identity_mappings"
	oidcSince       = "7.73.1"
	oidcGeneric     = "Generic OpenID Connect"
)

// oidcProviders is help: create-oidc-configuration and its neighbours.
type oidcProviders struct {
	c    *transport.Client
	gate *gate
}

type oidcJSON struct {
	Name            string `json:"name"`
	Description     string `json:"description"`
	IssuerURL       string `json:"issuer_url"`
	ProviderType    string `json:"provider_type"`
	Audience        string `json:"audience"`
	Organization    string `json:"organization"`
	ProjectKey      string `json:"project_key"`
	TokenIssuer     string `json:"token_issuer"`
	AzureAppID      string `json:"azure_app_id"`
	UseDefaultProxy bool   `json:"use_default_proxy"`
	Permissive      bool   `json:"enable_permissive_configuration"`
}

func (o *oidcJSON) provider() registry.OIDCProvider {
	return registry.OIDCProvider{
		ID: o.Name, Name: o.Name, IssuerURL: o.IssuerURL, Audience: o.Audience,
		Artifactory: &registry.ArtifactoryOIDCProvider{
			ProviderType: o.ProviderType, Description: o.Description, Organization: o.Organization, ProjectKey: o.ProjectKey,
			TokenIssuer: o.TokenIssuer, AzureAppID: o.AzureAppID, UseDefaultProxy: o.UseDefaultProxy, Permissive: o.Permissive,
		},
	}
}

// answered is an object of which only the known fields are read, and all are kept for a replacement.
type answered[T any] struct {
	known T
	all   map[string]any
	asked string
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *answered[T]) UnmarshalJSON(data []byte) error {
	return errors.Join(json.Unmarshal(data, &a.known), json.Unmarshal(data, &a.all))
}

// Complete implements the transport's check of a success.
func (a *answered[T]) Complete() error {
	name, ok := a.all["name"].(string)
	if !ok || name == "" {
		return errors.New("it names nothing")
	}
	return sameName(a.asked, name)
}

// given leaves out what is empty: an absent field and an empty one are not the same to the server.
func given(fields map[string]any) map[string]any {
	for name, value := range fields {
		if value == "" {
			delete(fields, name)
		}
	}
	return fields
}

// replaced is the body of a replacement: what we do not know as it was, what we know as it shall be.
func replaced(current, fields map[string]any, known ...string) map[string]any {
	body := map[string]any{}
	for name, value := range current {
		body[name] = value
	}
	for _, name := range known {
		delete(body, name)
	}
	return overlay(body, fields)
}

var oidcFields = []string{"description", "audience", "organization", "project_key", "token_issuer", "azure_app_id"}

func oidcBody(spec registry.OIDCProvider) map[string]any {
	body := map[string]any{"name": spec.Name, "issuer_url": spec.IssuerURL, "audience": spec.Audience, "provider_type": oidcGeneric}
	if a := spec.Artifactory; a != nil {
		body["provider_type"], body["description"], body["organization"], body["project_key"] = a.ProviderType, a.Description, a.Organization, a.ProjectKey
		body["token_issuer"], body["azure_app_id"] = a.TokenIssuer, a.AzureAppID
		body["use_default_proxy"], body["enable_permissive_configuration"] = a.UseDefaultProxy, a.Permissive
	}
	return given(body)
}

// Supported implements registry.OIDCProviders.
func (o oidcProviders) Supported(ctx context.Context) error {
	return o.gate.require(ctx, "OpenID Connect", oidcSince)
}

// Create implements registry.OIDCProviders. Answers differ between versions; what was accepted is what was sent.
func (o oidcProviders) Create(ctx context.Context, spec registry.OIDCProvider) (registry.OIDCProvider, error) {
	if spec.SignIn != nil {
		return registry.OIDCProvider{}, &registry.Error{
			Kind: registry.KindUnsupported, Op: "create", Object: oidcObject(spec.Name), Message: "Artifactory's API has no sign-in with OpenID Connect",
		}
	}
	err := o.c.Do(ctx, transport.Request{
		Op: "create", Object: oidcObject(spec.Name), Class: transport.Create, Method: http.MethodPost, Path: oidcPath, Body: oidcBody(spec),
	}, nil)
	if err != nil {
		return registry.OIDCProvider{}, err
	}
	spec.ID = spec.Name
	if spec.Artifactory == nil {
		spec.Artifactory = &registry.ArtifactoryOIDCProvider{ProviderType: oidcGeneric}
	}
	return spec, nil
}

func (o oidcProviders) get(ctx context.Context, name string) (answered[oidcJSON], error) {
	answer := answered[oidcJSON]{asked: name}
	err := o.c.Do(ctx, transport.Request{
		Op: "read", Object: oidcObject(name), Method: http.MethodGet, Path: oidcOnePath, Params: map[string]string{"name": name},
	}, &answer)
	return answer, err
}

// Get implements registry.OIDCProviders.
func (o oidcProviders) Get(ctx context.Context, id string, _ bool) (registry.OIDCProvider, error) {
	found, err := o.get(ctx, id)
	if err != nil {
		return registry.OIDCProvider{}, err
	}
	return found.known.provider(), nil
}

// Find implements registry.OIDCProviders.
func (o oidcProviders) Find(ctx context.Context, key string) (registry.OIDCProvider, error) {
	return o.Get(ctx, key, false)
}

// Update implements registry.OIDCProviders.
func (o oidcProviders) Update(ctx context.Context, id string, _, spec registry.OIDCProvider) (registry.OIDCProvider, error) {
	if spec.Name != id {
		return registry.OIDCProvider{}, cannotRename(oidcObject(id))
	}
	current, err := o.get(ctx, id)
	if err != nil {
		return registry.OIDCProvider{}, err
	}
	err = o.c.Do(ctx, transport.Request{
		Op: "update", Object: oidcObject(id), Class: transport.Idempotent, Method: http.MethodPut, Path: oidcOnePath,
		Params: map[string]string{"name": id}, Body: replaced(current.all, oidcBody(spec), oidcFields...),
	}, nil)
	if err != nil {
		return registry.OIDCProvider{}, err
	}
	return o.Get(ctx, id, false)
}

// Delete implements registry.OIDCProviders. The mappings go along.
func (o oidcProviders) Delete(ctx context.Context, id string, _ bool) error {
	return o.c.Do(ctx, transport.Request{
		Op: "delete", Object: oidcObject(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: oidcOnePath, Params: map[string]string{"name": id},
	}, nil)
}

func oidcObject(name string) string { return fmt.Sprintf("OIDC provider %q", name) }

// oidcMappings is help: identity-mappings.
type oidcMappings struct{ c *transport.Client }

type oidcMappingJSON struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Priority    int64           `json:"priority"`
	Claims      json.RawMessage `json:"claims"`
	ProjectKey  string          `json:"project_key"`
	TokenSpec   struct {
		Username        string `json:"username"`
		UsernamePattern string `json:"username_pattern"`
		GroupsPattern   string `json:"groups_pattern"`
		Scope           string `json:"scope"`
		Audience        string `json:"audience"`
		ExpiresIn       int64  `json:"expires_in"`
	} `json:"token_spec"`
}

func (m *oidcMappingJSON) mapping(provider string) registry.OIDCMapping {
	t := m.TokenSpec
	return registry.OIDCMapping{
		ID: m.Name, Provider: provider, Name: m.Name, Priority: m.Priority, Claims: m.Claims,
		Artifactory: &registry.ArtifactoryOIDCMapping{
			Description: m.Description, ProjectKey: m.ProjectKey, Username: t.Username, UsernamePattern: t.UsernamePattern,
			GroupsPattern: t.GroupsPattern, Scope: t.Scope, Audience: t.Audience, ExpiresIn: time.Duration(t.ExpiresIn) * time.Second,
		},
	}
}

func oidcMappingBody(spec registry.OIDCMapping) map[string]any {
	body := map[string]any{"name": spec.Name, "priority": spec.Priority, "claims": spec.Claims}
	if a := spec.Artifactory; a != nil {
		body["description"], body["project_key"] = a.Description, a.ProjectKey
		body["token_spec"] = given(map[string]any{
			"username": a.Username, "username_pattern": a.UsernamePattern, "groups_pattern": a.GroupsPattern, "scope": a.Scope,
			"audience": a.Audience, "expires_in": int64(a.ExpiresIn / time.Second),
		})
	}
	return given(body)
}

// Create implements registry.OIDCMappings. What was accepted is what was sent.
func (o oidcMappings) Create(ctx context.Context, spec registry.OIDCMapping) (registry.OIDCMapping, error) {
	err := o.c.Do(ctx, transport.Request{
		Op: "create", Object: oidcMappingObject(spec.Name), Class: transport.Create, Method: http.MethodPost, Path: oidcMappingPath,
		Params: map[string]string{"provider": spec.Provider}, Body: oidcMappingBody(spec),
	}, nil)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	spec.ID = spec.Name
	return spec, nil
}

func (o oidcMappings) get(ctx context.Context, provider, name string) (answered[oidcMappingJSON], error) {
	answer := answered[oidcMappingJSON]{asked: name}
	err := o.c.Do(ctx, transport.Request{
		Op: "read", Object: oidcMappingObject(name), Method: http.MethodGet, Path: oidcMappingPath + "/{name}",
		Params: map[string]string{"provider": provider, "name": name},
	}, &answer)
	return answer, err
}

// Get implements registry.OIDCMappings.
func (o oidcMappings) Get(ctx context.Context, provider, id string) (registry.OIDCMapping, error) {
	found, err := o.get(ctx, provider, id)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	return found.known.mapping(provider), nil
}

// FindByName implements registry.OIDCMappings.
func (o oidcMappings) FindByName(ctx context.Context, provider, name string) (registry.OIDCMapping, error) {
	return o.Get(ctx, provider, name)
}

// Update implements registry.OIDCMappings.
func (o oidcMappings) Update(ctx context.Context, id string, spec registry.OIDCMapping) (registry.OIDCMapping, error) {
	if spec.Name != id {
		return registry.OIDCMapping{}, cannotRename(oidcMappingObject(id))
	}
	current, err := o.get(ctx, spec.Provider, id)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	err = o.c.Do(ctx, transport.Request{
		Op: "update", Object: oidcMappingObject(id), Class: transport.Idempotent, Method: http.MethodPut, Path: oidcMappingPath + "/{name}",
		Params: map[string]string{"provider": spec.Provider, "name": id},
		Body:   replaced(current.all, oidcMappingBody(spec), "description", "project_key", "claims", "token_spec"),
	}, nil)
	if err != nil {
		return registry.OIDCMapping{}, err
	}
	return o.Get(ctx, spec.Provider, id)
}

// Delete implements registry.OIDCMappings.
func (o oidcMappings) Delete(ctx context.Context, provider, id string) error {
	return o.c.Do(ctx, transport.Request{
		Op: "delete", Object: oidcMappingObject(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: oidcMappingPath + "/{name}",
		Params: map[string]string{"provider": provider, "name": id},
	}, nil)
}

func oidcMappingObject(name string) string { return fmt.Sprintf("OIDC identity mapping %q", name) }
