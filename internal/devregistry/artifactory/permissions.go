package artifactory

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// realmInternal is the realm of users and groups that the server keeps itself.
const realmInternal = "internal"

func (s *server) permissionRoutes() {
	const root = "/access/api/v2/permissions"
	s.admin("POST "+root, s.postPermission, "permissions:w")
	s.admin("GET "+root, s.listPermissions, "permissions:r")
	s.admin("GET "+root+"/{name}", s.getPermission, "permissions:r")
	s.admin("DELETE "+root+"/{name}", s.deletePermission, "permissions:d")
	s.admin("PUT "+root+"/{name}", func(http.ResponseWriter, *http.Request, *principal) error {
		// Public sources disagree about whether this exists, so nobody should come to rely on it here.
		return notModelled("Replacing a whole permission")
	})
	s.admin("GET "+root+"/{name}/{type}", s.getSection, "permissions:r")
	s.admin("PUT "+root+"/{name}/{type}", s.writeSection, "permissions:w")
	s.admin("PATCH "+root+"/{name}/{type}", s.writeSection, "permissions:w")
	s.admin("DELETE "+root+"/{name}/{type}", s.deleteSection, "permissions:d")
}

// The resource types of a permission.
const (
	typeArtifact       = "artifact"
	typeBuild          = "build"
	typeReleaseBundle  = "release_bundle"
	typeDestination    = "destination"
	typePipelineSource = "pipeline_source"
)

var resourceTypes = []string{typeArtifact, typeBuild, typeReleaseBundle, typeDestination, typePipelineSource}

var permissionActions = []string{
	"READ", "WRITE", "ANNOTATE", "DELETE", "SCAN", "MANAGE", "EXECUTE", "DISTRIBUTE",
}

// maxPermissionName is the length limit of permission names.
const maxPermissionName = 255

// section is one resource type of a permission on the wire. In requests null and an empty list mean the same.
type section struct {
	Actions sectionActions           `json:"actions"`
	Targets map[string]targetPattern `json:"targets"`
}

type sectionActions struct {
	Users  map[string][]string `json:"users"`
	Groups map[string][]string `json:"groups"`
}

type targetPattern struct {
	Include []string `json:"include_patterns"`
	Exclude []string `json:"exclude_patterns"`
}

type permissionRequest struct {
	Name      string              `json:"name"`
	Resources map[string]*section `json:"resources"`
}

type permissionAnswer struct {
	Name       string             `json:"name"`
	Resources  map[string]section `json:"resources"`
	CreatedBy  string             `json:"created_by,omitempty"`
	ModifiedBy string             `json:"modified_by,omitempty"`
}

func describePermission(t *state.PermissionTarget) permissionAnswer {
	answer := permissionAnswer{
		Name: t.Name, Resources: map[string]section{}, CreatedBy: t.CreatedBy, ModifiedBy: t.ModifiedBy,
	}
	for kind, stored := range t.Sections {
		answer.Resources[kind] = describeSection(stored)
	}
	return answer
}

// describeSection copies, since the answer is written outside of the transaction. Nothing in it is null.
func describeSection(stored *state.PermissionSection) section {
	answer := section{
		Actions: sectionActions{Users: copyActions(stored.Users), Groups: copyActions(stored.Groups)},
		Targets: map[string]targetPattern{},
	}
	for target, patterns := range stored.Targets {
		answer.Targets[target] = targetPattern{
			Include: append([]string{}, patterns.Include...), Exclude: append([]string{}, patterns.Exclude...),
		}
	}
	return answer
}

func copyActions(actions map[string][]string) map[string][]string {
	copied := map[string][]string{}
	for name, list := range actions {
		copied[name] = append([]string{}, list...)
	}
	return copied
}

// check says what is wrong with a section: an unknown action, user, group or target.
func (sec *section) check(st *state.State, kind string) error {
	for principals, exists := range map[*map[string][]string]func(string) bool{
		&sec.Actions.Users:  func(name string) bool { return st.UserByName(strings.ToLower(name)) != nil },
		&sec.Actions.Groups: func(name string) bool { return st.GroupByName(name) != nil },
	} {
		for name, actions := range *principals {
			if !exists(name) {
				return badRequest(fmt.Sprintf("The user or group %s does not exist", name))
			}
			for _, a := range actions {
				if !slices.Contains(permissionActions, a) {
					return badRequest("Invalid action: " + a)
				}
			}
		}
	}
	if kind == typeBuild && len(sec.Targets) > 1 {
		return badRequest("A build permission has exactly one target")
	}
	for target := range sec.Targets {
		if !knownTarget(st, kind, target) {
			return badRequest(fmt.Sprintf("The target %s of type %s does not exist", target, kind))
		}
	}
	return nil
}

func knownTarget(st *state.State, kind, target string) bool {
	switch kind {
	case typeArtifact:
		return slices.Contains([]string{"ANY", "ANY LOCAL", "ANY REMOTE", "ANY DISTRIBUTION"}, target) ||
			st.RepositoryByKey(target) != nil
	case typeBuild:
		return target == "artifactory-build-info" || strings.HasSuffix(target, "-build-info")
	case typeReleaseBundle:
		return target == "release-bundles" || target == "release-bundles-v2"
	default:
		return target == "*"
	}
}

// stored is the section as the state keeps it: user names folded, and everything included where no pattern is given.
func (sec *section) stored() *state.PermissionSection {
	kept := &state.PermissionSection{
		Users: map[string][]string{}, Groups: copyActions(sec.Actions.Groups), Targets: map[string]state.Patterns{},
	}
	for name, actions := range sec.Actions.Users {
		kept.Users[strings.ToLower(name)] = append([]string{}, actions...)
	}
	for target, patterns := range sec.Targets {
		include := patterns.Include
		if len(include) == 0 {
			include = []string{"**"}
		}
		kept.Targets[target] = state.Patterns{Include: include, Exclude: append([]string{}, patterns.Exclude...)}
	}
	return kept
}

