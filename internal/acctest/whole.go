package acctest

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// updated notes which arguments of a resource the plans of a test change in place.
type updated struct {
	address string
	names   map[string]bool
}

var _ plancheck.PlanCheck = (*updated)(nil)

// CheckPlan implements plancheck.PlanCheck.
func (u *updated) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, _ *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address == u.address {
			u.note(change.Change)
		}
	}
}

func (u *updated) note(change *tfjson.Change) {
	before, _ := change.Before.(map[string]any)
	after, _ := change.After.(map[string]any)
	for name := range after {
		if !reflect.DeepEqual(before[name], after[name]) {
			u.names[name] = true
		}
	}
	for name := range before {
		if _, still := after[name]; !still {
			u.names[name] = true
		}
	}
}

// checkWhole makes sure that a life changes every argument of its resource in place but those that it names with a
// reason, and that it sees the object disappear.
func (life Lifecycle) checkWhole(t *testing.T, u *updated) {
	t.Helper()
	typeName, _, _ := strings.Cut(life.Address, ".")
	schemas, err := newServer().GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	arguments := map[string]bool{}
	for _, a := range schemas.ResourceSchemas[typeName].Block.Attributes {
		if a.Required || a.Optional {
			arguments[a.Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		switch reason := life.Rest[name]; {
		case u.names[name] && reason != "":
			t.Errorf("%s is changed in place, and Rest says: %s", name, reason)
		case !u.names[name] && reason == "":
			t.Errorf("no update changes %s, and Rest does not say why", name)
		}
	}
	for name := range life.Rest {
		if !arguments[name] {
			t.Errorf("Rest names %s, which is no argument of %s", name, typeName)
		}
	}
	if !slices.ContainsFunc(life.Drifts, func(d Drift) bool { return d.Expect != plancheck.ResourceActionUpdate }) {
		t.Error("no drift takes the object away")
	}
}
