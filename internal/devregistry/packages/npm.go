package packages

import (
	"net/http"
	"strings"
)

// The rules followed here are those of the npm registry API
// (https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md) and of the npm client's own publishing library.

// serveNPM routes a request below an npm repository.
func (p *Packages) serveNPM(w http.ResponseWriter, r *http.Request, req Request) {
	path := strings.TrimSuffix(req.Path, "/")
	if meta, ok := strings.CutPrefix(path, "-/"); ok {
		p.serveNPMMeta(w, r, req, meta)
		return
	}
	name, rest := splitNPM(path)
	if name == "" {
		npmNotFound(w, req, "Package not found")
		return
	}
	switch {
	case len(rest) == 0:
		p.serveNPMPackage(w, r, req, name)
	case len(rest) >= 2 && rest[0] == "-":
		p.serveNPMTarball(w, r, req, name, rest[1:])
	case len(rest) == 2 && rest[0] == "-rev":
		p.serveNPMRevision(w, r, req, name)
	case len(rest) == 1 && isRead(r):
		p.npmVersionDocument(w, r, req, name, rest[0])
	case len(rest) == 1:
		methodNotAllowed(w, req, "GET, HEAD")
	default:
		npmNotFound(w, req, "Package not found")
	}
}

// splitNPM takes the package name off a path. Clients send a scoped name as @scope%2fname in one request and as
// @scope/name in the next.
func splitNPM(path string) (name string, rest []string) {
	segments := strings.Split(path, "/")
	name, rest = segments[0], segments[1:]
	if !strings.HasPrefix(name, "@") {
		return name, rest
	}
	if i := strings.Index(strings.ToLower(name), "%2f"); i > 0 {
		return name[:i] + "/" + name[i+len("%2f"):], rest
	}
	if len(rest) == 0 || rest[0] == "" {
		return "", nil
	}
	return name + "/" + rest[0], rest[1:]
}

// serveNPMPackage answers for a whole package.
func (p *Packages) serveNPMPackage(w http.ResponseWriter, r *http.Request, req Request, name string) {
	switch {
	case isRead(r):
		p.npmPackument(w, r, req, name)
	case r.Method == http.MethodPut:
		p.npmPublish(w, r, req, name)
	default:
		methodNotAllowed(w, req, "GET, HEAD, PUT")
	}
}

// serveNPMTarball answers for the files of a package. The file may repeat the scope, as npm itself writes it:
// @scope/name/-/@scope/name-1.0.0.tgz. A deletion ends in /-rev/REVISION.
func (p *Packages) serveNPMTarball(w http.ResponseWriter, r *http.Request, req Request, name string, rest []string) {
	if n := len(rest); n > 2 && rest[n-2] == "-rev" && r.Method == http.MethodDelete && req.Style == Artifactory {
		p.npmRemoveTarball(w, req, name, strings.Join(rest[:n-2], "/"))
		return
	}
	if !isRead(r) {
		methodNotAllowed(w, req, "GET, HEAD")
		return
	}
	p.mu.RLock()
	v := p.npmPackage(req.Repository, name).byFile(strings.Join(rest, "/"))
	p.mu.RUnlock()
	if v == nil {
		npmNotFound(w, req, "Tarball not found")
		return
	}
	contentType := "application/gzip"
	if req.Style == Artifactory {
		contentType = "application/x-gzip"
	}
	writeFile(w, r, req, tarballName(name, v.version), contentType, v.tarball)
}

// serveNPMMeta answers below /-/, which is about the registry and not about one package.
func (p *Packages) serveNPMMeta(w http.ResponseWriter, r *http.Request, req Request, path string) {
	if rest, ok := strings.CutPrefix(path, "package/"); ok {
		if name, rest := splitNPM(rest); name != "" && len(rest) > 0 && rest[0] == "dist-tags" {
			p.serveDistTags(w, r, req, name, strings.Join(rest[1:], "/"))
			return
		}
	}
	switch {
	case path == "ping" && isRead(r):
		writeJSON(w, http.StatusOK, struct{}{})
	case path == "whoami" && isRead(r):
		if req.User == "" {
			writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "unauthenticated"})
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"username": req.User})
	case path == "v1/search" && isRead(r) && req.Style == Artifactory:
		p.npmSearch(w, r, req)
	case strings.HasPrefix(path, "npm/v1/security/") && r.Method == http.MethodPost:
		npmAudit(w, req, strings.TrimPrefix(path, "npm/v1/security/"))
	default:
		writeJSON(w, http.StatusNotImplemented, map[string]string{
			"error": "/-/" + path + " is not implemented for local repositories",
		})
	}
}

// npmAudit reports no vulnerabilities: nothing here knows of any. Artifact Keeper treats the question as a write, so a
// reader's audit fails there.
func npmAudit(w http.ResponseWriter, req Request, kind string) {
	if req.Style == ArtifactKeeper && !mayWrite(w, req, kind) {
		return
	}
	switch kind {
	case "advisories/bulk":
		writeJSON(w, http.StatusOK, struct{}{})
	case "audits", "audits/quick":
		none := map[string]int{"info": 0, "low": 0, "moderate": 0, "high": 0, "critical": 0}
		writeJSON(w, http.StatusOK, map[string]any{
			"actions": []any{}, "advisories": struct{}{}, "muted": []any{},
			"metadata": map[string]any{
				"vulnerabilities": none, "dependencies": 0, "devDependencies": 0, "optionalDependencies": 0, "totalDependencies": 0,
			},
		})
	default:
		npmNotFound(w, req, "Unknown audit")
	}
}

// npmNotFound says that something is absent. Artifactory says it the way CouchDB did, whatever was asked for
// (https://github.com/npm/npm/issues/11634 quotes it).
func npmNotFound(w http.ResponseWriter, req Request, message string) {
	if req.Style == Artifactory {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "not_found", "reason": "document not found"})
		return
	}
	req.Errors(w, http.StatusNotFound, "NOT_FOUND", message)
}
