package artifactory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"strconv"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

const (
	permissionsPath = "/access/api/v2/permissions"
	permissionPath  = permissionsPath + "/{name}"
	sectionPath     = permissionPath + "/{type}"
)

// permissions is help: create-permission, get-permissions, get-permission-details-by-permission-name. A permission cannot
// be replaced whole; its sections (artifact, build, …) can, one by one.
type permissions struct{ c *transport.Client }

type permissionJSON struct {
	Name      string             `json:"name"`
	Resources map[string]section `json:"resources"`

	asked string
}

// Complete implements the transport's check of a success.
func (p *permissionJSON) Complete() error {
	if p.Name == "" {
		return errors.New("it names no permission")
	}
	if p.Resources == nil {
		return errors.New("it tells no resources")
	}
	return sameName(p.asked, p.Name)
}

// Create implements registry.Permissions. What servers answer differs between versions; what was accepted is what was
// sent.
func (p permissions) Create(ctx context.Context, spec registry.PermissionSpec) (registry.Permission, error) {
	body := permissionJSON{Name: spec.Name, Resources: sectionsOf(spec)}
	err := p.c.Do(ctx, transport.Request{
		Op: "create", Object: permissionObject(spec.Name), Class: transport.Create, Method: http.MethodPost,
		Path: permissionsPath, Body: body,
	}, nil)
	if err != nil {
		return registry.Permission{}, namesUnknown(err)
	}
	return body.permission(), nil
}

// namesUnknown explains a 404 about a permission that is there, or is just being created: one of the repositories, users
// or groups in it does not exist.
func namesUnknown(err error) error {
	var e *registry.Error
	if isRefused404(err) && errors.As(err, &e) {
		e.Kind = registry.KindInvalid
		e.Hint = "Check that the repositories, users and groups named in it exist"
	}
	return err
}

// isRefused404 tells the 404 of a change: the registry's own, whatever it is that does not exist.
func isRefused404(err error) bool {
	var e *registry.Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound && e.Kind != registry.KindWrongEndpoint
}

// Get implements registry.Permissions.
func (p permissions) Get(ctx context.Context, name string) (registry.Permission, error) {
	answer := permissionJSON{asked: name}
	err := p.c.Do(ctx, transport.Request{
		Op: "read", Object: permissionObject(name), Method: http.MethodGet, Path: permissionPath,
		Params: map[string]string{"name": name},
	}, &answer)
	if err != nil {
		return registry.Permission{}, err
	}
	return answer.permission(), nil
}

// permissionItem is a line of the list.
type permissionItem struct {
	Name string `json:"name"`
}

// Complete implements the transport's check of a success.
func (p *permissionItem) Complete() error {
	if p.Name == "" {
		return errors.New("it names no permission")
	}
	return nil
}

type permissionPage struct {
	Permissions []permissionItem `json:"permissions"`
	Cursor      string           `json:"cursor"`
}

// Complete implements the transport's check of a success.
func (p *permissionPage) Complete() error { return transport.CheckComplete(p.Permissions) }

// List implements registry.Permissions; results are Partial.
func (p permissions) List(ctx context.Context) iter.Seq2[registry.Permission, error] {
	lines := walk(ctx, "permissions", p.c.MaxListed(), func(l permissionItem) string { return l.Name }, func(cursor string) ([]permissionItem, string, error) {
		query := url.Values{"limit": {strconv.Itoa(pageSize)}}
		setIf(query, "cursor", cursor)
		var page permissionPage
		err := p.c.Do(ctx, transport.Request{
			Op: "list", Object: "permissions", Method: http.MethodGet, Path: permissionsPath, Query: query,
		}, &page)
		return page.Permissions, page.Cursor, err
	})
	return convert(lines, func(l permissionItem) registry.Permission {
		return registry.Permission{ID: l.Name, Name: l.Name, Partial: true}
	})
}

// Update implements registry.Permissions: a PUT per section that changed, a DELETE per section that vanished, in a fixed
// order. Sections that stayed the same are not touched.
func (p permissions) Update(ctx context.Context, prior, spec registry.PermissionSpec) (registry.Permission, error) {
	if prior.Name != spec.Name {
		return registry.Permission{}, cannotRename(permissionObject(prior.Name))
	}
	before, after := sectionsOf(prior), sectionsOf(spec)
	for _, kind := range sectionKinds {
		old, had := before[kind]
		want, has := after[kind]
		var err error
		switch {
		case has && (!had || !reflect.DeepEqual(old, want)):
			err = p.c.Do(ctx, sectionRequest(spec.Name, kind, http.MethodPut, want), nil)
			if isRefused404(err) {
				if _, gone := p.Get(ctx, spec.Name); gone != nil {
					return registry.Permission{}, gone
				}
				err = namesUnknown(err)
			}
		case had && !has:
			err = p.c.Do(ctx, sectionRequest(spec.Name, kind, http.MethodDelete, nil), nil)
			if registry.IsNotFound(err) {
				err = nil
			}
		}
		if err != nil {
			return registry.Permission{}, err
		}
	}
	return (&permissionJSON{Name: spec.Name, Resources: after}).permission(), nil
}

// sectionRequest changes one section of a permission.
func sectionRequest(name, kind, method string, body any) transport.Request {
	return transport.Request{
		Op: "update", Object: permissionObject(name) + ", section " + kind, Class: transport.Idempotent, Method: method,
		Path: sectionPath, Params: map[string]string{"name": name, "type": kind}, Body: body,
	}
}

// Delete implements registry.Permissions.
func (p permissions) Delete(ctx context.Context, spec registry.PermissionSpec) error {
	return p.c.Do(ctx, transport.Request{
		Op: "delete", Object: permissionObject(spec.Name), Class: transport.Idempotent, Method: http.MethodDelete,
		Path: permissionPath, Params: map[string]string{"name": spec.Name},
	}, nil)
}

func permissionObject(name string) string { return fmt.Sprintf("permission %q", name) }
