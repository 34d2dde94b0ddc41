package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

// tellToken is the life of workspaces of docker-token.
func tellToken(ctx context.Context, s *stage) error {
	if s.dialect == "artifactory" {
		// On the other one the provider finds out by itself.
		s.variables["TF_VAR_registry_type"] = s.dialect
	}
	first := s.workspace(firstID, quinn, nil)
	var (
		agent *coderplay.Agent
		token string
	)
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"import: a plan without owner and token", func(ctx context.Context) error { return s.importTemplate(ctx) }},
		{"start: image built, container runs, token minted", func(ctx context.Context) (err error) {
			if err = first.Apply(ctx); err != nil {
				return err
			}
			if err = first.ExpectEmptyPlan(ctx); err != nil {
				return err
			}
			if err = s.lookAtContainer(ctx); err != nil {
				return err
			}
			token, err = s.lookAtState(ctx, first)
			return err
		}},
		{"agent: start scripts as the workspace's user", func(ctx context.Context) (err error) {
			if agent, err = s.agentIn(ctx, first, firstID); err == nil {
				_, err = agent.Start(ctx)
			}
			return err
		}},
		{"npm, go, pip, pnpm, yarn, uv install as quinn", func(ctx context.Context) error { return s.install(ctx, agent, clients, installedBy(quinn.Name)) }},
		{"the token's 7 days end: clients are refused, doctor knows", func(ctx context.Context) error {
			if err := s.advance(ctx, 8*24*time.Hour, firstID); err != nil {
				return err
			}
			return errors.Join(s.doctorSays(ctx, agent, "expired"), s.install(ctx, agent, clients, coderplay.Attempt.Denied))
		}},
		{"stop: no credential stays in the home volume", func(ctx context.Context) error { return s.stopFirst(ctx, agent, token) }},
		{"start again: home kept, new token, all install", func(ctx context.Context) error { return s.startAgain(ctx, first) }},
		{"prebuild, then claim by quinn in the same container", s.prebuildAndClaim},
		{"search: tokens only where they may be", s.searchSecrets},
		{"destroy: containers, volumes and tokens are gone", s.destroyAll},
	} {
		if err := s.timed(ctx, step.what, step.do); err != nil {
			return err
		}
	}
	return nil
}

// importTemplate plans as Coder does when a template is pushed: there is no owner, no workspace and no template yet.
func (s *stage) importTemplate(ctx context.Context) error {
	importing := s.workspace(firstID, quinn, map[string]string{"CODER_WORKSPACE_TEMPLATE_ID": "", "CODER_WORKSPACE_BUILD_ID": ""})
	if err := importing.Init(ctx); err != nil {
		return err
	}
	// The second one is the same template in another folder, with a state of its own.
	if err := coderplay.CopyTree(importing.Dir, filepath.Join(s.work, secondID)); err != nil {
		return err
	}
	if err := s.workspace(secondID, quinn, nil).Init(ctx); err != nil {
		return err
	}
	p, _, err := importing.Plan(ctx, "import.tfplan")
	if err == nil && len(p.Actions("registry_token")) > 0 {
		err = errors.New("a token would be minted for nobody")
	}
	return err
}

// lookAtContainer checks what a template can get wrong without any client noticing.
func (s *stage) lookAtContainer(ctx context.Context) error {
	var facts []struct {
		Config struct {
			Entrypoint []string `json:"Entrypoint"`
			Env        []string `json:"Env"`
		} `json:"Config"`
		HostConfig struct {
			Memory int64 `json:"Memory"`
		} `json:"HostConfig"`
	}
	shown, err := s.engine.must(ctx, "container", "inspect", "coder-"+firstID)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(shown), &facts); err != nil {
		return err
	}
	entrypoint := strings.Join(facts[0].Config.Entrypoint, " ")
	switch {
	case strings.Contains(entrypoint, "127.0.0.1") || !strings.Contains(entrypoint, "agent of http://host.docker.internal:"):
		return fmt.Errorf("the init script still names localhost: %s", entrypoint)
	case strings.Contains(strings.Join(facts[0].Config.Env, " "), "WORKSPACE_"):
		return errors.New("the container's environment has a variable of the registry modules; Docker would show it to everybody")
	case facts[0].HostConfig.Memory != 4<<30:
		return fmt.Errorf("the memory limit is %d bytes, and the parameter's default is 4 GiB", facts[0].HostConfig.Memory)
	}
	owner, err := container{engine: s.engine, name: "coder-" + firstID}.shell(ctx, agentEnv(s.coderURL()), `stat -c %U . && touch writable && id -un && grep -c host.docker.internal /etc/hosts`)
	if err == nil && strings.Join(strings.Fields(owner), " ") != "coder coder 1" {
		err = fmt.Errorf("owner of the home, user and names of the Docker host: %q", owner)
	}
	return err
}

