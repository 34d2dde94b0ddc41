package token

import (
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func TestExpiryIsNeverAnAccident(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   tfkit.Duration
		want registry.Expiry
	}{
		{tfkit.NullDuration(), registry.Expiry{Duration: 30 * tfkit.Day}},
		{tfkit.NewDuration("12h"), registry.Expiry{Duration: 12 * time.Hour}},
		{tfkit.NewDuration("never"), registry.Expiry{Never: true}},
		{tfkit.NewDuration("default"), registry.Expiry{ServerDefault: true}},
	} {
		if got, err := expiry(c.in); err != nil || got != c.want {
			t.Errorf("%s gives %+v, %v; want %+v", c.in, got, err, c.want)
		}
	}
	for _, text := range []string{"", "0", "0d", "-1", "Never", "forever"} {
		if got, err := expiry(tfkit.NewDuration(text)); err == nil {
			t.Errorf("%q gives %+v, want an error", text, got)
		}
	}
}

func TestCheckExpiry(t *testing.T) {
	t.Parallel()
	seconds := &registry.Registry{Server: registry.Server{Type: registry.Artifactory}}
	days := &registry.Registry{Server: registry.Server{Type: registry.ArtifactKeeper}, Capabilities: registry.Capabilities{WholeDayExpiry: true}}
	for _, c := range []struct {
		reg   *registry.Registry
		wish  registry.Expiry
		fails string
	}{
		{seconds, registry.Expiry{Duration: time.Hour}, ""},
		{seconds, registry.Expiry{ServerDefault: true}, ""},
		{days, registry.Expiry{Duration: tfkit.Day}, ""},
		{days, registry.Expiry{Never: true}, ""},
		{days, registry.Expiry{Duration: 12 * time.Hour}, "whole days"},
		{days, registry.Expiry{Duration: 36 * time.Hour}, "whole days"},
		{days, registry.Expiry{ServerDefault: true}, "never expires"},
		{days, registry.Expiry{Duration: 3651 * tfkit.Day}, "3650"},
	} {
		err := checkExpiry(c.reg, c.wish)
		if (err == nil) != (c.fails == "") || (err != nil && !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%s, %+v: %v, want %q", c.reg.Server.Type, c.wish, err, c.fails)
		}
	}
}

func TestCheckRotation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wish   registry.Expiry
		before time.Duration
		good   bool
	}{
		{registry.Expiry{Duration: tfkit.Day}, time.Hour, true},
		{registry.Expiry{Duration: tfkit.Day}, tfkit.Day, false},
		{registry.Expiry{Duration: tfkit.Day}, 2 * tfkit.Day, false},
		{registry.Expiry{Never: true}, time.Hour, false},
		{registry.Expiry{Never: true}, 0, true},
		{registry.Expiry{ServerDefault: true}, tfkit.Day, true},
	} {
		if err := checkRotation(c.wish, c.before); (err == nil) != c.good {
			t.Errorf("%+v rotated %s before: %v", c.wish, c.before, err)
		}
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		end    time.Time
		before time.Duration
		want   bool
	}{
		{time.Time{}, tfkit.Day, false},
		{now.Add(tfkit.Day), 0, false},
		{now.Add(tfkit.Day), time.Hour, false},
		{now.Add(tfkit.Day), tfkit.Day, true},
		{now.Add(tfkit.Day), 2 * tfkit.Day, true},
		{now, 0, true},
		{now.Add(-time.Second), 0, true},
	} {
		if got := due(c.end, c.before, now); got != c.want {
			t.Errorf("end %s, rotated %s before: due %t, want %t", c.end, c.before, got, c.want)
		}
	}
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		end  time.Time
		want tfkit.Duration
	}{
		{time.Time{}, tfkit.NewDuration("never")},
		{now.Add(30 * tfkit.Day), tfkit.NewDuration("30d")},
		{now.Add(36 * time.Hour), tfkit.NewDuration("36h")},
		{now.Add(90 * time.Minute), tfkit.NewDuration("90m")},
		{now.Add(61*time.Second + 300*time.Millisecond), tfkit.NewDuration("61s")},
		{now, tfkit.NullDuration()},
	} {
		if got := lifetime(registry.Token{IssuedAt: now, ExpiresAt: c.end}); !got.Equal(c.want) {
			t.Errorf("until %s is %s, want %s", c.end, got, c.want)
		}
	}
}
