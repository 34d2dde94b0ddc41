package strangers

import (
	"archive/zip"
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
)

// pipMachine has a pip.conf with an account's token in the index's address, and the CA. The variable makes pip read this
// file last, after whatever the machine has for all users.
func pipMachine(r *registry, a account) *machine {
	r.t.Helper()
	m := newMachine(r.t, "PYTHONPATH=installed", "PIP_NO_CACHE_DIR=1", "PIP_DISABLE_PIP_VERSION_CHECK=1")
	config := filepath.Join(m.home, "pip.conf")
	m.env = append(m.env, "PIP_CONFIG_FILE="+config)
	write(r.t, config, fmt.Sprintf("[global]\nindex-url = %s/simple\ncert = %s\nretries = 0\nno-input = true\n",
		r.withLogin("pypi", "pypi-private", a), r.CAFile))
	return m
}

func (m *machine) pip(args ...string) result {
	m.t.Helper()
	return m.run("python3", append([]string{"-m", "pip", "-vv", "install", "--target", "installed"}, args...)...)
}

func TestPip(t *testing.T) {
	t.Parallel()
	needed(t, "python3", "-m", "pip", "--version")
	onBoth(t, func(t *testing.T, r *registry) {
		m := pipMachine(r, r.reader)
		m.pip("acme-hello==1.0.0").ok("Successfully installed acme-hello-1.0.0")
		m.run("python3", "-m", "acme_hello").ok("hello from acme-hello 1.0.0")
		r.onlyCame("pypi-private", r.reader)

		pipMachine(r, r.nobody).pip("acme-hello").fails("403")
		r.revoke(r.reader)
		pipMachine(r, r.reader).pip("acme-hello").fails("401")
	})
}

func TestUV(t *testing.T) {
	t.Parallel()
	optional(t, "uv")
	onBoth(t, func(t *testing.T, r *registry) {
		with := func(a account) *machine {
			return newMachine(t, "PYTHONPATH=installed", "UV_NO_CACHE=1", "UV_PYTHON_DOWNLOADS=never", "SSL_CERT_FILE="+r.CAFile,
				"UV_DEFAULT_INDEX="+r.withLogin("pypi", "pypi-private", a)+"/simple")
		}
		install := []string{"pip", "install", "--target", "installed", "acme-hello==1.0.0"}
		m := with(r.reader)
		m.run("uv", install...).ok("acme-hello==1.0.0")
		m.run("python3", "-m", "acme_hello").ok("hello from acme-hello 1.0.0")
		r.onlyCame("pypi-private", r.reader)

		with(r.nobody).run("uv", install...).fails("403")
		r.revoke(r.reader)
		with(r.reader).run("uv", install...).fails("401")
	})
}

func TestTwine(t *testing.T) {
	t.Parallel()
	needed(t, "python3", "-m", "pip", "--version")
	optional(t, "twine")
	onBoth(t, func(t *testing.T, r *registry) {
		m := newMachine(t)
		distribution := m.newWheel()
		upload := func(a account) result {
			return m.run("twine", "upload", "--non-interactive", "--disable-progress-bar", "--verbose", "--cert", r.CAFile,
				"--repository-url", r.repo("pypi", "pypi-private")+"/", "-u", r.login(a), "-p", a.token, distribution)
		}
		upload(r.reader).fails("403")
		upload(r.nobody).fails("403")
		upload(r.writer).ok()
		r.onlyCame("pypi-private", r.writer)
		pipMachine(r, r.reader).pip("acme-fresh").ok("Successfully installed acme-fresh-1.0.0")
		r.revoke(r.writer)
		upload(r.writer).fails("401")
	})
}

// newWheel builds the smallest wheel there is, of a project that no registry has yet.
func (m *machine) newWheel() string {
	m.t.Helper()
	const info = "acme_fresh-1.0.0.dist-info/"
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	for _, file := range [][2]string{
		{"acme_fresh.py", "print('fresh')\n"},
		{info + "METADATA", "Metadata-Version: 2.1\nName: acme-fresh\nVersion: 1.0.0\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: strangers\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{info + "RECORD", "acme_fresh.py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n"},
	} {
		w, err := archive.Create(file[0])
		if err == nil {
			_, err = w.Write([]byte(file[1]))
		}
		if err != nil {
			m.t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		m.t.Fatal(err)
	}
	path := filepath.Join(m.dir, "acme_fresh-1.0.0-py3-none-any.whl")
	write(m.t, path, content.String())
	return path
}
