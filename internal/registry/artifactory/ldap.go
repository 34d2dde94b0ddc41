package artifactory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	// The collection is written to with a final slash, as JFrog's own provider does.
	ldapSettingsPath = "/access/api/v1/ldap/settings/"
	ldapSettingPath  = ldapSettingsPath + "{key}"
	ldapSince        = "7.57.1"
)

// ldapSettings is help: add-ldap-settings, get-the-ldap-settings, update-ldap-settings, delete-ldap-settings.
type ldapSettings struct {
	c    *transport.Client
	gate *gate
}

// ldapJSON is a setting as the server tells it. The password is never told.
type ldapJSON struct {
	Key            string         `json:"key"`
	Enabled        bool           `json:"enabled"`
	URL            string         `json:"ldap_url"`
	UserDNPattern  string         `json:"user_dn_pattern"`
	Search         ldapSearchJSON `json:"search"`
	AutoCreateUser bool           `json:"auto_create_user"`
	EmailAttribute string         `json:"email_attribute"`
	Poisoning      bool           `json:"ldap_poisoning_protection"`
	UserProfile    bool           `json:"allow_user_to_access_profile"`
	Paging         bool           `json:"paging_support_enabled"`

	asked string
	// all is the answer as it came: an update replaces the whole setting, and what this version of the server has beyond
	// the fields above must survive it.
	all map[string]any
}

