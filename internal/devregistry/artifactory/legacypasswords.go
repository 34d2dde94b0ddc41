package artifactory

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) legacyPasswordRoutes() {
	const root = "/artifactory/api/security"
	s.admin("GET "+root+"/lockedUsers", s.lockedUsers)
	s.admin("POST "+root+"/unlockUsers/{username}", s.unlockUsers)
	s.admin("POST "+root+"/unlockUsers", s.unlockUsers)
	s.admin("POST "+root+"/unlockAllUsers", s.unlockUsers)
	s.anonymous("POST "+root+"/users/authorization/changePassword", s.changePassword)
	s.admin("POST "+root+"/users/authorization/expirePassword/{username}", s.expirePasswords)
	s.admin("POST "+root+"/users/authorization/expirePassword", s.expirePasswords)
	s.admin("POST "+root+"/users/authorization/expirePasswordForAllUsers", s.expirePasswords)
	s.admin("GET "+root+"/userLockPolicy", s.getLockPolicy)
	s.admin("PUT "+root+"/userLockPolicy", s.putLockPolicy)
	s.admin("GET "+root+"/configuration/passwordExpirationPolicy", s.getExpirationPolicy)
	s.admin("PUT "+root+"/configuration/passwordExpirationPolicy", s.putExpirationPolicy)
}

func (s *server) lockedUsers(w http.ResponseWriter, _ *http.Request, _ *principal) error {
	now := s.Store.Now()
	names := []string{}
	s.Store.View(func(st *state.State) {
		for _, u := range st.Users {
			if u.LockedUntil.After(now) {
				names = append(names, u.Username)
			}
		}
	})
	writeJSON(w, http.StatusOK, names)
	return nil
}

// unlockUsers opens the user in the path, the list in the body, or all.
func (s *server) unlockUsers(w http.ResponseWriter, r *http.Request, _ *principal) error {
	err := s.eachNamed(w, r, strings.HasSuffix(r.URL.Path, "/unlockAllUsers"), func(u *state.User) {
		u.FailedLogins, u.LockedUntil = 0, time.Time{}
	})
	if err == nil {
		writeText(w, http.StatusOK, "Specified users are unlocked")
	}
	return err
}

// expirePasswords expires that of the user in the path, of the list in the body, or of all.
func (s *server) expirePasswords(w http.ResponseWriter, r *http.Request, p *principal) error {
	err := s.eachNamed(w, r, strings.HasSuffix(r.URL.Path, "/expirePasswordForAllUsers"), func(u *state.User) {
		if u.Username != p.username {
			u.MustChange = true
		}
	})
	if err == nil {
		writeText(w, http.StatusOK, "The passwords of the specified users are expired")
	}
	return err
}

func (s *server) eachNamed(w http.ResponseWriter, r *http.Request, all bool, change func(*state.User)) error {
	var names []string
	if name := pathUser(r); name != "" {
		names = []string{name}
	} else if !all {
		if err := readJSON(w, r, &names); err != nil {
			return err
		}
		names = foldNames(names)
	}
	var err error
	s.Store.Update(func(st *state.State) {
		for _, name := range names {
			if st.UserByName(name) == nil {
				err = legacyUserNotFound(name)
				return
			}
		}
		for _, u := range st.Users {
			if all || slices.Contains(names, u.Username) {
				change(u)
			}
		}
	})
	return err
}

// changePassword needs no session: the old password is the credential, and it may have expired.
func (s *server) changePassword(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req struct {
		Username string `json:"userName"`
		Old      string `json:"oldPassword"`
		New      string `json:"newPassword1"`
		Repeated string `json:"newPassword2"`
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if req.New != req.Repeated {
		return badRequest("The new passwords do not match")
	}
	hash, err := hashPassword(req.New)
	if err != nil {
		return err
	}
	s.Store.Update(func(st *state.State) {
		u := st.UserByName(strings.ToLower(req.Username))
		if u == nil || !u.Active || u.NoPassword || !u.CheckPassword(req.Old) {
			err = badRequest("The user name or the old password is not correct")
			return
		}
		u.PasswordHash, u.MustChange = hash, false
	})
	if err == nil {
		writeText(w, http.StatusOK, "Password has been successfully changed")
	}
	return err
}

type lockPolicy struct {
	Enabled  bool `json:"enabled"`
	Attempts int  `json:"loginAttempts"`
}

func (s *server) getLockPolicy(w http.ResponseWriter, _ *http.Request, _ *principal) error {
	var policy lockPolicy
	s.Store.View(func(st *state.State) { policy = lockPolicy(st.Artifactory.LockPolicy) })
	writeJSON(w, http.StatusOK, policy)
	return nil
}

func (s *server) putLockPolicy(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var policy lockPolicy
	if err := readJSON(w, r, &policy); err != nil {
		return err
	}
	if policy.Enabled && (policy.Attempts < 1 || policy.Attempts > 100) {
		return badRequest(fmt.Sprintf("Invalid value for loginAttempts: %d", policy.Attempts))
	}
	s.Store.Update(func(st *state.State) { st.Artifactory.LockPolicy = state.LockPolicy(policy) })
	writeText(w, http.StatusOK, "UserLockPolicy was successfully updated")
	return nil
}

type expirationPolicy struct {
	Enabled bool `json:"enabled"`
	Days    int  `json:"passwordMaxAge"`
	Notify  bool `json:"notifyByEmail"`
}

func (s *server) getExpirationPolicy(w http.ResponseWriter, _ *http.Request, _ *principal) error {
	var policy expirationPolicy
	s.Store.View(func(st *state.State) { policy = expirationPolicy(st.Artifactory.PasswordExpiry) })
	writeJSON(w, http.StatusOK, policy)
	return nil
}

func (s *server) putExpirationPolicy(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var policy expirationPolicy
	if err := readJSON(w, r, &policy); err != nil {
		return err
	}
	if policy.Days < 0 || policy.Days > 999 {
		return badRequest(fmt.Sprintf("Invalid value for passwordMaxAge: %d", policy.Days))
	}
	s.Store.Update(func(st *state.State) { st.Artifactory.PasswordExpiry = state.PasswordExpiry(policy) })
	writeText(w, http.StatusOK, "Password expiration policy was successfully updated")
	return nil
}
