package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// guide is what a reader of a migration guide does: the files they write and the commands they type, in order.
type guide struct {
	files    map[string]string
	commands [][]string
}

// readGuide takes a guide by its word. A comment above a block says when the reader writes it and into which file.
func readGuide(t *testing.T, name string) guide {
	t.Helper()
	g := guide{files: map[string]string{}}
	var marker, language string
	var block strings.Builder
	for line := range strings.Lines(read(t, filepath.Join("docs", "guides", name))) {
		text := strings.TrimSpace(line)
		switch {
		case language == "" && strings.HasPrefix(text, "<!-- "):
			marker = strings.TrimSuffix(strings.TrimPrefix(text, "<!-- "), " -->")
		case language == "" && strings.HasPrefix(text, "```"):
			language = strings.TrimPrefix(text, "```")
			block.Reset()
		case text == "```":
			if when, file, _ := strings.Cut(marker, ": "); when == "after" {
				if file == "" {
					file = "main.tf"
				}
				g.files[file] = block.String()
			}
			if language == "shell" {
				for command := range strings.Lines(block.String()) {
					g.commands = append(g.commands, strings.Fields(command))
				}
			}
			marker, language = "", ""
		case language != "":
			block.WriteString(line)
		}
	}
	return g
}

// follow does what the guide says, and gives what the first plan printed. The last command must find nothing to do.
func (g guide) follow(t *testing.T, cli *acctest.CLI, replace *strings.Replacer) (firstPlan string) {
	t.Helper()
	for name, content := range g.files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(cli.Dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		cli.Write(name, replace.Replace(content))
	}
	printed := ""
	for _, command := range g.commands {
		if command[0] != "terraform" {
			t.Fatalf("the guide has a command that is not Terraform's: %q", command)
		}
		arguments := command[1:]
		switch arguments[0] {
		case "state":
			arguments = arguments[:len(arguments)-1] // into a file, which is the shell's business
		case "apply":
			arguments = append(arguments, "-auto-approve", "-input=false", "-no-color")
		default:
			arguments = append(arguments, "-input=false", "-no-color")
		}
		printed = cli.Run(arguments...)
		if arguments[0] == "plan" && firstPlan == "" {
			firstPlan = printed
		}
	}
	if !strings.Contains(printed, "No changes.") {
		t.Errorf("the last command of the guide says:\n%s", printed)
	}
	return firstPlan
}

// onlyMoves makes sure that a plan moves every object and ends none. A token is moved and updated in place, since this
// provider keeps arguments in the state that the peers do not have.
func onlyMoves(t *testing.T, plan string, objects []acctest.StateObject) {
	t.Helper()
	for _, o := range objects {
		address := o.Type + "." + o.Name
		if !strings.Contains(plan, address+" has moved to registry_") && !strings.Contains(plan, "(moved from "+address+")") {
			t.Errorf("the plan does not move %s:\n%s", address, plan)
		}
	}
	for _, bad := range []string{"destroyed", "replaced", "will be created"} {
		if strings.Contains(plan, bad) {
			t.Errorf("the plan says %q:\n%s", bad, plan)
		}
	}
}

// beside serves peers beside the provider under test.
func beside(peers map[string]*acctest.Peer) map[string]func() (tfprotov6.ProviderServer, error) {
	providers := map[string]func() (tfprotov6.ProviderServer, error){"registry-identity/registry": acctest.Factories()["registry"]}
	for source, peer := range peers {
		providers[source] = peer.Factory
	}
	return providers
}

