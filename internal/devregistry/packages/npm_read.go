package packages

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// npmInstallType asks for the short packument that installers need
// (https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md).
const npmInstallType = "application/vnd.npm.install-v1+json"

// npmInstallFields are the fields of a version that the short packument keeps.
var npmInstallFields = []string{
	"name", "version", "deprecated", "dist",
	"dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta",
	"bundleDependencies", "bundledDependencies", "acceptDependencies",
	"bin", "directories", "engines", "os", "cpu", "libc", "funding", "hasInstallScript", "_hasShrinkwrap",
}

// isoTime is how npm registries write times: UTC with milliseconds.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// npmPackument answers with everything known of a package.
func (p *Packages) npmPackument(w http.ResponseWriter, r *http.Request, req Request, name string) {
	p.mu.RLock()
	pkg := p.npmPackage(req.Repository, name)
	var doc map[string]any
	if pkg != nil {
		doc = pkg.packument(req)
	}
	p.mu.RUnlock()
	if doc == nil {
		npmNotFound(w, req, "Package not found")
		return
	}
	contentType := "application/json"
	if strings.Contains(r.Header.Get("Accept"), npmInstallType) {
		contentType = npmInstallType
		doc = installPackument(doc)
	}
	writeDocument(w, r, contentType, doc)
}

// packument builds the full document. Artifact Keeper's has three fields; the times and the revision are CouchDB's
// heritage, which Artifactory keeps.
func (pkg *npmPackage) packument(req Request) map[string]any {
	versions := map[string]any{}
	for number, v := range pkg.versions {
		versions[number] = v.document(req, pkg.name)
	}
	doc := map[string]any{"name": pkg.name, "versions": versions, "dist-tags": pkg.distTags()}
	if req.Style == ArtifactKeeper {
		return doc
	}
	times := map[string]string{"created": isoTime(pkg.created), "modified": isoTime(pkg.modified)}
	for number, v := range pkg.versions {
		times[number] = isoTime(v.published)
	}
	doc["_id"], doc["_rev"], doc["time"] = pkg.name, pkg.rev(), times
	if latest := pkg.byVersion("latest"); latest != nil {
		for _, field := range []string{"description", "license", "keywords", "author", "homepage", "repository", "bugs"} {
			if value, ok := latest.manifest[field]; ok {
				doc[field] = value
			}
		}
	}
	return doc
}

// installPackument reduces a full packument to the short one.
func installPackument(full map[string]any) map[string]any {
	versions := map[string]any{}
	all, _ := full["versions"].(map[string]any)
	for number, v := range all {
		whole, _ := v.(map[string]any)
		version := maps.Clone(whole)
		maps.DeleteFunc(version, func(field string, _ any) bool { return !slices.Contains(npmInstallFields, field) })
		versions[number] = version
	}
	short := map[string]any{"name": full["name"], "dist-tags": full["dist-tags"], "versions": versions}
	if times, ok := full["time"].(map[string]string); ok {
		short["modified"] = times["modified"]
	}
	return short
}

// npmVersionDocument answers with one version, named by number or tag.
func (p *Packages) npmVersionDocument(w http.ResponseWriter, r *http.Request, req Request, name, version string) {
	p.mu.RLock()
	v := p.npmPackage(req.Repository, name).byVersion(version)
	p.mu.RUnlock()
	if v == nil {
		npmNotFound(w, req, "Version '"+version+"' not found for package '"+name+"'")
		return
	}
	writeDocument(w, r, "application/json", v.document(req, name))
}

// npmSearch answers a search by parts of a name, description or keyword. Scores are not modelled: every hit is as good
// as the next, in the order of names.
func (p *Packages) npmSearch(w http.ResponseWriter, r *http.Request, req Request) {
	query := r.URL.Query()
	terms := strings.Fields(strings.ToLower(query.Get("text")))
	objects := []any{}
	p.mu.RLock()
	repository := p.npm[req.Repository]
	for _, name := range slices.Sorted(maps.Keys(repository)) {
		if v := repository[name].byVersion("latest"); v != nil && v.mentions(terms) {
			objects = append(objects, v.searchHit(name))
		}
	}
	p.mu.RUnlock()
	total := len(objects)
	from := min(max(number(query.Get("from"), 0), 0), total)
	objects = objects[from:min(from+max(number(query.Get("size"), 20), 0), total)]
	writeJSON(w, http.StatusOK, map[string]any{"objects": objects, "total": total, "time": isoTime(p.now())})
}

// mentions reports whether all terms occur somewhere in the manifest's searchable text.
func (v *npmVersion) mentions(terms []string) bool {
	name, _ := manifestID(v.manifest)
	description, _ := v.manifest["description"].(string)
	keywords, _ := json.Marshal(v.manifest["keywords"])
	text := strings.ToLower(name + " " + description + " " + string(keywords))
	for _, term := range terms {
		if !strings.Contains(text, term) {
			return false
		}
	}
	return true
}

func (v *npmVersion) searchHit(name string) map[string]any {
	scope := "unscoped"
	if s, _, scoped := strings.Cut(name, "/"); scoped {
		scope = strings.TrimPrefix(s, "@")
	}
	hit := map[string]any{
		"name": name, "scope": scope, "version": v.version, "date": isoTime(v.published),
		"links": struct{}{}, "maintainers": []any{},
	}
	for _, field := range []string{"description", "keywords"} {
		if value, ok := v.manifest[field]; ok {
			hit[field] = value
		}
	}
	one := map[string]any{"final": 1, "detail": map[string]any{"quality": 1, "popularity": 1, "maintenance": 1}}
	return map[string]any{"package": hit, "score": one, "searchScore": 1}
}

// number reads a decimal query value.
func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return otherwise
}

// writeDocument answers with a JSON document that clients revalidate.
func writeDocument(w http.ResponseWriter, r *http.Request, contentType string, doc any) {
	body, err := json.Marshal(doc)
	if err != nil {
		writeText(w, http.StatusInternalServerError, "cannot encode the answer")
		return
	}
	writeIndex(w, r, contentType, body)
}
