package packages_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

// npmUpload is what a client puts to publish a version.
func npmUpload(name, version, tarball string) string {
	body, err := json.Marshal(map[string]any{
		"_id": name, "name": name, "dist-tags": map[string]string{"latest": version},
		"versions": map[string]any{version: map[string]any{
			"name": name, "version": version, "description": "a test",
			"dist": map[string]string{"tarball": "http://elsewhere.test/guess.tgz"},
		}},
		"_attachments": map[string]any{name + "-" + version + ".tgz": map[string]any{
			"content_type": "application/octet-stream", "data": base64.StdEncoding.EncodeToString([]byte(tarball)),
		}},
	})
	if err != nil {
		panic(err)
	}
	return string(body)
}

const installType = "application/vnd.npm.install-v1+json"

func TestNPMPackument(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style packages.Style) {
		npm := newRepo(t, style, "npm", "npm-private")
		full := npm.get("@acme%2fhello").want(http.StatusOK).head("Content-Type", "application/json").
			has("@acme/hello", "name").has("1.1.0", "dist-tags", "latest").
			has("1.0.0", "versions", "1.0.0", "version").has("index.js", "versions", "1.0.0", "main")
		npm.get("@acme/hello").want(http.StatusOK).text(full.body)
		npm.get("@acme%2Fhello").want(http.StatusOK).text(full.body)

		short := npm.get("@acme%2fhello", "Accept: "+installType+"; q=1.0, application/json; q=0.8").want(http.StatusOK).
			head("Content-Type", installType).has("", "versions", "1.0.0", "description").has("1.0.0", "versions", "1.0.0", "version")
		npm.get("@acme%2fhello", "If-None-Match: "+full.header.Get("ETag")).want(http.StatusNotModified).text("")
		if full.header.Get("ETag") == short.header.Get("ETag") {
			t.Error("two documents share an ETag")
		}

		tarball := full.at("versions", "1.1.0", "dist", "tarball")
		integrity := full.at("versions", "1.1.0", "dist", "integrity")
		if style == packages.Artifactory {
			short.has("2025-01-02T03:05:05.000Z", "modified")
			full.has("2025-01-02T03:04:05.000Z", "time", "1.0.0").has("@acme/hello", "_id")
			if want := npm.req.BaseURL + "/@acme/hello/-/@acme/hello-1.1.0.tgz"; tarball != want {
				t.Errorf("tarball %s, want %s", tarball, want)
			}
			if !strings.HasPrefix(integrity, "sha512-") || full.at("versions", "1.1.0", "dist", "shasum") == "" {
				t.Errorf("digests: %s", full.body)
			}
		} else {
			full.has("", "time").has("", "_id")
			if want := npm.req.BaseURL + "/@acme/hello/-/hello-1.1.0.tgz"; tarball != want {
				t.Errorf("tarball %s, want %s", tarball, want)
			}
			if !strings.HasPrefix(integrity, "sha256-") || full.at("versions", "1.1.0", "dist", "shasum") != "" {
				t.Errorf("digests: %s", full.body)
			}
		}
		file := npm.get(strings.TrimPrefix(tarball, npm.req.BaseURL+"/")).want(http.StatusOK)
		npm.get("@acme/hello/-/hello-1.1.0.tgz").want(http.StatusOK).text(file.body)
		npm.get("@acme%2fhello/-/@acme/hello-1.1.0.tgz", "Range: bytes=0-1").want(http.StatusPartialContent).text("\x1f\x8b")
	})
}

