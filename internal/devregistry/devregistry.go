// Package devregistry is the embedded registry: a real server for development, tests and the demo that speaks the API
// of Artifactory or of Artifact Keeper over one in-memory store, with TLS, real authentication and authorisation, and
// packages to install.
package devregistry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// Dialect selects the registry that is imitated.
type Dialect string

// The dialects.
const (
	Artifactory    Dialect = "artifactory"
	ArtifactKeeper Dialect = "artifact_keeper"
)

// Options say what to start. Only Dialect is required.
type Options struct {
	Dialect Dialect
	// Listen is a TCP address; empty is a free port of 127.0.0.1.
	Listen string
	// StateDir is where ca.pem and admin-token (mode 0600) are written; empty writes nothing.
	StateDir string
	// Latency is added to every request.
	Latency time.Duration
	// RequestLog gets one JSON line for every request, without headers, queries and bodies.
	RequestLog io.Writer
	// Control serves the endpoints under /_dev/.
	Control bool
	// Artifactory are that dialect's rules; the zero value is artifactory.DefaultSettings.
	Artifactory artifactory.Settings
	// ArtifactKeeper are that dialect's switches.
	ArtifactKeeper artifactkeeper.Options
	// IssuerClient fetches what outside identity providers publish; nil is http.DefaultClient.
	IssuerClient *http.Client
	// DirectoryCAs are PEM certificates of authorities that LDAP directories are trusted by, besides the system's: what an
	// administrator puts into the server's own trust store.
	DirectoryCAs [][]byte
}

// Server is a running registry. Its fields do not change after Start.
type Server struct {
	Dialect Dialect
	// URL is the base URL, https://127.0.0.1:PORT for the default address, without a trailing slash.
	URL string
	// CAPEM is the certificate of the server's own authority; CAFile holds it when there is a state folder.
	CAPEM  []byte
	CAFile string
	// AdminToken is an administrator's token that never expires; AdminTokenFile holds it when there is a state folder.
	AdminToken     string
	AdminTokenFile string
	// Store is everything the registry knows, Log what it was asked, Faults what it shall get wrong.
	Store  *state.Store
	Log    *record.Log
	Faults *Faults
	// Repositories, Packages and Users are what a fresh server holds.
	Repositories []SeededRepository
	Packages     []packages.Seeded
	Users        []SeededUser

	opts    Options
	ca      *authority
	seed    *seed
	http    *http.Server
	handler atomic.Pointer[http.Handler]
	done    chan struct{}
	logLine *lineWriter
}

// Start listens and serves until Close, or until ctx ends.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", opts.Listen)
	if err != nil {
		return nil, err
	}
	s, err := newServer(opts, listener.Addr())
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	go func() {
		defer close(s.done)
		// The result is http.ErrServerClosed, the only way out, since nothing else closes the listener.
		_ = s.http.ServeTLS(listener, "", "")
	}()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

func newServer(opts Options, address net.Addr) (*Server, error) {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return nil, err
	}
	ip := net.ParseIP(host)
	ca, err := newAuthority(ip)
	if err != nil {
		return nil, fmt.Errorf("making the certificate authority: %w", err)
	}
	if ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	s := &Server{
		Dialect: opts.Dialect, URL: "https://" + net.JoinHostPort(host, port), CAPEM: ca.pem(),
		Store: state.New(), Log: &record.Log{}, Faults: &Faults{},
		opts: opts, ca: ca, done: make(chan struct{}), logLine: newLineWriter(opts.RequestLog),
	}
	if s.seed, err = newSeed(opts.Dialect, opts.ArtifactKeeper.SetupLock); err != nil {
		return nil, err
	}
	s.Repositories, s.Users, s.Packages = s.seed.repositories, s.seed.users, packages.Seeds()
	if s.AdminToken, err = s.reset(); err != nil {
		return nil, err
	}
	if err := s.writeFiles(); err != nil {
		return nil, err
	}
	s.http = &http.Server{
		Handler: s.middleware(), ReadHeaderTimeout: 30 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{ca.leaf}, MinVersion: tls.VersionTLS12},
		// Clients that give up are everyday life here and nobody reads about them.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	return s, nil
}

// Close stops the server at once. It may be called more than once.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	return err
}

// Wait returns when the server has stopped.
func (s *Server) Wait() { <-s.done }

// Reset puts the registry back to where it started: seeded objects only, an empty log, no faults, the clock set right.
// Tokens minted before are dead, except AdminToken.
func (s *Server) Reset() error {
	_, err := s.reset()
	return err
}

func (s *Server) reset() (adminToken string, err error) {
	cfg, err := s.artifactoryConfig()
	if err != nil {
		return "", err
	}
	s.Store.Reset(func(st *state.State, now time.Time) {
		s.seed.fill(st, now)
		adminToken, err = s.seed.adminToken(cfg, st)
	})
	if err != nil {
		return "", err
	}
	handler, err := s.dialectHandler(cfg)
	if err != nil {
		return "", err
	}
	s.handler.Store(&handler)
	s.Faults.Clear()
	s.Log.Reset()
	return adminToken, nil
}

// dialectHandler builds the chosen dialect with its packages as seeded.
func (s *Server) dialectHandler(cfg artifactory.Config) (http.Handler, error) {
	store := packages.New(packages.Seed(), s.Store.Now)
	switch s.Dialect {
	case Artifactory:
		cfg.Packages = store
		return artifactory.New(cfg), nil
	case ArtifactKeeper:
		options := s.opts.ArtifactKeeper
		if options.IssuerClient == nil {
			options.IssuerClient = s.opts.IssuerClient
		}
		return artifactkeeper.New(artifactkeeper.Config{
			Store: s.Store, Packages: store, BaseURL: s.baseURL, Options: options,
		}), nil
	default:
		return nil, fmt.Errorf("unknown dialect %q: use %q or %q", s.Dialect, Artifactory, ArtifactKeeper)
	}
}

func (s *Server) artifactoryConfig() (artifactory.Config, error) {
	key, err := signingKey()
	return artifactory.Config{
		Store: s.Store, BaseURL: s.baseURL, Key: key, ServiceID: s.seed.serviceID, Root: s.ca.certificate,
		Settings: s.opts.Artifactory, IssuerClient: s.opts.IssuerClient, DirectoryCAs: s.opts.DirectoryCAs,
	}, err
}

// baseURL is the server as the client of a request sees it, behind a proxy too.
func (s *Server) baseURL(r *http.Request) string {
	scheme, host := r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Host")
	if scheme == "" {
		scheme = "https"
	}
	if host == "" {
		host = r.Host
	}
	return scheme + "://" + host
}

// writeFiles leaves the CA and the administrator's token in the state folder.
func (s *Server) writeFiles() error {
	if s.opts.StateDir == "" {
		return nil
	}
	if err := os.MkdirAll(s.opts.StateDir, 0o700); err != nil {
		return err
	}
	dir, err := filepath.Abs(s.opts.StateDir)
	if err != nil {
		return err
	}
	s.CAFile, s.AdminTokenFile = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "admin-token")
	if err := os.WriteFile(s.CAFile, s.CAPEM, 0o600); err != nil {
		return err
	}
	// A file of an earlier run may have been opened up; the mode of WriteFile only counts for a new one.
	if err := os.Remove(s.AdminTokenFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(s.AdminTokenFile, []byte(s.AdminToken), 0o600)
}
