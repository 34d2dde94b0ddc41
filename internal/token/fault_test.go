package token_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// The endpoints that a token's life uses.
func mintEndpoint(env *acctest.Env) string {
	return acctest.Pick(env, "POST /access/api/v1/tokens", "POST /api/v1/users/{id}/tokens")
}

func lookEndpoint(env *acctest.Env) string {
	return acctest.Pick(env, "GET /access/api/v1/tokens", "GET /api/v1/users/{id}/tokens")
}

func revokeEndpoint(env *acctest.Env) string {
	return acctest.Pick(env, "DELETE /access/api/v1/tokens", "DELETE /api/v1/users/{id}/tokens")
}

// The peer's provider repeats the request and leaves a second token behind.
func TestTokenLostAnswer(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it loses answers")
	for _, kind := range []string{devregistry.FaultResetAfter, devregistry.FaultTruncated, devregistry.FaultResetBefore} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
				if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: mintEndpoint(env), Kind: kind}); err != nil {
					t.Fatal(err)
				}
				env.Test(t,
					resource.TestStep{Config: env.Config(token(env, "")), ConfigStateChecks: []statecheck.StateCheck{is("access_token", knownvalue.NotNull())}},
					resource.TestStep{PreConfig: func() { only(t, env) }, Config: env.Config(token(env, "")), PlanOnly: true},
				)
			})
		})
	}
}

// An answer that is lost every time leaves an error and nothing else.
func TestTokenAnswersAlwaysLost(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it loses answers")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: mintEndpoint(env), Kind: devregistry.FaultResetAfter, Count: -1}); err != nil {
			t.Fatal(err)
		}
		env.Test(t, resource.TestStep{Config: env.Config(token(env, "")), ExpectError: regexp.MustCompile(`Cannot mint a token for user "alice"`)})
	})
}

// The peers lose a token whose read-back fails.
func TestTokenReadBackFails(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it breaks answers")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		// As often as a create looks at its token; the refresh afterwards can again.
		refused := devregistry.Fault{Endpoint: lookEndpoint(env), Kind: devregistry.FaultStatus, Status: 400, Count: 3}
		if err := env.Server.Faults.Set(refused); err != nil {
			t.Fatal(err)
		}
		env.Test(t,
			resource.TestStep{
				Config: env.Config(token(env, "")), ConfigStateChecks: []statecheck.StateCheck{is("persisted", knownvalue.Null())},
			},
			resource.TestStep{
				PreConfig: func() { only(t, env) }, Config: env.Config(token(env, "")), PlanOnly: true,
			},
			resource.TestStep{RefreshState: true},
			resource.TestStep{Config: env.Config(token(env, "description = \"x\"")), ConfigStateChecks: []statecheck.StateCheck{is("persisted", knownvalue.Bool(true))}},
		)
	})
}

// A run that was killed after minting leaves a token with the key; the next create finds it.
func TestTokenLeftovers(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it marks a token as used in the store")
	acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
		config := env.Config(token(env, "idempotency_key = \"workspace-1\""))
		env.Test(t,
			resource.TestStep{Config: config},
			resource.TestStep{
				PreConfig: func() {
					// What a killed replacement looks like: the same label but for the nonce, never used; and two that must stay.
					ours := only(t, env)
					leave(t, env, strings.Replace(ours.Label, "tf-nonce:", "tf-nonce:KILLED", 1))
					used := leave(t, env, strings.Replace(ours.Label, "tf-nonce:", "tf-nonce:USED", 1))
					env.Server.Store.Update(func(s *state.State) { s.TokenByID(used).LastUsed = s.TokenByID(used).IssuedAt })
					leave(t, env, "somebody's own token")
				},
				Config: env.Config(token(env, "idempotency_key = \"workspace-1\"\n keepers = { run = \"2\" }")),
			},
			resource.TestStep{
				PreConfig: func() {
					var labels []string
					for _, live := range env.LiveTokens(t, env.Name("alice")) {
						labels = append(labels, live.Label)
						if strings.Contains(live.Label, "KILLED") {
							t.Errorf("the leftover %q is still alive", live.Label)
						}
					}
					if len(labels) != 3 {
						t.Errorf("live tokens are %q, want the new one, the used one and the foreign one", labels)
					}
					env.RevokeAll(t, env.Name("alice"), func(label string) bool {
						return strings.Contains(label, "USED") || strings.HasPrefix(label, "somebody")
					})
				},
				Config: env.Config(token(env, "idempotency_key = \"workspace-1\"\n keepers = { run = \"2\" }")), PlanOnly: true,
			},
		)
	})
}

// leave mints a token behind Terraform's back.
func leave(t *testing.T, env *acctest.Env, label string) string {
	t.Helper()
	alice, err := env.Registry.Users.FindByUsername(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	minted, err := env.Registry.Tokens.Mint(t.Context(), registry.TokenSpec{
		UserID: alice.ID, Username: "alice", Label: label, Scopes: env.Registry.Capabilities.DefaultTokenScopes,
		Expiry: registry.Expiry{Duration: 240 * 60 * 60 * 1e9},
	})
	if err != nil {
		t.Fatal(err)
	}
	return minted.ID
}

func TestTokenCreateBeforeDestroy(t *testing.T) {
	t.Parallel()
	acctest.ForEachRegistry(t, func(t *testing.T, env *acctest.Env) {
		env.User(t, "alice")
		config := func(run int) string {
			return env.Config(token(env, fmt.Sprintf("idempotency_key = \"k\"\n keepers = { run = \"%d\" }\n lifecycle {\n create_before_destroy = true\n }", run)))
		}
		env.Test(t,
			resource.TestStep{Config: config(1)},
			resource.TestStep{Config: config(2)},
			resource.TestStep{PreConfig: func() { only(t, env) }, Config: config(2), PlanOnly: true},
		)
	})
}

// Revoking something that is gone, or that a lost answer hides, is a revocation.
func TestTokenRevokeFaults(t *testing.T) {
	t.Parallel()
	acctest.SkipOnLive(t, "it breaks answers")
	for _, kind := range []string{devregistry.FaultResetAfter, devregistry.FaultResetBefore, devregistry.FaultRateLimit} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			acctest.ForEachEmbedded(t, func(t *testing.T, env *acctest.Env) {
				env.Test(t,
					resource.TestStep{Config: env.Config(token(env, ""))},
					resource.TestStep{
						PreConfig: func() {
							if err := env.Server.Faults.Set(devregistry.Fault{Endpoint: revokeEndpoint(env), Kind: kind, RetryAfter: "0"}); err != nil {
								t.Fatal(err)
							}
						},
						Config: env.Config(token(env, "")), PlanOnly: true,
					},
				)
			})
		})
	}
}
