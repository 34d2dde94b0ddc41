package packages_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

func TestMavenTree(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style packages.Style) {
		maven := newRepo(t, style, "maven", "maven-private")
		const jar = "com/example/acme/acme-hello/1.0.0/acme-hello-1.0.0.jar"
		content := maven.get(jar).want(http.StatusOK).head("Content-Type", "application/java-archive")
		maven.get(jar + ".sha256").want(http.StatusOK).text(sha(content.body))
		maven.get("com/example/acme/acme-hello/maven-metadata.xml").want(http.StatusOK).contains("<release>1.0.0</release>")
		maven.get("com/example/acme/nothing/1.0.0/nothing-1.0.0.pom").want(http.StatusNotFound)
		maven.get("com/example/acme/nothing/1.0.0/nothing-1.0.0.pom.sha1").want(http.StatusNotFound)

		const fresh = "com/example/fresh/1/fresh-1.pom"
		maven.as(readOnly).do("PUT", fresh, "<project/>").want(http.StatusForbidden)
		maven.as(anonymous).do("PUT", fresh, "<project/>").want(http.StatusUnauthorized)
		maven.do("PUT", fresh, "<project/>").want(http.StatusCreated)
		maven.do("PUT", fresh+".sha1", "sent").want(http.StatusCreated)
		maven.get(fresh + ".sha1").want(http.StatusOK).text("sent")
		// What is released stays, but for those who may delete; lists of versions change all the time.
		status := map[packages.Style]int{packages.Artifactory: http.StatusForbidden, packages.ArtifactKeeper: http.StatusConflict}[style]
		maven.do("PUT", fresh, "<changed/>").want(status)
		maven.get(fresh).text("<project/>")
		for range 2 {
			maven.do("PUT", "com/example/fresh/maven-metadata.xml", "<metadata/>").want(http.StatusCreated)
		}
		if style == packages.Artifactory {
			maven.as(canDelete).do("PUT", fresh, "<changed/>").want(http.StatusCreated)
			maven.do("DELETE", fresh, "").want(http.StatusForbidden)
			maven.as(canDelete).do("DELETE", fresh, "").want(http.StatusNoContent)
			maven.get(fresh).want(http.StatusNotFound)
		}
	})
}

func TestCargoIndex(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style packages.Style) {
		cargo := newRepo(t, style, "cargo", "cargo-private")
		index := map[packages.Style]string{packages.Artifactory: "index/"}[style]
		config := cargo.get(index+"config.json").want(http.StatusOK).has(cargo.req.BaseURL, "api").contains(`"auth-required":true`)
		cargo.as(func(r *packages.Request) { r.Public = true }).get(index + "config.json").contains(`"auth-required":false`)
		entry := cargo.get(index+"ac/me/acme-hello").want(http.StatusOK).has("1.0.0", "vers")
		download := strings.TrimPrefix(config.at("dl"), cargo.req.BaseURL+"/") + "/acme-hello/1.0.0/download"
		entry.has(sha(cargo.get(download).want(http.StatusOK).body), "cksum")
		for _, path := range []string{index + "xx/me/acme-hello", index + "no/th/nothing", strings.Replace(download, "1.0.0", "2.0.0", 1)} {
			cargo.get(path).want(http.StatusNotFound)
		}
		if style == packages.Artifactory {
			cargo.get("config.json").want(http.StatusNotFound)
		}
		// Short names have folders of their own.
		for name, path := range map[string]string{"a": "1/a", "ab": "2/ab", "abc": "3/a/abc"} {
			cargo.do("PUT", "api/v1/crates/new", published(t, name)).want(http.StatusOK).contains("warnings")
			cargo.get(index+path).want(http.StatusOK).has(name, "name")
		}
		cargo.as(readOnly).do("PUT", "api/v1/crates/new", published(t, "other")).want(http.StatusForbidden)
		cargo.do("PUT", "api/v1/crates/new", "\xff\xff\xff\xff{}").want(http.StatusBadRequest)
		cargo.do("PUT", "api/v1/crates/new", published(t, "not a name")).want(http.StatusBadRequest)
	})
}

// published is an upload as cargo sends it, with a dependency under another name.
func published(t *testing.T, name string) string {
	t.Helper()
	metadata, err := json.Marshal(map[string]any{"name": name, "vers": "1.0.0", "deps": []any{map[string]any{
		"name": "acme-hello", "version_req": "^1", "explicit_name_in_toml": "hello", "kind": "normal", "features": []any{},
		"optional": false, "default_features": true, "target": nil, "registry": nil,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	sized := func(s string) string {
		n := len(s)
		return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) + s
	}
	return sized(string(metadata)) + sized("crate")
}

func TestCondaChannel(t *testing.T) {
	t.Parallel()
	conda := newRepo(t, packages.ArtifactKeeper, "conda", "conda-private")
	const file = "acme-hello-1.0.0-0.conda"
	index := conda.get("noarch/repodata.json").want(http.StatusOK).has("1.0.0", "packages.conda", file, "version")
	content := conda.get("noarch/" + file).want(http.StatusOK).body
	index.has(sha(content), "packages.conda", file, "sha256")
	archive, err := zip.NewReader(bytes.NewReader([]byte(content)), int64(len(content)))
	if err != nil || archive.File[0].Name != "metadata.json" || archive.File[1].Name != "pkg-acme-hello-1.0.0-0.tar.zst" {
		t.Errorf("not a conda package: %v", err)
	}
	conda.get("linux-64/repodata.json").want(http.StatusOK).has("linux-64", "info", "subdir").lacks("acme-hello")
	conda.get("channeldata.json").want(http.StatusOK).has("1.0.0", "packages", "acme-hello", "version")
	conda.get("noarch/nothing.conda").want(http.StatusNotFound)
	conda.get("win-3/repodata.json").want(http.StatusNotFound)
	conda.do("PUT", "noarch/"+file, "x").want(http.StatusNotImplemented)
}
