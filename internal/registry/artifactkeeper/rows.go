package artifactkeeper

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	permissionsPath = "/api/v1/permissions"
	permissionPath  = permissionsPath + "/{id}"

	targetRepository = "repository"

	// The kinds of principals (permission_service.rs). An account is one of the first two, never both.
	kindUser           = "user"
	kindServiceAccount = "service_account"
	kindGroup          = "group"
)

// rowJSON is one grant: a principal's actions on a target, unique for the pair (permissions.rs).
type rowJSON struct {
	ID            string `json:"id"`
	PrincipalType string `json:"principal_type"`
	PrincipalID   string `json:"principal_id"`
	// PrincipalName is null when the principal no longer exists: rows outlive what they point to.
	PrincipalName string   `json:"principal_name"`
	TargetType    string   `json:"target_type"`
	TargetID      string   `json:"target_id"`
	Actions       []string `json:"actions"`
}

// Complete implements the transport's check of a success.
func (r *rowJSON) Complete() error {
	if r.ID == "" {
		return errors.New("it names no permission")
	}
	if r.PrincipalType == "" || r.PrincipalID == "" || r.TargetID == "" || r.Actions == nil {
		return errors.New("it does not say who may do what")
	}
	return nil
}

func (r *rowJSON) orphan() bool { return r.PrincipalName == "" }

// principal is who gets which actions, resolved to what the server stores.
type principal struct {
	kind, id, name string
	actions        []string
}

func (p principal) holds(r rowJSON) bool { return r.PrincipalType == p.kind && r.PrincipalID == p.id }

// rows reads the grants on one repository.
func (p permissions) rows(ctx context.Context, repositoryID string) ([]rowJSON, error) {
	rows, err := p.list(url.Values{"target_type": {targetRepository}, "target_id": {repositoryID}}).all(ctx)
	for _, row := range rows {
		if err == nil && (row.TargetType != targetRepository || same(repositoryID, row.TargetID) != nil) {
			return nil, &registry.Error{
				Kind: registry.KindWrongEndpoint, Op: "list", Object: "permissions", Status: http.StatusOK,
				Message: "the answer has grants on another target than was asked for",
				Hint:    "Check that nothing in front of the registry drops the query of a request",
			}
		}
	}
	return rows, err
}

// rowsTwice reads the grants on one repository, again when there seem to be none.
func (p permissions) rowsTwice(ctx context.Context, repositoryID string) (rows []rowJSON, err error) {
	for range 2 {
		if rows, err = p.rows(ctx, repositoryID); err != nil || len(rows) > 0 {
			break
		}
	}
	return rows, err
}

func (p permissions) list(query url.Values) lister[rowJSON] {
	return lister[rowJSON]{
		c: p.c, what: "permissions", path: permissionsPath, query: query, id: func(r rowJSON) string { return r.ID },
	}
}

// principals resolves the names of a spec. Service accounts are given like users; the server files them apart.
func (p permissions) principals(ctx context.Context, op string, spec registry.PermissionSpec) ([]principal, error) {
	object := permissionObject(spec.Name)
	userNames, groupNames := slices.Sorted(maps.Keys(spec.Users)), slices.Sorted(maps.Keys(spec.Groups))
	accounts, err := p.users.directory().resolve(ctx, userNames)
	if err != nil {
		return nil, err
	}
	if err := allThere(op, object, "user", userNames, accounts); err != nil {
		return nil, err
	}
	groups, err := p.groups.directory().resolve(ctx, groupNames)
	if err != nil {
		return nil, err
	}
	if err := allThere(op, object, "group", groupNames, groups); err != nil {
		return nil, err
	}
	var resolved []principal
	for _, name := range userNames {
		account := accounts[name]
		kind := kindUser
		if account.serviceAccount() {
			kind = kindServiceAccount
		}
		resolved = append(resolved, principal{kind, account.ID, name, sortedActions(spec.Users[name])})
	}
	for _, name := range groupNames {
		resolved = append(resolved, principal{kindGroup, groups[name].ID, name, sortedActions(spec.Groups[name])})
	}
	return resolved, nil
}

// grant makes a row. After a lost answer it looks whether the row is there, since the pair of principal and target can
// exist only once, and asks again only if it is not.
func (p permissions) grant(ctx context.Context, repo *repositoryJSON, to principal) (rowJSON, error) {
	var err error
	for range 2 {
		var row rowJSON
		err = p.c.Do(ctx, transport.Request{
			Op: "grant", Object: grantObject(repo.Key, to), Class: transport.Create, Method: http.MethodPost,
			Path: permissionsPath, Body: newRow(repo, to),
		}, &row)
		if registry.KindOf(err) != registry.KindUncertain {
			return row, err
		}
		rows, lookup := p.rows(ctx, repo.ID)
		if lookup != nil {
			return rowJSON{}, err
		}
		if at := slices.IndexFunc(rows, to.holds); at >= 0 {
			return rows[at], nil
		}
	}
	return rowJSON{}, err
}

// regrant replaces the actions of a row.
func (p permissions) regrant(ctx context.Context, repo *repositoryJSON, rowID string, to principal) error {
	return p.c.Do(ctx, transport.Request{
		Op: "change", Object: grantObject(repo.Key, to), Class: transport.Idempotent, Method: http.MethodPut,
		Path: permissionPath, Params: map[string]string{"id": rowID}, Body: newRow(repo, to),
	}, nil)
}

// withdraw removes a row; one that is gone already is fine.
func (p permissions) withdraw(ctx context.Context, repo *repositoryJSON, row rowJSON) error {
	err := p.c.Do(ctx, transport.Request{
		Op: "withdraw", Object: grantObject(repo.Key, principal{kind: row.PrincipalType, name: cmp.Or(row.PrincipalName, row.PrincipalID)}),
		Class: transport.Idempotent, Method: http.MethodDelete, Path: permissionPath, Params: map[string]string{"id": row.ID},
	}, nil)
	if registry.IsNotFound(err) {
		return nil
	}
	return err
}

// newRow is the body of create and replace; all fields are required.
func newRow(repo *repositoryJSON, to principal) map[string]any {
	return map[string]any{
		"principal_type": to.kind, "principal_id": to.id,
		"target_type": targetRepository, "target_id": repo.ID,
		"actions": to.actions,
	}
}

// sortedActions copies actions, sorted and without repetitions, never nil.
func sortedActions(list []string) []string {
	actions := make([]string, 0, len(list))
	for _, a := range list {
		actions = append(actions, strings.ToLower(a))
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

func grantObject(key string, to principal) string {
	return permissionObject(key) + " for " + strings.ReplaceAll(to.kind, "_", " ") + " " + to.name
}
