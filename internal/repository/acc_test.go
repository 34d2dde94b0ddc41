package repository_test

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

var empty = resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}

func TestRepository(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		repository := env.Repository(t)
		is := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue("data.registry_repository.test", tfjsonpath.New(attribute), value)
		}
		if want := env.Registry.Server.URL + acctest.Pick(env, "/artifactory/api/npm/npm-private", "/npm/npm-private"); env.Server != nil {
			if repository.URL != want || repository.PackageType != "npm" || repository.Kind != "local" || repository.Public {
				t.Errorf("the registry shows npm-private as %+v, want a private local one of npm packages at %s", repository, want)
			}
		}
		env.Test(
			t,
			resource.TestStep{
				Config:           env.Config(fmt.Sprintf("data \"registry_repository\" \"test\" { key = %q }", repository.Key)),
				ConfigPlanChecks: empty,
				ConfigStateChecks: []statecheck.StateCheck{
					is("id", acctest.Pick[knownvalue.Check](env, knownvalue.StringExact(repository.Key), knownvalue.StringRegexp(acctest.UUID))),
					is("package_type", knownvalue.StringExact(repository.PackageType)), is("kind", knownvalue.StringExact(repository.Kind)),
					is("public", knownvalue.Bool(repository.Public)), is("url", knownvalue.StringExact(repository.URL)),
				},
			},
		)
	})
}

func TestRepositoryBadInput(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		for key, says := range map[string]string{"<npm-lost>": `Cannot read repository "<npm-lost>"`, "": "length must be between 1 and 128"} {
			env.Test(t, resource.TestStep{
				Config: env.Config(fmt.Sprintf("data \"registry_repository\" \"test\" { key = %q }", key)), ExpectError: env.ExpectText(says),
			})
		}
	})
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it knows every repository of the server")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		are := func(keys ...string) []statecheck.StateCheck {
			checks := make([]knownvalue.Check, len(keys))
			for i, key := range keys {
				checks[i] = knownvalue.ObjectPartial(map[string]knownvalue.Check{"key": knownvalue.StringExact(key)})
			}
			return []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.registry_repositories.test", tfjsonpath.New("repositories"), knownvalue.ListExact(checks)),
			}
		}
		env.Test(
			t,
			resource.TestStep{
				Config: env.Config(`data "registry_repositories" "test" {}`), ConfigPlanChecks: empty,
				ConfigStateChecks: are("cargo-private", "conda-private", "docker-private", "go-private", "maven-private", "npm-private", "npm-public",
					"npm-secret", "pypi-private"),
			},
			resource.TestStep{
				Config:            env.Config(`data "registry_repositories" "test" { package_type = "npm" }`),
				ConfigStateChecks: are("npm-private", "npm-public", "npm-secret"),
			},
			resource.TestStep{
				Config:            env.Config("data \"registry_repositories\" \"test\" {\n package_type = \"go\"\n kind = \"local\"\n}"),
				ConfigStateChecks: are("go-private"),
			},
			resource.TestStep{
				Config:            env.Config(`data "registry_repositories" "test" { kind = "virtual" }`),
				ConfigStateChecks: are(),
			},
		)
	})
}
