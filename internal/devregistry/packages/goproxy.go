package packages

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// The protocol is the one of https://go.dev/ref/mod#goproxy-protocol. Go prints the body of an error only when it is
// plain text, and goes on to the next proxy of its list only after a 404 or a 410.

// goModule is one module of a repository. A nil module is an absent one.
type goModule struct {
	path     string
	versions map[string]*goVersion
}

// goVersion is what was uploaded of a version: on Artifact Keeper the parts stand for themselves, and a version whose
// go.mod was never uploaded has none.
type goVersion struct {
	info, mod, zip   []byte
	created, updated time.Time
}

// goModule finds a module or makes an empty one. The caller holds the write lock.
func (p *Packages) goModule(repository, path string) *goModule {
	if p.mods[repository] == nil {
		p.mods[repository] = map[string]*goModule{}
	}
	m := p.mods[repository][path]
	if m == nil {
		m = &goModule{path: path, versions: map[string]*goVersion{}}
		p.mods[repository][path] = m
	}
	return m
}

// version finds a version; nil when there is none.
func (m *goModule) version(number string) *goVersion {
	if m == nil {
		return nil
	}
	return m.versions[number]
}

// goTarget is what a request path names: a file of a version, such as {example.com/acme/hello v1.0.0 zip}, or a question
// about the module, which has no version: list and latest.
type goTarget struct {
	path, version, file string
}

// parseGo takes a request path apart and decodes its upper-case letters.
func parseGo(path string) (goTarget, error) {
	escaped, file, ok := strings.Cut(path, "/@v/")
	if !ok {
		if escaped, ok = strings.CutSuffix(path, "/@latest"); !ok {
			return goTarget{}, fmt.Errorf("missing /@v/ or /@latest")
		}
		file = "latest"
	}
	decoded, err := module.UnescapePath(escaped)
	if err != nil {
		return goTarget{}, err
	}
	t := goTarget{path: decoded, file: file}
	if file == "list" || file == "latest" {
		return t, nil
	}
	i := strings.LastIndex(file, ".")
	if i < 0 || !slices.Contains([]string{"info", "mod", "zip"}, file[i+1:]) {
		return goTarget{}, fmt.Errorf("unknown operation %q", file)
	}
	t.file = file[i+1:]
	t.version, err = module.UnescapeVersion(file[:i])
	return t, err
}

// serveGo routes a request below a Go repository.
func (p *Packages) serveGo(w http.ResponseWriter, r *http.Request, req Request) {
	if sumdb, ok := strings.CutPrefix(req.Path, "sumdb/"); ok {
		serveSumDB(w, req, sumdb)
		return
	}
	path := req.Path
	if req.Style == Artifactory {
		path, _, _ = strings.Cut(path, ";") // properties, which the JFrog CLI appends to uploads
	}
	target, err := parseGo(path)
	if err != nil {
		status := http.StatusNotFound
		if req.Style == ArtifactKeeper {
			status = http.StatusBadRequest
		}
		writeText(w, status, "Invalid GOPROXY path: "+err.Error())
		return
	}
	switch {
	case r.Method == http.MethodPut:
		p.goUpload(w, r, req, target)
	case !isRead(r):
		methodNotAllowed(w, req, "GET, HEAD, PUT")
	case target.file == "list":
		p.goList(w, req, target)
	case target.file == "latest":
		p.goLatest(w, req, target)
	default:
		p.goFile(w, r, req, target)
	}
}

// serveSumDB answers for the checksum database. Artifact Keeper says that it forwards to it and, having no way out from
// here, fails then; Artifactory's absence makes Go ask the database directly. Clients of private modules ask neither.
func serveSumDB(w http.ResponseWriter, req Request, path string) {
	host, rest, _ := strings.Cut(path, "/")
	switch {
	case req.Style == Artifactory:
		writeText(w, http.StatusNotFound, "Not Found")
	case !slices.Contains([]string{"sum.golang.org", "sum.golang.google.cn"}, host):
		writeText(w, http.StatusForbidden, "sumdb host '"+host+"' is not in the allowlist of permitted upstreams")
	case rest == "supported":
		writeText(w, http.StatusOK, "")
	default:
		writeText(w, http.StatusBadGateway, "Failed to reach checksum database")
	}
}

// goList answers with the versions, one a line. Artifact Keeper sorts them as text and leaves the last line open;
// pseudo-versions do not belong here, but it does not look.
func (p *Packages) goList(w http.ResponseWriter, req Request, t goTarget) {
	p.mu.RLock()
	m := p.mods[req.Repository][t.path]
	var versions []string
	if m != nil {
		versions = slices.Sorted(maps.Keys(m.versions))
	}
	p.mu.RUnlock()
	if len(versions) == 0 {
		writeText(w, http.StatusNotFound, "module not found")
		return
	}
	if req.Style == ArtifactKeeper {
		writeText(w, http.StatusOK, strings.Join(versions, "\n"))
		return
	}
	semver.Sort(versions)
	var list strings.Builder
	for _, v := range versions {
		if !module.IsPseudoVersion(v) {
			list.WriteString(v + "\n")
		}
	}
	writeText(w, http.StatusOK, list.String())
}

