package coderplay

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Registry is the running embedded registry.
type Registry struct {
	URL            string `json:"url"`
	CAFile         string `json:"ca_file"`
	AdminTokenFile string `json:"admin_token_file"`

	// AdminToken and CA are the contents of the two files.
	AdminToken string `json:"-"`
	CA         string `json:"-"`
	cmd        *exec.Cmd
	client     *http.Client
}

// StartRegistry builds and starts the embedded registry and waits for the line it prints when it is ready. More are
// flags of its own.
func StartRegistry(ctx context.Context, out *Output, dialect, work string, more ...string) (*Registry, error) {
	bin := work + "/devregistry"
	build := Command{Dir: ".", Env: ProcessEnv(), Argv: []string{"go", "build", "-buildvcs=false", "-o", bin, "./internal/cmd/devregistry"}}
	if _, err := build.Must(ctx, out, "building the embedded registry"); err != nil {
		return nil, err
	}
	r := &Registry{cmd: exec.CommandContext(ctx, bin, append([]string{"--dialect", dialect, "--listen", "127.0.0.1:0", "--state-dir", work + "/registry"}, more...)...)}
	r.cmd.Cancel = func() error { return r.cmd.Process.Signal(syscall.SIGTERM) }
	r.cmd.WaitDelay = 10 * time.Second
	var failure bytes.Buffer
	r.cmd.Stderr = io.MultiWriter(&failure, out)
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the embedded registry: %w", err)
	}
	// Everything up to the ready line; after it the pipe is drained, so that the registry never blocks on it.
	lines := bufio.NewReader(stdout)
	ready, err := lines.ReadString('\n')
	if err != nil {
		_ = r.cmd.Wait()
		return nil, fmt.Errorf("the embedded registry ended before it was ready:\n%s", Tail(failure.String(), 10))
	}
	go func() { _, _ = io.Copy(out, lines) }()
	if err := r.learn(ready); err != nil {
		r.Stop()
		return nil, fmt.Errorf("the embedded registry's first line: %w", err)
	}
	return r, nil
}

func (r *Registry) learn(ready string) error {
	if err := json.Unmarshal([]byte(ready), r); err != nil {
		return err
	}
	token, err := os.ReadFile(r.AdminTokenFile)
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(r.CAFile)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return errors.New("ca_file holds no certificate")
	}
	r.AdminToken, r.CA = strings.TrimSpace(string(token)), string(ca)
	r.client = &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
	}
	return nil
}

// Stop ends the registry and waits until it is gone. It may be called twice.
func (r *Registry) Stop() {
	if r.cmd.ProcessState != nil {
		return
	}
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	_ = r.cmd.Wait()
}

// Request is what the registry noted about one request.
type Request struct {
	Method     string `json:"method"`
	Path       string `json:"path"`
	Status     int    `json:"status"`
	User       string `json:"user"`
	Repository string `json:"repository"`
}

// About says whether the request asked for something in a repository. A refused one may carry no repository.
func (r Request) About(repository string) bool {
	return r.Repository == repository || strings.Contains(r.Path, "/"+repository+"/") || strings.HasSuffix(r.Path, "/"+repository)
}

// Requests gives the registry's request log, oldest first.
func (r *Registry) Requests(ctx context.Context) ([]Request, error) {
	var answer struct {
		Requests []Request `json:"requests"`
	}
	err := r.control(ctx, http.MethodGet, "/_dev/requests", nil, &answer)
	return answer.Requests, err
}

// Advance moves the registry's clock forward.
func (r *Registry) Advance(ctx context.Context, by time.Duration) error {
	return r.control(ctx, http.MethodPut, "/_dev/clock", map[string]string{"advance": by.String()}, nil)
}

// SetIntegration replaces the registry's OAuth clients by one (Artifactory).
func (r *Registry) SetIntegration(ctx context.Context, id, secret, redirectURI string, lifetime time.Duration) error {
	return r.control(ctx, http.MethodPut, "/_dev/integrations", map[string]any{"integrations": []any{map[string]any{
		"client_id": id, "client_secret": secret, "redirect_uris": []string{redirectURI}, "lifetime": lifetime.String(),
	}}}, nil)
}

// Client trusts the registry's authority.
func (r *Registry) Client() *http.Client { return r.client }

func (r *Registry) control(ctx context.Context, method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.URL, "/")+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("the registry's control endpoint %s: %w", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the registry's control endpoint %s: %s", path, res.Status)
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(answer)
}
