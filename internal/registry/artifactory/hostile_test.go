package artifactory

import (
	"net/http"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// Whatever cursors a registry answers, a list ends, and an end that is none is an error.
func FuzzCursors(f *testing.F) {
	for _, seed := range []string{"", "a", "aa", "ab", "aba", "abab", "abcabc", "\x00\xff", "ab\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		fetched := 0
		var failed error
		named := 0
		name := func(int) string { named++; return strconv.Itoa(named) } // nothing comes twice
		for _, err := range walk(t.Context(), "things", registry.MaxListed, name, func(string) ([]int, string, error) {
			fetched++
			if fetched > 300 {
				t.Fatal("the list does not end")
			}
			if script == "" {
				return nil, "", nil
			}
			return make([]int, pageSize), string(script[fetched%len(script)]), nil
		}) {
			failed = err
		}
		if script != "" && failed == nil {
			t.Errorf("after %d full pages the list just ended", fetched)
		}
	})
}

// Error bodies are anybody's text. What is read of them is text, and only the registry's own words can say that an object
// does not exist.
func FuzzProblem(f *testing.F) {
	for _, body := range []string{
		`{"errors":[{"code":"NOT_FOUND","message":"User 'x' does not exist"}]}`, `{"errors":[{"status":404,"message":"Not Found"}]}`,
		`{"errors":[{"code":7,"message":"x"}]}`, `{"errors":[]}`, `{"errors":null}`, `{"errors":{}}`, `[]`, `null`, `<html>404</html>`,
		`{"errors":[{"code":"","status":1e999}]}`, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"x"}`, "\xff\xfe", ``,
	} {
		f.Add(body, "application/json", 404, true)
		f.Add(body, "text/html", 401, false)
	}
	f.Fuzz(func(t *testing.T, body, contentType string, status int, access bool) {
		path := "/artifactory/api/repositories/{key}"
		if access {
			path = "/access/api/v2/users/{username}"
		}
		a := transport.Response{Path: path, Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
		p, own := problem(a)
		if !own && (p != transport.Problem{}) {
			t.Errorf("a foreign answer says %+v", p)
		}
		if own && !a.JSON() {
			t.Errorf("%s passes for the registry's word", contentType)
		}
		if utf8.ValidString(body) && !utf8.ValidString(p.Message) {
			t.Errorf("the message is no text: %q", p.Message)
		}
		if p.Kind == registry.KindNotFound && !access {
			t.Errorf("Artifactory's words pass for a missing object of Access: %q", body)
		}
	})
}
