package artifactkeeper

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	groupsPath = "/api/v1/groups"
	groupPath  = groupsPath + "/{id}"
)

// groups is groups.rs.
type groups struct {
	c     *transport.Client
	users users
}

type groupJSON struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	Description    string `json:"description"`     // or null
	ExternalSource string `json:"external_source"` // oidc, saml, ldap, or null

	asked string // an id or, of a new group, a name
}

// Complete implements the transport's check of a success.
func (g *groupJSON) Complete() error {
	if g.ID == "" || g.Name == "" {
		return errors.New("it names no group")
	}
	if g.asked == g.Name {
		return nil
	}
	return same(g.asked, g.ID)
}

func (g *groupJSON) group() registry.Group {
	return registry.Group{ID: g.ID, Name: g.Name, Description: g.Description, ExternalSource: g.ExternalSource}
}

// groupBody is a full replacement: a description that is left out is removed.
type groupBody struct {
	Name        string  `json:"name"`
	Description *string `json:"description"`
}

func newGroupBody(spec registry.GroupSpec) groupBody {
	body := groupBody{Name: spec.Name}
	if spec.Description != "" {
		body.Description = &spec.Description
	}
	return body
}

// Create implements registry.Groups. Members are looked up first, so that an unknown one leaves no group behind.
func (g groups) Create(ctx context.Context, spec registry.GroupSpec) (registry.Group, error) {
	object := groupObject(spec.Name)
	if err := checkLengths("create", object, spec.Name); err != nil {
		return registry.Group{}, err
	}
	ids, err := g.users.ids(ctx, "create", object, spec.Members)
	if err != nil {
		return registry.Group{}, err
	}
	answer := groupJSON{asked: spec.Name}
	err = g.c.Do(ctx, transport.Request{
		Op: "create", Object: object, Class: transport.Create, Method: http.MethodPost, Path: groupsPath, Body: newGroupBody(spec),
	}, &answer)
	if err != nil {
		return registry.Group{}, err
	}
	group := answer.group()
	group.Members = []string{}
	if len(ids) > 0 {
		if err := g.postMembers(ctx, http.MethodPost, group.ID, object, ids); err != nil {
			return group, err
		}
		group.Members = slices.Sorted(slices.Values(spec.Members))
	}
	return group, nil
}

// Get implements registry.Groups.
func (g groups) Get(ctx context.Context, id string) (registry.Group, error) {
	group, members, err := g.details(ctx, id)
	if err != nil {
		return registry.Group{}, err
	}
	group.Members = make([]string, 0, len(members))
	for _, m := range members {
		group.Members = append(group.Members, m.Username)
	}
	slices.Sort(group.Members)
	return group, nil
}

type memberJSON struct {
	UserID   string `json:"user_id"`
	Username string `json:"username"`
}

type detailsJSON struct {
	groupJSON

	Members      []memberJSON `json:"members"`
	MembersTotal *int         `json:"members_total"`
}

// Complete implements the transport's check of a success.
func (d *detailsJSON) Complete() error {
	if d.MembersTotal == nil {
		return errors.New("it does not say how many members there are")
	}
	if err := transport.CheckComplete(d.Members); err != nil {
		return err
	}
	return d.groupJSON.Complete()
}

// Complete implements the transport's check of an item.
func (m *memberJSON) Complete() error {
	if m.UserID == "" || m.Username == "" {
		return errors.New("it names no user")
	}
	return nil
}

// details reads a group and all its members, which come in pages. Members who joined in the same moment have no fixed
// order, so a page can repeat one and miss another; the list is read again until the count fits.
func (g groups) details(ctx context.Context, id string) (registry.Group, []memberJSON, error) {
	const memberPage, rounds = 200, 3
	if !uuid.MatchString(id) {
		return registry.Group{}, nil, notAnID("read", groupObject(id))
	}
	members := map[string]memberJSON{}
	var answer detailsJSON
	for range rounds {
		for offset := 0; ; offset += memberPage {
			answer = detailsJSON{groupJSON: groupJSON{asked: id}}
			err := g.c.Do(ctx, transport.Request{
				Op: "read", Object: groupObject(id), Method: http.MethodGet, Path: groupPath,
				Params: map[string]string{"id": id},
				Query:  url.Values{"member_limit": {strconv.Itoa(memberPage)}, "member_offset": {strconv.Itoa(offset)}},
			}, &answer)
			if err != nil {
				return registry.Group{}, nil, err
			}
			for _, m := range answer.Members {
				members[m.UserID] = m
			}
			if len(answer.Members) == 0 || offset+len(answer.Members) >= *answer.MembersTotal {
				break
			}
		}
		if len(members) >= *answer.MembersTotal {
			break
		}
	}
	if len(members) < *answer.MembersTotal {
		return registry.Group{}, nil, &registry.Error{
			Kind: registry.KindUnavailable, Op: "read", Object: groupObject(answer.Name),
			Message: "its members kept changing while they were read", Hint: "Run again",
		}
	}
	list := make([]memberJSON, 0, len(members))
	for _, m := range members {
		list = append(list, m)
	}
	return answer.group(), list, nil
}

