package clienttest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

// The tokens the server knows: alice publishes, bob reads, carol may replace and delete too. Their names stand for them.
const (
	alice = "alice-token"
	bob   = "bob-token"
	carol = "carol-token"
)

// registry is a running server that speaks TLS and asks for credentials, with a store behind it.
type registry struct {
	*httptest.Server
	style  packages.Style
	store  *packages.Packages
	caFile string
}

// startRegistry serves the seeds in the given style.
func startRegistry(t *testing.T, style packages.Style) *registry {
	t.Helper()
	r := &registry{style: style, store: packages.New(packages.Seed(), nil), caFile: filepath.Join(t.TempDir(), "ca.pem")}
	r.Server = httptest.NewUnstartedServer(r)
	caPEM, certificate := newCertificates(t)
	r.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that give up in mid-handshake are none of a test's business
	r.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	r.StartTLS()
	t.Cleanup(r.Close)
	write(t, r.caFile, string(caPEM))
	return r
}

// newCertificates makes a CA and a certificate for 127.0.0.1. The one httptest brings is its own CA, which strict
// clients refuse to take from a server.
func newCertificates(t *testing.T) (caPEM []byte, certificate tls.Certificate) {
	t.Helper()
	sign := func(template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if parentKey == nil {
			parentKey = key
		}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
		if err != nil {
			t.Fatal(err)
		}
		return der, key
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client test CA"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	caDER, caKey := sign(ca, ca, nil)
	ca, err := x509.ParseCertificate(caDER)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	der, key := sign(leaf, ca, caKey)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}),
		tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// prefix is the path before the format.
func (r *registry) prefix() string {
	if r.style == packages.Artifactory {
		return "/artifactory/api"
	}
	return ""
}

// repo is the address of a repository, without trailing slash.
func (r *registry) repo(format, key string) string {
	return r.URL + r.prefix() + "/" + format + "/" + key
}

// withUser is repo with a user and a token in the address, as pip and Go take them.
func (r *registry) withUser(format, key, token string) string {
	u, err := url.Parse(r.repo(format, key))
	if err != nil {
		panic(err)
	}
	u.User = url.UserPassword("__token__", token)
	return u.String()
}

// host is the host and port.
func (r *registry) host() string { return strings.TrimPrefix(r.URL, "https://") }

// ServeHTTP authenticates like both registries do, by a token as Bearer or as the password of Basic, and serves.
func (r *registry) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	token, bearer := strings.CutPrefix(hr.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		_, token, _ = hr.BasicAuth()
	}
	if token != alice && token != bob && token != carol {
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		r.errors(w, http.StatusUnauthorized, "UNAUTHORIZED", "Authentication required")
		return
	}
	rest, ok := strings.CutPrefix(hr.URL.Path, r.prefix()+"/")
	parts := strings.SplitN(rest, "/", 3)
	if !ok || len(parts) < 2 {
		r.errors(w, http.StatusNotFound, "NOT_FOUND", "No such route")
		return
	}
	req := packages.Request{
		Format: parts[0], Repository: parts[1], BaseURL: r.repo(parts[0], parts[1]), User: strings.TrimSuffix(token, "-token"),
		CanWrite: token != bob, CanDelete: token == carol, Errors: r.errors, Style: r.style,
	}
	if len(parts) == 3 {
		req.Path = parts[2]
	}
	r.store.Serve(w, hr, req)
}

func (r *registry) errors(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if r.style == packages.Artifactory {
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{"status": status, "message": message}}})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": message})
}

// bothStyles runs a test against each registry, once it is known that the client is there.
func bothStyles(t *testing.T, test func(t *testing.T, r *registry)) {
	t.Helper()
	for name, style := range map[string]packages.Style{
		"artifactory": packages.Artifactory, "artifact_keeper": packages.ArtifactKeeper,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, startRegistry(t, style))
		})
	}
}

// machine is a place to run clients in: an empty home and an environment with nothing in it but the path, since what a
// developer's own machine exports (certificate files, indexes, tokens) would answer in the registry's stead.
type machine struct {
	t    *testing.T
	home string
	dir  string // where commands run
	env  []string
}

func newMachine(t *testing.T, env ...string) *machine {
	t.Helper()
	if testing.Short() {
		t.Skip("real clients are not run in short mode")
	}
	home := t.TempDir()
	dir := filepath.Join(home, "work")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &machine{t, home, dir, append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}, env...)}
}

// result is how a command ended.
type result struct {
	t       *testing.T
	command string
	output  string // both streams
	err     error
}

// run runs a command to its end.
func (m *machine) run(name string, args ...string) result {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = m.dir, m.env
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	return result{m.t, name + " " + strings.Join(args, " "), output.String(), err}
}

// ok checks that the command succeeded and printed the parts.
func (r result) ok(parts ...string) result {
	r.t.Helper()
	if r.err != nil {
		r.t.Fatalf("%s: %v\n%s", r.command, r.err, r.output)
	}
	return r.says(parts...)
}

// fails checks that the command failed and printed the parts.
func (r result) fails(parts ...string) result {
	r.t.Helper()
	if r.err == nil {
		r.t.Fatalf("%s: succeeded\n%s", r.command, r.output)
	}
	return r.says(parts...)
}

func (r result) says(parts ...string) result {
	r.t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.output, part) {
			r.t.Fatalf("%s: does not say %q:\n%s", r.command, part, r.output)
		}
	}
	return r
}

// write writes a file, private like everything here, making its folder.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// client finds an optional client. The test is skipped when it is missing.
func client(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: %v", name, err)
	}
}

// need finds a client that CI always has: there its absence is a failure.
func need(t *testing.T, name string, args ...string) {
	t.Helper()
	err := exec.Command(name, args...).Run()
	if err == nil {
		return
	}
	reason := fmt.Sprintf("%s is not installed: %v", strings.Join(append([]string{name}, args...), " "), err)
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
