package permission_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
)

// Rows of people, of service accounts and of groups become additive permissions; all others stay with their provider.
func TestPermissionMovesRowsThatMap(t *testing.T) {
	t.Parallel()
	acctest.ProtocolDialects(t, func(t *testing.T, p *acctest.Protocol, _ *acctest.Env) {
		state := func(principal, name, target string) []byte {
			return fmt.Appendf(nil, `{"id": "row", "principal_type": %q, "principal_id": "p", "principal_name": %s, "target_type": %q, "target_id": "t",
				"target_name": "npm-private", "actions": ["write", "read"], "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}`,
				principal, name, target)
		}
		const source = "artifactkeeper_permission"
		for principal, attribute := range map[string]string{"user": "users", "service_account": "users", "group": "groups"} {
			for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
				got := p.Move(host+"/nicola-preda/artifact-keeper", source, listType, state(principal, `"somebody"`, "repository"))
				want := map[string]any{
					"name": "npm-private", "repositories": []any{"npm-private"}, "additive": true,
					attribute: map[string]any{"somebody": []any{"read", "write"}},
				}
				if got.Problem != "" || !cmp.Equal(got.State, want) {
					t.Errorf("a row of a %s moved to %s%s", principal, got.Problem, cmp.Diff(want, got.State))
				}
			}
		}
		for name, raw := range map[string][]byte{
			"a project":               state("user", `"somebody"`, "project"),
			"nobody who still exists": state("user", "null", "repository"),
			"an unknown principal":    state("robot", `"somebody"`, "repository"),
			"no JSON":                 []byte("{"),
		} {
			if got := p.Move("registry.terraform.io/nicola-preda/artifact-keeper", source, listType, raw); !strings.Contains(got.Problem, "Cannot move") {
				t.Errorf("a row of %s moved to %v %s", name, got.State, got.Problem)
			}
		}
		if got := p.Move("registry.terraform.io/somebody/artifact-keeper", source, listType, state("user", `"somebody"`, "repository")); got.Problem == "" {
			t.Error("a stranger's resource of the same name was moved")
		}
	})
}
