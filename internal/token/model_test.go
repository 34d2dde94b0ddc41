package token

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/tfkit"
)

func set(values ...string) types.Set {
	elements := make([]attr.Value, len(values))
	for i, v := range values {
		elements[i] = types.StringValue(v)
	}
	return types.SetValueMust(types.StringType, elements)
}

func artifactoryBlock(change map[string]attr.Value) types.Object {
	own := nullModel().Artifactory.AttributeTypes(context.Background())
	values := map[string]attr.Value{
		"refreshable": types.BoolNull(), "reference": types.BoolNull(), "audience": types.StringNull(), "project_key": types.StringNull(), "force_revocable": types.BoolNull(),
	}
	for name, v := range change {
		values[name] = v
	}
	return types.ObjectValueMust(own, values)
}

func TestModelToAPI(t *testing.T) {
	t.Parallel()
	m := nullModel()
	m.Username = types.StringValue("alice")
	m.Scopes = set("b", "a")
	m.ExpiresIn = tfkit.NewDuration("1d12h")
	m.Artifactory = artifactoryBlock(map[string]attr.Value{
		"refreshable": types.BoolValue(true), "audience": types.StringValue("jfrt@*"), "force_revocable": types.BoolUnknown(),
	})
	got, diags := m.ToAPI(t.Context())
	want := registry.TokenSpec{
		Username: "alice", Scopes: registry.MustParseScopes("a", "b"), Expiry: registry.Expiry{Duration: 36 * time.Hour},
		Artifactory: &registry.ArtifactoryTokenSpec{Refreshable: true, Audience: "jfrt@*"},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b registry.Scope) bool { return a.String() == b.String() })); diff != "" || diags.HasError() {
		t.Errorf("-want +got:\n%s%v", diff, diags)
	}
	bare := nullModel()
	bare.Scopes = types.SetUnknown(types.StringType)
	if got, diags := bare.ToAPI(t.Context()); diags.HasError() || got.Scopes != nil || got.Artifactory != nil || got.Expiry.Duration != 30*tfkit.Day {
		t.Errorf("nothing configured gives %+v, %v", got, diags)
	}
}

func TestModelFromAPI(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 1, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	m := nullModel()
	m.Scopes = types.SetUnknown(types.StringType)
	diags := m.FromAPI(t.Context(), registry.MintedToken{
		Token:       registry.Token{ID: "id", Scopes: []string{"read:artifacts"}, ExpiresAt: end},
		AccessToken: registry.NewSecret("secret"),
	})
	if diags.HasError() || m.ID.ValueString() != "id" || m.AccessToken.ValueString() != "secret" || !m.RefreshToken.IsNull() || !m.ReferenceToken.IsNull() ||
		m.ExpiresAt.ValueString() != "2026-01-01T11:00:00Z" || !m.Scopes.Equal(set("read:artifacts")) || m.RotationDue.ValueBool() {
		t.Errorf("%+v, %v", m, diags)
	}
}

func TestImportedModel(t *testing.T) {
	t.Parallel()
	issued := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := nullModel()
	m.imported(registry.Token{Label: newLabel("workspace", "k").text(0), IssuedAt: issued, ExpiresAt: issued.Add(30 * tfkit.Day)})
	if m.Description.ValueString() != "workspace" || m.ExpiresIn.ValueString() != "30d" || !m.RevokeOnDestroy.ValueBool() {
		t.Errorf("%+v", m)
	}
}

