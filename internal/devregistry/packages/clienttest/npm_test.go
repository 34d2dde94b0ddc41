package clienttest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

// npmMachine has an .npmrc for a repository: its address, its CA and a token.
func npmMachine(t *testing.T, r *registry, key, token string) *machine {
	t.Helper()
	m := newMachine(t)
	repo := r.repo("npm", key) + "/"
	write(t, filepath.Join(m.home, ".npmrc"), fmt.Sprintf("registry=%s\n%s:_authToken=%s\ncafile=%s\n"+
		"fund=false\nupdate-notifier=false\nfetch-retries=0\n", repo, strings.TrimPrefix(repo, "https:"), token, r.caFile))
	write(t, filepath.Join(m.dir, "package.json"), `{"name": "consumer", "version": "1.0.0", "private": true}`)
	return m
}

const sayHello = "console.log(require('@acme/hello')(), require('acme-hello')())"

// newPackage is the package.json of something to publish.
func newPackage(name, version string) string {
	return fmt.Sprintf(`{"name": %q, "version": %q, "license": "MIT", "main": "index.js"}`, name, version)
}

func TestNPMInstall(t *testing.T) {
	t.Parallel()
	need(t, "npm", "--version")
	bothStyles(t, func(t *testing.T, r *registry) {
		m := npmMachine(t, r, "npm-private", alice)
		m.run("npm", "install", "@acme/hello", "acme-hello").ok("added 2 packages", "found 0 vulnerabilities")
		m.run("node", "-e", sayHello).ok("hello from @acme/hello 1.1.0 hello from acme-hello 1.0.0")
		m.run("npm", "install", "--no-audit", "@acme/hello@1.0.0").ok()
		m.run("node", "-e", sayHello).ok("hello from @acme/hello 1.0.0")
		m.run("npm", "ci", "--no-audit").ok("added 2 packages")
		m.run("npm", "whoami").ok("alice")
		m.run("npm", "install", "acme-nothing").fails("E404")
	})
}

func TestNPMRefusesAWrongToken(t *testing.T) {
	t.Parallel()
	need(t, "npm", "--version")
	m := npmMachine(t, startRegistry(t, packages.Artifactory), "npm-private", "revoked")
	m.run("npm", "install", "@acme/hello").fails("E401")
}

func TestNPMPublish(t *testing.T) {
	t.Parallel()
	need(t, "npm", "--version")
	bothStyles(t, func(t *testing.T, r *registry) {
		m := npmMachine(t, r, "npm-other", alice)
		write(t, filepath.Join(m.dir, "package.json"), newPackage("@acme/fresh", "1.0.0"))
		write(t, filepath.Join(m.dir, "index.js"), "module.exports = () => 'fresh'\n")
		m.run("npm", "publish").ok("+ @acme/fresh@1.0.0")
		m.run("npm", "publish").fails("publish over") // npm 9 and 11 word the rest differently
		m.run("npm", "publish", "--force").fails(map[packages.Style]string{
			packages.Artifactory: "E403", packages.ArtifactKeeper: "E409",
		}[r.style])
		m.run("npm", "dist-tag", "add", "@acme/fresh@1.0.0", "stable").ok("+stable: @acme/fresh@1.0.0")
		m.run("npm", "view", "@acme/fresh@stable", "version").ok("1.0.0")

		reader := npmMachine(t, r, "npm-other", bob)
		reader.run("npm", "install", "--no-audit", "@acme/fresh").ok("added 1 package")
		reader.run("node", "-p", "require('@acme/fresh')()").ok("fresh")
		write(t, filepath.Join(reader.dir, "package.json"), newPackage("acme-stolen", "1.0.0"))
		reader.run("npm", "publish").fails("E403")
	})
}

