package token

import (
	"errors"
	"fmt"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

// The words that expires_in understands besides durations, and its default.
const (
	expiresNever     = "never"
	expiresDefault   = "default"
	defaultExpiresIn = "30d"
)

var expiresInType = tfkit.DurationType{Words: []string{expiresNever, expiresDefault}}

// maxDays is where Artifact Keeper silently cuts a lifetime.
const maxDays = 3650

// expiry turns expires_in into the domain's terms. Null means the default of this provider, never "no expiry".
func expiry(in tfkit.Duration) (registry.Expiry, error) {
	text := defaultExpiresIn
	if tfkit.IsSet(in) {
		text = in.ValueString()
	}
	switch text {
	case expiresNever:
		return registry.Expiry{Never: true}, nil
	case expiresDefault:
		return registry.Expiry{ServerDefault: true}, nil
	}
	length, err := tfkit.ParseDuration(text)
	return registry.Expiry{Duration: length}, err
}

// checkExpiry applies the registry's own rules to a wish for a lifetime.
func checkExpiry(reg *registry.Registry, wish registry.Expiry) error {
	if !reg.Capabilities.WholeDayExpiry || wish.Never {
		return nil
	}
	title := reg.Server.Type.Title()
	switch {
	case wish.ServerDefault:
		return fmt.Errorf("%s has no default lifetime: a token minted without one never expires. Name a duration such as "+
			"30d, or write never if that is meant", title)
	case wish.Duration%tfkit.Day != 0:
		return fmt.Errorf("%s counts a token's lifetime in whole days, and %s is no whole number of days. Write for example "+
			"1d or 30d", title, wish.Duration)
	case wish.Duration > maxDays*tfkit.Day:
		return fmt.Errorf("%s cuts a token's lifetime at %d days. Write at most %dd", title, maxDays, maxDays)
	default:
		return nil
	}
}

// checkRotation refuses a rotate_before that would make a new token due at once. It says nothing about lifetimes that
// only the server knows.
func checkRotation(wish registry.Expiry, before time.Duration) error {
	switch {
	case before == 0 || wish.ServerDefault:
		return nil
	case wish.Never:
		return errors.New("a token that never expires has no end before which to rotate it. Leave out rotate_before, or " +
			"give expires_in a duration")
	case before >= wish.Duration:
		return fmt.Errorf("rotate_before must be shorter than the token's lifetime of %s; otherwise every plan would replace "+
			"the token", formatDuration(wish.Duration))
	default:
		return nil
	}
}

// due decides whether a token with this end must be replaced, as far as time tells.
func due(expiresAt time.Time, before time.Duration, now time.Time) bool {
	return !expiresAt.IsZero() && !now.Add(before).Before(expiresAt)
}

// lifetime writes a token's length the way a configuration would: whole days where possible.
func lifetime(token registry.Token) tfkit.Duration {
	switch {
	case token.ExpiresAt.IsZero():
		return tfkit.NewDuration(expiresNever)
	case token.IssuedAt.IsZero() || !token.ExpiresAt.After(token.IssuedAt):
		return tfkit.NullDuration()
	default:
		return tfkit.NewDuration(formatDuration(token.ExpiresAt.Sub(token.IssuedAt).Round(time.Second)))
	}
}

func formatDuration(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{tfkit.Day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d%unit.length == 0 {
			return fmt.Sprintf("%d%s", d/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
