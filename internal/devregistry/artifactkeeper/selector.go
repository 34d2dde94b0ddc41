package artifactkeeper

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// selector limits a token to the repositories it describes.
type selector struct {
	labels  map[string]string
	formats []string
	pattern *string
	repos   []uid
}

// parseSelector reads a stored selector. It was stored without a look at its shape, and what cannot be read counts as
// empty; unknown keys are ignored, so a misspelt criterion is no criterion (Artifact Keeper:
// services/repo_selector_service.rs).
func parseSelector(raw []byte) selector {
	f := &fields{}
	if json.Unmarshal(raw, &f.raw) != nil {
		return selector{}
	}
	sel := selector{
		labels: orElse(f, "match_labels", map[string]string{}), formats: orElse(f, "match_formats", []string{}),
		pattern: maybe[string](f, "match_pattern"), repos: orElse(f, "match_repos", []uid{}),
	}
	if f.done() != nil {
		return selector{}
	}
	return sel
}

func (sel selector) empty() bool {
	return len(sel.labels) == 0 && len(sel.formats) == 0 && sel.pattern == nil && len(sel.repos) == 0
}

// matching lists the repositories a selector describes: those named by id where there are any, otherwise those that meet
// all criteria. Repositories carry no labels here, so a label criterion matches none.
func (sel selector) matching(repos []*state.Repository) []*state.Repository {
	if sel.empty() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(repos), func(repo *state.Repository) bool {
		if len(sel.repos) > 0 {
			return !slices.Contains(sel.repos, uid(repo.ID))
		}
		return len(sel.labels) > 0 ||
			len(sel.formats) > 0 && !slices.ContainsFunc(sel.formats, func(f string) bool { return strings.EqualFold(f, repo.Format) }) ||
			sel.pattern != nil && !globMatch(*sel.pattern, repo.Key)
	})
}

// globMatch matches a pattern, in which * is the only wildcard, against the whole key.
func globMatch(pattern, key string) bool {
	return like(key, strings.NewReplacer(`\`, `\\`, "_", `\_`, "*", "%").Replace(pattern))
}
