// Command testlive runs the acceptance tests against a server that runs somewhere: the one in REGISTRY_URL, with the
// credential and everything else that a provider block takes from the environment; without it, against the embedded registry
// of each dialect, started as a process of its own with nothing but the registry's API. It sweeps what older runs and this
// one left, and says what ran and what was skipped for which reason. `make testacc-live` builds what it needs and calls it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest/live"
)

const (
	// oldAge is when a run is surely over, so that what it left can go.
	oldAge = 3 * time.Hour
	// sweepTimeout bounds cleaning up, an interrupted run's too.
	sweepTimeout = 5 * time.Minute
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "testlive:", err)
		}
		os.Exit(1)
	}
}

// options are the flags; what follows them goes to go test.
type options struct {
	cli      string
	dialects []string
	work     string
	goTest   []string
	out      io.Writer
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("testlive", flag.ContinueOnError)
	cli := flags.String("cli", "", "path of terraform or tofu")
	dialect := flags.String("dialect", "both", "embedded registry to start: artifactory, artifact_keeper or both")
	work := flags.String("work", "", "folder for the embedded registries; must be given")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *cli == "" || *work == "" {
		return errors.New("-cli and -work must be given")
	}
	opts := options{cli: *cli, dialects: []string{*dialect}, work: *work, goTest: flags.Args(), out: out}
	if *dialect == "both" {
		opts.dialects = []string{"artifactory", "artifact_keeper"}
	}
	// Another tool's registry is nobody's business here.
	for _, name := range []string{"JFROG_URL", "JFROG_ACCESS_TOKEN", "ARTIFACT_KEEPER_ENDPOINT", "ARTIFACT_KEEPER_TOKEN"} {
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	if url := os.Getenv(live.EnvURL); url != "" {
		return opts.test(ctx, url)
	}
	var failed []error
	for _, d := range opts.dialects {
		failed = append(failed, opts.testEmbedded(ctx, d))
	}
	return errors.Join(failed...)
}

// testEmbedded tests an embedded registry as if it were anybody's.
func (o options) testEmbedded(ctx context.Context, dialect string) error {
	server, err := start(ctx, dialect, filepath.Join(o.work, dialect))
	if err != nil {
		return err
	}
	defer server.stop()
	if err := setEnvironment(server.environment()); err != nil {
		return err
	}
	return o.test(ctx, dialect+", the embedded registry as a separate process")
}

// setEnvironment sets what a user of a server would, and nothing that was meant for another one.
func setEnvironment(env map[string]string) error {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "REGISTRY_") {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// test runs the tests against the server of the environment. Sweeping needs no more than what a test does.
func (o options) test(ctx context.Context, title string) error {
	fmt.Fprintf(o.out, "== %s\n", title)
	reg, err := live.Connect(ctx, nil)
	if err != nil {
		return err
	}
	swept, err := live.SweepOlder(ctx, reg, oldAge)
	if err != nil {
		return fmt.Errorf("sweeping what older runs left: %w", err)
	}
	fmt.Fprintf(o.out, "swept of older runs: %s\n", swept)
	name := live.NewRun(time.Now())
	results, failed := o.goTests(ctx, name)
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepTimeout)
	defer cancel()
	swept, err = name.Sweep(cleanup, reg)
	if err != nil {
		failed = errors.Join(failed, fmt.Errorf("sweeping what this run left: %w", err))
	}
	results.report(o.out, title)
	fmt.Fprintf(o.out, "swept of this run: %s\n\n", swept)
	if failed == nil && results.ran() == 0 {
		failed = errors.New("no test ran, all were skipped")
	}
	if failed != nil {
		return fmt.Errorf("%s: %w", title, failed)
	}
	return nil
}

// environment is what the tests need to know besides the server: the tool, by its path, and the run.
func (o options) environment(name live.Run) []string {
	host := "registry.terraform.io"
	if strings.HasPrefix(filepath.Base(o.cli), "tofu") {
		// OpenTofu refuses the legacy namespace under which the harness would otherwise attach the provider.
		host = "registry.opentofu.org"
	}
	return append(
		os.Environ(), "TF_ACC=1", "TF_ACC_TERRAFORM_PATH="+o.cli, "TF_ACC_PROVIDER_HOST="+host,
		"TF_ACC_PROVIDER_NAMESPACE=registry-identity", live.EnvRun+"="+string(name),
	)
}
