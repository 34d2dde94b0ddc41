package transport

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// pki is a certificate authority and what it signed.
type pki struct {
	pool *x509.CertPool
	ca   *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newPKI(t *testing.T) *pki {
	t.Helper()
	p := &pki{pool: x509.NewCertPool()}
	p.key = newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, p.key.Public(), p.key)
	if err != nil {
		t.Fatal(err)
	}
	if p.ca, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	p.pool.AddCert(p.ca)
	return p
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (p *pki) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.ca.Raw}))
}

// issue signs a certificate for a host, or for a client without one.
func (p *pki) issue(t *testing.T, host string, notAfter time.Time) (certificate, key string) {
	t.Helper()
	own := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: notAfter,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else if host != "" {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, p.ca, own.Public(), p.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

// server listens with a certificate for a host.
func (p *pki) server(t *testing.T, host string, notAfter time.Time, change func(*tls.Config)) *httptest.Server {
	t.Helper()
	certificate, key := p.issue(t, host, notAfter)
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "application/json", `{"name":"x"}`)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if change != nil {
		change(server.TLS)
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestServerCertificates(t *testing.T) {
	t.Parallel()
	later := time.Now().Add(time.Hour)
	p := newPKI(t)
	good := p.server(t, "127.0.0.1", later, nil)
	for name, tc := range map[string]struct {
		server *httptest.Server
		ca     string
		skip   bool
		hint   string // empty for success
	}{
		"known authority":   {good, p.pem(), false, ""},
		"unknown authority": {good, "", false, "ca_certificate"},
		"other authority":   {good, newPKI(t).pem(), false, "ca_certificate"},
		"wrong host":        {p.server(t, "other.example.com", later, nil), p.pem(), false, "another host name"},
		"expired":           {p.server(t, "127.0.0.1", time.Now().Add(-time.Hour), nil), p.pem(), false, "expired"},
		"not verified":      {good, "", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, waits := connectTo(t, tc.server, func(cfg *Config) { cfg.CAPEM = tc.ca; cfg.InsecureSkipVerify = tc.skip })
			err := c.Do(context.Background(), create("/x"), &thing{})
			if tc.hint == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e := wantKind(t, err, registry.KindUnavailable)
			if !strings.Contains(e.Error(), tc.hint) || len(waits.all()) != 0 {
				t.Errorf("want %q at once, after %d waits: %s", tc.hint, len(waits.all()), e.Error())
			}
		})
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	server := p.server(t, "127.0.0.1", time.Now().Add(time.Hour), func(c *tls.Config) {
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 // what is to be refused
	})
	c, _ := connectTo(t, server, func(cfg *Config) { cfg.CAPEM = p.pem() })
	wantKind(t, c.Do(context.Background(), get("/x"), &thing{}), registry.KindUnavailable)
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	server := p.server(t, "127.0.0.1", time.Now().Add(time.Hour), func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, p.pool
	})
	certificate, key := p.issue(t, "", time.Now().Add(time.Hour))
	c, _ := connectTo(t, server, func(cfg *Config) {
		cfg.CAPEM, cfg.ClientCertPEM, cfg.ClientKeyPEM = p.pem(), certificate, registry.NewSecret(key)
	})
	if err := c.Do(context.Background(), create("/x"), &thing{}); err != nil {
		t.Error(err)
	}
	// Under TLS 1.3 the refusal comes after the request was written, and still nothing happened.
	c, _ = connectTo(t, server, func(cfg *Config) { cfg.CAPEM = p.pem() })
	e := wantKind(t, c.Do(context.Background(), create("/x"), &thing{}), registry.KindUnavailable)
	if !strings.Contains(e.Error(), "client_certificate") {
		t.Errorf("no hint: %s", e.Error())
	}
}

func TestPlainHTTPOnATLSPort(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	c, waits := connectTo(t, server, func(cfg *Config) { cfg.BaseURL = strings.Replace(server.URL, "http:", "https:", 1) })
	e := wantKind(t, c.Do(context.Background(), get("/x"), nil), registry.KindUnavailable)
	if !strings.Contains(e.Error(), "plain http") || len(waits.all()) != 0 {
		t.Errorf("%s", e.Error())
	}
}

// tunnel is a proxy that sends every CONNECT to one server and remembers the hosts that were asked for.
type tunnel struct {
	target string
	mu     sync.Mutex
	hosts  []string
	auth   string
}

func (p *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.hosts = append(p.hosts, r.Host)
	p.auth = r.Header.Get("Proxy-Authorization")
	p.mu.Unlock()
	if r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	up, err := net.Dial("tcp", p.target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	down, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	// Written by hand: answering before the take-over would let the client's first bytes get lost in between.
	_, _ = io.WriteString(down, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(up, down); _ = up.Close() }()
	_, _ = io.Copy(down, up)
	_ = down.Close()
}

func startTunnel(t *testing.T, target *httptest.Server) (*tunnel, string) {
	t.Helper()
	p := &tunnel{target: target.Listener.Addr().String()}
	server := httptest.NewServer(p)
	t.Cleanup(server.CloseClientConnections)
	return p, server.URL
}

func TestProxy(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	server := p.server(t, "registry.test", time.Now().Add(time.Hour), nil)
	proxy, url := startTunnel(t, server)
	c, _ := connectTo(t, server, func(cfg *Config) {
		cfg.BaseURL, cfg.CAPEM = "https://registry.test", p.pem()
		cfg.ProxyURL = registry.NewSecret(strings.Replace(url, "http://", "http://user:canary@", 1))
	})
	t.Cleanup(c.CloseIdleConnections)
	if err := c.Do(context.Background(), get("/x"), &thing{}); err != nil {
		t.Fatal(err)
	}
	proxy.mu.Lock()
	defer proxy.mu.Unlock()
	if len(proxy.hosts) != 1 || proxy.hosts[0] != "registry.test:443" || proxy.auth == "" {
		t.Errorf("the proxy saw %q (%q)", proxy.hosts, proxy.auth)
	}
}

func TestUnreachableProxy(t *testing.T) {
	t.Parallel()
	server := newPKI(t).server(t, "registry.test", time.Now().Add(time.Hour), nil)
	c, _ := connectTo(t, server, func(cfg *Config) {
		cfg.ProxyURL = registry.NewSecret("http://user:canary@127.0.0.1:1")
		cfg.MaxRetries = 0
	})
	e := wantKind(t, c.Do(context.Background(), create("/x"), nil), registry.KindUnavailable)
	if text := e.Error(); !strings.Contains(text, "`proxy`") || strings.Contains(text, "canary") {
		t.Error(text)
	}
}

// TestEnvironmentProxy runs in a process of its own, since the environment's proxy is read once per process.
func TestEnvironmentProxy(t *testing.T) {
	t.Parallel()
	if url := os.Getenv("TRANSPORT_TEST_URL"); url != "" {
		c, err := New(Config{BaseURL: url, CAPEM: os.Getenv("TRANSPORT_TEST_CA")})
		if err == nil {
			err = c.Do(context.Background(), get("/x"), &thing{})
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	p := newPKI(t)
	server := p.server(t, "registry.test", time.Now().Add(time.Hour), nil)
	proxy, url := startTunnel(t, server)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestEnvironmentProxy$")
	cmd.Env = append(os.Environ(), "HTTPS_PROXY="+url, "https_proxy="+url, "NO_PROXY=", "no_proxy=",
		"TRANSPORT_TEST_URL=https://registry.test", "TRANSPORT_TEST_CA="+p.pem())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	proxy.mu.Lock()
	defer proxy.mu.Unlock()
	if len(proxy.hosts) != 1 {
		t.Errorf("the proxy saw %q", proxy.hosts)
	}
}

// TestRedirectsAreNotFollowed: not even to the same host, and the credential goes nowhere.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	asked := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/login" { // whoever follows finds something that could be believed
			answer(w, http.StatusOK, "application/json", `{"name":"x"}`)
			return
		}
		http.Redirect(w, r, "/login?token="+testToken, http.StatusFound)
	})
	e := wantKind(t, c.Do(context.Background(), get("/x"), &thing{}), registry.KindWrongEndpoint)
	if asked != 1 || strings.Contains(e.Error(), testToken) {
		t.Errorf("asked %d times: %s", asked, e.Error())
	}
}

func TestNoCookiesAreKept(t *testing.T) {
	t.Parallel()
	var cookies []string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cookies = append(cookies, r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "ak_access_token", Value: "x", Path: "/"})
		w.WriteHeader(http.StatusOK)
	})
	for range 2 {
		if err := c.Do(context.Background(), get("/x"), nil); err != nil {
			t.Fatal(err)
		}
	}
	if cookies[1] != "" {
		t.Errorf("cookie %q was sent back", cookies[1])
	}
}

