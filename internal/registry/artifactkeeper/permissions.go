package artifactkeeper

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// Taking back what a failed create had already granted takes so long at most. After an interrupt the run is to end within a
// second.
const (
	cleanUpTimeout     = 10 * time.Second
	interruptedCleanUp = 900 * time.Millisecond
)

// permissions presents the rows of one repository as one permission, named by the repository's key.
type permissions struct {
	c            *transport.Client
	users        users
	groups       groups
	repositories repositories
}

// permission collects rows.
func permission(repositoryID, key string, rows []rowJSON) registry.Permission {
	result := registry.Permission{
		ID: repositoryID, Name: key, Repositories: []string{key},
		Users: map[string][]string{}, Groups: map[string][]string{},
	}
	for _, row := range rows {
		switch {
		case row.orphan():
			result.Orphans = append(result.Orphans, row.PrincipalType+":"+row.PrincipalID)
		case row.PrincipalType == kindGroup:
			result.Groups[row.PrincipalName] = sortedActions(row.Actions)
		default:
			result.Users[row.PrincipalName] = sortedActions(row.Actions)
		}
	}
	slices.Sort(result.Orphans)
	return result
}

// Create implements registry.Permissions. Names are resolved before anything is written, and when a grant fails the ones
// made before it are taken back.
func (p permissions) Create(ctx context.Context, spec registry.PermissionSpec) (registry.Permission, error) {
	const op = "create"
	repo, err := p.repository(ctx, op, spec)
	if err != nil {
		return registry.Permission{}, err
	}
	wanted, err := p.principals(ctx, op, spec)
	if err != nil {
		return registry.Permission{}, err
	}
	rows, err := p.rows(ctx, repo.ID)
	if err != nil {
		return registry.Permission{}, err
	}
	if taken := conflicting(rows, wanted, spec.Additive); len(taken) > 0 {
		return registry.Permission{}, &registry.Error{
			Kind: registry.KindConflict, Op: op, Object: permissionObject(spec.Name),
			Message: "the repository already grants rights to " + strings.Join(taken, ", "),
			Hint:    "Import the permission, or set `additive = true` to leave other principals alone",
		}
	}
	var made []rowJSON
	for _, to := range wanted {
		row, err := p.grant(ctx, repo, to)
		if err != nil {
			return p.takeBack(ctx, repo, made, err)
		}
		row.PrincipalName = to.name // not every answer fills it
		made = append(made, row)
	}
	if !spec.Additive {
		if err := p.withdrawAll(ctx, repo, rows); err != nil { // only orphans are left here
			return permission(repo.ID, repo.Key, made), err
		}
		rows = nil
	}
	return permission(repo.ID, repo.Key, append(made, rows...)), nil
}

// conflicting names the principals in the way of a new permission: of an additive one those it wants to grant to itself,
// else everybody. Orphans grant nothing and are in nobody's way.
func conflicting(rows []rowJSON, wanted []principal, additive bool) []string {
	var names []string
	for _, row := range rows {
		ours := slices.ContainsFunc(wanted, func(to principal) bool { return to.holds(row) })
		if !row.orphan() && (ours || !additive) {
			names = append(names, strings.ReplaceAll(row.PrincipalType, "_", " ")+" "+row.PrincipalName)
		}
	}
	slices.Sort(names)
	return names
}

