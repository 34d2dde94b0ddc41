package packages

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// pyProject is one project of a repository, filed under its normalised name.
type pyProject struct {
	name  string
	files map[string]*pyFile // by file name
}

// pyFile is one uploaded file. It never changes.
type pyFile struct {
	PyPIFile
	sha256   string
	metadata []byte // nil when the file holds none
	uploaded time.Time
}

func newPyFile(f PyPIFile, at time.Time) *pyFile {
	return &pyFile{PyPIFile: f, sha256: sha256Hex(f.Content), metadata: coreMetadata(f.Filename, f.Content), uploaded: at}
}

var pySeparators = regexp.MustCompile(`[-_.]+`)

// normalizePyPI gives the one spelling of a project's name that counts
// (https://packaging.python.org/en/latest/specifications/name-normalization/).
func normalizePyPI(name string) string {
	return strings.ToLower(pySeparators.ReplaceAllString(name, "-"))
}

// addPyPI stores a file. The caller holds the lock.
func (p *Packages) addPyPI(f *pyFile) {
	if p.pypi[f.Repository] == nil {
		p.pypi[f.Repository] = map[string]*pyProject{}
	}
	name := normalizePyPI(f.Project)
	project := p.pypi[f.Repository][name]
	if project == nil {
		project = &pyProject{name: name, files: map[string]*pyFile{}}
		p.pypi[f.Repository][name] = project
	}
	project.files[f.Filename] = f
}

// pyFiles lists a project's files: by name, on Artifact Keeper youngest first.
func (p *Packages) pyFiles(req Request, name string) []*pyFile {
	p.mu.RLock()
	defer p.mu.RUnlock()
	project := p.pypi[req.Repository][name]
	if project == nil {
		return nil
	}
	files := slices.SortedFunc(maps.Values(project.files), func(a, b *pyFile) int {
		return strings.Compare(a.Filename, b.Filename)
	})
	if req.Style == ArtifactKeeper {
		slices.SortStableFunc(files, func(a, b *pyFile) int { return b.uploaded.Compare(a.uploaded) })
	}
	return files
}

// pyFile finds a file of a project; nil when there is none.
func (p *Packages) pyFile(repository, project, filename string) *pyFile {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if found := p.pypi[repository][normalizePyPI(project)]; found != nil {
		return found.files[filename]
	}
	return nil
}

// servePyPI routes a request below a Python repository.
func (p *Packages) servePyPI(w http.ResponseWriter, r *http.Request, req Request) {
	if req.Path == "" || req.Path == "/" {
		p.servePyPIRoot(w, r, req)
		return
	}
	if !isRead(r) {
		methodNotAllowed(w, req, "GET, HEAD")
		return
	}
	segments := strings.Split(strings.Trim(req.Path, "/"), "/")
	folder := strings.HasSuffix(req.Path, "/")
	switch {
	case segments[0] == "simple" && len(segments) == 1:
		if !folder && req.Style == Artifactory {
			redirect(w, r, req, "simple/")
			return
		}
		p.pyRootIndex(w, r, req)
	case segments[0] == "simple" && len(segments) == 2:
		// PEP 503: the address with a slash and the normalised name is the one that counts. Artifact Keeper answers at the
		// others all the same.
		name := normalizePyPI(segments[1])
		if req.Style == Artifactory && (!folder || name != segments[1]) {
			redirect(w, r, req, "simple/"+name+"/")
			return
		}
		p.pyProjectIndex(w, r, req, name)
	case segments[0] == "simple" && len(segments) == 3 && req.Style == ArtifactKeeper:
		p.pyDownload(w, r, req, segments[1], segments[2])
	case segments[0] == "packages" && len(segments) == 4 && req.Style == Artifactory:
		p.pyDownload(w, r, req, segments[1], segments[3])
	default:
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "File not found")
	}
}

// servePyPIRoot takes uploads. Artifact Keeper has this route with a trailing slash only.
func (p *Packages) servePyPIRoot(w http.ResponseWriter, r *http.Request, req Request) {
	switch {
	case req.Style == ArtifactKeeper && !strings.HasSuffix(r.URL.Path, "/"):
		writeText(w, http.StatusNotFound, "")
	case r.Method == http.MethodPost:
		p.pyUpload(w, r, req)
	default:
		methodNotAllowed(w, req, "POST")
	}
}

// redirect sends a client to a path below the repository, keeping a reader's method.
func redirect(w http.ResponseWriter, r *http.Request, req Request, path string) {
	http.Redirect(w, r, req.BaseURL+"/"+path, http.StatusMovedPermanently)
}

// pyDownload answers with a file, or with its core metadata when asked for FILE.metadata (PEP 658). Artifactory offers
// the metadata of wheels only.
func (p *Packages) pyDownload(w http.ResponseWriter, r *http.Request, req Request, project, filename string) {
	if f := p.pyFile(req.Repository, project, filename); f != nil {
		writeFile(w, r, req, filename, pyContentType(filename), f.Content)
		return
	}
	filename, wanted := strings.CutSuffix(filename, ".metadata")
	f := p.pyFile(req.Repository, project, filename)
	switch {
	case !wanted || f == nil:
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "File not found")
	case f.metadata == nil || req.Style == Artifactory && !f.isWheel():
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "Metadata not available")
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(f.metadata)
	}
}

func (f *pyFile) isWheel() bool { return strings.HasSuffix(f.Filename, ".whl") }

func pyContentType(filename string) string {
	switch {
	case strings.HasSuffix(filename, ".whl"), strings.HasSuffix(filename, ".zip"):
		return "application/zip"
	case strings.HasSuffix(filename, ".tar.gz"):
		return "application/gzip"
	case strings.HasSuffix(filename, ".tar.bz2"):
		return "application/x-bzip2"
	}
	return "application/octet-stream"
}