// TestLog: the log says what happened and nothing of what was said.
func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ctx := tflogtest.RootLogger(context.Background(), &out)
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Correlation-Id", "corr-1 "+testToken)
		answer(w, http.StatusTooManyRequests, "application/json", `{"code":"canary-code","message":"canary-message"}`)
	}, func(cfg *Config) { cfg.MaxRetries = 1; cfg.Headers = map[string]string{"X-Gate": "canary-header"} })
	r := create("/users/{name}/tokens")
	r.Params, r.Query = map[string]string{"name": "canary-name"}, map[string][]string{"q": {"canary-query"}}
	r.Body, r.Secrets = map[string]string{"password": "canary-body"}, []registry.Secret{registry.NewSecret("canary-body")}
	wantKind(t, c.Do(ctx, r, nil), registry.KindRateLimited)
	text := out.String()
	if strings.Contains(text, "canary") {
		t.Errorf("the log repeats what was said:\n%s", text)
	}
	for _, want := range []string{`"path":"/users/{name}/tokens"`, `"status":429`, `"attempt":2`, `"request_id":"corr-1`, `"method":"POST"`, "wait_ms"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s:\n%s", want, text)
		}
	}
}

func TestObserveCountsAttempts(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []Attempt
	c, _ := serve(t, status(503, ""), func(cfg *Config) {
		cfg.MaxRetries = 1
		cfg.Observe = func(a Attempt) { mu.Lock(); seen = append(seen, a); mu.Unlock() }
	})
	wantKind(t, c.Do(context.Background(), get("/users/{name}"), nil), registry.KindUnknown)
	wantKind(t, c.Do(context.Background(), get("/users/{id}"), nil), registry.KindUnavailable)
	if len(seen) != 2 || seen[1].Number != 2 || seen[1].Path != "/users/{id}" || seen[1].Status != 503 {
		t.Errorf("%+v", seen)
	}
}
