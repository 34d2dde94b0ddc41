package packages

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// cargoCrate is one published version.
type cargoCrate struct {
	CargoCrate
	checksum string // SHA-256
}

// addCrate stores a version. The caller holds the lock.
func (p *Packages) addCrate(c CargoCrate) {
	if p.crates[c.Repository] == nil {
		p.crates[c.Repository] = map[string][]*cargoCrate{}
	}
	name := strings.ToLower(c.Name)
	p.crates[c.Repository][name] = append(p.crates[c.Repository][name], &cargoCrate{c, sha256Hex(c.Content)})
}

func (p *Packages) cratesNamed(repository, name string) []*cargoCrate {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return slices.Clone(p.crates[repository][strings.ToLower(name)])
}

// crate finds a version among those of a crate; nil when there is none.
func crate(versions []*cargoCrate, version string) *cargoCrate {
	i := slices.IndexFunc(versions, func(c *cargoCrate) bool { return c.Version == version })
	if i < 0 {
		return nil
	}
	return versions[i]
}

// The paths of a registry below its root: the index is at the root on Artifact Keeper, which answers below index/ too, and
// below index/ on Artifactory. Downloads and publishing are where config.json says.
const (
	cargoIndex    = "index/"
	cargoAPI      = "api/v1/crates"
	cargoDownload = "v1/crates" // Artifactory
)

// serveCargo answers the sparse index and the web API (https://doc.rust-lang.org/cargo/reference/registry-index.html,
// https://doc.rust-lang.org/cargo/reference/registry-web-api.html).
func (p *Packages) serveCargo(w http.ResponseWriter, r *http.Request, req Request) {
	if req.Path == cargoAPI+"/new" {
		if r.Method != http.MethodPut {
			methodNotAllowed(w, req, "PUT")
			return
		}
		p.cargoPublish(w, r, req)
		return
	}
	if !isRead(r) {
		methodNotAllowed(w, req, "GET, HEAD")
		return
	}
	downloads := map[Style]string{Artifactory: cargoDownload, ArtifactKeeper: cargoAPI}[req.Style]
	if rest, ok := strings.CutPrefix(req.Path, downloads+"/"); ok {
		p.cargoDownload(w, r, req, rest)
		return
	}
	path, below := strings.CutPrefix(req.Path, cargoIndex)
	switch {
	case req.Style == Artifactory && !below:
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "File not found")
	case path == "config.json":
		writeJSON(w, http.StatusOK, map[string]any{
			"dl": req.BaseURL + "/" + downloads, "api": req.BaseURL, "auth-required": !req.Public,
		})
	default:
		p.cargoIndexFile(w, r, req, path)
	}
}

// cargoIndexFile lists the versions of a crate, a line of JSON each.
func (p *Packages) cargoIndexFile(w http.ResponseWriter, r *http.Request, req Request, path string) {
	name := path[strings.LastIndexByte(path, '/')+1:]
	versions := p.cratesNamed(req.Repository, name)
	if len(versions) == 0 || path != cargoIndexPath(name) {
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "Crate not found")
		return
	}
	var lines bytes.Buffer
	for _, c := range versions {
		entry := map[string]any{"name": c.Name, "vers": c.Version, "cksum": c.checksum, "yanked": false}
		for key, value := range c.Entry {
			entry[key] = value
		}
		line, err := json.Marshal(entry)
		if err != nil { // entries come from JSON
			req.Errors(w, http.StatusInternalServerError, "INTERNAL_ERROR", err.Error())
			return
		}
		lines.Write(append(line, '\n'))
	}
	writeIndex(w, r, "text/plain; charset=utf-8", lines.Bytes())
}

// cargoIndexPath is where the index has a crate: below folders of its first letters.
func cargoIndexPath(name string) string {
	switch n := strings.ToLower(name); len(n) {
	case 0:
		return ""
	case 1, 2:
		return fmt.Sprintf("%d/%s", len(n), n)
	case 3:
		return "3/" + n[:1] + "/" + n
	default:
		return n[:2] + "/" + n[2:4] + "/" + n
	}
}

// cargoDownload answers NAME/VERSION/download.
func (p *Packages) cargoDownload(w http.ResponseWriter, r *http.Request, req Request, path string) {
	parts := strings.Split(path, "/")
	if len(parts) != 3 || parts[2] != "download" {
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "File not found")
		return
	}
	c := crate(p.cratesNamed(req.Repository, parts[0]), parts[1])
	if c == nil {
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "Crate not found")
		return
	}
	writeFile(w, r, req, c.Name+"-"+c.Version+".crate", "application/x-tar", c.Content)
}

var crateName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// cargoPublish stores a new version: a length and the metadata, a length and the crate.
func (p *Packages) cargoPublish(w http.ResponseWriter, r *http.Request, req Request) {
	body, ok := readBody(w, r, req)
	if !ok {
		return
	}
	encoded, content := cutSized(body)
	content, _ = cutSized(content)
	var metadata map[string]any
	if encoded == nil || content == nil || json.Unmarshal(encoded, &metadata) != nil {
		invalid(w, req, "The upload is no metadata and crate")
		return
	}
	name, _ := metadata["name"].(string)
	version, _ := metadata["vers"].(string)
	if !crateName.MatchString(name) || version == "" {
		invalid(w, req, "The metadata name no crate and version")
		return
	}
	what := name + "@" + version
	if !mayWrite(w, req, what) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if crate(p.crates[req.Repository][strings.ToLower(name)], version) != nil {
		// Neither registry replaces a crate; cargo shows the detail.
		writeJSON(w, http.StatusConflict, map[string]any{
			"errors": []any{map[string]string{"detail": "crate version `" + what + "` already exists"}},
		})
		return
	}
	p.addCrate(CargoCrate{
		Repository: req.Repository, Name: name, Version: version, Entry: cargoEntry(metadata), Content: content,
	})
	none := []string{}
	writeJSON(w, http.StatusOK, map[string]any{
		"warnings": map[string]any{"invalid_categories": none, "invalid_badges": none, "other": none},
	})
}

// cutSized takes what a 32-bit little-endian length in front announces; nil when there is less.
func cutSized(b []byte) (sized, rest []byte) {
	if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
		return nil, nil
	}
	end := 4 + int(binary.LittleEndian.Uint32(b))
	return b[4:end], b[end:]
}

// cargoEntry turns published metadata into a line of the index, where dependencies are described in other words.
func cargoEntry(metadata map[string]any) map[string]any {
	deps := []any{}
	published, _ := metadata["deps"].([]any)
	for _, d := range published {
		dep, ok := d.(map[string]any)
		if !ok {
			continue
		}
		entry := map[string]any{"req": dep["version_req"]}
		for _, key := range []string{"name", "features", "optional", "default_features", "target", "kind", "registry"} {
			entry[key] = dep[key]
		}
		if alias, ok := dep["explicit_name_in_toml"].(string); ok {
			entry["name"], entry["package"] = alias, dep["name"]
		}
		deps = append(deps, entry)
	}
	features, ok := metadata["features"].(map[string]any)
	if !ok {
		features = map[string]any{}
	}
	return map[string]any{"deps": deps, "features": features, "links": metadata["links"]}
}
