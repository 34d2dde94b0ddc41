package artifactkeeper

import (
	"crypto/rand"
	"math/big"
	"net/http"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) passwordRoutes() {
	s.handleLimited("POST /api/v1/users/{id}/password", hard, s.limitPassword, s.changePassword)
	s.handleLimited("POST /api/v1/users/me/password", hard, s.limitPassword, s.changeOwnPassword)
	s.handleLimited("POST /api/v1/users/{id}/password/reset", admin, s.limitPassword, s.resetPassword)
	s.handleLimited("POST /api/v1/users/{id}/force-password-change", admin, s.limitPassword, s.forcePasswordChange)
}

// limitPassword counts by the caller, not by whose password it is: an administrator who sets many runs into it.
func (s *server) limitPassword(w http.ResponseWriter, _ *http.Request, who *caller) error {
	return s.limits.password.allow(w, who.userID)
}

// The bounds of a password, in bytes (Artifact Keeper: services/password_policy.rs).
const (
	minPassword = 8
	maxPassword = 128
)

var commonPasswords = []string{
	"password", "12345678", "123456789", "1234567890", "qwerty123", "qwertyui", "password1", "iloveyou", "12341234",
	"00000000", "abc12345", "11111111", "password123", "admin123", "letmein1", "welcome1", "monkey12", "dragon12",
	"baseball1", "trustno1",
}

// checkPassword applies the default policy.
func checkPassword(password string) error {
	var wrong []string
	if len(password) < minPassword {
		wrong = append(wrong, "Password must be at least 8 characters")
	}
	if len(password) > maxPassword {
		wrong = append(wrong, "Password must be at most 128 characters")
	}
	if slices.Contains(commonPasswords, strings.ToLower(password)) {
		wrong = append(wrong, "Password is too common; choose a stronger password")
	}
	if len(wrong) == 0 {
		return nil
	}
	return invalid(strings.Join(wrong, "; "))
}

// generatedPassword makes up a password of 16 characters that cannot be misread (Artifact Keeper: api/handlers/users.rs).
func generatedPassword() *string {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789!@#$%&*"
	var b strings.Builder
	for range 16 {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			panic(err) // crypto/rand's reader never fails
		}
		b.WriteByte(alphabet[n.Int64()])
	}
	password := b.String()
	return &password
}

func (s *server) changePassword(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	return s.setPassword(r, who, id)
}

func (s *server) changeOwnPassword(r *http.Request, who *caller) (any, error) {
	return s.setPassword(r, who, who.userID)
}

// setPassword changes a password. Only a non-administrator must show the old one; an administrator may set any, even the
// own. It ends the user's sessions and, when the user had to change it, the first-boot lock.
func (s *server) setPassword(r *http.Request, who *caller, id string) (any, error) {
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	current, chosen := maybe[string](body, "current_password"), required[string](body, "new_password")
	if err := body.done(); err != nil {
		return nil, err
	}
	if err := checkPassword(chosen); err != nil {
		return nil, err
	}
	if !who.mayTouch(id) {
		return nil, forbidden("Cannot change other users' passwords")
	}
	if !who.isAdmin() {
		if current == nil {
			return nil, invalid("Current password required")
		}
		var user state.User
		s.store.View(func(st *state.State) {
			if u := st.UserByID(id); u != nil {
				user = *u
			}
		})
		if user.PasswordHash != nil && !user.CheckPassword(truncated(*current)) {
			return nil, authFailed("Current password is incorrect")
		}
	}
	hash, err := state.HashPassword(truncated(chosen))
	if err != nil {
		return nil, internalError()
	}
	return nil, s.storePassword(id, "Cannot change password for SSO users", func(st *state.State, u *state.User) {
		st.ArtifactKeeper.SetupDone = st.ArtifactKeeper.SetupDone || u.MustChange
		u.PasswordHash, u.MustChange = hash, false
	})
}

// storePassword changes the password of a user that has one.
func (s *server) storePassword(id, refusal string, change func(*state.State, *state.User)) error {
	now := s.store.Now()
	err := notFound("User not found")
	s.store.Update(func(st *state.State) {
		u := st.UserByID(id)
		switch {
		case u == nil:
		case len(u.PasswordHash) == 0:
			err = invalid(refusal)
		default:
			change(st, u)
			u.UpdatedAt, err = now, nil
			cutSessions(u, now)
		}
	})
	return err
}

func (s *server) resetPassword(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	if who.userID == id {
		return nil, invalid("Cannot reset your own password. Use change password instead.")
	}
	password := generatedPassword()
	hash, err := state.HashPassword(*password)
	if err != nil {
		return nil, internalError()
	}
	err = s.storePassword(id, "Cannot reset password for SSO users", func(_ *state.State, u *state.User) {
		u.PasswordHash, u.MustChange = hash, true
	})
	if err != nil {
		return nil, err
	}
	return struct {
		Temporary string `json:"temporary_password"`
	}{*password}, nil
}

func (s *server) forcePasswordChange(r *http.Request, _ *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	return nil, s.storePassword(id, "Cannot force password change for SSO users", func(_ *state.State, u *state.User) {
		u.MustChange = true
	})
}