// before makes on the registry what the guides start from.
func before(t *testing.T, env *acctest.Env, permission registry.PermissionSpec) (alice registry.User, group registry.Group, token registry.MintedToken) {
	t.Helper()
	ctx := t.Context()
	alice, err := env.Registry.Users.FindByUsername(ctx, "alice")
	if err == nil {
		group, err = env.Registry.Groups.FindByName(ctx, "developers")
	}
	if err == nil {
		_, err = env.Registry.Groups.Update(ctx, group.ID, registry.GroupSpec{Name: group.Name, Description: "People who install packages"})
	}
	if err == nil {
		err = env.Registry.Groups.ChangeMembers(ctx, group.ID, []string{"alice"}, nil)
	}
	if err == nil {
		_, err = env.Registry.Permissions.Create(ctx, permission)
	}
	if err == nil {
		token, err = env.Registry.Tokens.Mint(ctx, registry.TokenSpec{
			UserID: alice.ID, Username: "alice", Label: "nightly build", Scopes: env.Registry.Capabilities.DefaultTokenScopes,
			Expiry: registry.Expiry{Duration: 30 * 24 * time.Hour},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	env.Rebase()
	return alice, group, token
}

// unharmed makes sure that the registry is as it was, down to the password.
func unharmed(t *testing.T, env *acctest.Env) {
	t.Helper()
	if err := env.CheckUnchanged(nil); err != nil {
		t.Error(err)
	}
	env.Server.Store.View(func(s *state.State) {
		if !s.UserByName("alice").CheckPassword("Alice-Passw0rd") {
			t.Error("the migration changed a password")
		}
	})
}

func TestGuideFromJFrog(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, "artifactory")
	_, _, token := before(t, env, registry.PermissionSpec{
		Name: "install", Repositories: []string{"npm-private"}, Groups: map[string][]string{"developers": {"read"}},
		Artifactory: &registry.ArtifactoryPermission{IncludePatterns: []string{"@acme/**"}},
	})
	objects := []acctest.StateObject{
		{Provider: "jfrog/artifactory", Type: "artifactory_user", Name: "alice", Attributes: map[string]any{
			"id": "alice", "name": "alice", "email": "alice@example.com", "password": "Alice-Passw0rd", "admin": false,
			"profile_updatable": true, "disable_ui_access": false, "internal_password_disabled": false, "groups": []string{"developers", "readers"},
		}},
		{Provider: "jfrog/platform", Type: "platform_group", Name: "developers", Attributes: map[string]any{
			"name": "developers", "description": "People who install packages", "members": nil, "use_group_members_resource": true,
			"auto_join": false, "admin_privileges": false, "realm": "internal",
		}},
		{Provider: "jfrog/platform", Type: "platform_group_members", Name: "developers", Attributes: map[string]any{
			"name": "developers", "members": []string{"alice"},
		}},
		{Provider: "jfrog/platform", Type: "platform_permission", Name: "install", Attributes: map[string]any{"name": "install"}},
		{Provider: "jfrog/artifactory", Type: "artifactory_scoped_token", Name: "pipeline", Attributes: map[string]any{
			"id": token.ID, "username": "alice", "description": "nightly build", "scopes": []string{"applied-permissions/user"}, "expires_in": 2592000,
			"expiry": token.ExpiresAt.Unix(), "access_token": token.AccessToken.Reveal(), "refreshable": false, "include_reference_token": false,
		}},
	}
	peers := map[string]*acctest.Peer{"jfrog/artifactory": acctest.NewPeer("jfrog/artifactory", "url"), "jfrog/platform": acctest.NewPeer("jfrog/platform", "url")}
	cli := acctest.NewCLI(t, beside(peers))
	cli.WriteState(objects...)
	plan := readGuide(t, "from-jfrog.md").follow(t, cli, strings.NewReplacer("provider \"registry\" {}\n", env.Provider()))
	onlyMoves(t, plan, objects)
	unharmed(t, env)
	for source, peer := range peers {
		if gone := peer.Destroyed(); len(gone) > 0 {
			t.Errorf("%s destroyed %v", source, gone)
		}
	}
}

func TestGuideFromArtifactKeeper(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, "artifact_keeper")
	alice, group, token := before(t, env, registry.PermissionSpec{
		Name: "npm-private", Repositories: []string{"npm-private"}, Groups: map[string][]string{"developers": {"read"}},
	})
	const source = "nicola-preda/artifact-keeper"
	objects := []acctest.StateObject{
		{Provider: source, Type: "artifactkeeper_user", Name: "alice", Attributes: map[string]any{
			"id": alice.ID, "username": "alice", "email": "alice@example.com", "password": "Alice-Passw0rd", "is_active": true, "is_admin": false,
		}},
		{Provider: source, Type: "artifactkeeper_group", Name: "developers", Attributes: map[string]any{
			"id": group.ID, "name": "developers", "description": "People who install packages", "member_count": 1,
		}},
		{Provider: source, Type: "artifactkeeper_group_membership", Name: "alice", Attributes: map[string]any{
			"id": group.ID + "/" + alice.ID, "group_id": group.ID, "user_id": alice.ID,
		}},
		{Provider: source, Type: "artifactkeeper_permission", Name: "install", Attributes: map[string]any{
			"id": "row", "principal_type": "group", "principal_id": group.ID, "principal_name": "developers",
			"target_type": "repository", "target_id": "repository", "target_name": "npm-private", "actions": []string{"read"},
		}},
		{Provider: source, Type: "artifactkeeper_user_api_token", Name: "pipeline", Attributes: map[string]any{
			"id": token.ID, "user_id": alice.ID, "name": "nightly build", "scopes": []string{"read:artifacts"}, "expires_in_days": 30,
			"expires_at": token.ExpiresAt.Format(time.RFC3339), "token": token.AccessToken.Reveal(),
		}},
	}
	peers := map[string]*acctest.Peer{source: acctest.NewPeer(source, "endpoint")}
	cli := acctest.NewCLI(t, beside(peers))
	cli.WriteState(objects...)
	plan := readGuide(t, "from-artifact-keeper.md").follow(t, cli, strings.NewReplacer("provider \"registry\" {}\n", env.Provider()))
	onlyMoves(t, plan, objects)
	unharmed(t, env)
	if gone := peers[source].Destroyed(); len(gone) > 0 {
		t.Errorf("%s destroyed %v", source, gone)
	}
}

// The commands are what Coder's provisioner does with the template at the next start of a workspace. Coder's own provider
// comes from the mirror.
func TestGuideFromCoderModules(t *testing.T) {
	t.Parallel()
	env := acctest.StartEmbedded(t, "artifactory")
	old := acctest.StateObject{
		Module: "module.jfrog", Provider: "jfrog/artifactory", Type: "artifactory_scoped_token", Name: "me",
		Attributes: map[string]any{"id": "the-old-token", "username": "alice", "access_token": "old", "scopes": []string{"applied-permissions/user"}},
	}
	peers := map[string]*acctest.Peer{"jfrog/artifactory": acctest.NewPeer("jfrog/artifactory", "url", "access_token")}
	cli := acctest.NewCLI(t, beside(peers))
	cli.WriteState(old)
	cli.UseMirror(root)
	for name, value := range map[string]string{
		"TF_VAR_artifactory_access_token": "the administrator's",
		"CODER_AGENT_URL":                 "https://coder.example.com", "CODER_WORKSPACE_TRANSITION": "start",
		"CODER_WORKSPACE_BUILD_ID": "5d3c8a62-77d3-4c3a-8f1e-2f1f0a6c2b10", "CODER_WORKSPACE_ID": "9f6d2a54-0a0b-4f4e-9d55-0e3e5b7f2a11",
		"CODER_WORKSPACE_NAME": "dev", "CODER_WORKSPACE_TEMPLATE_ID": "0b9e1f5c-2d7a-4f0e-8b5d-9a4e6c1d7f20",
		"CODER_WORKSPACE_TEMPLATE_NAME": "guide", "CODER_WORKSPACE_TEMPLATE_VERSION": "v2",
		"CODER_WORKSPACE_OWNER": "alice", "CODER_WORKSPACE_OWNER_ID": "c0a8012e-3f5b-4f6d-9c8e-7b6a5d4c3b2a",
		"CODER_WORKSPACE_OWNER_NAME": "Alice", "CODER_WORKSPACE_OWNER_EMAIL": "alice@example.com",
	} {
		cli.Set(name, value)
	}
	modules, err := filepath.Abs(filepath.Join(root, "modules"))
	if err != nil {
		t.Fatal(err)
	}
	cli.Require("coder/coder")
	if err := os.Symlink(modules, filepath.Join(cli.Dir, "modules")); err != nil {
		t.Fatal(err)
	}
	plan := readGuide(t, "from-coder-modules.md").follow(t, cli, strings.NewReplacer(
		"provider \"registry\" {}\n", env.Provider(),
		`"registry.coder.com/registry-identity/registry-token/coder"`, `"./modules/registry-token"`,
		"  version  = \"0.1.0\"\n", "",
		`"jfrog/artifactory"`, `"`+acctest.Address("jfrog/artifactory")+`"`,
	))
	if want := "module.jfrog.artifactory_scoped_token.me will be destroyed"; !strings.Contains(plan, want) {
		t.Errorf("the plan does not say %q:\n%s", want, plan)
	}
	if gone := peers["jfrog/artifactory"].Destroyed(); len(gone) != 1 || gone[0] != "the-old-token" {
		t.Errorf("the old provider destroyed %v", gone)
	}
	if live := env.LiveTokens(t, "alice"); len(live) != 1 || !strings.Contains(live[0].Label, "alice/dev") {
		t.Errorf("alice holds %v", live)
	}
}
