package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// check runs what `make demo CHECKS=1` adds: the builds a Coder server does besides a plain start, and the secret search.
func (s *story) check(ctx context.Context) error {
	if !s.o.checks {
		return nil
	}
	if err := s.checkBuilds(ctx); err != nil {
		return err
	}
	return s.searchSecrets(ctx)
}

// second is another workspace of the same owner, with a state of its own.
func (s *story) second(more map[string]string) terraform {
	env := provisionerEnv("second", "4f3c9f0e-93a5-4b1f-8a57-6f1d0d5c7e02")
	maps.Copy(env, more)
	return s.workspace.root(s.workspace.dir + "-second").with(env)
}

// checkBuilds goes through the life of a prebuilt workspace: template import, pool, claim, stop.
func (s *story) checkBuilds(ctx context.Context) error {
	s.out.step("checks: plans for template import, prebuild, claim and stop")
	if err := copyTree(s.workspace.dir, s.second(nil).dir); err != nil {
		return err
	}
	importing := s.second(map[string]string{"CODER_WORKSPACE_TEMPLATE_ID": "", "CODER_WORKSPACE_BUILD_ID": ""})
	if err := importing.init(ctx); err != nil {
		return err
	}
	if err := expectPlan(ctx, importing, "template import", nil); err != nil {
		return err
	}
	pool := s.second(map[string]string{
		"CODER_WORKSPACE_IS_PREBUILD": "true", "CODER_WORKSPACE_OWNER": "prebuilds",
		"CODER_WORKSPACE_OWNER_EMAIL": "prebuilds@system", "CODER_WORKSPACE_OWNER_NAME": "Prebuilds",
	})
	if err := expectPlan(ctx, pool, "prebuild", nil); err != nil {
		return err
	}
	if err := pool.apply(ctx); err != nil {
		return err
	}
	claim := s.second(map[string]string{"CODER_WORKSPACE_IS_PREBUILD_CLAIM": "true"})
	if err := expectPlan(ctx, claim, "claim", []string{"create"}); err != nil {
		return err
	}
	if err := claim.apply(ctx); err != nil {
		return err
	}
	if err := claim.expectEmptyPlan(ctx); err != nil {
		return err
	}
	return expectPlan(ctx, s.stopping(), "stop", []string{"delete"})
}

func (s *story) stopping() terraform {
	return s.second(map[string]string{"CODER_WORKSPACE_TRANSITION": "stop"})
}

// expectPlan plans and compares what would happen to tokens. Nothing that the agent has already run may be replaced.
func expectPlan(ctx context.Context, t terraform, name string, token []string) error {
	p, _, err := t.plan(ctx, "check.tfplan")
	if err != nil {
		return fmt.Errorf("the plan of a %s: %w", name, err)
	}
	if got := p.actions("registry_token"); !slices.Equal(got, token) {
		return fmt.Errorf("the plan of a %s wants %q for registry_token, expected %q", name, got, token)
	}
	for _, kind := range []string{"coder_agent", "coder_script"} {
		for _, action := range p.actions(kind) {
			if action == "delete,create" || action == "create,delete" {
				return fmt.Errorf("the plan of a %s replaces a %s, which restarts what is running", name, kind)
			}
		}
	}
	return nil
}

// stopWithoutRegistry is the promise that a dead registry never blocks a workspace stop or delete.
func (s *story) stopWithoutRegistry(ctx context.Context) error {
	if !s.o.checks {
		return nil
	}
	s.out.step("checks: stopping and deleting the second workspace while the registry is down")
	s.registry.stop()
	limited, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("still not stopped after a minute"))
	defer cancel()
	r, err := s.stopping().run(limited, "apply", "-auto-approve", "-input=false", "-no-color")
	if err != nil {
		return fmt.Errorf("a stop while the registry is down: %w", err)
	}
	if !warning.MatchString(r.output) {
		return fmt.Errorf("a stop while the registry is down succeeded without a warning, so nobody learns of the token:\n%s", tail(r.output, 20))
	}
	if _, err := s.second(deleting).destroy(limited); err != nil {
		return fmt.Errorf("a delete while the registry is down: %w", err)
	}
	return s.searchAfterStop(ctx)
}

// searchAfterStop lets the agent run its stop scripts and looks what is left in the home.
func (s *story) searchAfterStop(ctx context.Context) error {
	printed, err := s.agent.stop(ctx)
	if err != nil {
		return err
	}
	f, err := s.filesWith(s.minted)
	switch {
	case err != nil:
		return err
	case len(f) > 0:
		return fmt.Errorf("after the stop scripts the token is still in %s; they printed:\n%s", filepath.Join(s.agent.home, f[0].name), tail(printed, 20))
	}
	return nil
}
