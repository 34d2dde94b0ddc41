package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
)

// alice has a password and signs in herself.
var alice = coderplay.Owner{ID: "2f5a3b1c-91d4-4c1e-b6a7-0e8d7c6b5a49", Name: "alice", FullName: "Alice Example", Email: "alice@example.com"}

const alicePassword = "Alice-Passw0rd"

// mayBeRefused is how many requests of one installation may be answered with 401 although the token is good. Only the
// keyring interface needs one: pip asks without a password before it asks the helper for one, and uv does for the page and for
// the file.
var mayBeRefused = map[string]int{"pip": 1, "uv": 2}

// oauthClients leaves yarn 1 out: it does not read npm's global configuration, where the token that changes is.
var oauthClients = slices.DeleteFunc(slices.Clone(clients), func(c coderplay.Client) bool { return c.Name == "yarn" })

// helped are the clients that ask a program for the token at each use; the others read a file that the refresh script renews.
var helped = map[string]bool{"go": true, "pip": true, "uv": true}

// tellOAuth is the life of workspaces of docker-oauth.
func tellOAuth(ctx context.Context, s *stage) error {
	s.variables["TF_VAR_registry_url"] = s.registry.URL // a localhost address, which the template turns around
	delete(s.variables, "TF_VAR_workspace_registry_url")
	s.variables["TF_VAR_registry_user"] = "username"

	var (
		first     coderplay.Terraform
		agent     *coderplay.Agent
		container string
	)
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"Coder's settings by coder-external-auth", func(ctx context.Context) (err error) {
			if s.coder, err = newStandIn(ctx, s.registry, func() time.Duration { return s.ahead }); err != nil {
				return err
			}
			s.coder.workspaceOf(alice)
			first = s.workspace(firstID, alice, nil)
			return s.coder.configure(ctx, s)
		}},
		{"import: a plan without owner", s.importTemplate},
		{"start without a link: the script shows it, clients are refused", func(ctx context.Context) (err error) {
			if err = first.Apply(ctx); err != nil {
				return err
			}
			if err = first.ExpectEmptyPlan(ctx); err != nil {
				return err
			}
			if err = s.lookAtContainer(ctx); err != nil {
				return err
			}
			if agent, err = s.agentIn(ctx, first, firstID); err != nil {
				return err
			}
			printed, err := agent.Start(ctx)
			if err == nil && !strings.Contains(printed, s.coder.url+"/external-auth/jfrog") {
				err = fmt.Errorf("the start script does not show where to link:\n%s", coderplay.Tail(printed, 15))
			}
			if err == nil {
				container, err = s.containerID(ctx, firstID)
			}
			return errors.Join(err, s.doctorSays(ctx, agent, s.coder.url+"/external-auth/jfrog"), s.install(ctx, agent, oauthClients, coderplay.Attempt.Denied))
		}},
		{"link: all install as alice, without a rebuild", func(ctx context.Context) error {
			if err := s.coder.link(ctx, alice.Name, alice.Name, alicePassword); err != nil {
				return err
			}
			// Helpers remember a refusal for ten seconds.
			if err := s.advance(ctx, 11*time.Second, firstID); err != nil {
				return err
			}
			if _, err := agent.Refresh(ctx); err != nil {
				return err
			}
			return errors.Join(s.doctorSays(ctx, agent, "the registry accepts the token"), s.install(ctx, agent, oauthClients, installedQuietly(alice.Name)))
		}},
		{"ten minutes of tokens that last two, not one 401", func(ctx context.Context) error { return s.tenMinutes(ctx, agent, container) }},
		{"stop: no credential stays in the home volume", s.stopOAuth},
		{"start again: all install", func(ctx context.Context) error { return s.startLinked(ctx, first, firstID) }},
		{"prebuild, then claim by alice in the same container", s.prebuildAndClaimOAuth},
		{"search: tokens only where they may be", s.searchSecrets},
		{"destroy: containers and volumes are gone", s.destroyAll},
	} {
		if err := s.timed(ctx, step.what, step.do); err != nil {
			return err
		}
	}
	return nil
}

