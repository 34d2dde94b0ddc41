package transport

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
)

// peers remembers from where requests came: one address for each connection.
type peers struct {
	mu   sync.Mutex
	from map[string]int
	most string // the newest protocol that was spoken
}

func (p *peers) handler(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.from[r.RemoteAddr]++
	p.most = r.Proto
	p.mu.Unlock()
	answer(w, http.StatusOK, "application/json", `{"name":"x"}`)
}

// TestConnectionsAreReused: one connection carries everything over HTTP/2. Over HTTP/1.1 there are about as many as requests
// at a time (the HTTP stack may dial one more while another becomes free), and bursts do not add to them.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for version, protocol := range map[int]string{1: "HTTP/1.1", 2: "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			const atATime = 40 // more than the default, as max_concurrent_requests allows
			p := &peers{from: map[string]int{}}
			c, _ := serveHTTP(t, version, p.handler, func(cfg *Config) { cfg.MaxConcurrentRequests = atATime })
			most := map[int]int{1: 2 * atATime, 2: 1}[version]
			for range 3 {
				var burst errgroup.Group
				for range 200 {
					burst.Go(func() error {
						var out struct{ Name string }
						return c.Do(t.Context(), Request{Op: "read", Object: "x", Method: http.MethodGet, Path: "/x"}, &out)
					})
				}
				if err := burst.Wait(); err != nil {
					t.Fatal(err)
				}
				if len(p.from) > most || p.most != protocol {
					t.Fatalf("%d connections speak %s, at most %d are needed of %s", len(p.from), p.most, most, protocol)
				}
			}
		})
	}
}

// decoded counts how often a body was decoded into it.
type decoded struct{ times int }

func (d *decoded) UnmarshalJSON([]byte) error {
	d.times++
	return nil
}

var _ json.Unmarshaler = (*decoded)(nil)

func TestBodyIsDecodedOnce(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "application/json", `{"name":"x"}`)
	})
	var out decoded
	if err := c.Do(t.Context(), Request{Op: "read", Object: "x", Method: http.MethodGet, Path: "/x"}, &out); err != nil {
		t.Fatal(err)
	}
	if out.times != 1 {
		t.Errorf("the body was decoded %d times", out.times)
	}
}
