// Command e2e applies the Coder templates to a real Docker engine: it starts an engine of its own, builds the workspace
// image, plays Coder's provisioner and, inside the container, its agent, and installs private packages with real clients.
// `make e2e` builds what it needs and calls it. It needs Linux, root, dockerd, docker and debootstrap.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

type options struct {
	cli, templates, clients, work, only, socket string
}

// chapter is one template on one kind of registry.
type chapter struct {
	template, dialect string
	tell              func(context.Context, *stage) error
}

var chapters = []chapter{
	{"docker-token", "artifactory", tellToken},
	{"docker-token", "artifact_keeper", tellToken},
	{"docker-oauth", "artifactory", tellOAuth},
}

func main() {
	var o options
	flag.StringVar(&o.cli, "cli", "", "path of terraform or tofu")
	flag.StringVar(&o.templates, "templates", "bin/templates", "folder that `make templates` wrote")
	flag.StringVar(&o.clients, "clients", ".cache/clients", "folder that install-clients.sh wrote")
	flag.StringVar(&o.work, "work", ".cache/e2e", "folder for everything, the engine's images included")
	flag.StringVar(&o.only, "only", "", "run the chapters whose name TEMPLATE/DIALECT contains one of these, separated by commas")
	flag.StringVar(&o.socket, "docker", "", "address of a running Docker engine to use instead, such as unix:///var/run/docker.sock")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\ne2e: %s\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.cli, err = exec.LookPath(o.cli); err != nil {
		return fmt.Errorf("no CLI given (use `make e2e`, which finds terraform or builds OpenTofu): %w", err)
	}
	for _, path := range []*string{&o.templates, &o.clients, &o.work} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	out, err := coderplay.NewOutput(filepath.Join(o.work, "e2e-"+filepath.Base(o.cli)+".log"))
	if err != nil {
		return err
	}
	defer out.Close()
	if err := tellAll(ctx, o, out); err != nil {
		return fmt.Errorf("%w\nthe log is %s", err, out.Path)
	}
	return nil
}

func tellAll(ctx context.Context, o options, out *coderplay.Output) error {
	engine, err := startEngine(ctx, o, out)
	if err != nil {
		return err
	}
	defer engine.stop(ctx)
	if err := engine.makeBaseImage(ctx, o.clients); err != nil {
		return err
	}
	rows := [][]string{{"template", "registry", "what was done in the container", "result", "seconds"}}
	var failures []error
	told := 0
	for _, c := range chapters {
		name := c.template + "/" + c.dialect
		if !slices.ContainsFunc(strings.Split(o.only, ","), func(part string) bool { return strings.Contains(name, part) }) {
			continue
		}
		told++
		s, err := newStage(ctx, o, out, engine, c)
		if err == nil {
			err = c.tell(ctx, s)
		}
		if s != nil {
			if closing := s.close(context.WithoutCancel(ctx)); err == nil {
				err = closing
			}
			rows = append(rows, s.rows...)
		}
		if err != nil {
			rows = append(rows, []string{c.template, c.dialect, "ended early", "FAILED", ""})
			failures = append(failures, fmt.Errorf("%s: %w", name, err))
			engine.sweep(context.WithoutCancel(ctx)) // the next chapter's containers have the same names
		}
		if ctx.Err() != nil {
			break
		}
	}
	out.Table(rows)
	if told == 0 {
		return fmt.Errorf("no chapter's name contains one of %q", o.only)
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	out.Say("e2e passed with %s; log: %s", filepath.Base(o.cli), out.Path)
	return nil
}

// timed runs one step, says so, and notes it in the final table.
func (s *stage) timed(ctx context.Context, what string, do func(context.Context) error) error {
	s.out.Step("%s on %s: %s", s.template, s.dialect, what)
	start := time.Now()
	err := do(ctx)
	result := "ok"
	if err != nil {
		result, err = "FAILED", fmt.Errorf("%s: %w", what, err)
	}
	s.rows = append(s.rows, []string{s.template, s.dialect, what, result, fmt.Sprintf("%.1f", time.Since(start).Seconds())})
	return err
}
