package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

const (
	home         = "/home/coder"
	scriptBinDir = "/tmp/coder-script-data/bin"
)

// container is a workspace's container; programs run in it as the workspace's user.
type container struct {
	*engine
	name string
}

// Run passes the environment by name: docker takes the values from its own, so that none of them is an argument.
func (c container) Run(ctx context.Context, dir string, env map[string]string, argv []string) (coderplay.Result, error) {
	args := []string{"exec", "--user", "coder", "--workdir", dir}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		args = append(args, "--env", name)
	}
	return c.dockerWith(ctx, env, append(append(args, c.name), argv...)...)
}

// shell runs a line in the home folder and gives what it printed.
func (c container) shell(ctx context.Context, env map[string]string, line string) (string, error) {
	r, err := c.Run(ctx, home, env, []string{"sh", "-c", line})
	if err == nil {
		err = r.Failure()
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", line, err)
	}
	return r.Stdout, nil
}

// initScript takes the place of Coder's, which downloads and starts the agent: it waits, and on the signal that a stop
// sends it runs what the agent would, in the time that the template grants. ${ACCESS_URL} shows the localhost rewrite.
const initScript = `echo "agent of ${ACCESS_URL}"
trap 'if [ -d /tmp/agent ]; then . /tmp/agent/env; for script in /tmp/agent/stop*; do sh "$script"; done; fi; exit 0' TERM
while :; do sleep 1 & wait $!; done
`

// agentEnv is what the image and Coder's agent provide. The agent appends the folder of its own binary to PATH.
func agentEnv(coderURL string) map[string]string {
	return map[string]string{
		"HOME": home, "USER": "coder", "LOGNAME": "coder", "SHELL": "/bin/bash", "LANG": "C.UTF-8",
		"PATH":  scriptBinDir + ":/opt/python/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/coder",
		"CODER": "true",
		// A folder that the agent makes anew at each start and puts in front of PATH.
		"CODER_SCRIPT_BIN_DIR":  scriptBinDir,
		"CODER_SCRIPT_DATA_DIR": "/tmp/coder-script-data",
		"CODER_AGENT_URL":       coderURL,
		"CODER_AGENT_TOKEN":     coderplay.AgentToken,
	}
}

// agentIn plays the agent of a running workspace: from the state its scripts and variables, in its container.
func (s *stage) agentIn(ctx context.Context, w coderplay.Terraform, id string) (*coderplay.Agent, error) {
	text, err := w.Show(ctx)
	if err != nil {
		return nil, err
	}
	state, err := coderplay.ParseState(text)
	if err != nil {
		return nil, err
	}
	c := container{engine: s.engine, name: "coder-" + id}
	a, err := coderplay.NewAgent(state, c, home, agentEnv(s.coderURL()))
	if err != nil {
		return nil, err
	}
	if err := s.showClock(ctx, c.name); err != nil {
		return nil, err
	}
	return a, s.prepareStop(ctx, a)
}

// prepareStop leaves the stop scripts where the stand-in for the agent runs them.
func (s *stage) prepareStop(ctx context.Context, a *coderplay.Agent) error {
	prepare := `umask 077; mkdir -p /tmp/agent ` + scriptBinDir + ` && export -p >/tmp/agent/env && rm -f /tmp/agent/stop* && for script; do n=$((${n-0} + 1)); printf '%s\n' "$script" >"/tmp/agent/stop$n"; done`
	argv := []string{"sh", "-c", prepare, "sh"}
	for _, script := range a.Scripts {
		if script.RunOnStop {
			argv = append(argv, script.Script)
		}
	}
	if len(argv) == 4 {
		return errors.New("the workspace has no stop script, so its credentials would stay")
	}
	r, err := a.Place.Run(ctx, home, a.Env, argv)
	if err == nil {
		err = r.Failure()
	}
	return err
}

// showClock tells a container how far the registry's clock is ahead.
func (s *stage) showClock(ctx context.Context, name string) error {
	_, err := s.engine.must(ctx, "exec", "--user", "root", name, "sh", "-c", fmt.Sprintf("echo %d >%s; chmod 644 %s", int(s.ahead.Seconds()), clockFile, clockFile))
	return err
}

// leftInVolume gives the files of the home volume, seen from another container, that hold one of the secrets.
func (s *stage) leftInVolume(ctx context.Context, volume string, secrets ...string) error {
	found, err := s.filesWith(ctx, secrets, []string{"run", "--rm", "--network", "none", "--volume", volume + ":" + home}, baseImage(), home)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("the stopped workspace's home still holds a credential in %s", strings.Join(found, ", "))
	}
	return err
}

// filesWith gives mode and name of the files below some folders that hold one of the secrets, seen by a command of docker's
// (run or exec with its options) in an image or container. The secrets go there by environment, and what is in the files stays there.
func (s *stage) filesWith(ctx context.Context, secrets, command []string, where string, folders ...string) ([]string, error) {
	env := coderplay.ProcessEnv()
	for i, secret := range secrets {
		name := fmt.Sprintf("SECRET_%d", i)
		env[name] = secret
		command = append(command, "--env", name)
	}
	look := `for name in $(env | sed -n 's/^\(SECRET_[0-9]*\)=.*/\1/p'); do eval "secret=\$$name"; grep -rslF -e "$secret" "$@"; done | sort -u | tr '\n' '\0' | xargs -0 -r stat -c '%a %n'`
	r, err := s.engine.dockerWith(ctx, env, append(append(command, where, "sh", "-c", look, "sh"), folders...)...)
	if err == nil {
		err = r.Failure()
	}
	if text := strings.TrimSpace(r.Stdout); err == nil && text != "" {
		return strings.Split(text, "\n"), nil
	}
	return nil, err
}
