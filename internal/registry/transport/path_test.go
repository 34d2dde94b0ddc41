package transport

import (
	"net/url"
	"strings"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

func TestExpandPathRefusesNamesThatChangeThePath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".", ".."} {
		if path, err := expandPath("/users/{name}", map[string]string{"name": name}); err == nil || registry.KindOf(err) != registry.KindInvalid {
			t.Errorf("%q gave %q, %v", name, path, err)
		}
	}
	for _, template := range []string{"/users/{other}", "/users/{name"} {
		if path, err := expandPath(template, map[string]string{"name": "x"}); err == nil {
			t.Errorf("%s gave %q", template, path)
		}
	}
}

func FuzzExpandPath(f *testing.F) {
	for _, seed := range []string{
		"alice", "a/b", "a%2Fb", "%", "%zz", "a b", "a@b.example", "a+b", "ü", "{name}", "a?b#c", "\x00", "..%2f", "a;b", `\`, "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		path, err := expandPath("/api/users/{name}/tokens", map[string]string{"name": name})
		if err != nil {
			return
		}
		u, err := url.Parse("https://registry.example.com/base" + path + "?page=1")
		if err != nil {
			t.Fatalf("%q gives no URL: %v", name, err)
		}
		segments := strings.Split(u.EscapedPath(), "/")
		if len(segments) != 6 || segments[5] != "tokens" || u.RawQuery != "page=1" || u.Fragment != "" || u.Host != "registry.example.com" {
			t.Fatalf("%q changed the URL: %s", name, u)
		}
		if back, err := url.PathUnescape(segments[4]); err != nil || back != name {
			t.Fatalf("%q arrives as %q (%v)", name, back, err)
		}
		if u.String() != "https://registry.example.com/base"+path+"?page=1" {
			t.Fatalf("%q is written differently when sent: %s", name, u)
		}
	})
}
