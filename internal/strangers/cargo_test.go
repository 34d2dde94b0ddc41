package strangers

import (
	"fmt"
	"path/filepath"
	"testing"
)

// cargoMachine has a registry in its configuration that stands in for crates.io, and an account's token. Cargo sends the
// token as it is, so that its scheme belongs to it.
func cargoMachine(r *registry, a account) *machine {
	r.t.Helper()
	m := newMachine(r.t, "CARGO_HTTP_CAINFO="+r.CAFile, "CARGO_REGISTRIES_ACME_TOKEN=Bearer "+a.token)
	home := filepath.Join(m.home, ".cargo")
	m.env = append(m.env, "CARGO_HOME="+home)
	m.toolchain()
	index := r.repo("cargo", "cargo-private") + "/"
	if r.isArtifactory() {
		index += "index/"
	}
	write(r.t, filepath.Join(home, "config.toml"), fmt.Sprintf("[registries.acme]\nindex = \"sparse+%s\"\n"+
		"[registry]\ndefault = \"acme\"\nglobal-credential-providers = [\"cargo:token\"]\n[source.crates-io]\nreplace-with = \"acme\"\n"+
		"[net]\nretry = 0\n", index))
	return m
}

// project makes the machine's folder a crate.
func (m *machine) project(name, dependencies string) {
	m.t.Helper()
	write(m.t, filepath.Join(m.dir, "Cargo.toml"), fmt.Sprintf("[package]\nname = %q\nversion = \"1.0.0\"\nedition = \"2021\"\n"+
		"license = \"MIT\"\ndescription = \"from a test\"\n[dependencies]\n%s\n", name, dependencies))
	write(m.t, filepath.Join(m.dir, "src", "main.rs"), "fn main() { println!(\"{}\", acme_hello::hello()); }\n")
}

func TestCargo(t *testing.T) {
	t.Parallel()
	needed(t, "cargo", "--version")
	onBoth(t, func(t *testing.T, r *registry) {
		publisher := cargoMachine(r, r.writer)
		publisher.project("acme-fresh", "acme-hello = { version = \"1\", registry = \"acme\" }")
		publisher.run("cargo", "publish", "--no-verify", "--registry", "acme").ok("Uploaded acme-fresh")
		publisher.run("cargo", "publish", "--no-verify", "--registry", "acme").fails("already exists")
		r.onlyCame("cargo-private", r.writer)

		m := cargoMachine(r, r.reader)
		m.project("consumer", "acme-hello = { version = \"1\", registry = \"acme\" }")
		m.run("cargo", "run").ok("hello from acme-hello 1.0.0")
		m.project("consumer", "acme-fresh = \"1\"") // where crates.io would be
		m.run("cargo", "fetch").ok("Downloaded acme-fresh")
		m.run("cargo", "publish", "--no-verify", "--allow-dirty", "--registry", "acme").fails("403")

		for _, refused := range []struct {
			account account
			says    string
		}{{r.nobody, "403"}, {account{token: "nonsense"}, "401"}} {
			m := cargoMachine(r, refused.account)
			m.project("consumer", "acme-hello = { version = \"1\", registry = \"acme\" }")
			m.run("cargo", "fetch").fails(refused.says)
		}
		r.revoke(r.reader)
		m = cargoMachine(r, r.reader)
		m.project("consumer", "acme-hello = { version = \"1\", registry = \"acme\" }")
		m.run("cargo", "fetch").fails("401")
	})
}
