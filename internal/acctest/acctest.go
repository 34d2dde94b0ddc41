// Package acctest runs the provider against embedded registries with the real command line tool. Tests that use it live
// beside each object and run only with TF_ACC=1.
package acctest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/provider"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/connect"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const namespace = "registry-identity"

// The harness keeps its settings in process-wide variables, so they are set once, before any test runs.
func init() {
	if os.Getenv("TF_ACC_PROVIDER_NAMESPACE") == "" {
		setenv("TF_ACC_PROVIDER_NAMESPACE", namespace)
	}
	// A configuration file that is missing makes OpenTofu print a warning where the harness reads its version.
	if file := os.Getenv("TF_CLI_CONFIG_FILE"); file != "" {
		if _, err := os.Stat(file); err != nil {
			setenv("TF_CLI_CONFIG_FILE", os.DevNull)
		}
	}
}

func setenv(name, value string) {
	if err := os.Setenv(name, value); err != nil {
		panic(err)
	}
}

// Env is one embedded registry and a provider that points at it.
type Env struct {
	Dialect  devregistry.Dialect
	Server   *devregistry.Server
	Registry *registry.Registry // the registry as an administrator sees it, for changes out of band

	before snapshot
}

// Dialects runs a test in parallel on a registry of each dialect.
func Dialects(t *testing.T, test func(t *testing.T, env *Env)) {
	t.Helper()
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, Registry(t, dialect))
		})
	}
}

// Registry starts an embedded registry that lives as long as the test. It skips the test unless TF_ACC is set.
func Registry(t *testing.T, dialect devregistry.Dialect, options ...func(*devregistry.Options)) *Env {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance tests need TF_ACC=1")
	}
	server := devregistrytest.Start(t, dialect, options...)
	env := &Env{Dialect: dialect, Server: server, Registry: Open(t, server)}
	env.before = env.snapshot()
	return env
}

// Open opens a registry with its administrator's token.
func Open(t testing.TB, server *devregistry.Server) *registry.Registry {
	t.Helper()
	connection, err := connect.New(connect.Config{Type: registry.Type(server.Dialect), Config: transport.Config{
		BaseURL: server.URL, CAPEM: string(server.CAPEM), Credential: transport.Credential{AccessToken: registry.NewSecret(server.AdminToken)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := connection.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// Keeper reports whether the registry is an Artifact Keeper.
func (e *Env) Keeper() bool { return e.Dialect == devregistry.ArtifactKeeper }

// Pick chooses by dialect.
func Pick[T any](e *Env, artifactory, keeper T) T {
	if e.Keeper() {
		return keeper
	}
	return artifactory
}

// Config is a whole configuration: the provider, with more arguments if wanted, and the body.
func (e *Env) Config(body string, arguments ...string) string {
	return Header() + e.Provider(arguments...) + body
}

// Header names the provider's source, which OpenTofu insists on.
func Header() string {
	host := os.Getenv("TF_ACC_PROVIDER_HOST")
	if host == "" {
		host = "registry.terraform.io"
	}
	return fmt.Sprintf(`
terraform {
  required_providers {
    registry = { source = "%s/%s/registry" }
    echo     = { source = "%s/%s/echo" }
  }
}
`, host, namespace, host, namespace)
}

// Provider is the provider block for this registry. An argument replaces the default one of its name.
func (e *Env) Provider(arguments ...string) string {
	defaults := []string{
		fmt.Sprintf("url = %q", e.Server.URL),
		fmt.Sprintf("access_token = %q", e.Server.AdminToken),
		fmt.Sprintf("ca_certificate = %q", string(e.Server.CAPEM)),
		fmt.Sprintf("type = %q", string(e.Dialect)),
	}
	var b strings.Builder
	b.WriteString("provider \"registry\" {\n")
	for _, line := range defaults {
		if name, _, _ := strings.Cut(line, " "); !argued(arguments, name) {
			b.WriteString("  " + line + "\n")
		}
	}
	for _, line := range arguments {
		b.WriteString("  " + line + "\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func argued(arguments []string, name string) bool {
	for _, argument := range arguments {
		if got, _, _ := strings.Cut(argument, " "); got == name {
			return true
		}
	}
	return false
}

// Factories serve the provider under test, and echo, which makes ephemeral values visible.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"registry": providerserver.NewProtocol6WithError(provider.New("test")()),
		"echo":     echoprovider.NewProviderServer(),
	}
}

// Test runs steps against the registry; afterwards it must hold what it held before.
func (e *Env) Test(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: Factories(),
		Steps:                    steps,
		CheckDestroy:             e.CheckUnchanged,
	})
}
