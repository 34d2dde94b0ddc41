package packages

import (
	"slices"
	"sync"
	"time"
)

// Catalog is what a store starts with. Everything in it is dated to the start of 2025 in the order given, so that the
// same catalog is served as the same bytes every time.
type Catalog struct {
	NPM   []NPMVersion
	Go    []GoVersion
	PyPI  []PyPIFile
	Maven []MavenVersion
	Cargo []CargoCrate
	Conda []CondaFile
	OCI   []OCIImage
}

// NPMVersion is one published version of an npm package.
type NPMVersion struct {
	Repository string
	// Manifest is the package.json; it names the package and its version.
	Manifest map[string]any
	// Tarball is the gzipped tar whose files lie under package/.
	Tarball []byte
}

// GoVersion is one version of a Go module.
type GoVersion struct {
	Repository string
	// Path and Version are as written in a go.mod, not case-encoded.
	Path, Version string
	// Mod is the go.mod and Zip the module zip as golang.org/x/mod/zip makes it.
	Mod, Zip []byte
}

// PyPIFile is one file of a Python project. Its core metadata (PEP 658) is read from the file itself.
type PyPIFile struct {
	Repository string
	// Project and Version are as the project's own metadata spells them.
	Project, Version string
	Filename         string
	// RequiresPython is the project's Requires-Python; empty when it has none.
	RequiresPython string
	// Yanked is the reason a file was withdrawn (PEP 592), possibly empty; nil when it was not.
	Yanked  *string
	Content []byte
}

// MavenVersion is one version of a Maven artifact, as its files lie in the repository.
type MavenVersion struct {
	Repository                   string
	GroupID, ArtifactID, Version string
	// Files are named by their path below the repository; the version's checksums are computed when they are asked for.
	Files map[string][]byte
}

// CargoCrate is one version of a crate.
type CargoCrate struct {
	Repository string
	// Name and Version are as the crate's manifest spells them.
	Name, Version string
	// Entry is the crate's line of the index, without the checksum.
	Entry map[string]any
	// Content is the .crate file: a gzipped tar.
	Content []byte
}

// CondaFile is one conda package.
type CondaFile struct {
	Repository string
	// Subdir is the platform, such as noarch or linux-64.
	Subdir string
	// Filename is NAME-VERSION-BUILD.conda.
	Filename string
	// Record is the package's record of repodata.json, without checksums and size.
	Record  map[string]any
	Content []byte
}

// OCIImage is one image of one layer.
type OCIImage struct {
	Repository string
	// Name and Tag are as in a pull; Name has no repository in front.
	Name, Tag string
	// Layer is an uncompressed tar.
	Layer []byte
}

// Seeded names one built-in package version.
type Seeded struct {
	Repository, Format, Name, Version string
}

// seedTime dates the first entry of a catalog; each further entry is a minute younger.
var seedTime = time.Date(2025, time.January, 2, 3, 4, 5, 0, time.UTC)

// seed is packed once: tests start a store each.
var seed = sync.OnceValue(func() Catalog {
	return Catalog{
		NPM: seedNPM(), Go: seedGo(), PyPI: seedPyPI(), Maven: seedMaven(), Cargo: seedCargo(), Conda: seedConda(), OCI: seedOCI(),
	}
})

// Seed gives the built-in packages: private, public and secret npm packages, and a private one of every other format. Entries may be added to the catalog, but what an entry points to is shared and must not be changed.
func Seed() Catalog {
	c := seed()
	return Catalog{
		NPM: slices.Clone(c.NPM), Go: slices.Clone(c.Go), PyPI: slices.Clone(c.PyPI), Maven: slices.Clone(c.Maven),
		Cargo: slices.Clone(c.Cargo), Conda: slices.Clone(c.Conda), OCI: slices.Clone(c.OCI),
	}
}

// Seeds lists the built-in package versions, each once.
func Seeds() []Seeded {
	var all []Seeded
	catalog := Seed()
	for _, v := range catalog.NPM {
		name, version := manifestID(v.Manifest)
		all = append(all, Seeded{v.Repository, FormatNPM, name, version})
	}
	for _, v := range catalog.Go {
		all = append(all, Seeded{v.Repository, FormatGo, v.Path, v.Version})
	}
	for _, f := range catalog.PyPI {
		s := Seeded{f.Repository, FormatPyPI, f.Project, f.Version}
		if !slices.Contains(all, s) { // a version may have a wheel and an sdist
			all = append(all, s)
		}
	}
	for _, v := range catalog.Maven {
		all = append(all, Seeded{v.Repository, FormatMaven, v.GroupID + ":" + v.ArtifactID, v.Version})
	}
	for _, c := range catalog.Cargo {
		all = append(all, Seeded{c.Repository, FormatCargo, c.Name, c.Version})
	}
	for _, f := range catalog.Conda {
		name, _ := f.Record["name"].(string)
		version, _ := f.Record["version"].(string)
		all = append(all, Seeded{f.Repository, FormatConda, name, version})
	}
	for _, i := range catalog.OCI {
		all = append(all, Seeded{i.Repository, FormatOCI, i.Name, i.Tag})
	}
	return all
}

// load fills an empty store. The caller holds the lock.
func (p *Packages) load(c Catalog) {
	for i, v := range c.NPM {
		p.addNPM(v.Repository, newNPMVersion(v.Manifest, v.Tarball, entryTime(i)))
	}
	for i, v := range c.Go {
		m := p.goModule(v.Repository, v.Path)
		m.versions[v.Version] = &goVersion{mod: v.Mod, zip: v.Zip, created: entryTime(i), updated: entryTime(i)}
	}
	for i, f := range c.PyPI {
		p.addPyPI(newPyFile(f, entryTime(i)))
	}
	for _, v := range c.Maven {
		for path, content := range v.Files {
			p.addMaven(v.Repository, path, content)
		}
	}
	for _, k := range c.Cargo {
		p.addCrate(k)
	}
	for _, f := range c.Conda {
		p.conda[f.Repository] = append(p.conda[f.Repository], f)
	}
	for _, i := range c.OCI {
		must(pushImage(p.imagesOf(i.Repository), i))
	}
}

func entryTime(i int) time.Time { return seedTime.Add(time.Duration(i) * time.Minute) }
