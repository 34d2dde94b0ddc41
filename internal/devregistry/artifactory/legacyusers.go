package artifactory

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) legacyUserRoutes() {
	const root = "/artifactory/api/security/users"
	s.admin("GET "+root, s.legacyListUsers)
	s.admin("GET "+root+"/{username}", s.legacyGetUser)
	s.admin("PUT "+root+"/{username}", s.legacyPutUser)
	s.admin("POST "+root+"/{username}", s.legacyPostUser)
	s.admin("DELETE "+root+"/{username}", s.legacyDeleteUser)
}

// legacyUser is a user of the older API, in camel case (JFrog help: "Security Configuration JSON").
type legacyUser struct {
	Name             *string  `json:"name,omitempty"`
	Email            *string  `json:"email,omitempty"`
	Password         *string  `json:"password,omitempty"`
	Admin            *bool    `json:"admin,omitempty"`
	ProfileUpdatable *bool    `json:"profileUpdatable,omitempty"`
	DisableUIAccess  *bool    `json:"disableUIAccess,omitempty"`
	PasswordDisabled *bool    `json:"internalPasswordDisabled,omitempty"`
	Groups           []string `json:"groups"`
	LastLoggedIn     string   `json:"lastLoggedIn,omitempty"`
	Realm            string   `json:"realm,omitempty"`
	WatchManager     *bool    `json:"watchManager,omitempty"`
	PolicyManager    *bool    `json:"policyManager,omitempty"`
	PolicyViewer     *bool    `json:"policyViewer,omitempty"`
	ReportsManager   *bool    `json:"reportsManager,omitempty"`
}

// modern is the request in the terms of the newer API.
func (u legacyUser) modern(name string) userRequest {
	return userRequest{
		Username: &name, Email: u.Email, Password: u.Password, Groups: u.Groups, Admin: u.Admin,
		ProfileUpdatable: u.ProfileUpdatable, DisableUIAccess: u.DisableUIAccess, PasswordDisabled: u.PasswordDisabled,
		userRoles: userRoles{
			WatchManager: u.WatchManager, PolicyManager: u.PolicyManager, PolicyViewer: u.PolicyViewer,
			ReportsManager: u.ReportsManager,
		},
	}
}

func describeLegacyUser(st *state.State, u *state.User) legacyUser {
	role := func(name string) *bool { value := u.ArtifactoryRole[name]; return &value }
	name, email, admin, profile := u.Username, u.Email, u.Admin, u.ProfileUpdate
	ui, disabled := u.DisableUI, u.NoPassword
	answer := legacyUser{
		Name: &name, Email: &email, Admin: &admin, ProfileUpdatable: &profile, DisableUIAccess: &ui,
		PasswordDisabled: &disabled, Groups: groupNamesOf(st, u), Realm: u.AuthProvider,
		WatchManager: role(roleWatch), PolicyManager: role(rolePolicy), PolicyViewer: role(roleViewer),
		ReportsManager: role(roleReports),
	}
	if !u.LastLogin.IsZero() {
		answer.LastLoggedIn = u.LastLogin.UTC().Format(timeFormat)
	}
	return answer
}

func (s *server) legacyListUsers(w http.ResponseWriter, r *http.Request, _ *principal) error {
	type item struct {
		Name  string `json:"name"`
		URI   string `json:"uri"`
		Realm string `json:"realm"`
	}
	base := s.base(r)
	list := []item{}
	s.Store.View(func(st *state.State) {
		for _, u := range st.Users {
			uri := base + "/artifactory/api/security/users/" + url.PathEscape(u.Username)
			list = append(list, item{u.Username, uri, u.AuthProvider})
		}
	})
	slices.SortFunc(list, func(a, b item) int { return cmp.Compare(a.Name, b.Name) })
	writeJSON(w, http.StatusOK, list)
	return nil
}

func legacyUserNotFound(name string) *problem {
	return notFound(fmt.Sprintf("Unable to find user '%s'", name))
}

func (s *server) legacyGetUser(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := pathUser(r)
	var answer *legacyUser
	s.Store.View(func(st *state.State) {
		if u := st.UserByName(name); u != nil {
			described := describeLegacyUser(st, u)
			answer = &described
		}
	})
	if answer == nil {
		return legacyUserNotFound(name)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// legacyPutUser creates a user, or replaces all but the identity of one that exists.
func (s *server) legacyPutUser(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var body legacyUser
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	req := body.modern(pathUser(r))
	user, err := s.newUser(req)
	if err != nil {
		return err
	}
	now := s.Store.Now()
	s.Store.Update(func(st *state.State) {
		old := st.UserByName(user.Username)
		if old == nil {
			err = addUser(st, user, req.Groups, now)
			return
		}
		if err = knownGroups(st, req.Groups); err != nil {
			return
		}
		user.ID, user.CreatedAt, user.LastLogin, user.AuthProvider = old.ID, old.CreatedAt, old.LastLogin, old.AuthProvider
		*old = *user
		setGroups(st, old, req.Groups, now)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

// setGroups makes the user a member of exactly these groups.
func setGroups(st *state.State, u *state.User, names []string, now time.Time) {
	for _, g := range st.Groups {
		if slices.Contains(names, g.Name) {
			join(g, u.ID, now)
		} else {
			g.RemoveMember(u.ID)
		}
	}
}

// legacyPostUser changes what was sent.
func (s *server) legacyPostUser(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var body legacyUser
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	err := s.changeLegacyUser(r, func(st *state.State, u *state.User, now time.Time) error {
		if err := knownGroups(st, body.Groups); err != nil {
			return err
		}
		if err := applyUser(u, body.modern(u.Username)); err != nil {
			return err
		}
		if body.Groups != nil {
			setGroups(st, u, body.Groups, now)
		}
		return nil
	})
	if err == nil {
		w.WriteHeader(http.StatusOK)
	}
	return err
}

func (s *server) legacyDeleteUser(w http.ResponseWriter, r *http.Request, p *principal) error {
	err := s.changeLegacyUser(r, func(st *state.State, u *state.User, now time.Time) error {
		if u.Username == p.username {
			return badRequest("The user in use cannot be deleted")
		}
		removeUser(st, u, now)
		return nil
	})
	if err == nil {
		writeText(w, http.StatusOK, fmt.Sprintf("The user: '%s' has been removed successfully.", pathUser(r)))
	}
	return err
}

// changeLegacyUser is changeUser with the older API's words for an unknown user.
func (s *server) changeLegacyUser(r *http.Request, change func(*state.State, *state.User, time.Time) error) error {
	now, name := s.Store.Now(), pathUser(r)
	var err error
	s.Store.Update(func(st *state.State) {
		u := st.UserByName(name)
		if u == nil {
			err = legacyUserNotFound(name)
			return
		}
		err = change(st, u, now)
	})
	return err
}

// foldNames lower-cases user names as the server stores them.
func foldNames(names []string) []string {
	folded := make([]string, 0, len(names))
	for _, name := range names {
		folded = append(folded, strings.ToLower(name))
	}
	return folded
}
