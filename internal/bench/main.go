// Command bench measures what the provider costs: requests, time, processor time and memory, for many objects on both
// registries and at several latencies, next to a provider that does nothing. `make bench` runs it; the guide "How fast it
// is" explains the figures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	// The command line tool starts this program in place of a provider, so that it can look at the provider's end.
	if name := filepath.Base(os.Args[0]); strings.HasPrefix(name, providerPrefix) {
		os.Exit(watchProvider(name))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
