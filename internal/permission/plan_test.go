package permission

import (
	"context"
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// oneRepository is a registry with one repository and its permission.
type oneRepository struct {
	repository registry.Repository
	lookup     error
	permission *registry.Permission
}

func (r oneRepository) registry() *registry.Registry {
	reg := *keeper
	reg.Repositories, reg.Permissions = repositoryPart{r: r}, permissionPart{r: r}
	return &reg
}

type repositoryPart struct {
	registry.Repositories
	r oneRepository
}

func (p repositoryPart) Get(context.Context, string) (registry.Repository, error) {
	return p.r.repository, p.r.lookup
}

type permissionPart struct {
	registry.Permissions
	r oneRepository
}

func (p permissionPart) Get(context.Context, string) (registry.Permission, error) {
	if p.r.permission == nil {
		return registry.Permission{}, &registry.Error{Kind: registry.KindNotFound}
	}
	return *p.r.permission, nil
}

func TestWarnFirstRule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		registry oneRepository
		want     []string
	}{
		"private, no rule yet": {oneRepository{}, []string{`The first rule changes who can read "npm-private"`}},
		"public":               {oneRepository{repository: registry.Repository{Public: true}}, nil},
		"private, with rules":  {oneRepository{permission: &registry.Permission{Name: "npm-private"}}, nil},
		"made in the same run": {oneRepository{lookup: &registry.Error{Kind: registry.KindNotFound}}, nil},
		"cannot be asked":      {oneRepository{lookup: errors.New("down")}, nil},
	} {
		var diags diag.Diagnostics
		warnFirstRule(t.Context(), c.registry.registry(), "npm-private", &diags)
		t.Log(name)
		expectSummaries(t, diags, c.want)
	}
}

func TestWarnTakeover(t *testing.T) {
	t.Parallel()
	was := model{commonModel: blank(), Additive: types.BoolValue(true)}
	was.Users = grantsOf("alice", "read")
	plan := was
	plan.Additive = types.BoolValue(false)
	warning := []string{`Rules of others on "install" will be withdrawn`}
	for name, c := range map[string]struct {
		plan   model
		others map[string][]string
		want   []string
	}{
		"others have rules": {plan, map[string][]string{"alice": {"read"}, "bob": {"read"}}, warning},
		"nobody else has":   {plan, map[string][]string{"alice": {"write"}}, nil},
		"stays additive":    {was, map[string][]string{"bob": {"read"}}, nil},
	} {
		var diags diag.Diagnostics
		reg := oneRepository{permission: &registry.Permission{Users: c.others}}.registry()
		warnTakeover(t.Context(), reg, c.plan, was, &diags)
		t.Log(name)
		expectSummaries(t, diags, c.want)
	}
}
