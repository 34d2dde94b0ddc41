package repository

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func TestFromAPI(t *testing.T) {
	t.Parallel()
	m := model{Description: types.StringValue("of another repository")}
	diags := m.FromAPI(t.Context(), registry.Repository{
		ID: "42", Key: "npm-private", PackageType: "npm", Kind: "local", Public: true, URL: "https://r.example.com/npm/npm-private",
	})
	want := model{
		ID: types.StringValue("42"), Key: types.StringValue("npm-private"), PackageType: types.StringValue("npm"), Kind: types.StringValue("local"),
		Description: types.StringNull(), Public: types.BoolValue(true), URL: types.StringValue("https://r.example.com/npm/npm-private"),
	}
	if diff := cmp.Diff(want, m); diags.HasError() || diff != "" {
		t.Errorf("FromAPI() (-want +got):\n%s%v", diff, diags)
	}
}

func TestListFromAPISorts(t *testing.T) {
	t.Parallel()
	in := []registry.Repository{{ID: "2", Key: "pypi"}, {ID: "1", Key: "go"}}
	var m listModel
	diags := m.FromAPI(t.Context(), in)
	var got []model
	diags.Append(m.Repositories.ElementsAs(t.Context(), &got, false)...)
	if diags.HasError() || len(got) != 2 || got[0].Key.ValueString() != "go" || got[1].Key.ValueString() != "pypi" {
		t.Errorf("FromAPI() = %v, %v", got, diags)
	}
	if in[0].Key != "pypi" {
		t.Error("the caller's list was reordered")
	}
	diags = m.FromAPI(t.Context(), nil)
	if diags.HasError() || m.Repositories.IsNull() {
		t.Errorf("no repositories show as %v, %v", m.Repositories, diags)
	}
}