func (s *server) postPermission(w http.ResponseWriter, r *http.Request, p *principal) error {
	var req permissionRequest
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if req.Name == "" || len([]rune(req.Name)) > maxPermissionName {
		return badRequest("The permission name must have 1 to 255 characters")
	}
	if len(req.Resources) == 0 {
		return badRequest("At least one resource type is required")
	}
	now := s.Store.Now()
	target := &state.PermissionTarget{
		Name: req.Name, Sections: map[string]*state.PermissionSection{}, CreatedBy: p.username, ModifiedBy: p.username,
		CreatedAt: now, ModifiedAt: now,
	}
	var answer permissionAnswer
	var err error
	s.Store.Update(func(st *state.State) {
		for kind, sec := range req.Resources {
			if sec == nil {
				continue
			}
			if err = checkSection(st, kind, sec); err != nil {
				return
			}
			target.Sections[kind] = sec.stored()
		}
		if st.TargetByName(req.Name) != nil {
			err = conflict(fmt.Sprintf("Permission %s already exists", req.Name))
			return
		}
		st.Targets = append(st.Targets, target)
		answer = describePermission(target)
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, answer)
	return nil
}

func checkSection(st *state.State, kind string, sec *section) error {
	if !slices.Contains(resourceTypes, kind) {
		return badRequest("Invalid resource type: " + kind)
	}
	return sec.check(st, kind)
}

// listPermissions gives names only, starting after the cursor.
func (s *server) listPermissions(w http.ResponseWriter, r *http.Request, _ *principal) error {
	type item struct {
		Name string `json:"name"`
		URI  string `json:"uri"`
	}
	base := s.base(r)
	list := []item{}
	s.Store.View(func(st *state.State) {
		for _, t := range st.Targets {
			list = append(list, item{t.Name, base + "/access/api/v2/permissions/" + url.PathEscape(t.Name)})
		}
	})
	slices.SortFunc(list, func(a, b item) int { return cmp.Compare(a.Name, b.Name) })
	permissions, cursor, err := page(r.URL.Query(), list, func(i item) string { return i.Name })
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, struct {
		Permissions []item `json:"permissions"`
		Cursor      string `json:"cursor,omitempty"`
	}{permissions, cursor})
	return nil
}

func permissionNotFound(name string) *problem {
	return notFound(fmt.Sprintf("Permission %s not found", name))
}

func (s *server) getPermission(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	var answer *permissionAnswer
	s.Store.View(func(st *state.State) {
		if t := st.TargetByName(name); t != nil {
			described := describePermission(t)
			answer = &described
		}
	})
	if answer == nil {
		return permissionNotFound(name)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (s *server) deletePermission(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	deleted := false
	s.Store.Update(func(st *state.State) { deleted = removePermission(st, name) })
	if !deleted {
		return permissionNotFound(name)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func removePermission(st *state.State, name string) bool {
	before := len(st.Targets)
	st.Targets = slices.DeleteFunc(st.Targets, func(t *state.PermissionTarget) bool { return t.Name == name })
	return len(st.Targets) < before
}

func (s *server) getSection(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name, kind := r.PathValue("name"), r.PathValue("type")
	var answer *section
	s.Store.View(func(st *state.State) {
		if t := st.TargetByName(name); t != nil && t.Sections[kind] != nil {
			described := describeSection(t.Sections[kind])
			answer = &described
		}
	})
	if answer == nil {
		return permissionNotFound(name + "/" + kind)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// writeSection replaces one resource type, or adds it. PATCH merges instead: principals and targets that are named are
// replaced, others stay.
func (s *server) writeSection(w http.ResponseWriter, r *http.Request, p *principal) error {
	var req section
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	kind := r.PathValue("type")
	var answer section
	err := s.changePermission(r, p, func(st *state.State, t *state.PermissionTarget) error {
		if err := checkSection(st, kind, &req); err != nil {
			return err
		}
		next := req.stored()
		if old := t.Sections[kind]; old != nil && r.Method == http.MethodPatch {
			next = merged(old, next)
		}
		t.Sections[kind] = next
		answer = describeSection(next)
		return nil
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func merged(old, change *state.PermissionSection) *state.PermissionSection {
	next := &state.PermissionSection{
		Users: maps.Clone(old.Users), Groups: maps.Clone(old.Groups), Targets: maps.Clone(old.Targets),
	}
	maps.Copy(next.Users, change.Users)
	maps.Copy(next.Groups, change.Groups)
	maps.Copy(next.Targets, change.Targets)
	return next
}

func (s *server) deleteSection(w http.ResponseWriter, r *http.Request, p *principal) error {
	name, kind := r.PathValue("name"), r.PathValue("type")
	err := s.changePermission(r, p, func(_ *state.State, t *state.PermissionTarget) error {
		if t.Sections[kind] == nil {
			return permissionNotFound(name + "/" + kind)
		}
		delete(t.Sections, kind)
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// changePermission runs change on the permission in the path as one transaction.
func (s *server) changePermission(
	r *http.Request, p *principal, change func(*state.State, *state.PermissionTarget) error,
) error {
	now := s.Store.Now()
	name := r.PathValue("name")
	var err error
	s.Store.Update(func(st *state.State) {
		t := st.TargetByName(name)
		if t == nil {
			err = permissionNotFound(name)
			return
		}
		if err = change(st, t); err == nil {
			t.ModifiedBy, t.ModifiedAt = p.username, now
		}
	})
	return err
}
