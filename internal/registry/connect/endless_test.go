package connect_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/endless"
	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/connect"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// fewListed lowers the bound on what a list may bring: 2 full pages on Artifactory, 20 on Artifact Keeper.
const fewListed = 2000

// pagedLists are the methods that cannot do without a paged list.
var pagedLists = map[registry.Type][]string{
	registry.Artifactory: {"Users.List", "Groups.List", "Permissions.List"},
	registry.ArtifactKeeper: {
		"Users.List", "Users.FindByUsername", "Users.FindByEmail", "Users.All", "Groups.List", "Groups.FindByName",
		"Permissions.List", "Permissions.All", "Repositories.List",
	},
}

// TestNoMethodReadsWithoutAnEnd calls every method that a registry has, so that a list that is added later is among them,
// against servers whose lists never end. Each ends after a bounded number of requests, and those that show a list say why.
func TestNoMethodReadsWithoutAnEnd(t *testing.T) {
	t.Parallel()
	for _, of := range []registry.Type{registry.Artifactory, registry.ArtifactKeeper} {
		// Artifact Keeper's lists are read up to four times when they seem to change, and a permission reads two of them.
		most := map[registry.Type]int{registry.Artifactory: 30, registry.ArtifactKeeper: 2 * 4 * fewListed / 100}[of]
		for _, kind := range endless.Kinds(of) {
			if kind == endless.Drip {
				continue // it is for TestSlowLists
			}
			t.Run(fmt.Sprintf("%s, %s", of, kind), func(t *testing.T) {
				t.Parallel()
				var paged []string
				for _, m := range methods(openEndless(t, endless.Start(t, of, kind, most))) {
					server := endless.Start(t, of, kind, most)
					if m.call(t, openEndless(t, server), server) {
						paged = append(paged, m.field+"."+m.name)
					}
				}
				for _, name := range pagedLists[of] {
					if !slices.Contains(paged, name) {
						t.Errorf("%s told of no list without an end, only these did: %v", name, paged)
					}
				}
			})
		}
	}
}

func openEndless(t *testing.T, server *endless.Server, change ...func(*connect.Config)) *registry.Registry {
	t.Helper()
	cfg := connect.Config{Type: server.Of, Config: transport.Config{
		BaseURL: server.URL, AllowPlainHTTP: true, MaxListed: fewListed, MaxRetries: 1,
		Credential: transport.Credential{AccessToken: registry.NewSecret("0a1b2c3d_0123456789abcdef0123456789abcdef")},
		Sleep:      func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}}
	for _, f := range change {
		f(&cfg)
	}
	connection, err := connect.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return must(connection.Open(t.Context()))(t)
}

// method is a method of one of a registry's interfaces, by the name of the field that holds it.
type method struct{ field, name string }

func methods(reg *registry.Registry) []method {
	var all []method
	fields := reflect.ValueOf(*reg)
	for i := range fields.NumField() {
		field := fields.Field(i)
		if field.Kind() != reflect.Interface || field.IsNil() {
			continue
		}
		concrete := field.Elem().Type() // it can have more methods than the interface, such as All
		for j := range concrete.NumMethod() {
			all = append(all, method{fields.Type().Field(i).Name, concrete.Method(j).Name})
		}
	}
	return all
}

// call calls the method and uses up what it gives. It reports whether the method told of a list without an end.
func (m method) call(t *testing.T, reg *registry.Registry, server *endless.Server) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	result := make(chan error, 1)
	go func() {
		f := reflect.ValueOf(*reg).FieldByName(m.field).Elem().MethodByName(m.name)
		var arguments []reflect.Value
		for i := range f.Type().NumIn() {
			arguments = append(arguments, filled(ctx, f.Type().In(i)))
		}
		result <- lastError(f.Call(arguments))
	}()
	select {
	case err := <-result:
		return err != nil && strings.HasPrefix(err.Error(), "list ") && told(t, m, err)
	case <-server.Exceeded:
		cancel()
		t.Errorf("%s.%s did not end after %d requests", m.field, m.name, len(server.Seen()))
		t.Logf("then it says: %v", <-result)
		return false
	}
}

// told checks what the error of a list that never ends says.
func told(t *testing.T, m method, err error) bool {
	t.Helper()
	text := err.Error()
	if !strings.Contains(text, "did not end") && !strings.Contains(text, "does not advance") && !strings.Contains(text, "kept changing") {
		return false
	}
	if !strings.Contains(text, "kept changing") && (!strings.Contains(text, "pages with") || !strings.Contains(text, "read in ") || !strings.Contains(text, "proxy")) {
		t.Errorf("%s.%s: the error does not say how much was read and what to do: %v", m.field, m.name, err)
	}
	if registry.KindOf(err) != registry.KindUnavailable {
		t.Errorf("%s.%s: %v", m.field, m.name, err)
	}
	return true
}

