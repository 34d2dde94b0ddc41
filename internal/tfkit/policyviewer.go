package tfkit

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// XrayPolicies are the two role flags of Artifactory's users and groups that hang together: whoever manages Xray policies
// sees them.
type XrayPolicies struct{ Manager, Viewer types.Bool }

var policyViewer = path.Root("artifactory").AtName("policy_viewer")

// Check refuses a configuration of a manager who is no viewer.
func (p XrayPolicies) Check(diags *diag.Diagnostics) {
	if p.Manager.ValueBool() && IsSet(p.Viewer) && !p.Viewer.ValueBool() {
		diags.AddAttributeError(policyViewer, "policy_manager implies policy_viewer",
			"Artifactory makes every policy manager a policy viewer. Leave policy_viewer out, or set it to true.")
	}
}

// Plan leaves policy_viewer, where the configuration does, to the server while policy_manager is being switched on.
func (p XrayPolicies) Plan(ctx context.Context, wasManager types.Bool, plan *tfsdk.Plan) diag.Diagnostics {
	if !p.Manager.ValueBool() || !p.Viewer.IsNull() || wasManager.ValueBool() {
		return nil
	}
	return plan.SetAttribute(ctx, policyViewer, types.BoolUnknown())
}
