package artifactkeeper

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// limiters are the server's rate limits with their defaults (Artifact Keeper: config.rs).
type limiters struct {
	api         *limiter // everything under /api/v1, by address, before authentication
	login       *limiter // by user name and address
	loginGlobal *limiter // all sign-ins together
	session     *limiter // refresh and logout, by address
	password    *limiter // password changes and resets, by the calling user
}

func newLimiters(enabled bool, now func() time.Time) *limiters {
	limit := func(requests int, window time.Duration) *limiter {
		return &limiter{enabled: enabled, now: now, max: requests, window: window, seen: map[string]*bucket{}}
	}
	return &limiters{
		api:         limit(10000, time.Minute),
		login:       limit(10, 15*time.Minute),
		loginGlobal: limit(8192, time.Minute),
		session:     limit(120, time.Minute),
		password:    limit(5, 15*time.Minute),
	}
}

// limiter counts requests in fixed windows that start with a key's first request (Artifact Keeper:
// api/middleware/rate_limit.rs).
type limiter struct {
	enabled bool
	now     func() time.Time
	max     int
	window  time.Duration

	mu   sync.Mutex
	seen map[string]*bucket
}

type bucket struct {
	start time.Time
	count int
}

// allow counts a request and writes the limit's headers. Its error is the 429, in text, with the seconds to wait.
func (l *limiter) allow(w http.ResponseWriter, key string) error {
	if !l.enabled {
		return nil
	}
	remaining, retry := l.take(key)
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(l.max))
	w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	if retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(retry/time.Second)))
		return refused(http.StatusTooManyRequests, "Rate limit exceeded. Please try again later.")
	}
	return nil
}

// take counts a request; retry is zero when it may pass, and at least a second otherwise.
func (l *limiter) take(key string) (remaining int, retry time.Duration) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.seen[key]
	if b == nil || now.Sub(b.start) >= l.window {
		b = &bucket{start: now}
		l.seen[key] = b
	}
	if b.count >= l.max {
		return 0, max(l.window-now.Sub(b.start).Truncate(time.Second), time.Second)
	}
	b.count++
	return l.max - b.count, 0
}
