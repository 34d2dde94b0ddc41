package artifactkeeper

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Many clients at once: what each wrote is there afterwards, and the race detector has nothing to say.
func TestConcurrentClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{RateLimits: true})
	const clients, rounds = 8, 10
	var wait sync.WaitGroup
	statuses := make([]map[string]int, clients)
	for i := range clients {
		statuses[i] = map[string]int{}
		wait.Go(func() {
			send := func(method, path, body string) {
				req, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header = w.asAdmin()
				req.Header.Set("Content-Type", "application/json")
				resp, err := w.http.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					statuses[i][fmt.Sprintf("%s %s: %d", method, path, resp.StatusCode)]++
				}
			}
			for n := range rounds {
				name := fmt.Sprintf("c%d-%d", i, n)
				send("POST", "/api/v1/users", `{"username":"`+name+`","email":"`+name+`@example.com","password":"long enough"}`)
				send("POST", "/api/v1/users/"+w.alice+"/tokens", `{"name":"`+name+`","scopes":["read:artifacts"]}`)
				send("POST", "/api/v1/groups", `{"name":"`+name+`"}`)
				send("GET", "/api/v1/users?per_page=100", "")
				send("GET", "/api/v1/users/"+w.alice+"/tokens", "")
				send("GET", "/npm/npm-private/-/ping", "")
			}
		})
	}
	wait.Wait()
	for _, bad := range statuses {
		for what, n := range bad {
			t.Errorf("%s, %d times", what, n)
		}
	}
	total := w.get("/api/v1/users", w.asAdmin()).ok().object()["pagination"].(object)["total"]
	if total != float64(3+clients*rounds) {
		t.Errorf("%v users", total)
	}
	if got := len(w.get("/api/v1/users/"+w.alice+"/tokens", w.asAdmin()).ok().object()["items"].([]any)); got != clients*rounds {
		t.Errorf("%d tokens", got)
	}
}
