package acctest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// CLI is the command line tool under test with a folder of its own. It does what the test harness cannot: attach
// providers of other people's namespaces, start from a state written by hand, and look at files that commands write.
type CLI struct {
	t        *testing.T
	Dir      string
	env      []string
	required map[string]map[string]string
}

// Address is the full address of a provider, such as of jfrog/artifactory, on the registry that the tool asks by default.
func Address(source string) string {
	return cmp.Or(os.Getenv("TF_ACC_PROVIDER_HOST"), "registry.terraform.io") + "/" + source
}

// NewCLI attaches providers, served from this process under their sources (namespace/type), and requires them by type.
func NewCLI(t *testing.T, providers map[string]func() (tfprotov6.ProviderServer, error)) *CLI {
	t.Helper()
	attached := map[string]map[string]any{}
	c := &CLI{t: t, Dir: t.TempDir(), required: map[string]map[string]string{}}
	for source, factory := range providers {
		attached[Address(source)] = attach(t, Address(source), factory)
		c.Require(source)
	}
	reattach, err := json.Marshal(attached)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "clirc")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "REGISTRY_") {
			c.env = append(c.env, variable)
		}
	}
	c.env = append(c.env, "TF_CLI_CONFIG_FILE="+config, "TF_REATTACH_PROVIDERS="+string(reattach), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	return c
}

// Require names a provider in the configuration: an attached one, or one that a mirror has.
func (c *CLI) Require(source string) {
	c.t.Helper()
	c.required[path.Base(source)] = map[string]string{"source": Address(source)}
	c.WriteJSON("versions.tf.json", map[string]any{"terraform": map[string]any{"required_providers": c.required}})
}

// attach runs a provider until the test ends and tells where.
func attach(t *testing.T, address string, factory func() (tfprotov6.ProviderServer, error)) map[string]any {
	t.Helper()
	server, err := factory()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, closed := make(chan *plugin.ReattachConfig), make(chan struct{})
	go func() {
		err := tf6server.Serve(address, func() tfprotov6.ProviderServer { return server },
			tf6server.WithDebug(ctx, ready, closed), tf6server.WithoutLogStderrOverride(),
			tf6server.WithGoPluginLogger(hclog.NewNullLogger()), tf6server.WithLoggingSink(t))
		if err != nil {
			t.Errorf("serving %s: %v", address, err)
		}
	}()
	t.Cleanup(func() { stop(); <-closed })
	at := <-ready
	return map[string]any{
		"Protocol": at.Protocol, "ProtocolVersion": at.ProtocolVersion, "Pid": at.Pid, "Test": true,
		"Addr": map[string]string{"Network": at.Addr.Network(), "String": at.Addr.String()},
	}
}

// UseMirror takes providers that are not attached from `make mirror`, given the root of the repository: real processes,
// like a user's. Without a mirror the test is skipped, except in CI.
func (c *CLI) UseMirror(root string) {
	c.t.Helper()
	mirror, err := filepath.Abs(filepath.Join(root, ".cache", "mirror"))
	if err == nil {
		_, err = os.Stat(filepath.Join(mirror, path.Dir(Address("coder/coder"))))
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			c.t.Fatal(err)
		}
		c.t.Skip("no providers in .cache: run make mirror")
	}
	c.Write("mirror.rc", "provider_installation {\n  filesystem_mirror {\n    path = \""+mirror+"\"\n  }\n}\n")
	c.Set("TF_CLI_CONFIG_FILE", filepath.Join(c.Dir, "mirror.rc"))
}

// Set sets an environment variable for the tool.
func (c *CLI) Set(name, value string) { c.env = append(c.env, name+"="+value) }

// Write puts a file into the folder.
func (c *CLI) Write(name, content string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.Dir, name), []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// WriteJSON is Write for a value.
func (c *CLI) WriteJSON(name string, value any) {
	c.t.Helper()
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		c.t.Fatal(err)
	}
	c.Write(name, string(content))
}

// Read gives a file of the folder.
func (c *CLI) Read(name string) string {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.Dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(content)
}

// Run runs a command that must succeed, and gives what it printed.
func (c *CLI) Run(arguments ...string) string {
	c.t.Helper()
	out, err := c.Try(arguments...)
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return out
}

// Try runs a command and gives what it printed, errors last.
func (c *CLI) Try(arguments ...string) (string, error) {
	command := exec.CommandContext(c.t.Context(), cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"), arguments...)
	var out, problems bytes.Buffer
	command.Dir, command.Env, command.Stdout, command.Stderr = c.Dir, c.env, &out, &problems
	err := command.Run()
	return out.String() + problems.String(), err
}

// Shell runs a line as a reader of a guide types it: in the folder, with the tool under test called terraform. It gives what
// was printed, errors last.
func (c *CLI) Shell(line string) (string, error) {
	c.t.Helper()
	tool, err := exec.LookPath(cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"))
	if err != nil {
		c.t.Fatal(err)
	}
	command := exec.CommandContext(c.t.Context(), "sh", "-c", `terraform() { "$TOOL" "$@"; }; `+line)
	var out, problems bytes.Buffer
	command.Dir, command.Stdout, command.Stderr = c.Dir, &out, &problems
	command.Env = append(slices.Clone(c.env), "TOOL="+tool)
	err = command.Run()
	return out.String() + problems.String(), err
}

// Plan plans and gives the plan, together with what was printed.
func (c *CLI) Plan(arguments ...string) (*tfjson.Plan, string) {
	c.t.Helper()
	printed := c.Run(append([]string{"plan", "-input=false", "-no-color", "-out=plan.bin"}, arguments...)...)
	plan := &tfjson.Plan{}
	if err := json.Unmarshal([]byte(c.Run("show", "-json", "plan.bin")), plan); err != nil {
		c.t.Fatal(err)
	}
	return plan, printed
}

// Changes lists the resources that a plan changes, each with what happens to it.
func Changes(plan *tfjson.Plan) []string {
	var changes []string
	for _, change := range plan.ResourceChanges {
		if !change.Change.Actions.NoOp() {
			words := make([]string, 0, len(change.Change.Actions))
			for _, action := range change.Change.Actions {
				words = append(words, string(action))
			}
			changes = append(changes, change.Address+": "+strings.Join(words, " and "))
		}
	}
	slices.Sort(changes)
	return changes
}
