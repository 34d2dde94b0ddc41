package artifactory

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// scimRoutes serve the part of SCIM that the Access API proper lacks: disabling a user and enabling them again (JFrog
// help: "DISABLE User", "UPDATE User").
func (s *server) scimRoutes() {
	const root = "/access/api/v1/scim/v2/Users"
	s.admin("GET "+root, s.scimList)
	s.admin("GET "+root+"/{username}", s.scimGet)
	s.admin("PUT "+root+"/{username}", s.scimPut)
	s.admin("PATCH "+root+"/{username}", s.scimPatch)
	s.admin("/access/api/v1/scim/v2/", func(http.ResponseWriter, *http.Request, *principal) error {
		return notModelled("Creating and deleting by SCIM, and SCIM groups,")
	})
}

type scimValue struct {
	Value string `json:"value"`
}

type scimUser struct {
	Schemas  []string    `json:"schemas"`
	ID       string      `json:"id"`
	UserName string      `json:"userName"`
	Active   bool        `json:"active"`
	Emails   []scimValue `json:"emails"`
	Groups   []scimValue `json:"groups"`
	Meta     struct {
		ResourceType string `json:"resourceType"`
	} `json:"meta"`
}

func describeSCIM(st *state.State, u *state.User) scimUser {
	answer := scimUser{
		Schemas: []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, ID: u.Username, UserName: u.Username,
		Active: u.Active, Emails: []scimValue{{u.Email}}, Groups: []scimValue{},
	}
	for _, name := range groupNamesOf(st, u) {
		answer.Groups = append(answer.Groups, scimValue{name})
	}
	answer.Meta.ResourceType = "User"
	return answer
}

func writeSCIM(w http.ResponseWriter, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/scim+json;charset=UTF-8")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(encoded) // the client is gone when this fails
	return nil
}

// scimList understands the one filter that provisioning clients send: userName eq "NAME".
func (s *server) scimList(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := ""
	if filter := r.URL.Query().Get("filter"); filter != "" {
		value, ok := strings.CutPrefix(filter, "userName eq ")
		unquoted, err := strconv.Unquote(value)
		if !ok || err != nil {
			return badRequest("Only filters of the form userName eq \"name\" are supported")
		}
		name = strings.ToLower(unquoted)
	}
	users := []scimUser{}
	s.Store.View(func(st *state.State) {
		for _, u := range st.Users {
			if name == "" || u.Username == name {
				users = append(users, describeSCIM(st, u))
			}
		}
	})
	return writeSCIM(w, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": len(users),
		"startIndex": 1, "itemsPerPage": len(users), "Resources": users,
	})
}

func (s *server) scimGet(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := pathUser(r)
	var answer *scimUser
	s.Store.View(func(st *state.State) {
		if u := st.UserByName(name); u != nil {
			described := describeSCIM(st, u)
			answer = &described
		}
	})
	if answer == nil {
		return userNotFound(name)
	}
	return writeSCIM(w, answer)
}

// scimPut takes a whole user, of which only active counts.
func (s *server) scimPut(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req struct {
		Active *bool `json:"active"`
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	return s.scimSetActive(w, r, req.Active)
}

// scimPatch takes operations on active, in the spellings provisioning clients use.
func (s *server) scimPatch(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req struct {
		Operations []struct {
			Op    string          `json:"op"`
			Path  string          `json:"path"`
			Value json.RawMessage `json:"value"`
		} `json:"Operations"`
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	var active *bool
	for _, operation := range req.Operations {
		value := operation.Value
		if operation.Path == "" {
			var members map[string]json.RawMessage
			if json.Unmarshal(value, &members) != nil {
				return badRequest("An operation without a path needs an object")
			}
			value = members["active"]
		}
		var parsed looseBool
		if !strings.EqualFold(operation.Op, "replace") || !slices.Contains([]string{"", "active"}, operation.Path) ||
			json.Unmarshal(value, &parsed) != nil {
			return badRequest("Update currently supports only disabling and re-enabling users")
		}
		active = (*bool)(&parsed)
	}
	return s.scimSetActive(w, r, active)
}

func (s *server) scimSetActive(w http.ResponseWriter, r *http.Request, active *bool) error {
	name := pathUser(r)
	var answer *scimUser
	s.Store.Update(func(st *state.State) {
		if u := st.UserByName(name); u != nil {
			set(&u.Active, active)
			described := describeSCIM(st, u)
			answer = &described
		}
	})
	if answer == nil {
		return userNotFound(name)
	}
	return writeSCIM(w, answer)
}
