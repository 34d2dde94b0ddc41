package devregistry_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			server := devregistrytest.Start(t, dialect)
			client := devregistrytest.Client(t, server)
			endpoint := "GET " + listing[dialect]
			for _, test := range []struct {
				name   string
				fault  devregistry.Fault
				status int
				check  func(*http.Response, string) bool
			}{
				{"status", devregistry.Fault{Kind: devregistry.FaultStatus, Status: 500}, 500, nil},
				{"default status", devregistry.Fault{Kind: devregistry.FaultStatus}, 503, nil},
				{"seconds", devregistry.Fault{Kind: devregistry.FaultRateLimit, RetryAfter: "2"}, 429, func(res *http.Response, _ string) bool {
					return res.Header.Get("Retry-After") == "2"
				}},
				{"date", devregistry.Fault{Kind: devregistry.FaultRateLimit, RetryAfter: "date:60"}, 429, func(res *http.Response, _ string) bool {
					at, err := http.ParseTime(res.Header.Get("Retry-After"))
					return err == nil && time.Until(at) > 50*time.Second
				}},
				{"lost rights", devregistry.Fault{Kind: devregistry.FaultLostRights}, 403, nil},
				{"html", devregistry.Fault{Kind: devregistry.FaultHTML}, 200, func(res *http.Response, body string) bool {
					return strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && strings.Contains(body, "<html>")
				}},
				{"a proxy's page", devregistry.Fault{Kind: devregistry.FaultHTML, Status: 404}, 404, func(res *http.Response, body string) bool {
					return strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && strings.Contains(body, "<html>")
				}},
				{"not found", devregistry.Fault{Kind: devregistry.FaultStatus, Status: 404}, 404, func(_ *http.Response, body string) bool {
					return strings.Contains(body, `"NOT_FOUND"`)
				}},
				{"slow", devregistry.Fault{Kind: devregistry.FaultSlow, Delay: "10ms"}, 200, func(_ *http.Response, body string) bool {
					return strings.Contains(body, "alice")
				}},
			} {
				test.fault.Endpoint = endpoint
				if err := server.Faults.Set(test.fault); err != nil {
					t.Fatal(err)
				}
				res, body := fetch(t, client, request(t, server, "GET", listing[dialect], ""))
				if res.StatusCode != test.status || test.check != nil && !test.check(res, body) {
					t.Errorf("%s: status %d, header %v, body %s", test.name, res.StatusCode, res.Header, body)
				}
				if res, _ = fetch(t, client, request(t, server, "GET", listing[dialect], "")); res.StatusCode != http.StatusOK {
					t.Errorf("%s: the next request got %d", test.name, res.StatusCode)
				}
			}
		})
	}
}

func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.Artifactory)
	client := devregistrytest.Client(t, server)
	const tokens = "/access/api/v1/tokens"
	for _, test := range []struct {
		kind string
		// made is how many tokens the request leaves behind.
		made int
	}{
		{devregistry.FaultResetBefore, 0}, {devregistry.FaultResetAfter, 1}, {devregistry.FaultTruncated, 1},
	} {
		before := len(tokenList(t, server, client))
		if err := server.Faults.Set(devregistry.Fault{Endpoint: "POST " + tokens, Kind: test.kind}); err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(request(t, server, "POST", tokens, `{"username":"alice"}`))
		if err == nil {
			var body []byte
			body, err = io.ReadAll(res.Body)
			_ = res.Body.Close()
			if truncated := test.kind == devregistry.FaultTruncated; !truncated || len(body) == 0 {
				t.Errorf("%s: answered with %q", test.kind, body)
			}
		}
		if err == nil {
			t.Errorf("%s: the answer is whole", test.kind)
		}
		if made := len(tokenList(t, server, client)) - before; made != test.made {
			t.Errorf("%s: %d tokens were made, want %d", test.kind, made, test.made)
		}
	}
	counts := 0
	for _, entry := range server.Log.Entries() {
		if entry.Fault != "" && entry.Endpoint == "POST "+tokens {
			counts++
		}
	}
	if counts != 3 {
		t.Errorf("%d faults in the log", counts)
	}
}

func tokenList(t *testing.T, server *devregistry.Server, client *http.Client) []string {
	t.Helper()
	_, body := fetch(t, client, request(t, server, "GET", "/access/api/v1/tokens", ""))
	return strings.Split(body, `"token_id"`)[1:]
}

func TestStalePage(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.Artifactory)
	client := devregistrytest.Client(t, server)
	const users = "/access/api/v2/users"
	err := server.Faults.Set(devregistry.Fault{Endpoint: "GET " + users + "/{$}", Nth: 2, Kind: devregistry.FaultStale})
	if err != nil {
		t.Fatal(err)
	}
	_, before := fetch(t, client, request(t, server, "GET", users, ""))
	fetch(t, client, request(t, server, "DELETE", users+"/bob", ""))
	_, stale := fetch(t, client, request(t, server, "GET", users, ""))
	_, fresh := fetch(t, client, request(t, server, "GET", users, ""))
	if before != stale || !strings.Contains(stale, `"bob"`) || strings.Contains(fresh, `"bob"`) {
		t.Errorf("before %s, stale %s, fresh %s", before, stale, fresh)
	}
}

