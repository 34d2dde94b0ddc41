package strangers

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// npmMachine has an .npmrc with the registry, its CA and an account's token. Yarn 1 reads it too, but for the CA, sends no
// token for a package without scope unless told so, and would share one cache among all tests that run as root.
func npmMachine(r *registry, a account) *machine {
	r.t.Helper()
	m := newMachine(r.t)
	repo := r.repo("npm", "npm-private") + "/"
	place := strings.TrimPrefix(repo, "https:")
	write(r.t, filepath.Join(m.home, ".npmrc"), fmt.Sprintf("registry=%s\n%s:_authToken=%s\n%s:always-auth=true\ncafile=%s\n"+
		"fund=false\naudit=false\nupdate-notifier=false\nfetch-retries=0\n", repo, place, a.token, place, r.CAFile))
	write(r.t, filepath.Join(m.home, ".yarnrc"), fmt.Sprintf("cafile %q\ncache-folder %q\n", r.CAFile,
		filepath.Join(m.home, "yarn-cache")))
	write(r.t, filepath.Join(m.dir, "package.json"), `{"name": "consumer", "version": "1.0.0", "private": true}`)
	return m
}

// publishable makes the machine's folder a package.
func (m *machine) publishable(name string) {
	m.t.Helper()
	write(m.t, filepath.Join(m.dir, "package.json"),
		fmt.Sprintf(`{"name": %q, "version": "1.0.0", "license": "MIT", "main": "index.js"}`, name))
	write(m.t, filepath.Join(m.dir, "index.js"), "module.exports = () => 'fresh'\n")
}

const sayHello = "console.log(require('@acme/hello')(), require('@acme/fresh')())"

func TestNPM(t *testing.T) {
	t.Parallel()
	needed(t, "npm", "--version")
	onBoth(t, func(t *testing.T, r *registry) {
		publisher := npmMachine(r, r.writer)
		publisher.publishable("@acme/fresh")
		publisher.run("npm", "publish").ok("+ @acme/fresh@1.0.0")
		r.onlyCame("npm-private", r.writer)

		m := npmMachine(r, r.reader)
		m.run("npm", "whoami").ok(r.reader.name)
		m.run("npm", "install", "@acme/hello", "@acme/fresh").ok("added 2 packages")
		m.run("node", "-e", sayHello).ok("hello from @acme/hello", "fresh")
		m.publishable("acme-stolen")
		m.run("npm", "publish").fails("E403")

		npmMachine(r, r.nobody).run("npm", "install", "@acme/hello").fails("E403")
		npmMachine(r, account{token: "nonsense"}).run("npm", "install", "@acme/hello").fails("E401")
		r.revoke(r.reader)
		m.run("npm", "install", "--prefer-online", "--force", "@acme/hello@1.0.0").fails("E401")
	})
}

func TestPNPM(t *testing.T) {
	t.Parallel()
	optional(t, "pnpm")
	onBoth(t, func(t *testing.T, r *registry) {
		publisher := npmMachine(r, r.writer)
		publisher.publishable("@acme/fresh")
		publisher.run("pnpm", "publish", "--no-git-checks").ok()

		m := npmMachine(r, r.reader)
		m.run("pnpm", "add", "@acme/hello", "@acme/fresh").ok()
		m.run("node", "-e", sayHello).ok("hello from @acme/hello", "fresh")

		npmMachine(r, r.nobody).run("pnpm", "add", "@acme/hello").fails("403")
		r.revoke(r.reader)
		npmMachine(r, r.reader).run("pnpm", "add", "@acme/hello").fails("401")
	})
}

func TestYarn(t *testing.T) {
	t.Parallel()
	optional(t, "yarn")
	if version := newMachine(t).run("yarn", "--version").ok().output; !strings.HasPrefix(version, "1.") {
		t.Skipf("Yarn %s has another configuration; it is tested with the package formats", strings.TrimSpace(version))
	}
	onBoth(t, func(t *testing.T, r *registry) {
		publisher := npmMachine(r, r.writer)
		publisher.publishable("@acme/fresh")
		publisher.run("yarn", "publish", "--non-interactive", "--new-version", "1.0.0").ok("Published")

		m := npmMachine(r, r.reader)
		m.run("yarn", "add", "--no-progress", "@acme/hello", "@acme/fresh").ok("Saved 2 new dependencies")
		m.run("node", "-e", sayHello).ok("hello from @acme/hello", "fresh")

		npmMachine(r, r.nobody).run("yarn", "add", "@acme/hello").fails()
		r.revoke(r.reader)
		npmMachine(r, r.reader).run("yarn", "add", "@acme/hello").fails()
		if seen := r.users("npm-private"); len(seen) != 2 || seen[r.nobody.name] {
			t.Errorf("the repository was used by %v", seen)
		}
	})
}
