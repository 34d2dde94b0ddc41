package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// reportStart prints how large the provider's program is and how long it takes to be ready.
func reportStart(ctx context.Context, out io.Writer, programs string) error {
	for _, name := range []string{"registry", "idle"} {
		program := filepath.Join(programs, providerPrefix+name)
		info, err := os.Stat(program)
		if err != nil {
			return err
		}
		var starts []time.Duration
		for range 7 {
			took, err := startOnce(ctx, program)
			if err != nil {
				return fmt.Errorf("starting %s: %w", program, err)
			}
			starts = append(starts, took)
		}
		slices.Sort(starts)
		fmt.Fprintf(out, "provider %-9s %5.1f MB, ready after %s (median of %d starts)\n",
			name, float64(info.Size())/1e6, starts[len(starts)/2].Round(time.Millisecond), len(starts))
	}
	return nil
}

// startOnce starts a provider until it prints where it listens.
func startOnce(ctx context.Context, program string) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program)
	// The handshake of Terraform's plugins (terraform-plugin-go, tf6server).
	command.Env = append(os.Environ(), "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		"PLUGIN_PROTOCOL_VERSIONS=6")
	stdout, err := command.StdoutPipe()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := command.Start(); err != nil {
		return 0, err
	}
	_, err = bufio.NewReader(stdout).ReadString('\n')
	took = time.Since(start)
	return took, errors.Join(err, command.Process.Kill(), ignoreKilled(command.Wait()))
}

func ignoreKilled(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}