func TestFaultSchedule(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.Artifactory)
	client := devregistrytest.Client(t, server)
	statuses := func(method, path string, n int) string {
		var got strings.Builder
		for range n {
			res, _ := fetch(t, client, request(t, server, method, path, ""))
			got.WriteByte(map[int]byte{200: '.', 404: '.', 503: 'x', 500: 'y'}[res.StatusCode])
		}
		return got.String()
	}
	const alice = "/access/api/v2/users/alice"
	for _, test := range []struct {
		faults string
		path   string
		want   string
	}{
		{`{"endpoint":"GET /access/api/v2/users/{username}","nth":2,"count":2,"kind":"status"}`, alice, ".xx."},
		{`{"endpoint":"GET /access/api/v2/users","nth":3,"count":-1,"kind":"status"}`, alice, "..xx"},
		{`{"endpoint":"GET /access/api/v2/users/{$}","kind":"status"}`, alice, "...."},
		{`{"endpoint":"GET /access/api/v2/users/{$}","kind":"status"}`, "/access/api/v2/users", "x..."},
		{`{"endpoint":"GET /access/{rest...}","kind":"status"}`, alice, "x..."},
		{`{"endpoint":"* /access/","kind":"status"}`, alice, "x..."},
		{`{"endpoint":"POST /access/","kind":"status"}`, alice, "...."},
		{`{"endpoint":"GET /access/api/v2/users/bob","kind":"status"}`, alice, "...."},
		{`{"endpoint":"GET /access/","kind":"status"},{"endpoint":"GET /access/","nth":1,"count":2,"kind":"status","status":500}`, alice, "xy.."},
	} {
		res, body := fetch(t, client, request(t, server, "PUT", "/_dev/faults", `{"faults":[`+test.faults+`]}`))
		if res.StatusCode != http.StatusNoContent {
			t.Fatalf("%s: %s", test.faults, body)
		}
		if got := statuses("GET", test.path, 4); got != test.want {
			t.Errorf("%s: got %s, want %s", test.faults, got, test.want)
		}
	}
	for _, bad := range []string{
		`{"endpoint":"/access","kind":"status"}`, `{"endpoint":"GET /access","kind":"boom"}`,
		`{"endpoint":"GET /access","kind":"slow","delay":"long"}`, `7`,
	} {
		if res, _ := fetch(t, client, request(t, server, "PUT", "/_dev/faults", `{"faults":[`+bad+`]}`)); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d", bad, res.StatusCode)
		}
	}
	fetch(t, client, request(t, server, "PUT", "/_dev/faults", `{"faults":[]}`))
	if got := statuses("GET", alice, 2); got != ".." {
		t.Errorf("without faults: %s", got)
	}
}

// Struck tells of the first hit of the current script, and of no other.
func TestFaultStruck(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.Artifactory)
	client := devregistrytest.Client(t, server)
	hit := func() bool {
		select {
		case <-server.Faults.Struck():
			return true
		default:
			return false
		}
	}
	for range 2 {
		if err := server.Faults.Set(devregistry.Fault{Endpoint: "* /", Nth: 2, Kind: devregistry.FaultStatus}); err != nil {
			t.Fatal(err)
		}
		for n, want := range []bool{false, true, true} {
			fetch(t, client, request(t, server, "GET", listing[devregistry.Artifactory], ""))
			if hit() != want {
				t.Errorf("after request %d: struck = %t", n+1, !want)
			}
		}
	}
}

// Who is told of a lost answer finds what was asked for done: whoever looks, or kills the client, at that moment does not
// race the registry.
func TestFaultStruckAfterTheWrite(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.Artifactory)
	client := devregistrytest.Client(t, server)
	for i := range 50 {
		if err := server.Faults.Set(devregistry.Fault{Endpoint: "POST /", Kind: devregistry.FaultResetAfter}); err != nil {
			t.Fatal(err)
		}
		struck := server.Faults.Struck()
		name := fmt.Sprintf("lost-%d", i)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			body := fmt.Sprintf(`{"username":%q,"email":"lost@example.com","password":"Passw0rd!-long"}`, name)
			if res, err := client.Do(request(t, server, "POST", "/access/api/v2/users", body)); err == nil {
				_ = res.Body.Close()
			}
		}()
		select {
		case <-struck:
		case <-ended:
			t.Fatal("the fault did not strike")
		}
		server.Store.View(func(s *state.State) {
			if s.UserByName(name) == nil {
				t.Errorf("%s was not there yet", name)
			}
		})
		<-ended
	}
}

func TestFaultEvery(t *testing.T) {
	t.Parallel()
	server := devregistrytest.Start(t, devregistry.Artifactory)
	client := devregistrytest.Client(t, server)
	if err := server.Faults.Set(devregistry.Fault{Endpoint: "* /", Nth: 2, Every: 3, Kind: devregistry.FaultStatus}); err != nil {
		t.Fatal(err)
	}
	for n := range 9 {
		want := http.StatusOK
		if n%3 == 1 {
			want = http.StatusServiceUnavailable
		}
		if res, _ := fetch(t, client, request(t, server, "GET", listing[devregistry.Artifactory], "")); res.StatusCode != want {
			t.Errorf("request %d got %d, want %d", n+1, res.StatusCode, want)
		}
	}
}
