package tfkit_test

import (
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func TestWriteOnlyToSend(t *testing.T) {
	t.Parallel()
	none, one, two := types.Int64Null(), types.Int64Value(1), types.Int64Value(2)
	secret := types.StringValue("s3cret")
	for _, c := range []struct {
		name string
		in   tfkit.WriteOnly
		send bool
		err  error
	}{
		{"no version", tfkit.WriteOnly{Value: secret, Planned: none, Prior: none}, false, nil},
		{"same version", tfkit.WriteOnly{Value: secret, Planned: one, Prior: one}, false, nil},
		{"raised", tfkit.WriteOnly{Value: secret, Planned: two, Prior: one}, true, nil},
		{"lowered", tfkit.WriteOnly{Value: secret, Planned: one, Prior: two}, true, nil},
		{"first version of our own object", tfkit.WriteOnly{Value: secret, Planned: one, Prior: none}, true, nil},
		{"first version after an import", tfkit.WriteOnly{Value: secret, Planned: one, Prior: none, Adopted: true}, false, nil},
		{"second version after an import", tfkit.WriteOnly{Value: secret, Planned: two, Prior: one, Adopted: true}, true, nil},
		{"version taken out", tfkit.WriteOnly{Value: secret, Planned: none, Prior: one}, false, nil},
		{"unknown version", tfkit.WriteOnly{Value: secret, Planned: types.Int64Unknown(), Prior: one}, false, nil},
		{"raised without a value", tfkit.WriteOnly{Value: types.StringNull(), Planned: two, Prior: one}, false, tfkit.ErrNoValue},
		{"raised with an empty value", tfkit.WriteOnly{Value: types.StringValue(""), Planned: two, Prior: one}, false, tfkit.ErrNoValue},
	} {
		got, send, err := c.in.ToSend()
		if send != c.send || !errors.Is(err, c.err) {
			t.Errorf("%s: send %t, %v; want %t, %v", c.name, send, err, c.send, c.err)
		}
		if send && got.Reveal() != "s3cret" {
			t.Errorf("%s: another value would be sent", c.name)
		}
	}
}
