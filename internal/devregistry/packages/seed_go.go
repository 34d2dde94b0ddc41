package packages

import (
	"bytes"
	"io"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

// seedGo makes the built-in Go module, a library with a command that prints what the library says.
func seedGo() []GoVersion {
	return []GoVersion{
		goSeed("go-private", "example.com/acme/hello", "v1.0.0"),
		goSeed("go-private", "example.com/acme/hello", "v1.1.0"),
	}
}

func goSeed(repository, path, version string) GoVersion {
	mod := "module " + path + "\n\ngo 1.21\n"
	files := []file{
		{"go.mod", mod},
		{"hello.go", `// Package hello says hello.
package hello

// Version is the version of this module.
const Version = "` + version + `"

// Hello names the module and its version.
func Hello() string { return "hello from ` + path + ` " + Version }
`},
		{"cmd/hello/main.go", `// Command hello prints what the library says.
package main

import (
	"fmt"

	"` + path + `"
)

func main() { fmt.Println(hello.Hello()) }
`},
		{"LICENSE", "MIT\n"},
	}
	zipFiles := make([]modzip.File, len(files))
	for i, f := range files {
		zipFiles[i] = zipFile(f)
	}
	var buf bytes.Buffer
	must(modzip.Create(&buf, module.Version{Path: path, Version: version}, zipFiles))
	return GoVersion{Repository: repository, Path: path, Version: version, Mod: []byte(mod), Zip: buf.Bytes()}
}

// zipFile lets modzip.Create read a built-in file; it is its own fs.FileInfo.
type zipFile file

var _ modzip.File = zipFile{}

func (f zipFile) Path() string                 { return f.name }
func (f zipFile) Lstat() (fs.FileInfo, error)  { return f, nil }
func (f zipFile) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(f.text)), nil }

func (f zipFile) Name() string       { return f.name[strings.LastIndex(f.name, "/")+1:] }
func (f zipFile) Size() int64        { return int64(len(f.text)) }
func (f zipFile) Mode() fs.FileMode  { return 0o644 }
func (f zipFile) ModTime() time.Time { return seedTime }
func (f zipFile) IsDir() bool        { return false }
func (f zipFile) Sys() any           { return nil }
