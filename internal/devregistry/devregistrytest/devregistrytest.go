// Package devregistrytest starts embedded registries for tests.
package devregistrytest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactory"
)

// Start runs a registry of a dialect until the test ends, with a state folder of its own, the control endpoints on and
// the settings of a fresh installation. Each option may change what it is started with.
func Start(t testing.TB, dialect devregistry.Dialect, options ...func(*devregistry.Options)) *devregistry.Server {
	t.Helper()
	opts := devregistry.Options{
		Dialect: dialect, StateDir: t.TempDir(), Control: true, Artifactory: artifactory.DefaultSettings(),
	}
	for _, option := range options {
		option(&opts)
	}
	// The test's own context ends before its clean-ups run, and those may still need the server.
	server, err := devregistry.Start(context.WithoutCancel(t.Context()), opts)
	if err != nil {
		t.Fatalf("starting the embedded registry: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("stopping the embedded registry: %v", err)
		}
	})
	return server
}

// Client is a plain HTTP client that trusts the server and nobody else. Redirects are followed.
func Client(t testing.TB, server *devregistry.Server) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(server.CAPEM) {
		t.Fatal("the server's CA certificate cannot be read")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
