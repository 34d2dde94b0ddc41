package provider_test

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

// The fault matrix kills providers within its process. Here the real command line tool runs the real provider, and one of
// them is killed when the registry has minted the token and nobody has its answer: the next apply leaves that token
// alone as the only live one, and the destroy leaves none.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it loses answers")
	plugins := built(t)
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		mint := acctest.Pick(env, "POST /access/api/v1/tokens", "POST /api/v1/users/{id}/tokens")
		for _, c := range []struct {
			name string
			kill func(tool int) error
		}{
			{"the provider", killProvider},
			{"the whole run", func(tool int) error { return syscall.Kill(-tool, syscall.SIGKILL) }},
		} {
			run := newTool(t, plugins, env.Provider()+
				"resource \"registry_token\" \"test\" {\n  username = \"alice\"\n  idempotency_key = \"workspace-1\"\n}\n")
			// What the provider would do about the lost answer hangs, so that it is killed before.
			if err := env.Server.Faults.Set(
				devregistry.Fault{Endpoint: mint, Kind: devregistry.FaultResetAfter},
				devregistry.Fault{Endpoint: "GET /", Nth: seen(t, env, run), Count: -1, Kind: devregistry.FaultSlow, Delay: "1h"},
			); err != nil {
				t.Fatal(err)
			}
			struck := env.Server.Faults.Struck()
			apply, out := run.start(t, "apply")
			ended := make(chan error, 1)
			go func() { ended <- apply.Wait() }()
			select {
			case <-struck:
			case err := <-ended:
				t.Fatalf("%s: the apply ended by itself: %v\n%s", c.name, err, out)
			}
			if err := c.kill(apply.Process.Pid); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err == nil {
				t.Errorf("%s: the killed apply succeeded:\n%s", c.name, out)
			}
			env.Server.Faults.Clear()
			if left := len(env.LiveTokens(t, "alice")); left != 1 {
				t.Errorf("%s: the killed apply left %d tokens; nothing is tested", c.name, left)
			}
			run.must(t, "apply")
			live := env.LiveTokens(t, "alice")
			if state := run.must(t, "show", "-json"); len(live) != 1 || !strings.Contains(state, live[0].ID) {
				t.Errorf("%s: live tokens are %v, and the state is %s", c.name, live, state)
			}
			run.must(t, "destroy")
			if left := env.LiveTokens(t, "alice"); len(left) != 0 {
				t.Errorf("%s: the destroy left %v", c.name, left)
			}
		}
	})
}

// seen is how many reading requests an apply makes until it mints, and one more: what comes after the token.
func seen(t *testing.T, env *acctest.Env, run *tool) int {
	t.Helper()
	env.Server.Log.Reset()
	run.must(t, "apply")
	reads := 1
	for _, e := range env.Server.Log.Entries() {
		if e.Method == http.MethodPost {
			break
		}
		reads++
	}
	run.must(t, "destroy")
	return reads
}

// tool is the command line tool in a folder of its own, with the provider that was built.
type tool struct {
	dir string
	env []string
}

func newTool(t *testing.T, plugins, config string) *tool {
	t.Helper()
	dir := t.TempDir()
	host := cmp.Or(os.Getenv("TF_ACC_PROVIDER_HOST"), "registry.terraform.io")
	files := map[string]string{
		"cli.rc":  fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"%s/registry-identity/registry\" = %q\n  }\n}\n", host, plugins),
		"main.tf": fmt.Sprintf("terraform {\n  required_providers {\n    registry = { source = \"%s/registry-identity/registry\" }\n  }\n}\n", host) + config,
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &tool{dir: dir}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "REGISTRY_") {
			r.env = append(r.env, variable)
		}
	}
	r.env = append(r.env, "TF_CLI_CONFIG_FILE="+filepath.Join(dir, "cli.rc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	return r
}

// start starts a command in a process group of its own.
func (r *tool) start(t *testing.T, arguments ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	switch arguments[0] {
	case "show":
	case "plan":
		arguments = append(arguments, "-input=false", "-no-color")
	default:
		arguments = append(arguments, "-auto-approve", "-input=false", "-no-color")
	}
	command := exec.CommandContext(t.Context(), cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"), arguments...)
	out := &bytes.Buffer{}
	command.Dir, command.Env, command.Stdout, command.Stderr = r.dir, r.env, out, out
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command, out
}

func (r *tool) must(t *testing.T, arguments ...string) string {
	t.Helper()
	command, out := r.start(t, arguments...)
	if err := command.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", arguments[0], err, out)
	}
	return out.String()
}

// killProvider kills the children of the tool, which are its plugins.
func killProvider(tool int) error {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return err
	}
	killed := 0
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		// pid (name) state parent …
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil || len(fields) < 2 || fields[1] != strconv.Itoa(tool) {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			return err
		}
		killed++
	}
	if killed == 0 {
		return fmt.Errorf("process %d has no children", tool)
	}
	return nil
}
