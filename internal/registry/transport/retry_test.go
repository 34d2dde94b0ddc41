package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// TestRetryMatrix: every class of request against every passing failure. The number is how often the server is asked
// with three retries allowed.
func TestRetryMatrix(t *testing.T) {
	t.Parallel()
	const all, one = 4, 1
	for name, tc := range map[string]struct {
		fail                     http.HandlerFunc
		safe, idempotent, create int32
	}{
		"429":               {status(429, ""), all, all, all},
		"429, later":        {status(429, "7"), all, all, all},
		"503, later":        {status(503, "7"), all, all, all},
		"503":               {status(503, ""), all, all, one},
		"502":               {status(502, ""), all, all, one},
		"504":               {status(504, ""), all, all, one},
		"500":               {status(500, ""), all, one, one},
		"404":               {status(404, ""), one, one, one},
		"401":               {status(401, ""), one, one, one},
		"connection cut":    {cut, all, all, one},
		"answer cut":        {truncate, all, all, one},
		"slower than asked": {slow, all, all, one},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, class := range []struct {
				request Request
				want    int32
			}{{get("/x"), tc.safe}, {put("/x"), tc.idempotent}, {create("/x"), tc.create}} {
				var asked atomic.Int32
				c, waits := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/warm" {
						return
					}
					asked.Add(1)
					tc.fail(w, r)
				}, impatient)
				warmUp(t, c)
				asked.Store(0)
				if err := c.Do(context.Background(), class.request, nil); err == nil {
					t.Error("no error")
				}
				if got := asked.Load(); got != class.want {
					t.Errorf("%s: asked %d times, want %d", class.request.Method, got, class.want)
				}
				if got := len(waits.all()); got != int(class.want)-1 {
					t.Errorf("%s: waited %d times, want %d", class.request.Method, got, class.want-1)
				}
			}
		})
	}
}

// impatient gives up on slow answers soon, and not so soon that a busy machine makes others slow.
func impatient(cfg *Config) { cfg.RequestTimeout = 300 * time.Millisecond }

// warmUp opens a connection, so that the time for an attempt is not spent on it.
func warmUp(t *testing.T, c *Client) {
	t.Helper()
	for range 20 {
		if c.Do(context.Background(), get("/warm"), nil) == nil {
			return
		}
	}
	t.Fatal("the test server does not answer")
}

func status(code int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
	}
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func truncate(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, `{"name":`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// slow answers never. The server notices that the client has gone only after it read the body.
func slow(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
	panic(http.ErrAbortHandler) // returning would be an answer, which the client may still see while it hangs up
}

func TestRetryEndsWithSuccess(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c, waits := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			status(429, "2")(w, nil)
			return
		}
		answer(w, http.StatusCreated, "application/json", `{"name":"x"}`)
	})
	if err := c.Do(context.Background(), create("/x"), &thing{}); err != nil {
		t.Fatal(err)
	}
	for _, wait := range waits.all() {
		if wait < 2*time.Second || wait > 3*time.Second {
			t.Errorf("waited %s although 2 s were asked for", wait)
		}
	}
	if len(waits.all()) != 2 {
		t.Errorf("waited %d times", len(waits.all()))
	}
}

// TestLostAnswer: the answer of a create is lost. The server was asked exactly once, and the caller is told that nobody
// knows.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]http.HandlerFunc{"cut": cut, "truncated": truncate, "slow": slow} {
		for version := range 2 {
			t.Run(name+" HTTP/"+strconv.Itoa(version+1), func(t *testing.T) { testLostAnswer(t, version+1, fault) })
		}
	}
}

func testLostAnswer(t *testing.T, version int, fault http.HandlerFunc) {
	t.Helper()
	t.Parallel()
	var asked atomic.Int32
	c, _ := serveHTTP(t, version, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/warm" {
			return
		}
		asked.Add(1)
		fault(w, r)
	}, impatient)
	warmUp(t, c)
	e := wantKind(t, c.Do(context.Background(), create("/x"), &thing{}), registry.KindUncertain)
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	if !strings.Contains(e.Error(), "may or may not") {
		t.Errorf("the error does not say so: %s", e.Error())
	}
	wantKind(t, c.Do(context.Background(), put("/x"), &thing{}), registry.KindUncertain)
	wantKind(t, c.Do(context.Background(), get("/x"), &thing{}), registry.KindUnavailable)
}

