package packages

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// npmUpload is the document a client puts to publish: a packument of what is new with the tarballs attached.
type npmUpload struct {
	Name        string                    `json:"name"`
	DistTags    map[string]string         `json:"dist-tags"`
	Versions    map[string]map[string]any `json:"versions"`
	Attachments map[string]struct {
		Data string `json:"data"` // base64
	} `json:"_attachments"`
}

// readNPMUpload reads a put packument and checks that it is about the package in the URL. It answers the request itself
// when something is wrong.
func readNPMUpload(w http.ResponseWriter, r *http.Request, req Request, name string) (npmUpload, bool) {
	var up npmUpload
	body, ok := readBody(w, r, req)
	if !ok {
		return up, false
	}
	if err := json.Unmarshal(body, &up); err != nil {
		invalid(w, req, "Invalid JSON payload: "+err.Error())
		return up, false
	}
	if up.Name != "" && up.Name != name {
		invalid(w, req, fmt.Sprintf("Package name mismatch: URL says '%s' but payload says '%s'", name, up.Name))
		return up, false
	}
	if up.Versions == nil {
		invalid(w, req, "Missing 'versions' in payload")
		return up, false
	}
	return up, true
}

// npmPublish stores new versions, or takes over deprecations when nothing is attached.
func (p *Packages) npmPublish(w http.ResponseWriter, r *http.Request, req Request, name string) {
	up, ok := readNPMUpload(w, r, req, name)
	if !ok || !mayWrite(w, req, name) {
		return
	}
	if len(up.Attachments) == 0 {
		if req.Style == Artifactory {
			p.npmDeprecate(w, req, name, up)
			return
		}
		invalid(w, req, "Missing '_attachments' in payload")
		return
	}
	if !validNPMName(name) {
		invalid(w, req, "Invalid package name '"+name+"'")
		return
	}
	var versions []*npmVersion
	for _, number := range slices.Sorted(maps.Keys(up.Versions)) {
		v, err := up.version(name, number, p.now())
		if err != nil {
			invalid(w, req, "Cannot publish: "+err.Error())
			return
		}
		versions = append(versions, v)
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if pkg := p.npmPackage(req.Repository, name); pkg != nil {
		for _, v := range versions {
			exists := fmt.Sprintf("Version %s of %s already exists", v.version, name)
			if pkg.versions[v.version] != nil && !mayReplace(w, req, tarballPath(req.Style, name, v.version), exists) {
				return
			}
		}
	}
	var pkg *npmPackage
	for _, v := range versions {
		pkg = p.addNPM(req.Repository, v)
	}
	if pkg == nil {
		invalid(w, req, "No version in payload")
		return
	}
	for tag, version := range up.DistTags {
		// Artifact Keeper works latest out by itself: every plain publish claims it, prereleases too.
		if tag != "latest" || req.Style == Artifactory {
			pkg.tags[tag] = version
		}
	}
	npmOK(w, req, http.StatusCreated)
}

// version builds one version out of the upload and verifies the digests the client computed.
func (up npmUpload) version(name, number string, at time.Time) (*npmVersion, error) {
	manifest := maps.Clone(up.Versions[number])
	if manifest == nil || !validNPMVersion(number) {
		return nil, fmt.Errorf("invalid version '%s'", number)
	}
	if n, v := manifestID(manifest); n != name || v != number {
		return nil, fmt.Errorf("version %s of %s says that it is %s of %s", number, name, v, n)
	}
	attachment, ok := up.Attachments[name+"-"+number+".tgz"]
	if !ok {
		attachment, ok = up.Attachments[tarballName(name, number)]
	}
	if !ok {
		return nil, fmt.Errorf("no attachment found for version %s", number)
	}
	tarball, err := base64.StdEncoding.DecodeString(attachment.Data)
	if err != nil {
		return nil, fmt.Errorf("invalid base64 data: %w", err)
	}
	dist, _ := manifest["dist"].(map[string]any)
	if shasum, ok := dist["shasum"].(string); ok && shasum != sha1Hex(tarball) {
		return nil, fmt.Errorf("the tarball of version %s does not match its shasum", number)
	}
	if sri, ok := dist["integrity"].(string); ok && strings.HasPrefix(sri, "sha512-") && sri != integritySHA512(tarball) {
		return nil, fmt.Errorf("the tarball of version %s does not match its integrity", number)
	}
	delete(manifest, "dist") // its links are the client's guess; ours depend on who asks
	return newNPMVersion(manifest, tarball, at), nil
}

// npmOK is the answer to a change that went well. Artifact Keeper knows no other status than 200.
func npmOK(w http.ResponseWriter, req Request, status int) {
	if req.Style == ArtifactKeeper {
		status = http.StatusOK
	}
	writeJSON(w, status, map[string]bool{"ok": true})
}

// serveDistTags answers for the tags of a package. Adding and removing one is a write on both registries.
func (p *Packages) serveDistTags(w http.ResponseWriter, r *http.Request, req Request, name, tag string) {
	switch {
	case isRead(r) && tag == "":
		p.mu.RLock()
		pkg := p.npmPackage(req.Repository, name)
		var tags map[string]string
		if pkg != nil {
			tags = pkg.distTags()
		}
		p.mu.RUnlock()
		if tags == nil {
			npmNotFound(w, req, "Package not found")
			return
		}
		writeJSON(w, http.StatusOK, tags)
	case (r.Method == http.MethodPut || r.Method == http.MethodPost) && tag != "":
		p.setDistTag(w, r, req, name, tag)
	case r.Method == http.MethodDelete && tag != "":
		p.removeDistTag(w, req, name, tag)
	default:
		methodNotAllowed(w, req, "GET, HEAD, PUT, DELETE")
	}
}

// setDistTag points a tag at a version, which the body holds as a JSON string.
func (p *Packages) setDistTag(w http.ResponseWriter, r *http.Request, req Request, name, tag string) {
	body, ok := readBody(w, r, req)
	if !ok || !mayWrite(w, req, name) {
		return
	}
	var version string
	if err := json.Unmarshal(body, &version); err != nil {
		invalid(w, req, "dist-tag body must be a JSON version string")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pkg := p.npmPackage(req.Repository, name)
	if pkg == nil || pkg.versions[version] == nil {
		npmNotFound(w, req, fmt.Sprintf("Version %s of %s not found", version, name))
		return
	}
	pkg.tags[tag] = version
	pkg.touch(p.now())
	npmOK(w, req, http.StatusCreated)
}

func (p *Packages) removeDistTag(w http.ResponseWriter, req Request, name, tag string) {
	if !mayWrite(w, req, name) {
		return
	}
	if tag == "latest" {
		invalid(w, req, "the 'latest' dist-tag cannot be removed")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pkg := p.npmPackage(req.Repository, name)
	if pkg == nil {
		npmNotFound(w, req, "Package not found")
		return
	}
	delete(pkg.tags, tag)
	pkg.touch(p.now())
	npmOK(w, req, http.StatusOK)
}
