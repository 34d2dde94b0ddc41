package tfkit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Day is what `d` means in a duration: exactly 24 hours, as the registries count.
const Day = 24 * time.Hour

// ParseDuration reads `12h`, `30d`, `1d12h`, `90m`: Go's durations plus days (`d`) and weeks (`w`). Whole seconds only,
// and more than zero: neither registry knows anything shorter, and zero would mean "never" to one of them.
func ParseDuration(s string) (time.Duration, error) {
	rest := strings.TrimSpace(s)
	if rest == "" {
		return 0, errors.New("the duration is empty")
	}
	var total time.Duration
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if digits == 0 {
			return 0, fmt.Errorf("%q is no duration; write for example 12h, 30d or 1d12h", s)
		}
		number, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is too long", s)
		}
		rest = rest[digits:]
		unit, ok := durationUnits[prefixUnit(rest)]
		if !ok {
			return 0, fmt.Errorf("%q is no duration; the units are s, m, h, d and w, for example 12h, 30d or 1d12h", s)
		}
		rest = rest[len(prefixUnit(rest)):]
		if number > (math.MaxInt64-int64(total))/int64(unit) {
			return 0, fmt.Errorf("%q is too long", s)
		}
		total += time.Duration(number) * unit
	}
	if total <= 0 {
		return 0, fmt.Errorf("%q is no time at all; the duration must be longer than zero", s)
	}
	return total, nil
}

var durationUnits = map[string]time.Duration{
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": Day, "w": 7 * Day,
}

func prefixUnit(s string) string {
	if s == "" {
		return ""
	}
	return s[:1]
}

// DurationType is a string type whose values are equal when they mean the same length: 720h is 30d.
type DurationType struct {
	basetypes.StringType
	// Words are accepted besides durations, such as "never". They only equal themselves.
	Words []string
}

var _ basetypes.StringTypable = DurationType{}

// Equal implements attr.Type.
func (t DurationType) Equal(o attr.Type) bool {
	_, ok := o.(DurationType)
	return ok
}

// String implements attr.Type.
func (t DurationType) String() string { return "tfkit.DurationType" }

// ValueFromString implements basetypes.StringTypable.
func (t DurationType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return Duration{StringValue: in, words: t.Words}, nil
}

// ValueFromTerraform implements attr.Type.
func (t DurationType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	s, ok := value.(basetypes.StringValue)
	if !ok {
		return nil, fmt.Errorf("expected a string value, got %T", value)
	}
	return Duration{StringValue: s, words: t.Words}, nil
}

// ValueType implements attr.Type.
func (t DurationType) ValueType(context.Context) attr.Value { return Duration{words: t.Words} }

// Duration is a value of DurationType.
type Duration struct {
	basetypes.StringValue
	words []string
	own   bool // made by this provider, which knows its words: there is nobody to tell that they are wrong
}

var (
	_ basetypes.StringValuableWithSemanticEquals = Duration{}
	_ xattr.ValidateableAttribute                = Duration{}
)

// NewDuration makes a known value. It may be a word of the attribute it is for.
func NewDuration(s string) Duration {
	return Duration{StringValue: basetypes.NewStringValue(s), own: true}
}

// NullDuration makes a null value.
func NullDuration() Duration { return Duration{StringValue: basetypes.NewStringNull()} }

// Type implements attr.Value.
func (d Duration) Type(context.Context) attr.Type { return DurationType{Words: d.words} }

// Equal implements attr.Value.
func (d Duration) Equal(o attr.Value) bool {
	other, ok := o.(Duration)
	return ok && d.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals implements basetypes.StringValuableWithSemanticEquals.
func (d Duration) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	other, ok := o.(Duration)
	return ok && d.SameLength(other), nil
}

// SameLength reports whether both values mean the same: equal text, or durations of equal length.
func (d Duration) SameLength(other Duration) bool {
	if d.StringValue.Equal(other.StringValue) {
		return true
	}
	if !IsSet(d) || !IsSet(other) {
		return false
	}
	a, errA := ParseDuration(d.ValueString())
	b, errB := ParseDuration(other.ValueString())
	return errA == nil && errB == nil && a == b
}

// Length gives the duration; zero for null, unknown, words and text that is none.
func (d Duration) Length() time.Duration {
	if !IsSet(d) {
		return 0
	}
	length, err := ParseDuration(d.ValueString())
	if err != nil {
		return 0
	}
	return length
}

// ValidateAttribute implements xattr.ValidateableAttribute.
func (d Duration) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if !IsSet(d) || d.own {
		return
	}
	for _, word := range d.words {
		if d.ValueString() == word {
			return
		}
	}
	if _, err := ParseDuration(d.ValueString()); err != nil {
		detail := sentence(err.Error())
		if len(d.words) > 0 {
			detail += fmt.Sprintf(" The words %s are understood too.", strings.Join(d.words, " and "))
		}
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration", detail)
	}
}
