package artifactkeeper

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const ldapPath = "/api/v1/admin/sso/ldap"

// ldapSettings is the LDAP part of sso_admin.rs and auth_config_service.rs.
type ldapSettings struct {
	entity[ldapJSON]
}

func newLDAP(c *transport.Client) ldapSettings {
	return ldapSettings{entity[ldapJSON]{c: c, what: "LDAP settings", path: ldapPath}}
}

// ldapJSON is a setting as the server tells it: secrets and the certificate only by whether they are there.
type ldapJSON struct {
	ID                   string `json:"id"`
	Name                 string `json:"name"`
	Enabled              bool   `json:"is_enabled"`
	URL                  string `json:"server_url"`
	UserBaseDN           string `json:"user_base_dn"`
	UserFilter           string `json:"user_filter"`
	BindDN               string `json:"bind_dn"` // or null, as are the next three
	GroupBaseDN          string `json:"group_base_dn"`
	GroupFilter          string `json:"group_filter"`
	AdminGroupDN         string `json:"admin_group_dn"`
	HasBindPassword      *bool  `json:"has_bind_password"`
	EmailAttribute       string `json:"email_attribute"`
	DisplayNameAttribute string `json:"display_name_attribute"`
	UsernameAttribute    string `json:"username_attribute"`
	GroupsAttribute      string `json:"groups_attribute"`
	StartTLS             bool   `json:"use_starttls"`
	// The two below are absent from servers of before they knew about the directory's certificate.
	InsecureSkipVerify *bool `json:"insecure_skip_verify"`
	HasCACertificate   *bool `json:"has_ca_certificate"`
	Priority           int64 `json:"priority"`
}

func (l ldapJSON) key() (id, name string) { return l.ID, l.Name }

func (l ldapJSON) settings() registry.LDAPSettings {
	return registry.LDAPSettings{
		ID: l.ID, Name: l.Name, Enabled: l.Enabled, URL: l.URL, BaseDN: l.UserBaseDN, SearchFilter: l.UserFilter,
		EmailAttribute: l.EmailAttribute, ManagerDN: l.BindDN,
		PasswordLost: l.BindDN != "" && l.HasBindPassword != nil && !*l.HasBindPassword,
		ArtifactKeeper: &registry.ArtifactKeeperLDAPSettings{
			UsernameAttribute: l.UsernameAttribute, DisplayNameAttribute: l.DisplayNameAttribute, GroupsAttribute: l.GroupsAttribute,
			GroupBaseDN: l.GroupBaseDN, GroupFilter: l.GroupFilter, AdminGroupDN: l.AdminGroupDN, StartTLS: l.StartTLS,
			InsecureSkipVerify: l.InsecureSkipVerify != nil && *l.InsecureSkipVerify,
			HasCACertificate:   l.HasCACertificate != nil && *l.HasCACertificate, Priority: l.Priority,
		},
	}
}

// checkTLS refuses to leave a directory's certificate unchecked or wrongly checked without a word: a server that knows
// nothing of these settings takes them, forgets them and says nothing.
func (l ldapJSON) checkTLS(spec registry.LDAPSettingsSpec) error {
	a := spec.ArtifactKeeper
	if a == nil || a.CACertificate == "" && !a.InsecureSkipVerify || l.InsecureSkipVerify != nil {
		return nil
	}
	return &registry.Error{
		Kind: registry.KindUnsupported, Op: "set the TLS settings of", Object: "LDAP settings " + l.Name,
		Message: "this version of Artifact Keeper knows neither ca_certificate nor insecure_skip_verify",
		Hint:    "Upgrade Artifact Keeper, or have its machine trust the directory's CA",
	}
}

// userBaseDN is the one place below which people are searched.
func userBaseDN(s registry.LDAPSettings) string {
	switch {
	case len(s.SearchBases) == 0:
		return s.BaseDN
	case s.BaseDN == "":
		return s.SearchBases[0]
	default:
		return s.SearchBases[0] + "," + s.BaseDN
	}
}

func optional(body map[string]any, name, value string) {
	if value != "" {
		body[name] = value
	}
}

// Supported implements registry.LDAPDirectories. Every version that this provider speaks to has it.
func (l ldapSettings) Supported(context.Context) error { return nil }

// Create implements registry.LDAPDirectories.
func (l ldapSettings) Create(ctx context.Context, spec registry.LDAPSettingsSpec) (registry.LDAPSettings, error) {
	body := map[string]any{
		"name": spec.Name, "is_enabled": spec.Enabled, "server_url": spec.URL, "user_base_dn": userBaseDN(spec.LDAPSettings),
		"email_attribute": spec.EmailAttribute,
	}
	optional(body, "user_filter", spec.SearchFilter)
	optional(body, "bind_dn", spec.ManagerDN)
	var secrets []registry.Secret
	if spec.ManagerPassword != nil {
		body["bind_password"] = spec.ManagerPassword.Reveal()
		secrets = append(secrets, *spec.ManagerPassword)
	}
	if a := spec.ArtifactKeeper; a != nil {
		for name, value := range map[string]string{
			"username_attribute": a.UsernameAttribute, "display_name_attribute": a.DisplayNameAttribute, "groups_attribute": a.GroupsAttribute,
			"group_base_dn": a.GroupBaseDN, "group_filter": a.GroupFilter, "admin_group_dn": a.AdminGroupDN, "ca_certificate": a.CACertificate,
		} {
			optional(body, name, value)
		}
		body["use_starttls"], body["insecure_skip_verify"], body["priority"] = a.StartTLS, a.InsecureSkipVerify, a.Priority
	}
	made, err := l.create(ctx, spec.Name, body, secrets...)
	if err != nil {
		return registry.LDAPSettings{}, err
	}
	return made.settings(), made.checkTLS(spec)
}

