package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

// row is one phase of one case.
type row struct {
	testCase

	phase    string
	requests int
	wall     time.Duration
	floor    time.Duration
	cpu      time.Duration
	peak     int64 // bytes
}

var columns = []string{"dialect", "scenario", "n", "latency_ms", "phase", "requests", "wall_s", "floor_wall_s", "cpu_s", "peak_mb"}

func (r row) record() []string {
	seconds := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
	return []string{
		string(r.dialect), r.scenario, strconv.Itoa(r.n), strconv.FormatInt(r.latency.Milliseconds(), 10), r.phase,
		strconv.Itoa(r.requests), seconds(r.wall), seconds(r.floor), seconds(r.cpu), strconv.FormatFloat(float64(r.peak)/1e6, 'f', 1, 64),
	}
}

func parseRow(record []string) (row, error) {
	if len(record) != len(columns) {
		return row{}, fmt.Errorf("a row of %d columns, want %d", len(record), len(columns))
	}
	var failed error
	number := func(i int) float64 {
		v, err := strconv.ParseFloat(record[i], 64)
		failed = errors.Join(failed, err)
		return v
	}
	seconds := func(i int) time.Duration { return time.Duration(number(i) * float64(time.Second)) }
	r := row{
		testCase: testCase{
			dialect: devregistry.Dialect(record[0]), scenario: record[1], n: int(number(2)),
			latency: time.Duration(number(3)) * time.Millisecond,
		},
		phase: record[4], requests: int(number(5)), wall: seconds(6), floor: seconds(7), cpu: seconds(8), peak: int64(number(9) * 1e6),
	}
	return r, failed
}

// results are the rows in a file, which grows by one case at a time, so that a run can go on where it stopped.
type results struct {
	folder string
	rows   []row
}

// endpointColumns are those of the second file, which tells what the requests were.
var endpointColumns = []string{"dialect", "scenario", "n", "latency_ms", "phase", "endpoint", "requests"}

func (r *results) file() string      { return filepath.Join(r.folder, "latest.csv") }
func (r *results) endpoints() string { return filepath.Join(r.folder, "endpoints.csv") }
func (r *results) plot() string      { return filepath.Join(r.folder, "latest.svg") }

// openResults reads what is there, or begins anew.
func openResults(folder string, resume bool) (*results, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	r := &results{folder: folder}
	if !resume {
		return r, errors.Join(appendCSV(r.file(), true, columns), appendCSV(r.endpoints(), true, endpointColumns))
	}
	f, err := os.Open(r.file())
	if errors.Is(err, os.ErrNotExist) {
		return openResults(folder, false)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, record := range records[min(1, len(records)):] {
		one, err := parseRow(record)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.file(), err)
		}
		r.rows = append(r.rows, one)
	}
	return r, nil
}

// has reports whether a case was measured.
func (r *results) has(c testCase) bool {
	return slices.ContainsFunc(r.rows, func(one row) bool { return one.testCase == c && one.phase == phases[len(phases)-1] })
}

// floor gives the walls of a floor that was measured already, by phase.
func (r *results) floor(key string) map[string]time.Duration {
	found := map[string]time.Duration{}
	for _, one := range r.rows {
		if one.floorKey() == key {
			found[one.phase] = one.floor
		}
	}
	if len(found) < len(phases) {
		return nil
	}
	return found
}

// add appends the rows of a whole case, with its requests by endpoint and phase.
func (r *results) add(rows []row, endpoints map[string]map[string]int) error {
	var records, details [][]string
	for _, one := range rows {
		records = append(records, one.record())
		counts := endpoints[one.phase]
		for _, endpoint := range sortedKeys(counts) {
			details = append(details, append(one.record()[:5:5], endpoint, strconv.Itoa(counts[endpoint])))
		}
	}
	r.rows = append(r.rows, rows...)
	return errors.Join(appendCSV(r.endpoints(), false, details...), appendCSV(r.file(), false, records...))
}

func appendCSV(file string, anew bool, records ...[]string) error {
	mode := os.O_APPEND | os.O_CREATE | os.O_WRONLY
	if anew {
		mode |= os.O_TRUNC
	}
	f, err := os.OpenFile(file, mode, 0o644)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	err = w.WriteAll(records)
	return errors.Join(err, f.Close())
}
