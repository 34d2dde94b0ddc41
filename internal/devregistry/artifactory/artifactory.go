// Package artifactory is the JFrog Artifactory dialect of the embedded registry: the Access API, the Artifactory API and
// the package paths over a state.Store, with the statuses, error shapes and traps of the real servers.
package artifactory

import (
	"crypto/rsa"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// Version is the Artifactory version the dialect reports; AccessVersion is that of its Access service. Clients choose
// their modern code paths by them.
const (
	Version       = "7.146.17"
	AccessVersion = "7.150.4"
	revision      = "74617900"
)

// Config is what the dialect is built from. Settings and IssuerClient have defaults.
type Config struct {
	Store    *state.Store
	Packages PackageServer
	// BaseURL is the URL clients reach the server under, without a trailing slash.
	BaseURL func(*http.Request) string
	// Key signs tokens. ServiceID ("jfac@01…") is their issuer; a token of another issuer is not accepted.
	Key       *rsa.PrivateKey
	ServiceID string
	// Root is the certificate GET /access/api/v1/cert/root answers with, DER.
	Root     []byte
	Settings Settings
	// IssuerClient fetches what outside identity providers publish; nil is http.DefaultClient.
	IssuerClient *http.Client
	// DirectoryCAs are PEM certificates of authorities that directories are trusted by, besides the system's.
	DirectoryCAs [][]byte
}

// PackageServer answers package clients once the dialect has let them in.
type PackageServer interface {
	Serve(http.ResponseWriter, *http.Request, packages.Request)
}

// Settings are the rules of an Access configuration (JFrog help: "Access YAML Configuration") and the switches for
// what public pages leave open.
type Settings struct {
	// DefaultExpiry is token.default-expiry: the lifetime of a token that asks for none.
	DefaultExpiry time.Duration
	// MaxExpiry is token.max-expiry, a limit for non-administrators; 0 is none.
	MaxExpiry time.Duration
	// PersistentExpiryThreshold is the lifetime below which a token is not stored; negative stores all.
	PersistentExpiryThreshold time.Duration
	// RevocableExpiryThreshold is the lifetime below which a token cannot be revoked unless force_revocable asks for it;
	// negative makes every token with an expiry non-revocable.
	RevocableExpiryThreshold time.Duration
	// RefreshExpiry is token.refresh-expiry: how long after its end a token can still be refreshed; 0 is not at all.
	RefreshExpiry time.Duration
	// KeepRefreshed leaves a token valid when it has been refreshed. Public pages do not say which it is; the default
	// revokes it.
	KeepRefreshed bool
	// URLSafePayloads makes JWT payloads contain - and _, the characters of base64url that decoders of plain base64
	// refuse. By default payloads have neither.
	URLSafePayloads bool
}

// DefaultSettings are the values of a fresh installation (JFrog help: "Recommended Configurations", "Persistency
// Threshold", "The revocable-expiry-threshold").
func DefaultSettings() Settings {
	return Settings{
		DefaultExpiry:             365 * 24 * time.Hour,
		PersistentExpiryThreshold: 3 * time.Hour,
		RevocableExpiryThreshold:  6 * time.Hour,
	}
}

// server is the dialect: an http.Handler over the shared store.
type server struct {
	Config
	signer signer
	mux    *http.ServeMux
	people people

	mu      sync.Mutex
	baseURL string // set by PUT …/configuration/baseUrl
}

// New builds the dialect.
func New(cfg Config) http.Handler {
	if cfg.Settings == (Settings{}) {
		cfg.Settings = DefaultSettings()
	}
	s := &server{Config: cfg, mux: http.NewServeMux()}
	s.signer = newSigner(cfg.Key, cfg.ServiceID, cfg.Settings.URLSafePayloads)
	s.systemRoutes()
	s.tokenRoutes()
	s.userRoutes()
	s.groupRoutes()
	s.permissionRoutes()
	s.scimRoutes()
	s.ldapRoutes()
	s.oidcRoutes()
	s.legacyTokenRoutes()
	s.legacyUserRoutes()
	s.legacyPasswordRoutes()
	s.legacyGroupRoutes()
	s.legacyPermissionRoutes()
	s.repositoryRoutes()
	s.dockerRoutes()
	s.integrationRoutes()
	s.fallbackRoutes()
	return s
}

// ServeHTTP accepts one trailing slash on API paths, as the real server does; package paths keep theirs.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path := r.URL.Path; strings.HasSuffix(path, "/") && isAPI(path) {
		trimmed := *r.URL
		trimmed.Path = strings.TrimSuffix(path, "/")
		trimmed.RawPath = strings.TrimSuffix(trimmed.RawPath, "/")
		r.URL = &trimmed
	}
	s.mux.ServeHTTP(w, r)
}

func isAPI(path string) bool {
	if strings.HasPrefix(path, "/access/api/") {
		return true
	}
	rest, ok := strings.CutPrefix(path, "/artifactory/api/")
	kind, _, _ := strings.Cut(rest, "/")
	return ok && packageTypes[kind] == ""
}

// base is the URL of the server as the request's client knows it.
func (s *server) base(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.baseURL != "" {
		return s.baseURL
	}
	return s.BaseURL(r)
}

// handlerFunc answers for an authenticated caller. An error is written in the shape of the path; see problem.
type handlerFunc func(w http.ResponseWriter, r *http.Request, p *principal) error

// anonymous routes a pattern that needs no credentials. Wrong ones are refused all the same.
func (s *server) anonymous(pattern string, h handlerFunc) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.run(w, r, func(p *principal) error { return h(w, r, p) })
	})
}

// authenticated routes a pattern that any account may call.
func (s *server) authenticated(pattern string, h handlerFunc) {
	s.anonymous(pattern, func(w http.ResponseWriter, r *http.Request, p *principal) error {
		if p == nil {
			return errNoCredentials(r)
		}
		return h(w, r, p)
	})
}

// admin routes a pattern for administrators, and for tokens with one of the given system scopes, such as
// "identities:r".
func (s *server) admin(pattern string, h handlerFunc, scopes ...string) {
	s.authenticated(pattern, func(w http.ResponseWriter, r *http.Request, p *principal) error {
		if !p.admin && !p.grants.hasSystem(scopes) {
			return errForbidden
		}
		return h(w, r, p)
	})
}

// run authenticates, notes who came, and writes what the handler returns as an error.
func (s *server) run(w http.ResponseWriter, r *http.Request, f func(*principal) error) {
	if strings.HasPrefix(r.URL.Path, "/artifactory/") {
		w.Header().Set("X-JFrog-Version", "Artifactory/"+Version+" "+revision)
		w.Header().Set("X-Artifactory-Id", strings.Replace(s.ServiceID, "jfac@", "", 1))
	}
	entry := record.From(r.Context())
	entry.Endpoint = r.Pattern
	p, err := s.authenticate(r)
	if err == nil {
		if p != nil {
			entry.User, entry.TokenID = p.username, p.tokenID
		}
		err = f(p)
	}
	if err != nil {
		s.challenge(w, r)
		writeProblem(w, r, err)
	}
}
