package artifactory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	groupsPath = "/access/api/v2/groups"
	groupPath  = groupsPath + "/{name}"
)

// groups is help: create-a-group, get-group-details, get-a-list-of-groups, group-update, add-or-remove-user-from-groups.
type groups struct {
	c *transport.Client
	// users tells which member an answer complains about.
	users users
}

// groupJSON is the answer of every call on one group.
type groupJSON struct {
	Name            string   `json:"name"`
	Description     string   `json:"description"`
	ExternalID      string   `json:"external_id"`
	AutoJoin        bool     `json:"auto_join"`
	AdminPrivileges bool     `json:"admin_privileges"`
	Members         []string `json:"members"` // absent from some answers
	Realm           string   `json:"realm"`
	RealmAttributes string   `json:"realm_attributes"`
	ReportsManager  bool     `json:"reports_manager"` // the roles since 7.128.0
	WatchManager    bool     `json:"watch_manager"`
	PolicyManager   bool     `json:"policy_manager"`
	PolicyViewer    bool     `json:"policy_viewer"`
	ManageResources bool     `json:"manage_resources"`
	ManageWebhook   bool     `json:"manage_webhook"`

	asked string
}

// Complete implements the transport's check of a success.
func (g *groupJSON) Complete() error {
	if g.Name == "" {
		return errors.New("it names no group")
	}
	return sameName(g.asked, g.Name)
}