func TestNPMVersionAndTags(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style packages.Style) {
		npm := newRepo(t, style, "npm", "npm-private")
		npm.get("@acme/hello/1.0.0").want(http.StatusOK).has("1.0.0", "version")
		npm.get("@acme%2fhello/latest").want(http.StatusOK).has("1.1.0", "version")
		npm.get("@acme/hello/9.9.9").want(http.StatusNotFound)
		npm.get("-/package/@acme%2fhello/dist-tags").want(http.StatusOK).has("1.1.0", "latest")

		done := http.StatusOK
		if style == packages.Artifactory {
			done = http.StatusCreated
		}
		npm.do("PUT", "-/package/@acme%2fhello/dist-tags/stable", `"1.0.0"`).want(done).has("true", "ok")
		npm.get("@acme/hello/stable").want(http.StatusOK).has("1.0.0", "version")
		npm.do("PUT", "-/package/@acme%2fhello/dist-tags/latest", `"1.0.0"`).want(done)
		npm.get("@acme/hello").has("1.0.0", "dist-tags", "latest")
		npm.do("PUT", "-/package/@acme%2fhello/dist-tags/none", `"7.0.0"`).want(http.StatusNotFound)
		npm.do("PUT", "-/package/@acme%2fhello/dist-tags/none", `{}`).want(http.StatusBadRequest)
		npm.do("DELETE", "-/package/@acme%2fhello/dist-tags/stable", "").want(http.StatusOK)
		npm.do("DELETE", "-/package/@acme%2fhello/dist-tags/latest", "").want(http.StatusBadRequest)
		npm.do("DELETE", "-/package/nothing/dist-tags/stable", "").want(http.StatusNotFound)
		npm.do("PATCH", "-/package/@acme%2fhello/dist-tags", "").want(http.StatusMethodNotAllowed)
		npm.get("-/package/@acme%2fhello/dist-tags").has("", "stable")
		npm.get("-/package/nothing/dist-tags").want(http.StatusNotFound)
		npm.as(readOnly).do("PUT", "-/package/@acme%2fhello/dist-tags/x", `"1.0.0"`).want(http.StatusForbidden)
		npm.as(readOnly).do("DELETE", "-/package/@acme%2fhello/dist-tags/x", "").want(http.StatusForbidden)
	})
}

func TestNPMAbsent(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"nothing", "@acme%2fnothing", "@acme", "nothing/1.0.0", "nothing/-/nothing-1.0.0.tgz",
		"acme-hello/-/other-1.0.0.tgz", "acme-hello/-/acme-hello-1.0.0.zip", "acme-public", "", "a/b/c/d",
	} {
		newRepo(t, packages.Artifactory, "npm", "npm-private").get(path).want(http.StatusNotFound).
			text(`{"error":"not_found","reason":"document not found"}`)
		newRepo(t, packages.ArtifactKeeper, "npm", "npm-private").get(path).want(http.StatusNotFound).has("NOT_FOUND", "code")
	}
}

func TestNPMPublish(t *testing.T) {
	t.Parallel()
	upload := npmUpload("@acme/new", "2.0.0", "tarball")

	t.Run("artifactory", func(t *testing.T) {
		t.Parallel()
		npm := newRepo(t, packages.Artifactory, "npm", "npm-private")
		npm.do("PUT", "@acme%2fnew", upload).want(http.StatusCreated)
		npm.get("@acme/new/-/@acme/new-2.0.0.tgz").want(http.StatusOK).text("tarball").
			head("X-Checksum-Sha1", "e10f6e70661d167ef514ab6e6d98607438c6a8c6")
		npm.get("@acme/new").has("2026-03-04T05:06:07.000Z", "time", "modified").lacks("elsewhere.test", "_attachments")
		npm.do("PUT", "@acme%2fnew", upload).want(http.StatusForbidden).contains("overwrite", "alice", "DELETE permission")
		npm.as(canDelete).do("PUT", "@acme%2fnew", npmUpload("@acme/new", "2.0.0", "other")).want(http.StatusCreated)
		npm.get("@acme/new/-/new-2.0.0.tgz").text("other")
	})
	t.Run("artifact_keeper", func(t *testing.T) {
		t.Parallel()
		npm := newRepo(t, packages.ArtifactKeeper, "npm", "npm-private")
		npm.do("PUT", "@acme/new", upload).want(http.StatusOK).text(`{"ok":true}`)
		npm.do("PUT", "@acme/new", upload).want(http.StatusConflict).has("CONFLICT", "code").
			has("Version 2.0.0 of @acme/new already exists", "message")
		// Every plain publish claims latest; a pre-release does not get it.
		npm.do("PUT", "@acme/new", npmUpload("@acme/new", "3.0.0-rc.1", "tarball")).want(http.StatusOK)
		npm.get("@acme/new").has("2.0.0", "dist-tags", "latest")
		npm.do("PUT", "pre", npmUpload("pre", "1.0.0-rc.1", "tarball")).want(http.StatusOK)
		npm.get("pre").has("1.0.0-rc.1", "dist-tags", "latest")
		npm.do("DELETE", "@acme/new/-rev/1-0", "").want(http.StatusMethodNotAllowed)
		npm.do("DELETE", "@acme/new", "").want(http.StatusMethodNotAllowed)
	})
}

