package tfkit_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"pgregory.net/rapid"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func TestUnknownIsNotGiven(t *testing.T) {
	t.Parallel()
	if tfkit.BoolPointer(types.BoolUnknown()) != nil || tfkit.BoolPointer(types.BoolNull()) != nil || tfkit.BoolPointer(types.BoolValue(false)) == nil {
		t.Error("BoolPointer confuses unknown, null and false")
	}
	if tfkit.StringPointer(types.StringUnknown()) != nil || tfkit.StringPointer(types.StringNull()) != nil || tfkit.StringPointer(types.StringValue("")) == nil {
		t.Error("StringPointer confuses unknown, null and empty")
	}
	if got, _ := tfkit.Strings(t.Context(), types.SetUnknown(types.StringType)); got != nil {
		t.Errorf("an unknown set gives %v", got)
	}
	if got, _ := tfkit.StringSets(t.Context(), types.MapUnknown(tfkit.StringSetMapType.ElemType)); got != nil {
		t.Errorf("an unknown map gives %v", got)
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	if tfkit.ChangedString(types.StringValue("a"), "a") != nil || tfkit.ChangedString(types.StringUnknown(), "a") != nil || *tfkit.ChangedString(types.StringValue(""), "a") != "" {
		t.Error("ChangedString sends what did not change, or keeps what did")
	}
	if tfkit.ChangedBool(types.BoolValue(false), false) != nil || tfkit.ChangedBool(types.BoolNull(), true) != nil || *tfkit.ChangedBool(types.BoolValue(false), true) {
		t.Error("ChangedBool sends what did not change, or keeps what did")
	}
}

func TestEmptyAndNull(t *testing.T) {
	t.Parallel()
	if !tfkit.PreserveEmpty(types.StringNull(), "").IsNull() || tfkit.PreserveEmpty(types.StringValue(""), "").IsNull() || tfkit.PreserveEmpty(types.StringValue(""), "x").ValueString() != "x" {
		t.Error("PreserveEmpty loses what the configuration says")
	}
	if tfkit.SameText(types.StringValue("A@x"), "a@x").ValueString() != "A@x" || tfkit.SameText(types.StringValue("\u212A"), "k").ValueString() != "k" {
		t.Error("SameText keeps a value that is another one, or loses the configuration's case")
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	if !tfkit.ParseTime(tfkit.TimeOrNull(now)).Equal(now) || !tfkit.TimeOrNull(time.Time{}).IsNull() || !tfkit.ParseTime(types.StringValue("soon")).IsZero() {
		t.Error("times do not survive the state")
	}
}

func TestDifferenceReachesDesired(t *testing.T) {
	t.Parallel()
	names := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), rapid.ID[string])
	rapid.Check(t, func(r *rapid.T) {
		current, desired := names.Draw(r, "current"), names.Draw(r, "desired")
		add, remove := tfkit.Difference(current, desired)
		var got []string
		for _, v := range current {
			if !slices.Contains(remove, v) {
				got = append(got, v)
			}
		}
		got = append(got, add...)
		slices.Sort(got)
		slices.Sort(desired)
		if !slices.Equal(got, desired) {
			r.Errorf("%v with +%v -%v is %v, want %v", current, add, remove, got, desired)
		}
	})
}
