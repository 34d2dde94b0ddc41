// Package record notes what the embedded registry was asked and by whom: the request log, the counters and the proof in
// the demo that a client came as the right user. It never holds a header, a query or a body.
package record

import (
	"context"
	"sync"
	"time"
)

// Entry is one handled request. Handlers fill User, Repository and Endpoint through From.
type Entry struct {
	Time     time.Time     `json:"time"`
	Method   string        `json:"method"`
	Path     string        `json:"path"`
	Endpoint string        `json:"endpoint"` // the route pattern, such as "POST /access/api/v1/tokens"
	Status   int           `json:"status"`
	Duration time.Duration `json:"duration_ns"`
	// User is the account that authenticated; empty for anonymous or refused requests.
	User string `json:"user,omitempty"`
	// TokenID is the token that authenticated, where one did.
	TokenID    string `json:"token_id,omitempty"`
	Repository string `json:"repository,omitempty"`
	UserAgent  string `json:"user_agent,omitempty"`
	// Fault names the scripted fault that was played, if any.
	Fault string `json:"fault,omitempty"`
}

type key struct{}

// With attaches an entry to a request's context.
func With(ctx context.Context, e *Entry) context.Context { return context.WithValue(ctx, key{}, e) }

// From gives the entry of a request; a throw-away one when there is none.
func From(ctx context.Context) *Entry {
	if e, ok := ctx.Value(key{}).(*Entry); ok {
		return e
	}
	return &Entry{}
}

// Log collects entries. The zero value is ready.
type Log struct {
	mu      sync.Mutex
	entries []Entry
}

// Add appends an entry.
func (l *Log) Add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
}

// Entries copies what was collected so far.
func (l *Log) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Entry(nil), l.entries...)
}

// Count counts entries by endpoint.
func (l *Log) Count() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[string]int{}
	for _, e := range l.entries {
		counts[e.Endpoint]++
	}
	return counts
}

// Reset forgets everything.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}
