package clienttest

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/packages"
)

// pipMachine has a pip.conf for a repository: its address with a token, and its CA. The variable makes pip read this
// file last, after whatever the machine has for all users.
func pipMachine(t *testing.T, r *registry, key, token string) *machine {
	t.Helper()
	need(t, "python3", "-m", "pip", "--version")
	m := newMachine(t, "PYTHONPATH=installed", "PIP_NO_CACHE_DIR=1", "PIP_DISABLE_PIP_VERSION_CHECK=1")
	config := filepath.Join(m.home, "pip.conf")
	m.env = append(m.env, "PIP_CONFIG_FILE="+config)
	write(t, config, fmt.Sprintf("[global]\nindex-url = %s/simple\ncert = %s\nretries = 0\n",
		r.withUser("pypi", key, token), r.caFile))
	return m
}

func TestPip(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, r *registry) {
		m := pipMachine(t, r, "pypi-private", bob)
		m.run("python3", "-m", "pip", "install", "--target", "installed", "acme-hello").ok("Successfully installed acme-hello-1.1.0")
		m.run("python3", "-m", "acme_hello").ok("hello from acme-hello 1.1.0")
		m.run("python3", "-m", "pip", "download", "--no-deps", "-d", "files", "acme-hello==1.0.0").ok("acme_hello-1.0.0-py3-none-any.whl")
		m.run("python3", "-m", "pip", "install", "--target", "missing", "acme-nothing").fails("No matching distribution")
	})
}

// TestPipBuildsTheSdist builds without a build tool, since the index has none.
func TestPipBuildsTheSdist(t *testing.T) {
	t.Parallel()
	m := pipMachine(t, startRegistry(t, packages.Artifactory), "pypi-private", bob)
	m.run("python3", "-m", "pip", "install", "--target", "installed", "--no-binary", "acme-hello", "acme-hello").
		ok("Successfully installed acme-hello-1.1.0")
	m.run("python3", "-m", "acme_hello").ok("hello from acme-hello 1.1.0")
}

func TestPipRefusesAWrongToken(t *testing.T) {
	t.Parallel()
	m := pipMachine(t, startRegistry(t, packages.ArtifactKeeper), "pypi-private", "revoked")
	m.run("python3", "-m", "pip", "install", "-vvv", "--no-input", "--target", "installed", "acme-hello").fails("401")
}

func TestUV(t *testing.T) {
	t.Parallel()
	client(t, "uv")
	bothStyles(t, func(t *testing.T, r *registry) {
		m := newMachine(t, "PYTHONPATH=installed", "UV_NO_CACHE=1", "UV_PYTHON_DOWNLOADS=never", "SSL_CERT_FILE="+r.caFile,
			"UV_DEFAULT_INDEX="+r.withUser("pypi", "pypi-private", bob)+"/simple")
		m.run("uv", "pip", "install", "--target", "installed", "acme-hello").ok("acme-hello==1.1.0")
		m.run("python3", "-m", "acme_hello").ok("hello from acme-hello 1.1.0")
		wheel := seedFile(t, m, "acme_hello-1.0.0-py3-none-any.whl")
		m.run("uv", "publish", "--publish-url", r.repo("pypi", "pypi-other")+"/", "-u", "__token__", "-p", alice, wheel).ok()
		m.run("uv", "pip", "install", "--reinstall", "--target", "installed", "--default-index",
			r.withUser("pypi", "pypi-other", bob)+"/simple", "acme-hello").ok("acme-hello==1.0.0")
	})
}

func TestTwine(t *testing.T) {
	t.Parallel()
	client(t, "twine")
	bothStyles(t, func(t *testing.T, r *registry) {
		m := newMachine(t)
		upload := func(token, file string) result {
			return m.run("twine", "upload", "--non-interactive", "--disable-progress-bar", "--cert", r.caFile,
				"--repository-url", r.repo("pypi", "pypi-other")+"/", "-u", "__token__", "-p", token, file)
		}
		upload(alice, seedFile(t, m, "acme_hello-1.1.0-py3-none-any.whl")).ok()
		upload(alice, seedFile(t, m, "acme_hello-1.1.0.tar.gz")).ok()
		wheel := seedFile(t, m, "acme_hello-1.1.0-py3-none-any.whl")
		upload(alice, wheel).fails(map[packages.Style]string{packages.Artifactory: "403", packages.ArtifactKeeper: "409"}[r.style])
		upload(bob, seedFile(t, m, "acme_hello-1.0.0-py3-none-any.whl")).fails("403")

		reader := pipMachine(t, r, "pypi-other", bob)
		reader.run("python3", "-m", "pip", "install", "--target", "installed", "acme-hello").ok("acme-hello-1.1.0")
	})
}

// seedFile lays a built-in file into a machine's folder for publishing.
func seedFile(t *testing.T, m *machine, name string) string {
	t.Helper()
	for _, f := range packages.Seed().PyPI {
		if f.Filename == name {
			path := filepath.Join(m.dir, "dist", name)
			write(t, path, string(f.Content))
			return path
		}
	}
	t.Fatalf("no built-in file %s", name)
	return ""
}
