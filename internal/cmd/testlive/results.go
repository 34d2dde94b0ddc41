package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest/live"
)

// event is a line of go test -json.
type event struct {
	Action  string  `json:"Action"`
	Package string  `json:"Package"`
	Test    string  `json:"Test"`
	Output  string  `json:"Output"`
	Elapsed float64 `json:"Elapsed"`
}

// results are what the tests came to. A test counts as run when it had the live server, which it says itself; unit tests
// of the same packages are run and not counted, but their failures are shown.
type results struct {
	out     io.Writer
	output  map[string][]string // by package and test, until that ends
	live    map[string]bool     // tests that had the server
	passed  []string
	failed  []string
	skipped map[string][]string // tests by reason
}

func newResults(out io.Writer) *results {
	return &results{out: out, output: map[string][]string{}, live: map[string]bool{}, skipped: map[string][]string{}}
}

func (r *results) ran() int { return len(r.passed) + len(r.failed) }

// read takes events until the end. Lines that are none come from the compiler and are shown.
func (r *results) read(from io.Reader) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(r.out, lines.Text())
			continue
		}
		r.take(e)
	}
	return lines.Err()
}

func (r *results) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		r.output[key] = append(r.output[key], e.Output)
		if strings.Contains(e.Output, live.Marker) {
			r.live[key] = true
		}
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	name := strings.TrimSpace(path.Base(e.Package) + " " + e.Test)
	output := r.output[key]
	delete(r.output, key)
	if e.Action == "fail" {
		fmt.Fprintf(r.out, "--- FAIL: %s\n%s", name, strings.Join(output, ""))
	}
	switch {
	case e.Test == "":
		fmt.Fprintf(r.out, "%-4s %s %.0fs\n", e.Action, path.Base(e.Package), e.Elapsed)
	case e.Action == "skip":
		reason := reasonIn(output)
		r.skipped[reason] = append(r.skipped[reason], name)
	case !r.live[key]:
	case e.Action == "pass":
		r.passed = append(r.passed, name)
	default:
		r.failed = append(r.failed, name)
	}
}

var logged = regexp.MustCompile(`^\s+\S+\.go:\d+: (.*)`)

// reasonIn is the last thing that a skipped test said.
func reasonIn(output []string) string {
	for _, line := range slices.Backward(output) {
		if match := logged.FindStringSubmatch(line); match != nil {
			return strings.TrimSpace(match[1])
		}
	}
	return "no reason given"
}

// report prints the figures, and the reasons with the tests they kept away.
func (r *results) report(out io.Writer, title string) {
	count := 0
	for _, tests := range r.skipped {
		count += len(tests)
	}
	fmt.Fprintf(out, "\n%s: %d tests ran, %d passed, %d failed; %d skipped\n", title, r.ran(), len(r.passed), len(r.failed), count)
	for _, reason := range slices.Sorted(maps.Keys(r.skipped)) {
		fmt.Fprintf(out, "  %3d  %s\n", len(r.skipped[reason]), reason)
		for _, name := range slices.Sorted(slices.Values(r.skipped[reason])) {
			fmt.Fprintf(out, "         %s\n", name)
		}
	}
	for _, name := range r.failed {
		fmt.Fprintf(out, "  FAILED %s\n", name)
	}
}
