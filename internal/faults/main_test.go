package faults

import (
	"fmt"
	"os"
	"runtime/debug"
	"testing"
)

// The whole matrix takes longer than everything else together, so it runs by `make faults` only.
func TestMain(m *testing.M) {
	if os.Getenv("FAULTS") == "" {
		fmt.Fprintln(os.Stderr, "skipped: the fault matrix takes more than five minutes; run make faults")
		os.Exit(0)
	}
	// Thousands of short-lived providers make garbage and keep little: collecting it less often saves a fifth of the time.
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
