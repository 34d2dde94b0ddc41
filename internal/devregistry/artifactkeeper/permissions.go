package artifactkeeper

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func (s *server) permissionRoutes() {
	s.handle("GET /api/v1/permissions", hard, s.listPermissions)
	s.handle("POST /api/v1/permissions", hard, s.createPermission)
	s.handle("GET /api/v1/permissions/{id}", hard, s.getPermission)
	s.handle("PUT /api/v1/permissions/{id}", hard, s.replacePermission)
	s.handle("DELETE /api/v1/permissions/{id}", hard, s.deletePermission)
}

// permissionResponse is one rule: a principal, a target, actions (Artifact Keeper: api/handlers/permissions.rs).
type permissionResponse struct {
	ID            string   `json:"id"`
	PrincipalType string   `json:"principal_type"`
	PrincipalID   string   `json:"principal_id"`
	PrincipalName *string  `json:"principal_name"`
	TargetType    string   `json:"target_type"`
	TargetID      string   `json:"target_id"`
	TargetName    *string  `json:"target_name"`
	Actions       []string `json:"actions"`
	CreatedAt     stamp    `json:"created_at"`
	UpdatedAt     stamp    `json:"updated_at"`
}

// describeRow adds the names to a rule. Rules outlive what they name; then the name is null. Targets other than
// repositories never have one.
func describeRow(st *state.State, row *state.PermissionRow) permissionResponse {
	out := permissionResponse{
		ID: row.ID, PrincipalType: row.PrincipalType, PrincipalID: row.PrincipalID, TargetType: row.TargetType,
		TargetID: row.TargetID, Actions: orEmpty(slices.Clone(row.Actions)), CreatedAt: stamp(row.CreatedAt),
		UpdatedAt: stamp(row.UpdatedAt),
	}
	switch row.PrincipalType {
	case "user", "service_account":
		if u := st.UserByID(row.PrincipalID); u != nil && u.ServiceAccount == (row.PrincipalType == "service_account") {
			out.PrincipalName = copied(&u.Username)
		}
	case "group":
		if g := st.GroupByID(row.PrincipalID); g != nil {
			out.PrincipalName = copied(&g.Name)
		}
	}
	if repo := repositoryByID(st, row.TargetID); row.TargetType == targetRepository && repo != nil {
		out.TargetName = copied(&repo.Name)
	}
	return out
}

// permissionGate is what permission routes ask before anything else, the body included.
func permissionGate(who *caller, scope string) error {
	if err := who.requireScope(scope); err != nil {
		return err
	}
	return who.requireAdmin()
}

func (s *server) listPermissions(r *http.Request, who *caller) (any, error) {
	q := readQuery(r)
	principalType, principalID := q.text("principal_type"), q.id("principal_id")
	targetType, targetID := q.text("target_type"), q.id("target_id")
	p := q.cappedPage()
	if q.err != nil {
		return nil, q.err
	}
	if err := permissionGate(who, actionRead); err != nil {
		return nil, err
	}
	is := func(want *string, got string) bool { return want == nil || *want == got }
	var out listing[permissionResponse]
	s.store.View(func(st *state.State) {
		var found []*state.PermissionRow
		for _, row := range slices.Backward(st.Rows) {
			if is(principalType, row.PrincipalType) && is(principalID, row.PrincipalID) &&
				is(targetType, row.TargetType) && is(targetID, row.TargetID) {
				found = append(found, row)
			}
		}
		out = paged(p, found, func(row *state.PermissionRow) permissionResponse { return describeRow(st, row) })
	})
	return out, nil
}

// readRow reads a rule. Target and actions are taken as they come: any text, any id, any list.
func readRow(r *http.Request) (*state.PermissionRow, error) {
	body, err := readLabelled(r, rawBody, "Invalid permission payload")
	if err != nil {
		return nil, err
	}
	row := &state.PermissionRow{
		PrincipalType: required[string](body, "principal_type"), PrincipalID: string(required[uid](body, "principal_id")),
		TargetType: required[string](body, "target_type"), TargetID: string(required[uid](body, "target_id")),
		Actions: required[[]string](body, "actions"),
	}
	return row, body.done()
}