func TestReplacements(t *testing.T) {
	t.Parallel()
	state := func() model {
		m := nullModel()
		m.Username, m.ExpiresIn, m.Scopes = types.StringValue("alice"), tfkit.NewDuration("30d"), set("a")
		m.RotationDue = types.BoolValue(false)
		return m
	}
	same := func(*model) {}
	for _, c := range []struct {
		name          string
		before, after func(*model)
		omitted       bool // the configuration names no scopes
		from          origin
		want          []string
	}{
		{"nothing", same, same, false, origin{}, nil},
		{"text only", same, func(m *model) { m.Description = types.StringValue("x") }, false, origin{}, nil},
		{"owner", same, func(m *model) { m.Username = types.StringValue("bob") }, false, origin{}, []string{"username"}},
		{"the same length", same, func(m *model) { m.ExpiresIn = tfkit.NewDuration("720h") }, false, origin{}, nil},
		{"another length", same, func(m *model) { m.ExpiresIn = tfkit.NewDuration("1d") }, false, origin{}, []string{"expires_in"}},
		{"scopes", same, func(m *model) { m.Scopes = set("b") }, false, origin{}, []string{"scopes"}},
		{"scopes taken out", same, same, true, origin{}, []string{"scopes"}},
		{"scopes never given", same, same, true, origin{DefaultScopes: true}, nil},
		{"keepers", same, func(m *model) {
			m.Keepers = types.MapValueMust(types.StringType, map[string]attr.Value{"a": types.StringValue("1")})
		}, false, origin{}, []string{"keepers"}},
		{"block", same, func(m *model) {
			m.Artifactory = artifactoryBlock(map[string]attr.Value{"reference": types.BoolValue(true)})
		}, false, origin{}, []string{"artifactory"}},
		{"due", func(m *model) { m.RotationDue = types.BoolValue(true) }, same, false, origin{}, []string{"rotation_due"}},
		{
			"imported: what is unknown is taken over", func(m *model) { m.ExpiresIn, m.Scopes = tfkit.NullDuration(), types.SetNull(types.StringType) },
			func(m *model) { m.Artifactory = artifactoryBlock(nil) }, false,
			origin{Imported: true},
			nil,
		},
		{"imported: what is known counts", same, func(m *model) { m.ExpiresIn = tfkit.NewDuration("1d") }, false, origin{Imported: true}, []string{"expires_in"}},
	} {
		before, after := state(), state()
		c.before(&before)
		c.after(&after)
		config := after
		if c.omitted {
			config.Scopes = types.SetNull(types.StringType)
		}
		got := replacements(before, after, config, c.from)
		var names []string
		for _, p := range got {
			names = append(names, p.String())
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%s: replaced for %q, want %q", c.name, names, c.want)
		}
	}
}

func TestUnwanted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(end time.Time, before string) model {
		m := nullModel()
		m.ExpiresAt = tfkit.TimeOrNull(end)
		if before != "" {
			m.RotateBefore = tfkit.NewDuration(before)
		}
		return m
	}
	for _, c := range []struct {
		name string
		m    model
		wish registry.Expiry
		keep bool
	}{
		{"as asked", at(now.Add(tfkit.Day), ""), registry.Expiry{Duration: tfkit.Day}, true},
		{"never, by wish", at(time.Time{}, ""), registry.Expiry{Never: true}, true},
		{"never, by the server's default", at(time.Time{}, ""), registry.Expiry{ServerDefault: true}, false},
		{"never, by a server that ignores the wish", at(time.Time{}, ""), registry.Expiry{Duration: tfkit.Day}, false},
		{"shorter than rotate_before", at(now.Add(time.Hour), "2h"), registry.Expiry{ServerDefault: true}, false},
		{"longer than rotate_before", at(now.Add(3*time.Hour), "2h"), registry.Expiry{ServerDefault: true}, true},
	} {
		if got := unwanted(c.m, c.wish, now); (got == "") != c.keep {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestRevocable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		revocable, persisted types.Bool
		want                 bool
	}{
		{types.BoolValue(true), types.BoolValue(true), true},
		{types.BoolValue(false), types.BoolValue(true), false},
		{types.BoolValue(true), types.BoolValue(false), false},
		{types.BoolNull(), types.BoolNull(), true},
	} {
		if got := revocable(model{Revocable: c.revocable, Persisted: c.persisted}); got != c.want {
			t.Errorf("revocable %s, persisted %s: %t", c.revocable, c.persisted, got)
		}
	}
}
