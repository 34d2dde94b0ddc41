package strangers

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// dockerMachine has Docker's command line and no engine: signing in and looking at manifests needs none.
func dockerMachine(r *registry) *machine {
	r.t.Helper()
	m := newMachine(r.t, "SSL_CERT_FILE="+r.CAFile, "DOCKER_HOST=tcp://127.0.0.1:1")
	write(r.t, filepath.Join(m.home, ".docker", "config.json"), `{"experimental": "enabled"}`) // older ones hide "manifest"
	return m
}

// signIn gives the token on standard input, as docker login asks for.
func (m *machine) signIn(r *registry, a account) result {
	m.t.Helper()
	file := filepath.Join(m.home, "token")
	write(m.t, file, a.token)
	return m.run("sh", "-c", `docker login --username "$1" --password-stdin "$2" <"$3"`, "sh", r.login(a), r.host(), file)
}

func TestDockerCLI(t *testing.T) {
	t.Parallel()
	needed(t, "docker", "--version")
	onBoth(t, func(t *testing.T, r *registry) {
		image := r.host() + "/docker-private/acme/hello:1.0.0"
		m := dockerMachine(r)
		refusal := m.run("docker", "manifest", "inspect", image).fails()
		m.signIn(r, r.reader).ok("Login Succeeded")
		if strings.Contains(refusal.output, "unsupported registry version") {
			// Docker before 23 wants a header in the challenge that Artifact Keeper does not send; signing in works all the same.
			r.revoke(r.reader)
			m.signIn(r, r.reader).fails()
			return
		}
		m.run("docker", "manifest", "inspect", image).ok("application/vnd.docker.image.rootfs.diff.tar.gzip")
		r.onlyCame("docker-private", r.reader)

		other := dockerMachine(r)
		other.signIn(r, account{name: r.reader.name, token: "nonsense"}).fails()
		other.signIn(r, r.nobody).ok("Login Succeeded") // a good account, of no use here
		other.run("docker", "manifest", "inspect", image).fails()

		r.revoke(r.reader)
		m.run("docker", "manifest", "inspect", image).fails()
		m.signIn(r, r.reader).fails()
	})
}

// TestOCIClient pushes and pulls with the library behind crane and other tools.
func TestOCIClient(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, r *registry) {
		image := func(path string) name.Reference {
			reference, err := name.ParseReference(r.host() + "/" + path)
			if err != nil {
				t.Fatal(err)
			}
			return reference
		}
		as := func(a account) []remote.Option {
			return []remote.Option{
				remote.WithContext(t.Context()), remote.WithTransport(r.client.Transport),
				remote.WithAuth(authn.FromConfig(authn.AuthConfig{Username: r.login(a), Password: a.token})),
			}
		}
		refused := func(err error, statuses ...int) {
			t.Helper()
			var answer *transport.Error
			if !errors.As(err, &answer) {
				t.Fatalf("not refused by the registry: %v", err)
			}
			for _, status := range statuses {
				if answer.StatusCode == status {
					return
				}
			}
			t.Errorf("status %d, want one of %v: %v", answer.StatusCode, statuses, err)
		}
		hello := image("docker-private/acme/hello:1.0.0")
		pulled, err := remote.Image(hello, as(r.reader)...)
		if err != nil {
			t.Fatal(err)
		}
		layers, err := pulled.Layers()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := layers[0].Compressed(); err != nil {
			t.Error(err)
		}

		fresh, err := random.Image(1000, 2)
		if err != nil {
			t.Fatal(err)
		}
		refused(remote.Write(image("docker-private/acme/fresh:1"), fresh, as(r.reader)...), http.StatusForbidden)
		if err := remote.Write(image("docker-private/acme/fresh:1"), fresh, as(r.writer)...); err != nil {
			t.Fatal(err)
		}
		tags, err := remote.List(image("docker-private/acme/fresh:1").Context(), as(r.reader)...)
		if err != nil || strings.Join(tags, " ") != "1" {
			t.Errorf("tags %v, %v", tags, err)
		}
		// A tag that moves is a tag overwritten, which on Artifactory takes the right to delete.
		err = remote.Write(image("docker-private/acme/hello:1.0.0"), fresh, as(r.writer)...)
		if r.isArtifactory() {
			refused(err, http.StatusForbidden)
		} else if err != nil {
			t.Error(err)
		}

		_, err = remote.Image(hello, as(r.nobody)...)
		refused(err, http.StatusForbidden, http.StatusNotFound)
		r.revoke(r.reader)
		_, err = remote.Image(hello, as(r.reader)...)
		refused(err, http.StatusUnauthorized)
	})
}
