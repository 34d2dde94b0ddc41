package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest/live"
)

const stream = `# a line of the compiler
{"Action":"run","Package":"x/user","Test":"TestModel"}
{"Action":"pass","Package":"x/user","Test":"TestModel","Elapsed":0}
{"Action":"run","Package":"x/user","Test":"TestLife/artifactory"}
{"Action":"output","Package":"x/user","Test":"TestLife/artifactory","Output":"    a.go:1: MARKERtfacc-a-b-c-\n"}
{"Action":"pass","Package":"x/user","Test":"TestLife/artifactory","Elapsed":1}
{"Action":"pass","Package":"x/user","Test":"TestLife","Elapsed":1}
{"Action":"output","Package":"x/user","Test":"TestBroken","Output":"    a.go:1: MARKERtfacc-a-b-d-\n"}
{"Action":"output","Package":"x/user","Test":"TestBroken","Output":"    b_test.go:7: too bad\n"}
{"Action":"fail","Package":"x/user","Test":"TestBroken","Elapsed":1}
{"Action":"output","Package":"x/user","Test":"TestFaults","Output":"    c_test.go:9: needs faults\n"}
{"Action":"output","Package":"x/user","Test":"TestFaults","Output":"--- SKIP: TestFaults (0.00s)\n"}
{"Action":"skip","Package":"x/user","Test":"TestFaults","Elapsed":0}
{"Action":"output","Package":"x/user","Test":"TestRepositories","Output":"    a.go:1: MARKERtfacc-a-b-e-\n"}
{"Action":"output","Package":"x/user","Test":"TestRepositories","Output":"    c_test.go:9: needs repositories\n"}
{"Action":"skip","Package":"x/user","Test":"TestRepositories","Elapsed":0}
{"Action":"fail","Package":"x/user","Elapsed":3}
`

func TestResults(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := newResults(&out)
	if err := r.read(strings.NewReader(strings.ReplaceAll(stream, "MARKER", live.Marker))); err != nil {
		t.Fatal(err)
	}
	if want := []string{"user TestLife/artifactory"}; !slices.Equal(r.passed, want) {
		t.Errorf("passed %q, want %q", r.passed, want)
	}
	if want := []string{"user TestBroken"}; !slices.Equal(r.failed, want) || r.ran() != 2 {
		t.Errorf("failed %q of %d, want %q of 2", r.failed, r.ran(), want)
	}
	for _, part := range []string{"a line of the compiler", "--- FAIL: user TestBroken", "too bad", "fail user 3s"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the output lacks %q:\n%s", part, out.String())
		}
	}
	out.Reset()
	r.report(&out, "here")
	for _, part := range []string{
		"here: 2 tests ran, 1 passed, 1 failed; 2 skipped", "1  needs faults\n         user TestFaults", "1  needs repositories", "FAILED user TestBroken",
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the report lacks %q:\n%s", part, out.String())
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"-cli", "tofu"}, {"-no-such-flag"}} {
		if run(t.Context(), args, &bytes.Buffer{}) == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}
