package packages

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
)

// pyForm is an upload as twine and its like send it (https://docs.pypi.org/api/upload/).
type pyForm struct {
	fields   map[string]string // a repeated field keeps its first value
	filename string
	content  []byte
}

// readPyForm reads the multipart body as it comes.
func readPyForm(w http.ResponseWriter, r *http.Request) (pyForm, error) {
	form := pyForm{fields: map[string]string{}}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	parts, err := r.MultipartReader()
	if err != nil {
		return form, err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return form, err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return form, err
		}
		if part.FormName() == "content" {
			form.filename, form.content = part.FileName(), value
			continue
		}
		if _, repeated := form.fields[part.FormName()]; !repeated {
			form.fields[part.FormName()] = string(value)
		}
	}
}

// check finds what is wrong with an upload.
func (f pyForm) check() error {
	if action := f.fields[":action"]; action != "file_upload" {
		return fmt.Errorf("unsupported action '%s'", action)
	}
	for _, field := range []string{"name", "version"} {
		if f.fields[field] == "" {
			return fmt.Errorf("missing '%s' field", field)
		}
	}
	if f.content == nil || f.filename == "" || f.filename != path.Base(f.filename) || f.filename == "." {
		return errors.New("missing 'content' field with a file name")
	}
	if normalizePyPI(f.fields["name"]) == "" {
		return errors.New("invalid name")
	}
	if want, got := f.fields["sha256_digest"], sha256Hex(f.content); want != "" && want != got {
		return fmt.Errorf("SHA256 mismatch: expected %s got %s", want, got)
	}
	return nil
}

// pyUpload stores a file of a release.
func (p *Packages) pyUpload(w http.ResponseWriter, r *http.Request, req Request) {
	form, err := readPyForm(w, r)
	if err != nil {
		badUpload(w, req, err)
		return
	}
	if err := form.check(); err != nil {
		invalid(w, req, "Cannot upload: "+err.Error())
		return
	}
	f := newPyFile(PyPIFile{
		Repository: req.Repository, Project: form.fields["name"], Version: form.fields["version"],
		Filename: form.filename, RequiresPython: form.fields["requires_python"], Content: form.content,
	}, p.now())
	what := normalizePyPI(f.Project) + "/" + f.Version + "/" + f.Filename
	if !mayWrite(w, req, what) {
		return
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if project := p.pypi[req.Repository][normalizePyPI(f.Project)]; project != nil && project.files[f.Filename] != nil {
		if !mayReplace(w, req, what, "File already exists") {
			return
		}
	}
	p.addPyPI(f)
	if req.Style == ArtifactKeeper {
		writeText(w, http.StatusOK, "OK")
		return
	}
	w.WriteHeader(http.StatusOK)
}
