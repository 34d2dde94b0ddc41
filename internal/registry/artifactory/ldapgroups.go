package artifactory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	ldapGroupsPath   = "/access/api/v1/ldap/groups/"
	ldapGroupPath    = ldapGroupsPath + "{name}"
	ldapRefreshSince = "7.79.0"
)

// ldapGroups is help: add-ldap-group-settings and its neighbours, refresh-ldap-group.
type ldapGroups struct {
	c    *transport.Client
	gate *gate
}

type ldapGroupJSON struct {
	Name                 string `json:"name"`
	Settings             string `json:"enabled_ldap"` // a key of the LDAP settings
	GroupBaseDN          string `json:"group_base_dn"`
	NameAttribute        string `json:"group_name_attribute"`
	MemberAttribute      string `json:"group_member_attribute"`
	SubTree              bool   `json:"sub_tree"`
	ForceAttributeSearch bool   `json:"force_attribute_search"`
	Filter               string `json:"filter"`
	DescriptionAttribute string `json:"description_attribute"`
	Strategy             string `json:"strategy"`

	asked string
}

// Complete implements the transport's check of a success.
func (g *ldapGroupJSON) Complete() error {
	if g.Name == "" {
		return errors.New("it names no setting")
	}
	return sameName(g.asked, g.Name)
}

func (g *ldapGroupJSON) settings() registry.LDAPGroupSettings {
	return registry.LDAPGroupSettings{
		Name: g.Name, Settings: g.Settings, Strategy: registry.LDAPStrategy(strings.ToUpper(g.Strategy)), GroupBaseDN: g.GroupBaseDN,
		NameAttribute: g.NameAttribute, MemberAttribute: g.MemberAttribute, DescriptionAttribute: g.DescriptionAttribute,
		Filter: g.Filter, SubTree: g.SubTree, ForceAttributeSearch: g.ForceAttributeSearch,
	}
}

func ldapGroupBody(s registry.LDAPGroupSettings) ldapGroupJSON {
	return ldapGroupJSON{
		Name: s.Name, Settings: s.Settings, GroupBaseDN: s.GroupBaseDN, NameAttribute: s.NameAttribute, MemberAttribute: s.MemberAttribute,
		SubTree: s.SubTree, ForceAttributeSearch: s.ForceAttributeSearch, Filter: s.Filter, DescriptionAttribute: s.DescriptionAttribute,
		Strategy: string(s.Strategy),
	}
}

// Supported implements registry.LDAPGroups.
func (l ldapGroups) Supported(ctx context.Context) error {
	return l.gate.require(ctx, "LDAP group settings", ldapSince)
}

// Create implements registry.LDAPGroups.
func (l ldapGroups) Create(ctx context.Context, spec registry.LDAPGroupSettings) (registry.LDAPGroupSettings, error) {
	return l.write(ctx, "create", transport.Create, http.MethodPost, spec)
}

// Update implements registry.LDAPGroups. The name is in the body, not in the path.
func (l ldapGroups) Update(ctx context.Context, spec registry.LDAPGroupSettings) (registry.LDAPGroupSettings, error) {
	return l.write(ctx, "update", transport.Idempotent, http.MethodPut, spec)
}

func (l ldapGroups) write(ctx context.Context, op string, class transport.Class, method string, spec registry.LDAPGroupSettings) (registry.LDAPGroupSettings, error) {
	answer := ldapGroupJSON{asked: spec.Name}
	err := l.c.Do(ctx, transport.Request{
		Op: op, Object: ldapGroupObject(spec.Name), Class: class, Method: method, Path: ldapGroupsPath, Body: ldapGroupBody(spec),
	}, &answer)
	if err != nil {
		return registry.LDAPGroupSettings{}, err
	}
	return answer.settings(), nil
}

// Get implements registry.LDAPGroups.
func (l ldapGroups) Get(ctx context.Context, name string) (registry.LDAPGroupSettings, error) {
	answer := ldapGroupJSON{asked: name}
	err := l.c.Do(ctx, transport.Request{
		Op: "read", Object: ldapGroupObject(name), Method: http.MethodGet, Path: ldapGroupPath,
		Params: map[string]string{"name": name},
	}, &answer)
	if err != nil {
		return registry.LDAPGroupSettings{}, err
	}
	return answer.settings(), nil
}

// List implements registry.LDAPGroups.
func (l ldapGroups) List(ctx context.Context) iter.Seq2[registry.LDAPGroupSettings, error] {
	lines := all(func() ([]ldapGroupJSON, error) {
		var answer transport.Array[ldapGroupJSON]
		err := l.c.Do(ctx, transport.Request{
			Op: "list", Object: "LDAP group settings", Method: http.MethodGet, Path: strings.TrimSuffix(ldapGroupsPath, "/"),
		}, &answer)
		return answer, err
	})
	return convert(lines, func(g ldapGroupJSON) registry.LDAPGroupSettings { return g.settings() })
}

// Delete implements registry.LDAPGroups.
func (l ldapGroups) Delete(ctx context.Context, name string) error {
	return l.c.Do(ctx, transport.Request{
		Op: "delete", Object: ldapGroupObject(name), Class: transport.Idempotent, Method: http.MethodDelete, Path: ldapGroupPath,
		Params: map[string]string{"name": name},
	}, nil)
}

// RefreshSupported implements registry.LDAPGroups.
func (l ldapGroups) RefreshSupported(ctx context.Context) error {
	return l.gate.require(ctx, "refreshing LDAP groups", ldapRefreshSince)
}

// Refresh implements registry.LDAPGroups. Reading the directory twice does what reading it once does.
func (l ldapGroups) Refresh(ctx context.Context, name string, operation registry.LDAPRefresh) error {
	return l.c.Do(ctx, transport.Request{
		Op: "refresh the groups of", Object: ldapGroupObject(name), Class: transport.Idempotent, Method: http.MethodPost,
		Path: ldapGroupPath + "/refresh", Params: map[string]string{"name": name}, Query: url.Values{"operation": {string(operation)}},
	}, nil)
}

func ldapGroupObject(name string) string { return fmt.Sprintf("LDAP group settings %q", name) }
