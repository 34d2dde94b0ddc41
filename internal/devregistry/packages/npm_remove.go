package packages

import (
	"maps"
	"net/http"
)

// Artifact Keeper has no route for what follows: a package published there can neither be deprecated nor unpublished by
// an npm client. On Artifactory both are edits of the packument, as they were on CouchDB.

// npmDeprecate takes over the deprecation texts of a put packument. An empty text lifts a deprecation.
func (p *Packages) npmDeprecate(w http.ResponseWriter, req Request, name string, up npmUpload) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pkg := p.npmPackage(req.Repository, name)
	if pkg == nil {
		npmNotFound(w, req, "Package not found")
		return
	}
	for number, edited := range up.Versions {
		text, said := edited["deprecated"].(string)
		v := pkg.versions[number]
		if v == nil || !said {
			continue
		}
		changed := *v
		changed.manifest = maps.Clone(v.manifest)
		changed.manifest["deprecated"] = text
		if text == "" {
			delete(changed.manifest, "deprecated")
		}
		pkg.versions[number] = &changed
	}
	pkg.touch(p.now())
	npmOK(w, req, http.StatusCreated)
}

// serveNPMRevision unpublishes: a PUT leaves the versions that the document still holds, a DELETE leaves nothing. The
// revision itself is not compared; the last edit wins.
func (p *Packages) serveNPMRevision(w http.ResponseWriter, r *http.Request, req Request, name string) {
	if req.Style != Artifactory || r.Method != http.MethodPut && r.Method != http.MethodDelete {
		methodNotAllowed(w, req, "GET, HEAD")
		return
	}
	var up npmUpload
	if r.Method == http.MethodPut {
		var ok bool
		if up, ok = readNPMUpload(w, r, req, name); !ok {
			return
		}
	}
	if !mayRemove(w, req, name) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pkg := p.npmPackage(req.Repository, name)
	if pkg == nil {
		npmNotFound(w, req, "Package not found")
		return
	}
	maps.DeleteFunc(pkg.versions, func(number string, _ *npmVersion) bool { return up.Versions[number] == nil })
	p.npmRemoved(req, pkg)
	npmOK(w, req, http.StatusOK)
}

// npmRemoveTarball removes a version by its file. The npm client sends this after it has removed the version from the
// packument, so a file that is gone already is no error.
func (p *Packages) npmRemoveTarball(w http.ResponseWriter, req Request, name, file string) {
	if !mayRemove(w, req, name+"/-/"+file) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pkg := p.npmPackage(req.Repository, name)
	if pkg == nil {
		npmNotFound(w, req, "Package not found")
		return
	}
	if v := pkg.byFile(file); v != nil {
		delete(pkg.versions, v.version)
		p.npmRemoved(req, pkg)
	}
	npmOK(w, req, http.StatusOK)
}

// npmRemoved tidies a package that lost versions: their tags go, and the last version takes the package with it. The
// caller holds the lock.
func (p *Packages) npmRemoved(req Request, pkg *npmPackage) {
	maps.DeleteFunc(pkg.tags, func(_, version string) bool { return pkg.versions[version] == nil })
	pkg.touch(p.now())
	if len(pkg.versions) == 0 {
		p.removeNPM(req.Repository, pkg.name)
	}
}
