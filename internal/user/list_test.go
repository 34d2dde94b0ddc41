package user_test

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

const listType = "registry_user"

// people adds accounts named person-0000 and so on, every tenth of them from a directory.
func people(env *acctest.Env, count int) {
	env.Server.Store.Update(func(s *state.State) {
		for i := range count {
			name := fmt.Sprintf("person-%04d", i)
			realm := acctest.Pick(env, "internal", "local")
			if i%10 == 0 {
				realm = "ldap"
			}
			s.Users = append(s.Users, &state.User{
				ID: uuid.NewString(), Username: name, Email: name + "@example.com", Active: true, AuthProvider: realm, ProfileUpdate: true,
				CreatedAt: s.Users[0].CreatedAt,
			})
		}
	})
}

func TestUserList(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		// More than a page: they hold 1000 and 100 accounts.
		count := acctest.Pick(env, 1050, 250)
		people(env, count)
		seeded := acctest.Pick(env, 6, 5) // without the service account
		if got := p.Names(p.List(listType, nil, 0, false)); len(got) != count+seeded {
			t.Errorf("listed %d accounts of %d", len(got), count+seeded)
		}
		if got := p.Names(p.List(listType, map[string]any{"username_contains": "PERSON-001"}, 0, false)); len(got) != 10 {
			t.Errorf("filtered to %v", got)
		}
		if got := p.Names(p.List(listType, map[string]any{"username_contains": "nobody"}, 0, true)); len(got) != 0 {
			t.Errorf("found %v", got)
		}
		if got := p.Names(p.List(listType, map[string]any{"username_contains": "person", "realm": "ldap"}, 0, false)); len(got) != count/10 {
			t.Errorf("%d of a directory, want %d", len(got), count/10)
		}
	})
}

// Artifact Keeper's search also looks at addresses, which the filter does not name.
func TestUserListFiltersByNameOnly(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, _ *acctest.Env) {
		if got := p.Names(p.List(listType, map[string]any{"username_contains": "whitfield"}, 0, false)); len(got) != 0 {
			t.Errorf("found %v by an e-mail address", got)
		}
	})
}

func TestUserListLimit(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		people(env, 250)
		env.Server.Log.Reset()
		if got := p.Names(p.List(listType, nil, 7, false)); len(got) != 7 {
			t.Errorf("listed %d of at most 7", len(got))
		}
		if got := env.Server.Log.Entries(); len(got) != 1 {
			t.Errorf("made %d requests for the first page", len(got))
		}
		env.Server.Log.Reset()
		if got := p.Names(p.List(listType, nil, 7, true)); len(got) != 7 {
			t.Errorf("listed %d of at most 7", len(got))
		}
		// Artifactory's list is thin; an account is looked at only when the query wants to see it.
		if got, want := len(env.Server.Log.Entries()), acctest.Pick(env, 8, 1); got != want {
			t.Errorf("made %d requests with resources, want %d", got, want)
		}
	})
}

func TestUserListResource(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		filter := map[string]any{"username_contains": "alice"}
		if got := p.List(listType, filter, 0, false); len(got) != 1 || got[0].Resource != nil {
			t.Errorf("a query without resources answered %v", got)
		}
		got := p.List(listType, filter, 0, true)
		want := map[string]any{
			"id": mustFind(t, env, "alice").ID, "username": "alice", "email": "alice@example.com", "admin": false, "enabled": true,
			"realm": acctest.Pick(env, "internal", "local"), "deletion_policy": "delete", "adopt_existing": false,
		}
		if !env.IsArtifactKeeper() {
			want["artifactory"] = map[string]any{
				"profile_updatable": true, "disable_ui_access": false, "internal_password_disabled": false, "watch_manager": false,
				"policy_viewer": false, "policy_manager": false, "reports_manager": false, "resources_manager": false,
			}
		}
		if len(got) != 1 || !cmp.Equal(got[0].Resource, want) {
			t.Errorf("listed %s", cmp.Diff([]acctest.Listed{{Resource: want}}, got))
		}
	})
}

// A provider that reports an error otherwise than as a result makes the query look empty.
func TestUserListErrors(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, env *acctest.Env) {
		path, page := acctest.Pick(env, "/access/api/v2/users", "/api/v1/users"), acctest.Pick(env, 1000, 100)
		people(env, 2*page)
		for name, test := range map[string]struct {
			fault devregistry.Fault
			whole int // results before the error
			says  string
		}{
			"at once":        {devregistry.Fault{Endpoint: "GET " + path + "/{$}", Kind: devregistry.FaultLostRights}, 0, "403"},
			"later page":     {devregistry.Fault{Endpoint: "GET " + path + "/{$}", Nth: 2, Kind: devregistry.FaultLostRights}, page, "403"},
			"not a registry": {devregistry.Fault{Endpoint: "GET " + path + "/{$}", Kind: devregistry.FaultHTML}, 0, "HTML page"},
		} {
			if err := env.Server.Faults.Set(test.fault); err != nil {
				t.Fatal(err)
			}
			got := p.List(listType, nil, 0, false)
			last := got[len(got)-1]
			whole := len(got) - 1
			if whole != test.whole || !strings.Contains(last.Problem, "Cannot list users") || !strings.Contains(last.Problem, test.says) {
				t.Errorf("%s: %d results, then %q", name, whole, last.Problem)
			}
		}
	})
}

func TestUserListWithoutRegistry(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, _ *acctest.Protocol, env *acctest.Env) {
		p := acctest.NewProtocol(t, env, map[string]any{"url": acctest.Unknown})
		if got := p.List(listType, nil, 0, false); len(got) != 1 || !strings.Contains(got[0].Problem, "The registry is not known yet") {
			t.Errorf("listed %v", got)
		}
		if got := p.List(listType, map[string]any{"username_contains": ""}, 0, false); len(got) != 1 || !strings.Contains(got[0].Problem, "length must be at least 1") {
			t.Errorf("an empty filter was taken: %v", got)
		}
	})
}
