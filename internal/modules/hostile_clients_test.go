package modules

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// listener is somebody else's server, which would like to have a token: it asks for one, and keeps whatever it is sent.
type listener struct {
	*httptest.Server
	mu   sync.Mutex
	sent []string
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, _ := httputil.DumpRequest(r, true)
	l.mu.Lock()
	l.sent = append(l.sent, string(request))
	l.mu.Unlock()
	w.Header().Set("WWW-Authenticate", `Basic realm="evil"`)
	http.Error(w, "authentication required", http.StatusUnauthorized)
}

// leaks counts the requests so far, and lists those with the token in any spelling.
func (l *listener) leaks(token string) (requests int, leaks []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, request := range l.sent {
		for _, user := range []string{"jane", "token", ""} {
			for _, form := range forms(user, token) {
				if strings.Contains(request, form) {
					leaks = append(leaks, request)
				}
			}
		}
	}
	return len(l.sent), leaks
}

func (l *listener) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = nil
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewUnstartedServer(l)
	l.TLS = &tls.Config{Certificates: []tls.Certificate{listenerCertificate().leaf}, MinVersion: tls.VersionTLS12}
	l.StartTLS()
	t.Cleanup(l.Close)
	return l
}

// listenerCertificate is one that every client trusts, as it would one of the Internet's. The test server's own will not do for
// clients that want an authority beside it.
var listenerCertificate = sync.OnceValue(func() (issued struct {
	authority string
	leaf      tls.Certificate
},
) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	sign := func(template, parent *x509.Certificate) []byte {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
		content, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), key)
		must(err)
		return content
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of the listener"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	content := sign(authority, authority)
	authority, err = x509.ParseCertificate(content)
	must(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	issued.authority = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: content}))
	issued.leaf = tls.Certificate{Certificate: [][]byte{sign(leaf, authority)}, PrivateKey: key}
	return issued
})

// plainListener listens by http where a registry has https. Its address is part of a script, so it lives as long as the tests.
var plainListener = sync.OnceValue(func() *listener {
	l := &listener{}
	l.Server = httptest.NewServer(l)
	return l
})

// lured is how a client is pointed at an address.
type lured struct {
	client string
	// many is for clients that are fast, and few for those that are slow.
	many, few bool
	path      string
	run       func(w *workspace, address string)
}

