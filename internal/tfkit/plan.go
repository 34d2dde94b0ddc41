package tfkit

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ReplaceIfKnownDiffers replaces the object when a value that state knows changes. Unlike the framework's modifier it
// does not replace an imported object whose value the registry does not tell, and it compares durations by length.
func ReplaceIfKnownDiffers() planmodifier.String {
	const why = "Changing this value replaces the object. A value that is not in the state, as after an import, is taken over as it is."
	return stringplanmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !req.StateValue.IsNull() && !sameLength(req.StateValue, req.PlanValue)
		}, why, why)
}

func sameLength(a, b types.String) bool {
	return Duration{StringValue: a}.SameLength(Duration{StringValue: b})
}
