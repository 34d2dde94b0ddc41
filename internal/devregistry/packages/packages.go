// Package packages is the package store of the embedded registry: npm, Go module proxy, PyPI, Maven, Cargo, conda and OCI
// endpoints that real clients install from and publish to (conda: install only), all of it in memory.
//
// It knows no accounts. Whoever mounts it authenticates and authorises first, says in a [Request] who asks and what they
// may do, and brings the dialect's error body along.
package packages

import (
	"net/http"
	"sync"
	"time"
)

// Style selects the registry whose statuses and bodies are imitated where the two differ.
type Style int

// The imitated registries.
const (
	Artifactory Style = iota
	ArtifactKeeper
)

// The package formats of [Request].
const (
	FormatNPM   = "npm"
	FormatGo    = "go"
	FormatPyPI  = "pypi"
	FormatMaven = "maven"
	FormatCargo = "cargo"
	FormatConda = "conda"
	// FormatOCI are the images of Docker repositories. "docker" is what both registries call the format.
	FormatOCI = "docker"
)

// Request is an authenticated and authorised request for a repository.
type Request struct {
	// Repository is the repository's key.
	Repository string
	// Format is one of the formats above.
	Format string
	// Path is what follows the repository key, decoded once and without leading slash. The slash of a scoped npm name may
	// still be encoded (@scope%2fname). Trailing slashes are kept, since PyPI clients are redirected to them.
	Path string
	// BaseURL is the external URL of the repository root, without trailing slash; links and redirects start with it. That of
	// an OCI repository is what image names are appended to, as in https://registry.example.com/v2/docker-local.
	BaseURL string
	// User is the account that asks; empty for an anonymous request.
	User string
	// CanWrite says whether the user may publish. It is checked here because only the format knows what a write is.
	CanWrite bool
	// CanDelete says whether the user may replace or remove what exists (Artifactory asks for the delete right then).
	CanDelete bool
	// Public says whether the repository is read without credentials. Cargo is told, since it asks before it sends any.
	Public bool
	// Errors writes an error in the dialect's own shape: an HTTP status, a code such as "NOT_FOUND" and a message. It is
	// used where a format has no error body of its own. The default writes the message as text.
	Errors func(w http.ResponseWriter, status int, code, message string)
	// Style selects the dialect.
	Style Style
}

// Packages is the store. It is safe for concurrent use.
type Packages struct {
	now func() time.Time

	mu   sync.RWMutex
	npm  map[string]map[string]*npmPackage // by repository and package name
	mods map[string]map[string]*goModule   // by repository and module path
	pypi map[string]map[string]*pyProject  // by repository and normalised project name

	maven  map[string]map[string]storedFile    // by repository and path
	crates map[string]map[string][]*cargoCrate // by repository and lower-case name, in order of publication
	conda  map[string][]CondaFile              // by repository
	images map[string]http.Handler             // by repository
}

// New makes a store that holds the catalog. The clock dates what is published later; nil means the wall clock.
func New(catalog Catalog, now func() time.Time) *Packages {
	if now == nil {
		now = time.Now
	}
	p := &Packages{now: now}
	p.Reset(catalog)
	return p
}

// Reset forgets everything published and holds the catalog again.
func (p *Packages) Reset(catalog Catalog) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.npm = map[string]map[string]*npmPackage{}
	p.mods = map[string]map[string]*goModule{}
	p.pypi = map[string]map[string]*pyProject{}
	p.maven = map[string]map[string]storedFile{}
	p.crates = map[string]map[string][]*cargoCrate{}
	p.conda = map[string][]CondaFile{}
	p.images = map[string]http.Handler{}
	p.load(catalog)
}

// Serve answers one request. A read may be a GET or a HEAD.
func (p *Packages) Serve(w http.ResponseWriter, r *http.Request, req Request) {
	if req.Errors == nil {
		req.Errors = textError
	}
	switch req.Format {
	case FormatNPM:
		p.serveNPM(w, r, req)
	case FormatGo:
		p.serveGo(w, r, req)
	case FormatPyPI:
		p.servePyPI(w, r, req)
	case FormatMaven:
		p.serveMaven(w, r, req)
	case FormatCargo:
		p.serveCargo(w, r, req)
	case FormatConda:
		p.serveConda(w, r, req)
	case FormatOCI:
		p.serveOCI(w, r, req)
	default:
		req.Errors(w, http.StatusNotImplemented, "NOT_IMPLEMENTED", "packages of format "+req.Format+" are not served here")
	}
}