func TestNPMPublishRefused(t *testing.T) {
	t.Parallel()
	good := npmUpload("new", "1.0.0", "tarball")
	cases := map[string]struct {
		path, body string
	}{
		"not JSON":            {"new", "{"},
		"another name":        {"other", good},
		"no versions":         {"new", `{"name":"new","_attachments":{"x":{"data":""}}}`},
		"empty versions":      {"new", `{"name":"new","versions":{},"_attachments":{"x":{"data":""}}}`},
		"no attachment":       {"new", strings.Replace(good, "new-1.0.0.tgz", "old-1.0.0.tgz", 1)},
		"not base64":          {"new", strings.Replace(good, `"data":"`, `"data":"!`, 1)},
		"bad name":            {"New", strings.ReplaceAll(good, `"new`, `"New`)},
		"bad version":         {"new", strings.ReplaceAll(good, "1.0.0", "1.0")},
		"manifest disagrees":  {"new", strings.Replace(good, `"version":"1.0.0"`, `"version":"1.0.1"`, 1)},
		"shasum mismatch":     {"new", strings.Replace(good, `"dist":{`, `"dist":{"shasum":"0",`, 1)},
		"integrity mismatch":  {"new", strings.Replace(good, `"dist":{`, `"dist":{"integrity":"sha512-0",`, 1)},
		"deprecation (AK)":    {"acme-hello", `{"name":"acme-hello","versions":{"1.0.0":{"deprecated":"old"}}}`},
		"null version object": {"new", `{"name":"new","versions":{"1.0.0":null},"_attachments":{"new-1.0.0.tgz":{"data":""}}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			npm := newRepo(t, packages.ArtifactKeeper, "npm", "npm-private")
			npm.do("PUT", c.path, c.body).want(http.StatusBadRequest).has("VALIDATION_ERROR", "code")
			npm.get("new").want(http.StatusNotFound)
		})
	}
	bothStyles(t, func(t *testing.T, style packages.Style) {
		npm := newRepo(t, style, "npm", "npm-private")
		npm.as(readOnly).do("PUT", "new", good).want(http.StatusForbidden)
		npm.as(anonymous).do("PUT", "new", good).want(http.StatusUnauthorized)
		npm.do("POST", "new", good).want(http.StatusMethodNotAllowed)
		npm.do("PUT", "new/1.0.0", good).want(http.StatusMethodNotAllowed)
		npm.do("PUT", "new/-/new-1.0.0.tgz", good).want(http.StatusMethodNotAllowed)
		npm.get("new").want(http.StatusNotFound)
	})
}

func TestNPMDeprecateAndUnpublish(t *testing.T) {
	t.Parallel()
	npm := newRepo(t, packages.Artifactory, "npm", "npm-private")
	npm.do("PUT", "@acme%2fhello", `{"name":"@acme/hello","versions":{"1.0.0":{"deprecated":"too old"},"9.0.0":{}}}`).
		want(http.StatusCreated)
	npm.get("@acme/hello").has("too old", "versions", "1.0.0", "deprecated").has("", "versions", "1.1.0", "deprecated")
	npm.do("PUT", "@acme%2fhello", `{"name":"@acme/hello","versions":{"1.0.0":{"deprecated":""}}}`).want(http.StatusCreated)
	npm.get("@acme/hello").lacks("deprecated")
	npm.do("PUT", "nothing", `{"versions":{}}`).want(http.StatusNotFound)

	left := `{"name":"@acme/hello","versions":{"1.0.0":{}}}`
	npm.do("PUT", "@acme%2fhello/-rev/3-0", left).want(http.StatusForbidden).contains("DELETE permission")
	npm.as(anonymous).do("PUT", "@acme%2fhello/-rev/3-0", left).want(http.StatusUnauthorized)
	npm.do("DELETE", "@acme/hello/-/hello-1.1.0.tgz/-rev/3-0", "").want(http.StatusForbidden)

	npm = npm.as(canDelete)
	npm.do("PUT", "@acme%2fhello/-rev/3-0", left).want(http.StatusOK)
	npm.do("DELETE", "@acme/hello/-/@acme/hello-1.1.0.tgz/-rev/4-0", "").want(http.StatusOK)
	npm.get("@acme/hello").has("1.0.0", "dist-tags", "latest").has("", "versions", "1.1.0")
	npm.do("DELETE", "@acme/hello/-/hello-1.0.0.tgz/-rev/4-0", "").want(http.StatusOK)
	npm.get("@acme/hello").want(http.StatusNotFound)
	npm.do("DELETE", "@acme/hello/-/hello-1.0.0.tgz/-rev/4-0", "").want(http.StatusNotFound)
	npm.do("DELETE", "acme-hello/-rev/1-0", "").want(http.StatusOK)
	npm.get("acme-hello").want(http.StatusNotFound)
	npm.do("DELETE", "acme-hello/-rev/1-0", "").want(http.StatusNotFound)
}

func TestNPMMeta(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style packages.Style) {
		npm := newRepo(t, style, "npm", "npm-private")
		npm.get("-/ping").want(http.StatusOK).text("{}")
		npm.get("-/whoami").want(http.StatusOK).has("alice", "username")
		npm.as(anonymous).get("-/whoami").want(http.StatusUnauthorized)
		npm.get("-/npm/v1/user").want(http.StatusNotImplemented).contains("/-/npm/v1/user is not implemented")
		npm.do("POST", "-/npm/v1/security/advisories/bulk", "{}").want(http.StatusOK).text("{}")
		npm.do("POST", "-/npm/v1/security/audits/quick", "{}").want(http.StatusOK).has("[]", "actions")
		npm.do("POST", "-/npm/v1/security/other", "{}").want(http.StatusNotFound)
		if style == packages.Artifactory {
			npm.as(readOnly).do("POST", "-/npm/v1/security/advisories/bulk", "{}").want(http.StatusOK)
			npm.get("-/v1/search").want(http.StatusOK).has("2", "total")
			return
		}
		npm.as(readOnly).do("POST", "-/npm/v1/security/advisories/bulk", "{}").want(http.StatusForbidden)
		npm.get("-/v1/search").want(http.StatusNotImplemented)
	})
}

func TestNPMSearch(t *testing.T) {
	t.Parallel()
	npm := newRepo(t, packages.Artifactory, "npm", "npm-private")
	search := func(query string) (total int, names []string) {
		t.Helper()
		var answer struct {
			Total   int
			Objects []struct {
				Package struct{ Name, Scope, Version string }
			}
		}
		if err := json.Unmarshal([]byte(npm.get("-/v1/search?"+query).want(http.StatusOK).body), &answer); err != nil {
			t.Fatal(err)
		}
		for _, o := range answer.Objects {
			names = append(names, o.Package.Scope+":"+o.Package.Name+"@"+o.Package.Version)
		}
		return answer.Total, names
	}
	for query, want := range map[string]string{
		"text=hello":               "acme:@acme/hello@1.1.0 unscoped:acme-hello@1.0.0",
		"text=HELLO+@acme":         "acme:@acme/hello@1.1.0",
		"text=none":                "",
		"text=&size=1":             "acme:@acme/hello@1.1.0",
		"text=&size=1&from=1":      "unscoped:acme-hello@1.0.0",
		"text=&size=x&from=99":     "",
		"text=embedded+registry":   "acme:@acme/hello@1.1.0 unscoped:acme-hello@1.0.0",
		"text=keyword&size=20&x=1": "",
	} {
		if _, names := search(query); strings.Join(names, " ") != want {
			t.Errorf("%s: %v, want %s", query, names, want)
		}
	}
	if total, _ := search("text=&size=0"); total != 2 {
		t.Errorf("total %d, want 2", total)
	}
}