var luredClients = []lured{
	{client: "python3", few: true, path: "artifactory/api/pypi/pypi-virtual/simple", run: func(w *workspace, address string) {
		w.try("python3", "-m", "pip", "download", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-cache-dir", "--retries", "0", "--timeout", "5", "--index-url", address, "hello")
	}},
	{client: "uv", many: true, path: "artifactory/api/pypi/pypi-virtual/simple", run: func(w *workspace, address string) {
		w.env["UV_NO_CACHE"], w.env["UV_PYTHON_DOWNLOADS"], w.env["UV_HTTP_RETRIES"], w.env["SSL_CERT_FILE"] = "1", "never", "0", w.data("ca-bundle.pem")
		w.try("uv", "pip", "install", "--target", "installed", "--default-index", address, "hello")
	}},
	{client: "twine", path: "artifactory/api/pypi/pypi-virtual/", run: func(w *workspace, address string) {
		w.writeWheel("hello-1.0.0-py3-none-any.whl")
		w.try("twine", "upload", "--non-interactive", "--disable-progress-bar", "--repository-url", address, "hello-1.0.0-py3-none-any.whl")
	}},
	{client: "poetry", few: true, path: "artifactory/api/pypi/pypi-virtual/simple/", run: func(w *workspace, address string) {
		w.env["POETRY_REQUESTS_TIMEOUT"] = "5"
		w.write("p/pyproject.toml", "[project]\nname = \"consumer\"\nversion = \"1.0.0\"\nrequires-python = \">=3.8\"\n[tool.poetry]\npackage-mode = false\n"+
			"[tool.poetry.dependencies]\nhello = \"*\"\n[[tool.poetry.source]]\nname = \"registry\"\nurl = '"+address+"'\npriority = \"primary\"\n", 0o600)
		w.try("sh", "-c", "cd p && rm -f poetry.lock && poetry lock --no-interaction")
	}},
	{client: "cargo", many: true, path: "artifactory/api/cargo/crates/index/", run: func(w *workspace, address string) {
		w.toolHomes()
		w.env["CARGO_NET_RETRY"], w.env["CARGO_REGISTRIES_CRATES_INDEX"] = "0", "sparse+"+address
		w.write("p/Cargo.toml", "[package]\nname = \"consumer\"\nversion = \"1.0.0\"\n[dependencies]\nhello = { version = \"1\", registry = \"crates\" }\n", 0o600)
		w.write("p/src/lib.rs", "", 0o600)
		w.try("sh", "-c", "cd p && cargo fetch")
	}},
	{client: "git", many: true, path: "artifactory/api/lfs/x", run: func(w *workspace, address string) {
		w.env["GIT_TERMINAL_PROMPT"], w.env["GIT_SSL_CAINFO"], w.env["GIT_CONFIG_NOSYSTEM"] = "0", w.data("ca-bundle.pem"), "1"
		w.try("git", "-c", "credential.helper="+w.data("bin/registry-git"), "ls-remote", address)
	}},
	{client: "go", many: true, path: "artifactory/api/go/go-virtual", run: func(w *workspace, address string) {
		w.env["GOFLAGS"], w.env["GOTOOLCHAIN"], w.env["GOPROXY"] = "-modcacherw", "local", address
		w.try("go", "list", "-m", "-versions", "example.com/hello")
	}},
	{client: "docker", path: "x/hello:1", run: func(w *workspace, address string) {
		w.env["DOCKER_HOST"], w.env["DOCKER_CLI_EXPERIMENTAL"] = "tcp://127.0.0.1:1", "enabled"
		w.try("docker", "manifest", "inspect", strings.TrimPrefix(address, "https://"))
	}},
	{client: "npm", path: "artifactory/api/npm/npm-virtual/", run: func(w *workspace, address string) {
		w.write("p/.npmrc", "registry="+address+"\n", 0o600)
		w.try("sh", "-c", "cd p && npm view hello version --fetch-retries=0")
	}},
	{client: "pnpm12", path: "artifactory/api/npm/npm-virtual/", run: func(w *workspace, address string) {
		w.write("p/.npmrc", "fetch-retries=0\nregistry="+address+"\n", 0o600)
		w.write("p/package.json", `{"name":"consumer","version":"1.0.0","private":true}`, 0o600)
		w.try("sh", "-c", "cd p && pnpm12 add hello")
	}},
	{client: "yarn-modern", path: "artifactory/api/npm/npm-virtual/", run: func(w *workspace, address string) {
		w.env["YARN_ENABLE_GLOBAL_CACHE"], w.env["YARN_ENABLE_TELEMETRY"], w.env["YARN_HTTP_RETRY"], w.env["YARN_NPM_MINIMAL_AGE_GATE"] = "false", "false", "0", "0"
		w.write("p/package.json", `{"name":"consumer","version":"1.0.0","private":true}`, 0o600)
		w.write("p/yarn.lock", "", 0o600)
		w.write("p/.yarnrc.yml", "npmRegistryServer: '"+address+"'\n", 0o600)
		w.try("sh", "-c", "cd p && yarn-modern add hello")
	}},
}

// lures are addresses of a listener that look like the registry's in one reading.
func lures(l *listener, lure lured) []string {
	place := strings.NewReplacer("EVIL", strings.TrimPrefix(l.URL, "https://"), "HOST", strings.TrimPrefix(clientServer().URL, "https://"), "PATH", lure.path)
	positions := []string{"https://jane@EVILODD@HOST/PATH", "https://EVILODD@HOST/PATH"}
	separators := []string{"?", "#", `\`, "/", "%2f"}
	if lure.many {
		positions = append(positions, "https://HOSTODD@EVIL/PATH", "https://jane@HOSTODD@EVIL/PATH")
		separators = append(separators, "//", ";", "%40", "%5c", " ", "\t", "\uff0f", "\uff20", "\uff1f", "\u3002", "[", ":x", "/..", "/x?", "/x#")
	}
	if lure.few {
		separators = separators[:3]
	}
	addresses := []string{"https://EVIL/PATH", "https://jane@EVIL/PATH", "https://HOST@EVIL/PATH", "https://jane@EVIL/HOST/PATH", "https://jane@EVIL/?https://HOST/PATH"}
	for _, position := range positions {
		for _, separator := range separators {
			addresses = append(addresses, strings.ReplaceAll(position, "ODD", separator))
		}
	}
	for i := range addresses {
		addresses[i] = place.Replace(addresses[i])
	}
	return addresses
}

// writeWheel writes the smallest wheel there is.
func (w *workspace) writeWheel(name string) {
	w.t.Helper()
	const info = "hello-1.0.0.dist-info/"
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	for _, file := range [][2]string{
		{info + "METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0.0\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: modules\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{info + "RECORD", info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n"},
	} {
		part, err := archive.Create(file[0])
		if err == nil {
			_, err = part.Write([]byte(file[1]))
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.write(name, content.String(), 0o600)
}

// luredWorkspace is signed in from Coder, with a front for git beside the others.
func luredWorkspace(t *testing.T, fixture string) (*workspace, string) {
	t.Helper()
	needClient(t, "dash")
	w, module := oauthWorkspace(t, shells["dash"], fixture, "jane", "")
	token := tokenOf(t, "jane")
	w.withCoder(token, time.Now().Add(time.Hour))
	w.tryScript(module.Texts["start"])
	(&program{w: w, instance: "registry"}).addFronts()
	if err := os.Symlink("registry-credential", w.data("bin/registry-git")); err != nil {
		t.Fatal(err)
	}
	return w, token
}

// The clients themselves, sent by a project to an address that is a listener's in their reading.
func TestLuredClientsKeepTheToken(t *testing.T) {
	t.Parallel()
	for _, lure := range luredClients {
		t.Run(lure.client, func(t *testing.T) {
			t.Parallel()
			needClient(t, lure.client)
			w, token := luredWorkspace(t, "address_clients")
			l := newListener(t)
			addresses, came := lures(l, lure), 0
			for _, address := range addresses {
				l.forget()
				lure.run(w, address)
				requests, leaks := l.leaks(token)
				if requests > 0 {
					came++
				}
				if len(leaks) > 0 {
					t.Errorf("with %q the listener gets the token:\n%s", address, leaks[0])
				}
			}
			if came == 0 {
				t.Error("the client never came to the listener, so that it shows nothing")
			}
			t.Logf("%s came to the listener with %d of %d addresses", lure.client, came, len(addresses))
		})
	}
}

// A network where somebody else answers by http in the registry's place: what is for https does not go there.
func TestClientsKeepTheTokenFromPlainHTTP(t *testing.T) {
	t.Parallel()
	l := plainListener()
	for _, lure := range luredClients {
		// These bind a token to a host without its scheme, and the README says so; Go refuses such a proxy by itself.
		if lure.client != "python3" && lure.client != "uv" && lure.client != "cargo" && lure.client != "git" {
			continue
		}
		t.Run(lure.client, func(t *testing.T) {
			t.Parallel()
			needClient(t, lure.client)
			w, token := luredWorkspace(t, "address_listened")
			lure.run(w, strings.Replace(l.URL, "http://", "http://jane@", 1)+"/"+lure.path)
			lure.run(w, l.URL+"/"+lure.path)
			if _, leaks := l.leaks(token); len(leaks) > 0 {
				t.Errorf("the listener gets the token:\n%s", leaks[0])
			}
		})
	}
}
