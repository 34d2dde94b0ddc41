package artifactory

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) groupRoutes() {
	s.admin("POST /access/api/v2/groups", s.postGroup, "identities:w")
	s.admin("GET /access/api/v2/groups", s.listGroups, "identities:r")
	s.admin("GET /access/api/v2/groups/{name}", s.getGroup, "identities:r")
	s.admin("PATCH /access/api/v2/groups/{name}", s.patchGroup, "identities:w")
	s.admin("DELETE /access/api/v2/groups/{name}", s.deleteGroup, "identities:d")
	s.admin("PATCH /access/api/v2/groups/{name}/members", s.patchMembers, "identities:w")
}

// maxGroupName is the length limit of group names (JFrog help: "Create a Group").
const maxGroupName = 64

// groupRequest is the body of a create or update; nil is a member that was not sent.
type groupRequest struct {
	Name            *string  `json:"name"`
	Description     *string  `json:"description"`
	ExternalID      *string  `json:"external_id"`
	AutoJoin        *bool    `json:"auto_join"`
	AdminPrivileges *bool    `json:"admin_privileges"`
	Members         []string `json:"members"`
	userRoles
}

// groupAnswer is a whole group. Role flags are always there, realm_attributes only on groups of another realm.
type groupAnswer struct {
	Name            string   `json:"name"`
	Description     string   `json:"description,omitempty"`
	ExternalID      string   `json:"external_id,omitempty"`
	AutoJoin        bool     `json:"auto_join"`
	AdminPrivileges bool     `json:"admin_privileges"`
	Members         []string `json:"members"`
	Realm           string   `json:"realm"`
	RealmAttributes string   `json:"realm_attributes,omitempty"`
	WatchManager    bool     `json:"watch_manager"`
	PolicyViewer    bool     `json:"policy_viewer"`
	PolicyManager   bool     `json:"policy_manager"`
	ReportsManager  bool     `json:"reports_manager"`
	ManageResources bool     `json:"manage_resources"`
	ManageWebhook   bool     `json:"manage_webhook"`
}

func describeGroup(st *state.State, g *state.Group) groupAnswer {
	return groupAnswer{
		Name: g.Name, Description: deref(g.Description), ExternalID: g.ExternalID, AutoJoin: g.AutoJoin,
		AdminPrivileges: g.AdminPrivileges, Members: memberNames(st, g), Realm: g.Realm,
		RealmAttributes: g.RealmAttributes, WatchManager: g.ArtifactoryRole[roleWatch],
		PolicyViewer: g.ArtifactoryRole[roleViewer], PolicyManager: g.ArtifactoryRole[rolePolicy],
		ReportsManager: g.ArtifactoryRole[roleReports], ManageResources: g.ArtifactoryRole[roleResources],
		ManageWebhook: g.ArtifactoryRole[roleWebhook],
	}
}

func memberNames(st *state.State, g *state.Group) []string {
	names := make([]string, 0, len(g.Members))
	for _, m := range g.Members {
		if u := st.UserByID(m.UserID); u != nil {
			names = append(names, u.Username)
		}
	}
	slices.Sort(names)
	return names
}

// applyGroup writes what a request holds besides name and members.
func applyGroup(g *state.Group, req groupRequest) error {
	autoJoin, adminPrivileges := g.AutoJoin, g.AdminPrivileges
	set(&autoJoin, req.AutoJoin)
	set(&adminPrivileges, req.AdminPrivileges)
	if autoJoin && adminPrivileges {
		return badRequest("auto_join cannot be set together with admin_privileges")
	}
	g.AutoJoin, g.AdminPrivileges = autoJoin, adminPrivileges
	set(&g.ExternalID, req.ExternalID)
	if req.Description != nil {
		g.Description = req.Description
		if *req.Description == "" { // stored as none, and not returned
			g.Description = nil
		}
	}
	g.ArtifactoryRole = req.userRoles.apply(g.ArtifactoryRole)
	return nil
}

func (s *server) postGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req groupRequest
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	name := deref(req.Name)
	if err := checkGroupName(name); err != nil {
		return err
	}
	now := s.Store.Now()
	group := &state.Group{ID: uuid.NewString(), Name: name, Realm: realmInternal, CreatedAt: now, UpdatedAt: now}
	if err := applyGroup(group, req); err != nil {
		return err
	}
	var answer groupAnswer
	var err error
	s.Store.Update(func(st *state.State) {
		if st.GroupByName(name) != nil {
			err = conflict(fmt.Sprintf("Group %s already exists", name))
			return
		}
		var members []*state.User
		if members, err = usersByName(st, req.Members); err != nil {
			err = notFound(err.Error())
			return
		}
		for _, u := range members {
			join(group, u.ID, now)
		}
		st.Groups = append(st.Groups, group)
		answer = describeGroup(st, group)
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, answer)
	return nil
}

