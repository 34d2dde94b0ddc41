// Package artifactkeeper is the Artifact Keeper dialect of the embedded registry: its REST API, its authentication layers
// and the access rules in front of its package endpoints, over the shared store.
//
// It imitates version 1.8.1 of the server, oddities included: where the real one answers text, this one does; where it
// answers 500 to a mistake of the caller, so does this one. Comments name the server's source files the rules come from.
// What is not imitated answers 501 and is listed in this folder's README.
package artifactkeeper

import (
	"crypto/rand"
	"net/http"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// Version is the server version this dialect imitates (Artifact Keeper: Cargo.toml).
const Version = "1.8.1"

// Config is what New needs.
type Config struct {
	// Store holds users, tokens, permissions and the clock.
	Store *state.Store
	// Packages serves package content once a request has been let through.
	Packages *packages.Packages
	// BaseURL gives the external URL of the server as the client of this request sees it, without trailing slash.
	BaseURL func(*http.Request) string
	Options Options
}

// Options are the server's switches. The zero value is a server in its default configuration, without rate limits.
type Options struct {
	// SetupLock starts the server as it is after its first boot: nearly everything answers 403 until a user who must
	// change the password has done so.
	SetupLock bool
	// GuestAccessOff refuses anonymous requests outside of health, detection and sign-in.
	GuestAccessOff bool
	// RateLimits enforces the server's default limits.
	RateLimits bool
	// RefuseFailOpen makes service account tokens whose repository restriction the real server would silently drop a 400
	// instead. Tests switch it on to show that a client never relies on such a restriction.
	RefuseFailOpen bool
	// JWTSecret signs session tokens; empty means a random one for this process.
	JWTSecret []byte
	// TOTPUsers are the names of users with a second factor: their password login succeeds without an access token.
	TOTPUsers []string
	// AllowPrivateIssuers accepts identity providers and upstreams on private addresses (SSO_ALLOW_PRIVATE_IPS).
	AllowPrivateIssuers bool
	// IssuerClient fetches discovery documents and keys of CI identity providers; nil means http.DefaultClient.
	IssuerClient *http.Client
}

// server is the handler New returns.
type server struct {
	store    *state.Store
	packages *packages.Packages
	baseURL  func(*http.Request) string
	opt      Options
	secret   []byte
	limits   *limiters
	mux      *http.ServeMux
}

// New makes the dialect's handler.
func New(cfg Config) http.Handler {
	s := &server{
		store:    cfg.Store,
		packages: cfg.Packages,
		baseURL:  cfg.BaseURL,
		opt:      cfg.Options,
		secret:   cfg.Options.JWTSecret,
		mux:      http.NewServeMux(),
	}
	if len(s.secret) == 0 {
		s.secret = []byte(rand.Text() + rand.Text())
	}
	if s.baseURL == nil {
		s.baseURL = requestBaseURL
	}
	s.limits = newLimiters(cfg.Options.RateLimits, s.store.Now)
	s.routes()
	return s
}

// requestBaseURL is the server's own derivation when no external URL is configured (Artifact Keeper: api/extractors.rs).
func requestBaseURL(r *http.Request) string {
	scheme := r.Header.Get("X-Forwarded-Proto")
	if scheme == "" {
		scheme = "http"
		if r.TLS != nil {
			scheme = "https"
		}
	}
	host := r.Header.Get("X-Forwarded-Host")
	if host == "" {
		host = r.Host
	}
	return scheme + "://" + host
}