// ldapSearchJSON holds nulls where nothing was ever set.
type ldapSearchJSON struct {
	Filter    string `json:"search_filter"`
	Base      string `json:"search_base"`
	SubTree   *bool  `json:"search_sub_tree"`
	ManagerDN string `json:"manager_dn"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *ldapJSON) UnmarshalJSON(data []byte) error {
	type fields ldapJSON
	if err := json.Unmarshal(data, (*fields)(l)); err != nil {
		return err
	}
	return json.Unmarshal(data, &l.all)
}

// Complete implements the transport's check of a success.
func (l *ldapJSON) Complete() error {
	if l.Key == "" {
		return errors.New("it names no setting")
	}
	return sameName(l.asked, l.Key)
}

func (l *ldapJSON) settings() registry.LDAPSettings {
	server, base := splitLDAPURL(l.URL)
	s := registry.LDAPSettings{
		ID: l.Key, Name: l.Key, Enabled: l.Enabled, URL: server, BaseDN: base, SearchFilter: l.Search.Filter,
		EmailAttribute: l.EmailAttribute, ManagerDN: l.Search.ManagerDN,
		Artifactory: &registry.ArtifactoryLDAPSettings{
			UserDNPattern: l.UserDNPattern, SearchSubTree: l.Search.SubTree == nil || *l.Search.SubTree,
			AutoCreateUser: l.AutoCreateUser, PoisoningProtection: l.Poisoning, AllowUserProfile: l.UserProfile, Paging: l.Paging,
		},
	}
	for base := range strings.SplitSeq(l.Search.Base, "|") {
		if base = strings.TrimSpace(base); base != "" {
			s.SearchBases = append(s.SearchBases, base)
		}
	}
	return s
}

// joinLDAPURL appends the base DN to the address, as RFC 4516 writes it.
func joinLDAPURL(server, base string) string {
	if base == "" {
		return server
	}
	return strings.TrimRight(server, "/") + (&url.URL{Path: "/" + base}).EscapedPath()
}

// splitLDAPURL undoes joinLDAPURL. An address that is more than a server and a base stays whole.
func splitLDAPURL(joined string) (server, base string) {
	u, err := url.Parse(joined)
	if err != nil || u.RawQuery != "" || u.User != nil {
		return joined, ""
	}
	base = strings.TrimPrefix(u.Path, "/")
	u.Path, u.RawPath = "", ""
	return u.String(), base
}

// ldapFields are all fields of a setting that we know, as they are sent.
func ldapFields(spec registry.LDAPSettingsSpec) map[string]any {
	fields := map[string]any{
		"key": spec.Name, "enabled": spec.Enabled, "ldap_url": joinLDAPURL(spec.URL, spec.BaseDN), "email_attribute": spec.EmailAttribute,
	}
	search := map[string]any{
		"search_filter": spec.SearchFilter, "search_base": strings.Join(spec.SearchBases, "|"), "manager_dn": spec.ManagerDN,
	}
	switch {
	case spec.ManagerDN == "":
		search["manager_password"] = "" // nobody's password is not kept
	case spec.ManagerPassword != nil:
		search["manager_password"] = spec.ManagerPassword.Reveal()
	}
	if a := spec.Artifactory; a != nil {
		fields["user_dn_pattern"], fields["auto_create_user"] = a.UserDNPattern, a.AutoCreateUser
		fields["ldap_poisoning_protection"], fields["paging_support_enabled"] = a.PoisoningProtection, a.Paging
		fields["allow_user_to_access_profile"] = a.AllowUserProfile
		search["search_sub_tree"] = a.SearchSubTree
	}
	fields["search"] = search
	return fields
}

// overlay lays fields over what is there, objects in objects.
func overlay(base, fields map[string]any) map[string]any {
	merged := map[string]any{}
	for name, value := range base {
		merged[name] = value
	}
	for name, value := range fields {
		inner, both := value.(map[string]any)
		below, ok := merged[name].(map[string]any)
		if both && ok {
			value = overlay(below, inner)
		}
		merged[name] = value
	}
	return merged
}

func secretsOf(spec registry.LDAPSettingsSpec) []registry.Secret {
	if spec.ManagerPassword == nil {
		return nil
	}
	return []registry.Secret{*spec.ManagerPassword}
}

// Supported implements registry.LDAPDirectories.
func (l ldapSettings) Supported(ctx context.Context) error {
	return l.gate.require(ctx, "LDAP settings", ldapSince)
}

// ldapDefaults is what a setting has when nobody says otherwise (help: add-ldap-settings).
var ldapDefaults = registry.ArtifactoryLDAPSettings{SearchSubTree: true, AutoCreateUser: true, PoisoningProtection: true, Paging: true}

// Create implements registry.LDAPDirectories.
func (l ldapSettings) Create(ctx context.Context, spec registry.LDAPSettingsSpec) (registry.LDAPSettings, error) {
	if spec.Artifactory == nil {
		spec.Artifactory = &ldapDefaults
	}
	var answer ldapJSON
	err := l.c.Do(ctx, transport.Request{
		Op: "create", Object: ldapObject(spec.Name), Class: transport.Create, Method: http.MethodPost, Path: ldapSettingsPath,
		Body: ldapFields(spec), Secrets: secretsOf(spec),
	}, &answer)
	if err != nil {
		return registry.LDAPSettings{}, err
	}
	return answer.settings(), nil
}

// Get implements registry.LDAPDirectories.
func (l ldapSettings) Get(ctx context.Context, id string) (registry.LDAPSettings, error) {
	found, err := l.get(ctx, id)
	if err != nil {
		return registry.LDAPSettings{}, err
	}
	return found.settings(), nil
}

// get reads a setting. Servers answer 400 as well as 404 for a key that there is not; whether it is one of those is asked
// of the list.
func (l ldapSettings) get(ctx context.Context, key string) (*ldapJSON, error) {
	answer := ldapJSON{asked: key}
	err := l.c.Do(ctx, transport.Request{
		Op: "read", Object: ldapObject(key), Method: http.MethodGet, Path: ldapSettingPath,
		Params: map[string]string{"key": key},
	}, &answer)
	var e *registry.Error
	if errors.As(err, &e) && e.Status == http.StatusBadRequest && e.Code != "" { // Access's own
		err = unlisted(err, func() (bool, error) {
			listed, err := l.list(ctx)
			return slices.ContainsFunc(listed, func(s ldapJSON) bool { return sameName(key, s.Key) == nil }), err
		})
	}
	if err != nil {
		return nil, err
	}
	return &answer, nil
}

// FindByName implements registry.LDAPDirectories.
func (l ldapSettings) FindByName(ctx context.Context, name string) (registry.LDAPSettings, error) {
	return l.Get(ctx, name)
}

func (l ldapSettings) list(ctx context.Context) ([]ldapJSON, error) {
	var answer transport.Array[ldapJSON]
	err := l.c.Do(ctx, transport.Request{
		Op: "list", Object: "LDAP settings", Method: http.MethodGet, Path: strings.TrimSuffix(ldapSettingsPath, "/"),
	}, &answer)
	return answer, err
}

// List implements registry.LDAPDirectories.
func (l ldapSettings) List(ctx context.Context) iter.Seq2[registry.LDAPSettings, error] {
	return convert(all(func() ([]ldapJSON, error) { return l.list(ctx) }), func(s ldapJSON) registry.LDAPSettings { return s.settings() })
}

// all yields a list that has no pages.
func all[T any](fetch func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		items, err := fetch()
		if err != nil {
			yield(none, err)
			return
		}
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Update implements registry.LDAPDirectories. It replaces the setting: what the server has and we do not know is sent back
// as it was.
func (l ldapSettings) Update(ctx context.Context, id string, _, spec registry.LDAPSettingsSpec) (registry.LDAPSettings, error) {
	if spec.Name != id {
		return registry.LDAPSettings{}, cannotRename(ldapObject(id))
	}
	if spec.ManagerDN != "" && spec.ManagerPassword == nil {
		return registry.LDAPSettings{}, &registry.Error{
			Kind: registry.KindInvalid, Op: "update", Object: ldapObject(id), Field: "manager_password_wo",
			Message: "the manager's password is needed: Artifactory replaces the setting as a whole and may forget a password that is not sent along",
			Hint:    "Give manager_password_wo",
		}
	}
	current, err := l.get(ctx, id)
	if err != nil {
		return registry.LDAPSettings{}, err
	}
	answer := ldapJSON{asked: id}
	err = l.c.Do(ctx, transport.Request{
		Op: "update", Object: ldapObject(id), Class: transport.Idempotent, Method: http.MethodPut, Path: ldapSettingsPath,
		Body: overlay(current.all, ldapFields(spec)), Secrets: secretsOf(spec),
	}, &answer)
	if err != nil {
		return registry.LDAPSettings{}, err
	}
	return answer.settings(), nil
}

// Delete implements registry.LDAPDirectories.
func (l ldapSettings) Delete(ctx context.Context, id string) error {
	return l.c.Do(ctx, transport.Request{
		Op: "delete", Object: ldapObject(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: ldapSettingPath,
		Params: map[string]string{"key": id},
	}, nil)
}

// Test implements registry.LDAPDirectories. The user interface has such a test, the API has none.
func (l ldapSettings) Test(_ context.Context, id string) (registry.ConnectionTest, error) {
	return registry.ConnectionTest{}, &registry.Error{
		Kind: registry.KindUnsupported, Op: "test", Object: ldapObject(id),
		Message: "Artifactory has no API that tests a directory connection",
	}
}

func ldapObject(name string) string { return fmt.Sprintf("LDAP settings %q", name) }
