package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

// suite is the first Debian whose Go and pip can ask a helper for credentials.
const suite = "trixie"

// packages is what the workspace image of the templates wants, minus npm, which Debian takes apart into hundreds.
var packages = []string{"ca-certificates", "curl", "git", "golang-go", "nodejs", "openssl", "procps", "python3", "python3-pip", "python3-venv"}

const (
	npmVersion = "10.9.4"
	// clockFile holds the seconds by which the registry's clock is ahead.
	clockFile = "/run/clock-ahead"
)

// dateScript lets the workspace's scripts see the registry's clock, which the tests move, as they would in life.
const dateScript = `#!/bin/sh
ahead=$(cat ` + clockFile + ` 2>/dev/null || echo 0)
exec /bin/date -d "@$(($(/bin/date +%s) + ahead))" "$@"
`

// coderScript stands in for the coder command, in the states that its users meet: linked (a token and status 0), not linked (the
// link on standard output and status 1), and no answer (a message and another status).
const coderScript = `#!/bin/sh
[ "$1 $2" = "external-auth access-token" ] || { echo "coder (stand-in): unknown command $*" >&2; exit 64; }
shift 2
format=text
while [ $# -gt 1 ]; do
	case $1 in
	--output) format=$2; shift 2 ;;
	--output=*) format=${1#--output=}; shift ;;
	*) shift ;;
	esac
done
[ -n "$CODER_AGENT_TOKEN" ] || { echo "error: no agent token" >&2; exit 1; }
answer=$(printf 'header = "Coder-Session-Token: %s"\n' "$CODER_AGENT_TOKEN" | curl -sS --fail --config - "${CODER_AGENT_URL%/}/api/v2/workspaceagents/me/external-auth?id=$1") || { echo "error: Coder does not answer" >&2; exit 1; }
field() { printf '%s' "$answer" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
if [ -z "$(field access_token)" ]; then
	printf '%s\n' "$(field url)"
	exit 1
fi
if [ "$format" = json ]; then printf '%s\n' "$answer"; else printf '%s' "$(field access_token)"; fi
`

// baseImage is named after everything it is made of, so that it is made again when that changes.
func baseImage() string {
	recipe := sha256.Sum256([]byte(strings.Join(append([]string{suite, npmVersion, dateScript, coderScript, "3"}, packages...), "\n")))
	return fmt.Sprintf("e2e-base:%x", recipe[:6])
}

// makeBaseImage makes the image that the templates' image is built on: Debian by debootstrap, from the mirror that this
// machine uses, and the package managers that Debian has not.
func (e *engine) makeBaseImage(ctx context.Context, clients string) error {
	if r, err := e.docker(ctx, "image", "inspect", "--format", "{{.Id}}", baseImage()); err != nil || r.Code == 0 {
		return err
	}
	e.out.Step("making the base image once: Debian %s by debootstrap, about a minute", suite)
	root := filepath.Join(e.work, "rootfs")
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(root) }()
	here := func(what string, argv ...string) (coderplay.Result, error) {
		return coderplay.Command{Dir: e.work, Env: coderplay.ProcessEnv(), Argv: argv}.Must(ctx, e.out, what)
	}
	mirrors, err := here("asking apt for its mirror", "apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
	if err != nil {
		return err
	}
	mirror, _, _ := strings.Cut(mirrors.Stdout, "\n")
	if _, err := here("debootstrap", "debootstrap", "--variant=minbase", "--include="+strings.Join(packages, ","), suite, root, mirror); err != nil {
		return err
	}
	tools := filepath.Join(root, "usr/local/lib/clients")
	if _, err := here("installing npm", "npm", "install", "--silent", "--no-fund", "--no-audit", "--no-save", "--prefix", tools, "npm@"+npmVersion); err != nil {
		return err
	}
	if _, err := here("copying pnpm and yarn", "cp", "-a", clients+"/node_modules/pnpm", clients+"/node_modules/yarn", tools+"/node_modules/"); err != nil {
		return err
	}
	if _, err := here("copying uv", "cp", "-L", clients+"/python/bin/uv", root+"/usr/local/bin/uv"); err != nil {
		return err
	}
	for name, target := range map[string]string{"npm": "npm/bin/npm-cli.js", "npx": "npm/bin/npx-cli.js", "pnpm": "pnpm/bin/pnpm.cjs", "yarn": "yarn/bin/yarn.js"} {
		if err := os.Symlink("../lib/clients/node_modules/"+target, filepath.Join(root, "usr/local/bin", name)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(root, "opt/coder"), 0o755); err != nil {
		return err
	}
	for path, text := range map[string]string{"usr/local/bin/date": dateScript, "opt/coder/coder": coderScript} {
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o755); err != nil {
			return err
		}
		if err := os.Chmod(filepath.Join(root, path), 0o755); err != nil {
			return err
		}
	}
	return e.imports(ctx, root, baseImage())
}
