package artifactory

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) userRoutes() {
	s.admin("POST /access/api/v2/users", s.postUser, "identities:w")
	s.admin("GET /access/api/v2/users", s.listUsers, "identities:r")
	s.authenticated("GET /access/api/v2/users/{username}", s.getUser)
	s.admin("PATCH /access/api/v2/users/{username}", s.patchUser, "identities:w")
	s.admin("DELETE /access/api/v2/users/{username}", s.deleteUser, "identities:d")
	s.admin("PATCH /access/api/v2/users/{username}/groups", s.patchUserGroups, "identities:w")
	s.authenticated("PUT /access/api/v2/users/{username}/password", s.putPassword)
	s.admin("POST /access/api/v2/users/{username}/password/expire", s.expirePassword)
	s.admin("POST /access/api/v2/users/{username}/unlock", s.unlockUser)
}

// userRequest is the body of a create or update; nil is a member that was not sent (JFrog help: "Create User").
type userRequest struct {
	Username         *string  `json:"username"`
	Email            *string  `json:"email"`
	Password         *string  `json:"password"`
	Groups           []string `json:"groups"`
	Admin            *bool    `json:"admin"`
	ProfileUpdatable *bool    `json:"profile_updatable"`
	DisableUIAccess  *bool    `json:"disable_ui_access"`
	PasswordDisabled *bool    `json:"internal_password_disabled"`
	userRoles
}

// userRoles are the role flags of a user, since 7.128.0 (JFrog docs: "updateuser").
type userRoles struct {
	WatchManager     *bool `json:"watch_manager"`
	PolicyViewer     *bool `json:"policy_viewer"`
	PolicyManager    *bool `json:"policy_manager"`
	ReportsManager   *bool `json:"reports_manager"`
	ResourcesManager *bool `json:"resources_manager"`
	ManageResources  *bool `json:"manage_resources"` // newer pages call resources_manager so
	ManageWebhook    *bool `json:"manage_webhook"`
}

// The role flags, by the names the answers use.
const (
	roleWatch     = "watch_manager"
	roleViewer    = "policy_viewer"
	rolePolicy    = "policy_manager"
	roleReports   = "reports_manager"
	roleResources = "manage_resources"
	roleWebhook   = "manage_webhook"
)

// apply writes the flags that were sent; a policy manager is a policy viewer too.
func (r userRoles) apply(roles map[string]bool) map[string]bool {
	if roles == nil {
		roles = map[string]bool{}
	}
	for _, flag := range []struct {
		name string
		sent *bool
	}{
		{roleWatch, r.WatchManager},
		{roleViewer, r.PolicyViewer},
		{rolePolicy, r.PolicyManager},
		{roleReports, r.ReportsManager},
		{roleResources, r.ResourcesManager},
		{roleResources, r.ManageResources},
		{roleWebhook, r.ManageWebhook},
	} {
		if flag.sent != nil {
			roles[flag.name] = *flag.sent
		}
	}
	if roles[rolePolicy] {
		roles[roleViewer] = true
	}
	return roles
}

// userAnswer is a whole user. Role flags are always there.
type userAnswer struct {
	Username         string   `json:"username"`
	Email            string   `json:"email"`
	Admin            bool     `json:"admin"`
	EffectiveAdmin   bool     `json:"effective_admin"`
	ProfileUpdatable bool     `json:"profile_updatable"`
	DisableUIAccess  bool     `json:"disable_ui_access"`
	PasswordDisabled bool     `json:"internal_password_disabled"`
	LastLoggedIn     string   `json:"last_logged_in,omitempty"`
	Realm            string   `json:"realm"`
	Groups           []string `json:"groups"`
	Status           string   `json:"status"`
	WatchManager     bool     `json:"watch_manager"`
	PolicyViewer     bool     `json:"policy_viewer"`
	PolicyManager    bool     `json:"policy_manager"`
	ReportsManager   bool     `json:"reports_manager"`
	ResourcesManager bool     `json:"resources_manager"`
	ManageWebhook    bool     `json:"manage_webhook"`
}

// timeFormat is ISO 8601 with milliseconds, as the servers write times.
const timeFormat = "2006-01-02T15:04:05.000Z"

func describeUser(st *state.State, u *state.User, now time.Time) userAnswer {
	answer := userAnswer{
		Username: u.Username, Email: u.Email, Admin: u.Admin, EffectiveAdmin: effectiveAdmin(st, u),
		ProfileUpdatable: u.ProfileUpdate, DisableUIAccess: u.DisableUI, PasswordDisabled: u.NoPassword,
		Realm: u.AuthProvider, Groups: groupNamesOf(st, u), Status: statusOf(u, now),
		WatchManager: u.ArtifactoryRole[roleWatch], PolicyViewer: u.ArtifactoryRole[roleViewer],
		PolicyManager: u.ArtifactoryRole[rolePolicy], ReportsManager: u.ArtifactoryRole[roleReports],
		ResourcesManager: u.ArtifactoryRole[roleResources], ManageWebhook: u.ArtifactoryRole[roleWebhook],
	}
	if !u.LastLogin.IsZero() {
		answer.LastLoggedIn = u.LastLogin.UTC().Format(timeFormat)
	}
	return answer
}

func groupNamesOf(st *state.State, u *state.User) []string {
	names := []string{}
	for _, g := range st.GroupsOf(u.ID) {
		names = append(names, g.Name)
	}
	return names
}

func statusOf(u *state.User, now time.Time) string {
	switch {
	case !u.Active:
		return "disabled"
	case u.LockedUntil.After(now):
		return "locked"
	default:
		return "enabled"
	}
}