// takeBack withdraws what a failed create granted. What cannot be withdrawn is returned with the error.
func (p permissions) takeBack(
	ctx context.Context, repo *repositoryJSON, made []rowJSON, cause error,
) (registry.Permission, error) {
	limit := cleanUpTimeout
	if errors.Is(ctx.Err(), context.Canceled) {
		limit = interruptedCleanUp
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	var left []rowJSON
	for _, row := range made {
		if p.withdraw(ctx, repo, row) != nil {
			left = append(left, row)
		}
	}
	if len(left) == 0 {
		return registry.Permission{}, cause
	}
	return permission(repo.ID, repo.Key, left), cause
}

func (p permissions) withdrawAll(ctx context.Context, repo *repositoryJSON, rows []rowJSON) error {
	for _, row := range rows {
		if err := p.withdraw(ctx, repo, row); err != nil {
			return err
		}
	}
	return nil
}

// Get implements registry.Permissions. A repository without rows has no permission; that is looked at twice.
func (p permissions) Get(ctx context.Context, name string) (registry.Permission, error) {
	repo, err := p.repositories.get(ctx, name)
	if err != nil {
		return registry.Permission{}, err
	}
	rows, err := p.rowsTwice(ctx, repo.ID)
	if err != nil {
		return registry.Permission{}, err
	}
	if len(rows) == 0 {
		return registry.Permission{}, noRows("read", name)
	}
	return permission(repo.ID, repo.Key, rows), nil
}

// List implements registry.Permissions; its results are complete.
func (p permissions) List(ctx context.Context) iter.Seq2[registry.Permission, error] {
	return func(yield func(registry.Permission, error) bool) {
		all, _, err := p.All(ctx, math.MaxInt)
		if err != nil {
			yield(registry.Permission{}, err)
			return
		}
		for _, found := range all {
			if !yield(found, nil) {
				return
			}
		}
	}
}

// All implements registry.Whole. Rows name their repository's title, not its key, so the repositories are read too. Rows of
// repositories that are gone are left out.
func (p permissions) All(ctx context.Context, most int) ([]registry.Permission, int, error) {
	grants, keys := p.list(url.Values{"target_type": {targetRepository}}), p.repositories.list(nil)
	grants.most, keys.most = most, most
	firstRows, err := grants.first(ctx)
	pages := max(firstRows.Pagination.TotalPages, 1)
	if err != nil || pages > most || len(firstRows.Items) == 0 {
		return nil, pages, err
	}
	firstKeys, err := keys.first(ctx)
	if pages += max(firstKeys.Pagination.TotalPages, 1); err != nil || pages > most {
		return nil, pages, err
	}
	rows, err := grants.rest(ctx, firstRows)
	if err != nil {
		return nil, pages, err
	}
	repositories, err := keys.rest(ctx, firstKeys)
	if err != nil {
		return nil, pages, err
	}
	byTarget := map[string][]rowJSON{}
	for _, row := range rows {
		byTarget[row.TargetID] = append(byTarget[row.TargetID], row)
	}
	var all []registry.Permission
	for _, repo := range repositories {
		if own := byTarget[repo.ID]; len(own) > 0 {
			all = append(all, permission(repo.ID, repo.Key, own))
		}
	}
	return all, pages, nil
}

// Update implements registry.Permissions. It compares with the server's rows, so it needs prior only to know which
// principals an additive permission once named.
func (p permissions) Update(ctx context.Context, prior, spec registry.PermissionSpec) (registry.Permission, error) {
	const op = "update"
	if prior.Name != spec.Name {
		return registry.Permission{}, &registry.Error{
			Kind: registry.KindUnsupported, Op: op, Object: permissionObject(prior.Name),
			Message: "a permission belongs to one repository and cannot move to another",
		}
	}
	repo, err := p.repository(ctx, op, spec)
	if err != nil {
		return registry.Permission{}, err
	}
	wanted, err := p.principals(ctx, op, spec)
	if err != nil {
		return registry.Permission{}, err
	}
	rows, err := p.rows(ctx, repo.ID)
	if err != nil {
		return registry.Permission{}, err
	}
	var result []rowJSON
	for _, to := range wanted {
		at := slices.IndexFunc(rows, to.holds)
		row := rowJSON{PrincipalType: to.kind, PrincipalID: to.id, PrincipalName: to.name, Actions: to.actions}
		switch {
		case at < 0:
			_, err = p.grant(ctx, repo, to)
		case !slices.Equal(sortedActions(rows[at].Actions), to.actions):
			if err = p.regrant(ctx, repo, rows[at].ID, to); registry.IsNotFound(err) { // it went away meanwhile
				_, err = p.grant(ctx, repo, to)
			}
		}
		if err != nil {
			return registry.Permission{}, err
		}
		result = append(result, row)
	}
	for _, row := range rows {
		switch {
		case slices.ContainsFunc(wanted, func(to principal) bool { return to.holds(row) }):
		case spec.Additive && !named(prior, row):
			result = append(result, row)
		default:
			if err := p.withdraw(ctx, repo, row); err != nil {
				return registry.Permission{}, err
			}
		}
	}
	return permission(repo.ID, repo.Key, result), nil
}

// named reports whether a spec names the principal of a row.
func named(spec registry.PermissionSpec, row rowJSON) bool {
	grants := spec.Users
	if row.PrincipalType == kindGroup {
		grants = spec.Groups
	}
	_, ok := grants[row.PrincipalName]
	return ok && !row.orphan()
}

// Delete implements registry.Permissions. Unless additive, orphaned rows go too: they keep the repository's rules switched on.
func (p permissions) Delete(ctx context.Context, spec registry.PermissionSpec) error {
	repo, err := p.repositories.get(ctx, spec.Name)
	if err != nil {
		return err
	}
	rows, err := p.rowsTwice(ctx, repo.ID)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(row rowJSON) bool { return spec.Additive && !named(spec, row) })
	if len(rows) == 0 {
		return noRows("delete", spec.Name)
	}
	return p.withdrawAll(ctx, repo, rows)
}

// repository finds the one repository that a spec is about.
func (p permissions) repository(ctx context.Context, op string, spec registry.PermissionSpec) (*repositoryJSON, error) {
	if len(spec.Repositories) > 1 || len(spec.Repositories) == 1 && spec.Repositories[0] != spec.Name {
		return nil, &registry.Error{
			Kind: registry.KindInvalid, Op: op, Object: permissionObject(spec.Name),
			Message: "on Artifact Keeper a permission is about one repository and is named by its key",
		}
	}
	repo, err := p.repositories.get(ctx, spec.Name)
	if registry.IsNotFound(err) {
		return nil, &registry.Error{
			Kind: registry.KindInvalid, Op: op, Object: permissionObject(spec.Name), Err: err,
			Message: fmt.Sprintf("there is no repository %q", spec.Name),
			Hint:    "On Artifact Keeper the name of a permission is the key of its repository",
		}
	}
	return repo, err
}

func noRows(op, name string) error {
	return &registry.Error{
		Kind: registry.KindNotFound, Op: op, Object: permissionObject(name), Message: "the repository has no rules",
	}
}

func permissionObject(key string) string { return fmt.Sprintf("permission %q", key) }