// checkPrincipal refuses a principal that is not of its type (Artifact Keeper: services/permission_service.rs).
func checkPrincipal(st *state.State, row *state.PermissionRow) error {
	var known bool
	switch row.PrincipalType {
	case "user", "service_account":
		u := st.UserByID(row.PrincipalID)
		known = u != nil && u.ServiceAccount == (row.PrincipalType == "service_account")
	case "group":
		known = st.GroupByID(row.PrincipalID) != nil
	default:
		return invalid("Unknown principal_type '" + row.PrincipalType + "': expected user, service_account or group")
	}
	if !known {
		return invalid("principal_id " + row.PrincipalID + " does not name an existing " + row.PrincipalType)
	}
	return nil
}

// twin finds another rule for the same principal and target; only one may be.
func twin(st *state.State, row *state.PermissionRow, except *state.PermissionRow) bool {
	return slices.ContainsFunc(st.Rows, func(other *state.PermissionRow) bool {
		return other != except && other.PrincipalType == row.PrincipalType && other.PrincipalID == row.PrincipalID &&
			other.TargetType == row.TargetType && other.TargetID == row.TargetID
	})
}

func rowByID(st *state.State, id string) *state.PermissionRow {
	i := slices.IndexFunc(st.Rows, func(row *state.PermissionRow) bool { return row.ID == id })
	if i < 0 {
		return nil
	}
	return st.Rows[i]
}

func (s *server) createPermission(r *http.Request, who *caller) (any, error) {
	if err := permissionGate(who, actionWrite); err != nil {
		return nil, err
	}
	row, err := readRow(r)
	if err != nil {
		return nil, err
	}
	row.ID = uuid.NewString()
	row.CreatedAt = s.store.Now()
	row.UpdatedAt = row.CreatedAt
	var out permissionResponse
	s.store.Update(func(st *state.State) {
		if err = storable(st, row, nil); err == nil {
			st.Rows = append(st.Rows, row)
			out = describeRow(st, row)
		}
	})
	return result(out, err)
}

// storable checks a rule before it replaces old, or is added when that is nil.
func storable(st *state.State, row, old *state.PermissionRow) error {
	if err := checkPrincipal(st, row); err != nil {
		return err
	}
	if tooLong(row.PrincipalType, row.TargetType) {
		return databaseError()
	}
	if twin(st, row, old) {
		return conflict("Permission already exists")
	}
	return nil
}

func (s *server) getPermission(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	if err := permissionGate(who, actionRead); err != nil {
		return nil, err
	}
	var out permissionResponse
	err = notFound("Permission not found")
	s.store.View(func(st *state.State) {
		if row := rowByID(st, id); row != nil {
			out, err = describeRow(st, row), nil
		}
	})
	return result(out, err)
}

// replacePermission replaces all of a rule, principal and target included. The principal is looked at before the rule is
// looked up.
func (s *server) replacePermission(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	if err := permissionGate(who, actionWrite); err != nil {
		return nil, err
	}
	row, err := readRow(r)
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	var out permissionResponse
	s.store.Update(func(st *state.State) {
		old := rowByID(st, id)
		if old == nil {
			if err = checkPrincipal(st, row); err == nil {
				err = notFound("Permission not found")
			}
			return
		}
		if err = storable(st, row, old); err == nil {
			row.ID, row.CreatedAt, row.UpdatedAt = old.ID, old.CreatedAt, now
			*old = *row
			out = describeRow(st, old)
		}
	})
	return result(out, err)
}

func (s *server) deletePermission(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	if err := permissionGate(who, actionDelete); err != nil {
		return nil, err
	}
	s.store.Update(func(st *state.State) {
		row := rowByID(st, id)
		if row == nil {
			err = notFound("Permission not found")
			return
		}
		st.Rows = slices.DeleteFunc(st.Rows, func(other *state.PermissionRow) bool { return other == row })
	})
	return nil, err
}
