package packages

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// npmPackage is one package of a repository. A nil package is an absent one.
type npmPackage struct {
	name     string
	revision int // counts changes, as CouchDB's _rev did
	created  time.Time
	modified time.Time
	versions map[string]*npmVersion
	tags     map[string]string
}

// npmVersion is one published version. It never changes; a deprecation replaces it.
type npmVersion struct {
	version   string
	manifest  map[string]any
	tarball   []byte
	published time.Time
}

func newNPMVersion(manifest map[string]any, tarball []byte, at time.Time) *npmVersion {
	_, version := manifestID(manifest)
	return &npmVersion{version: version, manifest: manifest, tarball: tarball, published: at}
}

// manifestID reads the name and version of a package.json.
func manifestID(manifest map[string]any) (name, version string) {
	name, _ = manifest["name"].(string)
	version, _ = manifest["version"].(string)
	return name, version
}

// npmPackage finds a package; nil when there is none. The caller holds the lock.
func (p *Packages) npmPackage(repository, name string) *npmPackage { return p.npm[repository][name] }

// addNPM stores a version and points the package's latest tag at it when it has none. The caller holds the lock.
func (p *Packages) addNPM(repository string, v *npmVersion) *npmPackage {
	name, _ := manifestID(v.manifest)
	if p.npm[repository] == nil {
		p.npm[repository] = map[string]*npmPackage{}
	}
	pkg := p.npm[repository][name]
	if pkg == nil {
		pkg = &npmPackage{name: name, created: v.published, versions: map[string]*npmVersion{}, tags: map[string]string{}}
		p.npm[repository][name] = pkg
	}
	pkg.versions[v.version] = v
	pkg.touch(v.published)
	return pkg
}

// removeNPM removes a package. The caller holds the lock.
func (p *Packages) removeNPM(repository, name string) { delete(p.npm[repository], name) }

func (pkg *npmPackage) touch(at time.Time) {
	pkg.revision++
	pkg.modified = at
}

func (pkg *npmPackage) rev() string { return fmt.Sprintf("%d-0", pkg.revision) }

// byFile finds the version a tarball belongs to. The scope may or may not be repeated in the file's name.
func (pkg *npmPackage) byFile(file string) *npmVersion {
	if pkg == nil {
		return nil
	}
	version, isTarball := strings.CutSuffix(path.Base(file), ".tgz")
	version, isOurs := strings.CutPrefix(version, path.Base(pkg.name)+"-")
	if !isTarball || !isOurs {
		return nil
	}
	return pkg.versions[version]
}

// byVersion finds a version by its number or by a tag.
func (pkg *npmPackage) byVersion(version string) *npmVersion {
	if pkg == nil {
		return nil
	}
	if v := pkg.versions[version]; v != nil {
		return v
	}
	return pkg.versions[pkg.distTags()[version]]
}

// distTags gives the tags with a usable latest: the recorded one while its version exists, else the highest release,
// else the highest version.
func (pkg *npmPackage) distTags() map[string]string {
	tags := maps.Clone(pkg.tags)
	if pkg.versions[tags["latest"]] == nil {
		delete(tags, "latest")
		if versions := pkg.sorted(); len(versions) > 0 {
			tags["latest"] = versions[len(versions)-1]
			for _, v := range slices.Backward(versions) {
				if semver.Prerelease("v"+v) == "" {
					tags["latest"] = v
					break
				}
			}
		}
	}
	return tags
}

// sorted lists the versions, lowest first.
func (pkg *npmPackage) sorted() []string {
	return slices.SortedFunc(maps.Keys(pkg.versions), func(a, b string) int { return semver.Compare("v"+a, "v"+b) })
}

// tarballName is the file name of a version's tarball, without scope.
func tarballName(name, version string) string { return path.Base(name) + "-" + version + ".tgz" }

// tarballPath is where a tarball lies in a repository. The npm client repeats the scope when it publishes and
// Artifactory keeps that; Artifact Keeper names the file itself.
func tarballPath(style Style, name, version string) string {
	if style == Artifactory {
		return name + "/-/" + name + "-" + version + ".tgz"
	}
	return name + "/-/" + tarballName(name, version)
}

// document gives the version as a packument holds it. Artifact Keeper knows one digest only.
func (v *npmVersion) document(req Request, name string) map[string]any {
	dist := map[string]any{"tarball": req.BaseURL + "/" + tarballPath(req.Style, name, v.version)}
	if req.Style == Artifactory {
		dist["shasum"] = sha1Hex(v.tarball)
		dist["integrity"] = integritySHA512(v.tarball)
	} else {
		sum := sha256.Sum256(v.tarball)
		dist["integrity"] = "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	}
	doc := maps.Clone(v.manifest)
	doc["dist"] = dist
	return doc
}

// integritySHA512 is the digest in the form of the W3C's Subresource Integrity.
func integritySHA512(b []byte) string {
	sum := sha512.Sum512(b)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

// npmName is what may be published as a new name (https://docs.npmjs.com/cli/configuring-npm/package-json#name).
var npmName = regexp.MustCompile(`^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$`)

// validNPMName applies the rules for new names; at most 214 characters are allowed.
func validNPMName(name string) bool { return len(name) <= 214 && npmName.MatchString(name) }

// validNPMVersion reports whether a version is semantic with all three numbers; Go's own rule allows fewer.
func validNPMVersion(version string) bool {
	core, _, _ := strings.Cut(version, "+")
	core, _, _ = strings.Cut(core, "-")
	return semver.IsValid("v"+version) && strings.Count(core, ".") == 2
}
