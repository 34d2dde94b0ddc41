package group_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

const listType = "registry_group"

// teams adds groups named team-0000 and so on; alice is in all of them.
func teams(env *acctest.Env, count int) {
	env.Server.Store.Update(func(s *state.State) {
		for i := range count {
			s.Groups = append(s.Groups, &state.Group{
				ID: uuid.NewString(), Name: fmt.Sprintf("team-%04d", i), Realm: "internal", CreatedAt: s.Groups[0].CreatedAt,
				Members: []state.Member{{UserID: s.UserByName("alice").ID}},
			})
		}
	})
}

func TestGroupList(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		// More than a page: they hold 1000 and 100 groups.
		count := acctest.Pick(env, 1050, 250)
		teams(env, count)
		if got := p.Names(p.List(listType, nil, 0, false)); len(got) != count+2 {
			t.Errorf("listed %d groups of %d", len(got), count+2)
		}
		if got := p.Names(p.List(listType, map[string]any{"name_contains": "TEAM-001"}, 0, false)); len(got) != 10 {
			t.Errorf("filtered to %v", got)
		}
		if got := p.Names(p.List(listType, map[string]any{"name_contains": "nothing"}, 0, true)); len(got) != 0 {
			t.Errorf("found %v", got)
		}
		env.Server.Log.Reset()
		if got := p.Names(p.List(listType, nil, 7, false)); len(got) != 7 {
			t.Errorf("listed %d of at most 7", len(got))
		}
		if got := env.Server.Log.Entries(); len(got) != 1 {
			t.Errorf("made %d requests for the first page", len(got))
		}
	})
}

func TestGroupListResource(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		teams(env, 1)
		source := "oidc"
		env.Server.Store.Update(func(s *state.State) {
			s.Groups = append(s.Groups, &state.Group{
				ID: uuid.NewString(), Name: "everybody", ExternalSource: &source, Realm: "oidc", AutoJoin: true, CreatedAt: s.Groups[0].CreatedAt,
				Members: []state.Member{{UserID: s.UserByName("alice").ID}},
			})
		})
		if got := p.List(listType, map[string]any{"name_contains": "team"}, 0, false); len(got) != 1 || got[0].Resource != nil {
			t.Errorf("a query without resources answered %v", got)
		}
		got := p.List(listType, map[string]any{"name_contains": "team"}, 0, true)
		want := map[string]any{"id": find(t, env, "team-0000").ID, "name": "team-0000", "members": []any{"alice"}}
		if !env.IsArtifactKeeper() {
			want["artifactory"] = map[string]any{
				"auto_join": false, "admin_privileges": false, "realm": "internal", "reports_manager": false, "watch_manager": false,
				"policy_manager": false, "policy_viewer": false, "manage_resources": false, "manage_webhook": false,
			}
		}
		if len(got) != 1 || !cmp.Equal(got[0].Resource, want) {
			t.Errorf("listed %s", cmp.Diff([]acctest.Listed{{Resource: want}}, got))
		}
		// Whose members somebody else decides must not be named: the registry would refuse, or the plan never be empty.
		owned := p.List(listType, map[string]any{"name_contains": "everybody"}, 0, true)
		if len(owned) != 1 || owned[0].Resource["members"] != nil {
			t.Errorf("listed %v", owned)
		}
	})
}

func TestGroupListErrors(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		path, page := acctest.Pick(env, "/access/api/v2/groups", "/api/v1/groups"), acctest.Pick(env, 1000, 100)
		teams(env, page)
		for _, nth := range []int{1, 2} {
			if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: "GET " + path + "/{$}", Nth: nth, Kind: devregistry.FaultLostRights}); err != nil {
				t.Fatal(err)
			}
			got := p.List(listType, nil, 0, false)
			if last := got[len(got)-1]; len(got)-1 != (nth-1)*page || !strings.Contains(last.Problem, "Cannot list groups") || !strings.Contains(last.Problem, "403") {
				t.Errorf("page %d: %d results, then %q", nth, len(got)-1, last.Problem)
			}
		}
		// A group that cannot be looked at is an error too, not an empty resource.
		if err := env.Server.Faults.Set(devregistry.Fault{
			Endpoint: "GET " + path + acctest.Pick(env, "/team-0000", "/{id}"), Count: -1, Kind: devregistry.FaultLostRights,
		}); err != nil {
			t.Fatal(err)
		}
		got := p.List(listType, map[string]any{"name_contains": "team-0000"}, 0, true)
		if !slices.ContainsFunc(got, func(l acctest.Listed) bool { return strings.Contains(l.Problem, "Cannot list groups") }) {
			t.Errorf("listed %v", got)
		}
	})
}
