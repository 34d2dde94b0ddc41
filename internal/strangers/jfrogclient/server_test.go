package jfrogclient

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jfrog/jfrog-client-go/access"
	accessauth "github.com/jfrog/jfrog-client-go/access/auth"
	"github.com/jfrog/jfrog-client-go/artifactory"
	rtauth "github.com/jfrog/jfrog-client-go/artifactory/auth"
	"github.com/jfrog/jfrog-client-go/auth"
	"github.com/jfrog/jfrog-client-go/config"
	"github.com/jfrog/jfrog-client-go/utils/log"
)

// registry is the process under test. Tests share it and name what they make after themselves.
var registry server

type server struct {
	URL            string `json:"url"`
	CAFile         string `json:"ca_file"`
	AdminTokenFile string `json:"admin_token_file"`

	adminToken string
	// certificates is a folder with the CA and nothing else: the client takes every file in it for a certificate.
	certificates string
}

func TestMain(m *testing.M) {
	log.SetLogger(log.NewLogger(log.ERROR, io.Discard))
	code, err := runAgainstServer(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// runAgainstServer builds the embedded registry, starts it, and runs the tests while it serves.
func runAgainstServer(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "strangers")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	// The client keeps a configuration folder in the home of its user.
	if err := os.Setenv("HOME", dir); err != nil {
		return 0, err
	}
	binary := filepath.Join(dir, "devregistry")
	build := exec.Command("go", "build", "-o", binary, "./internal/cmd/devregistry")
	build.Dir = filepath.Join("..", "..", "..")
	build.Env = append(buildEnv(), "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the embedded registry: %w\n%s", err, output)
	}
	process := exec.Command(binary, "--dialect", "artifactory", "--listen", "127.0.0.1:0", "--control=false",
		"--state-dir", filepath.Join(dir, "state"))
	process.Stderr = os.Stderr
	stdout, err := process.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := process.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	}()
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return 0, fmt.Errorf("waiting for the embedded registry: %w", err)
	}
	if err := registry.read(line, filepath.Join(dir, "certificates")); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// read takes in the line the server prints when it is ready.
func (s *server) read(line []byte, certificates string) error {
	if err := json.Unmarshal(line, s); err != nil {
		return err
	}
	token, err := os.ReadFile(s.AdminTokenFile)
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(s.CAFile)
	if err != nil {
		return err
	}
	s.adminToken, s.certificates = string(token), certificates
	if err := os.Mkdir(certificates, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(certificates, "ca.pem"), ca, 0o600)
}

// account is what a client signs in with: a token, or a name and a password or token.
type account struct{ user, password, token string }

func (s *server) admin() account { return account{token: s.adminToken} }

func (s *server) configure(t *testing.T, details auth.ServiceDetails, url string, who account) config.Config {
	t.Helper()
	details.SetUrl(url)
	details.SetUser(who.user)
	details.SetPassword(who.password)
	details.SetAccessToken(who.token)
	cfg, err := config.NewConfigBuilder().SetServiceDetails(details).SetCertificatesPath(s.certificates).
		SetContext(t.Context()).SetHttpRetries(0).Build()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// access is the client of the Access service.
func (s *server) access(t *testing.T, who account) *access.AccessServicesManager {
	t.Helper()
	manager, err := access.New(s.configure(t, accessauth.NewAccessDetails(), s.URL+"/access/", who))
	if err != nil {
		t.Fatal(err)
	}
	return manager
}

// artifactory is the client of Artifactory.
func (s *server) artifactory(t *testing.T, who account) artifactory.ArtifactoryServicesManager {
	t.Helper()
	manager, err := artifactory.New(s.configure(t, rtauth.NewArtifactoryDetails(), s.URL+"/artifactory/", who))
	if err != nil {
		t.Fatal(err)
	}
	return manager
}
