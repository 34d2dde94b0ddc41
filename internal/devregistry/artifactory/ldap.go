package artifactory

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) ldapRoutes() {
	const settings = "/access/api/v1/ldap/settings"
	s.admin("GET "+settings, s.listLDAPSettings)
	s.admin("POST "+settings, s.postLDAPSetting)
	s.admin("PUT "+settings, s.putLDAPSetting)
	s.admin("GET "+settings+"/{key}", s.getLDAPSetting)
	s.admin("DELETE "+settings+"/{key}", s.deleteLDAPSetting)

	const groups = "/access/api/v1/ldap/groups"
	s.admin("GET "+groups, s.listLDAPGroups)
	s.admin("POST "+groups, s.postLDAPGroup)
	s.admin("PUT "+groups, s.putLDAPGroup)
	s.admin("GET "+groups+"/{name}", s.getLDAPGroup)
	s.admin("DELETE "+groups+"/{name}", s.deleteLDAPGroup)
	s.admin("POST "+groups+"/{name}/refresh", s.refreshLDAPGroup)
}

// ldapSetting is a connection to a directory. manager_password is taken and never given back.
type ldapSetting struct {
	Key                 string     `json:"key"`
	Enabled             *bool      `json:"enabled"`
	URL                 string     `json:"ldap_url"`
	UserDNPattern       string     `json:"user_dn_pattern"`
	Search              ldapSearch `json:"search"`
	AutoCreateUser      *bool      `json:"auto_create_user"`
	EmailAttribute      *string    `json:"email_attribute"` // "" is a value of its own
	PoisoningProtection *bool      `json:"ldap_poisoning_protection"`
	AllowUserProfile    *bool      `json:"allow_user_to_access_profile"`
	PagingSupport       *bool      `json:"paging_support_enabled"`
}

type ldapSearch struct {
	Filter          *string `json:"search_filter"`
	Base            *string `json:"search_base"`
	SubTree         *bool   `json:"search_sub_tree"`
	ManagerDN       *string `json:"manager_dn"`
	ManagerPassword *string `json:"manager_password,omitempty"`
}

func or[T any](value *T, fallback T) *T {
	if value == nil {
		return &fallback
	}
	return value
}

// completed fills in the server's defaults (JFrog help: "Add LDAP Settings").
func (l ldapSetting) completed() ldapSetting {
	l.Enabled, l.AutoCreateUser = or(l.Enabled, true), or(l.AutoCreateUser, true)
	l.EmailAttribute = or(l.EmailAttribute, "mail")
	l.PoisoningProtection, l.PagingSupport = or(l.PoisoningProtection, true), or(l.PagingSupport, true)
	l.AllowUserProfile = or(l.AllowUserProfile, false)
	return l
}

func (l ldapSetting) check() error {
	if l.Key == "" {
		return badRequest("key is required")
	}
	if !strings.HasPrefix(l.URL, "ldap") {
		return badRequest("ldap_url must start with ldap: " + l.URL)
	}
	return nil
}

func readLDAPSetting(w http.ResponseWriter, r *http.Request) (ldapSetting, error) {
	var req ldapSetting
	if err := readJSON(w, r, &req); err != nil {
		return req, err
	}
	return req, req.check()
}

func storedLDAP(l ldapSetting) *state.LDAPSetting {
	l = l.completed()
	return &state.LDAPSetting{
		Key: l.Key, Enabled: *l.Enabled, URL: l.URL, UserDNPattern: l.UserDNPattern, Filter: l.Search.Filter,
		Base: l.Search.Base, SubTree: l.Search.SubTree, ManagerDN: l.Search.ManagerDN,
		ManagerPassword: deref(l.Search.ManagerPassword), AutoCreateUser: *l.AutoCreateUser,
		EmailAttribute: *l.EmailAttribute, PoisoningProtection: *l.PoisoningProtection,
		AllowUserProfile: *l.AllowUserProfile, PagingSupport: *l.PagingSupport,
	}
}

func describeLDAP(stored *state.LDAPSetting) ldapSetting {
	kept := *stored
	return ldapSetting{
		Key: kept.Key, Enabled: &kept.Enabled, URL: kept.URL, UserDNPattern: kept.UserDNPattern,
		Search: ldapSearch{
			Filter: kept.Filter, Base: kept.Base, SubTree: kept.SubTree, ManagerDN: kept.ManagerDN,
		},
		AutoCreateUser: &kept.AutoCreateUser, EmailAttribute: &kept.EmailAttribute,
		PoisoningProtection: &kept.PoisoningProtection, AllowUserProfile: &kept.AllowUserProfile,
		PagingSupport: &kept.PagingSupport,
	}
}

func findLDAP(st *state.State, key string) int {
	return slices.IndexFunc(st.Artifactory.LDAPSettings, func(l *state.LDAPSetting) bool { return l.Key == key })
}

func ldapNotFound(key string) *problem {
	return notFound(fmt.Sprintf("LDAP setting %s not found", key))
}

func (s *server) listLDAPSettings(w http.ResponseWriter, _ *http.Request, _ *principal) error {
	list := []ldapSetting{}
	s.Store.View(func(st *state.State) {
		for _, stored := range st.Artifactory.LDAPSettings {
			list = append(list, describeLDAP(stored))
		}
	})
	writeJSON(w, http.StatusOK, list)
	return nil
}

func (s *server) getLDAPSetting(w http.ResponseWriter, r *http.Request, _ *principal) error {
	key := r.PathValue("key")
	var answer *ldapSetting
	s.Store.View(func(st *state.State) {
		if i := findLDAP(st, key); i >= 0 {
			described := describeLDAP(st.Artifactory.LDAPSettings[i])
			answer = &described
		}
	})
	if answer == nil {
		return ldapNotFound(key)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (s *server) postLDAPSetting(w http.ResponseWriter, r *http.Request, _ *principal) error {
	req, err := readLDAPSetting(w, r)
	if err != nil {
		return err
	}
	stored := storedLDAP(req)
	s.Store.Update(func(st *state.State) {
		if findLDAP(st, req.Key) >= 0 {
			err = conflict(fmt.Sprintf("LDAP setting %s already exists", req.Key))
			return
		}
		st.Artifactory.LDAPSettings = append(st.Artifactory.LDAPSettings, stored)
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, describeLDAP(stored))
	return nil
}

// putLDAPSetting replaces the setting whose key is in the body. A password that is not sent stays.
func (s *server) putLDAPSetting(w http.ResponseWriter, r *http.Request, _ *principal) error {
	req, err := readLDAPSetting(w, r)
	if err != nil {
		return err
	}
	stored := storedLDAP(req)
	s.Store.Update(func(st *state.State) {
		i := findLDAP(st, req.Key)
		if i < 0 {
			err = ldapNotFound(req.Key)
			return
		}
		if req.Search.ManagerPassword == nil {
			stored.ManagerPassword = st.Artifactory.LDAPSettings[i].ManagerPassword
		}
		st.Artifactory.LDAPSettings[i] = stored
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, describeLDAP(stored))
	return nil
}

func (s *server) deleteLDAPSetting(w http.ResponseWriter, r *http.Request, _ *principal) error {
	key := r.PathValue("key")
	found := false
	s.Store.Update(func(st *state.State) {
		if i := findLDAP(st, key); i >= 0 {
			found = true
			st.Artifactory.LDAPSettings = slices.Delete(st.Artifactory.LDAPSettings, i, i+1)
		}
	})
	if !found {
		return ldapNotFound(key)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