// groupDetails is the answer of a read, by which it is judged whether a token may act for the group: that its members are
// no administrators must have been said.
type groupDetails struct {
	groupJSON

	told struct {
		AdminPrivileges *bool `json:"admin_privileges"`
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (g *groupDetails) UnmarshalJSON(data []byte) error {
	return errors.Join(json.Unmarshal(data, &g.groupJSON), json.Unmarshal(data, &g.told))
}

// Complete implements the transport's check of a success.
func (g *groupDetails) Complete() error {
	if g.told.AdminPrivileges == nil {
		return errors.New("it does not say whether the group's members are administrators")
	}
	return g.groupJSON.Complete()
}

func (g *groupJSON) group() registry.Group {
	owner := realm(g.Realm)
	source := owner
	if source == "internal" || source == "artifactory" {
		source = ""
	}
	return registry.Group{
		ID: g.Name, Name: g.Name, Description: g.Description, Members: g.Members, ExternalSource: source,
		Artifactory: &registry.ArtifactoryGroup{
			AutoJoin: g.AutoJoin, AdminPrivileges: g.AdminPrivileges, ExternalID: g.ExternalID,
			Realm: owner, RealmAttributes: g.RealmAttributes, LDAP: ldapLink(owner, g.RealmAttributes),
			Roles: registry.ArtifactoryGroupRoles{
				ReportsManager: g.ReportsManager, WatchManager: g.WatchManager, PolicyManager: g.PolicyManager,
				PolicyViewer: g.PolicyViewer, ManageResources: g.ManageResources, ManageWebhook: g.ManageWebhook,
			},
		},
	}
}

// groupBody is what is sent. Description is a pointer because an update must be able to empty it.
type groupBody struct {
	Name            string   `json:"name,omitempty"`
	Description     *string  `json:"description,omitempty"`
	ExternalID      *string  `json:"external_id,omitempty"`
	AutoJoin        *bool    `json:"auto_join,omitempty"`
	AdminPrivileges *bool    `json:"admin_privileges,omitempty"`
	Members         []string `json:"members,omitempty"`
	ReportsManager  *bool    `json:"reports_manager,omitempty"`
	WatchManager    *bool    `json:"watch_manager,omitempty"`
	PolicyManager   *bool    `json:"policy_manager,omitempty"`
	PolicyViewer    *bool    `json:"policy_viewer,omitempty"`
	ManageResources *bool    `json:"manage_resources,omitempty"`
	ManageWebhook   *bool    `json:"manage_webhook,omitempty"`
}

// apply lays a patch over what the body has.
func (b *groupBody) apply(p *registry.ArtifactoryGroupPatch) {
	if p == nil {
		return
	}
	b.ExternalID = cmp.Or(p.ExternalID, b.ExternalID)
	for field, value := range map[**bool]*bool{
		&b.AutoJoin: p.AutoJoin, &b.AdminPrivileges: p.AdminPrivileges, &b.ReportsManager: p.ReportsManager, &b.WatchManager: p.WatchManager,
		&b.PolicyManager: p.PolicyManager, &b.PolicyViewer: p.PolicyViewer, &b.ManageResources: p.ManageResources, &b.ManageWebhook: p.ManageWebhook,
	} {
		*field = cmp.Or(value, *field)
	}
}

// Create implements registry.Groups.
func (g groups) Create(ctx context.Context, spec registry.GroupSpec) (registry.Group, error) {
	if spec.Artifactory != nil && spec.Artifactory.LDAP != nil {
		return g.createLDAP(ctx, spec)
	}
	body := groupBody{Name: spec.Name, Members: spec.Members}
	if spec.Description != "" {
		body.Description = &spec.Description
	}
	body.apply(spec.Artifactory)
	answer := groupJSON{asked: spec.Name}
	err := g.c.Do(ctx, transport.Request{
		Op: "create", Object: groupObject(spec.Name), Class: transport.Create, Method: http.MethodPost, Path: groupsPath, Body: body,
	}, &answer)
	if registry.KindOf(err) == registry.KindInvalid {
		return registry.Group{}, g.unknownMember(ctx, "create", spec.Name, spec.Members, err)
	}
	if err != nil {
		return registry.Group{}, err
	}
	group := answer.group()
	if group.Members == nil {
		group.Members = slices.Clone(spec.Members)
	}
	if missing := without(spec.Members, group.Members); len(missing) > 0 {
		if err := g.ChangeMembers(ctx, group.ID, missing, nil); err != nil {
			return group, err
		}
		group.Members = append(group.Members, missing...)
	}
	return group, nil
}

// Get implements registry.Groups.
func (g groups) Get(ctx context.Context, id string) (registry.Group, error) {
	return g.get(ctx, id)
}

// FindByName implements registry.Groups.
func (g groups) FindByName(ctx context.Context, name string) (registry.Group, error) {
	return g.get(ctx, name)
}

func (g groups) get(ctx context.Context, name string) (registry.Group, error) {
	answer := groupDetails{groupJSON: groupJSON{asked: name}}
	err := g.c.Do(ctx, transport.Request{
		Op: "read", Object: groupObject(name), Method: http.MethodGet, Path: groupPath,
		Params: map[string]string{"name": name},
	}, &answer)
	if err != nil {
		return registry.Group{}, err
	}
	group := answer.group()
	if group.Members == nil {
		group.Members = []string{} // the details tell the members; none are listed
	}
	return group, nil
}

// groupItem is a line of the list; its key differs from the details.
type groupItem struct {
	Name string `json:"group_name"`
}

// Complete implements the transport's check of a success.
func (g *groupItem) Complete() error {
	if g.Name == "" {
		return errors.New("it names no group")
	}
	return nil
}

type groupPage struct {
	Groups []groupItem `json:"groups"`
	Cursor string      `json:"cursor"`
}

// Complete implements the transport's check of a success.
func (p *groupPage) Complete() error { return transport.CheckComplete(p.Groups) }

// List implements registry.Groups.
func (g groups) List(ctx context.Context, filter registry.GroupFilter) iter.Seq2[registry.Group, error] {
	lines := walk(ctx, "groups", g.c.MaxListed(), func(l groupItem) string { return l.Name }, func(cursor string) ([]groupItem, string, error) {
		query := url.Values{"limit": {strconv.Itoa(pageSize)}}
		setIf(query, "cursor", cursor)
		setIf(query, "groupName", filter.Contains)
		var page groupPage
		err := g.c.Do(ctx, transport.Request{
			Op: "list", Object: "groups", Method: http.MethodGet, Path: groupsPath, Query: query,
		}, &page)
		return page.Groups, page.Cursor, err
	})
	return convert(lines, func(l groupItem) registry.Group {
		return registry.Group{ID: l.Name, Name: l.Name, Partial: true}
	})
}

// Update implements registry.Groups. Members are never part of it: the server ignores them here.
func (g groups) Update(ctx context.Context, id string, spec registry.GroupSpec) (registry.Group, error) {
	if spec.Name != "" && spec.Name != id {
		return registry.Group{}, cannotRename(groupObject(id))
	}
	body := groupBody{Description: &spec.Description}
	if spec.Artifactory != nil && spec.Artifactory.LDAP != nil {
		roles, err := g.link(ctx, id, *spec.Artifactory.LDAP)
		if err != nil {
			return registry.Group{}, err
		}
		body.apply(&roles)
	}
	body.apply(spec.Artifactory)
	answer := groupJSON{asked: id}
	err := g.c.Do(ctx, transport.Request{
		Op: "update", Object: groupObject(id), Class: transport.Idempotent, Method: http.MethodPatch, Path: groupPath,
		Params: map[string]string{"name": id}, Body: body,
	}, &answer)
	if err != nil {
		return registry.Group{}, err
	}
	return answer.group(), nil
}

// ChangeMembers implements registry.Groups.
func (g groups) ChangeMembers(ctx context.Context, id string, add, remove []string) error {
	remove = without(remove, add) // the server refuses a name in both
	if len(add)+len(remove) == 0 {
		return nil
	}
	body := struct {
		Add    []string `json:"add,omitempty"`
		Remove []string `json:"remove,omitempty"`
	}{add, remove}
	err := g.c.Do(ctx, transport.Request{
		Op: "change the members of", Object: groupObject(id), Class: transport.Idempotent, Method: http.MethodPatch,
		Path: groupPath + "/members", Params: map[string]string{"name": id}, Body: body,
	}, nil)
	if kind := registry.KindOf(err); kind == registry.KindNotFound || kind == registry.KindInvalid {
		if _, gone := g.get(ctx, id); gone != nil {
			return gone
		}
		return g.unknownMember(ctx, "change the members of", id, add, err)
	}
	return err
}

// unknownMember explains a refusal of members: the answers do not always name the one that is missing.
func (g groups) unknownMember(ctx context.Context, op, group string, members []string, cause error) error {
	const mostLookups = 25
	var missing []string
	for _, name := range members[:min(len(members), mostLookups)] {
		_, err := g.users.FindByUsername(ctx, name)
		if registry.IsNotFound(err) {
			missing = append(missing, strconv.Quote(name))
		}
	}
	if len(missing) == 0 {
		var e *registry.Error
		if errors.As(cause, &e) && e.Kind == registry.KindNotFound {
			e.Kind = registry.KindInvalid // the group is there; what is missing is one of many members
		}
		return cause
	}
	return &registry.Error{
		Kind: registry.KindInvalid, Op: op, Object: groupObject(group), Err: cause,
		Message: "there is no user " + strings.Join(missing, ", "),
		Hint:    "Create the account first, or correct the name",
	}
}

// Delete implements registry.Groups.
func (g groups) Delete(ctx context.Context, id string) error {
	return g.c.Do(ctx, transport.Request{
		Op: "delete", Object: groupObject(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: groupPath,
		Params: map[string]string{"name": id},
	}, nil)
}

// without gives the names of a that are not in b. Artifactory's user names are lower case.
func without(a, b []string) []string {
	var rest []string
	for _, name := range a {
		if !slices.ContainsFunc(b, func(other string) bool { return registry.EqualFoldASCII(name, other) }) {
			rest = append(rest, name)
		}
	}
	return rest
}

func cannotRename(object string) error {
	return &registry.Error{
		Kind: registry.KindUnsupported, Op: "rename", Object: object,
		Message: "Artifactory cannot rename it", Hint: "Create one of the new name and remove the old one",
	}
}

func groupObject(name string) string { return fmt.Sprintf("group %q", name) }
