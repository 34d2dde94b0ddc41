package server_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
)

func is(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("data.registry_server.test", tfjsonpath.New(attribute), value)
}

func TestServer(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		facts := []statecheck.StateCheck{
			is("type", knownvalue.StringExact(string(env.Dialect))), is("url", knownvalue.StringExact(env.Registry.Server.URL)),
			is("version", knownvalue.NotNull()), is("service_id", acctest.Pick[knownvalue.Check](env, knownvalue.NotNull(), knownvalue.Null())),
			is("whole_day_expiry", knownvalue.Bool(env.IsArtifactKeeper())),
			is("basic_token_username", acctest.Pick[knownvalue.Check](env, knownvalue.Null(), knownvalue.StringExact("__token__"))),
			is("actions", acctest.Pick(
				env, list("read", "annotate", "write", "delete", "manage", "scan", "execute", "distribute"), list("read", "write", "delete", "admin"),
			)),
			is("default_token_scopes", acctest.Pick(env, list("applied-permissions/user"), list("read:artifacts"))),
		}
		env.Test(
			t,
			resource.TestStep{
				Config: env.Config(`data "registry_server" "test" {}`), ConfigStateChecks: facts,
				ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			// Found out instead of configured, and under the URL that people copy from their browser.
			resource.TestStep{
				Config:            env.Config(`data "registry_server" "test" {}`, "type = null", fmt.Sprintf("url = %q", env.Registry.Server.URL+acctest.Pick(env, "/artifactory/", "/"))),
				ConfigStateChecks: facts,
			},
		)
	})
}

func list(values ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(values))
	for i, value := range values {
		checks[i] = knownvalue.StringExact(value)
	}
	return knownvalue.ListExact(checks)
}

// A module that only wants to know the type must not cost a request at every workspace start.
func TestServerUnasked(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		if env.Server != nil {
			env.Server.Log.Reset()
		}
		env.Test(t, resource.TestStep{
			Config: env.Config(`data "registry_server" "test" { ask = false }`),
			ConfigStateChecks: []statecheck.StateCheck{
				is("type", knownvalue.StringExact(string(env.Dialect))), is("version", knownvalue.Null()), is("service_id", knownvalue.Null()),
			},
		})
		if env.Server == nil {
			return // it does not tell what it was asked
		}
		if n := len(env.Server.Log.Entries()); n != 0 {
			t.Errorf("%d requests: %v", n, env.Server.Log.Count())
		}
	})
}
