package plugintest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Value makes a protocol value of Go values: strings, numbers, booleans, []string, []any and map[string]any. What a map
// leaves out of an object is null.
func Value(t tftypes.Type, v any) (tftypes.Value, error) {
	if v == nil {
		return tftypes.NewValue(t, nil), nil
	}
	switch t := t.(type) {
	case tftypes.Object:
		return objectValue(t, v)
	case tftypes.Map:
		return mapValue(t, v)
	case tftypes.Set:
		elements, err := listValue(t.ElementType, v)
		return tftypes.NewValue(t, elements), err
	case tftypes.List:
		elements, err := listValue(t.ElementType, v)
		return tftypes.NewValue(t, elements), err
	default:
		if err := tftypes.ValidateValue(t, v); err != nil {
			return tftypes.Value{}, err
		}
		return tftypes.NewValue(t, v), nil
	}
}

func objectValue(t tftypes.Object, v any) (tftypes.Value, error) {
	given, ok := v.(map[string]any)
	if !ok {
		return tftypes.Value{}, fmt.Errorf("%T cannot be an object", v)
	}
	for name := range given {
		if t.AttributeTypes[name] == nil {
			return tftypes.Value{}, fmt.Errorf("there is no attribute %q", name)
		}
	}
	attributes := make(map[string]tftypes.Value, len(t.AttributeTypes))
	for name, attributeType := range t.AttributeTypes {
		attribute, err := Value(attributeType, given[name])
		if err != nil {
			return tftypes.Value{}, fmt.Errorf("%s: %w", name, err)
		}
		attributes[name] = attribute
	}
	return tftypes.NewValue(t, attributes), nil
}

func mapValue(t tftypes.Map, v any) (tftypes.Value, error) {
	given, ok := v.(map[string]any)
	if !ok {
		return tftypes.Value{}, fmt.Errorf("%T cannot be a map", v)
	}
	elements := make(map[string]tftypes.Value, len(given))
	for name, one := range given {
		element, err := Value(t.ElementType, one)
		if err != nil {
			return tftypes.Value{}, fmt.Errorf("%s: %w", name, err)
		}
		elements[name] = element
	}
	return tftypes.NewValue(t, elements), nil
}

func listValue(t tftypes.Type, v any) ([]tftypes.Value, error) {
	var given []any
	switch v := v.(type) {
	case []any:
		given = v
	case []string:
		for _, one := range v {
			given = append(given, one)
		}
	default:
		return nil, fmt.Errorf("%T cannot be a list", v)
	}
	elements := make([]tftypes.Value, 0, len(given))
	for _, one := range given {
		element, err := Value(t, one)
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	return elements, nil
}

// dynamic writes values in wire form.
func dynamic(values ...tftypes.Value) ([]*tfprotov6.DynamicValue, error) {
	raw := make([]*tfprotov6.DynamicValue, 0, len(values))
	for _, v := range values {
		one, err := tfprotov6.NewDynamicValue(v.Type(), v)
		if err != nil {
			return nil, err
		}
		raw = append(raw, &one)
	}
	return raw, nil
}

// attributesOf copies the attributes of an object; those of a null object are null.
func attributesOf(v tftypes.Value) map[string]tftypes.Value {
	var attributes map[string]tftypes.Value
	if !v.IsNull() && v.IsKnown() && v.As(&attributes) == nil {
		return maps.Clone(attributes)
	}
	attributes = map[string]tftypes.Value{}
	if object, ok := v.Type().(tftypes.Object); ok {
		for name, t := range object.AttributeTypes {
			attributes[name] = tftypes.NewValue(t, nil)
		}
	}
	return attributes
}

// proposedNew is core's first guess at the new object: what is configured, and the prior value of what is computed
// (terraform, internal/plans/objchange). Blocks of this provider hold no computed value.
func proposedNew(block *tfprotov6.SchemaBlock, prior, config tftypes.Value) tftypes.Value {
	proposed := attributesOf(config)
	for name, v := range proposedAttributes(block.Attributes, prior, config) {
		proposed[name] = v
	}
	return tftypes.NewValue(config.Type(), proposed)
}

func proposedAttributes(schema []*tfprotov6.SchemaAttribute, prior, config tftypes.Value) map[string]tftypes.Value {
	before, given := attributesOf(prior), attributesOf(config)
	proposed := make(map[string]tftypes.Value, len(schema))
	for _, attribute := range schema {
		was, wish := before[attribute.Name], given[attribute.Name]
		switch {
		case attribute.Computed && wish.IsNull():
			proposed[attribute.Name] = was
		case attribute.NestedType != nil && attribute.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle && !wish.IsNull():
			proposed[attribute.Name] = tftypes.NewValue(wish.Type(), proposedAttributes(attribute.NestedType.Attributes, was, wish))
		default:
			proposed[attribute.Name] = wish
		}
	}
	return proposed
}

// action reads a plan: an object is replaced only for a value that changes.
func action(prior, planned tftypes.Value, requiresReplace []*tftypes.AttributePath) Action {
	switch {
	case prior.IsNull():
		return Create
	case prior.Equal(planned):
		return NoOp
	case slices.ContainsFunc(requiresReplace, func(path *tftypes.AttributePath) bool { return changes(prior, planned, path) }):
		return Replace
	default:
		return Update
	}
}

func changes(prior, planned tftypes.Value, path *tftypes.AttributePath) bool {
	was, _, errWas := tftypes.WalkAttributePath(prior, path)
	will, _, errWill := tftypes.WalkAttributePath(planned, path)
	before, okBefore := was.(tftypes.Value)
	after, okAfter := will.(tftypes.Value)
	if errWas != nil || errWill != nil || !okBefore || !okAfter {
		return true
	}
	return !before.Equal(after)
}

// deviation finds where a result differs from what was planned as known; "" when it keeps to the plan.
func deviation(planned, made tftypes.Value) string {
	if !planned.IsKnown() || planned.Equal(made) {
		return ""
	}
	if planned.IsFullyKnown() || planned.IsNull() || made.IsNull() {
		diffs, err := planned.Diff(made)
		if err != nil || len(diffs) == 0 {
			return "the whole value"
		}
		return diffs[0].Path.String()
	}
	switch planned.Type().(type) {
	case tftypes.Object, tftypes.Map:
		before, after := map[string]tftypes.Value{}, map[string]tftypes.Value{}
		if planned.As(&before) != nil || made.As(&after) != nil || len(before) != len(after) {
			return "its keys"
		}
		for name, v := range before {
			if path := deviation(v, after[name]); path != "" {
				return name + ": " + path
			}
		}
	case tftypes.List, tftypes.Tuple, tftypes.Set:
		var before, after []tftypes.Value
		if planned.As(&before) != nil || made.As(&after) != nil || len(before) != len(after) {
			return "its length"
		}
	}
	return ""
}
