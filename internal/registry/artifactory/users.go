package artifactory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	usersPath = "/access/api/v2/users"
	userPath  = usersPath + "/{username}"
)

// users is help: create-user, get-user-details, get-user-list, update-a-user-partial-update, delete-user.
type users struct{ c *transport.Client }

// userJSON is the answer of every call on one user.
type userJSON struct {
	Username                 string   `json:"username"`
	Email                    string   `json:"email"`
	Admin                    bool     `json:"admin"`
	EffectiveAdmin           *bool    `json:"effective_admin"` // since 7.66
	ProfileUpdatable         bool     `json:"profile_updatable"`
	DisableUIAccess          bool     `json:"disable_ui_access"`
	InternalPasswordDisabled bool     `json:"internal_password_disabled"`
	Groups                   []string `json:"groups"`
	Realm                    string   `json:"realm"`
	Status                   string   `json:"status"`
	WatchManager             bool     `json:"watch_manager"` // the roles since 7.128.0
	PolicyViewer             bool     `json:"policy_viewer"`
	PolicyManager            bool     `json:"policy_manager"`
	ReportsManager           bool     `json:"reports_manager"`
	ResourcesManager         bool     `json:"resources_manager"`

	asked string
}

// Complete implements the transport's check of a success.
func (u *userJSON) Complete() error {
	if u.Username == "" {
		return errors.New("it names no user")
	}
	return sameName(u.asked, u.Username)
}

