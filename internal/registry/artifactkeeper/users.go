package artifactkeeper

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	usersPath = "/api/v1/users"
	userPath  = usersPath + "/{id}"
	// maxName is the width of the columns for names and addresses; longer ones end as a 500.
	maxName = 255
)

// users is users.rs. Accounts are addressed by id; a name is looked up.
type users struct{ c *transport.Client }

type userJSON struct {
	ID           string  `json:"id"`
	Username     string  `json:"username"`
	Email        *string `json:"email"`
	DisplayName  string  `json:"display_name"`  // or null
	AuthProvider string  `json:"auth_provider"` // local, ldap, saml, oidc, ci
	IsActive     *bool   `json:"is_active"`
	IsAdmin      *bool   `json:"is_admin"`

	asked string // an id or a name
}

// Complete implements the transport's check of a success. Every answer of the server has these; what is left out must not
// pass for "no administrator", "enabled" or "a person".
func (u *userJSON) Complete() error {
	switch {
	case u.ID == "" || u.Username == "":
		return errors.New("it names no user")
	case u.IsAdmin == nil:
		return errors.New("it does not say whether the user is an administrator")
	case u.IsActive == nil:
		return errors.New("it does not say whether the user is active")
	case u.Email == nil || u.AuthProvider == "":
		return errors.New("it does not say whose account it is")
	case u.asked == u.Username:
		return nil
	}
	return same(u.asked, u.ID)
}

func (u *userJSON) user() registry.User {
	return registry.User{
		ID: u.ID, Username: u.Username, Email: *u.Email, DisplayName: u.DisplayName,
		Admin: *u.IsAdmin, AdminFlag: *u.IsAdmin, Enabled: *u.IsActive, Realm: u.AuthProvider,
		ServiceAccount: u.serviceAccount() || u.AuthProvider == "ci" ||
			strings.HasPrefix(u.Username, "svc-") || strings.HasPrefix(u.Username, "_ak_"),
	}
}

// serviceAccount tells the accounts that the server itself files as such. It does not say so; it gives them an address of
// their own (service_account_service.rs). The prefix svc- alone is a convention that a person's name could share.
func (u *userJSON) serviceAccount() bool {
	return strings.HasSuffix(registry.LowerASCII(*u.Email), "@service-accounts.local")
}

// Create implements registry.Users. The answer nests the user; everything else is flat.
func (u users) Create(ctx context.Context, spec registry.UserSpec) (registry.User, error) {
	op, object := "create", userObject(spec.Username)
	if err := checkLengths(op, object, spec.Username, spec.Email, spec.DisplayName); err != nil {
		return registry.User{}, err
	}
	password := spec.Password
	if password.Empty() {
		password = newPassword()
	}
	body := struct {
		Username    string `json:"username"`
		Email       string `json:"email"`
		Password    string `json:"password"`
		DisplayName string `json:"display_name,omitempty"`
		IsAdmin     bool   `json:"is_admin"`
	}{spec.Username, spec.Email, password.Reveal(), spec.DisplayName, spec.Admin}
	answer := createdJSON{User: userJSON{asked: spec.Username}}
	err := u.c.Do(ctx, transport.Request{
		Op: op, Object: object, Class: transport.Create, Method: http.MethodPost, Path: usersPath, Body: body,
		Secrets: []registry.Secret{password},
	}, &answer)
	if err != nil {
		return registry.User{}, err
	}
	user := answer.User.user()
	if user.Enabled == spec.Enabled {
		return user, nil
	}
	changed, err := u.Update(ctx, user.ID, registry.UserPatch{Enabled: &spec.Enabled})
	if err != nil {
		return user, err
	}
	return changed, nil
}

type createdJSON struct {
	User userJSON `json:"user"`
}

// Complete implements the transport's check of a success.
func (c *createdJSON) Complete() error { return c.User.Complete() }

// newPassword is for accounts that nobody signs in to with a password. It is sent once and forgotten. Leaving it to the
// server would flag the account, and a flagged account cannot use its tokens (must_change_password). Upper and lower
// case, digits and a sign satisfy every class a policy can ask for; 58 bytes stay below bcrypt's 72.
func newPassword() registry.Secret {
	return registry.NewSecret(rand.Text() + "-" + strings.ToLower(rand.Text()) + "-Aa7!-")
}

// Get implements registry.Users.
func (u users) Get(ctx context.Context, id string) (registry.User, error) {
	if !uuid.MatchString(id) {
		return registry.User{}, notAnID("read", userObject(id))
	}
	answer := userJSON{asked: id}
	err := u.c.Do(ctx, transport.Request{
		Op: "read", Object: userObject(id), Method: http.MethodGet, Path: userPath,
		Params: map[string]string{"id": id},
	}, &answer)
	if err != nil {
		return registry.User{}, err
	}
	return answer.user(), nil
}

// FindByUsername implements registry.Users. The server compares names byte by byte.
func (u users) FindByUsername(ctx context.Context, username string) (registry.User, error) {
	found, err := u.find(ctx, username)
	if err != nil {
		return registry.User{}, err
	}
	return found.user(), nil
}

