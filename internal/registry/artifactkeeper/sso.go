package artifactkeeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// keyed is an answer about one object of the administration of sign-in (sso_admin.rs, ci_auth_admin.rs).
type keyed interface {
	key() (id, name string)
}

// entity is one of the collections of that administration: bare arrays without pages, objects by UUID, PUT as a partial
// merge.
type entity[T keyed] struct {
	c *transport.Client
	// what names one object for people, such as "LDAP settings".
	what, path string
	params     map[string]string
}

func (e entity[T]) object(name string) string { return fmt.Sprintf("%s %q", e.what, name) }

func (e entity[T]) with(id string) map[string]string {
	params := map[string]string{"id": id}
	for name, value := range e.params {
		params[name] = value
	}
	return params
}

// complete checks that an answer names an object, and the one that was asked for by id or name.
type complete[T keyed] struct {
	value T
	asked string
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *complete[T]) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &c.value) }

// Complete implements the transport's check of a success.
func (c *complete[T]) Complete() error {
	id, name := c.value.key()
	switch {
	case id == "" || name == "":
		return errors.New("it names no object")
	case c.asked == name:
		return nil
	}
	return same(c.asked, id)
}

func (e entity[T]) list(ctx context.Context) ([]T, error) {
	var answer transport.Array[complete[T]]
	err := e.c.Do(ctx, transport.Request{
		Op: "list", Object: e.what, Method: http.MethodGet, Path: e.path, Params: e.params,
	}, &answer)
	items := make([]T, 0, len(answer))
	for i := range answer {
		items = append(items, answer[i].value)
	}
	return items, err
}

func (e entity[T]) get(ctx context.Context, id string) (T, error) {
	answer := complete[T]{asked: id}
	if !uuid.MatchString(id) {
		return answer.value, notAnID("read", e.object(id))
	}
	err := e.c.Do(ctx, transport.Request{
		Op: "read", Object: e.object(id), Method: http.MethodGet, Path: e.path + "/{id}", Params: e.with(id),
	}, &answer)
	return answer.value, err
}

// find looks for exactly this name, twice if need be.
func (e entity[T]) find(ctx context.Context, name string) (T, error) {
	found, err := e.first(ctx, func(_, other string) bool { return other == name })
	if err == nil && found != nil {
		return *found, nil
	}
	var none T
	if err != nil {
		return none, err
	}
	return none, &registry.Error{
		Kind: registry.KindNotFound, Op: "find", Object: e.object(name), Message: "there is none of this name",
	}
}

// first is the first item of the list that fits, nil when there is none on a second look either.
func (e entity[T]) first(ctx context.Context, fits func(id, name string) bool) (*T, error) {
	for range 2 {
		items, err := e.list(ctx)
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(items, func(item T) bool { return fits(item.key()) }); at >= 0 {
			return &items[at], nil
		}
	}
	return nil, nil
}

// create makes an object. A name that is taken is looked for before: the server answers it with a 500 that says nothing,
// or makes a second object.
func (e entity[T]) create(ctx context.Context, name string, body any, secrets ...registry.Secret) (T, error) {
	answer := complete[T]{asked: name}
	_, err := e.find(ctx, name)
	switch {
	case err == nil:
		return answer.value, &registry.Error{
			Kind: registry.KindConflict, Op: "create", Object: e.object(name), Message: "there is one of this name already",
		}
	case !registry.IsNotFound(err):
		return answer.value, err
	}
	err = e.c.Do(ctx, transport.Request{
		Op: "create", Object: e.object(name), Class: transport.Create, Method: http.MethodPost, Path: e.path, Params: e.params,
		Body: body, Secrets: secrets,
	}, &answer)
	return answer.value, privateHost(err)
}

// update sends what changed. Renaming onto a taken name is answered with a 500.
func (e entity[T]) update(ctx context.Context, id, name string, body map[string]any, secrets ...registry.Secret) (T, error) {
	answer := complete[T]{asked: id}
	err := e.c.Do(ctx, transport.Request{
		Op: "update", Object: e.object(name), Class: transport.Idempotent, Method: http.MethodPut, Path: e.path + "/{id}",
		Params: e.with(id), Body: body, Secrets: secrets,
	}, &answer)
	var failed *registry.Error
	if errors.As(err, &failed) && failed.Status == http.StatusInternalServerError {
		if other, lookup := e.find(ctx, name); lookup == nil {
			if otherID, _ := other.key(); otherID != id {
				return answer.value, &registry.Error{
					Kind: registry.KindConflict, Op: "rename", Object: e.object(name), Err: err, Message: "another one has this name",
				}
			}
		}
	}
	return answer.value, privateHost(err)
}

func (e entity[T]) delete(ctx context.Context, id string) error {
	return e.c.Do(ctx, transport.Request{
		Op: "delete", Object: e.object(id), Class: transport.Idempotent, Method: http.MethodDelete, Path: e.path + "/{id}", Params: e.with(id),
	}, nil)
}

// privateHost explains the server's guard against being made to call into its own network (validation.rs).
func privateHost(err error) error {
	var e *registry.Error
	if errors.As(err, &e) && e.Kind == registry.KindInvalid && strings.Contains(e.Message, "private") {
		e.Hint = "Artifact Keeper does not call addresses of its own network unless its administrator allows it: " +
			"SSO_ALLOW_PRIVATE_IPS, or AK_SSRF_ALLOW_PRIVATE_CIDRS for single networks"
	}
	return err
}

// changed puts a field into the body of a partial update if it differs.
func changed[V comparable](body map[string]any, name string, prior, next V) {
	if prior != next {
		body[name] = next
	}
}
