package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

// engine is a Docker engine: one started here on a private socket, or one that runs already.
type engine struct {
	host string
	work string
	out  *coderplay.Output
	cmd  *exec.Cmd
	// ended is closed when the engine's process is gone.
	ended chan struct{}
}

// startEngine starts dockerd without a bridge and without firewall rules, since neither may be had in a CI container, so
// that workspaces are on the host's network. host.docker.internal is the loopback address then, where the embedded
// registry listens. Its images stay in the work folder for the next run; containers and volumes do not.
func startEngine(ctx context.Context, o options, out *coderplay.Output) (*engine, error) {
	e := &engine{host: o.socket, work: o.work, out: out}
	if e.host != "" {
		return e, nil
	}
	if os.Geteuid() != 0 {
		return nil, errors.New("a Docker engine can only be started as root; -docker names one that runs already")
	}
	for program, pkg := range map[string]string{"dockerd": "docker.io", "docker": "docker.io or docker-cli", "debootstrap": "debootstrap"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%s is not installed (Debian package: %s)", program, pkg)
		}
	}
	// The path of a socket may have 107 bytes, which a checkout's folder may use up alone.
	run, err := os.MkdirTemp("", "e2e-docker-")
	if err != nil {
		return nil, err
	}
	e.host = "unix://" + filepath.Join(run, "docker.sock")
	log, err := os.Create(filepath.Join(o.work, "dockerd.log"))
	if err != nil {
		return nil, err
	}
	e.cmd = exec.Command("dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false", "--host-gateway-ip=127.0.0.1", //nolint:noctx // it must outlive the context to clean up
		"--data-root", filepath.Join(o.work, "engine"), "--exec-root", filepath.Join(run, "exec"), "--pidfile", filepath.Join(run, "pid"), "-H", e.host)
	e.cmd.Stdout, e.cmd.Stderr = log, log
	// A signal from the terminal is for us: the engine is stopped when the containers are gone.
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out.Step("starting a Docker engine at %s", e.host)
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting dockerd: %w", err)
	}
	e.ended = make(chan struct{})
	go func() {
		_ = e.cmd.Wait()
		_ = log.Close()
		close(e.ended)
	}()
	if err := e.ready(ctx); err != nil {
		e.stop(ctx)
		text, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("the Docker engine does not start: %w\n%s", err, coderplay.Tail(string(text), 15))
	}
	e.sweep(ctx)
	return e, nil
}

func (e *engine) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("not ready after a minute"))
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		if r, err := e.docker(ctx, "version", "--format", "{{.Server.Version}}"); err == nil && r.Code == 0 {
			e.out.Step("Docker engine %s is ready", strings.TrimSpace(r.Stdout))
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-e.ended:
			return errors.New("dockerd ended")
		case <-tick.C:
		}
	}
}

// sweep removes what a killed run left.
func (e *engine) sweep(ctx context.Context) {
	for _, kind := range []string{"container", "volume"} {
		r, err := e.docker(ctx, kind, "ls", "--quiet", "--filter", "label=coder.workspace_id")
		if err != nil || r.Code != 0 || strings.TrimSpace(r.Stdout) == "" {
			continue
		}
		_, _ = e.docker(ctx, append([]string{kind, "rm", "--force"}, strings.Fields(r.Stdout)...)...)
	}
}

// stop removes what is left of workspaces and ends an engine that was started here.
func (e *engine) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if e.cmd == nil {
		e.sweep(ctx)
		return
	}
	select {
	case <-e.ended:
	default:
		e.sweep(ctx)
		_ = e.cmd.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-e.ended:
	case <-ctx.Done():
		_ = e.cmd.Process.Kill()
		<-e.ended
	}
	run := filepath.Dir(strings.TrimPrefix(e.host, "unix://"))
	// dockerd leaves the network namespace of the host mounted.
	_ = syscall.Unmount(filepath.Join(run, "exec/netns/default"), 0)
	_ = os.RemoveAll(run)
}

// docker runs the command line client against the engine.
func (e *engine) docker(ctx context.Context, args ...string) (coderplay.Result, error) {
	return e.dockerWith(ctx, nil, args...)
}

func (e *engine) dockerWith(ctx context.Context, env map[string]string, args ...string) (coderplay.Result, error) {
	program, err := exec.LookPath("docker")
	if err != nil {
		return coderplay.Result{}, err
	}
	if env == nil {
		env = coderplay.ProcessEnv()
	}
	return coderplay.Command{Dir: "/", Env: env, Argv: append([]string{program, "-H", e.host}, args...)}.Run(ctx, e.out)
}

// must is docker for a command whose failure ends the chapter.
func (e *engine) must(ctx context.Context, args ...string) (string, error) {
	r, err := e.docker(ctx, args...)
	if err == nil {
		err = r.Failure()
	}
	if err != nil {
		return "", fmt.Errorf("docker %s: %w", args[0], err)
	}
	return strings.TrimSpace(r.Stdout), nil
}

// imports makes an image of a folder.
func (e *engine) imports(ctx context.Context, folder, image string) error {
	tar := exec.CommandContext(ctx, "tar", "-C", folder, "--numeric-owner", "-c", ".")
	load := exec.CommandContext(ctx, "docker", "-H", e.host, "import", "-", image)
	reader, writer := io.Pipe()
	tar.Stdout, load.Stdin = writer, reader
	var said bytes.Buffer
	tar.Stderr, load.Stderr, load.Stdout = &said, &said, e.out
	if err := load.Start(); err != nil {
		return err
	}
	packing := tar.Run()
	_ = writer.CloseWithError(packing)
	if err := errors.Join(packing, load.Wait()); err != nil {
		return fmt.Errorf("making the image %s: %w\n%s", image, err, said.String())
	}
	return nil
}
