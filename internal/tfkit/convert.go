package tfkit

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// IsSet reports whether a value is there: neither null nor unknown. The domain knows only "given" and "not given", and a
// value that is not known yet has not been given.
func IsSet(v attr.Value) bool { return !v.IsNull() && !v.IsUnknown() }

// BoolPointer gives nil for null and unknown.
func BoolPointer(v types.Bool) *bool {
	if !IsSet(v) {
		return nil
	}
	return v.ValueBoolPointer()
}

// StringPointer gives nil for null and unknown.
func StringPointer(v types.String) *string {
	if !IsSet(v) {
		return nil
	}
	return v.ValueStringPointer()
}

// ChangedString gives the planned value when it is set and differs from what the registry has.
func ChangedString(planned types.String, current string) *string {
	if !IsSet(planned) || planned.ValueString() == current {
		return nil
	}
	return planned.ValueStringPointer()
}

// ChangedBool gives the planned value when it is set and differs from what the registry has.
func ChangedBool(planned types.Bool, current bool) *bool {
	if !IsSet(planned) || planned.ValueBool() == current {
		return nil
	}
	return planned.ValueBoolPointer()
}

// StringOrNull makes an empty string null: the registries do not tell "empty" from "absent".
func StringOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// PreserveEmpty is StringOrNull for an attribute that a configuration may set to "": what state says stays as long as the
// registry says nothing else.
func PreserveEmpty(prior types.String, s string) types.String {
	if s == "" && IsSet(prior) && prior.ValueString() == "" {
		return prior
	}
	return StringOrNull(s)
}

// SameText keeps a value that differs from the registry's in the case of ASCII letters only, which registries fold.
func SameText(prior types.String, s string) types.String {
	if IsSet(prior) && registry.EqualFoldASCII(prior.ValueString(), s) {
		return prior
	}
	return types.StringValue(s)
}

// TimeOrNull formats a time as RFC 3339 in UTC; the zero time is null.
func TimeOrNull(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

// ParseTime reads what TimeOrNull wrote; null, unknown and foreign text are the zero time.
func ParseTime(v types.String) time.Time {
	t, err := time.Parse(time.RFC3339, v.ValueString())
	if err != nil {
		return time.Time{}
	}
	return t
}

// StringSet makes a set value; nil stays null, empty stays empty.
func StringSet(ctx context.Context, values []string) (types.Set, diag.Diagnostics) {
	if values == nil {
		return types.SetNull(types.StringType), nil
	}
	return types.SetValueFrom(ctx, types.StringType, values)
}

// Strings gives a set's values, sorted; nil for null and unknown.
func Strings(ctx context.Context, set types.Set) ([]string, diag.Diagnostics) {
	if !IsSet(set) {
		return nil, nil
	}
	values := make([]string, 0, len(set.Elements()))
	diags := set.ElementsAs(ctx, &values, false)
	slices.Sort(values)
	return values, diags
}

// StringSetMapType is the type of a map from a name to a set of strings.
var StringSetMapType = types.MapType{ElemType: types.SetType{ElemType: types.StringType}}

// StringSetMap makes a map value; nil stays null, empty stays empty.
func StringSetMap(ctx context.Context, values map[string][]string) (types.Map, diag.Diagnostics) {
	if values == nil {
		return types.MapNull(StringSetMapType.ElemType), nil
	}
	return types.MapValueFrom(ctx, StringSetMapType.ElemType, values)
}

// StringSets gives a map's values with sorted sets; nil for null and unknown.
func StringSets(ctx context.Context, m types.Map) (map[string][]string, diag.Diagnostics) {
	if !IsSet(m) {
		return nil, nil
	}
	values := make(map[string][]string, len(m.Elements()))
	diags := m.ElementsAs(ctx, &values, false)
	for _, name := range slices.Collect(maps.Keys(values)) {
		slices.Sort(values[name])
	}
	return values, diags
}

// Difference splits two sets of strings into what must be added to and removed from current to reach desired.
func Difference(current, desired []string) (add, remove []string) {
	for _, v := range desired {
		if !slices.Contains(current, v) {
			add = append(add, v)
		}
	}
	for _, v := range current {
		if !slices.Contains(desired, v) {
			remove = append(remove, v)
		}
	}
	return add, remove
}
