package artifactkeeper

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// The page sizes of a group's members (Artifact Keeper: api/handlers/groups.rs).
const (
	defaultMembers = 50
	maxMembers     = 200
)

func (s *server) groupRoutes() {
	s.handle("GET /api/v1/groups", optional, s.listGroups)
	s.handle("POST /api/v1/groups", optional, s.createGroup)
	s.handle("GET /api/v1/groups/{id}", optional, s.getGroup)
	s.handle("PUT /api/v1/groups/{id}", optional, s.replaceGroup)
	s.handle("DELETE /api/v1/groups/{id}", optional, s.deleteGroup)
	s.handle("POST /api/v1/groups/{id}/members", optional, s.addMembers)
	s.handle("DELETE /api/v1/groups/{id}/members", optional, s.removeMembers)
}

type groupResponse struct {
	ID             string  `json:"id"`
	Name           string  `json:"name"`
	Description    *string `json:"description"`
	ExternalSource *string `json:"external_source"`
	MemberCount    int     `json:"member_count"`
	CreatedAt      stamp   `json:"created_at"`
	UpdatedAt      stamp   `json:"updated_at"`
}

func describeGroup(g *state.Group) groupResponse {
	updated := g.UpdatedAt
	if updated.IsZero() {
		updated = g.CreatedAt
	}
	return groupResponse{
		ID: g.ID, Name: g.Name, Description: copied(g.Description), ExternalSource: copied(g.ExternalSource),
		MemberCount: len(g.Members), CreatedAt: stamp(g.CreatedAt), UpdatedAt: stamp(updated),
	}
}

// copied takes a value out of the store.
func copied[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

type memberResponse struct {
	UserID      string  `json:"user_id"`
	Username    string  `json:"username"`
	DisplayName *string `json:"display_name"`
	JoinedAt    stamp   `json:"joined_at"`
}

type groupDetail struct {
	groupResponse
	Members      []memberResponse `json:"members"`
	MembersTotal int              `json:"members_total"`
}

// seesGroup tells whether a group exists for a caller: administrators see all, others those they are in or hold any
// permission on.
func seesGroup(st *state.State, g *state.Group, who *caller) bool {
	return who.isAdmin() || g.HasMember(who.userID) ||
		slices.ContainsFunc(st.Rows, func(row *state.PermissionRow) bool {
			return row.TargetType == targetGroup && row.TargetID == g.ID && concerns(st, row, who.userID)
		})
}

func (s *server) listGroups(r *http.Request, who *caller) (any, error) {
	q := readQuery(r)
	search, p := q.text("search"), q.cappedPage()
	if q.err != nil {
		return nil, q.err
	}
	if err := requireCaller(who); err != nil {
		return nil, err
	}
	var out listing[groupResponse]
	s.store.View(func(st *state.State) {
		var found []*state.Group
		for _, g := range st.Groups {
			if seesGroup(st, g, who) && (search == nil || contains(g.Name, *search) ||
				g.Description != nil && contains(*g.Description, *search)) {
				found = append(found, g)
			}
		}
		slices.SortStableFunc(found, func(a, b *state.Group) int { return compareText(a.Name, b.Name) })
		out = paged(p, found, describeGroup)
	})
	return out, nil
}

// getGroup answers a group with a page of its members in joining order; there is no other way to list them.
func (s *server) getGroup(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	q := readQuery(r)
	size, skip := memberWindow(q)
	if q.err != nil {
		return nil, q.err
	}
	if err := requireCaller(who); err != nil {
		return nil, err
	}
	out := groupDetail{Members: []memberResponse{}}
	err = notFound("Group not found")
	s.store.View(func(st *state.State) {
		g := st.GroupByID(id)
		if g == nil || !seesGroup(st, g, who) {
			return
		}
		err = nil
		out.groupResponse, out.MembersTotal = describeGroup(g), len(g.Members)
		start := min(skip, len(g.Members))
		for _, m := range g.Members[start:min(start+size, len(g.Members))] {
			if u := st.UserByID(m.UserID); u != nil {
				out.Members = append(out.Members, memberResponse{u.ID, u.Username, displayName(u), stamp(m.JoinedAt)})
			}
		}
	})
	return result(out, err)
}

func memberWindow(q *query) (size, skip int) {
	size = defaultMembers
	if n := q.number("member_limit"); n != nil {
		size = int(min(max(*n, 1), maxMembers))
	}
	if n := q.number("member_offset"); n != nil {
		skip = int(*n)
	}
	return size, skip
}

// groupRequest is the body of create and replace; an omitted description is none.
type groupRequest struct {
	name        string
	description *string
}

func readGroup(r *http.Request) (groupRequest, error) {
	body, err := readObject(r, plainBody)
	if err != nil {
		return groupRequest{}, err
	}
	req := groupRequest{required[string](body, "name"), maybe[string](body, "description")}
	return req, body.done()
}

func (s *server) createGroup(r *http.Request, who *caller) (any, error) {
	req, err := readGroup(r)
	if err != nil {
		return nil, err
	}
	if err := authorised(who, actionWrite); err != nil {
		return nil, err
	}
	now := s.store.Now()
	g := &state.Group{ID: uuid.NewString(), Name: req.name, Description: req.description, CreatedAt: now, UpdatedAt: now}
	out := describeGroup(g)
	s.store.Update(func(st *state.State) {
		switch {
		case !who.isAdmin() && !mayOn(st, targetSystem, systemID, who.userID, actionAdmin):
			err = forbidden("Insufficient permissions to create groups")
		case tooLong(req.name):
			err = databaseError()
		case st.GroupByName(req.name) != nil:
			err = conflict("Group name already exists")
		default:
			st.Groups = append(st.Groups, g)
		}
	})
	return result(out, err)
}

// authorised is what group changes ask first: a caller, and with a token the bare scope.
func authorised(who *caller, scope string) error {
	if err := requireCaller(who); err != nil {
		return err
	}
	return who.requireScope(scope)
}

// editGroup runs a change on a group the caller manages: as administrator or with the action admin on it.
func (s *server) editGroup(id string, who *caller, verb string, change func(*state.State, *state.Group) error) error {
	var err error
	s.store.Update(func(st *state.State) {
		if !who.isAdmin() && !mayOn(st, targetGroup, id, who.userID, actionAdmin) {
			err = forbidden("Insufficient permissions to " + verb + " this group")
			return
		}
		g := st.GroupByID(id)
		if g == nil {
			err = notFound("Group not found")
			return
		}
		err = change(st, g)
	})
	return err
}

// replaceGroup replaces name and description. A name that another group has is a 500: nothing maps the constraint here.
func (s *server) replaceGroup(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	req, err := readGroup(r)
	if err != nil {
		return nil, err
	}
	if err := authorised(who, actionWrite); err != nil {
		return nil, err
	}
	now := s.store.Now()
	var out groupResponse
	err = s.editGroup(id, who, "update", func(st *state.State, g *state.Group) error {
		if other := st.GroupByName(req.name); other != nil && other != g || tooLong(req.name) {
			return databaseError()
		}
		g.Name, g.Description, g.UpdatedAt = req.name, req.description, now
		out = describeGroup(g)
		return nil
	})
	return result(out, err)
}

// deleteGroup removes a group with its memberships. Permission rows that name it stay behind.
func (s *server) deleteGroup(r *http.Request, who *caller) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	if err := authorised(who, actionDelete); err != nil {
		return nil, err
	}
	return nil, s.editGroup(id, who, "delete", func(st *state.State, g *state.Group) error {
		st.Groups = slices.DeleteFunc(st.Groups, func(other *state.Group) bool { return other == g })
		return nil
	})
}

