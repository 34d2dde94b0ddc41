package server

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func texts(values ...string) types.List {
	list := make([]attr.Value, len(values))
	for i, value := range values {
		list[i] = types.StringValue(value)
	}
	return types.ListValueMust(types.StringType, list)
}

func TestFromAPI(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   registry.Registry
		want model
	}{
		"Artifactory": {
			registry.Registry{
				Server:       registry.Server{Type: registry.Artifactory, URL: "https://a.example.com"},
				Capabilities: registry.Capabilities{Actions: []string{"read", "annotate"}, DefaultTokenScopes: registry.MustParseScopes("applied-permissions/user")},
			},
			model{
				Type: types.StringValue("artifactory"), URL: types.StringValue("https://a.example.com"), Actions: texts("read", "annotate"),
				DefaultTokenScopes: texts("applied-permissions/user"), WholeDayExpiry: types.BoolValue(false), BasicTokenUsername: types.StringNull(),
			},
		},
		"Artifact Keeper": {
			registry.Registry{
				Server: registry.Server{Type: registry.ArtifactKeeper, URL: "https://k.example.com"},
				Capabilities: registry.Capabilities{
					Actions: []string{"read"}, DefaultTokenScopes: registry.MustParseScopes("read:artifacts"), WholeDayExpiry: true, BasicTokenUsername: "__token__",
				},
			},
			model{
				Type: types.StringValue("artifact_keeper"), URL: types.StringValue("https://k.example.com"), Actions: texts("read"),
				DefaultTokenScopes: texts("read:artifacts"), WholeDayExpiry: types.BoolValue(true), BasicTokenUsername: types.StringValue("__token__"),
			},
		},
	} {
		var m model
		diags := m.FromAPI(t.Context(), &c.in)
		if diff := cmp.Diff(c.want, m); diags.HasError() || diff != "" {
			t.Errorf("%s (-want +got):\n%s%v", name, diff, diags)
		}
	}
}

type system struct {
	version, id   string
	noVersion, no error
}

func (s system) Version(context.Context) (string, error)   { return s.version, s.noVersion }
func (s system) ServiceID(context.Context) (string, error) { return s.id, s.no }

func TestAsk(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, c := range map[string]struct {
		system system
		want   model
		title  string
	}{
		"both":          {system{version: "7.146.17", id: "jfac@01"}, model{Version: types.StringValue("7.146.17"), ServiceID: types.StringValue("jfac@01")}, ""},
		"no service id": {system{version: "1.8.1"}, model{Version: types.StringValue("1.8.1"), ServiceID: types.StringNull()}, ""},
		"no version":    {system{noVersion: down}, model{}, "Cannot learn the registry's version"},
		"id refused":    {system{version: "7.146.17", no: down}, model{}, "Cannot learn the registry's service id"},
	} {
		var m model
		var diags diag.Diagnostics
		m.ask(t.Context(), &registry.Registry{System: c.system}, &diags)
		if !m.Version.Equal(c.want.Version) || !m.ServiceID.Equal(c.want.ServiceID) {
			t.Errorf("%s: version %s, service id %s", name, m.Version, m.ServiceID)
		}
		if title := diags; c.title == "" && title.HasError() || c.title != "" && (len(title) != 1 || title[0].Summary() != c.title) {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
