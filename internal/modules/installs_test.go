package modules

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func TestCargoInstalls(t *testing.T) {
	t.Parallel()
	eachVariant(t, ecosystem{
		client: "cargo", repository: "cargo-private",
		prepare: func(w *workspace) {
			// Without a registry's name: it stands in for crates.io.
			w.write("p/Cargo.toml", "[package]\nname = \"consumer\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\nacme-hello = \"1\"\n", 0o644)
			w.write("p/src/main.rs", "fn main() { println!(\"{}\", acme_hello::hello()); }\n", 0o644)
		},
		install: []string{"sh", "-c", "cd p && cargo run --quiet"}, prints: "hello from acme-hello 1.0.0",
		fresh: []string{"sh", "-c", "rm -rf .cargo/registry p/Cargo.lock p/target"},
	})
}

func TestMavenInstalls(t *testing.T) {
	t.Parallel()
	eachVariant(t, ecosystem{
		client: "mvn", repository: "maven-private",
		prepare: func(w *workspace) {
			w.call("keytool", "-importcert", "-noprompt", "-alias", "registry", "-file", w.data("ca/registry-1.pem"), "-keystore",
				w.path("trust.p12"), "-storetype", "PKCS12", "-storepass", "changeit")
			w.env["MAVEN_OPTS"] = "-Duser.home=" + w.home + " -Djavax.net.ssl.trustStore=" + w.path("trust.p12") + " -Djavax.net.ssl.trustStorePassword=changeit"
			w.write("p/pom.xml", `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <parent><groupId>com.example.acme</groupId><artifactId>acme-parent</artifactId><version>1.0.0</version></parent>
  <artifactId>consumer</artifactId><packaging>pom</packaging></project>`, 0o644)
		},
		install: []string{"mvn", "-B", "-f", "p/pom.xml", "validate"}, prints: "BUILD SUCCESS",
		fresh: []string{"rm", "-rf", ".m2/repository"},
	})
}

func TestDockerIsSignedIn(t *testing.T) {
	t.Parallel()
	eachVariant(t, ecosystem{
		client: "docker", repository: "docker-private",
		prepare: func(w *workspace) {
			w.env["DOCKER_HOST"] = "tcp://127.0.0.1:1"
			w.env["DOCKER_CLI_EXPERIMENTAL"] = "enabled"
		},
		// The host is the one that the configuration names.
		install: []string{"sh", "-c", `docker manifest inspect "$(sed -n 's/^[[:space:]]*"\(.*:[0-9]*\)": "registry".*/\1/p' .docker/config.json)/docker-private/acme/hello:1.0.0"`},
		prints:  "application/vnd.docker.image.rootfs.diff.tar.gzip",
		// Docker before 23, which is Debian's, looks at no manifest there: Artifact Keeper lacks a header that it wants.
		without: "artifact_keeper",
	})
}

// TestImagesArePulledWithTheHelper asks the credential helper as docker does, and pulls with the library behind crane.
func TestImagesArePulledWithTheHelper(t *testing.T) {
	t.Parallel()
	for _, variant := range []string{"artifactory", "artifact_keeper"} {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			module := render(t, variant)
			server := registries[variant]()
			p := newPerson(t, server, "images-"+strings.ReplaceAll(variant, "_", "-"))
			w := newWorkspace(t, shells["dash"])
			w.signIn(module, "jane", p.name, p.token, inAYear)
			w.onPath()
			w.tryScript(module.Texts["start"])
			host := strings.TrimPrefix(server.URL, "https://")
			contains(t, "config.json", w.read(w.path(".docker/config.json")), `"`+host+`": "registry"`)
			var credentials struct{ Username, Secret string }
			answer := w.call("sh", "-c", "printf %s "+host+" | docker-credential-registry get")
			if err := json.Unmarshal([]byte(answer), &credentials); err != nil {
				t.Fatal(err)
			}
			image, err := name.ParseReference(host + "/docker-private/acme/hello:1.0.0")
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(server.CAPEM)
			options := []remote.Option{
				remote.WithContext(t.Context()),
				remote.WithTransport(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}),
				remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: credentials.Username, Password: credentials.Secret})),
			}
			if _, err := remote.Image(image, options...); err != nil {
				t.Error(err)
			}
			if p.came("docker-private") == 0 {
				t.Errorf("%s never came to docker-private", p.name)
			}
			p.revoke()
			if _, err := remote.Image(image, options...); err == nil {
				t.Error("a revoked token still pulls")
			}
		})
	}
}

func TestUVInstalls(t *testing.T) {
	t.Parallel()
	eachVariant(t, ecosystem{
		client: "uv", repository: "pypi-private",
		prepare: func(w *workspace) {
			w.env["UV_PYTHON_DOWNLOADS"], w.env["UV_NO_CACHE"], w.env["PYTHONPATH"] = "never", "1", w.path("installed")
		},
		install: []string{"sh", "-c", "uv pip install --target installed acme-hello==1.0.0 && python3 -m acme_hello"},
		prints:  "hello from acme-hello 1.0.0", fresh: []string{"rm", "-rf", "installed"},
	})
}

