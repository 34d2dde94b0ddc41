package packages

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
)

// buildBackend is the sdist's own build backend (PEP 517): it needs nothing but Python, so that the sdist installs
// without a build tool, which an installer would look for in the very index under test.
//
//go:embed seed_backend.py
var buildBackend string

// seedPyPI makes the built-in Python project: a pure wheel of each version and an sdist of the latest.
func seedPyPI() []PyPIFile {
	return []PyPIFile{
		wheelSeed("pypi-private", "acme-hello", "1.0.0"),
		wheelSeed("pypi-private", "acme-hello", "1.1.0"),
		sdistSeed("pypi-private", "acme-hello", "1.1.0"),
	}
}

const seedRequiresPython = ">=3.8"

// pyMetadata is the core metadata of a built-in project
// (https://packaging.python.org/en/latest/specifications/core-metadata/).
func pyMetadata(project, version string) string {
	return fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n"+
		"Summary: Says hello; a project that comes with the embedded registry\nLicense: MIT\nRequires-Python: %s\n",
		project, version, seedRequiresPython)
}

// pyModule is the import package of a project; running it with -m says hello.
func pyModule(project, version string) []file {
	name := strings.ReplaceAll(project, "-", "_")
	return []file{
		{name + "/__init__.py", fmt.Sprintf("__version__ = %q\n\n\ndef hello():\n    return %q\n", version,
			"hello from "+project+" "+version)},
		{name + "/__main__.py", fmt.Sprintf("from %s import hello\n\nprint(hello())\n", name)},
	}
}

// wheelSeed packs a wheel by hand (https://packaging.python.org/en/latest/specifications/binary-distribution-format/).
func wheelSeed(repository, project, version string) PyPIFile {
	stem := strings.ReplaceAll(project, "-", "_") + "-" + version
	info := stem + ".dist-info/"
	files := append(pyModule(project, version),
		file{info + "METADATA", pyMetadata(project, version)},
		file{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: devregistry\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
	)
	var record strings.Builder
	for _, f := range files {
		sum := sha256.Sum256([]byte(f.text))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", f.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.text))
	}
	record.WriteString(info + "RECORD,,\n")
	return PyPIFile{
		Repository: repository, Project: project, Version: version, RequiresPython: seedRequiresPython,
		Filename: stem + "-py3-none-any.whl", Content: zipped(append(files, file{info + "RECORD", record.String()})),
	}
}

// sdistSeed packs a source distribution
// (https://packaging.python.org/en/latest/specifications/source-distribution-format/).
func sdistSeed(repository, project, version string) PyPIFile {
	stem := strings.ReplaceAll(project, "-", "_") + "-" + version
	files := append(pyModule(project, version),
		file{"PKG-INFO", pyMetadata(project, version)},
		file{"pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"},
		file{"backend.py", buildBackend},
	)
	return PyPIFile{
		Repository: repository, Project: project, Version: version, RequiresPython: seedRequiresPython,
		Filename: stem + ".tar.gz", Content: tarGz(stem+"/", files),
	}
}
