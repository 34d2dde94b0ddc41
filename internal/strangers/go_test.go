package strangers

import (
	"fmt"
	"path/filepath"
	"testing"
)

// goMachine has a .netrc with an account's token. Go takes a CA from its environment only.
func goMachine(r *registry, a account) *machine {
	r.t.Helper()
	m := newMachine(r.t, "GOENV=off", "GOTOOLCHAIN=local", "GOFLAGS=-modcacherw", "GOPROXY="+r.repo("go", "go-private"),
		"GONOSUMDB=example.com/*", "SSL_CERT_FILE="+r.CAFile)
	// A process that outlives the command would still write into the home that the test removes.
	write(r.t, filepath.Join(m.home, ".config", "go", "telemetry", "mode"), "off")
	// Go compares the host with its port.
	write(r.t, filepath.Join(m.home, ".netrc"),
		fmt.Sprintf("machine %s login %s password %s\n", r.host(), r.login(a), a.token))
	m.run("go", "mod", "init", "example.org/consumer").ok()
	return m
}

func TestGo(t *testing.T) {
	t.Parallel()
	needed(t, "go", "version")
	onBoth(t, func(t *testing.T, r *registry) {
		m := goMachine(r, r.reader)
		m.run("go", "list", "-m", "-versions", "example.com/acme/hello").ok("v1.0.0 v1.1.0")
		m.run("go", "get", "example.com/acme/hello@v1.0.0").ok("added example.com/acme/hello v1.0.0")
		m.run("go", "mod", "download", "example.com/acme/hello").ok()
		m.run("go", "mod", "verify").ok("all modules verified")
		r.onlyCame("go-private", r.reader)

		goMachine(r, r.nobody).run("go", "get", "example.com/acme/hello@v1.0.0").fails("403")
		goMachine(r, account{name: r.reader.name, token: "nonsense"}).
			run("go", "get", "example.com/acme/hello@v1.0.0").fails("401")
		r.revoke(r.reader)
		goMachine(r, r.reader).run("go", "get", "example.com/acme/hello@v1.0.0").fails("401")
	})
}
