package packages

import (
	"encoding/json"
	"fmt"
)

// seedNPM makes the built-in npm packages. None has a dependency or a script, so an install needs one repository.
func seedNPM() []NPMVersion {
	return []NPMVersion{
		npmSeed("npm-private", "@acme/hello", "1.0.0"),
		npmSeed("npm-private", "@acme/hello", "1.1.0"),
		npmSeed("npm-private", "acme-hello", "1.0.0"),
		npmSeed("npm-public", "acme-public", "1.0.0"),
		npmSeed("npm-secret", "acme-secret", "1.0.0"),
	}
}

// npmSeed makes a CommonJS module that exports a function which names the package and its version.
func npmSeed(repository, name, version string) NPMVersion {
	manifest := map[string]any{
		"name": name, "version": version, "main": "index.js", "license": "MIT",
		"description": "Says hello; a package that comes with the embedded registry", "keywords": []any{"acme", "hello"},
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	must(err)
	return NPMVersion{Repository: repository, Manifest: manifest, Tarball: tarGz("package/", []file{
		{"package.json", string(text) + "\n"},
		{"index.js", fmt.Sprintf("module.exports = () => 'hello from %s %s'\n", name, version)},
		{"README.md", "# " + name + "\n\nSays hello.\n"},
	})}
}
