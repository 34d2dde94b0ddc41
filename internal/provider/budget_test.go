package provider_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/provider"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/snapshot"
)

// The organisation whose refresh is counted: more accounts, and more rules, than Artifact Keeper has on a page.
const (
	orgUsers   = 130
	orgGroups  = 3
	keeperPage = 100
)

// organisation is a registry with many objects, and how Terraform remembers them.
type organisation struct {
	server      *devregistry.Server
	reg         *registry.Registry
	users       []registry.User
	permissions int
	rows        int // of all permissions
	instances   []plugintest.Instance
}

func newOrganisation(t *testing.T, dialect devregistry.Dialect) *organisation {
	t.Helper()
	server := devregistrytest.Start(t, dialect)
	e := &organisation{server: server, reg: acctest.Open(t, server)}
	core := e.core(t, nil)
	add := func(resource, id string) {
		imported, _, err := core.Import(t.Context(), resource, id)
		if err != nil {
			t.Fatalf("importing %s %s: %v", resource, id, err)
		}
		e.instances = append(e.instances, plugintest.Instance{Type: resource, Object: imported.Current})
	}
	members := map[string][]string{}
	for i := range orgUsers {
		name := fmt.Sprintf("person-%03d", i)
		user, err := e.reg.Users.Create(t.Context(), registry.UserSpec{Username: name, Email: name + "@example.com", Enabled: true})
		must(t, err)
		minted, err := e.reg.Tokens.Mint(t.Context(), registry.TokenSpec{
			UserID: user.ID, Username: name, Label: "for everybody", Scopes: e.reg.Capabilities.DefaultTokenScopes,
			Expiry: registry.Expiry{Duration: 30 * 24 * time.Hour},
		})
		must(t, err)
		e.users = append(e.users, user)
		add("registry_user", name)
		add("registry_token", name+"/"+minted.ID)
		crowd := fmt.Sprintf("crowd-%d", i%orgGroups)
		members[crowd] = append(members[crowd], name)
	}
	for crowd, names := range members {
		_, err := e.reg.Groups.Create(t.Context(), registry.GroupSpec{Name: crowd, Members: names})
		must(t, err)
		add("registry_group", crowd)
		for _, name := range names {
			add("registry_group_membership", crowd+"/"+name)
		}
	}
	e.grant(t, add)
	return e
}

// grant gives many people rights on every repository.
func (e *organisation) grant(t *testing.T, add func(resource, id string)) {
	t.Helper()
	grants := map[string][]string{}
	for _, user := range e.users[:20] {
		grants[user.Username] = []string{"read"}
	}
	e.server.Store.Update(func(s *state.State) {
		for i := range 15 {
			more := *s.Repositories[0]
			more.ID, more.Key = uuid.NewString(), fmt.Sprintf("team-%d", i)
			s.Repositories = append(s.Repositories, &more)
		}
	})
	for repository, err := range e.reg.Repositories.List(t.Context(), registry.RepositoryFilter{}) {
		must(t, err)
		spec := registry.PermissionSpec{Name: repository.Key, Repositories: []string{repository.Key}, Users: grants}
		if err := e.reg.Permissions.Delete(t.Context(), registry.PermissionSpec{Name: spec.Name}); err != nil && !registry.IsNotFound(err) {
			t.Fatal(err)
		}
		_, err := e.reg.Permissions.Create(t.Context(), spec)
		must(t, err)
		add("registry_permission", spec.Name)
		e.permissions++
		e.rows += len(grants)
	}
}

// core runs the provider on it.
func (e *organisation) core(t *testing.T, arguments map[string]any) *plugintest.Core {
	t.Helper()
	block := map[string]any{
		"url": e.server.URL, "type": string(e.server.Dialect), "access_token": e.server.AdminToken, "ca_certificate": string(e.server.CAPEM),
	}
	maps.Copy(block, arguments)
	core, err := plugintest.New(t.Context(), func() tfprotov6.ProviderServer {
		return provider.NewServer("test")
	}, block)
	must(t, err)
	return core
}

// refresh gives how many requests a refresh of everything took.
func (e *organisation) refresh(t *testing.T, core *plugintest.Core) int {
	t.Helper()
	e.server.Log.Reset()
	refreshed, err := core.Refresh(t.Context(), e.instances)
	must(t, err)
	for i, object := range refreshed {
		if was := e.instances[i]; object == nil || !object.Value.Equal(was.Object.Value) {
			t.Errorf("%s is not what it was:\n%v\n%v", was.Type, was.Object.Value, object)
		}
	}
	return len(e.server.Log.Entries())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func pages(items int) int { return (items + keeperPage - 1) / keeperPage }

// TestRefreshBudget: a refresh costs as many requests as the registry's lists have pages where they hold every field, one
// for each object that only its details tell, and a small constant.
func TestRefreshBudget(t *testing.T) {
	t.Parallel()
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			e := newOrganisation(t, dialect)
			// Every kind reads a few objects alone before it looks at a list.
			const direct = snapshot.DefaultDirect
			seeded := len(e.server.Users) + 10 // accounts of the server itself
			budget := orgUsers +               // the list of accounts is thin
				orgGroups + e.permissions + // as are those of groups and permissions
				1 + direct // tokens come from one list
			if dialect == devregistry.ArtifactKeeper {
				budget = pages(orgUsers+seeded) + direct +
					orgGroups +
					pages(e.rows) + pages(e.permissions) + 2*direct + // a rule set alone takes two requests
					orgUsers // tokens are listed by owner
			}
			used := e.refresh(t, e.core(t, nil))
			if used > budget {
				t.Errorf("%d requests, at most %d are allowed: %v", used, budget, e.server.Log.Count())
			}
			alone := e.refresh(t, e.core(t, map[string]any{"bulk_reads": false}))
			t.Logf("%d objects: %d requests, %d one by one", len(e.instances), used, alone)
			if alone < len(e.instances) {
				t.Errorf("without bulk_reads %d objects took %d requests", len(e.instances), alone)
			}
		})
	}
}

// workspace is what the module registry-token makes of a workspace with an owner.
const workspace = `
variable "start_count" { type = number }

data "registry_identity" "owner" {
  count    = var.start_count
  username = "alice"
  email    = "alice@example.com"
}

resource "registry_token" "workspace" {
  count           = var.start_count
  username        = data.registry_identity.owner[0].registry_username
  expires_in      = "30d"
  rotate_before   = "1d"
  description     = "Coder workspace alice/dev"
  idempotency_key = "8a1b/registry"
  on_unreachable  = "warn"
}
`

// TestWorkspaceBudget: a start is a plan and an apply, a stop too. Without type each of their two processes may ask once
// what the server is; here they are one.
func TestWorkspaceBudget(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it counts requests")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		cli := acctest.NewCLI(t, map[string]func() (tfprotov6.ProviderServer, error){
			"registry-identity/registry": acctest.Serve,
		})
		cli.Write("main.tf", env.Provider()+workspace)
		start, stop := 6, 2 // an account that the first look-up lacks is asked for twice
		for range 2 {
			for _, build := range []struct {
				name   string
				count  string
				budget int
			}{{"start", "1", start}, {"start again", "1", start}, {"stop", "0", stop}, {"stop again", "0", 0}} {
				env.Server.Log.Reset()
				cli.Run("apply", "-auto-approve", "-input=false", "-no-color", "-var=start_count="+build.count)
				if used := len(env.Server.Log.Entries()); used > build.budget {
					t.Errorf("%s: %d requests, at most %d are allowed: %v", build.name, used, build.budget, env.Server.Log.Count())
				}
			}
		}
	})
}
