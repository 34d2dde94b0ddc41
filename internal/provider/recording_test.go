package provider_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
	"github.com/registry-identity/terraform-provider-registry/internal/provider"
)

const ours = "registry-identity/registry"

// withProviders adds the provider to a configuration, and registry.admin, which may mint tokens of administrators.
func withProviders(env *acctest.Env, config string) string {
	return env.Provider() + env.Provider(`alias = "admin"`, `allow_admin_tokens = true`) + config
}

// recording is a state that an earlier version wrote, and all that it needs to be planned again.
type recording struct {
	commit  string
	dialect devregistry.Dialect
	config  string
	state   string // with placeholders
	held    held
}

// held is what the registry held, at its own time. That is a century ahead, so that no token of a state ever ends.
type held struct {
	Now   time.Time   `json:"now"`
	State state.State `json:"state"`
}

// What differs in each run has these placeholders in a recorded state.
const (
	urlMark      = "<url>"
	serviceMark  = "<service id>"
	providerMark = "<provider>"
)

func recordings(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob(statesDir + "/*/*/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("%s has no recorded states: %v", statesDir, err)
	}
	return dirs
}

func readRecording(t *testing.T, dir string) recording {
	t.Helper()
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	parts := strings.Split(filepath.ToSlash(dir), "/")
	r := recording{
		commit: parts[2], dialect: devregistry.Dialect(parts[3]), config: string(read("main.tf")), state: string(read("state.json")),
	}
	// A field that the store does not have any more must not be lost in silence.
	decoder := json.NewDecoder(bytes.NewReader(read("registry.json")))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r.held); err != nil {
		t.Fatalf("%s/registry.json: %v", dir, err)
	}
	return r
}

// eachRecording plays every recorded state against a registry that holds what it held then.
func eachRecording(t *testing.T, play func(t *testing.T, r recording, env *acctest.Env)) {
	t.Helper()
	for _, dir := range recordings(t) {
		t.Run(strings.TrimPrefix(dir, statesDir+"/"), func(t *testing.T) {
			t.Parallel()
			r := readRecording(t, dir)
			play(t, r, r.registry(t))
		})
	}
}

// built builds the provider and gives the folder that it is in.
func built(t *testing.T) string {
	t.Helper()
	plugins := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(plugins, "terraform-provider-registry"), "../..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return plugins
}

// cli has the configuration and a state. The provider is a program of its own, since the configuration has two of it: one
// that is attached would serve both.
func (r recording) cli(t *testing.T, plugins string, env *acctest.Env, written string) *acctest.CLI {
	t.Helper()
	cli := newRecorder(t, plugins, nil)
	cli.Write("main.tf", withProviders(env, r.config))
	cli.Write("terraform.tfstate", written)
	return cli
}

// registry starts one that holds what was recorded. The token that the test signs in with stays its own.
func (r recording) registry(t *testing.T) *acctest.Env {
	t.Helper()
	env := acctest.StartEmbedded(t, r.dialect)
	env.Server.Store.Advance(r.held.Now.Sub(env.Server.Store.Now()))
	env.Server.Store.Update(func(st *state.State) {
		own := st.Tokens
		*st = r.held.State
		st.Tokens = append(own, st.Tokens...)
	})
	return env
}

// marks maps the placeholders to what they stand for in this run.
func marks(t *testing.T, env *acctest.Env) map[string]string {
	t.Helper()
	id, err := env.Registry.System.ServiceID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	marks := map[string]string{urlMark: env.Server.URL, providerMark: acctest.Address(ours)}
	if id != "" {
		marks[serviceMark] = id
	}
	return marks
}

// fill makes a state file.
func (r recording) fill(t *testing.T, marks map[string]string) string {
	t.Helper()
	text := r.state
	for mark, value := range marks {
		text = strings.ReplaceAll(text, mark, value)
	}
	return rewrite(t, text, func(object map[string]any) {
		private, keys := object["private"].(map[string]any), map[string][]byte{}
		for key, value := range private {
			keys[key] = encoded(t, value, "")
		}
		object["private"] = base64.StdEncoding.EncodeToString(encoded(t, keys, ""))
	})
}

// rewrite changes every object of a state, and nothing else.
func rewrite(t *testing.T, text string, change func(object map[string]any)) string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var whole map[string]any
	if err := decoder.Decode(&whole); err != nil {
		t.Fatal(err)
	}
	for _, resource := range whole["resources"].([]any) {
		for _, object := range resource.(map[string]any)["instances"].([]any) {
			change(object.(map[string]any))
		}
	}
	return string(encoded(t, whole, "  "))
}

func encoded(t *testing.T, value any, indent string) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

// instance is one object of a state.
type instance struct {
	Type, Address string
	Version       int64
	Attributes    map[string]any
	Private       json.RawMessage
}

// decoded is the object as the provider at hand reads it.
func (i instance) decoded(t *testing.T) *plugintest.Object {
	t.Helper()
	resp, err := provider.NewServer("test").UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: i.Type, Version: i.Version, RawState: &tfprotov6.RawState{JSON: encoded(t, i.Attributes, "")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Fatalf("%s: %s: %s", i.Address, d.Summary, d.Detail)
	}
	object := &plugintest.Object{}
	if object.Value, err = resp.UpgradedState.Unmarshal(schemas(t).ResourceSchemas[i.Type].ValueType()); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(i.Private, &object.Private); err != nil {
		t.Fatal(err)
	}
	return object
}

func instances(t *testing.T, text string) []instance {
	t.Helper()
	var file struct {
		Resources []struct {
			Type, Name string
			Instances  []struct {
				Key        any   `json:"index_key"`
				Version    int64 `json:"schema_version"`
				Attributes map[string]any
				Private    json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	var all []instance
	for _, resource := range file.Resources {
		for _, i := range resource.Instances {
			address := resource.Type + "." + resource.Name
			if i.Key != nil {
				address += fmt.Sprintf("[%q]", i.Key)
			}
			all = append(all, instance{resource.Type, address, i.Version, i.Attributes, i.Private})
		}
	}
	return all
}

// attributes are those of an object in a state.
func attributes(t *testing.T, text, address string) map[string]any {
	t.Helper()
	all := instances(t, text)
	at := slices.IndexFunc(all, func(i instance) bool { return i.Address == address })
	if at < 0 {
		t.Fatalf("the state has no %s", address)
	}
	return all[at].Attributes
}