func (s *server) addMembers(r *http.Request, who *caller) (any, error) {
	now := s.store.Now()
	return s.changeMembers(r, who, actionWrite, func(st *state.State, g *state.Group, userID string) error {
		switch {
		case st.UserByID(userID) == nil:
			// One statement per user and no transaction: those before this one are members now.
			return databaseError()
		case !g.HasMember(userID):
			g.Members = append(g.Members, state.Member{UserID: userID, JoinedAt: now})
		}
		return nil
	})
}

// removeMembers takes its user ids from the body of a DELETE. Whoever is no member is left alone.
func (s *server) removeMembers(r *http.Request, who *caller) (any, error) {
	return s.changeMembers(r, who, actionWrite, func(_ *state.State, g *state.Group, userID string) error {
		g.RemoveMember(userID)
		return nil
	})
}

func (s *server) changeMembers(
	r *http.Request, who *caller, scope string, change func(*state.State, *state.Group, string) error,
) (any, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	body, err := readObject(r, plainBody)
	if err != nil {
		return nil, err
	}
	users := required[[]uid](body, "user_ids")
	if err := body.done(); err != nil {
		return nil, err
	}
	if err := authorised(who, scope); err != nil {
		return nil, err
	}
	return nil, s.editGroup(id, who, "manage members of", func(st *state.State, g *state.Group) error {
		if g.ExternalSource != nil {
			return conflict("Membership of this group is managed by its identity provider (" + *g.ExternalSource + ")")
		}
		for _, user := range users {
			if err := change(st, g, string(user)); err != nil {
				return err
			}
		}
		return nil
	})
}
