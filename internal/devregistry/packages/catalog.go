package packages

import (
	"slices"
	"sync"
	"time"
)

// Catalog is what a store starts with. Everything in it is dated to the start of 2025 in the order given, so that the
// same catalog is served as the same bytes every time.
type Catalog struct {
	NPM  []NPMVersion
	Go   []GoVersion
	PyPI []PyPIFile
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

// Seeded names one built-in package version.
type Seeded struct {
	Repository, Format, Name, Version string
}

// seedTime dates the first entry of a catalog; each further entry is a minute younger.
var seedTime = time.Date(2025, time.January, 2, 3, 4, 5, 0, time.UTC)

// seed is packed once: tests start a store each.
var seed = sync.OnceValue(func() Catalog {
	return Catalog{NPM: seedNPM(), Go: seedGo(), PyPI: seedPyPI()}
})

// Seed gives the built-in packages: private, public and secret npm packages, a private Go module and a private Python
// project. Entries may be added to the catalog, but what an entry points to is shared and must not be changed.
func Seed() Catalog {
	c := seed()
	return Catalog{NPM: slices.Clone(c.NPM), Go: slices.Clone(c.Go), PyPI: slices.Clone(c.PyPI)}
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
}

func entryTime(i int) time.Time { return seedTime.Add(time.Duration(i) * time.Minute) }
