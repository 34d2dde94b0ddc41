package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

// Two workspaces, the second of which starts as a prebuilt one.
const (
	firstID  = "b7e1fd0a-6a0e-4a8e-9a52-0d6a3a3f9a01"
	secondID = "4f3c9f0e-93a5-4b1f-8a57-6f1d0d5c7e02"
)

var (
	quinn = coderplay.Owner{ID: "c0a8012e-3f5b-4f6d-9c8e-7b6a5d4c3b2a", Name: "quinn", FullName: "Quinn Example", Email: "quinn@example.com"}
	// prebuilds is who Coder says owns what nobody has claimed.
	prebuilds = coderplay.Owner{ID: "c42fdf75-3097-471c-8c33-fb52454d81c0", Name: "prebuilds", FullName: "Prebuilds", Email: "prebuilds@system"}
)

// stage is one template on one registry, with everything that is started for it.
type stage struct {
	chapter
	out      *coderplay.Output
	engine   *engine
	registry *coderplay.Registry
	work     string
	rows     [][]string
	// ahead is how far the registry's clock was moved.
	ahead time.Duration
	// variables are the template's, as environment.
	variables map[string]string

	cli, platform coderplay.Terraform
	attempts      int
	// minted are the tokens that the template's builds had, dead ones included.
	minted []string
	coder  *standIn
}

func newStage(ctx context.Context, o options, out *coderplay.Output, e *engine, c chapter) (*stage, error) {
	s := &stage{chapter: c, out: out, engine: e, work: filepath.Join(o.work, c.template+"-"+c.dialect+"-"+filepath.Base(o.cli))}
	if err := coderplay.RemoveAll(s.work); err != nil {
		return nil, err
	}
	s.cli = coderplay.Terraform{Path: o.cli, Dir: s.work, Env: coderplay.ProcessEnv(), Out: out}
	s.platform = s.cli.Root(filepath.Join(s.work, "platform"))
	return s, s.timed(ctx, "registry, users and permissions", func(ctx context.Context) error {
		for from, to := range map[string]string{
			"internal/cmd/e2e/testdata/platform":   s.platform.Dir,
			filepath.Join(o.templates, c.template): filepath.Join(s.work, firstID),
		} {
			if err := coderplay.CopyTree(from, to); err != nil {
				return fmt.Errorf("%w (`make templates` writes bin/templates)", err)
			}
		}
		var err error
		if s.registry, err = coderplay.StartRegistry(ctx, out, c.dialect, s.work); err != nil {
			return err
		}
		repositories := []string{"npm-private", "go-private", "pypi-private"}
		s.platform = s.platform.With(s.providerEnv()).With(map[string]string{"TF_VAR_repositories": text(repositories)})
		if err := s.platform.Init(ctx); err != nil {
			return err
		}
		if err := s.platform.Apply(ctx); err != nil {
			return err
		}
		s.variables = map[string]string{
			"TF_VAR_docker_host":         e.host,
			"TF_VAR_docker_network_mode": "host",
			"TF_VAR_docker_host_gateway": "127.0.0.1",
			"TF_VAR_architecture":        runtime.GOARCH,
			"TF_VAR_base_image":          baseImage(),
			"TF_VAR_image_packages":      text(packages),
			// The engine of Debian 12 builds without BuildKit, and BuildKit would look for the base image in a registry.
			"TF_VAR_use_legacy_builder":      "true",
			"TF_VAR_workspace_registry_url":  s.workspaceURL(),
			"TF_VAR_registry_ca_certificate": s.registry.CA,
			// The preset then has a block of its own.
			"TF_VAR_prebuilt_workspaces": "1",
			"TF_VAR_package_managers":    text(map[string]string{"npm": "@acme:npm-private", "go": "go-private", "pypi": "pypi-private"}),
		}
		return nil
	})
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// workspaceURL is the registry as a workspace reaches it: not by the loopback address that the provisioner uses.
func (s *stage) workspaceURL() string {
	return strings.Replace(s.registry.URL, "127.0.0.1", "host.docker.internal", 1)
}

func (s *stage) providerEnv() map[string]string {
	return map[string]string{
		"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_LOG": "TRACE", "TF_LOG_PATH": s.traceLog(),
		"REGISTRY_URL": s.registry.URL, "REGISTRY_ACCESS_TOKEN": s.registry.AdminToken, "REGISTRY_CA_CERTIFICATE": s.registry.CAFile,
	}
}

// traceLog is where Terraform and its providers log, all runs of the chapter one after the other.
func (s *stage) traceLog() string { return filepath.Join(s.work, "trace.log") }

func (s *stage) coderURL() string {
	if s.coder != nil {
		return s.coder.url
	}
	return "http://127.0.0.1:3000"
}

// workspace is a build of one of the two workspaces; more is what differs from a plain start.
func (s *stage) workspace(id string, owner coderplay.Owner, more map[string]string) coderplay.Terraform {
	env := coderplay.ProvisionerEnv("dev-"+id[:4], id, owner)
	env["CODER_AGENT_URL"] = s.coderURL()
	env["CODER_AGENT_SCRIPT_linux_"+runtime.GOARCH] = initScript
	maps.Copy(env, s.providerEnv())
	maps.Copy(env, s.variables)
	maps.Copy(env, more)
	return s.cli.Root(filepath.Join(s.work, id)).With(env)
}

func stopping() map[string]string { return map[string]string{"CODER_WORKSPACE_TRANSITION": "stop"} }

func (s *stage) owner() coderplay.Owner {
	if s.coder != nil {
		return alice
	}
	return quinn
}

// advance moves the registry's clock, and the workspace's with it.
func (s *stage) advance(ctx context.Context, by time.Duration, ids ...string) error {
	s.ahead += by
	if err := s.registry.Advance(ctx, by); err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.showClock(ctx, "coder-"+id); err != nil {
			return err
		}
	}
	return nil
}

// containerID tells one container from the next of the same name.
func (s *stage) containerID(ctx context.Context, id string) (string, error) {
	return s.engine.must(ctx, "container", "inspect", "--format", "{{.Id}}", "coder-"+id)
}

// gone says that a workspace's container, and its volume if asked for, exist no more.
func (s *stage) gone(ctx context.Context, id string, volume bool) error {
	things := map[string]string{"container": "coder-" + id}
	if volume {
		things["volume"] = "coder-" + id + "-home"
	}
	for kind, name := range things {
		r, err := s.engine.docker(ctx, kind, "inspect", name)
		if err != nil {
			return err
		}
		if r.Code == 0 {
			return fmt.Errorf("the %s %s is still there", kind, name)
		}
	}
	return nil
}

// refused says that the registry does not take a token any more.
func (s *stage) refused(ctx context.Context, token string) error {
	path := map[string]string{"artifactory": "/artifactory/api/npm/npm-private/@acme%2fhello", "artifact_keeper": "/npm/npm-private/@acme%2fhello"}[s.dialect]
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.registry.URL+path, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := s.registry.Client().Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		return fmt.Errorf("the registry answers %s to a token that should be dead", res.Status)
	}
	return nil
}

func (s *stage) close(ctx context.Context) error {
	var err error
	if s.registry != nil {
		if r, destroying := s.platform.Destroy(ctx); destroying != nil {
			err = errors.Join(errors.New("destroying users and permissions"), destroying, r.Failure())
		}
		s.registry.Stop()
	}
	if s.coder != nil {
		s.coder.close()
	}
	return err
}
