package faults

import (
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
)

// TestSampleByTool plays a cell for every subject with the real command line tool, so that the matrix, which plays its part, is
// held against it. FAULTS_SEED draws other cells than those of every day; TestKilledProcesses kills the tool's processes.
func TestSampleByTool(t *testing.T) {
	t.Parallel()
	acctest.SkipWithoutAcc(t)
	for _, dialect := range dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, dialect)
			for _, s := range subjects(dialect) {
				ops := slices.DeleteFunc(operations(s), func(op operation) bool { return op.imports || op.vanished })
				b := newBench(w, s, ops[draw(len(ops), string(dialect), s.name)])
				requests, err := b.undisturbed(t.Context())
				if err != nil {
					t.Fatalf("%s/%s/%s without any fault: %v", dialect, s.name, b.op.name, err)
				}
				k := draw(len(requests), string(dialect), s.name, b.op.name)
				suitable := slices.DeleteFunc(plagues(), func(p plague) bool {
					return p.leavesTraces() || p.hangs || p.cancels || !b.applies(p, requests[k].Method)
				})
				p := suitable[draw(len(suitable), s.name, b.op.name, requests[k].Endpoint)]
				name := fmt.Sprintf("%s/%s/%s/request %d (%s)/%s", dialect, s.name, b.op.name, k+1, requests[k].Endpoint, p.name)
				t.Log(name)
				if err := b.playByTool(t, p, k+1); err != nil {
					t.Errorf("%s\n\t%s", name, strings.ReplaceAll(err.Error(), "\n", "\n\t"))
				}
			}
		})
	}
}

// draw gives a number below n that depends on the words and the seed only.
func draw(n int, words ...string) int {
	seed := os.Getenv("FAULTS_SEED")
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(strings.Join(append(words, seed), "\x00")))
	return int(hash.Sum64() % uint64(n))
}

// byTool is a subject's folder with the tool in it.
type byTool struct {
	*acctest.CLI
	bench *bench
}

// configure writes a configuration; nil is one without the subject's resource. Secrets are variables, as a user's would be:
// an error shows the lines that it is about.
func (f byTool) configure(c config) {
	document := config{"provider": config{"registry": f.bench.core.Provider}}
	if c != nil {
		c = with(c, config{"lifecycle": config{"create_before_destroy": f.bench.subject.createBeforeDestroy}})
		document["resource"] = config{f.bench.subject.resource: config{"subject": c}}
	}
	variables := config{}
	for i := range f.bench.secrets() {
		variables[fmt.Sprintf("secret_%d", i)] = config{"type": "string", "sensitive": true}
	}
	document["variable"] = variables
	f.WriteJSON("main.tf.json", document)
	text := f.Read("main.tf.json")
	for i, secret := range f.bench.secrets() {
		text = strings.ReplaceAll(text, secret, fmt.Sprintf("${var.secret_%d}", i))
	}
	f.Write("main.tf.json", text)
}

func (f byTool) apply() (string, error) {
	return f.Try("apply", "-auto-approve", "-input=false", "-no-color")
}

// playByTool is play with the command line tool.
func (b *bench) playByTool(t *testing.T, p plague, k int) error {
	t.Helper()
	f := byTool{bench: b, CLI: acctest.NewCLI(t, map[string]func() (tfprotov6.ProviderServer, error){
		"registry-identity/registry": func() (tfprotov6.ProviderServer, error) { return b.serve(), nil },
	})}
	for i, secret := range b.secrets() {
		f.Set(fmt.Sprintf("TF_VAR_secret_%d", i), secret)
	}
	if err := b.reset(b.subject.others); err != nil {
		return failed(noConvergence, "preparing: %w", err)
	}
	if b.op.before != nil {
		f.configure(b.op.before)
		if out, err := f.apply(); err != nil {
			return failed(noConvergence, "preparing: %w\n%s", err, out)
		}
	}
	f.configure(b.op.to)
	if err := b.server.Faults.Set(p.script(k)...); err != nil {
		return failed(notPlayed, "%w", err)
	}
	struck := b.server.Faults.Struck()
	disturbed, applyErr := f.apply()
	b.server.Faults.Clear()
	select {
	case <-struck:
	default:
		return failed(notPlayed, "the request was not made this time:\n%s", disturbed)
	}
	for _, secret := range b.secrets() {
		if strings.Contains(disturbed, secret) {
			return failed(badReport, "the output gives a secret away")
		}
	}
	if strings.TrimSpace(f.Run("state", "list")) == "" {
		nothing := b.course.gone
		if b.op.before == nil {
			nothing = b.course.before
		}
		if diff := cmp.Diff(nothing, b.inventory()); diff != "" {
			return failed(lostState, "the registry is not as the empty state says (-want +got):\n%s\n(the disturbed run: %v)\n%s", diff, applyErr, disturbed)
		}
	}
	if out, err := f.apply(); err != nil {
		return failed(noConvergence, "applying again: %w\n%s\n(the disturbed run: %v)\n%s", err, out, applyErr, disturbed)
	}
	if out, err := f.Try("plan", "-detailed-exitcode", "-input=false", "-no-color"); err != nil {
		return failed(noConvergence, "the plan is not empty afterwards: %w\n%s", err, out)
	}
	if diff := cmp.Diff(b.course.after, b.inventory()); diff != "" {
		return failed(orphan, "the registry is not as after an undisturbed run (-want +got):\n%s\n(the disturbed run: %v)\n%s", diff, applyErr, disturbed)
	}
	if out, err := f.Try("destroy", "-auto-approve", "-input=false", "-no-color"); err != nil {
		return failed(noConvergence, "destroying: %w\n%s", err, out)
	}
	if diff := cmp.Diff(b.course.gone, b.inventory()); diff != "" {
		return failed(orphan, "the destroy left something behind (-want +got):\n%s\n(the disturbed run: %v)", diff, applyErr)
	}
	return nil
}
