package packages

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path"
	"strings"
)

// maxMetadata bounds what is unpacked from an uploaded archive, in bytes.
const maxMetadata = 1 << 20

// file is one text file of an archive that is built in.
type file struct{ name, text string }

// tarGz packs files below a prefix. Times are fixed, so that equal input makes equal bytes. It panics on failure, which
// in memory means a programming error.
func tarGz(prefix string, files []file) []byte {
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	tw := tar.NewWriter(gz)
	for _, f := range files {
		must(tw.WriteHeader(&tar.Header{
			Name: prefix + f.name, Mode: 0o644, Size: int64(len(f.text)), ModTime: seedTime, Format: tar.FormatUSTAR,
		}))
		_, err := io.WriteString(tw, f.text)
		must(err)
	}
	must(errors.Join(tw.Close(), gz.Close()))
	return buf.Bytes()
}

func gzipped(content []byte) []byte {
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	_, err := gz.Write(content)
	must(errors.Join(err, gz.Close()))
	return buf.Bytes()
}

// zipped packs files into a zip, reproducibly like tarGz.
func zipped(files []file) []byte {
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, f := range files {
		w, err := zw.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: seedTime})
		must(err)
		_, err = io.WriteString(w, f.text)
		must(err)
	}
	must(zw.Close())
	return buf.Bytes()
}

func must(err error) {
	if err != nil {
		panic("packages: built-in archive: " + err.Error())
	}
}

// fromZip reads the first file of a zip that matches; nil when there is none or the zip cannot be read.
func fromZip(content []byte, match func(name string) bool) []byte {
	zr, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil
	}
	for _, f := range zr.File {
		if !match(f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil
		}
		defer r.Close()
		return readBounded(r)
	}
	return nil
}

// fromTarGz is fromZip for gzipped tars.
func fromTarGz(content []byte, match func(name string) bool) []byte {
	gz, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil
	}
	for tr := tar.NewReader(gz); ; {
		h, err := tr.Next()
		if err != nil {
			return nil
		}
		if match(h.Name) {
			return readBounded(tr)
		}
	}
}

func readBounded(r io.Reader) []byte {
	data, err := io.ReadAll(io.LimitReader(r, maxMetadata+1))
	if err != nil || len(data) > maxMetadata {
		return nil
	}
	return data
}

// coreMetadata reads the metadata of a Python distribution: METADATA of a wheel, PKG-INFO of an sdist.
func coreMetadata(filename string, content []byte) []byte {
	switch {
	case strings.HasSuffix(filename, ".whl"):
		return fromZip(content, func(name string) bool {
			dir, base := path.Split(name)
			return base == "METADATA" && strings.HasSuffix(dir, ".dist-info/")
		})
	case strings.HasSuffix(filename, ".tar.gz"):
		return fromTarGz(content, func(name string) bool {
			return path.Base(name) == "PKG-INFO" && strings.Count(name, "/") == 1
		})
	}
	return nil
}
