package acctest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// Lifecycle is the life that every managed object must be able to lead. Empty parts are left out.
type Lifecycle struct {
	// Address is the resource, such as registry_user.test.
	Address string
	// Create is the body of the first configuration, with its checks.
	Create string
	Checks []statecheck.StateCheck
	// ImportIDs are what the object can be imported by; ImportIgnore are attributes that an import cannot know.
	ImportIDs    []string
	ImportIgnore []string
	// Updates are changed in turn, each in place.
	Updates []Update
	// Drifts happen behind Terraform's back while the last configuration stays as it is.
	Drifts []Drift
	// Rest makes the life a whole one: between them the updates change every argument, save those named here with the
	// reason, and one drift takes the object away.
	Rest map[string]string
}

// Update is a changed configuration that must not replace the object.
type Update struct {
	Config string
	Checks []statecheck.StateCheck
}

// Drift is a change out of band and what the next plan must do about it.
type Drift struct {
	Change func()
	Expect plancheck.ResourceActionType
	Checks []statecheck.StateCheck
}

// Live drives a lifecycle: apply, empty plan, empty refresh, every way to import, updates in place, drift and repair, destroy.
// After the destroy the registry must be as it was.
func (e *Env) Live(t *testing.T, life Lifecycle) {
	t.Helper()
	empty := resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	seen := &updated{address: life.Address, names: map[string]bool{}}
	current := e.Config(life.Create)
	steps := []resource.TestStep{
		{Config: current, ConfigPlanChecks: empty, ConfigStateChecks: life.Checks},
		{RefreshState: true},
	}
	steps = append(steps, e.imports(life, current)...)
	for _, update := range life.Updates {
		current = e.Config(update.Config)
		steps = append(steps, resource.TestStep{
			Config: current, ConfigStateChecks: update.Checks,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(life.Address, plancheck.ResourceActionUpdate), seen},
				PostApplyPostRefresh: empty.PostApplyPostRefresh,
			},
		})
	}
	for _, drift := range life.Drifts {
		steps = append(steps, resource.TestStep{
			PreConfig: drift.Change, Config: current, ConfigStateChecks: drift.Checks,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(life.Address, drift.Expect)},
				PostApplyPostRefresh: empty.PostApplyPostRefresh,
			},
		})
	}
	e.Test(t, steps...)
	if life.Rest != nil && !t.Failed() {
		life.checkWhole(t, seen)
	}
}

// imports imports by command, by an import block with the id, and by the identity where the tool can.
func (e *Env) imports(life Lifecycle, config string) []resource.TestStep {
	var steps []resource.TestStep
	for _, id := range life.ImportIDs {
		id = e.Expand(id)
		steps = append(steps, resource.TestStep{
			ResourceName: life.Address, ImportState: true, ImportStateId: id,
			ImportStateVerify: true, ImportStateVerifyIgnore: append([]string{"timeouts"}, life.ImportIgnore...),
		})
		if len(life.ImportIgnore) == 0 {
			steps = append(steps, resource.TestStep{
				ResourceName: life.Address, ImportState: true, ImportStateId: id, Config: config,
				ImportStateKind: resource.ImportBlockWithID,
			})
		}
	}
	if len(life.ImportIDs) > 0 && len(life.ImportIgnore) == 0 && Has(FeatureIdentity) {
		steps = append(steps, resource.TestStep{
			ResourceName: life.Address, ImportState: true, Config: config, ImportStateKind: resource.ImportBlockWithResourceIdentity,
		})
	}
	return steps
}
