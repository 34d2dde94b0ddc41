package membership

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]edge{
		"developers/alice":        {"developers", "alice"},
		"team/backend/alice":      {"team/backend", "alice"},
		"all people/a@b.example":  {"all people", "a@b.example"},
		"développeurs/élise":      {"développeurs", "élise"},
		"trailing slash //alice2": {"trailing slash /", "alice2"},
	} {
		got, err := parseID(id)
		if err != nil || got != want {
			t.Errorf("parseID(%q) = %+v, %v", id, got, err)
		}
		if got.id() != id {
			t.Errorf("%+v has id %q, want %q", got, got.id(), id)
		}
	}
	for _, id := range []string{"", "/", "developers", "developers/", "/alice"} {
		if got, err := parseID(id); err == nil {
			t.Errorf("parseID(%q) = %+v without an error", id, got)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("developers/alice")
	f.Add("a/b/c")
	f.Fuzz(func(t *testing.T, id string) {
		got, err := parseID(id)
		if err == nil && (got.id() != id || got.group == "" || got.username == "") {
			t.Errorf("parseID(%q) = %+v", id, got)
		}
	})
}

func TestEdgeModelConversions(t *testing.T) {
	t.Parallel()
	m := edgeModel{Group: types.StringValue("Developers"), Username: types.StringValue("alice")}
	api, diags := m.ToAPI(t.Context())
	if diags.HasError() || api != (edge{"Developers", "alice"}) {
		t.Errorf("ToAPI() = %+v, %v", api, diags)
	}
	// The spelling of the configuration stays where registries fold case.
	diags = m.FromAPI(t.Context(), registry.Group{ID: "42", Name: "developers"})
	want := edgeModel{
		ID: types.StringValue("Developers/alice"), Group: types.StringValue("Developers"), GroupID: types.StringValue("42"),
		Username: types.StringValue("alice"),
	}
	if diff := cmp.Diff(want, m); diags.HasError() || diff != "" {
		t.Errorf("FromAPI() (-want +got):\n%s%v", diff, diags)
	}
	_ = m.FromAPI(t.Context(), registry.Group{ID: "42", Name: "engineers"})
	if m.Group.ValueString() != "engineers" || m.ID.ValueString() != "engineers/alice" {
		t.Errorf("a renamed group shows as %v", m)
	}
}

func TestSetModelConversions(t *testing.T) {
	t.Parallel()
	var m setModel
	diags := m.FromAPI(t.Context(), registry.Group{ID: "42", Name: "developers", Members: []string{"bob", "alice"}})
	if diags.HasError() || m.ID.ValueString() != "42" || m.Group.ValueString() != "developers" {
		t.Errorf("FromAPI() = %+v, %v", m, diags)
	}
	members, diags := m.ToAPI(t.Context())
	if diff := cmp.Diff([]string{"alice", "bob"}, members); diags.HasError() || diff != "" {
		t.Errorf("ToAPI() (-want +got):\n%s%v", diff, diags)
	}
	// Nobody is an empty set, never null: the attribute is required.
	_ = m.FromAPI(t.Context(), registry.Group{ID: "42", Name: "developers"})
	if m.Members.IsNull() || len(m.Members.Elements()) != 0 {
		t.Errorf("an empty group shows as %v", m.Members)
	}
}
