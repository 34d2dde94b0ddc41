package artifactkeeper

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// maxColumn is the length of the server's VARCHAR columns, in characters. Longer values fail in the database.
const maxColumn = 255

func (s *server) userRoutes() {
	s.handle("GET /api/v1/users", admin, s.listUsers)
	s.handle("POST /api/v1/users", admin, s.createUser)
	s.handle("GET /api/v1/users/me", hard, s.usersMe)
	s.handle("GET /api/v1/users/{id}", hard, s.getUser)
	s.handle("PATCH /api/v1/users/{id}", admin, s.updateUser)
	s.handle("DELETE /api/v1/users/{id}", admin, s.deleteUser)
}

// userResponse is a user as administrators see it (Artifact Keeper: api/handlers/users.rs). Nothing in it tells service
// accounts from people.
type userResponse struct {
	ID           string  `json:"id"`
	Username     string  `json:"username"`
	Email        string  `json:"email"`
	DisplayName  *string `json:"display_name"`
	AuthProvider string  `json:"auth_provider"`
	IsActive     bool    `json:"is_active"`
	IsAdmin      bool    `json:"is_admin"`
	MustChange   bool    `json:"must_change_password"`
	LastLoginAt  *stamp  `json:"last_login_at"`
	CreatedAt    stamp   `json:"created_at"`
}

func describeUser(u *state.User) userResponse {
	return userResponse{
		ID: u.ID, Username: u.Username, Email: u.Email, DisplayName: displayName(u),
		AuthProvider: cmp.Or(u.AuthProvider, "local"), IsActive: u.Active, IsAdmin: u.Admin, MustChange: u.MustChange,
		LastLoginAt: stampOrNull(u.LastLogin), CreatedAt: stamp(u.CreatedAt),
	}
}

// displayName is null when there never was one.
func displayName(u *state.User) *string {
	if u.DisplayName == "" && !u.DisplayNameSet {
		return nil
	}
	name := u.DisplayName
	return &name
}

// compareText orders names as the server's database does: letter case decides only between otherwise equal names.
func compareText(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

func (s *server) listUsers(r *http.Request, _ *caller) (any, error) {
	q := readQuery(r)
	search, active, isAdmin, p := q.text("search"), q.flag("is_active"), q.flag("is_admin"), q.clampedPage()
	if q.err != nil {
		return nil, q.err
	}
	var out listing[userResponse]
	s.store.View(func(st *state.State) {
		var found []*state.User
		for _, u := range st.Users {
			if (search == nil || contains(u.Username, *search) || contains(u.Email, *search) ||
				displayName(u) != nil && contains(u.DisplayName, *search)) &&
				(active == nil || u.Active == *active) && (isAdmin == nil || u.Admin == *isAdmin) {
				found = append(found, u)
			}
		}
		slices.SortStableFunc(found, func(a, b *state.User) int { return compareText(a.Username, b.Username) })
		out = paged(p, found, describeUser)
	})
	return out, nil
}

// createUser makes a local account. Without a password the server makes one up, returns it once, and wants it changed.
func (s *server) createUser(r *http.Request, _ *caller) (any, error) {
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	username, email := required[string](body, "username"), required[string](body, "email")
	password, display := maybe[string](body, "password"), maybe[string](body, "display_name")
	isAdmin := maybe[bool](body, "is_admin")
	if err := body.done(); err != nil {
		return nil, err
	}
	var generated *string
	if password == nil {
		generated = generatedPassword()
		password = generated
	} else if err := checkPassword(*password); err != nil {
		return nil, err
	}
	hash, err := state.HashPassword(truncated(*password))
	if err != nil {
		return nil, internalError()
	}
	u := &state.User{
		ID: uuid.NewString(), Username: username, Email: email, PasswordHash: hash, Admin: isAdmin != nil && *isAdmin,
		Active: true, MustChange: generated != nil, AuthProvider: "local", CreatedAt: s.store.Now(),
	}
	setDisplayName(u, display)
	if tooLong(username, email, u.DisplayName) {
		return nil, databaseError()
	}
	out := struct {
		User      userResponse `json:"user"`
		Generated *string      `json:"generated_password"`
	}{describeUser(u), generated}
	s.store.Update(func(st *state.State) {
		switch {
		case st.UserByName(username) != nil:
			err = conflict("Username already exists")
		case userByEmail(st, email) != nil:
			err = conflict("Email already exists")
		default:
			st.Users = append(st.Users, u)
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func setDisplayName(u *state.User, name *string) {
	if name != nil {
		u.DisplayName, u.DisplayNameSet = *name, true
	}
}

func tooLong(values ...string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return utf8.RuneCountInString(v) > maxColumn })
}

// userByEmail finds a user by e-mail address, letter case included: that is what the server keeps unique.
func userByEmail(st *state.State, email string) *state.User {
	i := slices.IndexFunc(st.Users, func(u *state.User) bool { return u.Email == email })
	if i < 0 {
		return nil
	}
	return st.Users[i]
}

func (s *server) usersMe(_ *http.Request, who *caller) (any, error) { return s.describe(who.userID) }

func (s *server) getUser(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	if !who.mayTouch(id) {
		return nil, forbidden("Cannot view other users")
	}
	return s.describe(id)
}

func (s *server) describe(id string) (any, error) {
	var out userResponse
	err := notFound("User not found")
	s.store.View(func(st *state.State) {
		if u := st.UserByID(id); u != nil {
			out, err = describeUser(u), nil
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// updateUser changes what was sent; null changes nothing, so a display name can be emptied but not removed. A taken e-mail
// address is a 500: nothing maps the violated constraint here.
func (s *server) updateUser(r *http.Request, _ *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	email, display := maybe[string](body, "email"), maybe[string](body, "display_name")
	active, isAdmin := maybe[bool](body, "is_active"), maybe[bool](body, "is_admin")
	if err := body.done(); err != nil {
		return nil, err
	}
	now := s.store.Now()
	var out userResponse
	s.store.Update(func(st *state.State) {
		u := st.UserByID(id)
		if u == nil {
			err = notFound("User not found")
			return
		}
		if email != nil {
			if other := userByEmail(st, *email); other != nil && other != u || tooLong(*email) {
				err = databaseError()
				return
			}
			u.Email = *email
		}
		setDisplayName(u, display)
		if active != nil {
			u.Active = *active
			if !u.Active {
				cutSessions(u, now)
			}
		}
		if isAdmin != nil && u.Admin != *isAdmin {
			u.Admin = *isAdmin
			cutSessions(u, now)
		}
		u.UpdatedAt = now
		out = describeUser(u)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// deleteUser removes the account with its tokens and memberships. Its permission rows stay behind as orphans.
func (s *server) deleteUser(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	if who.userID == id {
		return nil, invalid("Cannot delete yourself")
	}
	s.store.Update(func(st *state.State) {
		if st.UserByID(id) == nil {
			err = notFound("User not found")
			return
		}
		removeUser(st, id)
	})
	return nil, err
}

func removeUser(st *state.State, id string) {
	st.Users = slices.DeleteFunc(st.Users, func(u *state.User) bool { return u.ID == id })
	st.Tokens = slices.DeleteFunc(st.Tokens, func(t *state.Token) bool { return t.UserID == id })
	for _, g := range st.Groups {
		g.RemoveMember(id)
	}
	for _, repo := range st.Repositories {
		repo.OwnerIDs = slices.DeleteFunc(repo.OwnerIDs, func(owner string) bool { return owner == id })
	}
}

// strictBearer tells whether the request has a Bearer token, the only token scheme the OCI endpoints know.
func strictBearer(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ")
}
