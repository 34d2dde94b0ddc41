package identity

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func TestToAPI(t *testing.T) {
	t.Parallel()
	texts := func(values ...string) []attr.Value {
		list := make([]attr.Value, len(values))
		for i, value := range values {
			list[i] = types.StringValue(value)
		}
		return list
	}
	for name, c := range map[string]struct {
		config model
		want   person
	}{
		"defaults": {
			model{
				Username: types.StringValue("alice"), Email: types.StringValue("alice@example.com"),
				Match: types.ListNull(types.StringType), Override: types.MapNull(types.StringType),
			},
			person{Username: "alice", Email: "alice@example.com", Match: []string{byEmail, byUsername}, VerifyEmail: true},
		},
		"everything": {
			model{
				Username: types.StringValue("alice"), Match: types.ListValueMust(types.StringType, texts(byLocalPart, byEmail)),
				Override:    types.MapValueMust(types.StringType, map[string]attr.Value{"alice": types.StringValue("al")}),
				VerifyEmail: types.BoolValue(false), Scan: types.BoolValue(true),
			},
			person{Username: "alice", Match: []string{byLocalPart, byEmail}, Override: map[string]string{"alice": "al"}, Scan: true},
		},
	} {
		got, diags := c.config.ToAPI(t.Context())
		if diff := cmp.Diff(c.want, got); diags.HasError() || diff != "" {
			t.Errorf("%s (-want +got):\n%s%v", name, diff, diags)
		}
	}
}

func TestFromAPI(t *testing.T) {
	t.Parallel()
	match, override := types.ListNull(types.StringType), types.MapNull(types.StringType)
	m := model{Username: types.StringValue("Alice"), Email: types.StringValue("ALICE@example.com"), Match: match, Override: override}
	diags := m.FromAPI(t.Context(), found{
		User:      registry.User{ID: "42", Username: "alice", Email: "alice@example.com", Enabled: true},
		MatchedBy: byEmail,
	})
	want := model{
		Username: types.StringValue("Alice"), Email: types.StringValue("ALICE@example.com"),
		ID: types.StringValue("42"), RegistryUsername: types.StringValue("alice"), RegistryEmail: types.StringValue("alice@example.com"),
		Enabled: types.BoolValue(true), MatchedBy: types.StringValue(byEmail), Match: match, Override: override,
	}
	if diff := cmp.Diff(want, m); diags.HasError() || diff != "" {
		t.Errorf("FromAPI() (-want +got):\n%s%v", diff, diags)
	}
}
