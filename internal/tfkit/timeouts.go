package tfkit

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ReadTimeout is how long a data source may take that has no timeouts block.
const ReadTimeout = 5 * time.Minute

// TimeoutOpts describes a timeouts block with all four operations and one default.
func TimeoutOpts(fallback string) timeouts.Opts {
	describe := func(what string) string {
		return fmt.Sprintf("How long %s may take in all, retries included, as a duration such as `%s` (the default).", what, fallback)
	}
	return timeouts.Opts{
		Create: true, Read: true, Update: true, Delete: true,
		CreateDescription: describe("creating"), ReadDescription: describe("refreshing"),
		UpdateDescription: describe("updating"), DeleteDescription: describe("deleting"),
	}
}

// NullTimeouts is the value of a timeouts block that nobody wrote, for states that do not come from a plan.
func NullTimeouts(operations ...string) timeouts.Value {
	attributes := make(map[string]attr.Type, len(operations))
	for _, operation := range operations {
		attributes[operation] = types.StringType
	}
	return timeouts.Value{Object: types.ObjectNull(attributes)}
}
