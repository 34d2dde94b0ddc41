package transport

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// subsystem is the name under which requests appear in Terraform's log. Its level can be set apart with
// TF_LOG_PROVIDER_REGISTRY.
const subsystem = "registry"

func withLogger(ctx context.Context) context.Context {
	return tflog.NewSubsystem(ctx, subsystem, tflog.WithLevelFromEnv("TF_LOG_PROVIDER", subsystem))
}

// logAttempt notes one attempt: never a header, a query, a body, or a path with values in it.
func logAttempt(ctx context.Context, p *prepared, a Attempt, o outcome) {
	fields := map[string]any{
		"method": a.Method, "path": a.Path, "attempt": a.Number, "duration_ms": a.Duration.Milliseconds(),
	}
	if o.err != nil {
		fields["error"] = p.mask.text(causeText(o.err))
		tflog.SubsystemDebug(ctx, subsystem, "The registry did not answer", fields)
		return
	}
	fields["status"] = a.Status
	if id := o.answer.requestID(); id != "" {
		fields["request_id"] = p.mask.id(id)
	}
	tflog.SubsystemDebug(ctx, subsystem, "The registry answered", fields)
}

func logWait(ctx context.Context, p *prepared, number int, wait time.Duration) {
	tflog.SubsystemDebug(ctx, subsystem, "Waiting before the next attempt", map[string]any{
		"method": p.Method, "path": p.Path, "attempt": number, "wait_ms": wait.Milliseconds(),
	})
}

// bareCredential is an Authorization value without its scheme, as an answer might repeat it.
func bareCredential(authorization registry.Secret) registry.Secret {
	_, value, _ := strings.Cut(authorization.Reveal(), " ")
	return registry.NewSecret(value)
}
