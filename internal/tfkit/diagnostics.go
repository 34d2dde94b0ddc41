package tfkit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// AddError turns an error into a diagnostic: the summary says what this provider could not do, the detail what was
// attempted, on which object, what the registry answered and what to do. It points at the attribute at fault where one
// is known: the given one, else the field that the registry named.
func AddError(diags *diag.Diagnostics, summary string, err error, at ...path.Path) {
	var moved *OtherServerError
	if errors.As(err, &moved) {
		diags.AddError("The provider points at another server", moved.detail())
		return
	}
	diags.Append(locate(diag.NewErrorDiagnostic(summary, Explain(err)), err, at))
}

// AddWarning is AddError for a failure that does not stop the operation. before is said ahead of the explanation.
func AddWarning(diags *diag.Diagnostics, summary, before string, err error, at ...path.Path) {
	diags.Append(locate(diag.NewWarningDiagnostic(summary, before+"\n\n"+Explain(err)), err, at))
}

func locate(d diag.Diagnostic, err error, at []path.Path) diag.Diagnostic {
	if len(at) > 0 {
		return diag.WithPath(at[0], d)
	}
	var e *registry.Error
	if errors.As(err, &e) && e.Field != "" {
		return diag.WithPath(path.Root(e.Field), d)
	}
	return d
}

// Explain puts an error into words a person can act on. No secret is in them, whoever wrote them.
func Explain(err error) string { return registry.Masked(explain(err)) }

func explain(err error) string {
	var e *registry.Error
	if !errors.As(err, &e) {
		return explainForeign(err)
	}
	var b strings.Builder
	b.WriteString(answer(e))
	if attempted := strings.TrimSpace(e.Op + " " + e.Object); attempted != "" {
		b.WriteString("\n\nAttempted: " + attempted + ".")
	}
	if e.RequestID != "" {
		b.WriteString("\nRequest id: " + e.RequestID + ".")
	}
	if hint := hint(e); hint != "" {
		b.WriteString("\n\n" + hint)
	}
	return b.String()
}

func answer(e *registry.Error) string {
	switch {
	case e.Status != 0:
		words := fmt.Sprintf("The registry answered HTTP %d", e.Status)
		if e.Code != "" {
			words += " " + e.Code
		}
		if e.Message != "" {
			words += ": " + e.Message
		}
		return sentence(words)
	case e.Message != "":
		return sentence(e.Message)
	case e.Err != nil:
		return sentence("The registry gave no answer: " + e.Err.Error())
	default:
		return "The registry gave no answer."
	}
}

// hint falls back to what usually helps with an error of this kind when the error brings no advice of its own.
func hint(e *registry.Error) string {
	if e.Hint != "" {
		return sentence(e.Hint)
	}
	switch e.Kind {
	case registry.KindUnauthorized:
		return "The provider's own credential was refused: it is wrong, expired or revoked. Renew it where it comes from " +
			"(access_token, username and password, or the environment)."
	case registry.KindForbidden:
		return "The provider's credential is valid but lacks the right. Managing accounts and tokens of others needs an " +
			"administrator's token; on Artifact Keeper that token must carry the scope admin or *."
	case registry.KindConflict:
		return "Something with this name exists already. Import it, or choose another name."
	case registry.KindRateLimited:
		return "The registry limits requests. Try again later, raise the resource's timeouts, or lower max_concurrent_requests."
	case registry.KindUnavailable:
		return "Nothing was changed as far as can be known. Check that the registry is up and reachable from here, then try again."
	case registry.KindUncertain:
		return "The request may or may not have taken effect. Run plan again to see which."
	case registry.KindWrongEndpoint:
		return "The answer did not come from the registry's API. Check the provider's url (host, port and path prefix), its " +
			"type, and any proxy or login page in between."
	case registry.KindNotFound, registry.KindInvalid, registry.KindUnsupported, registry.KindUnknown:
		return ""
	default:
		return ""
	}
}

func explainForeign(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "The time for this operation ran out. The resource's timeouts block can raise it."
	case errors.Is(err, context.Canceled):
		return "The operation was cancelled."
	default:
		return sentence(err.Error())
	}
}

// sentence makes error text, which starts small and ends bare by Go's custom, readable on its own.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "!") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
