package contract

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// echo answers every request with a JSON description of it, so that the tests below can see what was sent.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	name, password, _ := r.BasicAuth()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Add("X-Several", "one")
	w.Header().Add("X-Several", "two")
	_, _ = fmt.Fprintf(w, `{"method":%q,"path":%q,"query":%q,"type":%q,"body":%q,"user":%q,"password":%q,
		"list":[{"name":"a","n":1},{"name":"b","n":2}],"none":null,"yes":true,"text":"x.eyJhIjoiYiJ9"}`,
		r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Content-Type"), body, name, password)
}

// run plays a text against the echo and gives the error of its first case.
func run(t *testing.T, text string) error {
	t.Helper()
	file, err := Parse("test", text)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(server.Close)
	runner := &Runner{Client: server.Client(), Vars: map[string]string{"url": server.URL, "admin": "secret", "prefix": "p"}}
	return runner.Run(t.Context(), file.Cases[0])
}

func TestRunnerSendsWhatIsWritten(t *testing.T) {
	t.Parallel()
	err := run(t, `
# a comment
## everything
POST {{url}}/a/{{prefix}}
X-Header: value
[Query]
q: two words
[BasicAuth]
{{prefix}}-ada: pass:word
{
  "name": "{{prefix}}"
}
HTTP 200
Content-Type: application/json
[Captures]
method: jsonpath "$.method"
[Asserts]
jsonpath "$.path" == "/a/p"
jsonpath "$.query" == "q=two+words"
jsonpath "$.type" == "application/json"
jsonpath "$.body" contains "\"name\": \"p\""
jsonpath "$.user" == "p-ada"
jsonpath "$.password" == "pass:word"
variable "method" == "POST"

POST {{url}}/form
[Form]
a: {{method}}
b: &
HTTP 200
[Asserts]
jsonpath "$.type" == "application/x-www-form-urlencoded"
jsonpath "$.body" == "a=POST&b=%26"
`)
	if err != nil {
		t.Error(err)
	}
}

func TestPredicates(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		`jsonpath "$.list" count == 2`:                   true,
		`jsonpath "$.list" count == 3`:                   false,
		`jsonpath "$.list[*].name" contains "b"`:         true,
		`jsonpath "$.list[*].name" not contains "b"`:     false,
		`jsonpath "$.list[?(@.name=='b')].n" nth 0 == 2`: true,
		`jsonpath "$.list[1].n" > 1`:                     true,
		`jsonpath "$.list[1].n" > 2`:                     false,
		`jsonpath "$.none" == null`:                      true,
		`jsonpath "$.none" exists`:                       true,
		`jsonpath "$.missing" exists`:                    false,
		`jsonpath "$.missing" not exists`:                true,
		`jsonpath "$.missing" == null`:                   false,
		`jsonpath "$.missing" contains "x"`:              false,
		`jsonpath "$.yes" isBoolean`:                     true,
		`jsonpath "$.yes" isString`:                      false,
		`jsonpath "$.text" split "." nth 1 base64UrlSafeDecode utf8Decode jsonpath "$.a" == "b"`: true,
		`jsonpath "$.text" split "." nth 1 base64UrlSafeDecode utf8Decode jsonpath "$.a" == "c"`: false,
		`jsonpath "$.text" regex /^(.)\./ == "x"`:                                                true,
		`jsonpath "$.path" matches /^\/{{prefix}}$/`:                                             true,
		`jsonpath "$.path" matches /^nothing$/`:                                                  false,
		`header "X-Several" count == 2`:                                                          true,
		`header "X-Several" contains "two"`:                                                      true,
		`header "X-Missing" not exists`:                                                          true,
		`body startsWith "{"`:                                                                    true,
		`body endsWith "["`:                                                                      false,
		`status == 200`:                                                                          true,
		`jsonpath "$.list[0].name" == {{missing}}`:                                               false,
	}
	for line, want := range tests {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			err := run(t, "## a\nGET {{url}}/{{prefix}}\nHTTP 200\n[Asserts]\n"+line+"\n")
			if (err == nil) != want {
				t.Errorf("holds = %t, want %t (%v)", err == nil, want, err)
			}
		})
	}
}

// TestRunnerFindsDifferences makes sure that a server that differs does not pass.
func TestRunnerFindsDifferences(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"status":  "GET {{url}}/\nHTTP 201\n",
		"header":  "GET {{url}}/\nHTTP 200\nContent-Type: text/plain\n",
		"capture": "GET {{url}}/\nHTTP 200\n[Captures]\nx: jsonpath \"$.missing\"\n",
		"unknown": "GET {{url}}/{{nothing}}\nHTTP 200\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if run(t, "## a\n"+text) == nil {
				t.Error("the difference went unnoticed")
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"a request outside of a case": "GET {{url}}/\nHTTP 200\n",
		"a case without a request":    "## a\n",
		"a request without a status":  "## a\nGET {{url}}/\n",
		"two cases of one name":       "## a\nGET {{url}}/\nHTTP 200\n## a\n",
		"a misspelt predicate":        "## a\nGET {{url}}/\nHTTP 200\n[Asserts]\nstatus === 200\n",
		"a misspelt query":            "## a\nGET {{url}}/\nHTTP 200\n[Asserts]\nstatuss == 200\n",
		"a misspelt section":          "## a\nGET {{url}}/\nHTTP 200\n[Assert]\nstatus == 200\n",
		"a directive without meaning": "## a\n#! server: late\nGET {{url}}/\nHTTP 200\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse("test", text); err == nil {
				t.Error("parsed without an error")
			}
		})
	}
}

func TestCleanUpRemovesLastFirst(t *testing.T) {
	t.Parallel()
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			seen = append(seen, r.URL.Path)
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	file, err := Parse("test", "## a\nPOST {{url}}/\nHTTP 200\n#! undo: DELETE /one/{{prefix}}\n#! undo: DELETE /two\n")
	if err != nil {
		t.Fatal(err)
	}
	runner := &Runner{Client: server.Client(), Vars: map[string]string{"url": server.URL, "admin": "", "prefix": "p"}}
	if err := runner.Run(t.Context(), file.Cases[0]); err != nil {
		t.Fatal(err)
	}
	if err := runner.CleanUp(t.Context()); err != nil {
		t.Error(err)
	}
	if got := strings.Join(seen, " "); got != "/two /one/p" {
		t.Errorf("removed %s", got)
	}
}
