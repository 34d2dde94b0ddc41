package packages

import "time"

// Catalog is what a store starts with.
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
	Mod, Zip      []byte
}

// PyPIFile is one file of a Python project.
type PyPIFile struct {
	Repository string
	// Project and Version are as the project's own metadata spells them.
	Project, Version string
	Filename         string
	RequiresPython   string
	// Yanked is the reason a file was withdrawn (PEP 592); nil when it was not.
	Yanked  *string
	Content []byte
	// Metadata is the core metadata (PEP 658); nil when it is not offered beside the file.
	Metadata []byte
}

// Seeded names one built-in package version.
type Seeded struct {
	Repository, Format, Name, Version string
}

// seedTime dates everything built in, so that the same bytes are served every time.
var seedTime = time.Date(2025, time.January, 2, 3, 4, 6, 0, time.UTC)

// Seed gives the built-in packages.
func Seed() Catalog { return Catalog{} }

// Seeds lists the built-in package versions.
func Seeds() []Seeded { return nil }
