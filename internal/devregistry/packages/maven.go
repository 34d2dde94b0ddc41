package packages

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
)

// storedFile is one file of a repository whose layout is made by its clients.
type storedFile struct {
	content []byte
	at      time.Time
}

// addMaven stores a file. The caller holds the lock.
func (p *Packages) addMaven(repository, name string, content []byte) {
	if p.maven[repository] == nil {
		p.maven[repository] = map[string]storedFile{}
	}
	p.maven[repository][name] = storedFile{content: content, at: p.now()}
}

func (p *Packages) mavenFile(repository, name string) ([]byte, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	f, ok := p.maven[repository][name]
	return f.content, ok
}

// mavenChecksums are the files beside an artifact that a server makes up when no client has sent them
// (https://maven.apache.org/resolver/about-checksums.html).
var mavenChecksums = map[string]func([]byte) string{
	".md5": md5Hex, ".sha1": sha1Hex, ".sha256": sha256Hex,
	".sha512": func(b []byte) string { sum := sha512.Sum512(b); return hex.EncodeToString(sum[:]) },
}

// serveMaven is a plain tree of files: clients lay it out (https://maven.apache.org/repository/layout.html).
func (p *Packages) serveMaven(w http.ResponseWriter, r *http.Request, req Request) {
	name := strings.Trim(path.Clean("/"+req.Path), "/")
	switch {
	case isRead(r):
		p.mavenDownload(w, r, req, name)
	case r.Method == http.MethodPut:
		p.mavenUpload(w, r, req, name)
	case r.Method == http.MethodDelete && req.Style == Artifactory:
		p.mavenDelete(w, req, name)
	default:
		methodNotAllowed(w, req, "GET, HEAD, PUT")
	}
}

func (p *Packages) mavenDownload(w http.ResponseWriter, r *http.Request, req Request, name string) {
	if content, ok := p.mavenFile(req.Repository, name); ok {
		writeFile(w, r, req, path.Base(name), mavenContentType(name), content)
		return
	}
	suffix := path.Ext(name)
	if digest, known := mavenChecksums[suffix]; known {
		if content, ok := p.mavenFile(req.Repository, strings.TrimSuffix(name, suffix)); ok {
			writeText(w, http.StatusOK, digest(content))
			return
		}
	}
	req.Errors(w, http.StatusNotFound, "NOT_FOUND", "File not found")
}

// mavenUpload stores a file. Metadata and checksums change with every deployment, the rest is replaced by those who may.
func (p *Packages) mavenUpload(w http.ResponseWriter, r *http.Request, req Request, name string) {
	body, ok := readBody(w, r, req)
	if !ok || !mayWrite(w, req, name) {
		return
	}
	if name == "" || strings.HasSuffix(req.Path, "/") {
		invalid(w, req, "Not the path of a file: "+req.Path)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, exists := p.maven[req.Repository][name]
	_, isChecksum := mavenChecksums[path.Ext(name)]
	changes := isChecksum || strings.HasPrefix(path.Base(name), "maven-metadata.xml") || strings.Contains(name, "-SNAPSHOT/")
	if exists && !changes && !mayReplace(w, req, name, "Artifact already exists: "+name) {
		return
	}
	p.addMaven(req.Repository, name, body)
	if req.Style == ArtifactKeeper {
		writeText(w, http.StatusCreated, "Created")
		return
	}
	writeJSON(w, http.StatusCreated, map[string]any{
		"repo": req.Repository, "path": "/" + name, "created": p.now().UTC().Format(time.RFC3339Nano), "createdBy": req.User,
		"downloadUri": req.BaseURL + "/" + name, "mimeType": mavenContentType(name), "size": fmt.Sprint(len(body)),
		"checksums": map[string]string{"sha1": sha1Hex(body), "md5": md5Hex(body), "sha256": sha256Hex(body)},
	})
}

func (p *Packages) mavenDelete(w http.ResponseWriter, req Request, name string) {
	if !mayRemove(w, req, name) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.maven[req.Repository][name]; !ok {
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "Could not locate artifact '"+req.Repository+":"+name+"'.")
		return
	}
	delete(p.maven[req.Repository], name)
	w.WriteHeader(http.StatusNoContent)
}

func mavenContentType(name string) string {
	switch path.Ext(name) {
	case ".jar", ".war", ".ear":
		return "application/java-archive"
	case ".pom":
		return "application/x-maven-pom+xml"
	case ".xml":
		return "application/xml"
	}
	return "application/octet-stream"
}
