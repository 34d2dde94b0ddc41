package provider_test

import (
	"fmt"
	"strings"
	"testing"
)

// Neither an identity token nor what a registry gives for it is in a plan, the state, the log, a crash or anything printed,
// however much the registry repeats of it.
func TestIdentityTokensAreNowhere(t *testing.T) {
	t.Parallel()
	trustedByBoth(t, func(t *testing.T, r *trusting) {
		p := newParrot(t, r.Env)
		c := newCanary(t, r.Env, p, fmt.Sprintf(`
variable "identity" {
  type      = string
  ephemeral = true
}
variable "round" { type = number }
variable "user_password" { type = string }
provider "registry" {
  ca_certificate = %q
  type           = %q
  oidc = {
    provider_name = %q
    token         = var.identity
  }
}
resource "registry_user" "quinn" {
  username = "quinn"
  email    = "quinn-${var.round}@example.com"
}
data "registry_user" "alice" { username = "alice" }
`, p.pem(), string(r.Dialect), r.provider))
		c.admin = r.token(t, "platform")
		c.cli.Set("TF_VAR_identity", c.admin)
		c.cli.Set("REGISTRY_ACCESS_TOKEN", "")
		c.round(1, "")
		c.run(true, "init", "-no-color")
		c.run(true, "plan", "-no-color", "-input=false", "-out=plan.bin")
		c.run(true, "apply", "-no-color", "-input=false", "plan.bin")
		p.repeats.Store(true)
		if said := c.run(false, "plan", "-no-color", "-input=false"); !strings.Contains(said, "you sent") || !strings.Contains(said, "(secret)") ||
			!strings.Contains(said, "sign in by the OIDC provider") {
			t.Errorf("the parrot was not heard: %s", said)
		}
		p.repeats.Store(false)
		p.hangs.Store(true)
		c.crash("plan", "-no-color", "-input=false")
		p.hangs.Store(false)
		c.round(2, "")
		c.run(true, "apply", "-no-color", "-input=false", "-auto-approve")
		c.search()
		c.run(true, "destroy", "-no-color", "-input=false", "-auto-approve")
		c.search()
		if err := r.CheckUnchanged(nil); err != nil {
			t.Error(err)
		}
	})
}
