package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// move is a `moved` block: what a peer's state holds of an object, and the resource that takes it over.
type move struct {
	source, from string // the peer and its type
	state        map[string]any
	to, config   string
}

// staying are the peers' types in testdata that nothing here takes over by `moved`, and why.
var staying = map[string]string{
	"artifactkeeper_service_account": "no person, and no object here",
}

// `moved` blocks take every kind of object out of the peers' hands with the real tool: one plan that replaces nothing, a
// state that knows the peers and their passwords no longer, and a registry that noticed nothing.
func TestMovedBlock(t *testing.T) {
	t.Parallel()
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		moves := acctest.Pick(env, movesFromJFrog, movesFromArtifactKeeper)(t, env)
		env.Rebase()
		peers := map[string]*acctest.Peer{}
		var objects []acctest.StateObject
		var config strings.Builder
		config.WriteString(env.Provider())
		for i, m := range moves {
			name := fmt.Sprintf("test%d", i)
			peers[m.source] = acctest.NewPeer(m.source)
			objects = append(objects, acctest.StateObject{Provider: m.source, Type: m.from, Name: name, Attributes: m.state})
			fmt.Fprintf(&config, "resource %q %q {\n%s\n}\nmoved {\n from = %s.%s\n to = %s.%s\n}\n", m.to, name, m.config, m.from, name, m.to, name)
		}
		cli := acctest.NewCLI(t, beside(peers))
		cli.WriteState(objects...)
		cli.Write("main.tf", config.String())
		cli.Run("init", "-no-color")
		plan, printed := cli.Plan()
		onlyMoves(t, printed, objects)
		for _, change := range plan.ResourceChanges {
			if change.PreviousAddress == "" {
				t.Errorf("%s was not moved", change.Address)
			}
		}
		cli.Run("apply", "-no-color", "-input=false", "plan.bin")
		after := cli.Read("terraform.tfstate")
		for source, peer := range peers {
			if strings.Contains(after, acctest.Address(source)) || strings.Contains(after, "Peers-Passw0rd") {
				t.Errorf("the state still knows %s or its password", source)
			}
			if gone := peer.Destroyed(); len(gone) > 0 {
				t.Errorf("%s destroyed %v", source, gone)
			}
		}
		cli.Run("plan", "-no-color", "-detailed-exitcode")
		if err := env.CheckUnchanged(nil); err != nil {
			t.Error(err)
		}
		env.Server.Store.View(func(s *state.State) {
			if !s.UserByName("alice").CheckPassword("Alice-Passw0rd") {
				t.Error("the move changed the password")
			}
		})
		checkCovered(t, peers, moves)
	})
}

// checkCovered makes sure that every type of a peer is either moved by the test or known to stay.
func checkCovered(t *testing.T, peers map[string]*acctest.Peer, moves []move) {
	t.Helper()
	moved := map[string]bool{}
	for _, m := range moves {
		moved[m.from] = true
	}
	for source := range peers {
		for _, name := range slices.Sorted(maps.Keys(acctest.PeerTypes()[source])) {
			if moved[name] == (staying[name] != "") {
				t.Errorf("%s is moved: %t; it stays because: %q", name, moved[name], staying[name])
			}
		}
	}
}

const (
	jfrog    = "jfrog/artifactory"
	platform = "jfrog/platform"
	keeper   = "nicola-preda/artifact-keeper"
)

func movesFromJFrog(t *testing.T, env *acctest.Env) []move {
	t.Helper()
	_, _, token := before(t, env, registry.PermissionSpec{
		Name: "install", Repositories: []string{"npm-private"}, Groups: map[string][]string{"developers": {"read"}},
	})
	user := func(kind, name, email string) move {
		return move{jfrog, kind, map[string]any{
			"id": name, "name": name, "email": email, "password": "Peers-Passw0rd", "admin": false, "profile_updatable": true,
			"disable_ui_access": false, "internal_password_disabled": false, "groups": []string{"readers"},
		}, "registry_user", fmt.Sprintf("username = %q\n email = %q", name, email)}
	}
	settings := settingsOfJFrog(t, env)
	readers := []string{"admin", "alice", "bob", "carol", "dana", "erin@example.com"}
	return append(settings, []move{
		user("artifactory_user", "alice", "alice@example.com"), user("artifactory_managed_user", "bob", "bob@example.com"),
		user("artifactory_unmanaged_user", "dana", "d.whitfield@example.org"),
		{jfrog, "artifactory_group", map[string]any{
			"id": "readers", "name": "readers", "users_names": readers, "detach_all_users": false, "auto_join": true, "admin_privileges": false,
			"realm": "internal", "policy_manager": false, "reports_manager": false, "watch_manager": false,
		}, "registry_group", fmt.Sprintf("name = \"readers\"\n members = [%s]", quoted(readers))},
		{platform, "platform_group", map[string]any{
			"name": "developers", "description": "People who install packages", "use_group_members_resource": true, "auto_join": false,
			"admin_privileges": false, "realm": "internal", "manage_resources": false, "manage_webhook": false, "policy_manager": false,
			"policy_viewer": false, "reports_manager": false, "watch_manager": false,
		}, "registry_group", "name = \"developers\"\n description = \"People who install packages\""},
		{
			platform, "platform_group_members",
			map[string]any{"name": "developers", "members": []string{"alice"}},
			"registry_group_members", "group = \"developers\"\n members = [\"alice\"]",
		},
		{platform, "platform_permission", map[string]any{"name": "install", "artifact": map[string]any{
			"actions": map[string]any{"groups": []any{map[string]any{"name": "developers", "permissions": []string{"READ"}}}},
			"targets": []any{map[string]any{"name": "npm-private", "include_patterns": []string{"**"}}},
		}}, "registry_permission", "name = \"install\"\n repositories = [\"npm-private\"]\n groups = { developers = [\"read\"] }"},
		{jfrog, "artifactory_scoped_token", map[string]any{
			"id": token.ID, "username": "alice", "subject": "jfac@01/users/alice", "description": "nightly build", "scopes": []string{"applied-permissions/user"},
			"expires_in": 2592000, "expiry": token.ExpiresAt.Unix(), "issued_at": token.IssuedAt.Unix(), "issuer": "jfac@01", "token_type": "Bearer",
			"grant_type": "client_credentials", "access_token": token.AccessToken.Reveal(), "refreshable": false, "include_reference_token": false,
			"ignore_missing_token_warning": false,
		}, "registry_token", "username = \"alice\"\n description = \"nightly build\"\n expires_in = \"30d\"\n scopes = [\"applied-permissions/user\"]"},
	}...)
}

