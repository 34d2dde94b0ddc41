package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest/live"
)

// server is an embedded registry in a process of its own.
type server struct {
	URL            string `json:"url"`
	Dialect        string `json:"dialect"`
	CAFile         string `json:"ca_file"`
	AdminTokenFile string `json:"admin_token_file"`
	Repositories   []struct {
		Key    string `json:"key"`
		Public bool   `json:"public"`
	} `json:"repositories"`

	adminToken string
	cmd        *exec.Cmd
}

// start builds and starts the registry, without its control endpoints, and waits for the line it prints when it is ready.
func start(ctx context.Context, dialect, dir string) (*server, error) {
	binary := filepath.Join(dir, "devregistry")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", binary, "./internal/cmd/devregistry")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the embedded registry: %w\n%s", err, out)
	}
	// It must live through an interrupted run, which still has to be swept; stop ends it.
	s := &server{cmd: exec.CommandContext(
		context.WithoutCancel(ctx), binary,
		"--dialect", dialect, "--listen", "127.0.0.1:0", "--state-dir", filepath.Join(dir, "state"), "--control=false",
	)}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var failure bytes.Buffer
	s.cmd.Stderr = &failure
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the embedded registry: %w", err)
	}
	lines := bufio.NewReader(stdout)
	ready, err := lines.ReadBytes('\n')
	if err != nil {
		_ = s.cmd.Wait()
		return nil, fmt.Errorf("the embedded registry ended before it was ready:\n%s", failure.String())
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	if err := s.learn(ready); err != nil {
		s.stop()
		return nil, fmt.Errorf("the embedded registry's first line: %w", err)
	}
	return s, nil
}

func (s *server) learn(ready []byte) error {
	if err := json.Unmarshal(ready, s); err != nil {
		return err
	}
	token, err := os.ReadFile(s.AdminTokenFile)
	s.adminToken = strings.TrimSpace(string(token))
	return err
}

// environment is what a user of such a server would set.
func (s *server) environment() map[string]string {
	env := map[string]string{
		live.EnvURL: s.URL, "REGISTRY_ACCESS_TOKEN": s.adminToken, "REGISTRY_CA_CERTIFICATE": s.CAFile,
		"REGISTRY_TYPE": s.Dialect, live.EnvRepositories: "",
	}
	if s.Dialect == "artifact_keeper" { // on Artifactory the tests find some by themselves
		var keys []string
		for _, r := range s.Repositories {
			if !r.Public {
				keys = append(keys, r.Key)
			}
		}
		env[live.EnvRepositories] = strings.Join(keys, ",")
	}
	return env
}

// stop ends the registry and waits until it is gone.
func (s *server) stop() {
	kill := time.AfterFunc(10*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}
