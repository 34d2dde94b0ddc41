package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/coderplay"
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
func (s *story) second(more map[string]string) coderplay.Terraform {
	env := coderplay.ProvisionerEnv("second", "4f3c9f0e-93a5-4b1f-8a57-6f1d0d5c7e02", quinn)
	maps.Copy(env, more)
	return s.workspace.Root(s.workspace.Dir + "-second").With(env)
}

// checkBuilds goes through the life of a prebuilt workspace: template import, pool, claim, stop.
func (s *story) checkBuilds(ctx context.Context) error {
	s.out.Step("checks: plans for template import, prebuild, claim and stop")
	if err := coderplay.CopyTree(s.workspace.Dir, s.second(nil).Dir); err != nil {
		return err
	}
	importing := s.second(map[string]string{"CODER_WORKSPACE_TEMPLATE_ID": "", "CODER_WORKSPACE_BUILD_ID": ""})
	if err := importing.Init(ctx); err != nil {
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
	if err := pool.Apply(ctx); err != nil {
		return err
	}
	claim := s.second(map[string]string{"CODER_WORKSPACE_IS_PREBUILD_CLAIM": "true"})
	if err := expectPlan(ctx, claim, "claim", []string{"create"}); err != nil {
		return err
	}
	if err := claim.Apply(ctx); err != nil {
		return err
	}
	if err := claim.ExpectEmptyPlan(ctx); err != nil {
		return err
	}
	return expectPlan(ctx, s.stopping(), "stop", []string{"delete"})
}

func (s *story) stopping() coderplay.Terraform {
	return s.second(map[string]string{"CODER_WORKSPACE_TRANSITION": "stop"})
}

// expectPlan plans and compares what would happen to tokens. Nothing that the agent has already run may be replaced.
func expectPlan(ctx context.Context, t coderplay.Terraform, name string, token []string) error {
	p, _, err := t.Plan(ctx, "check.tfplan")
	if err != nil {
		return fmt.Errorf("the plan of a %s: %w", name, err)
	}
	if got := p.Actions("registry_token"); !slices.Equal(got, token) {
		return fmt.Errorf("the plan of a %s wants %q for registry_token, expected %q", name, got, token)
	}
	for _, kind := range []string{"coder_agent", "coder_script"} {
		for _, action := range p.Actions(kind) {
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
	s.out.Step("checks: stopping and deleting the second workspace while the registry is down")
	s.registry.Stop()
	limited, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("still not stopped after a minute"))
	defer cancel()
	r, err := s.stopping().Run(limited, "apply", "-auto-approve", "-input=false", "-no-color")
	if err != nil {
		return fmt.Errorf("a stop while the registry is down: %w", err)
	}
	if !warning.MatchString(r.Output) {
		return fmt.Errorf("a stop while the registry is down succeeded without a warning, so nobody learns of the token:\n%s", coderplay.Tail(r.Output, 20))
	}
	if _, err := s.second(coderplay.Deleting).Destroy(limited); err != nil {
		return fmt.Errorf("a delete while the registry is down: %w", err)
	}
	return s.searchAfterStop(ctx)
}

// searchAfterStop lets the agent run its stop scripts and looks what is left in the home.
func (s *story) searchAfterStop(ctx context.Context) error {
	printed, err := s.agent.Stop(ctx)
	if err != nil {
		return err
	}
	f, err := s.filesWith(s.minted)
	switch {
	case err != nil:
		return err
	case len(f) > 0:
		return fmt.Errorf("after the stop scripts the token is still in %s; they printed:\n%s", filepath.Join(s.agent.Home, f[0].name), coderplay.Tail(printed, 20))
	}
	return nil
}