func movesFromArtifactKeeper(t *testing.T, env *acctest.Env) []move {
	t.Helper()
	alice, group, token := before(t, env, registry.PermissionSpec{
		Name: "npm-private", Repositories: []string{"npm-private"}, Groups: map[string][]string{"developers": {"read"}},
	})
	admin, err := env.Registry.Users.FindByUsername(t.Context(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	own, err := env.Registry.Tokens.Mint(t.Context(), registry.TokenSpec{
		UserID: admin.ID, Username: "admin", Label: "the peer's own", Scopes: registry.MustParseScopes("read:artifacts"), Expiry: registry.Expiry{Never: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	apiToken := func(token registry.MintedToken, more map[string]any) map[string]any {
		value := token.AccessToken.Reveal()
		attributes := map[string]any{"id": token.ID, "name": token.Label, "scopes": []string{"read:artifacts"}, "token": value, "token_prefix": value[:8], "created_at": made}
		maps.Copy(attributes, more)
		return attributes
	}
	return append(settingsOfKeeper(t, env), []move{
		{keeper, "artifactkeeper_user", map[string]any{
			"id": alice.ID, "username": "alice", "email": "alice@example.com", "password": "Peers-Passw0rd", "is_active": true, "is_admin": false,
			"auth_provider": "local", "created_at": made, "must_change_password": false,
		}, "registry_user", "username = \"alice\"\n email = \"alice@example.com\""},
		{keeper, "artifactkeeper_group", map[string]any{
			"id": group.ID, "name": "developers", "description": "People who install packages", "member_count": 1, "created_at": made, "updated_at": made,
		}, "registry_group", "name = \"developers\"\n description = \"People who install packages\""},
		{
			keeper, "artifactkeeper_group_membership",
			map[string]any{"id": group.ID + "/" + alice.ID, "group_id": group.ID, "user_id": alice.ID},
			"registry_group_membership", "group = \"developers\"\n username = \"alice\"",
		},
		{keeper, "artifactkeeper_permission", map[string]any{
			"id": "row", "principal_type": "group", "principal_id": group.ID, "principal_name": "developers", "target_type": "repository",
			"target_id": "repository", "target_name": "npm-private", "actions": []string{"read"}, "created_at": made, "updated_at": made,
		}, "registry_permission", "name = \"npm-private\"\n repositories = [\"npm-private\"]\n additive = true\n groups = { developers = [\"read\"] }"},
		{
			keeper, "artifactkeeper_user_api_token",
			apiToken(token, map[string]any{"user_id": alice.ID, "expires_in_days": 30, "expires_at": token.ExpiresAt.Format(time.RFC3339)}),
			"registry_token", "username = \"alice\"\n description = \"nightly build\"\n expires_in = \"30d\"\n scopes = [\"read:artifacts\"]",
		},
		{
			keeper, "artifactkeeper_api_token", apiToken(own, nil),
			"registry_token", "username = \"admin\"\n description = \"the peer's own\"\n expires_in = \"never\"\n scopes = [\"read:artifacts\"]",
		},
	}...)
}

func quoted(words []string) string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = fmt.Sprintf("%q", word)
	}
	return strings.Join(all, ", ")
}

// The state of artifactkeeper_api_token does not say whose it is. When it is not of the account that we sign in as, nothing
// says that the token is gone.
func TestMovedTokenOfAnotherAccount(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, "artifact_keeper")
	_, _, token := before(t, env, registry.PermissionSpec{Name: "npm-private", Repositories: []string{"npm-private"}, Groups: map[string][]string{"developers": {"read"}}})
	cli := acctest.NewCLI(t, beside(map[string]*acctest.Peer{keeper: acctest.NewPeer(keeper)}))
	cli.WriteState(acctest.StateObject{Provider: keeper, Type: "artifactkeeper_api_token", Name: "test", Attributes: map[string]any{
		"id": token.ID, "name": token.Label, "scopes": []string{"read:artifacts"}, "token": token.AccessToken.Reveal(),
	}})
	cli.Write("main.tf", env.Provider()+"resource \"registry_token\" \"test\" {\n username = \"alice\"\n}\nmoved {\n from = artifactkeeper_api_token.test\n to = registry_token.test\n}\n")
	cli.Run("init", "-no-color")
	was := cli.Read("terraform.tfstate")
	out, err := cli.Try("apply", "-auto-approve", "-no-color", "-input=false")
	if said := strings.Join(strings.Fields(strings.ReplaceAll(out, "│", " ")), " "); err == nil || !strings.Contains(said, "import the token as USERNAME/ID") {
		t.Errorf("the apply said: %s", out)
	}
	if diff := cmp.Diff(was, cli.Read("terraform.tfstate")); diff != "" {
		t.Errorf("the state changed:\n%s", diff)
	}
	unharmed(t, env)
}
