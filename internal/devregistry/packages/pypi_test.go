package packages_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

const pyJSON = "application/vnd.pypi.simple.v1+json"

// pipAccept is what pip asks for.
const pipAccept = pyJSON + ", application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"

// pyUpload is an upload as twine sends it.
func pyUpload(filename string, fields map[string]string, content string) (contentType, body string) {
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	_ = form.WriteField(":action", "file_upload")
	_ = form.WriteField("protocol_version", "1")
	for name, value := range fields {
		_ = form.WriteField(name, value)
	}
	if filename != "" {
		part, _ := form.CreateFormFile("content", filename)
		_, _ = part.Write([]byte(content))
	}
	_ = form.Close()
	return form.FormDataContentType(), buf.String()
}

func sha(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func TestPyPIIndex(t *testing.T) {
	t.Parallel()
	t.Run("artifactory", func(t *testing.T) {
		t.Parallel()
		pypi := newRepo(t, packages.Artifactory, "pypi", "pypi-private")
		pypi.get("simple/").want(http.StatusOK).head("Content-Type", "text/html; charset=utf-8").
			contains(`<a href="acme-hello/">acme-hello</a>`)
		wheel := pypi.get("packages/acme-hello/1.0.0/acme_hello-1.0.0-py3-none-any.whl").want(http.StatusOK)
		metadata := pypi.get("packages/acme-hello/1.0.0/acme_hello-1.0.0-py3-none-any.whl.metadata").want(http.StatusOK).
			contains("Name: acme-hello\nVersion: 1.0.0\n")
		page := pypi.get("simple/acme-hello/").want(http.StatusOK).contains(
			`<a href="../../packages/acme-hello/1.0.0/acme_hello-1.0.0-py3-none-any.whl#sha256=`+sha(wheel.body)+`"`,
			`data-requires-python="&gt;=3.8"`, `data-core-metadata="sha256=`+sha(metadata.body)+`"`, "acme_hello-1.1.0.tar.gz")
		pypi.get("simple/acme-hello/", "If-None-Match: "+page.header.Get("ETag")).want(http.StatusNotModified)
		pypi.get("packages/acme-hello/1.1.0/acme_hello-1.1.0.tar.gz.metadata").want(http.StatusNotFound)
		pypi.get("simple/acme-hello/acme_hello-1.0.0-py3-none-any.whl").want(http.StatusNotFound)
		for _, path := range []string{"simple", "simple/acme-hello", "simple/Acme_Hello/", "simple/acme.-_hello"} {
			location := pypi.req.BaseURL + "/simple/acme-hello/"
			if path == "simple" {
				location = pypi.req.BaseURL + "/simple/"
			}
			pypi.get(path).want(http.StatusMovedPermanently).head("Location", location)
		}
	})
	t.Run("artifact_keeper", func(t *testing.T) {
		t.Parallel()
		pypi := newRepo(t, packages.ArtifactKeeper, "pypi", "pypi-private")
		wheel := pypi.get("simple/acme-hello/acme_hello-1.0.0-py3-none-any.whl").want(http.StatusOK)
		page := pypi.get("simple/acme-hello/").want(http.StatusOK).contains(
			`<a href="/pypi/pypi-private/simple/acme-hello/acme_hello-1.0.0-py3-none-any.whl#sha256=`+sha(wheel.body)+
				`" data-requires-python="&gt;=3.8" data-upload-time="2025-01-02T03:04:05Z">`).lacks("metadata", "yanked")
		if strings.Index(page.body, "1.1.0.tar.gz") > strings.Index(page.body, "1.0.0-py3") {
			t.Errorf("the youngest file is not first: %s", page.body)
		}
		// It answers where others redirect.
		pypi.get("simple/Acme_Hello").want(http.StatusOK).text(page.body)
		pypi.get("simple").want(http.StatusOK)
		pypi.get("simple/acme-hello/acme_hello-1.1.0.tar.gz.metadata").want(http.StatusOK).contains("Version: 1.1.0")
		pypi.get("packages/acme-hello/1.0.0/acme_hello-1.0.0-py3-none-any.whl").want(http.StatusNotFound)
		pypi.get("simple/acme-hello/", "Accept: "+pyJSON).want(http.StatusOK).has("1.2", "meta", "api-version").
			contains(`"upload-time":"2025-01-02T03:04:05Z"`, `"url":"/pypi/pypi-private/simple/`).lacks("metadata", "yanked")
	})
	bothStyles(t, func(t *testing.T, style packages.Style) {
		pypi := newRepo(t, style, "pypi", "pypi-private")
		pypi.get("simple/nothing/").want(http.StatusNotFound).has("NOT_FOUND", "code")
		pypi.get("simple/acme-hello/", "Accept: "+pipAccept).want(http.StatusOK).head("Content-Type", pyJSON).
			has("acme-hello", "name").has("[1.0.0 1.1.0]", "versions")
		pypi.get("simple/", "Accept: "+pipAccept).want(http.StatusOK).head("Content-Type", pyJSON).contains(`{"name":"acme-hello"}`)
		pypi.do("DELETE", "simple/acme-hello/", "").want(http.StatusMethodNotAllowed)
		pypi.get("a/b/c/d/e").want(http.StatusNotFound)
	})
}

func TestPyPIAcceptWeights(t *testing.T) {
	t.Parallel()
	pypi := newRepo(t, packages.Artifactory, "pypi", "pypi-private")
	for accept, want := range map[string]string{
		"":                                "text/html; charset=utf-8",
		"*/*":                             "text/html; charset=utf-8",
		"text/html, " + pyJSON + ";q=0.5": "text/html; charset=utf-8",
		"text/html;q=0.5, " + pyJSON:      pyJSON,
		"application/vnd.pypi.simple.latest+json": pyJSON,
		pyJSON + ";q=0": "text/html; charset=utf-8",
		"application/vnd.pypi.simple.v1+html, ///, " + pyJSON:      "text/html; charset=utf-8",
		"application/vnd.pypi.simple.v1+html;q=0.2, " + pyJSON:     pyJSON,
		"application/vnd.pypi.simple.v1+json;q=bad, text/html;q=0": pyJSON,
	} {
		pypi.get("simple/", "Accept: "+accept).want(http.StatusOK).head("Content-Type", want)
	}
}

func TestPyPIYanked(t *testing.T) {
	t.Parallel()
	reason, none := `broken "badly"`, ""
	catalog := packages.Catalog{PyPI: []packages.PyPIFile{
		{Repository: "r", Project: "P", Version: "1", Filename: "p-1.zip", Yanked: &reason, Content: []byte("1")},
		{Repository: "r", Project: "P", Version: "2", Filename: "p-2.tar.bz2", Yanked: &none, Content: []byte("2")},
		{Repository: "r", Project: "P", Version: "3", Filename: "p-3.exe", Content: []byte("3")},
	}}
	pypi := newRepoWith(t, packages.Artifactory, "pypi", "r", catalog)
	pypi.get("simple/p/").contains(`data-yanked="broken &#34;badly&#34;">p-1.zip`, `data-yanked="">p-2`, `#sha256=`+sha("3")+`">p-3.exe`)
	pypi.get("simple/p/", "Accept: "+pyJSON).contains(`"yanked":"broken \"badly\""`, `"yanked":true`, `"yanked":false`)
	pypi.get("packages/p/1/p-1.zip").head("Content-Type", "application/zip")
	pypi.get("packages/p/2/p-2.tar.bz2").head("Content-Type", "application/x-bzip2")
	pypi.get("packages/p/3/p-3.exe").head("Content-Type", "application/octet-stream")
	pypi.get("packages/p/3/p-3.exe.metadata").want(http.StatusNotFound)
}

func TestPyPIUpload(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"name": "New.Project", "version": "1.0", "requires_python": ">=3.9", "sha256_digest": sha("sdist")}
	contentType, body := pyUpload("new_project-1.0.tar.gz", fields, "sdist")

	t.Run("artifactory", func(t *testing.T) {
		t.Parallel()
		pypi := newRepo(t, packages.Artifactory, "pypi", "pypi-private")
		pypi.do("POST", "", body, "Content-Type: "+contentType).want(http.StatusOK).text("")
		pypi.get("simple/new-project/").want(http.StatusOK).contains("&gt;=3.9", sha("sdist"))
		pypi.get("packages/new-project/1.0/new_project-1.0.tar.gz").text("sdist")
		pypi.do("POST", "", body, "Content-Type: "+contentType).want(http.StatusForbidden).contains(
			"overwrite artifact 'pypi-private:new-project/1.0/new_project-1.0.tar.gz'", "'alice' needs DELETE permission")
		pypi.as(canDelete).do("POST", "", body, "Content-Type: "+contentType).want(http.StatusOK)
	})
	t.Run("artifact_keeper", func(t *testing.T) {
		t.Parallel()
		pypi := newRepo(t, packages.ArtifactKeeper, "pypi", "pypi-private")
		pypi.do("POST", "", body, "Content-Type: "+contentType).want(http.StatusOK).text("OK")
		pypi.do("POST", "", body, "Content-Type: "+contentType).want(http.StatusConflict).has("CONFLICT", "code")
		pypi.req.BaseURL += "?" // the repository's address without its trailing slash
		pypi.do("POST", "", body, "Content-Type: "+contentType).want(http.StatusNotFound)
	})
	bothStyles(t, func(t *testing.T, style packages.Style) {
		pypi := newRepo(t, style, "pypi", "pypi-private")
		pypi.as(readOnly).do("POST", "", body, "Content-Type: "+contentType).want(http.StatusForbidden)
		pypi.as(anonymous).do("POST", "", body, "Content-Type: "+contentType).want(http.StatusUnauthorized)
		pypi.get("").want(http.StatusMethodNotAllowed)
		pypi.do("POST", "", "x", "Content-Type: text/plain").want(http.StatusBadRequest)
		pypi.do("POST", "", body[:len(body)-40], "Content-Type: "+contentType).want(http.StatusBadRequest)
		for name, form := range map[string]struct {
			filename string
			fields   map[string]string
		}{
			"action":  {"a-1.tar.gz", map[string]string{":action": "submit"}},
			"name":    {"a-1.tar.gz", map[string]string{"version": "1"}},
			"version": {"a-1.tar.gz", map[string]string{"name": "a"}},
			"content": {"", map[string]string{"name": "a", "version": "1"}},
			"digest":  {"a-1.tar.gz", map[string]string{"name": "a", "version": "1", "sha256_digest": sha("other")}},
		} {
			badType, bad := pyUpload(form.filename, form.fields, "sdist")
			if name == "action" {
				bad = strings.Replace(bad, "file_upload", "submit", 1)
			}
			pypi.do("POST", "", bad, "Content-Type: "+badType).want(http.StatusBadRequest).has("VALIDATION_ERROR", "code")
		}
		pypi.get("simple/a/").want(http.StatusNotFound)
	})
}