// lookAtState gives the minted token, which must be nowhere in what the dashboard shows.
func (s *stage) lookAtState(ctx context.Context, w coderplay.Terraform) (string, error) {
	shown, err := w.Show(ctx)
	if err != nil {
		return "", err
	}
	state, err := coderplay.ParseState(shown)
	if err != nil {
		return "", err
	}
	var token, metadata string
	err = state.Each(func(kind, _ string, values json.RawMessage) error {
		switch kind {
		case "registry_token":
			var t struct {
				Access string `json:"access_token"`
			}
			if err := json.Unmarshal(values, &t); err != nil {
				return err
			}
			token = t.Access
		case "coder_metadata":
			metadata = string(values)
		}
		return nil
	})
	s.minted = append(s.minted, token)
	switch {
	case err != nil:
		return "", err
	case token == "":
		return "", errors.New("no token was minted")
	case strings.Contains(metadata, token):
		return "", errors.New("coder_metadata shows the token")
	case !strings.Contains(metadata, `"quinn"`) || !strings.Contains(metadata, s.workspaceURL()) || !strings.Contains(metadata, "Token ends"):
		return "", fmt.Errorf("coder_metadata shows neither user nor registry nor the token's end: %s", metadata)
	}
	return token, nil
}

// stopFirst leaves something of the user's behind, which has to outlive the stop, and looks for what must not.
func (s *stage) stopFirst(ctx context.Context, a *coderplay.Agent, token string) error {
	if r, err := a.Place.Run(ctx, home, a.Env, []string{"sh", "-c", "echo precious >mine && grep -rlF hello .coder-modules >/dev/null; ls -d .coder-modules"}); err != nil || r.Code != 0 {
		return errors.Join(errors.New("before the stop there is nothing to remove, so the check would show nothing"), err)
	}
	if err := s.workspace(firstID, quinn, stopping()).Apply(ctx); err != nil {
		return err
	}
	if err := s.gone(ctx, firstID, false); err != nil {
		return err
	}
	if err := s.leftInVolume(ctx, "coder-"+firstID+"-home", token); err != nil {
		return err
	}
	return s.refused(ctx, token)
}

func (s *stage) startAgain(ctx context.Context, first coderplay.Terraform) error {
	if err := first.Apply(ctx); err != nil {
		return err
	}
	a, err := s.agentIn(ctx, first, firstID)
	if err != nil {
		return err
	}
	if _, err := a.Start(ctx); err != nil {
		return err
	}
	if kept, err := a.Place.Run(ctx, home, a.Env, []string{"cat", "mine"}); err != nil || kept.Stdout != "precious\n" {
		return errors.Join(errors.New("the user's file did not outlive the stop"), err)
	}
	return s.install(ctx, a, clients, installedBy(quinn.Name))
}

// prebuildAndClaim is the life of a prebuilt workspace: it waits without credentials, and is claimed as it stands.
func (s *stage) prebuildAndClaim(ctx context.Context) error {
	pool := s.workspace(secondID, prebuilds, map[string]string{"CODER_WORKSPACE_IS_PREBUILD": "true"})
	if err := pool.Apply(ctx); err != nil {
		return err
	}
	a, err := s.agentIn(ctx, pool, secondID)
	if err != nil {
		return err
	}
	if _, err := a.Start(ctx); err != nil {
		return err
	}
	if err := s.install(ctx, a, clients[:1], coderplay.Attempt.Denied); err != nil {
		return fmt.Errorf("before the claim: %w", err)
	}
	before, err := s.containerID(ctx, secondID)
	if err != nil {
		return err
	}
	claim := s.workspace(secondID, quinn, map[string]string{"CODER_WORKSPACE_IS_PREBUILD_CLAIM": "true"})
	if err := claim.Apply(ctx); err != nil {
		return err
	}
	if after, err := s.containerID(ctx, secondID); err != nil || after != before {
		return errors.Join(errors.New("the claim replaced the container"), err)
	}
	if a, err = s.agentIn(ctx, claim, secondID); err != nil {
		return err
	}
	if _, err := a.Start(ctx); err != nil {
		return err
	}
	return s.install(ctx, a, clients, installedBy(quinn.Name))
}

func (s *stage) destroyAll(ctx context.Context) error {
	for _, id := range []string{firstID, secondID} {
		w := s.workspace(id, s.owner(), coderplay.Deleting)
		token, err := s.tokenOf(ctx, w)
		if err != nil {
			return err
		}
		if _, err := w.Destroy(ctx); err != nil {
			return err
		}
		if err := s.gone(ctx, id, true); err != nil {
			return err
		}
		if token != "" {
			if err := s.refused(ctx, token); err != nil {
				return err
			}
		}
	}
	return s.searchTexts()
}

// tokenOf gives the token in a workspace's state, and nothing for a template that mints none.
func (s *stage) tokenOf(ctx context.Context, w coderplay.Terraform) (string, error) {
	if s.template != "docker-token" {
		return "", nil
	}
	return s.lookAtState(ctx, w)
}
