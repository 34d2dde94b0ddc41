// Package acctest runs the provider with the real command line tool: against embedded registries of the tests' own, and
// against a server that runs somewhere (`make testacc-live`). Tests that use it live beside each object and run only with
// TF_ACC=1.
//
// # How to write an acceptance test that also runs live
//
// Start it with [ForEachRegistry], or with [EmbeddedOrLive] if it is about one registry. On a live server it then shares the
// server with the other tests and with strangers, so:
//
//   - Every name comes from the env: env.Name("quinn"), env.Email("quinn"), and <quinn> in configurations, in the import ids
//     of a Lifecycle and in env.ExpectText. An embedded registry gets them as they are; on a live server they begin with the
//     test's prefix, by which they are found again and removed.
//   - What the test relies on it makes, before the first step: env.User(t, "alice"), env.User(t, "boss", acctest.Admin),
//     env.Group(t, "developers"). An embedded registry has some of them from the start.
//   - Repositories come from env.Repositories(t, "npm-private"), which skips the test where the server has too few for it.
//     From then on <npm-private> stands for the key of one, and <npm-private/permission> for the name of a permission on it.
//   - Changes behind Terraform's back go through env.Registry, the administrator's view, and so do questions; env.LiveTokens,
//     env.RevokeAll and env.SignsIn work everywhere. env.Server is nil on a live server: guard what needs it with
//     `if env.Server != nil`.
//   - env.Test and env.Live compare what the server holds before and after; on a live server only what bears the test's
//     prefix.
//
// A test that needs an embedded registry (faults, the clock, latency, thresholds, a directory, requests to count) starts with
// [ForEachEmbedded] or [StartEmbedded]; a live run skips it. [SkipOnLive] says why in the report of such a run.
package acctest

import (
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest/live"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
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

// Env is one registry and a provider that points at it.
type Env struct {
	Dialect devregistry.Dialect
	// Server is the embedded registry; nil on a live server.
	Server   *devregistry.Server
	Registry *registry.Registry // the registry as an administrator sees it, for changes out of band

	prefix string // begins every name on a live server
	names  names
	leased []string // repositories whose rules belong to this test alone
	look   func() (snapshot, error)
	before snapshot
	blind  error // why there is no before
}

// ForEachEmbedded runs a test in parallel on an embedded registry of each dialect.
func ForEachEmbedded(t *testing.T, test func(t *testing.T, env *Env)) {
	t.Helper()
	SkipOnLive(t, "it looks or reaches into the server")
	for _, dialect := range []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, StartEmbedded(t, dialect))
		})
	}
}

// ForEachRegistry is ForEachEmbedded for a test that can share a server: with a live one it runs there.
func ForEachRegistry(t *testing.T, test func(t *testing.T, env *Env)) {
	t.Helper()
	if live.Current() == "" {
		ForEachEmbedded(t, test)
		return
	}
	SkipWithoutAcc(t)
	t.Run(string(liveServer(t).Server.Type), func(t *testing.T) {
		t.Parallel()
		test(t, onLiveServer(t))
	})
}

// StartEmbedded starts an embedded registry that lives as long as the test. It skips the test unless TF_ACC is set.
func StartEmbedded(t *testing.T, dialect devregistry.Dialect, options ...func(*devregistry.Options)) *Env {
	t.Helper()
	SkipWithoutAcc(t)
	SkipOnLive(t, "it wants one of its own")
	server := devregistrytest.Start(t, dialect, options...)
	env := &Env{Dialect: dialect, Server: server, Registry: Open(t, server)}
	env.look = func() (snapshot, error) { return inStore(server.Store), nil }
	env.Rebase()
	return env
}

// EmbeddedOrLive is StartEmbedded for a test that can share a server. A live server of the other kind skips it.
func EmbeddedOrLive(t *testing.T, dialect devregistry.Dialect) *Env {
	t.Helper()
	if live.Current() == "" {
		return StartEmbedded(t, dialect)
	}
	SkipWithoutAcc(t)
	if found := liveServer(t).Server.Type; found != registry.Type(dialect) {
		t.Skipf("needs %s, and the live server is %s", registry.Type(dialect).Title(), found.Title())
	}
	return onLiveServer(t)
}

// SkipOnLive skips a test when the tests run on a live server, and says why.
func SkipOnLive(t *testing.T, why string) {
	t.Helper()
	if live.Current() != "" {
		t.Skip("needs an embedded registry: " + why)
	}
}

// SkipWithoutAcc skips a test that needs the command line tool unless TF_ACC is set. NewCLI leaves that to its callers.
func SkipWithoutAcc(t *testing.T) {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance tests need TF_ACC=1")
	}
}

// Rebase takes the registry as it is now for how it must be in the end. A failure is CheckUnchanged's to report.
func (e *Env) Rebase() { e.before, e.blind = e.look() }

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

// IsArtifactKeeper reports whether the registry is an Artifact Keeper.
func (e *Env) IsArtifactKeeper() bool { return e.Dialect == devregistry.ArtifactKeeper }

// Pick chooses by dialect.
func Pick[T any](e *Env, artifactory, keeper T) T {
	if e.IsArtifactKeeper() {
		return keeper
	}
	return artifactory
}

// Serve serves the provider under test.
func Serve() (tfprotov6.ProviderServer, error) { return newServer(), nil }

// Factories serve the provider under test, and echo, which makes ephemeral values visible.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"registry": Serve,
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
