package faults

import (
	"hash/fnv"
	"os"
	"runtime/debug"
	"testing"
)

// sampled is how many cells stand behind one that is played when nobody asked for all of them.
const sampled = 40

// everything is set by make faults. Without it a sample is played, so that make test drives the same code under the race
// detector.
var everything = os.Getenv("FAULTS") == "all"

func TestMain(m *testing.M) {
	// Thousands of short-lived providers make garbage and keep little: collecting it less often saves a fifth of the time.
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// chosen reports whether a cell is played: the sample is the same in every run.
func chosen(cell string) bool { return *only != "" || oneOf(sampled, cell) }

// oneOf is chosen for a matrix of another size.
func oneOf(n uint32, cell string) bool {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(cell))
	return everything || hash.Sum32()%n == 0
}