// TestRefusedConnection: nothing was written, so even a create is tried again, and it certainly had no effect.
func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	var attempts atomic.Int32
	c, waits := connectTo(t, server, func(cfg *Config) { cfg.Observe = func(Attempt) { attempts.Add(1) } })
	server.Close()
	wantKind(t, c.Do(context.Background(), create("/x"), nil), registry.KindUnavailable)
	if attempts.Load() != 4 || len(waits.all()) != 3 {
		t.Errorf("%d attempts, %d waits", attempts.Load(), len(waits.all()))
	}
}

func TestUnknownHostIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	lost := &net.OpError{Op: "dial", Err: &net.DNSError{Name: "registry.invalid", IsNotFound: true}}
	if retryable(Safe, outcome{err: lost}) {
		t.Error("a host that does not exist is asked again")
	}
}

func TestRetryAfterLongerThanTheDeadline(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c, waits := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		status(429, "900")(w, r)
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	start := time.Now()
	e := wantKind(t, c.Do(ctx, create("/x"), nil), registry.KindRateLimited)
	if !strings.Contains(e.Error(), "15m") || asked.Load() != 1 || len(waits.all()) != 0 || time.Since(start) > time.Second {
		t.Errorf("asked %d times in %s: %s", asked.Load(), time.Since(start), e.Error())
	}
}

func TestRetryAfterWithoutADeadlineIsBounded(t *testing.T) {
	t.Parallel()
	c, waits := serve(t, status(503, strconv.Itoa(int(2*maxWaitWithoutDeadline/time.Second))))
	wantKind(t, c.Do(context.Background(), get("/x"), nil), registry.KindRateLimited)
	if len(waits.all()) != 0 {
		t.Error("it waited")
	}
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]struct {
		wait time.Duration
		ok   bool
	}{
		"":                               {0, false},
		"0":                              {0, true},
		" 5 ":                            {5 * time.Second, true},
		"-5":                             {0, false},
		"1.5":                            {0, false},
		"soon":                           {0, false},
		"99999999999999999999":           {maxRetryAfter, true},
		"Fri, 02 Jan 2026 03:04:35 GMT":  {30 * time.Second, true},
		"Fri, 02 Jan 2026 03:04:00 GMT":  {0, true},
		"Friday, 02-Jan-26 03:05:05 GMT": {time.Minute, true},
		"Fri Jan  2 03:04:06 2026":       {time.Second, true},
	} {
		wait, ok := parseRetryAfter(value, now)
		if wait != want.wait || ok != want.ok {
			t.Errorf("%q: got %s %t, want %s %t", value, wait, ok, want.wait, want.ok)
		}
	}
	h := http.Header{"Retry-After": {"Fri, 02 Jan 2026 03:04:35 GMT"}, "Date": {"Fri, 02 Jan 2026 03:04:05 GMT"}}
	if wait, ok := retryAfter(h); wait != 30*time.Second || !ok {
		t.Errorf("a date is to be compared with the server's clock: got %s", wait)
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, seed := range []string{"1", "Fri, 02 Jan 2026 03:04:35 GMT", "9223372036854775807", "-1", "1e9"} {
		f.Add(seed)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		wait, ok := parseRetryAfter(value, now)
		if wait < 0 || wait > maxRetryAfter || !ok && wait != 0 {
			t.Errorf("%q: %s %t", value, wait, ok)
		}
	})
}

func TestBackoffGrowsWithinBounds(t *testing.T) {
	t.Parallel()
	lost := outcome{err: errors.New("lost")}
	for number := 1; number < 70; number++ {
		base := min(backoffBase<<min(number-1, 10), backoffMax)
		wait, asked := pause(lost, number)
		if asked || wait < base/2 || wait > base {
			t.Fatalf("attempt %d: %s, base %s", number, wait, base)
		}
	}
}