// filled makes an argument that is not empty: names that no server has, and an id that Artifact Keeper could have.
func filled(ctx context.Context, of reflect.Type) reflect.Value {
	v := reflect.New(of).Elem()
	switch of.Kind() { //nolint:exhaustive // the others stay zero
	case reflect.Interface:
		if of == reflect.TypeFor[context.Context]() {
			return reflect.ValueOf(ctx)
		}
	case reflect.String:
		v.SetString("00000000-0000-4000-8000-0000000000ff")
	case reflect.Int:
		v.SetInt(1 << 40)
	case reflect.Slice:
		if of.Elem().Kind() == reflect.String {
			v.Set(reflect.Append(v, filled(ctx, of.Elem()), reflect.ValueOf("b").Convert(of.Elem())))
		}
	case reflect.Map:
		if of.Key().Kind() == reflect.String {
			v.Set(reflect.MakeMap(of))
			v.SetMapIndex(filled(ctx, of.Key()), filled(ctx, of.Elem()))
		}
	case reflect.Struct:
		for i := range of.NumField() {
			if of.Field(i).IsExported() {
				v.Field(i).Set(filled(ctx, of.Field(i).Type))
			}
		}
	}
	return v
}

// lastError reads iterators to their end and gives the last error that came.
func lastError(results []reflect.Value) error {
	var last error
	for _, result := range results {
		switch {
		case result.Type() == reflect.TypeFor[error]():
			if err, ok := result.Interface().(error); ok {
				last = err
			}
		case result.Kind() == reflect.Func && result.Type().CanSeq2():
			for _, err := range result.Seq2() {
				if e, ok := err.Interface().(error); ok {
					last = e
				}
			}
		}
	}
	return last
}

// The lists by name, for what is asked of each of them.
func lists(reg *registry.Registry) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"users":       func(ctx context.Context) error { return drain(reg.Users.List(ctx, registry.UserFilter{})) },
		"groups":      func(ctx context.Context) error { return drain(reg.Groups.List(ctx, registry.GroupFilter{})) },
		"permissions": func(ctx context.Context) error { return drain(reg.Permissions.List(ctx)) },
	}
}

func drain[T any](list func(func(T, error) bool)) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestSlowLists: a list whose pages take for ever ends with the time of the operation, or at once by an interrupt.
func TestSlowLists(t *testing.T) {
	t.Parallel()
	for _, of := range []registry.Type{registry.Artifactory, registry.ArtifactKeeper} {
		for _, what := range []string{"users", "groups", "permissions"} {
			t.Run(fmt.Sprintf("%s, %s", of, what), func(t *testing.T) {
				t.Parallel()
				server := endless.Start(t, of, endless.Drip, 10)
				read := lists(openEndless(t, server))[what]
				limited, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				err := read(limited)
				wantKind(t, err, registry.KindUnavailable)
				if !strings.Contains(err.Error(), "the time for this operation ended before the list did, after 0 pages with 0 "+what) {
					t.Error(err)
				}
				seen := len(server.Seen())
				interrupted, interrupt := context.WithCancel(t.Context())
				go func() { <-server.Reached(seen + 1); interrupt() }()
				err = read(interrupted)
				wantKind(t, err, registry.KindUnavailable)
				if !strings.Contains(err.Error(), "cancelled") || len(server.Seen()) != seen+1 {
					t.Errorf("%d requests, %v", len(server.Seen())-seen, err)
				}
			})
		}
	}
}

// TestAnInterruptEndsAList: no page is asked for after it.
func TestAnInterruptEndsAList(t *testing.T) {
	t.Parallel()
	for _, of := range []registry.Type{registry.Artifactory, registry.ArtifactKeeper} {
		for _, what := range []string{"users", "groups", "permissions"} {
			t.Run(fmt.Sprintf("%s, %s", of, what), func(t *testing.T) {
				t.Parallel()
				const pages = 5
				server := endless.Start(t, of, endless.Invented, 100_000)
				ctx, interrupt := context.WithCancel(t.Context())
				asked := 0
				reg := openEndless(t, server, func(c *connect.Config) {
					c.MaxListed = 1 << 40
					c.Observe = func(transport.Attempt) {
						if asked++; asked == pages {
							interrupt()
						}
					}
				})
				err := lists(reg)[what](ctx)
				if err == nil || !strings.Contains(err.Error(), "cancelled") || len(server.Seen()) > pages {
					t.Errorf("%d requests, %v", len(server.Seen()), err)
				}
			})
		}
	}
}
