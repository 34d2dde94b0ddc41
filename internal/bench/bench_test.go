package main

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

func TestCases(t *testing.T) {
	t.Parallel()
	// Two registries, two scenarios, three latencies, three numbers, and the largest number at one latency.
	if n := len(cases(false, filter{})); n != 2*2*(3*3+1) {
		t.Errorf("%d cases", n)
	}
	quick := cases(true, filter{})
	if len(quick) != 2*2*3*2 {
		t.Errorf("%d quick cases", len(quick))
	}
	for _, c := range quick {
		if c.n > 300 {
			t.Errorf("%s is not quick", c)
		}
	}
	some := cases(false, filter{
		dialects: []string{"artifactory"}, scenarios: []string{estate}, ns: []int{300, largest}, latencies: []time.Duration{largestLatency},
	})
	if len(some) != 2 || some[0].n != 300 || some[1].n != largest {
		t.Errorf("%v", some)
	}
}

func sample(c testCase) ([]row, map[string]map[string]int) {
	var rows []row
	endpoints := map[string]map[string]int{}
	for i, phase := range phases {
		rows = append(rows, row{
			testCase: c, phase: phase, requests: 100 * i, wall: time.Duration(i+2) * time.Second, floor: time.Duration(i+1) * time.Second,
			cpu: 1500 * time.Millisecond, peak: 50e6,
		})
		endpoints[phase] = map[string]int{"GET /a": i, "POST /b": 1}
	}
	return rows, endpoints
}

// TestResume: a run goes on after the cases that are in the file, with the floors measured for them.
func TestResume(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, err := openResults(folder, true) // there is nothing yet
	if err != nil {
		t.Fatal(err)
	}
	done := testCase{devregistry.Artifactory, usersTokens, 100, largestLatency}
	rows, endpoints := sample(done)
	if err := first.add(rows, endpoints); err != nil {
		t.Fatal(err)
	}

	second, err := openResults(folder, true)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(second.rows, rows) {
		t.Errorf("wrote %v\nread  %v", rows, second.rows)
	}
	other := done
	other.dialect = devregistry.ArtifactKeeper
	if !second.has(done) || second.has(other) {
		t.Errorf("what was measured is not known: %v", second.rows)
	}
	if floor := second.floor(other.floorKey()); floor["plan"] != 2*time.Second {
		t.Errorf("the floor is %v", floor)
	}
	other.n = 300
	if floor := second.floor(other.floorKey()); floor != nil {
		t.Errorf("a floor that was not measured is %v", floor)
	}

	if anew, err := openResults(folder, false); err != nil || len(anew.rows) != 0 {
		t.Errorf("beginning anew kept %v, %v", anew, err)
	}
	if content, err := os.ReadFile(second.file()); err != nil || string(content) != strings.Join(columns, ",")+"\n" {
		t.Errorf("%q, %v", content, err)
	}
}

func TestPlot(t *testing.T) {
	t.Parallel()
	var rows []row
	for _, c := range cases(false, filter{}) {
		some, _ := sample(c)
		rows = append(rows, some...)
	}
	for name, drawn := range map[string]string{"full": draw(rows), "empty": draw(nil)} {
		lines := 0
		for decoder := xml.NewDecoder(strings.NewReader(drawn)); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if start, ok := token.(xml.StartElement); ok && start.Name.Local == "polyline" {
				lines++
			}
		}
		if want := map[string]int{"full": 4 * 3, "empty": 0}[name]; lines != want {
			t.Errorf("%s: %d lines, want %d", name, lines, want)
		}
	}
}

// TestBackend: what the tool stores is what it gets, and there is nothing before.
func TestBackend(t *testing.T) {
	t.Parallel()
	b, err := startBackend()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.server.Close() })
	do := func(method, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, b.url+"/case", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	if status, _ := do(http.MethodGet, ""); status != http.StatusNotFound {
		t.Errorf("nothing yet: %d", status)
	}
	if status, _ := do(http.MethodPost, "{}"); status != http.StatusOK {
		t.Errorf("storing: %d", status)
	}
	if status, text := do(http.MethodGet, ""); status != http.StatusOK || text != "{}" {
		t.Errorf("stored: %d %q", status, text)
	}
}
