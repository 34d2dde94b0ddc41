package faults

import (
	"context"
	"net/http"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
	"github.com/registry-identity/terraform-provider-registry/internal/plugintest"
)

// question is one way to read a data source.
type question struct {
	name, dataSource string
	arguments        config
}

func questions(dialect devregistry.Dialect) []question {
	permission := "readers"
	if dialect == devregistry.ArtifactKeeper {
		permission = "npm-private"
	}
	return []question{
		// The answer of these two decides whether a workspace gets a token at all, so a fault must never become a null.
		{"identity", "registry_identity", config{"username": "alice", "email": "alice@example.com", "on_missing": "null"}},
		{"identity by scan", "registry_identity", config{"email": "alice@example.com", "match": []any{"username"}, "username": "nobody", "scan": true, "on_missing": "null"}},
		{"user", "registry_user", config{"username": "alice"}},
		{"group", "registry_group", config{"name": "readers"}},
		{"permission", "registry_permission", config{"name": permission}},
		{"tokens", "registry_tokens", config{"username": "admin"}},
		{"repository", "registry_repository", config{"key": "npm-private"}},
		{"repositories", "registry_repositories", config{}},
		{"server", "registry_server", config{}},
	}
}

// seedPermission is a permission to read, on either registry.
func seedPermission(st *state.State) {
	seedRule(st)
	st.Targets = append(st.Targets, &state.PermissionTarget{Name: "readers", Sections: map[string]*state.PermissionSection{"artifact": {
		Groups:  map[string][]string{"readers": {"read"}},
		Targets: map[string]state.Patterns{"npm-private": {Include: []string{"**"}, Exclude: []string{}}},
	}}})
}

// reading plays cells of a data source: it gives the right answer or an error, and never another answer.
type reading struct {
	*world
	question question
	right    tftypes.Value
}

func (r *reading) ask(ctx context.Context, core *plugintest.Core) (tftypes.Value, plugintest.Report, error) {
	return core.Read(ctx, r.question.dataSource, r.question.arguments)
}

// undisturbed implements player.
func (r *reading) undisturbed(ctx context.Context) ([]record.Entry, error) {
	if err := r.reset(seedPermission); err != nil {
		return nil, err
	}
	var err error
	r.right, _, err = r.ask(ctx, r.core)
	return r.requests(), err
}

// applies implements player. Nobody waits for the answer of a dead process.
func (r *reading) applies(p plague, _ string) bool { return p.fits(http.MethodGet) && p.kill == alive }

// play implements player.
func (r *reading) play(ctx context.Context, p plague, k int) error {
	var got tftypes.Value
	_, err, wrong := r.under(ctx, p, k, r.core, func(ctx context.Context, core *plugintest.Core) (plugintest.Report, error) {
		var report plugintest.Report
		var err error
		got, report, err = r.ask(ctx, core)
		return report, err
	})
	if wrong != nil {
		return wrong
	}
	if err == nil && !got.Equal(r.right) {
		return failed(wrongAnswer, "want %s\ngot %s", r.right, got)
	}
	return nil
}
