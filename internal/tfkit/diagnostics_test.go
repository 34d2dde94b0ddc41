package tfkit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func TestAddErrorSaysEverything(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("wrapped: %w", &registry.Error{
		Kind: registry.KindConflict, Op: "create", Object: `user "alice"`, Status: 409, Code: "CONFLICT",
		Message: "Email already exists", RequestID: "r-1", Field: "email",
	})
	var diags diag.Diagnostics
	tfkit.AddError(&diags, "Cannot create user", err)
	if len(diags) != 1 {
		t.Fatalf("%d diagnostics, want one", len(diags))
	}
	detail := diags[0].Detail()
	for _, part := range []string{"HTTP 409 CONFLICT: Email already exists.", `Attempted: create user "alice".`, "Request id: r-1.", "Import it"} {
		if !strings.Contains(detail, part) {
			t.Errorf("the detail lacks %q:\n%s", part, detail)
		}
	}
	located, ok := diags[0].(diag.DiagnosticWithPath)
	if !ok || !located.Path().Equal(path.Root("email")) {
		t.Errorf("the diagnostic does not point at the attribute that the registry named: %v", diags[0])
	}
}

func TestExplainByKind(t *testing.T) {
	t.Parallel()
	advice := map[registry.Kind]string{
		registry.KindUnauthorized:  "credential was refused",
		registry.KindForbidden:     "lacks the right",
		registry.KindWrongEndpoint: "Check the provider's url",
		registry.KindUnavailable:   "Nothing was changed",
		registry.KindUncertain:     "may or may not have taken effect",
		registry.KindRateLimited:   "max_concurrent_requests",
	}
	for kind, want := range advice {
		if got := tfkit.Explain(&registry.Error{Kind: kind, Op: "read"}); !strings.Contains(got, want) {
			t.Errorf("kind %d: %q lacks %q", kind, got, want)
		}
	}
	if got := tfkit.Explain(&registry.Error{Kind: registry.KindForbidden, Hint: "ask Eve"}); !strings.HasSuffix(got, "Ask Eve.") || strings.Contains(got, "lacks the right") {
		t.Errorf("an error's own advice does not take the place of the general one: %q", got)
	}
	if got := tfkit.Explain(context.DeadlineExceeded); !strings.Contains(got, "timeouts") {
		t.Errorf("a deadline is explained as %q", got)
	}
	if got := tfkit.Explain(errors.New("strange")); got != "Strange." {
		t.Errorf("a foreign error is explained as %q", got)
	}
}

// TestExplainShowsNoSecret: whoever put the words together.
func TestExplainShowsNoSecret(t *testing.T) {
	t.Parallel()
	const value = "explained-secret-4712"
	registry.NewSecret(value)
	for _, err := range []error{
		&registry.Error{Op: "mint", Object: "token", Message: "the registry minted it for " + value + " instead", Hint: value},
		&registry.Error{Op: "read", Object: value, Err: errors.New(value)}, errors.New("ldap: " + value),
	} {
		if text := tfkit.Explain(err); strings.Contains(text, value[:12]) {
			t.Error(text)
		}
	}
}
