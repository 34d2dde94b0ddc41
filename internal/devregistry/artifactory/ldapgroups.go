package artifactory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

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
	if !slices.Contains([]string{strategyStatic, strategyDynamic, strategyHierarchical}, req.Strategy) {
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

// refreshLDAPGroup reads the groups of a setting from its directory, all or those of one user, and brings the server's
// directory groups up to date with them (JFrog help: "Refresh LDAP Group"). A local group is left alone.
func (s *server) refreshLDAPGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	operation := r.URL.Query().Get("operation")
	if !slices.Contains([]string{"UPDATE", "IMPORT", "UPDATE_AND_IMPORT"}, operation) {
		return badRequest("Invalid operation: " + operation)
	}
	name := r.PathValue("name")
	var group *state.LDAPGroup
	var setting *state.LDAPSetting
	s.Store.View(func(st *state.State) {
		if i := findLDAPGroup(st, name); i >= 0 {
			found := st.Artifactory.LDAPGroups[i]
			group = &found
			if j := findLDAP(st, found.EnabledLDAP); j >= 0 {
				connection := *st.Artifactory.LDAPSettings[j]
				setting = &connection
			}
		}
	})
	if group == nil {
		return ldapGroupNotFound(name)
	}
	if setting == nil {
		return badRequest(fmt.Sprintf("LDAP setting %s does not exist", group.EnabledLDAP))
	}
	found, err := s.readGroups(r.Context(), *setting, *group, r.URL.Query().Get("username"))
	if err != nil {
		return badRequest("Failed to read the groups of " + name + " from the directory: " + err.Error())
	}
	imported, updated := 0, 0
	now := s.Store.Now()
	s.Store.Update(func(st *state.State) { imported, updated = takeGroups(st, found, operation, now) })
	writeJSON(w, http.StatusOK, map[string]int{"imported_groups": imported, "updated_groups": updated})
	return nil
}

func (s *server) readGroups(
	ctx context.Context, setting state.LDAPSetting, group state.LDAPGroup, username string,
) ([]ldapMembership, error) {
	server, base := s.ldapServer(setting)
	conn, err := server.Connect(ctx, deref(setting.ManagerDN), setting.ManagerPassword)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if username == "" {
		return directoryGroups(conn, group, base, "")
	}
	if deref(setting.Filter) == "" {
		return nil, errors.New("the setting has no search filter to find users by")
	}
	entry, err := searchPerson(conn, setting, base, username, attributesFor(setting, []state.LDAPGroup{group}))
	if err != nil {
		return nil, err
	}
	return membershipsOf(conn, group, base, entry, username)
}

// takeGroups imports groups that are missing and updates those of the realm that are there.
func takeGroups(st *state.State, found []ldapMembership, operation string, now time.Time) (imported, updated int) {
	for _, m := range found {
		g := st.GroupByName(m.name)
		switch {
		case g == nil && operation != "UPDATE" && checkGroupName(m.name) == nil:
			g = &state.Group{ID: uuid.NewString(), Name: m.name, Realm: realmLDAP, CreatedAt: now}
			st.Groups = append(st.Groups, g)
			imported++
		case g != nil && g.Realm == realmLDAP && operation != "IMPORT":
			updated++
		default:
			continue
		}
		g.RealmAttributes, g.UpdatedAt = m.realmAttributes(), now
		if m.description != "" {
			g.Description = &m.description
		}
	}
	return imported, updated
}
