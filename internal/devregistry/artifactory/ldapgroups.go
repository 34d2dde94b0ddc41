package artifactory

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// ldapGroup says how groups are read from a directory.
type ldapGroup struct {
	Name                 string `json:"name"`
	EnabledLDAP          string `json:"enabled_ldap"` // key of the setting
	GroupBaseDN          string `json:"group_base_dn"`
	GroupNameAttribute   string `json:"group_name_attribute"`
	GroupMemberAttribute string `json:"group_member_attribute"`
	SubTree              bool   `json:"sub_tree"`
	ForceAttributeSearch bool   `json:"force_attribute_search"`
	Filter               string `json:"filter"`
	DescriptionAttribute string `json:"description_attribute"`
	Strategy             string `json:"strategy"`
}

func readLDAPGroup(w http.ResponseWriter, r *http.Request) (ldapGroup, error) {
	var req ldapGroup
	if err := readJSON(w, r, &req); err != nil {
		return req, err
	}
	if req.Name == "" {
		return req, badRequest("name is required")
	}
	if !slices.Contains([]string{"STATIC", "DYNAMIC", "HIERARCHICAL"}, req.Strategy) {
		return req, badRequest("Invalid strategy: " + req.Strategy)
	}
	return req, nil
}

func findLDAPGroup(st *state.State, name string) int {
	return slices.IndexFunc(st.Artifactory.LDAPGroups, func(g state.LDAPGroup) bool { return g.Name == name })
}

func ldapGroupNotFound(name string) *problem {
	return notFound(fmt.Sprintf("LDAP group setting %s not found", name))
}

func (s *server) listLDAPGroups(w http.ResponseWriter, _ *http.Request, _ *principal) error {
	list := []ldapGroup{}
	s.Store.View(func(st *state.State) {
		for _, stored := range st.Artifactory.LDAPGroups {
			list = append(list, ldapGroup(stored))
		}
	})
	writeJSON(w, http.StatusOK, list)
	return nil
}

func (s *server) getLDAPGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	var answer *ldapGroup
	s.Store.View(func(st *state.State) {
		if i := findLDAPGroup(st, name); i >= 0 {
			copied := ldapGroup(st.Artifactory.LDAPGroups[i])
			answer = &copied
		}
	})
	if answer == nil {
		return ldapGroupNotFound(name)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (s *server) postLDAPGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	req, err := readLDAPGroup(w, r)
	if err != nil {
		return err
	}
	s.Store.Update(func(st *state.State) {
		switch {
		case findLDAPGroup(st, req.Name) >= 0:
			err = conflict(fmt.Sprintf("LDAP group setting %s already exists", req.Name))
		case findLDAP(st, req.EnabledLDAP) < 0:
			err = badRequest(fmt.Sprintf("LDAP setting %s does not exist", req.EnabledLDAP))
		default:
			st.Artifactory.LDAPGroups = append(st.Artifactory.LDAPGroups, state.LDAPGroup(req))
		}
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, req)
	return nil
}

// putLDAPGroup replaces the setting whose name is in the body.
func (s *server) putLDAPGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	req, err := readLDAPGroup(w, r)
	if err != nil {
		return err
	}
	s.Store.Update(func(st *state.State) {
		i := findLDAPGroup(st, req.Name)
		switch {
		case i < 0:
			err = ldapGroupNotFound(req.Name)
		case findLDAP(st, req.EnabledLDAP) < 0:
			err = badRequest(fmt.Sprintf("LDAP setting %s does not exist", req.EnabledLDAP))
		default:
			st.Artifactory.LDAPGroups[i] = state.LDAPGroup(req)
		}
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, req)
	return nil
}

func (s *server) deleteLDAPGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	found := false
	s.Store.Update(func(st *state.State) {
		if i := findLDAPGroup(st, name); i >= 0 {
			found = true
			st.Artifactory.LDAPGroups = slices.Delete(st.Artifactory.LDAPGroups, i, i+1)
		}
	})
	if !found {
		return ldapGroupNotFound(name)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// refreshLDAPGroup has no directory behind it, so it never finds anything to change.
func (s *server) refreshLDAPGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	operation := r.URL.Query().Get("operation")
	if !slices.Contains([]string{"UPDATE", "IMPORT", "UPDATE_AND_IMPORT"}, operation) {
		return badRequest("Invalid operation: " + operation)
	}
	name := r.PathValue("name")
	found := false
	s.Store.View(func(st *state.State) { found = findLDAPGroup(st, name) >= 0 })
	if !found {
		return ldapGroupNotFound(name)
	}
	writeJSON(w, http.StatusOK, map[string]int{"imported_groups": 0, "updated_groups": 0})
	return nil
}
