// Command demo shows the whole product on one machine: it starts the embedded registry, applies examples/quickstart,
// plays the workspace agent in a throw-away home, installs a private package with every real client, and proves that the
// same clients are refused once the workspace is gone. `make demo` builds what it needs and calls it.
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
)

var dialects = []string{"artifactory", "artifact_keeper"}

type options struct {
	cli, dialect, work string
	checks             bool
	// A client that is missing is named in the table; in CI it is a failure.
	ci bool
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == traceCommand {
		os.Exit(traceMain(os.Args[2], os.Args[3:]))
	}
	o := options{ci: os.Getenv("CI") == "true"}
	flag.StringVar(&o.cli, "cli", "", "path of terraform or tofu")
	flag.StringVar(&o.dialect, "dialect", "both", "artifactory, artifact_keeper or both")
	flag.StringVar(&o.work, "work", ".cache/demo", "folder for everything the demo writes")
	flag.BoolVar(&o.checks, "checks", false, "also check template import, stop, prebuild and claim, and search everything for secrets")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := runAll(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\ndemo: %s\n", err)
		os.Exit(1)
	}
}

func runAll(ctx context.Context, o options) error {
	chosen := dialects
	if o.dialect != "both" {
		if !slices.Contains(dialects, o.dialect) {
			return fmt.Errorf("dialect %q is not known: use %s or both", o.dialect, strings.Join(dialects, ", "))
		}
		chosen = []string{o.dialect}
	}
	if o.cli == "" {
		return errors.New("no CLI given: use `make demo`, which finds terraform or builds OpenTofu")
	}
	var err error
	if o.cli, err = exec.LookPath(o.cli); err != nil {
		return err
	}
	if o.work, err = filepath.Abs(o.work); err != nil {
		return err
	}
	if _, err := os.Stat("examples/quickstart/workspace/main.tf"); err != nil {
		return errors.New("run it from the top of the repository: examples/quickstart is not below the current folder")
	}
	for _, d := range chosen {
		if err := runOne(ctx, o, d); err != nil {
			return err
		}
	}
	return nil
}

// runOne tells one story and cleans up behind it: the registry is stopped on every way out, and the folder stays for
// whoever wants to look, minus what only takes space.
func runOne(ctx context.Context, o options, dialect string) error {
	start := time.Now()
	s, err := newStory(ctx, o, dialect)
	if err != nil {
		return err
	}
	defer s.close()
	err = s.tell(ctx)
	if err != nil {
		return fmt.Errorf("%s failed after %s: %w\nthe log is %s", s.title(), seconds(time.Since(start)), err, s.out.Path)
	}
	s.out.Say("%s passed in %s; log: %s\n", s.title(), seconds(time.Since(start)), s.out.Path)
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
