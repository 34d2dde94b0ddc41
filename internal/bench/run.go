package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// bench is one run.
type bench struct {
	tool    *tool
	work    string
	results *results
	cases   []testCase
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	cli := flags.String("cli", "terraform", "command line tool")
	programs := flags.String("programs", "", "folder with terraform-provider-registry and terraform-provider-idle")
	work := flags.String("work", "", "folder to work in")
	out := flags.String("out", "", "folder of latest.csv, endpoints.csv and latest.svg")
	quick := flags.Bool("quick", false, "leave out more than 300 of each")
	resume := flags.Bool("resume", false, "keep the cases that are in latest.csv")
	plotOnly := flags.Bool("plot", false, "only draw latest.svg anew")
	dialects := flags.String("dialect", "", "only these, with commas")
	scenarios := flags.String("scenario", "", "only these, with commas")
	ns := flags.String("n", "", "only these numbers, with commas")
	latencies := flags.String("latency", "", "only these latencies, such as 0ms,20ms")
	if err := flags.Parse(args); err != nil {
		return err
	}
	f := filter{dialects: words(*dialects), scenarios: words(*scenarios)}
	for _, text := range words(*ns) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("N=%s is no number", text)
		}
		f.ns = append(f.ns, n)
	}
	for _, text := range words(*latencies) {
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("LATENCY: %w; write it as 20ms", err)
		}
		f.latencies = append(f.latencies, d)
	}
	results, err := openResults(*out, *resume || *plotOnly)
	if err != nil {
		return err
	}
	if *plotOnly {
		return os.WriteFile(results.plot(), []byte(draw(results.rows)), 0o644)
	}
	b := &bench{work: *work, results: results, cases: cases(*quick, f)}
	if len(b.cases) == 0 {
		return fmt.Errorf("no case fits DIALECT, SCENARIO, N and LATENCY")
	}
	states, err := startBackend()
	if err != nil {
		return err
	}
	defer states.server.Close()
	if b.tool, err = newTool(*cli, *programs, *work, states); err != nil {
		return err
	}
	return b.run(ctx)
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func (b *bench) run(ctx context.Context) error {
	out := os.Stdout
	if err := reportStart(ctx, out, b.tool.programs); err != nil {
		return err
	}
	var bound time.Duration
	for _, c := range b.cases {
		if !b.results.has(c) {
			bound += c.limit()
		}
	}
	fmt.Fprintf(out, "%d cases of %d commands; a case is given up in time for the whole to end within %s, and most often takes a tenth of that\n\n",
		len(b.cases), len(phases), bound.Round(time.Minute))
	start := time.Now()
	printHeader(out)
	for i, c := range b.cases {
		if b.results.has(c) {
			fmt.Fprintf(out, "%s: in %s already\n", c, b.results.file())
			continue
		}
		rows, err := b.play(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
		printRows(out, rows)
		fmt.Fprintf(os.Stderr, "  %d of %d cases, %s\n", i+1, len(b.cases), time.Since(start).Round(time.Second))
	}
	if err := os.WriteFile(b.results.plot(), []byte(draw(b.results.rows)), 0o644); err != nil {
		return err
	}
	printTargets(out, b.results.rows)
	fmt.Fprintf(out, "\nwritten: %s, %s, %s\n", b.results.file(), b.results.endpoints(), b.results.plot())
	return nil
}

// play measures a case within its limit and adds it to the results.
func (b *bench) play(ctx context.Context, c testCase) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limit())
	defer cancel()
	floor, err := b.floor(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("the idle provider: %w", err)
	}
	rows, endpoints, err := b.measure(ctx, c, floor)
	if err != nil {
		return nil, err
	}
	return rows, b.results.add(rows, endpoints)
}

// floor measures the provider that does nothing, once for each number of objects.
func (b *bench) floor(ctx context.Context, c testCase) (map[string]time.Duration, error) {
	if known := b.results.floor(c.floorKey()); known != nil {
		return known, nil
	}
	w, err := b.tool.workspace(ctx, filepath.Join(b.work, "idle"), idleConfig(c.scenario, c.n))
	if err != nil {
		return nil, err
	}
	walls := map[string]time.Duration{}
	for _, phase := range phases {
		m, err := w.median(ctx, c.runs(phase), phase, "idle_object.all[0]")
		if err != nil {
			return nil, err
		}
		walls[phase] = m.wall
	}
	return walls, nil
}

// measure runs the phases of a case on a registry of its own.
func (b *bench) measure(ctx context.Context, c testCase, floor map[string]time.Duration) (rows []row, endpoints map[string]map[string]int, err error) {
	server, err := devregistry.Start(ctx, devregistry.Options{
		Dialect: c.dialect, StateDir: filepath.Join(b.work, "server"), Latency: c.latency, Artifactory: artifactory.DefaultSettings(),
	})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = cmp.Or(err, server.Close()) }()
	furnish(server, c)
	w, err := b.tool.workspace(ctx, filepath.Join(b.work, "case"), c.config(),
		"REGISTRY_URL="+server.URL, "REGISTRY_TYPE="+string(c.dialect), "REGISTRY_ACCESS_TOKEN="+server.AdminToken, "REGISTRY_CA_CERTIFICATE="+server.CAFile)
	if err != nil {
		return nil, nil, err
	}
	endpoints = map[string]map[string]int{}
	for _, phase := range phases {
		server.Log.Reset()
		runs := c.runs(phase)
		m, err := w.median(ctx, runs, phase, "registry_user.all[0]")
		if err != nil {
			return nil, nil, err
		}
		endpoints[phase] = server.Log.Count()
		for endpoint := range endpoints[phase] {
			endpoints[phase][endpoint] /= runs
		}
		rows = append(rows, row{
			testCase: c, phase: phase, requests: len(server.Log.Entries()) / runs, wall: m.wall, floor: floor[phase], cpu: m.CPU, peak: m.Peak,
		})
	}
	return rows, endpoints, nil
}

// furnish adds the owners, and a repository for each permission.
func furnish(server *devregistry.Server, c testCase) {
	now := server.Store.Now()
	server.Store.Update(func(s *state.State) {
		realm := map[devregistry.Dialect]string{devregistry.Artifactory: "internal", devregistry.ArtifactKeeper: "local"}[c.dialect]
		for i := range c.n + 1 {
			name := owner(strconv.Itoa(i))
			s.Users = append(s.Users, &state.User{
				ID: uuid.NewString(), Username: name, Email: name + "@example.com", Active: true, AuthProvider: realm, CreatedAt: now,
			})
		}
		for i := range c.n / 5 {
			key := "bench-" + strconv.Itoa(i)
			s.Repositories = append(s.Repositories, &state.Repository{
				ID: uuid.NewString(), Key: key, Name: key, Format: "npm", Kind: "local", CreatedAt: now, UpdatedAt: now,
			})
		}
	})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
