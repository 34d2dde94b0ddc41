package packages_test

import (
	"net/http"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

func TestGoRead(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style packages.Style) {
		golang := newRepo(t, style, "go", "go-private")
		const hello = "example.com/acme/hello"
		list := "v1.0.0\nv1.1.0"
		if style == packages.Artifactory {
			list += "\n"
		}
		golang.get(hello+"/@v/list").want(http.StatusOK).text(list).head("Content-Type", "text/plain; charset=utf-8")
		golang.get(hello+"/@latest").want(http.StatusOK).head("Content-Type", "application/json").
			text(`{"Version":"v1.1.0","Time":"2025-01-02T03:05:05Z"}`)
		golang.get(hello + "/@v/v1.0.0.info").want(http.StatusOK).text(`{"Version":"v1.0.0","Time":"2025-01-02T03:04:05Z"}`)
		golang.get(hello + "/@v/v1.0.0.mod").want(http.StatusOK).text("module " + hello + "\n\ngo 1.21\n")
		golang.get(hello+"/@v/v1.0.0.zip").want(http.StatusOK).head("Content-Type", "application/zip")
		for _, path := range []string{
			hello + "/v2/@v/list", "nothing.test/x/@latest", hello + "/@v/v9.0.0.info",
			hello + "/@v/v9.0.0.mod", hello + "/@v/v9.0.0.zip", hello + "/@v/master.info",
		} {
			golang.get(path).want(http.StatusNotFound).head("Content-Type", "text/plain; charset=utf-8")
		}
		malformed := http.StatusNotFound
		if style == packages.ArtifactKeeper {
			malformed = http.StatusBadRequest
		}
		for _, path := range []string{hello, "", "Example.com/A/@v/list", hello + "/@v/v1.0.0.sig", hello + "/@v/v1"} {
			golang.get(path).want(malformed)
		}
		golang.do("DELETE", hello+"/@v/v1.0.0.zip", "").want(http.StatusMethodNotAllowed)
	})
}

func TestGoSumDB(t *testing.T) {
	t.Parallel()
	newRepo(t, packages.Artifactory, "go", "go-private").get("sumdb/sum.golang.org/supported").want(http.StatusNotFound)
	keeper := newRepo(t, packages.ArtifactKeeper, "go", "go-private")
	keeper.get("sumdb/sum.golang.org/supported").want(http.StatusOK).text("")
	keeper.get("sumdb/sum.golang.org/latest").want(http.StatusBadGateway)
	keeper.get("sumdb/169.254.169.254/latest").want(http.StatusForbidden)
}

func TestGoUploadArtifactKeeper(t *testing.T) {
	t.Parallel()
	golang := newRepo(t, packages.ArtifactKeeper, "go", "go-private")
	golang.do("PUT", "example.com/!acme/new/@v/v1.0.0.zip", "zip").want(http.StatusCreated).text("Created")
	// A go.mod is never taken out of the zip; it has to be uploaded too.
	golang.get("example.com/!acme/new/@v/v1.0.0.mod").want(http.StatusNotFound)
	golang.do("PUT", "example.com/!acme/new/@v/v1.0.0.mod", "mod").want(http.StatusCreated)
	golang.get("example.com/!acme/new/@v/v1.0.0.mod").want(http.StatusOK).text("mod")
	golang.get("example.com/!acme/new/@v/v1.0.0.zip").want(http.StatusOK).text("zip")
	golang.get("example.com/!acme/new/@v/list").text("v1.0.0")
	golang.do("PUT", "example.com/!acme/new/@v/v1.0.0.zip", "zip").want(http.StatusConflict).
		text("Module zip example.com/Acme/new@v1.0.0 already exists")
	golang.do("PUT", "example.com/!acme/new/@v/v1.0.0.mod", "mod").want(http.StatusConflict).
		text("go.mod for example.com/Acme/new@v1.0.0 already exists")
	golang.do("PUT", "example.com/!acme/new/@v/v1.0.0.info", "{}").want(http.StatusMethodNotAllowed)
	golang.do("PUT", "example.com/!acme/new/@v/list", "v1").want(http.StatusMethodNotAllowed)
	golang.as(readOnly).do("PUT", "example.com/x/@v/v1.0.0.zip", "zip").want(http.StatusForbidden)
	golang.as(anonymous).do("PUT", "example.com/x/@v/v1.0.0.zip", "zip").want(http.StatusUnauthorized)
	golang.get("example.com/x/@v/list").want(http.StatusNotFound)

	// Its latest is what came last, not what is highest.
	golang.do("PUT", "example.com/acme/hello/@v/v1.0.5.zip", "zip").want(http.StatusCreated)
	golang.get("example.com/acme/hello/@latest").has("v1.0.5", "Version").has("2026-03-04T05:06:07Z", "Time")
}

func TestGoUploadArtifactory(t *testing.T) {
	t.Parallel()
	golang := newRepo(t, packages.Artifactory, "go", "go-private")
	seed := golang.get("example.com/acme/hello/@v/v1.0.0.zip").want(http.StatusOK).body
	const module = "example.com/acme/new"

	golang.do("PUT", module+"/@v/v1.2.0-rc.1.zip;go.name=x", "zip").want(http.StatusCreated).
		has("/"+module+"/@v/v1.2.0-rc.1.zip", "path").has("alice", "createdBy")
	golang.get(module+"/@latest").has("v1.2.0-rc.1", "Version")
	golang.do("PUT", module+"/@v/v1.0.0.info", `{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z"}`).want(http.StatusCreated)
	golang.do("PUT", module+"/@v/v1.0.0.mod", "module "+module).want(http.StatusCreated)
	golang.do("PUT", module+"/@v/v1.0.0.zip", "zip").want(http.StatusCreated)
	golang.do("PUT", module+"/@v/v0.0.0-20200101000000-abcdefabcdef.zip", "zip").want(http.StatusCreated)
	golang.get(module + "/@v/list").text("v1.0.0\nv1.2.0-rc.1\n")
	golang.get(module+"/@latest").has("v1.0.0", "Version")
	golang.get(module+"/@v/v1.0.0.info").has("2020-01-01T00:00:00Z", "Time")
	golang.get(module + "/@v/v1.0.0.mod").text("module " + module)
	golang.do("PUT", module+"/@v/v1.0.0.zip", "zip").want(http.StatusForbidden).contains("DELETE permission")
	golang.as(canDelete).do("PUT", module+"/@v/v1.0.0.zip", "other").want(http.StatusCreated)
	golang.get(module + "/@v/v1.0.0.zip").text("other")
	golang.do("PUT", module+"/@v/v1.0.1.info", "no JSON").want(http.StatusBadRequest)
	golang.as(readOnly).do("PUT", module+"/@v/v2.0.0.zip", "zip").want(http.StatusForbidden).contains("not permitted to deploy")

	// A zip alone is enough: its go.mod is found inside.
	golang.do("PUT", "example.com/acme/hello/@v/v1.9.0.zip", seed).want(http.StatusCreated)
	golang.get("example.com/acme/hello/@v/v1.9.0.mod").want(http.StatusNotFound) // that zip is v1.0.0's
	other := newRepoWith(t, packages.Artifactory, "go", "go-private", packages.Catalog{})
	other.do("PUT", "example.com/acme/hello/@v/v1.0.0.zip", seed).want(http.StatusCreated)
	other.get("example.com/acme/hello/@v/v1.0.0.mod").want(http.StatusOK).contains("module example.com/acme/hello")
}
