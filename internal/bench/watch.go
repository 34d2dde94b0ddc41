package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	providerPrefix = "terraform-provider-"
	// The real program of a provider is in this folder, and what its processes used is added to this file.
	envPrograms = "BENCH_PROGRAMS"
	envUsage    = "BENCH_USAGE"
)

// usage is what one process used.
type usage struct {
	CPU  time.Duration `json:"cpu_ns"`
	Peak int64         `json:"peak_bytes"`
}

// watchProvider runs the provider of a name in this process's place and notes what it used. The command line tool ends its
// providers by a request over their protocol, so this process sees the end.
func watchProvider(name string) int {
	provider := exec.Command(os.Getenv(envPrograms)+"/"+name, os.Args[1:]...) //nolint:noctx // it lives as long as the tool wants
	provider.Stdin, provider.Stdout, provider.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := provider.Run()
	if provider.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	if err := addUsage(os.Getenv(envUsage), provider.ProcessState); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return provider.ProcessState.ExitCode()
}

func addUsage(file string, ended *os.ProcessState) error {
	used := usage{CPU: ended.UserTime() + ended.SystemTime()}
	if r, ok := ended.SysUsage().(*syscall.Rusage); ok {
		used.Peak = r.Maxrss * 1024 // kilobytes on Linux
	}
	line, err := json.Marshal(used)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// readUsage sums what the processes of one command used; the peak is that of the largest.
func readUsage(file string) (total usage, err error) {
	f, err := os.Open(file)
	if err != nil {
		return usage{}, err
	}
	defer f.Close()
	for lines := json.NewDecoder(f); lines.More(); {
		var one usage
		if err := lines.Decode(&one); err != nil {
			return usage{}, err
		}
		total.CPU += one.CPU
		total.Peak = max(total.Peak, one.Peak)
	}
	return total, nil
}
