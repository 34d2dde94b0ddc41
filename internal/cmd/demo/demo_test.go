package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

func TestMain(m *testing.M) {
	// The test binary stands in for the demo when a command is traced.
	if len(os.Args) > 2 && os.Args[1] == traceCommand {
		os.Exit(traceMain(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// Every guard of the search is broken once.
func TestSecretSearchFinds(t *testing.T) {
	t.Parallel()
	s := &story{minted: coderplay.NewSecret("minted", encodedWith, "M-1/x"), admin: coderplay.NewSecret("admin", encodedWith, "A-1")}
	for name, tc := range map[string]struct {
		document string
		wrong    bool
	}{
		"documented":       {`{"resources":[{"type":"registry_token","name":"t","instances":[{"attributes":{"access_token":"M-1/x"}}]}]}`, false},
		"in a script":      {`{"resources":[{"type":"coder_script","name":"s","values":{"script":"x M-1/x y"}}]}`, true},
		"as basic auth":    {`{"resources":[{"type":"coder_script","name":"s","values":{"script":"cXVpbm46TS0xL3g="}}]}`, true},
		"escaped":          {`{"resources":[{"type":"coder_script","name":"s","values":{"script":"M-1%2Fx"}}]}`, true},
		"in private data":  {`{"resources":[{"type":"registry_token","name":"t","instances":[{"private":"eyJ4IjoiTS0xL3gifQ=="}]}]}`, true},
		"in an output":     {`{"outputs":{"o":{"value":"M-1/x"}}}`, true},
		"admin documented": {`{"resources":[{"type":"registry_token","name":"t","values":{"access_token":"A-1"}}]}`, true},
	} {
		f, err := s.judgeJSON(name, []byte(tc.document))
		if err != nil {
			t.Fatal(err)
		}
		if (f.wrong != "") != tc.wrong {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := s.judgeText("log", []byte("Authorization: Bearer A-1")); f.wrong == "" {
		t.Error("a text with the administrator's token was accepted")
	}
}

func TestFilesInTheHomeAreJudgedByTheirModes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		dir, file os.FileMode
		wrong     bool
	}{
		"private":       {0o700, 0o600, false},
		"readable file": {0o700, 0o644, true},
		"open folder":   {0o755, 0o600, true},
	} {
		home := t.TempDir()
		dir := filepath.Join(home, "secrets")
		if err := os.Mkdir(dir, tc.dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "netrc"), []byte("password M-1"), tc.file); err != nil {
			t.Fatal(err)
		}
		out, err := coderplay.NewOutput(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		s := &story{minted: coderplay.NewSecret("minted", encodedWith, "M-1"), admin: coderplay.NewSecret("admin", encodedWith, "A-1"), agent: &coderplay.Agent{Home: home}, out: out}
		found, err := s.lookInFiles(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if (found[0].wrong != "") != tc.wrong {
			t.Errorf("%s: %+v", name, found[0])
		}
	}
}

func TestTraceSeesWhatDescendantsAreGiven(t *testing.T) {
	t.Parallel()
	if !canTrace {
		t.Skipf("the argument vectors of descendants are only observed on linux, this is %s", runtime.GOOS)
	}
	log := filepath.Join(t.TempDir(), "argv.log")
	cmd := exec.CommandContext(t.Context(), os.Args[0], traceCommand, log, "sh", "-c", "(env true deep-inside); printf builtin >/dev/null; exit 3")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 3 {
		t.Fatalf("the exit status is lost: %v\n%s", err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\ntrue deep-inside") || strings.Contains(string(text), "\nprintf") {
		t.Errorf("observed:\n%s", text)
	}
}
