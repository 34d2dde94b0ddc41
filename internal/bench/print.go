package main

import (
	"fmt"
	"io"
	"time"
)

func printHeader(out io.Writer) {
	fmt.Fprintf(out, "%-15s %-12s %5s %7s %-8s %9s %8s %8s %8s %8s %8s\n",
		"dialect", "scenario", "n", "latency", "phase", "requests", "wall", "floor", "above", "cpu", "peak MB")
}

func printRows(out io.Writer, rows []row) {
	for _, r := range rows {
		fmt.Fprintf(out, "%-15s %-12s %5d %7s %-8s %9d %7.2fs %7.2fs %7.2fs %7.2fs %8.1f\n",
			r.dialect, r.scenario, r.n, r.latency, r.phase, r.requests,
			r.wall.Seconds(), r.floor.Seconds(), (r.wall - r.floor).Seconds(), r.cpu.Seconds(), float64(r.peak)/1e6)
	}
}

// parallelism is how many objects the tool works on at a time.
const parallelism = 10

// above is how far a plan may be above the floor: a second, and the time that its requests take side by side.
func above(r row) time.Duration { return time.Second + time.Duration(r.requests)*r.latency/parallelism }

// printTargets holds the plans against what they are meant to take.
func printTargets(out io.Writer, rows []row) {
	fmt.Fprintf(out, "\nplans above the floor, and what is allowed (1 s and requests × latency / %d):\n", parallelism)
	for _, r := range rows {
		if r.phase != "plan" {
			continue
		}
		verdict := "ok"
		if r.wall-r.floor > above(r) {
			verdict = "MISSED"
		}
		fmt.Fprintf(out, "%-50s %6.2fs of %6.2fs  %s\n", r.testCase, (r.wall - r.floor).Seconds(), above(r).Seconds(), verdict)
	}
	printGrowth(out, rows)
	printMemory(out, rows)
}

// printMemory tells what each object adds to the provider's peak memory in a plan.
func printMemory(out io.Writer, rows []row) {
	for i, small := range rows {
		var big *row
		for j := range rows {
			r := &rows[j]
			if r.phase == "plan" && small.phase == "plan" && r.dialect == small.dialect && r.scenario == small.scenario &&
				r.latency == small.latency && r.n > small.n && (big == nil || r.n > big.n) {
				big = r
			}
		}
		if big == nil || i > 0 && small.n > rows[0].n {
			continue
		}
		more := objects(big.scenario, big.n) - objects(small.scenario, small.n)
		fmt.Fprintf(out, "%s %s latency=%s plan: %.0f kB of peak memory for each object between n=%d and n=%d\n",
			big.dialect, big.scenario, big.latency, float64(big.peak-small.peak)/1e3/float64(more), small.n, big.n)
	}
}

// printGrowth compares the largest number of objects with a third of it, for us and for the provider that does nothing.
func printGrowth(out io.Writer, rows []row) {
	for _, big := range rows {
		if big.n != largest || big.phase != "plan" && big.phase != "apply" {
			continue
		}
		for _, small := range rows {
			if small.n == 1000 && small.phase == big.phase && small.dialect == big.dialect && small.scenario == big.scenario && small.latency == big.latency {
				fmt.Fprintf(out, "%s %s %s: %d take %.1f times as long as 1000; with the idle provider %.1f times\n", big.dialect, big.scenario, big.phase,
					largest, big.wall.Seconds()/small.wall.Seconds(), big.floor.Seconds()/small.floor.Seconds())
			}
		}
	}
}