// installedQuietly also wants that the registry turned no credential down on the way.
func installedQuietly(owner string) func(coderplay.Attempt) error {
	return func(t coderplay.Attempt) error {
		if err := t.Installed(owner); err != nil {
			return err
		}
		// Go also asks for modules that do not exist, which is 404.
		turnedDown := 0
		for _, status := range t.Refused {
			if status == http.StatusUnauthorized {
				turnedDown++
			}
		}
		if turnedDown > mayBeRefused[t.Name] {
			return fmt.Errorf("%s installed, but was turned down on the way: %v", t.Name, t.Refused)
		}
		return nil
	}
}

// tenMinutes lets ten minutes pass on the registry's clock, one at a time. At each the clients with a helper install first, with
// whatever token they have; then the refresh script runs, as its schedule would have it, and the others install.
func (s *stage) tenMinutes(ctx context.Context, a *coderplay.Agent, containerID string) error {
	var withHelper, withFile []coderplay.Client
	for _, c := range oauthClients {
		if helped[c.Name] {
			withHelper = append(withHelper, c)
		} else {
			withFile = append(withFile, c)
		}
	}
	before := s.coder.refreshed()
	for minute := range 10 {
		if err := s.advance(ctx, time.Minute, firstID); err != nil {
			return err
		}
		if err := s.install(ctx, a, withHelper, installedQuietly(alice.Name)); err != nil {
			return fmt.Errorf("minute %d: %w", minute+1, err)
		}
		if _, err := a.Refresh(ctx); err != nil {
			return fmt.Errorf("minute %d: %w", minute+1, err)
		}
		// One of them each time; they read the same file.
		if err := s.install(ctx, a, withFile[minute%len(withFile):][:1], installedQuietly(alice.Name)); err != nil {
			return fmt.Errorf("minute %d, after a rotation: %w", minute+1, err)
		}
	}
	if n := s.coder.refreshed() - before; n < 4 {
		return fmt.Errorf("the token was renewed %d times in ten minutes, so it did not end every two", n)
	}
	if now, err := s.containerID(ctx, firstID); err != nil || now != containerID {
		return errors.Join(errors.New("it is not the container of the beginning any more"), err)
	}
	return nil
}

func (s *stage) stopOAuth(ctx context.Context) error {
	if err := s.leftInVolume(ctx, "coder-"+firstID+"-home", s.coder.secrets()...); err == nil {
		return errors.New("before the stop no credential is found in the home, so the search would prove nothing")
	}
	if err := s.workspace(firstID, alice, stopping()).Apply(ctx); err != nil {
		return err
	}
	if err := s.gone(ctx, firstID, false); err != nil {
		return err
	}
	return s.leftInVolume(ctx, "coder-"+firstID+"-home", s.coder.secrets()...)
}

func (s *stage) startLinked(ctx context.Context, w coderplay.Terraform, id string) error {
	if err := w.Apply(ctx); err != nil {
		return err
	}
	a, err := s.agentIn(ctx, w, id)
	if err != nil {
		return err
	}
	if _, err := a.Start(ctx); err != nil {
		return err
	}
	return s.install(ctx, a, oauthClients, installedQuietly(alice.Name))
}

// prebuildAndClaimOAuth: a waiting workspace has nobody's account, and the claim needs nothing but the owner's link.
func (s *stage) prebuildAndClaimOAuth(ctx context.Context) error {
	s.coder.workspaceOf(prebuilds)
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
	s.coder.workspaceOf(alice)
	if err := s.startLinked(ctx, s.workspace(secondID, alice, map[string]string{"CODER_WORKSPACE_IS_PREBUILD_CLAIM": "true"}), secondID); err != nil {
		return err
	}
	if after, err := s.containerID(ctx, secondID); err != nil || after != before {
		return errors.Join(errors.New("the claim replaced the container"), err)
	}
	return nil
}