// goLatest answers with the version a query without version gets: the highest release, else the highest pre-release,
// else the highest pseudo-version. On Artifact Keeper it is whatever came last.
func (p *Packages) goLatest(w http.ResponseWriter, req Request, t goTarget) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	m := p.mods[req.Repository][t.path]
	if m == nil || len(m.versions) == 0 {
		writeText(w, http.StatusNotFound, "No versions found for module "+t.path)
		return
	}
	better := func(a, b string) int {
		if rank := goRank(a) - goRank(b); rank != 0 {
			return rank
		}
		return semver.Compare(a, b)
	}
	if req.Style == ArtifactKeeper {
		better = func(a, b string) int { return m.versions[a].updated.Compare(m.versions[b].updated) }
	}
	latest := slices.MaxFunc(slices.Sorted(maps.Keys(m.versions)), better)
	writeGoInfo(w, latest, m.versions[latest].updated)
}

// goRank orders kinds of versions: pseudo-versions below pre-releases below releases.
func goRank(version string) int {
	switch {
	case module.IsPseudoVersion(version):
		return 0
	case semver.Prerelease(version) != "":
		return 1
	}
	return 2
}

// writeGoInfo answers with a version and its time, in whole seconds.
func writeGoInfo(w http.ResponseWriter, version string, at time.Time) {
	writeJSON(w, http.StatusOK, struct{ Version, Time string }{version, at.UTC().Format(time.RFC3339)})
}

// goFile answers with a part of a version.
func (p *Packages) goFile(w http.ResponseWriter, r *http.Request, req Request, t goTarget) {
	p.mu.RLock()
	var v goVersion
	found := p.mods[req.Repository][t.path].version(t.version)
	if found != nil {
		v = *found
	}
	p.mu.RUnlock()
	if v.mod == nil && req.Style == Artifactory {
		v.mod = fromZip(v.zip, func(name string) bool { return name == t.path+"@"+t.version+"/go.mod" })
	}
	switch {
	case t.file == "info" && v.info != nil:
		writeFile(w, r, req, t.version+".info", "application/json", v.info)
	case t.file == "info" && found != nil:
		writeGoInfo(w, t.version, v.created)
	case t.file == "mod" && v.mod != nil:
		writeFile(w, r, req, t.version+".mod", "text/plain; charset=utf-8", v.mod)
	case t.file == "zip" && v.zip != nil:
		writeFile(w, r, req, t.version+".zip", "application/zip", v.zip)
	default:
		writeText(w, http.StatusNotFound, fmt.Sprintf("%s not found for %s@%s", t.file, t.path, t.version))
	}
}

// goUpload stores a part of a version: a zip or a go.mod, on Artifactory an info file too. Neither registry looks into
// a zip; a broken one is the downloading client's trouble.
func (p *Packages) goUpload(w http.ResponseWriter, r *http.Request, req Request, t goTarget) {
	if t.version == "" || t.file == "info" && req.Style == ArtifactKeeper {
		w.Header().Set("Allow", "GET, HEAD")
		writeText(w, http.StatusMethodNotAllowed, "PUT is only supported for .zip and .mod files")
		return
	}
	what := fmt.Sprintf("%s/@v/%s.%s", t.path, t.version, t.file)
	content, ok := readBody(w, r, req)
	if !ok || !mayWrite(w, req, what) {
		return
	}
	if t.file == "info" && !json.Valid(content) {
		invalid(w, req, "The info file is not JSON")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	v := goVersion{created: now}
	if old := p.mods[req.Repository][t.path].version(t.version); old != nil {
		v = *old
	}
	part, name := &v.zip, "Module zip "
	switch t.file {
	case "info":
		part, name = &v.info, "info of "
	case "mod":
		part, name = &v.mod, "go.mod for "
	}
	if *part != nil && !mayReplace(w, req, what, name+t.path+"@"+t.version+" already exists") {
		return
	}
	*part, v.updated = content, now
	p.goModule(req.Repository, t.path).versions[t.version] = &v
	if req.Style == ArtifactKeeper {
		writeText(w, http.StatusCreated, "Created")
		return
	}
	writeJSON(w, http.StatusCreated, map[string]any{
		"repo": req.Repository, "path": "/" + what, "created": isoTime(now), "createdBy": req.User,
		"downloadUri": req.BaseURL + "/" + what, "size": fmt.Sprint(len(content)),
		"checksums": map[string]string{"sha1": sha1Hex(content), "md5": md5Hex(content), "sha256": sha256Hex(content)},
	})
}
