package provider_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/endless"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// scanning is a configuration whose scan reads a list without an end.
func scanning(server *endless.Server, block string) string {
	return fmt.Sprintf(`
provider "registry" {
  url              = %q
  type             = %q
  access_token     = "0a1b2c3d_0123456789abcdef0123456789abcdef"
  allow_plain_http = true
}
data "registry_identity" "test" {
  username = "nobody"
  email    = "nobody@example.org"
  match    = ["username"]
  scan     = true
%s}
`, server.URL, server.Of, block)
}

// words gives what a command printed that failed, on one line.
func words(t *testing.T, ended error, out fmt.Stringer) string {
	t.Helper()
	if ended == nil {
		t.Errorf("it succeeded:\n%s", out)
	}
	return strings.Join(strings.Fields(strings.NewReplacer("│", "", "╷", "", "╵", "").Replace(out.String())), " ")
}

// TestAnInterruptEndsARun: the real command line tool is interrupted while the real provider scans accounts without an end.
// The provider asks for nothing a second later, and the tool ends by itself.
func TestAnInterruptEndsARun(t *testing.T) {
	t.Parallel()
	acctest.SkipWithoutAcc(t)
	acctest.SkipOnLive(t, "its registry has no end")
	plugins := built(t)
	for _, of := range []registry.Type{registry.Artifactory, registry.ArtifactKeeper} {
		for _, c := range []struct {
			command string
			// group: the signal goes to every process, as one that is typed does. It is the only one that the provider hears of
			// while an apply plans.
			group bool
		}{{"plan", false}, {"plan", true}, {"apply", true}} {
			t.Run(fmt.Sprintf("%s, %s, group %t", of, c.command, c.group), func(t *testing.T) {
				t.Parallel()
				server := endless.Start(t, of, endless.Invented, 1<<30)
				run := newTool(t, plugins, scanning(server, ""))
				command, out := run.start(t, c.command)
				ended := make(chan error, 1)
				go func() { ended <- command.Wait() }()
				select {
				case <-server.Reached(50):
				case err := <-ended:
					t.Fatalf("it ended by itself: %v\n%s", err, out)
				}
				to := command.Process.Pid
				if c.group {
					to = -to
				}
				interrupted := time.Now()
				if err := syscall.Kill(to, syscall.SIGINT); err != nil {
					t.Fatal(err)
				}
				if said := words(t, <-ended, out); !strings.Contains(said, "ancelled before the registry answered") {
					t.Errorf("it does not say that it was cancelled: %s", said)
				}
				after, late := 0, 0
				for _, r := range server.Seen() {
					if r.At.After(interrupted) {
						after++
					}
					if r.At.Sub(interrupted) > time.Second {
						late++
					}
				}
				t.Logf("%d requests in all, %d after the interrupt, ended after %s", len(server.Seen()), after, time.Since(interrupted))
				if late > 0 {
					t.Errorf("%d requests came later than a second after the interrupt", late)
				}
			})
		}
	}
}

// TestARunWithoutAnEndEnds: by the number of pages, or by the time that the operation has.
func TestARunWithoutAnEndEnds(t *testing.T) {
	t.Parallel()
	acctest.SkipWithoutAcc(t)
	acctest.SkipOnLive(t, "its registry has no end")
	plugins := built(t)
	const short = "  timeouts {\n    read = \"3s\"\n  }\n"
	for _, c := range []struct {
		of          registry.Type
		kind        endless.Kind
		block, says string
	}{
		{registry.Artifactory, endless.Repeated, "", "The list does not advance: a page held only what earlier ones had"},
		{registry.Artifactory, endless.Invented, short, "The time for this operation ended after "},
		{registry.ArtifactKeeper, endless.Invented, "", "The list did not end after 5000 pages with 500000 users, read in "},
		{registry.ArtifactKeeper, endless.Drip, short, "The time for this operation ended before the list did, after 0 pages with 0 users, read in 3"},
	} {
		t.Run(fmt.Sprintf("%s, %s", c.of, c.kind), func(t *testing.T) {
			t.Parallel()
			server := endless.Start(t, c.of, c.kind, 1<<30)
			began := time.Now()
			command, out := newTool(t, plugins, scanning(server, c.block)).start(t, "plan")
			if said := words(t, command.Wait(), out); !strings.Contains(said, c.says) || !strings.Contains(said, "proxy") {
				t.Errorf("want %q, got: %s", c.says, said)
			}
			t.Logf("%d requests in %s", len(server.Seen()), time.Since(began))
		})
	}
}