// Get implements registry.LDAPDirectories.
func (l ldapSettings) Get(ctx context.Context, id string) (registry.LDAPSettings, error) {
	found, err := l.get(ctx, id)
	if err != nil {
		return registry.LDAPSettings{}, err
	}
	return found.settings(), nil
}

// FindByName implements registry.LDAPDirectories.
func (l ldapSettings) FindByName(ctx context.Context, name string) (registry.LDAPSettings, error) {
	found, err := l.find(ctx, name)
	if err != nil {
		return registry.LDAPSettings{}, err
	}
	return found.settings(), nil
}

// List implements registry.LDAPDirectories.
func (l ldapSettings) List(ctx context.Context) iter.Seq2[registry.LDAPSettings, error] {
	return each(func() ([]ldapJSON, error) { return l.list(ctx) }, func(s ldapJSON) registry.LDAPSettings { return s.settings() })
}

// each yields a list that has no pages.
func each[A, B any](fetch func() ([]A, error), convert func(A) B) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		var none B
		items, err := fetch()
		if err != nil {
			yield(none, err)
			return
		}
		for _, item := range items {
			if !yield(convert(item), nil) {
				return
			}
		}
	}
}

// Update implements registry.LDAPDirectories. The server merges: only what changed is sent, and nothing can be emptied but
// the certificate.
func (l ldapSettings) Update(ctx context.Context, id string, prior, spec registry.LDAPSettingsSpec) (registry.LDAPSettings, error) {
	body := map[string]any{}
	changed(body, "name", prior.Name, spec.Name)
	changed(body, "is_enabled", prior.Enabled, spec.Enabled)
	changed(body, "server_url", prior.URL, spec.URL)
	changed(body, "user_base_dn", userBaseDN(prior.LDAPSettings), userBaseDN(spec.LDAPSettings))
	changed(body, "user_filter", prior.SearchFilter, spec.SearchFilter)
	changed(body, "email_attribute", prior.EmailAttribute, spec.EmailAttribute)
	changed(body, "bind_dn", prior.ManagerDN, spec.ManagerDN)
	if next := spec.ArtifactKeeper; next != nil {
		var before registry.ArtifactKeeperLDAPSettings
		if prior.ArtifactKeeper != nil {
			before = *prior.ArtifactKeeper
		}
		changed(body, "username_attribute", before.UsernameAttribute, next.UsernameAttribute)
		changed(body, "display_name_attribute", before.DisplayNameAttribute, next.DisplayNameAttribute)
		changed(body, "groups_attribute", before.GroupsAttribute, next.GroupsAttribute)
		changed(body, "group_base_dn", before.GroupBaseDN, next.GroupBaseDN)
		changed(body, "group_filter", before.GroupFilter, next.GroupFilter)
		changed(body, "admin_group_dn", before.AdminGroupDN, next.AdminGroupDN)
		changed(body, "ca_certificate", before.CACertificate, next.CACertificate)
		changed(body, "use_starttls", before.StartTLS, next.StartTLS)
		changed(body, "insecure_skip_verify", before.InsecureSkipVerify, next.InsecureSkipVerify)
		changed(body, "priority", before.Priority, next.Priority)
	}
	var secrets []registry.Secret
	if spec.ManagerPassword != nil {
		body["bind_password"] = spec.ManagerPassword.Reveal()
		secrets = append(secrets, *spec.ManagerPassword)
	}
	if len(body) == 0 {
		return l.Get(ctx, id)
	}
	made, err := l.update(ctx, id, spec.Name, body, secrets...)
	if err != nil {
		return registry.LDAPSettings{}, err
	}
	return made.settings(), made.checkTLS(spec)
}

// Delete implements registry.LDAPDirectories.
func (l ldapSettings) Delete(ctx context.Context, id string) error { return l.delete(ctx, id) }

type testJSON struct {
	Success      *bool  `json:"success"`
	Message      string `json:"message"`
	Milliseconds int64  `json:"response_time_ms"`
}

// Complete implements the transport's check of a success.
func (t *testJSON) Complete() error {
	if t.Success == nil {
		return errors.New("it does not say whether the test succeeded")
	}
	return nil
}

// Test implements registry.LDAPDirectories. The answer is a 200 either way.
func (l ldapSettings) Test(ctx context.Context, id string) (registry.ConnectionTest, error) {
	var answer testJSON
	err := l.c.Do(ctx, transport.Request{
		Op: "test", Object: l.object(id), Class: transport.Idempotent, Method: http.MethodPost, Path: l.path + "/{id}/test", Params: l.with(id),
	}, &answer)
	if err != nil {
		return registry.ConnectionTest{}, err
	}
	return registry.ConnectionTest{Success: *answer.Success, Message: answer.Message, Milliseconds: answer.Milliseconds}, nil
}
