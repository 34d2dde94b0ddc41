package artifactory

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) legacyGroupRoutes() {
	const root = "/artifactory/api/security/groups"
	s.admin("GET "+root, s.legacyListGroups)
	s.admin("GET "+root+"/{name}", s.legacyGetGroup)
	s.admin("PUT "+root+"/{name}", s.legacyPutGroup)
	s.admin("POST "+root+"/{name}", s.legacyPostGroup)
	s.admin("DELETE "+root+"/{name}", s.legacyDeleteGroup)
}

// realmLDAP is the realm of groups that belong to a directory. Only the older API can make one.
const realmLDAP = "ldap"

// legacyGroup is a group of the older API, in camel case.
type legacyGroup struct {
	Name            string   `json:"name,omitempty"`
	Description     *string  `json:"description,omitempty"`
	AutoJoin        *bool    `json:"autoJoin,omitempty"`
	AdminPrivileges *bool    `json:"adminPrivileges,omitempty"`
	Realm           *string  `json:"realm,omitempty"`
	RealmAttributes *string  `json:"realmAttributes,omitempty"`
	ExternalID      *string  `json:"externalId,omitempty"`
	UserNames       []string `json:"userNames,omitempty"`
	WatchManager    *bool    `json:"watchManager,omitempty"`
	PolicyManager   *bool    `json:"policyManager,omitempty"`
	ReportsManager  *bool    `json:"reportsManager,omitempty"`
}

func (g legacyGroup) modern() groupRequest {
	return groupRequest{
		Description: g.Description, ExternalID: g.ExternalID, AutoJoin: g.AutoJoin, AdminPrivileges: g.AdminPrivileges,
		userRoles: userRoles{
			WatchManager: g.WatchManager, PolicyManager: g.PolicyManager, ReportsManager: g.ReportsManager,
		},
	}
}

func describeLegacyGroup(st *state.State, g *state.Group, withUsers bool) legacyGroup {
	role := func(name string) *bool { value := g.ArtifactoryRole[name]; return &value }
	autoJoin, adminPrivileges, realm := g.AutoJoin, g.AdminPrivileges, g.Realm
	answer := legacyGroup{
		Name: g.Name, AutoJoin: &autoJoin, AdminPrivileges: &adminPrivileges, Realm: &realm, Description: g.Description,
		WatchManager: role(roleWatch), PolicyManager: role(rolePolicy), ReportsManager: role(roleReports),
	}
	if g.ExternalID != "" {
		external := g.ExternalID
		answer.ExternalID = &external
	}
	if g.RealmAttributes != "" {
		attributes := g.RealmAttributes
		answer.RealmAttributes = &attributes
	}
	if withUsers {
		answer.UserNames = memberNames(st, g)
	}
	return answer
}

// applyLegacyGroup writes a request, realm included.
func applyLegacyGroup(st *state.State, g *state.Group, req legacyGroup, now time.Time) error {
	if realm := deref(req.Realm); realm == realmLDAP && g.Name != strings.ToLower(g.Name) {
		// LDAP groups are matched by their lower-cased name (JFrog help: "Synchronize LDAP Groups").
		return badRequest("The name of an LDAP group must be lower case")
	}
	members, err := usersByName(st, req.UserNames)
	if err != nil {
		return err
	}
	if err := applyGroup(g, req.modern()); err != nil {
		return err
	}
	if req.Realm != nil {
		g.Realm = cmp.Or(*req.Realm, realmInternal)
	}
	set(&g.RealmAttributes, req.RealmAttributes)
	if req.UserNames != nil {
		g.Members = nil
		for _, u := range members {
			join(g, u.ID, now)
		}
	}
	g.UpdatedAt = now
	return nil
}

func (s *server) legacyListGroups(w http.ResponseWriter, r *http.Request, _ *principal) error {
	type item struct {
		Name string `json:"name"`
		URI  string `json:"uri"`
	}
	base := s.base(r)
	list := []item{}
	s.Store.View(func(st *state.State) {
		for _, g := range st.Groups {
			list = append(list, item{g.Name, base + "/artifactory/api/security/groups/" + url.PathEscape(g.Name)})
		}
	})
	slices.SortFunc(list, func(a, b item) int { return cmp.Compare(a.Name, b.Name) })
	writeJSON(w, http.StatusOK, list)
	return nil
}

func legacyGroupNotFound(name string) *problem {
	return notFound(fmt.Sprintf("Unable to find group '%s'", name))
}

func (s *server) legacyGetGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	withUsers, _ := strconv.ParseBool(r.URL.Query().Get("includeUsers"))
	var answer *legacyGroup
	s.Store.View(func(st *state.State) {
		if g := st.GroupByName(name); g != nil {
			described := describeLegacyGroup(st, g, withUsers)
			answer = &described
		}
	})
	if answer == nil {
		return legacyGroupNotFound(name)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// legacyPutGroup creates a group, or replaces all but the identity of one that exists.
func (s *server) legacyPutGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	var req legacyGroup
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if err := checkGroupName(name); err != nil {
		return err
	}
	now := s.Store.Now()
	var err error
	s.Store.Update(func(st *state.State) {
		next := &state.Group{ID: uuid.NewString(), Name: name, Realm: realmInternal, CreatedAt: now}
		old := st.GroupByName(name)
		if old != nil {
			next.ID, next.CreatedAt, next.Members = old.ID, old.CreatedAt, old.Members
		}
		if err = applyLegacyGroup(st, next, req, now); err != nil {
			return
		}
		if old != nil {
			*old = *next
		} else {
			st.Groups = append(st.Groups, next)
		}
	})
	if err == nil {
		w.WriteHeader(http.StatusCreated)
	}
	return err
}

// legacyPostGroup changes what was sent.
func (s *server) legacyPostGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	var req legacyGroup
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	now := s.Store.Now()
	var err error
	s.Store.Update(func(st *state.State) {
		g := st.GroupByName(name)
		if g == nil {
			err = legacyGroupNotFound(name)
			return
		}
		err = applyLegacyGroup(st, g, req, now)
	})
	if err == nil {
		w.WriteHeader(http.StatusOK)
	}
	return err
}

func (s *server) legacyDeleteGroup(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	found := false
	s.Store.Update(func(st *state.State) {
		if g := st.GroupByName(name); g != nil {
			found = true
			removeGroup(st, g)
		}
	})
	if !found {
		return legacyGroupNotFound(name)
	}
	writeText(w, http.StatusOK, fmt.Sprintf("Group '%s' has been removed successfully.", name))
	return nil
}