// TestBackoffIsRandom: requests that failed together do not return together.
func TestBackoffIsRandom(t *testing.T) {
	t.Parallel()
	asks := outcome{answer: Response{Header: http.Header{"Retry-After": {"7"}}}}
	for name, o := range map[string]outcome{"a lost answer": {err: errors.New("lost")}, "an asked wait": asks} {
		waits := map[time.Duration]bool{}
		for range 20 {
			wait, _ := pause(o, 4)
			waits[wait] = true
		}
		if len(waits) < 10 {
			t.Errorf("%s: 20 requests return at %d times", name, len(waits))
		}
	}
}

// TestCancellation: whatever a request is doing, it ends within a second of its context.
func TestCancellation(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		request Request
		want    registry.Kind
	}{
		"waiting for an answer":    {slow, get("/x"), registry.KindUnavailable},
		"waiting after a write":    {slow, create("/x"), registry.KindUncertain},
		"waiting to try again":     {status(429, "60"), create("/x"), registry.KindUnavailable},
		"backing off after a loss": {cut, put("/x"), registry.KindUncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := serve(t, tc.handler, func(cfg *Config) { cfg.Sleep = nil; cfg.MaxRetries = 50 })
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(80*time.Millisecond, cancel)
			start := time.Now()
			err := c.Do(ctx, tc.request, nil)
			wantKind(t, err, tc.want)
			if !errors.Is(err, context.Canceled) || time.Since(start) > time.Second {
				t.Errorf("after %s: %v", time.Since(start), err)
			}
		})
	}
}

func TestConcurrencyIsLimited(t *testing.T) {
	t.Parallel()
	const limit = 3
	var under, most atomic.Int32
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		now := under.Add(1)
		for {
			seen := most.Load()
			if now <= seen || most.CompareAndSwap(seen, now) {
				break
			}
		}
		for deadline := time.Now().Add(50 * time.Millisecond); under.Load() <= limit && time.Now().Before(deadline); {
			runtime.Gosched() // give the others a chance to be under way too, and one too many
		}
		under.Add(-1)
		w.WriteHeader(http.StatusOK)
	}, func(cfg *Config) { cfg.MaxConcurrentRequests = limit })
	done := make(chan error, 20)
	for range cap(done) {
		go func() { done <- c.Do(context.Background(), get("/x"), nil) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != limit {
		t.Errorf("%d requests at a time, want %d", most.Load(), limit)
	}
}

func TestWaitingForASlotCanBeCancelled(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	entered := make(chan struct{})
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		w.WriteHeader(http.StatusOK)
	}, func(cfg *Config) { cfg.MaxConcurrentRequests = 1 })
	first := make(chan error, 1)
	go func() { first <- c.Do(context.Background(), get("/x"), nil) }()
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	// Nothing was sent, so even a create is known not to have happened.
	wantKind(t, c.Do(ctx, create("/x"), nil), registry.KindUnavailable)
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

// renewer counts the sessions it hands out.
type renewer struct{ session atomic.Int32 }

func (r *renewer) Authorization(context.Context) (registry.Secret, error) {
	return registry.NewSecret("Bearer session-" + strconv.Itoa(int(r.session.Load()))), nil
}

func (r *renewer) Renew(context.Context, registry.Secret) (bool, error) {
	r.session.Add(1)
	return true, nil
}

func TestRefusedSessionIsRenewedOnce(t *testing.T) {
	t.Parallel()
	good := "Bearer session-1"
	var asked atomic.Int32
	c, waits := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("Authorization") != good {
			answer(w, http.StatusUnauthorized, "application/json", `{"code":"AUTH","message":"bad `+r.Header.Get("Authorization")+`"}`)
			return
		}
		answer(w, http.StatusOK, "application/json", `{"name":"x"}`)
	})
	sessions := &renewer{}
	c = c.With(Dialect{Problem: testProblem, Authorizer: sessions})
	if err := c.Do(context.Background(), create("/x"), &thing{}); err != nil || asked.Load() != 2 || len(waits.all()) != 0 {
		t.Fatalf("asked %d times: %v", asked.Load(), err)
	}
	good = "nothing will do"
	e := wantKind(t, c.Do(context.Background(), create("/x"), &thing{}), registry.KindUnauthorized)
	if asked.Load() != 4 || strings.Contains(e.Error(), "session-") {
		t.Errorf("asked %d times: %s", asked.Load(), e.Error())
	}
}
