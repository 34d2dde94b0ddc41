package packages

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// condaSubdirs are the platforms every channel here has an index for.
var condaSubdirs = []string{"noarch", "linux-64", "linux-aarch64"}

// serveConda answers a channel for reading (https://docs.conda.io/projects/conda-build/en/stable/concepts/generating-index.html).
func (p *Packages) serveConda(w http.ResponseWriter, r *http.Request, req Request) {
	if !isRead(r) {
		req.Errors(w, http.StatusNotImplemented, "NOT_IMPLEMENTED", "the embedded registry does not take conda packages")
		return
	}
	p.mu.RLock()
	files := p.conda[req.Repository]
	p.mu.RUnlock()
	subdir, name, _ := strings.Cut(req.Path, "/")
	i := slices.IndexFunc(files, func(f CondaFile) bool { return f.Subdir == subdir && f.Filename == name })
	switch {
	case i >= 0:
		writeFile(w, r, req, name, "application/octet-stream", files[i].Content)
	case req.Path == "channeldata.json":
		condaIndex(w, r, req, channelData(files))
	case slices.Contains(condaSubdirs, subdir) && (name == "repodata.json" || name == "current_repodata.json"):
		condaIndex(w, r, req, repoData(subdir, files))
	default:
		req.Errors(w, http.StatusNotFound, "NOT_FOUND", "File not found")
	}
}

func condaIndex(w http.ResponseWriter, r *http.Request, req Request, document any) {
	body, err := json.Marshal(document)
	if err != nil { // documents are made of maps and strings
		req.Errors(w, http.StatusInternalServerError, "INTERNAL_ERROR", err.Error())
		return
	}
	writeIndex(w, r, "application/json", body)
}

func repoData(subdir string, files []CondaFile) any {
	packages := map[string]any{}
	for _, f := range files {
		if f.Subdir != subdir {
			continue
		}
		record := maps.Clone(f.Record)
		record["subdir"], record["size"] = subdir, len(f.Content)
		record["md5"], record["sha256"] = md5Hex(f.Content), sha256Hex(f.Content)
		packages[f.Filename] = record
	}
	return map[string]any{
		"info": map[string]any{"subdir": subdir}, "packages": map[string]any{}, "packages.conda": packages,
		"removed": []any{}, "repodata_version": 1,
	}
}

func channelData(files []CondaFile) any {
	packages, subdirs := map[string]any{}, []string{}
	for _, f := range files {
		if !slices.Contains(subdirs, f.Subdir) {
			subdirs = append(subdirs, f.Subdir)
		}
		name, _ := f.Record["name"].(string)
		packages[name] = map[string]any{"version": f.Record["version"], "subdirs": []string{f.Subdir}}
	}
	return map[string]any{"channeldata_version": 1, "packages": packages, "subdirs": subdirs}
}
