package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

// home is the throw-away home folder on this machine in which the workspace's programs run.
type home struct {
	out *coderplay.Output
	// traced, when set, is the file that receives the argument vectors of everything that runs.
	traced string
}

func (h *home) Run(ctx context.Context, dir string, env map[string]string, argv []string) (coderplay.Result, error) {
	c := coderplay.Command{Dir: dir, Env: env, Argv: argv}
	if h.traced != "" {
		self, err := os.Executable()
		if err != nil {
			return coderplay.Result{}, err
		}
		c.Wrapper = []string{self, traceCommand, h.traced}
	}
	return c.Run(ctx, h.out)
}

// workspaceEnv is what a workspace image and the agent provide. PATH leads with the folder of the Python environment,
// as in an image that has one; nothing of the developer's environment but the rest of PATH comes along.
func workspaceEnv(home, owner string) map[string]string {
	return map[string]string{
		"HOME": home, "USER": owner, "LOGNAME": owner, "SHELL": "/bin/sh", "LANG": "C.UTF-8", "TMPDIR": home + "/tmp",
		"PATH":                  filepath.Join(home, "venv/bin") + ":" + os.Getenv("PATH"),
		"CODER":                 "true",
		"CODER_WORKSPACE_NAME":  "demo",
		"CODER_SCRIPT_DATA_DIR": home + "/tmp/coder-script-data",
		"CODER_SCRIPT_BIN_DIR":  home + "/tmp/coder-script-data/bin",
	}
}

// makePython puts a Python environment into the home, as an image would have it: Debian's own pip refuses to install
// anything. The real interpreter is asked for, since a version manager's shim would look for itself in the new home.
func makePython(ctx context.Context, home string, out *coderplay.Output) error {
	find := coderplay.Command{Dir: home, Env: coderplay.ProcessEnv(), Argv: []string{"python3", "-c", "import sys; print(sys.executable)"}}
	r, err := find.Must(ctx, out, "looking for Python")
	if err != nil {
		return err
	}
	venv := coderplay.Command{Dir: home, Env: map[string]string{"HOME": home, "PATH": os.Getenv("PATH")}, Argv: []string{strings.TrimSpace(r.Stdout), "-m", "venv", filepath.Join(home, "venv")}}
	_, err = venv.Must(ctx, out, "making a Python environment (Debian package: python3-venv)")
	return err
}