// FindByName implements registry.Groups.
func (g groups) FindByName(ctx context.Context, name string) (registry.Group, error) {
	found, err := g.find(ctx, name)
	if err != nil {
		return registry.Group{}, err
	}
	return g.Get(ctx, found.ID)
}

func (g groups) find(ctx context.Context, name string) (*groupJSON, error) {
	item, found, err := g.search(searchTerm(name)).find(ctx, func(item groupJSON) bool { return item.Name == name })
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, &registry.Error{
			Kind: registry.KindNotFound, Op: "find", Object: groupObject(name), Message: "there is no group of this name",
		}
	default:
		return &item, nil
	}
}

// List implements registry.Groups; its results lack members.
func (g groups) List(ctx context.Context, filter registry.GroupFilter) iter.Seq2[registry.Group, error] {
	return func(yield func(registry.Group, error) bool) {
		for item, err := range g.search(searchTerm(filter.Contains)).each(ctx) {
			if err != nil {
				yield(registry.Group{}, err)
				return
			}
			if !yield(item.group(), nil) {
				return
			}
		}
	}
}

func (g groups) search(term string) lister[groupJSON] {
	query := url.Values{}
	if term != "" {
		query.Set("search", term)
	}
	return lister[groupJSON]{
		c: g.c, what: "groups", path: groupsPath, query: query, id: func(item groupJSON) string { return item.ID },
	}
}

// Update implements registry.Groups. Renaming onto a taken name is answered with a 500.
func (g groups) Update(ctx context.Context, id string, spec registry.GroupSpec) (registry.Group, error) {
	object := groupObject(spec.Name)
	if err := checkLengths("update", object, spec.Name); err != nil {
		return registry.Group{}, err
	}
	answer := groupJSON{asked: id}
	err := g.c.Do(ctx, transport.Request{
		Op: "update", Object: object, Class: transport.Idempotent, Method: http.MethodPut, Path: groupPath,
		Params: map[string]string{"id": id}, Body: newGroupBody(spec),
	}, &answer)
	var e *registry.Error
	if errors.As(err, &e) && e.Status == http.StatusInternalServerError {
		if other, lookup := g.find(ctx, spec.Name); lookup == nil && other.ID != id {
			return registry.Group{}, &registry.Error{
				Kind: registry.KindConflict, Op: "rename", Object: object, Err: err, Message: "another group has this name",
			}
		}
	}
	if err != nil {
		return registry.Group{}, err
	}
	return answer.group(), nil
}

// ChangeMembers implements registry.Groups. Who is to leave is found among the members, not among the accounts: an
// account may be gone by now.
func (g groups) ChangeMembers(ctx context.Context, id string, add, remove []string) error {
	object := groupObject(id)
	joining, err := g.users.ids(ctx, "change the members of", object, add)
	if err != nil {
		return err
	}
	if len(joining) > 0 {
		if err := g.postMembers(ctx, http.MethodPost, id, object, joining); err != nil {
			return err
		}
	}
	if len(remove) == 0 {
		return nil
	}
	_, members, err := g.details(ctx, id)
	if err != nil {
		return err
	}
	var leaving []string
	for _, m := range members {
		if slices.Contains(remove, m.Username) && !slices.Contains(add, m.Username) {
			leaving = append(leaving, m.UserID)
		}
	}
	if len(leaving) == 0 {
		return nil
	}
	return g.postMembers(ctx, http.MethodDelete, id, object, leaving)
}

// postMembers adds (POST) or removes (DELETE, with a body) members. Both are set operations and may be repeated.
func (g groups) postMembers(ctx context.Context, method, id, object string, userIDs []string) error {
	return g.c.Do(ctx, transport.Request{
		Op: "change the members of", Object: object, Class: transport.Idempotent, Method: method,
		Path: groupPath + "/members", Params: map[string]string{"id": id}, Body: map[string][]string{"user_ids": userIDs},
	}, nil)
}

// Delete implements registry.Groups. Permission rows of the group stay behind as orphans.
func (g groups) Delete(ctx context.Context, id string) error {
	return g.c.Do(ctx, transport.Request{
		Op: "delete", Object: groupObject(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: groupPath,
		Params: map[string]string{"id": id},
	}, nil)
}

func groupObject(name string) string { return fmt.Sprintf("group %q", name) }
