package contract

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed testdata
var testdata embed.FS

// suffix of the contract files.
const suffix = ".hurl"

// Files parses every file of a dialect, "artifactory" or "artifact_keeper", in alphabetical order.
func Files(dialect string) ([]*File, error) {
	folder := path.Join("testdata", dialect)
	entries, err := fs.ReadDir(testdata, folder)
	if err != nil {
		return nil, err
	}
	var files []*File
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), suffix)
		if !ok {
			continue
		}
		text, err := fs.ReadFile(testdata, path.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		file, err := Parse(dialect+"/"+name, string(text))
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}