func (u users) find(ctx context.Context, username string) (*userJSON, error) {
	item, found, err := u.search(searchTerm(username)).find(ctx, func(item userJSON) bool { return item.Username == username })
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, &registry.Error{
			Kind: registry.KindNotFound, Op: "find", Object: userObject(username), Message: "there is no account of this name",
		}
	default:
		return &item, nil
	}
}

// FindByEmail implements registry.Users.
func (u users) FindByEmail(ctx context.Context, email string) ([]registry.User, error) {
	items, err := u.search(searchTerm(email)).all(ctx)
	if err != nil {
		return nil, err
	}
	var found []registry.User
	for _, item := range items {
		if registry.EqualFoldASCII(*item.Email, email) {
			found = append(found, item.user())
		}
	}
	return found, nil
}

// List implements registry.Users; its results are complete.
func (u users) List(ctx context.Context, filter registry.UserFilter) iter.Seq2[registry.User, error] {
	return func(yield func(registry.User, error) bool) {
		for item, err := range u.search(searchTerm(filter.Contains)).each(ctx) {
			if err != nil {
				yield(registry.User{}, err)
				return
			}
			if !yield(item.user(), nil) {
				return
			}
		}
	}
}

// All implements registry.Whole.
func (u users) All(ctx context.Context, most int) ([]registry.User, int, error) {
	list := u.search("")
	list.most = most
	first, err := list.first(ctx)
	if pages := max(first.Pagination.TotalPages, 1); err != nil || pages > most {
		return nil, pages, err
	}
	items, err := list.rest(ctx, first)
	if err != nil {
		return nil, first.Pagination.TotalPages, err
	}
	all := make([]registry.User, 0, len(items))
	for i := range items {
		all = append(all, items[i].user())
	}
	return all, max(first.Pagination.TotalPages, 1), nil
}

func (u users) search(term string) lister[userJSON] {
	query := url.Values{}
	if term != "" {
		query.Set("search", term)
	}
	return lister[userJSON]{
		c: u.c, what: "users", path: usersPath, query: query, id: func(item userJSON) string { return item.ID },
	}
}

// Update implements registry.Users. In a PATCH null and missing both mean "unchanged"; a display name is emptied with "".
func (u users) Update(ctx context.Context, id string, patch registry.UserPatch) (registry.User, error) {
	body := struct {
		Email       *string `json:"email,omitempty"`
		DisplayName *string `json:"display_name,omitempty"`
		IsActive    *bool   `json:"is_active,omitempty"`
		IsAdmin     *bool   `json:"is_admin,omitempty"`
	}{patch.Email, patch.DisplayName, patch.Enabled, patch.Admin}
	if !patch.Password.Empty() {
		if err := u.SetPassword(ctx, id, patch.Password); err != nil {
			return registry.User{}, err
		}
	}
	if body.Email == nil && body.DisplayName == nil && body.IsActive == nil && body.IsAdmin == nil {
		return u.Get(ctx, id)
	}
	answer := userJSON{asked: id}
	err := u.c.Do(ctx, transport.Request{
		Op: "update", Object: userObject(id), Class: transport.Idempotent, Method: http.MethodPatch, Path: userPath,
		Params: map[string]string{"id": id}, Body: body,
	}, &answer)
	if err != nil {
		return registry.User{}, u.explainUpdate(ctx, id, patch, err)
	}
	return answer.user(), nil
}

// explainUpdate finds the reason behind a 500: the server does not map the collision of two addresses (users.rs).
func (u users) explainUpdate(ctx context.Context, id string, patch registry.UserPatch, cause error) error {
	var e *registry.Error
	if patch.Email == nil || !errors.As(cause, &e) || e.Status != http.StatusInternalServerError {
		return cause
	}
	others, err := u.FindByEmail(ctx, *patch.Email)
	if err != nil {
		return cause
	}
	for _, other := range others {
		if other.ID != id {
			return &registry.Error{
				Kind: registry.KindConflict, Op: "update", Object: userObject(id), Err: cause,
				Message: fmt.Sprintf("the address %s belongs to user %q", *patch.Email, other.Username),
			}
		}
	}
	return cause
}

// SetPassword implements registry.Users. The server allows five in 15 minutes.
func (u users) SetPassword(ctx context.Context, id string, password registry.Secret) error {
	return u.c.Do(ctx, transport.Request{
		Op: "set the password of", Object: userObject(id), Class: transport.Idempotent, Method: http.MethodPost,
		Path: userPath + "/password", Params: map[string]string{"id": id},
		Body:    map[string]string{"new_password": password.Reveal()},
		Secrets: []registry.Secret{password},
	}, nil)
}

// Delete implements registry.Users.
func (u users) Delete(ctx context.Context, id string) error {
	return u.c.Do(ctx, transport.Request{
		Op: "delete", Object: userObject(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: userPath,
		Params: map[string]string{"id": id},
	}, nil)
}

func checkLengths(op, object string, values ...string) error {
	for _, v := range values {
		if length := utf8.RuneCountInString(v); length > maxName {
			return &registry.Error{
				Kind: registry.KindInvalid, Op: op, Object: object,
				Message: fmt.Sprintf("a name or address of %d characters is too long; the server stores %d", length, maxName),
			}
		}
	}
	return nil
}

func userObject(name string) string { return fmt.Sprintf("user %q", name) }
