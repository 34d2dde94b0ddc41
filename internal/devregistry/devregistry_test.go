package devregistry_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
)

var dialects = []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper}

// listing is a request of an administrator in each dialect.
var listing = map[devregistry.Dialect]string{
	devregistry.Artifactory: "/access/api/v2/users", devregistry.ArtifactKeeper: "/api/v1/users",
}

func request(t *testing.T, server *devregistry.Server, method, path, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+server.AdminToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// fetch sends a request that has to be answered.
func fetch(t *testing.T, client *http.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestStart(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			server := devregistrytest.Start(t, dialect)
			res, body := fetch(t, devregistrytest.Client(t, server), request(t, server, "GET", listing[dialect], ""))
			if res.StatusCode != http.StatusOK || !strings.Contains(body, `"alice"`) {
				t.Errorf("status %d: %s", res.StatusCode, body)
			}
			if res.ProtoMajor != 2 {
				t.Errorf("spoke %s", res.Proto)
			}
			for _, file := range []string{server.CAFile, server.AdminTokenFile} {
				info, err := os.Stat(file)
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode().Perm() != 0o600 {
					t.Errorf("%s has mode %v", filepath.Base(file), info.Mode())
				}
			}
			token, err := os.ReadFile(server.AdminTokenFile)
			if err != nil || string(token) != server.AdminToken {
				t.Errorf("token file: %v", err)
			}
		})
	}
}

func TestUnknownDialect(t *testing.T) {
	t.Parallel()
	_, err := devregistry.Start(t.Context(), devregistry.Options{Dialect: "nexus"})
	if err == nil || !strings.Contains(err.Error(), "artifact_keeper") {
		t.Errorf("got %v", err)
	}
}

func TestArtifactKeeperTokenForm(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.ArtifactKeeper)
	if !regexp.MustCompile(`^[0-9a-f]{8}_[0-9a-f]{32}$`).MatchString(server.AdminToken) {
		t.Error("the administrator's token does not look like one")
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.Artifactory)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(server.CAPEM)
	address := strings.TrimPrefix(server.URL, "https://")
	for _, name := range []string{"127.0.0.1", "::1", "localhost", "host.docker.internal"} {
		conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: pool, ServerName: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = conn.Close()
	}
	if _, err := tls.Dial("tcp", address, &tls.Config{RootCAs: pool, ServerName: "example.com"}); err == nil {
		t.Error("the certificate is good for any name")
	}
	if _, err := tls.Dial("tcp", address, &tls.Config{ServerName: "localhost"}); err == nil {
		t.Error("the certificate is trusted by everybody")
	}
}

func TestStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server, err := devregistry.Start(ctx, devregistry.Options{Dialect: devregistry.Artifactory})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	server.Wait()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if _, err := devregistrytest.Client(t, server).Do(request(t, server, "GET", "/", "")); err == nil {
		t.Error("it still answers")
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			server := devregistrytest.Start(t, dialect)
			client := devregistrytest.Client(t, server)
			body := `{"username":"temp","email":"temp@example.com","password":"Temp-Passw0rd-1"}`
			if res, answer := fetch(t, client, request(t, server, "POST", listing[dialect], body)); res.StatusCode > 299 {
				t.Fatalf("status %d: %s", res.StatusCode, answer)
			}
			server.Store.Advance(time.Hour)
			if res, answer := fetch(t, client, request(t, server, "POST", "/_dev/reset", "")); res.StatusCode != http.StatusNoContent {
				t.Fatalf("status %d: %s", res.StatusCode, answer)
			}
			_, answer := fetch(t, client, request(t, server, "GET", listing[dialect], ""))
			if strings.Contains(answer, "temp") || !strings.Contains(answer, "alice") {
				t.Errorf("after the reset: %s", answer)
			}
			if ahead := time.Until(server.Store.Now()); ahead > time.Minute {
				t.Errorf("the clock is %v ahead", ahead)
			}
			if n := len(server.Log.Entries()); n != 1 {
				t.Errorf("%d requests in the log", n)
			}
		})
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var lines syncBuffer
	server := devregistrytest.Start(t, devregistry.Artifactory, func(o *devregistry.Options) { o.RequestLog = &lines })
	client := devregistrytest.Client(t, server)
	fetch(t, client, request(t, server, "GET", "/access/api/v2/users/alice?secret=query", ""))
	fetch(t, client, request(t, server, "GET", "/access/api/v2/users/bob", ""))
	fetch(t, client, request(t, server, "GET", "/access/api/v2/users/nobody", ""))
	var got struct {
		Requests []struct {
			Status int    `json:"status"`
			User   string `json:"user"`
		} `json:"requests"`
		Counts map[string]int `json:"counts"`
	}
	_, body := fetch(t, client, request(t, server, "GET", "/_dev/requests?reset=1", ""))
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	const endpoint = "GET /access/api/v2/users/{username}"
	if len(got.Requests) != 3 || got.Counts[endpoint] != 3 || got.Requests[0].User != "admin" || got.Requests[2].Status != 404 {
		t.Errorf("got %s", body)
	}
	_, body = fetch(t, client, request(t, server, "GET", "/_dev/requests", ""))
	if body != `{"requests":[],"counts":{}}`+"\n" {
		t.Errorf("after the reset: %s", body)
	}
	text := lines.String()
	if strings.Count(text, "\n") != 3 || strings.Contains(text, "secret") || strings.Contains(text, server.AdminToken) {
		t.Errorf("request log: %s", text)
	}
}

// syncBuffer is a buffer that may be read while the server writes.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func TestClock(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.Artifactory)
	client := devregistrytest.Client(t, server)
	fetch(t, client, request(t, server, "PUT", "/_dev/clock", `{"now":"2040-01-02T03:04:05Z","advance":"36h"}`))
	if got := server.Store.Now().Format(time.DateOnly); got != "2040-01-03" {
		t.Errorf("it is %s", got)
	}
	for _, body := range []string{`{`, `{"advance":"soon"}`} {
		if res, _ := fetch(t, client, request(t, server, "PUT", "/_dev/clock", body)); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d", body, res.StatusCode)
		}
	}
}

func TestControlSwitchedOff(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.Artifactory, func(o *devregistry.Options) { o.Control = false })
	res, _ := fetch(t, devregistrytest.Client(t, server), request(t, server, "GET", "/_dev/requests", ""))
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	const latency = 30 * time.Millisecond
	server := devregistrytest.Start(t, devregistry.Artifactory, func(o *devregistry.Options) { o.Latency = latency })
	started := time.Now()
	fetch(t, devregistrytest.Client(t, server), request(t, server, "GET", "/artifactory/api/system/ping", ""))
	if took := time.Since(started); took < latency {
		t.Errorf("answered after %v", took)
	}
}
