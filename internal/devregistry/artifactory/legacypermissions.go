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

func (s *server) legacyPermissionRoutes() {
	const root = "/artifactory/api/v2/security/permissions"
	s.admin("GET "+root, s.legacyListPermissions)
	s.admin("GET "+root+"/{name}", s.legacyGetPermission)
	s.admin("POST "+root+"/{name}", s.legacyWritePermission)
	s.admin("PUT "+root+"/{name}", s.legacyWritePermission)
	s.admin("DELETE "+root+"/{name}", s.legacyDeletePermission)
	s.admin("/artifactory/api/security/permissions/", func(http.ResponseWriter, *http.Request, *principal) error {
		return notModelled("The first permissions API, which the vendor replaced in 6.6")
	})
}

// legacySection is one part of a permission target of the older API, which has one set of patterns for all its
// repositories.
type legacySection struct {
	Include      []string      `json:"include-patterns"`
	Exclude      []string      `json:"exclude-patterns"`
	Repositories []string      `json:"repositories"`
	Actions      legacyActions `json:"actions"`
}

type legacyActions struct {
	Users  map[string][]string `json:"users"`
	Groups map[string][]string `json:"groups"`
}

type legacyPermission struct {
	Name          string         `json:"name"`
	Repo          *legacySection `json:"repo,omitempty"`
	Build         *legacySection `json:"build,omitempty"`
	ReleaseBundle *legacySection `json:"releaseBundle,omitempty"`
}

// parts pairs the older names of the sections with the newer ones.
func (p *legacyPermission) parts() map[string]**legacySection {
	return map[string]**legacySection{
		typeArtifact: &p.Repo, typeBuild: &p.Build, typeReleaseBundle: &p.ReleaseBundle,
	}
}

// legacyVerbs maps the older names of actions to the newer ones.
var legacyVerbs = map[string]string{
	"read": "READ", "write": "WRITE", "annotate": "ANNOTATE", "delete": "DELETE", "manage": "MANAGE",
	"managedXrayMeta": "SCAN", "distribute": "DISTRIBUTE",
}

func modernVerb(verb string) string { return cmp.Or(legacyVerbs[verb], verb) }

func legacyVerb(action string) string {
	for legacy, modern := range legacyVerbs {
		if modern == action {
			return legacy
		}
	}
	return strings.ToLower(action)
}

func translate(actions map[string][]string, verb func(string) string) map[string][]string {
	translated := map[string][]string{}
	for name, list := range actions {
		translated[name] = []string{}
		for _, action := range list {
			translated[name] = append(translated[name], verb(action))
		}
	}
	return translated
}

func (l *legacySection) modern() *section {
	modern := &section{
		Actions: sectionActions{Users: translate(l.Actions.Users, modernVerb), Groups: translate(l.Actions.Groups, modernVerb)},
		Targets: map[string]targetPattern{},
	}
	for _, repository := range l.Repositories {
		modern.Targets[repository] = targetPattern{Include: l.Include, Exclude: l.Exclude}
	}
	return modern
}

func describeLegacySection(stored *state.PermissionSection) *legacySection {
	legacy := &legacySection{
		Include: []string{}, Exclude: []string{}, Repositories: slices.Sorted(maps.Keys(stored.Targets)),
		Actions: legacyActions{Users: translate(stored.Users, legacyVerb), Groups: translate(stored.Groups, legacyVerb)},
	}
	if len(legacy.Repositories) > 0 {
		patterns := stored.Targets[legacy.Repositories[0]]
		legacy.Include = append(legacy.Include, patterns.Include...)
		legacy.Exclude = append(legacy.Exclude, patterns.Exclude...)
	}
	return legacy
}

func (s *server) legacyListPermissions(w http.ResponseWriter, r *http.Request, _ *principal) error {
	type item struct {
		Name string `json:"name"`
		URI  string `json:"uri"`
	}
	base := s.base(r)
	list := []item{}
	s.Store.View(func(st *state.State) {
		for _, t := range st.Targets {
			list = append(list, item{t.Name, base + "/artifactory/api/v2/security/permissions/" + url.PathEscape(t.Name)})
		}
	})
	slices.SortFunc(list, func(a, b item) int { return cmp.Compare(a.Name, b.Name) })
	writeJSON(w, http.StatusOK, list)
	return nil
}

func legacyPermissionNotFound(name string) *problem {
	return notFound(fmt.Sprintf("Permission target with name '%s' does not exist", name))
}

func (s *server) legacyGetPermission(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	var answer *legacyPermission
	s.Store.View(func(st *state.State) {
		t := st.TargetByName(name)
		if t == nil {
			return
		}
		answer = &legacyPermission{Name: t.Name}
		for kind, part := range answer.parts() {
			if stored := t.Sections[kind]; stored != nil {
				*part = describeLegacySection(stored)
			}
		}
	})
	if answer == nil {
		return legacyPermissionNotFound(name)
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// legacyWritePermission creates (POST, a conflict when it exists) or replaces (PUT). A section that is not sent is
// deleted (JFrog help: "Update Permission Target").
func (s *server) legacyWritePermission(w http.ResponseWriter, r *http.Request, p *principal) error {
	name := r.PathValue("name")
	var req legacyPermission
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	now := s.Store.Now()
	var err error
	s.Store.Update(func(st *state.State) {
		old := st.TargetByName(name)
		if old != nil && r.Method == http.MethodPost {
			err = conflict(fmt.Sprintf("Permission target already exists with name '%s'", name))
			return
		}
		next := &state.PermissionTarget{
			Name: name, Sections: map[string]*state.PermissionSection{}, CreatedBy: p.username, ModifiedBy: p.username,
			CreatedAt: now, ModifiedAt: now,
		}
		for kind, part := range req.parts() {
			if *part == nil {
				continue
			}
			modern := (*part).modern()
			if err = checkSection(st, kind, modern); err != nil {
				return
			}
			next.Sections[kind] = modern.stored()
		}
		if old == nil {
			st.Targets = append(st.Targets, next)
			return
		}
		next.CreatedBy, next.CreatedAt = old.CreatedBy, old.CreatedAt
		*old = *next
	})
	if err == nil {
		w.WriteHeader(http.StatusOK)
	}
	return err
}

func (s *server) legacyDeletePermission(w http.ResponseWriter, r *http.Request, _ *principal) error {
	name := r.PathValue("name")
	found := false
	s.Store.Update(func(st *state.State) { found = removePermission(st, name) })
	if !found {
		return legacyPermissionNotFound(name)
	}
	writeText(w, http.StatusOK, fmt.Sprintf("Permission target '%s' has been removed successfully.", name))
	return nil
}