// usernamePattern is what a user name may hold once it is lower-cased.
var usernamePattern = regexp.MustCompile(`^[a-z0-9._@+-]{1,64}$`)

var (
	upperCase = regexp.MustCompile(`\p{Lu}`)
	lowerCase = regexp.MustCompile(`\p{Ll}`)
	anyDigit  = regexp.MustCompile(`[0-9]`)
)

// maxPassword is bcrypt's limit in bytes.
const maxPassword = 72

// hashPassword applies the password policy of a fresh installation: eight characters, one upper case, one lower case and
// one digit.
func hashPassword(password string) ([]byte, error) {
	strong := upperCase.MatchString(password) && lowerCase.MatchString(password) && anyDigit.MatchString(password)
	if len([]rune(password)) < 8 || !strong || len(password) > maxPassword {
		return nil, badRequest("The password does not comply with the password policy: at least 8 characters, " +
			"1 uppercase letter, 1 lowercase letter and 1 digit")
	}
	return state.HashPassword(password)
}

func (s *server) postUser(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req userRequest
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	user, err := s.newUser(req)
	if err != nil {
		return err
	}
	now := s.Store.Now()
	var answer userAnswer
	s.Store.Update(func(st *state.State) {
		if st.UserByName(user.Username) != nil {
			err = conflict(fmt.Sprintf("User %s already exists", user.Username))
			return
		}
		if err = addUser(st, user, req.Groups, now); err == nil {
			answer = describeUser(st, user, now)
		}
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, answer)
	return nil
}

// newUser checks a create request and makes the record.
func (s *server) newUser(req userRequest) (*state.User, error) {
	user := &state.User{
		ID: uuid.NewString(), Active: true, AuthProvider: realmInternal, CreatedAt: s.Store.Now(), ProfileUpdate: true,
	}
	user.Username = strings.ToLower(strings.TrimSpace(deref(req.Username)))
	switch {
	case user.Username == "":
		return nil, badRequest("username is required")
	case !usernamePattern.MatchString(user.Username):
		return nil, badRequest("Invalid username: " + user.Username)
	case deref(req.Email) == "":
		return nil, badRequest("email is required")
	case req.Password == nil && !deref(req.PasswordDisabled):
		return nil, badRequest("password is required unless internal_password_disabled is true")
	}
	if err := applyUser(user, req); err != nil {
		return nil, err
	}
	return user, nil
}

// addUser stores a new user and joins the asked-for groups and those that everybody joins.
func addUser(st *state.State, user *state.User, groups []string, now time.Time) error {
	if err := knownGroups(st, groups); err != nil {
		return err
	}
	st.Users = append(st.Users, user)
	for _, g := range st.Groups {
		if g.AutoJoin || slices.Contains(groups, g.Name) {
			join(g, user.ID, now)
		}
	}
	return nil
}

func knownGroups(st *state.State, names []string) error {
	for _, name := range names {
		if st.GroupByName(name) == nil {
			return badRequest(fmt.Sprintf("Group %s does not exist", name))
		}
	}
	return nil
}

func join(g *state.Group, userID string, now time.Time) {
	if !g.HasMember(userID) {
		g.Members = append(g.Members, state.Member{UserID: userID, JoinedAt: now})
	}
}

// applyUser writes what a request holds besides name and groups.
func applyUser(user *state.User, req userRequest) error {
	enablesPassword := user.NoPassword && req.PasswordDisabled != nil && !*req.PasswordDisabled
	if enablesPassword && req.Password == nil {
		return badRequest("password is required when internal_password_disabled changes to false")
	}
	if req.Email != nil && *req.Email == "" {
		return badRequest("email must not be empty")
	}
	if req.Password != nil && !deref(req.PasswordDisabled) {
		hash, err := hashPassword(*req.Password)
		if err != nil {
			return err
		}
		user.PasswordHash, user.MustChange = hash, false
	}
	set(&user.Email, req.Email)
	set(&user.Admin, req.Admin)
	set(&user.ProfileUpdate, req.ProfileUpdatable)
	set(&user.DisableUI, req.DisableUIAccess)
	set(&user.NoPassword, req.PasswordDisabled)
	if user.NoPassword {
		user.PasswordHash = nil
	}
	user.ArtifactoryRole = req.userRoles.apply(user.ArtifactoryRole)
	return nil
}

func (s *server) getUser(w http.ResponseWriter, r *http.Request, p *principal) error {
	name := pathUser(r)
	if !p.admin && !p.grants.hasSystem([]string{"identities:r"}) && !p.isUser(name) {
		return errForbidden
	}
	now := s.Store.Now()
	var answer *userAnswer
	s.Store.View(func(st *state.State) {
		if user := st.UserByName(name); user != nil {
			described := describeUser(st, user, now)
			answer = &described
		}
	})
	if answer == nil {
		return userNotFound(name)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// pathUser is the user name in the path, folded as the server stores it.
func pathUser(r *http.Request) string { return strings.ToLower(r.PathValue("username")) }

func userNotFound(name string) *problem { return notFound(fmt.Sprintf("User %s not found", name)) }

// isUser tells whether the caller acts as the named user.
func (p *principal) isUser(name string) bool { return p.identity && p.username == name }

// changeUser runs change on the user in the path as one transaction.
func (s *server) changeUser(r *http.Request, change func(*state.State, *state.User, time.Time) error) error {
	now := s.Store.Now()
	name := pathUser(r)
	var err error
	s.Store.Update(func(st *state.State) {
		user := st.UserByName(name)
		if user == nil {
			err = userNotFound(name)
			return
		}
		err = change(st, user, now)
	})
	return err
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func set[T any](target *T, value *T) {
	if value != nil {
		*target = *value
	}
}
