package permission_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

const listType = "registry_permission"

// grants lets alice read in as many permissions named rule-0000 and so on.
func grants(env *acctest.Env, count int) {
	env.Server.Store.Update(func(s *state.State) {
		made := s.Groups[0].CreatedAt
		for i := range count {
			name := fmt.Sprintf("rule-%04d", i)
			if !env.IsArtifactKeeper() {
				s.Targets = append(s.Targets, &state.PermissionTarget{Name: name, CreatedAt: made, Sections: map[string]*state.PermissionSection{
					"artifact": {
						Users:   map[string][]string{"alice": {"READ"}},
						Targets: map[string]state.Patterns{"npm-private": {Include: []string{"**"}}},
					},
				}})
				continue
			}
			repository := &state.Repository{ID: uuid.NewString(), Key: name, Name: name, Format: "npm", Kind: "local", CreatedAt: made, UpdatedAt: made}
			s.Repositories = append(s.Repositories, repository)
			s.Rows = append(s.Rows, &state.PermissionRow{
				ID: uuid.NewString(), PrincipalType: "user", PrincipalID: s.UserByName("alice").ID, TargetType: "repository",
				TargetID: repository.ID, Actions: []string{"read"}, CreatedAt: made, UpdatedAt: made,
			})
		}
	})
}

func TestPermissionList(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		if got := p.Names(p.List(listType, nil, 0, true)); len(got) != 0 {
			t.Errorf("found %v before there is any", got)
		}
		// More than a page: they hold 1000 permissions and 100 rules.
		count := acctest.Pick(env, 1050, 250)
		grants(env, count)
		if got := p.Names(p.List(listType, nil, 0, false)); len(got) != count {
			t.Errorf("listed %d permissions of %d", len(got), count)
		}
		if got := p.Names(p.List(listType, map[string]any{"name_contains": "RULE-001"}, 0, false)); len(got) != 10 {
			t.Errorf("filtered to %v", got)
		}
		if got := p.Names(p.List(listType, nil, 7, false)); len(got) != 7 {
			t.Errorf("listed %d of at most 7", len(got))
		}
	})
}

func TestPermissionListResource(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		grants(env, 3)
		if got := p.List(listType, nil, 1, false); len(got) != 1 || got[0].Resource != nil {
			t.Errorf("a query without resources answered %v", got)
		}
		env.Server.Log.Reset()
		got := p.List(listType, map[string]any{"name_contains": "rule-0002"}, 0, true)
		want := map[string]any{
			"id": current(t, env, "rule-0002").ID, "name": "rule-0002", "repositories": []any{acctest.Pick(env, "npm-private", "rule-0002")},
			"users": map[string]any{"alice": []any{"read"}}, "additive": false,
		}
		if len(got) != 1 || !cmp.Equal(got[0].Resource, want) {
			t.Errorf("listed %s", cmp.Diff([]acctest.Listed{{Resource: want}}, got))
		}
		// What the filter drops is not looked at.
		if counts := env.Server.Log.Count(); counts["GET /access/api/v2/permissions/{name}"] > 2 {
			t.Errorf("made the requests %v", counts)
		}
	})
}

func TestPermissionListErrors(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		grants(env, 3)
		path := acctest.Pick(env, "/access/api/v2/permissions", "/api/v1/permissions")
		for name, fault := range map[string]devregistry.Fault{
			"the list": {Endpoint: "GET " + path + "/{$}", Count: -1, Kind: devregistry.FaultLostRights},
			"one":      {Endpoint: acctest.Pick(env, "GET "+path+"/{name}", "GET /api/v1/repositories"), Count: -1, Kind: devregistry.FaultLostRights},
		} {
			if err := env.Server.Faults.Set(fault); err != nil {
				t.Fatal(err)
			}
			got := p.List(listType, nil, 0, true)
			if len(got) != 1 || !strings.Contains(got[0].Problem, "Cannot list permissions") || !strings.Contains(got[0].Problem, "403") {
				t.Errorf("%s: listed %v", name, got)
			}
		}
	})
}