// TestNPMUnpublish goes through what only Artifactory offers.
func TestNPMUnpublish(t *testing.T) {
	t.Parallel()
	need(t, "npm", "--version")
	m := npmMachine(t, startRegistry(t, packages.Artifactory), "npm-private", carol)
	m.run("npm", "deprecate", "@acme/hello@1.0.0", "too old").ok()
	m.run("npm", "view", "@acme/hello@1.0.0", "deprecated").ok("too old")
	m.run("npm", "search", "hello").ok("@acme/hello", "acme-hello")
	m.run("npm", "unpublish", "@acme/hello@1.1.0").ok("- @acme/hello@1.1.0")
	m.run("npm", "view", "@acme/hello", "version").ok("1.0.0")
	m.run("npm", "unpublish", "--force", "@acme/hello").ok()
	m.run("npm", "view", "@acme/hello").fails("E404")
}

func TestPNPM(t *testing.T) {
	t.Parallel()
	client(t, "pnpm")
	bothStyles(t, func(t *testing.T, r *registry) {
		m := npmMachine(t, r, "npm-private", alice)
		m.run("pnpm", "add", "@acme/hello", "acme-hello").ok()
		m.run("node", "-e", sayHello).ok("hello from @acme/hello 1.1.0 hello from acme-hello 1.0.0")

		publisher := npmMachine(t, r, "npm-other", alice)
		write(t, filepath.Join(publisher.dir, "package.json"), newPackage("@acme/fresh", "1.0.0"))
		publisher.run("pnpm", "publish", "--no-git-checks").ok()
		publisher.run("pnpm", "view", "@acme/fresh", "version").ok("1.0.0")
	})
}

func TestYarn(t *testing.T) {
	t.Parallel()
	client(t, "yarn")
	bothStyles(t, func(t *testing.T, r *registry) {
		m, publisher := npmMachine(t, r, "npm-private", alice), npmMachine(t, r, "npm-other", alice)
		write(t, filepath.Join(publisher.dir, "package.json"), newPackage("@acme/fresh", "1.0.0"))
		if strings.HasPrefix(m.run("yarn", "--version").ok().output, "1.") {
			m.yarnClassic(r, "npm-private")
			publisher.yarnClassic(r, "npm-other")
			m.run("yarn", "add", "--no-progress", "@acme/hello", "acme-hello").ok("Saved 2 new dependencies")
			publisher.run("yarn", "publish", "--non-interactive", "--new-version", "1.0.0").ok("Published")
		} else {
			m.yarnModern(r, "npm-private")
			publisher.yarnModern(r, "npm-other")
			m.run("yarn", "add", "@acme/hello", "acme-hello").ok("Done")
			publisher.run("yarn", "install").ok()
			publisher.run("yarn", "npm", "publish").ok("Package archive published")
		}
		m.run("node", "-e", sayHello).ok("hello from @acme/hello 1.1.0 hello from acme-hello 1.0.0")
	})
}

// yarnClassic completes the .npmrc for Yarn 1: it takes the CA from a file of its own only, sends no token for a package
// without scope unless told so, and would share one cache among all tests that run as root.
func (m *machine) yarnClassic(r *registry, key string) {
	m.t.Helper()
	rc := filepath.Join(m.home, ".npmrc")
	text, err := os.ReadFile(rc)
	if err != nil {
		m.t.Fatal(err)
	}
	repo := strings.TrimPrefix(r.repo("npm", key), "https:") + "/"
	write(m.t, rc, string(text)+repo+":always-auth=true\n")
	write(m.t, filepath.Join(m.home, ".yarnrc"), fmt.Sprintf("cafile %q\ncache-folder %q\n", r.caFile,
		filepath.Join(m.home, "yarn-cache")))
}

// yarnModern writes the configuration of Yarn 2 and later, which reads no .npmrc. The lock file marks the project's root.
// Without the last line it would hold back what is younger than some days, and everything Artifact Keeper has: that one
// does not tell when a version was published.
func (m *machine) yarnModern(r *registry, key string) {
	m.t.Helper()
	write(m.t, filepath.Join(m.home, ".yarnrc.yml"), fmt.Sprintf("npmRegistryServer: %q\nnpmAuthToken: %s\n"+
		"npmAlwaysAuth: true\nhttpsCaFilePath: %s\nnodeLinker: node-modules\nenableTelemetry: false\n"+
		"enableGlobalCache: false\nnpmMinimalAgeGate: 0\n", r.repo("npm", key), alice, r.caFile))
	write(m.t, filepath.Join(m.dir, "yarn.lock"), "")
}