func checkGroupName(name string) error {
	if name == "" || len([]rune(name)) > maxGroupName || strings.ContainsAny(name, "/\\:|?*\"<>") {
		return badRequest(fmt.Sprintf("Invalid group name %q: 1 to %d characters", name, maxGroupName))
	}
	return nil
}

// usersByName finds all the users or says which does not exist.
func usersByName(st *state.State, names []string) ([]*state.User, error) {
	users := make([]*state.User, 0, len(names))
	for _, name := range names {
		u := st.UserByName(strings.ToLower(name))
		if u == nil {
			return nil, badRequest(fmt.Sprintf("User %s does not exist", name))
		}
		users = append(users, u)
	}
	return users, nil
}

func groupNotFound(name string) *problem { return notFound(fmt.Sprintf("Group %s not found", name)) }

func (s *server) getGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	var answer *groupAnswer
	s.Store.View(func(st *state.State) {
		if g := st.GroupByName(name); g != nil {
			described := describeGroup(st, g)
			answer = &described
		}
	})
	if answer == nil {
		return groupNotFound(name)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// listGroups gives names only; the key of the name is group_name here and nowhere else.
func (s *server) listGroups(w http.ResponseWriter, r *http.Request, _ *principal) error {
	type item struct {
		GroupName string `json:"group_name"`
		URI       string `json:"uri"`
	}
	query, base := r.URL.Query(), s.base(r)
	part := strings.ToLower(query.Get("groupName"))
	list := []item{}
	s.Store.View(func(st *state.State) {
		for _, g := range st.Groups {
			if strings.Contains(strings.ToLower(g.Name), part) {
				list = append(list, item{g.Name, base + "/access/api/v2/groups/" + url.PathEscape(g.Name)})
			}
		}
	})
	slices.SortFunc(list, func(a, b item) int { return cmp.Compare(a.GroupName, b.GroupName) })
	groups, cursor, err := page(query, list, func(i item) string { return i.GroupName })
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, struct {
		Cursor string `json:"cursor,omitempty"`
		Groups []item `json:"groups"`
	}{cursor, groups})
	return nil
}

// changeGroup runs change on the group in the path as one transaction.
func (s *server) changeGroup(r *http.Request, change func(*state.State, *state.Group, time.Time) error) error {
	now := s.Store.Now()
	name := r.PathValue("name")
	var err error
	s.Store.Update(func(st *state.State) {
		g := st.GroupByName(name)
		if g == nil {
			err = groupNotFound(name)
			return
		}
		if err = change(st, g, now); err == nil {
			g.UpdatedAt = now
		}
	})
	return err
}

// patchGroup leaves name, realm and members alone even when they are sent; members have an endpoint of their own.
func (s *server) patchGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req groupRequest
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	var answer groupAnswer
	err := s.changeGroup(r, func(st *state.State, g *state.Group, _ time.Time) error {
		if err := applyGroup(g, req); err != nil {
			return err
		}
		answer = describeGroup(st, g)
		return nil
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (s *server) deleteGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	err := s.changeGroup(r, func(st *state.State, g *state.Group, _ time.Time) error {
		removeGroup(st, g)
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// removeGroup removes a group and its name in permissions.
func removeGroup(st *state.State, g *state.Group) {
	st.Groups = slices.DeleteFunc(st.Groups, func(other *state.Group) bool { return other.ID == g.ID })
	for _, t := range st.Targets {
		for _, section := range t.Sections {
			delete(section.Groups, g.Name)
		}
	}
}

func (s *server) patchMembers(w http.ResponseWriter, r *http.Request, _ *principal) error {
	change, err := readEdges(w, r)
	if err != nil {
		return err
	}
	var members []string
	err = s.changeGroup(r, func(st *state.State, g *state.Group, now time.Time) error {
		add, err := usersByName(st, change.Add)
		if err != nil {
			return err
		}
		remove, err := usersByName(st, change.Remove)
		if err != nil {
			return err
		}
		for _, u := range add {
			join(g, u.ID, now)
		}
		for _, u := range remove {
			g.RemoveMember(u.ID)
		}
		members = memberNames(st, g)
		return nil
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string][]string{"members": members})
	return nil
}