func TestPNPMInstalls(t *testing.T) {
	t.Parallel()
	// The older one reads npm's files, the newer one asks the credential program.
	for _, client := range []string{"pnpm", "pnpm12"} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			eachVariant(t, ecosystem{
				client: client, repository: "npm-private",
				prepare: func(w *workspace) {
					w.write("p/package.json", `{"name":"consumer","version":"1.0.0","private":true}`, 0o644)
				},
				install: []string{"sh", "-c", "cd p && " + client + " add @acme/hello && node -p \"require('@acme/hello')()\""},
				prints:  "hello from @acme/hello 1.1.0",
				fresh:   []string{"sh", "-c", "rm -rf p/node_modules p/pnpm-lock.yaml .local .cache"},
			})
		})
	}
}

func TestYarnInstalls(t *testing.T) {
	t.Parallel()
	eachVariant(t, ecosystem{
		client: "yarn", repository: "npm-private",
		prepare: func(w *workspace) {
			w.write("p/package.json", `{"name":"consumer","version":"1.0.0","private":true}`, 0o644)
			w.env["YARN_CACHE_FOLDER"] = w.path("yarn-cache")
		},
		install: []string{"sh", "-c", "cd p && yarn add @acme/hello && node -p \"require('@acme/hello')()\""},
		prints:  "hello from @acme/hello 1.1.0",
		fresh:   []string{"sh", "-c", "rm -rf p/node_modules p/yarn.lock yarn-cache"},
		without: "artifactory_oauth",
	})
}

func TestTwineUploads(t *testing.T) {
	t.Parallel()
	needClient(t, "twine")
	for _, variant := range []string{"artifactory", "artifact_keeper"} {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			module := render(t, variant)
			p := newPerson(t, registries[variant](), "twine-"+strings.ReplaceAll(variant, "_", "-"))
			w := newWorkspace(t, shells["dash"])
			w.signIn(module, "jane", p.name, p.token, inAYear)
			w.tryScript(module.Texts["start"])
			wheel := w.fetchWheel(p)
			// They may read only, and what the registry says shows that it knew them.
			upload := []string{"twine", "upload", "--non-interactive", "--disable-progress-bar", "--verbose", wheel}
			result := w.try(upload...)
			contains(t, "twine", result.stdout+result.stderr, "403")
			contains(t, "twine", result.stdout+result.stderr, registries[variant]().URL)
			p.revoke()
			result = w.try(upload...)
			contains(t, "twine", result.stdout+result.stderr, "401")
		})
	}
}

// fetchWheel has pip download what there is, under the workspace's own settings.
func (w *workspace) fetchWheel(p *person) string {
	w.t.Helper()
	w.call("python3", "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "acme-hello==1.0.0")
	if p.came("pypi-private") == 0 {
		w.t.Errorf("%s never came to pypi-private", p.name)
	}
	return "acme_hello-1.0.0-py3-none-any.whl"
}

func TestYarnModernInstalls(t *testing.T) {
	t.Parallel()
	eachVariant(t, ecosystem{
		client: "yarn-modern", repository: "npm-private",
		prepare: func(w *workspace) {
			w.write("p/package.json", `{"name":"consumer","version":"1.0.0","private":true}`, 0o644)
			w.write("p/yarn.lock", "", 0o644) // the root of the project
			// What is no setting of the registry: no global cache, and Artifact Keeper does not tell when something was published.
			w.env["YARN_ENABLE_GLOBAL_CACHE"], w.env["YARN_NODE_LINKER"], w.env["YARN_ENABLE_TELEMETRY"] = "false", "node-modules", "false"
			w.env["YARN_NPM_MINIMAL_AGE_GATE"] = "0"
		},
		install: []string{"sh", "-c", "cd p && yarn-modern add acme-hello @acme/hello && node -p \"require('acme-hello')()\""},
		prints:  "hello from acme-hello 1.0.0",
		fresh:   []string{"sh", "-c", "rm -rf p/node_modules p/.yarn .yarn .cache; : >p/yarn.lock"},
	})
}

func TestPoetryInstalls(t *testing.T) {
	t.Parallel()
	eachVariant(t, ecosystem{
		client: "poetry", repository: "pypi-private",
		prepare: func(w *workspace) {
			index := "/simple/"
			for _, line := range strings.Split(w.read(w.data("instances/registry")), "\n") {
				if url, ok := strings.CutPrefix(line, "url pypi "); ok {
					index = strings.TrimSuffix(url, "/") + "/"
				}
			}
			w.write("p/pyproject.toml", "[project]\nname = \"consumer\"\nversion = \"1.0.0\"\nrequires-python = \">=3.8\"\n"+
				"[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\nacme-hello = \"1.0.0\"\n"+
				"[[tool.poetry.source]]\nname = \"registry\"\nurl = \""+index+"\"\npriority = \"primary\"\n", 0o644)
			w.env["POETRY_VIRTUALENVS_IN_PROJECT"] = "true"
		},
		install: []string{"sh", "-c", "cd p && poetry lock --no-interaction && poetry install --no-interaction && .venv/bin/python -m acme_hello"},
		prints:  "hello from acme-hello 1.0.0",
		fresh:   []string{"sh", "-c", "rm -rf p/.venv p/poetry.lock .cache"},
	})
}
