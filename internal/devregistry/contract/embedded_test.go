package contract

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/slapdtest"
)

var dialects = []devregistry.Dialect{devregistry.Artifactory, devregistry.ArtifactKeeper}

// TestContract plays every file against an embedded registry of its own.
func TestContract(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		files, err := Files(string(dialect))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			t.Run(file.Name, func(t *testing.T) {
				t.Parallel()
				server := startEmbedded(t, dialect, file)
				runner := newRunner(t, server.URL, server.AdminToken, server.CAPEM)
				if slices.Contains(file.Server, directorySwitch) {
					runner.Vars["directory"] = slapdtest.Start(t).URL
					runner.Vars["reader"], runner.Vars["reader_password"] = slapdtest.ReaderDN, slapdtest.ReaderPassword
				}
				play(t, runner, file, func([]string) string { return "" })
			})
		}
	}
}

// startEmbedded starts a fresh server with the file's switches.
func startEmbedded(t *testing.T, dialect devregistry.Dialect, file *File) *devregistry.Server {
	t.Helper()
	return devregistrytest.Start(t, dialect, func(o *devregistry.Options) {
		o.Artifactory = artifactory.DefaultSettings()
		for _, name := range file.Server {
			change, known := switches[name]
			if !known {
				t.Fatalf("%s: the embedded registry has no switch %q", file.Name, name)
			}
			change(o)
		}
	})
}

// directorySwitch starts a directory beside the server, of which a file then knows the address and the account that reads.
const directorySwitch = "directory"

// switches are what "#! server:" lines name.
var switches = map[string]func(*devregistry.Options){
	directorySwitch:     func(o *devregistry.Options) { o.ArtifactKeeper.AllowPrivateIssuers = true },
	"url-safe-payloads": func(o *devregistry.Options) { o.Artifactory.URLSafePayloads = true },
	"max-expiry": func(o *devregistry.Options) {
		o.Artifactory.MaxExpiry, o.Artifactory.RefreshExpiry = 24*time.Hour, time.Hour
	},
	"setup-lock":       func(o *devregistry.Options) { o.ArtifactKeeper.SetupLock = true },
	"guest-access-off": func(o *devregistry.Options) { o.ArtifactKeeper.GuestAccessOff = true },
	"rate-limits":      func(o *devregistry.Options) { o.ArtifactKeeper.RateLimits = true },
	"refuse-fail-open": func(o *devregistry.Options) { o.ArtifactKeeper.RefuseFailOpen = true },
	"totp-alice":       func(o *devregistry.Options) { o.ArtifactKeeper.TOTPUsers = []string{"alice"} },
}

// play runs a file's cases one after the other, as subtests. skip says why a list of needs cannot be met; "" when it can.
func play(t *testing.T, runner *Runner, file *File, skip func(needs []string) string) {
	t.Cleanup(func() {
		// The test's own context is over by now, and what was made has to go all the same.
		if err := runner.CleanUp(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	skipped := false
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if reason := skip(c.Needs); reason != "" {
				skipped = true
				t.Skip(reason)
			}
			err := runner.Run(t.Context(), c)
			var unknown *UnknownVariable
			if skipped && errors.As(err, &unknown) {
				t.Skip("needs what a skipped case would have made: " + unknown.Name)
			}
			if err != nil {
				t.Fatalf("%s%s %v", file.Name, suffix, err)
			}
		})
	}
}

func newRunner(t *testing.T, url, admin string, ca []byte) *Runner {
	t.Helper()
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if len(ca) > 0 && !pool.AppendCertsFromPEM(ca) {
		t.Fatal("no certificate in the CA file")
	}
	transport := &http.Transport{
		Proxy:           http.ProxyFromEnvironment,
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
	}
	t.Cleanup(transport.CloseIdleConnections)
	var random [4]byte
	if _, err := rand.Read(random[:]); err != nil {
		t.Fatal(err)
	}
	return &Runner{
		Client: &http.Client{
			Transport:     transport,
			Timeout:       time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Vars: map[string]string{"url": url, "admin": admin, "prefix": "t" + hex.EncodeToString(random[:])},
	}
}
