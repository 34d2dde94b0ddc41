package tfkit_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"pgregory.net/rapid"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	good := map[string]time.Duration{
		"12h": 12 * time.Hour, "30d": 30 * tfkit.Day, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute, "2w": 14 * tfkit.Day,
		"1s": time.Second, " 1d ": tfkit.Day, "0d1h": time.Hour,
	}
	for text, want := range good {
		if got, err := tfkit.ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", " ", "0", "0s", "0d", "-1d", "+1d", "1", "d", "1.5h", "1y", "1h30", "1 d", "500ms", "99999999999999999999d", "9223372036854775807s", "106752d", "never", "1D",
	} {
		if got, err := tfkit.ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"12h", "30d", "1d12h", "", "-1d", "99999999999999999999d", "1h1h1h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		length, err := tfkit.ParseDuration(text)
		if err == nil && (length <= 0 || length%time.Second != 0) {
			t.Errorf("ParseDuration(%q) = %v, which is no positive number of whole seconds", text, length)
		}
	})
}

func TestDurationSameLength(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b tfkit.Duration
		want bool
	}{
		{tfkit.NewDuration("30d"), tfkit.NewDuration("720h"), true},
		{tfkit.NewDuration("1d"), tfkit.NewDuration("25h"), false},
		{tfkit.NewDuration("never"), tfkit.NewDuration("never"), true},
		{tfkit.NewDuration("never"), tfkit.NewDuration("default"), false},
		{tfkit.NullDuration(), tfkit.NullDuration(), true},
		{tfkit.NullDuration(), tfkit.NewDuration("30d"), false},
	} {
		if got := c.a.SameLength(c.b); got != c.want {
			t.Errorf("%s and %s have the same length: %t, want %t", c.a, c.b, got, c.want)
		}
		if got, _ := c.a.StringSemanticEquals(t.Context(), c.b); got != c.want {
			t.Errorf("%s and %s are semantically equal: %t, want %t", c.a, c.b, got, c.want)
		}
	}
}

func TestDurationLengthIsSymmetric(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.StringMatching(`[0-9]{1,4}[smhdw]([0-9]{1,3}[smhdw])?`), rapid.String())
	rapid.Check(t, func(r *rapid.T) {
		a, b := tfkit.NewDuration(text.Draw(r, "a")), tfkit.NewDuration(text.Draw(r, "b"))
		if a.SameLength(b) != b.SameLength(a) || !a.SameLength(a) {
			r.Errorf("%s and %s are not compared symmetrically", a, b)
		}
	})
}

func TestDurationValidation(t *testing.T) {
	t.Parallel()
	withWords := tfkit.DurationType{Words: []string{"never"}}
	for _, c := range []struct {
		of   tfkit.DurationType
		text string
		good bool
	}{
		{withWords, "never", true},
		{withWords, "30d", true},
		{withWords, "default", false},
		{tfkit.DurationType{}, "never", false},
		{tfkit.DurationType{}, "-1d", false},
	} {
		value, _ := c.of.ValueFromString(t.Context(), tfkit.NewDuration(c.text).StringValue)
		checked, ok := value.(xattr.ValidateableAttribute)
		if !ok {
			t.Fatalf("%T validates nothing", value)
		}
		var resp xattr.ValidateAttributeResponse
		checked.ValidateAttribute(t.Context(), xattr.ValidateAttributeRequest{Path: path.Root("x")}, &resp)
		if resp.Diagnostics.HasError() == c.good {
			t.Errorf("%q: %v", c.text, resp.Diagnostics)
		}
	}
}
