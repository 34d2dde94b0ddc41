package packages

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"

	"github.com/klauspost/compress/zstd"
)

// seedConda makes the built-in conda package: a text file, in the newer of the two package formats
// (https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/packages.html).
func seedConda() []CondaFile {
	const name, version, build = "acme-hello", "1.0.0", "0"
	stem := name + "-" + version + "-" + build
	record := map[string]any{
		"name": name, "version": version, "build": build, "build_number": 0, "depends": []any{}, "license": "MIT",
		"noarch": "generic", "subdir": "noarch", "timestamp": seedTime.UnixMilli(),
	}
	index, err := json.Marshal(record)
	must(err)
	const text = "hello from " + name + " " + version + "\n"
	paths, err := json.Marshal(map[string]any{"paths_version": 1, "paths": []any{map[string]any{
		"_path": "share/acme/hello.txt", "path_type": "hardlink", "sha256": sha256Hex([]byte(text)), "size_in_bytes": len(text),
	}}})
	must(err)
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	add := func(name string, content []byte) {
		// The parts are compressed already, and clients expect them stored.
		w, err := zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: seedTime})
		must(err)
		_, err = w.Write(content)
		must(err)
	}
	add("metadata.json", []byte(`{"conda_pkg_format_version": 2}`))
	add("pkg-"+stem+".tar.zst", tarZst([]file{{"share/acme/hello.txt", text}}))
	add("info-"+stem+".tar.zst", tarZst([]file{
		{"info/index.json", string(index)}, {"info/paths.json", string(paths)}, {"info/files", "share/acme/hello.txt\n"},
	}))
	must(zw.Close())
	return []CondaFile{{
		Repository: "conda-private", Subdir: "noarch", Filename: stem + ".conda", Record: record, Content: buf.Bytes(),
	}}
}

// tarred packs files into a tar, reproducibly like tarGz.
func tarred(files []file) []byte {
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for _, f := range files {
		must(tw.WriteHeader(&tar.Header{
			Name: f.name, Mode: 0o644, Size: int64(len(f.text)), ModTime: seedTime, Format: tar.FormatUSTAR,
		}))
		_, err := io.WriteString(tw, f.text)
		must(err)
	}
	must(tw.Close())
	return buf.Bytes()
}

func tarZst(files []file) []byte {
	encoder, err := zstd.NewWriter(nil)
	must(err)
	defer encoder.Close()
	return encoder.EncodeAll(tarred(files), nil)
}
