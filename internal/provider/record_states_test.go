package provider_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

var record = flag.Bool("record", false, "record the states that the committed provider writes")

// recordStates adds a folder with the states that the provider of the commit at hand writes, built and run as a program:
//
//	make query PKG=./internal/provider TESTARGS='-run TestRecordedStates -record'
//
// It takes a tool that keeps identities in the state, which Terraform 1.11 does not, and refuses to record a commit again or
// code that is not committed. What is recorded is testdata/states/DIALECT.tf, and every kind of object that `moved` blocks
// take over.
func recordStates(t *testing.T) {
	t.Helper()
	if os.Getenv("TF_ACC") == "" || !acctest.Has(acctest.FeatureIdentity) {
		t.Fatal("recording needs TF_ACC=1 and a tool that keeps identities in the state: run it by make query")
	}
	for _, line := range strings.Split(git(t, "status", "--porcelain", "--untracked-files=all"), "\n") {
		if line != "" && !strings.HasSuffix(line, "_test.go") && !strings.Contains(line, "/testdata/") {
			t.Fatalf("not committed, so that the commit does not name the code: %s", line)
		}
	}
	commit := filepath.Join(statesDir, strings.TrimSpace(git(t, "rev-parse", "--short=7", "HEAD")))
	if err := os.Mkdir(commit, 0o755); err != nil {
		t.Fatalf("a recording is never changed: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			_ = os.RemoveAll(commit)
		}
	})
	plugins := built(t)
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		recordMade(t, plugins, dialect, filepath.Join(commit, string(dialect), "made"))
		recordMoved(t, plugins, dialect, filepath.Join(commit, string(dialect), "moved"))
	}
}

func git(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", arguments...).Output()
	if err != nil {
		t.Fatalf("git %v: %v", arguments, err)
	}
	return string(out)
}

// recordMade records objects that Terraform made, and those that it then forgot and imported.
func recordMade(t *testing.T, plugins string, dialect devregistry.Dialect, dir string) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(statesDir, string(dialect)+".tf"))
	if err != nil {
		t.Fatal(err)
	}
	env, seeded := century(t, dialect)
	cli := newRecorder(t, plugins, nil)
	cli.Write("main.tf", withProviders(env, string(config)))
	apply := []string{"apply", "-auto-approve", "-no-color", "-input=false"}
	cli.Run(apply...)
	for _, object := range instances(t, cli.Read("terraform.tfstate")) {
		if !strings.HasSuffix(object.Address, ".imported") {
			continue
		}
		id := map[string]string{
			"registry_group_membership": "minimal/bob", "registry_group_members": "imported-members", "registry_oidc_mapping": "imported/imported",
			"registry_token": "alice/" + fmt.Sprint(object.Attributes["id"]),
		}[object.Type]
		if id == "" {
			id = fmt.Sprint(object.Attributes["name"])
		}
		if object.Type == "registry_user" {
			id = fmt.Sprint(object.Attributes["username"])
		}
		cli.Run("state", "rm", object.Address)
		cli.Run("import", "-no-color", "-input=false", object.Address, id)
		apply = append(apply, "-target="+object.Address)
	}
	cli.Run(apply...) // the numbers of passwords, which no import learns; the other objects stay as their creation left them
	save(t, env, cli, seeded, dir, string(config))
}

// recordMoved records objects that came by `moved` blocks from the providers of other people.
func recordMoved(t *testing.T, plugins string, dialect devregistry.Dialect, dir string) {
	t.Helper()
	env, seeded := century(t, dialect)
	peers := map[string]*acctest.Peer{}
	var objects []acctest.StateObject
	var config, blocks strings.Builder
	for i, m := range acctest.Pick(env, movesFromJFrog, movesFromArtifactKeeper)(t, env) {
		name := fmt.Sprintf("test%d", i)
		peers[m.source] = acctest.NewPeer(m.source)
		objects = append(objects, acctest.StateObject{Provider: m.source, Type: m.from, Name: name, Attributes: m.state})
		fmt.Fprintf(&config, "resource %q %q {\n%s\n}\n", m.to, name, m.config)
		fmt.Fprintf(&blocks, "moved {\n  from = %s.%s\n  to   = %s.%s\n}\n", m.from, name, m.to, name)
	}
	cli := newRecorder(t, plugins, peers)
	cli.WriteState(objects...)
	cli.Write("main.tf", withProviders(env, config.String()))
	cli.Write("moved.tf", blocks.String())
	cli.Run("apply", "-auto-approve", "-no-color", "-input=false")
	cli.Run("fmt", "main.tf")
	formatted := cli.Read("main.tf")
	save(t, env, cli, seeded, dir, formatted[strings.Index(formatted, "\nresource ")+1:])
}

// century starts a registry whose clock is a hundred years ahead, and tells which tokens it has from the start.
func century(t *testing.T, dialect devregistry.Dialect) (env *acctest.Env, seeded map[string]bool) {
	t.Helper()
	env = acctest.StartEmbedded(t, dialect)
	env.Server.Store.Advance(100 * 365 * 24 * time.Hour)
	seeded = map[string]bool{}
	env.Server.Store.View(func(st *state.State) {
		for _, token := range st.Tokens {
			seeded[token.ID] = true
		}
	})
	return env, seeded
}

// newRecorder runs the provider that was built, beside peers.
func newRecorder(t *testing.T, plugins string, peers map[string]*acctest.Peer) *acctest.CLI {
	t.Helper()
	providers := map[string]func() (tfprotov6.ProviderServer, error){}
	for source, peer := range peers {
		providers[source] = peer.Factory
	}
	cli := acctest.NewCLI(t, providers)
	cli.Require(ours)
	cli.Write("cli.rc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n}\n", acctest.Address(ours), plugins))
	cli.Set("TF_CLI_CONFIG_FILE", filepath.Join(cli.Dir, "cli.rc"))
	return cli
}

// save keeps a state that plans empty, with placeholders for what differs in each run and with its private data in clear.
func save(t *testing.T, env *acctest.Env, cli *acctest.CLI, seeded map[string]bool, dir, config string) {
	t.Helper()
	cli.Run("plan", "-no-color", "-input=false", "-detailed-exitcode")
	text := rewrite(t, cli.Read("terraform.tfstate"), func(object map[string]any) {
		var keys map[string][]byte
		inner, err := base64.StdEncoding.DecodeString(object["private"].(string))
		if err == nil {
			err = json.Unmarshal(inner, &keys)
		}
		if err != nil {
			t.Fatal(err)
		}
		readable := map[string]json.RawMessage{}
		for key, value := range keys {
			readable[key] = value
		}
		object["private"] = readable
	})
	for mark, value := range marks(t, env) {
		text = strings.ReplaceAll(text, value, mark)
	}
	write := func(name, content string) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.TrimSuffix(content, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	registry := held{Now: env.Server.Store.Now().UTC().Truncate(time.Second)}
	env.Server.Store.View(func(st *state.State) {
		whole := *st
		whole.Tokens = nil
		for _, token := range st.Tokens {
			if !seeded[token.ID] {
				whole.Tokens = append(whole.Tokens, token)
			}
		}
		registry.State = whole
		write("registry.json", string(encoded(t, registry, "  ")))
	})
	write("main.tf", config)
	write("state.json", text)
}