// userDetails is the answer of a read, by which it is judged who may have a credential: what it leaves out must not pass
// for "no administrator" or "enabled".
type userDetails struct {
	userJSON

	told struct {
		Admin  *bool     `json:"admin"`
		Groups *[]string `json:"groups"`
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (u *userDetails) UnmarshalJSON(data []byte) error {
	return errors.Join(json.Unmarshal(data, &u.userJSON), json.Unmarshal(data, &u.told))
}

// Complete implements the transport's check of a success.
func (u *userDetails) Complete() error {
	switch {
	case u.told.Admin == nil, u.EffectiveAdmin == nil && u.told.Groups == nil:
		return errors.New("it does not say whether the user is an administrator")
	case !knownStatus(u.Status):
		return fmt.Errorf("it does not say whether the user is enabled: its status is %q", u.Status)
	}
	return u.userJSON.Complete()
}

func (u *userJSON) user() registry.User {
	return registry.User{
		ID:             u.Username,
		Username:       u.Username,
		Email:          u.Email,
		Admin:          u.Admin || u.EffectiveAdmin != nil && *u.EffectiveAdmin,
		AdminFlag:      u.Admin,
		Enabled:        enabled(u.Status),
		Realm:          realm(u.Realm),
		ServiceAccount: builtIn(u.Username),
		Groups:         append([]string{}, u.Groups...),
		Artifactory: &registry.ArtifactoryUser{
			ProfileUpdatable:         u.ProfileUpdatable,
			DisableUIAccess:          u.DisableUIAccess,
			InternalPasswordDisabled: u.InternalPasswordDisabled,
			Roles: registry.ArtifactoryUserRoles{
				WatchManager: u.WatchManager, PolicyViewer: u.PolicyViewer, PolicyManager: u.PolicyManager,
				ReportsManager: u.ReportsManager, ResourcesManager: u.ResourcesManager,
			},
		},
	}
}

// knownStatus tells the words of help: get-user-list.
func knownStatus(status string) bool {
	switch status {
	case "invited", "enabled", "disabled", "locked":
		return true
	default:
		return false
	}
}

// enabled reads the status: invited and locked accounts exist and are not switched off by anybody.
func enabled(status string) bool { return status != "disabled" }

// realm names the owner of an object; answers that leave it out are about Artifactory's own.
func realm(r string) string {
	if r == "" {
		return "internal"
	}
	return r
}

// builtIn tells the accounts that come with the product and are no person.
func builtIn(username string) bool { return registry.IsBuiltIn(registry.Artifactory, username) }

// userBody is what is sent; only the fields that are set. Empty strings are never meant.
type userBody struct {
	Username                 string `json:"username,omitempty"`
	Email                    string `json:"email,omitempty"`
	Password                 string `json:"password,omitempty"`
	Admin                    *bool  `json:"admin,omitempty"`
	ProfileUpdatable         *bool  `json:"profile_updatable,omitempty"`
	DisableUIAccess          *bool  `json:"disable_ui_access,omitempty"`
	InternalPasswordDisabled *bool  `json:"internal_password_disabled,omitempty"`
	WatchManager             *bool  `json:"watch_manager,omitempty"`
	PolicyViewer             *bool  `json:"policy_viewer,omitempty"`
	PolicyManager            *bool  `json:"policy_manager,omitempty"`
	ReportsManager           *bool  `json:"reports_manager,omitempty"`
	ResourcesManager         *bool  `json:"resources_manager,omitempty"`
}

func (b *userBody) apply(p *registry.ArtifactoryUserPatch) {
	if p == nil {
		return
	}
	b.ProfileUpdatable, b.DisableUIAccess = p.ProfileUpdatable, p.DisableUIAccess
	b.InternalPasswordDisabled = p.InternalPasswordDisabled
	b.WatchManager, b.PolicyViewer, b.PolicyManager = p.WatchManager, p.PolicyViewer, p.PolicyManager
	b.ReportsManager, b.ResourcesManager = p.ReportsManager, p.ResourcesManager
}

// Create implements registry.Users.
func (u users) Create(ctx context.Context, spec registry.UserSpec) (registry.User, error) {
	op, object := "create", userObject(spec.Username)
	if spec.Username != registry.LowerASCII(spec.Username) {
		return registry.User{}, &registry.Error{
			Kind: registry.KindInvalid, Op: op, Object: object, Message: "Artifactory's user names are lower case",
			Hint: fmt.Sprintf("Write %q", registry.LowerASCII(spec.Username)),
		}
	}
	body := userBody{Username: spec.Username, Email: spec.Email, Password: spec.Password.Reveal(), Admin: &spec.Admin}
	body.apply(spec.Artifactory)
	if spec.Password.Empty() && body.InternalPasswordDisabled == nil {
		yes := true
		body.InternalPasswordDisabled = &yes
	}
	answer := userJSON{asked: spec.Username}
	err := u.c.Do(ctx, transport.Request{
		Op: op, Object: object, Class: transport.Create, Method: http.MethodPost, Path: usersPath,
		Body: body, Secrets: []registry.Secret{spec.Password},
	}, &answer)
	if err != nil {
		return registry.User{}, err
	}
	user := answer.user()
	if spec.Enabled != user.Enabled {
		if err := u.setEnabled(ctx, user.Username, spec.Enabled); err != nil {
			return user, err
		}
		user.Enabled = spec.Enabled
	}
	return user, nil
}

// Get implements registry.Users.
func (u users) Get(ctx context.Context, id string) (registry.User, error) {
	return u.get(ctx, id)
}

func (u users) get(ctx context.Context, username string) (registry.User, error) {
	answer := userDetails{userJSON: userJSON{asked: username}}
	err := u.c.Do(ctx, transport.Request{
		Op: "read", Object: userObject(username), Method: http.MethodGet, Path: userPath,
		Params: map[string]string{"username": username},
	}, &answer)
	if err != nil {
		return registry.User{}, err
	}
	user := answer.user()
	if answer.EffectiveAdmin == nil && !user.Admin {
		if user.Admin, err = u.adminByGroup(ctx, user.Groups); err != nil {
			return registry.User{}, err
		}
	}
	return user, nil
}

// adminByGroup finds out whether a group makes its members administrators, where the server does not say it of the user
// (before 7.66).
func (u users) adminByGroup(ctx context.Context, names []string) (bool, error) {
	for _, name := range names {
		group, err := (groups{u.c, u}).get(ctx, name)
		if err != nil {
			return false, &registry.Error{
				Kind: registry.KindUnavailable, Op: "judge", Object: groupObject(name), Err: err,
				Message: "whether it makes its members administrators cannot be told: " + err.Error(),
			}
		}
		if group.Artifactory.AdminPrivileges {
			return true, nil
		}
	}
	return false, nil
}

// FindByUsername implements registry.Users. Artifactory's names are lower case, so the case of the asked one does not matter.
func (u users) FindByUsername(ctx context.Context, username string) (registry.User, error) {
	return u.get(ctx, registry.LowerASCII(username))
}

// FindByEmail implements registry.Users: Artifactory cannot search by address, but accounts from a directory or an
// identity provider are often named by it.
func (u users) FindByEmail(ctx context.Context, email string) ([]registry.User, error) {
	user, err := u.FindByUsername(ctx, email)
	switch {
	case registry.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	default:
		return []registry.User{user}, nil
	}
}

// userItem is a line of the list, which is thin.
type userItem struct {
	Username string `json:"username"`
	Realm    string `json:"realm"`
	Status   string `json:"status"`
}

// Complete implements the transport's check of a success.
func (u *userItem) Complete() error {
	if u.Username == "" {
		return errors.New("it names no user")
	}
	return nil
}

type userPage struct {
	Users  []userItem `json:"users"`
	Cursor string     `json:"cursor"`
}

// Complete implements the transport's check of a success.
func (p *userPage) Complete() error { return transport.CheckComplete(p.Users) }

// List implements registry.Users.
func (u users) List(ctx context.Context, filter registry.UserFilter) iter.Seq2[registry.User, error] {
	lines := walk(ctx, "users", u.c.MaxListed(), func(l userItem) string { return l.Username }, func(cursor string) ([]userItem, string, error) {
		query := url.Values{"limit": {strconv.Itoa(pageSize)}}
		setIf(query, "cursor", cursor)
		setIf(query, "username", filter.Contains)
		var page userPage
		err := u.c.Do(ctx, transport.Request{
			Op: "list", Object: "users", Method: http.MethodGet, Path: usersPath, Query: query,
		}, &page)
		return page.Users, page.Cursor, err
	})
	return convert(lines, func(l userItem) registry.User {
		return registry.User{
			ID: l.Username, Username: l.Username, Enabled: enabled(l.Status), Realm: realm(l.Realm),
			ServiceAccount: builtIn(l.Username), Partial: true,
		}
	})
}

func setIf(q url.Values, key, value string) {
	if value != "" {
		q.Set(key, value)
	}
}

// Update implements registry.Users.
func (u users) Update(ctx context.Context, id string, patch registry.UserPatch) (registry.User, error) {
	body := userBody{Password: patch.Password.Reveal(), Admin: patch.Admin}
	if patch.Email != nil {
		body.Email = *patch.Email
	}
	body.apply(patch.Artifactory)

	if body == (userBody{}) {
		if patch.Enabled != nil {
			if err := u.setEnabled(ctx, id, *patch.Enabled); err != nil {
				return registry.User{}, err
			}
		}
		return u.get(ctx, id)
	}
	answer := userJSON{asked: id}
	err := u.c.Do(ctx, transport.Request{
		Op: "update", Object: userObject(id), Class: transport.Idempotent, Method: http.MethodPatch, Path: userPath,
		Params: map[string]string{"username": id}, Body: body, Secrets: []registry.Secret{patch.Password},
	}, &answer)
	if err != nil {
		return registry.User{}, err
	}
	user := answer.user()
	if patch.Enabled != nil && *patch.Enabled != user.Enabled {
		if err := u.setEnabled(ctx, id, *patch.Enabled); err != nil {
			return user, err
		}
		user.Enabled = *patch.Enabled
	}
	return user, nil
}

// SetPassword implements registry.Users (help: change-a-user-password).
func (u users) SetPassword(ctx context.Context, id string, password registry.Secret) error {
	return u.c.Do(ctx, transport.Request{
		Op: "set the password of", Object: userObject(id), Class: transport.Idempotent, Method: http.MethodPut,
		Path: userPath + "/password", Params: map[string]string{"username": id},
		Body:    map[string]string{"password": password.Reveal()},
		Secrets: []registry.Secret{password},
	}, nil)
}

// Delete implements registry.Users.
func (u users) Delete(ctx context.Context, id string) error {
	return u.c.Do(ctx, transport.Request{
		Op: "delete", Object: userObject(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: userPath,
		Params: map[string]string{"username": id},
	}, nil)
}

func userObject(name string) string { return fmt.Sprintf("user %q", name) }
