package packages

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The two forms of the simple repository API (https://packaging.python.org/en/latest/specifications/simple-repository-api/).
const (
	pyJSONType = "application/vnd.pypi.simple.v1+json"
	pyHTMLType = "text/html; charset=utf-8"
)

// pyRootIndex lists the projects of a repository.
func (p *Packages) pyRootIndex(w http.ResponseWriter, r *http.Request, req Request) {
	p.mu.RLock()
	names := slices.Sorted(maps.Keys(p.pypi[req.Repository]))
	p.mu.RUnlock()
	if prefersJSON(r, req.Style) {
		projects := []map[string]string{}
		for _, name := range names {
			projects = append(projects, map[string]string{"name": name})
		}
		writePyJSON(w, r, map[string]any{"meta": pyMeta(req.Style), "projects": projects})
		return
	}
	var page strings.Builder
	openPage(&page, req.Style, "Simple Index")
	for _, name := range names {
		fmt.Fprintf(&page, "<a href=\"%s/\">%s</a><br/>\n", url.PathEscape(name), html.EscapeString(name))
	}
	page.WriteString("</body>\n</html>\n")
	writeIndex(w, r, pyHTMLType, []byte(page.String()))
}

// pyProjectIndex lists the files of a project.
func (p *Packages) pyProjectIndex(w http.ResponseWriter, r *http.Request, req Request, name string) {
	files := p.pyFiles(req, name)
	if len(files) == 0 {
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "Package not found")
		return
	}
	if prefersJSON(r, req.Style) {
		writePyJSON(w, r, pyProjectJSON(req, name, files))
		return
	}
	var page strings.Builder
	openPage(&page, req.Style, "Links for "+name)
	for _, f := range files {
		fmt.Fprintf(&page, "<a href=\"%s#sha256=%s\"", html.EscapeString(pyLink(req, f)), f.sha256)
		for _, attribute := range f.attributes(req.Style) {
			fmt.Fprintf(&page, " %s=\"%s\"", attribute.name, html.EscapeString(attribute.value))
		}
		fmt.Fprintf(&page, ">%s</a><br/>\n", html.EscapeString(f.Filename))
	}
	page.WriteString("</body>\n</html>\n")
	writeIndex(w, r, pyHTMLType, []byte(page.String()))
}

func openPage(page *strings.Builder, style Style, title string) {
	version := "1.1"
	if style == ArtifactKeeper {
		version = "1.0"
	}
	title = html.EscapeString(title)
	fmt.Fprintf(page, "<!DOCTYPE html>\n<html>\n<head>\n<meta name=\"pypi:repository-version\" content=\"%s\"/>\n"+
		"<title>%s</title>\n</head>\n<body>\n<h1>%s</h1>\n", version, title, title)
}

// pyLink is where a file is: next to the index on Artifact Keeper, which counts from the host's root, and in the
// repository's layout on Artifactory, relative to the index.
func pyLink(req Request, f *pyFile) string {
	if req.Style == ArtifactKeeper {
		root := req.BaseURL
		if u, err := url.Parse(root); err == nil {
			root = u.EscapedPath()
		}
		return root + "/simple/" + normalizePyPI(f.Project) + "/" + url.PathEscape(f.Filename)
	}
	return "../../packages/" + normalizePyPI(f.Project) + "/" + url.PathEscape(f.Version) + "/" + url.PathEscape(f.Filename)
}

type attribute struct{ name, value string }

// attributes are the data- attributes of a link: PEP 503, 592 (yanked), 658 and 714 (metadata), 700 (time).
func (f *pyFile) attributes(style Style) []attribute {
	var list []attribute
	if f.RequiresPython != "" {
		list = append(list, attribute{"data-requires-python", f.RequiresPython})
	}
	if style == ArtifactKeeper {
		return append(list, attribute{"data-upload-time", f.uploadTime()})
	}
	if f.metadata != nil && f.isWheel() {
		digest := "sha256=" + sha256Hex(f.metadata)
		list = append(list, attribute{"data-dist-info-metadata", digest}, attribute{"data-core-metadata", digest})
	}
	if f.Yanked != nil {
		list = append(list, attribute{"data-yanked", *f.Yanked})
	}
	return list
}

func (f *pyFile) uploadTime() string { return f.uploaded.UTC().Format(time.RFC3339) }

// pyProjectJSON is the document of PEP 691 with the sizes, times and versions of PEP 700.
func pyProjectJSON(req Request, name string, files []*pyFile) map[string]any {
	entries, versions := []map[string]any{}, map[string]bool{}
	for _, f := range files {
		versions[f.Version] = true
		entry := map[string]any{
			"filename": f.Filename, "url": pyLink(req, f), "hashes": map[string]string{"sha256": f.sha256},
			"size": len(f.Content), "upload-time": f.uploadTime(),
		}
		if f.RequiresPython != "" {
			entry["requires-python"] = f.RequiresPython
		}
		if req.Style == Artifactory {
			entry["yanked"] = yankedValue(f.Yanked)
			if f.metadata != nil && f.isWheel() {
				// Not under its former name dist-info-metadata as well: pip up to 23.0, which is Debian 12's, fails on it (PEP 714).
				entry["core-metadata"] = map[string]string{"sha256": sha256Hex(f.metadata)}
			}
		}
		entries = append(entries, entry)
	}
	return map[string]any{
		"meta": pyMeta(req.Style), "name": name, "versions": slices.Sorted(maps.Keys(versions)), "files": entries,
	}
}

// yankedValue is false, true or the reason.
func yankedValue(reason *string) any {
	switch {
	case reason == nil:
		return false
	case *reason == "":
		return true
	}
	return *reason
}

func pyMeta(style Style) map[string]string {
	if style == ArtifactKeeper {
		return map[string]string{"api-version": "1.2"}
	}
	return map[string]string{"api-version": "1.1"}
}

func writePyJSON(w http.ResponseWriter, r *http.Request, doc any) {
	body, err := json.Marshal(doc)
	if err != nil {
		writeText(w, http.StatusInternalServerError, "cannot encode the answer")
		return
	}
	writeIndex(w, r, pyJSONType, body)
}

// prefersJSON reads the Accept header as PEP 691 wants it read: by weights, HTML when in doubt. Artifact Keeper only
// looks for the type's name.
func prefersJSON(r *http.Request, style Style) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if style == ArtifactKeeper {
		return strings.Contains(accept, pyJSONType)
	}
	var jsonWeight, htmlWeight float64
	for part := range strings.SplitSeq(accept, ",") {
		mediaType, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		weight := 1.0
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			weight = q
		}
		switch mediaType {
		case pyJSONType, "application/vnd.pypi.simple.latest+json":
			jsonWeight = max(jsonWeight, weight)
		case "text/html", "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.latest+html":
			htmlWeight = max(htmlWeight, weight)
		}
	}
	return jsonWeight > htmlWeight
}
