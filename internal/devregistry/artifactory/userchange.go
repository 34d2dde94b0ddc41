package artifactory

import (
	"net/http"
	"slices"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// patchUser changes what was sent. The name cannot change, and groups have an endpoint of their own.
func (s *server) patchUser(w http.ResponseWriter, r *http.Request, _ *principal) error {
	var req userRequest
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	var answer userAnswer
	err := s.changeUser(r, func(st *state.State, u *state.User, now time.Time) error {
		if err := applyUser(u, req); err != nil {
			return err
		}
		answer = describeUser(st, u, now)
		return nil
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// deleteUser removes a user with every trace: memberships, names in permissions, and tokens, which die with their user.
func (s *server) deleteUser(w http.ResponseWriter, r *http.Request, p *principal) error {
	err := s.changeUser(r, func(st *state.State, u *state.User, now time.Time) error {
		if u.Username == p.username {
			return badRequest("The user in use cannot be deleted")
		}
		removeUser(st, u, now)
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func removeUser(st *state.State, u *state.User, now time.Time) {
	st.Users = slices.DeleteFunc(st.Users, func(other *state.User) bool { return other.ID == u.ID })
	for _, g := range st.Groups {
		g.RemoveMember(u.ID)
	}
	for _, t := range st.Targets {
		for _, section := range t.Sections {
			delete(section.Users, u.Username)
		}
	}
	for _, t := range st.Tokens {
		if t.UserID == u.ID && t.RevokedAt.IsZero() {
			t.RevokedAt = now
		}
	}
}

// edges is the body of both membership endpoints. null counts as an empty list.
type edges struct {
	Add    []string `json:"add"`
	Remove []string `json:"remove"`
}

func readEdges(w http.ResponseWriter, r *http.Request) (edges, error) {
	var e edges
	if err := readJSON(w, r, &e); err != nil {
		return e, err
	}
	if len(e.Add) == 0 && len(e.Remove) == 0 {
		return e, badRequest("At least one of add and remove is required")
	}
	for _, name := range e.Add {
		if slices.Contains(e.Remove, name) {
			return e, badRequest("add and remove overlap: " + name)
		}
	}
	return e, nil
}

func (s *server) patchUserGroups(w http.ResponseWriter, r *http.Request, _ *principal) error {
	change, err := readEdges(w, r)
	if err != nil {
		return err
	}
	var groups []string
	err = s.changeUser(r, func(st *state.State, u *state.User, now time.Time) error {
		if err := knownGroups(st, slices.Concat(change.Add, change.Remove)); err != nil {
			return err
		}
		for _, name := range change.Add {
			join(st.GroupByName(name), u.ID, now)
		}
		for _, name := range change.Remove {
			st.GroupByName(name).RemoveMember(u.ID)
		}
		groups = groupNamesOf(st, u)
		return nil
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string][]string{"groups": groups})
	return nil
}

// putPassword is for administrators and for the user in person.
func (s *server) putPassword(w http.ResponseWriter, r *http.Request, p *principal) error {
	if !p.admin && !p.isUser(pathUser(r)) {
		return errForbidden
	}
	var req struct {
		Password string `json:"password"`
	}
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	hash, err := hashPassword(req.Password)
	if err != nil {
		return err
	}
	return s.changeUserSilently(w, r, func(u *state.User, _ time.Time) error {
		if u.NoPassword {
			return badRequest("The internal password of the user is disabled")
		}
		u.PasswordHash, u.MustChange, u.FailedLogins, u.LockedUntil = hash, false, 0, time.Time{}
		return nil
	})
}

// expirePassword makes the password unusable until it is changed.
func (s *server) expirePassword(w http.ResponseWriter, r *http.Request, _ *principal) error {
	return s.changeUserSilently(w, r, func(u *state.User, _ time.Time) error {
		u.MustChange = true
		return nil
	})
}

func (s *server) unlockUser(w http.ResponseWriter, r *http.Request, _ *principal) error {
	return s.changeUserSilently(w, r, func(u *state.User, _ time.Time) error {
		u.FailedLogins, u.LockedUntil = 0, time.Time{}
		return nil
	})
}

// changeUserSilently is changeUser for endpoints that answer 204.
func (s *server) changeUserSilently(
	w http.ResponseWriter, r *http.Request, change func(*state.User, time.Time) error,
) error {
	err := s.changeUser(r, func(_ *state.State, u *state.User, now time.Time) error { return change(u, now) })
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
