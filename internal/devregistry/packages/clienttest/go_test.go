package clienttest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

// goMachine has Go set up for a repository, with the token in a .netrc. The build cache is the machine's own: it holds
// no configuration, and compiling the standard library anew would take most of the test's time.
func goMachine(t *testing.T, r *registry, key, token string) *machine {
	t.Helper()
	need(t, "go", "version")
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, "GOCACHE="+strings.TrimSpace(string(cache)), "GOENV=off", "GOTOOLCHAIN=local", "GOFLAGS=-modcacherw",
		"GOPROXY="+r.repo("go", key), "GONOSUMDB=example.com/*", "SSL_CERT_FILE="+r.caFile)
	// A process that outlives the command would still write into the home that the test removes.
	write(t, filepath.Join(m.home, ".config", "go", "telemetry", "mode"), "off")
	// Go compares the host with its port.
	write(t, filepath.Join(m.home, ".netrc"), fmt.Sprintf("machine %s login __token__ password %s\n", r.host(), token))
	return m
}

func TestGoModules(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, r *registry) {
		m := goMachine(t, r, "go-private", bob)
		m.run("go", "mod", "init", "example.org/consumer").ok()
		m.run("go", "list", "-m", "-versions", "example.com/acme/hello").ok("v1.0.0 v1.1.0")
		m.run("go", "get", "example.com/acme/hello@v1.0.0").ok("added example.com/acme/hello v1.0.0")
		m.run("go", "get", "example.com/acme/hello@latest").ok("upgraded example.com/acme/hello v1.0.0 => v1.1.0")
		write(t, filepath.Join(m.dir, "main.go"), `package main

import (
	"fmt"

	"example.com/acme/hello"
)

func main() { fmt.Println(hello.Hello()) }
`)
		m.run("go", "run", ".").ok("hello from example.com/acme/hello v1.1.0")
		m.run("go", "mod", "verify").ok("all modules verified")
		m.run("go", "run", "example.com/acme/hello/cmd/hello@v1.0.0").ok("hello from example.com/acme/hello v1.0.0")
		m.run("go", "get", "example.com/acme/nothing").fails("404")
	})
}

func TestGoRefusesAWrongToken(t *testing.T) {
	t.Parallel()
	m := goMachine(t, startRegistry(t, packages.ArtifactKeeper), "go-private", "revoked")
	m.run("go", "mod", "download", "-json", "example.com/acme/hello@v1.0.0").fails("401")
}

// TestGoPublish puts a module there the way either registry takes it (Go has no client for that) and downloads it.
func TestGoPublish(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, r *registry) {
		m := goMachine(t, r, "go-other", bob)
		const path = "example.com/Acme/fresh" // the capital is encoded in addresses
		source := filepath.Join(m.home, "source")
		write(t, filepath.Join(source, "go.mod"), "module "+path+"\n\ngo 1.21\n")
		write(t, filepath.Join(source, "fresh.go"), "package fresh\n")
		var archive bytes.Buffer
		if err := modzip.CreateFromDir(&archive, module.Version{Path: path, Version: "v1.0.0"}, source); err != nil {
			t.Fatal(err)
		}
		mod, err := os.ReadFile(filepath.Join(source, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for file, content := range map[string][]byte{"v1.0.0.zip": archive.Bytes(), "v1.0.0.mod": mod} {
			r.put(t, r.repo("go", "go-other")+"/example.com/!acme/fresh/@v/"+file, alice, content, http.StatusCreated)
			r.put(t, r.repo("go", "go-other")+"/example.com/!acme/fresh/@v/v2"+file[1:], bob, content, http.StatusForbidden)
		}
		m.run("go", "mod", "download", "-json", path+"@latest").ok(`"Version": "v1.0.0"`, `"Zip":`)
	})
}

// put uploads over TLS with a token.
func (r *registry) put(t *testing.T, address, token string, content []byte, status int) {
	t.Helper()
	ca, err := os.ReadFile(r.caFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("anybody", token)
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != status {
		t.Fatalf("PUT %s: status %d, want %d: %s", address, res.StatusCode, status, body)
	}
}
