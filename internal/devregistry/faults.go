package devregistry

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactkeeper"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
)

// The kinds of faults.
const (
	// FaultStatus answers with Fault.Status (503 when it is 0) instead of doing anything.
	FaultStatus = "status"
	// FaultRateLimit answers 429 with Retry-After.
	FaultRateLimit = "rate_limit"
	// FaultLostRights answers 403 as if the caller's rights had just been taken away.
	FaultLostRights = "lost_rights"
	// FaultSlow waits for Fault.Delay and then does everything right.
	FaultSlow = "slow"
	// FaultResetBefore breaks the stream without doing anything.
	FaultResetBefore = "reset_before"
	// FaultResetAfter does what was asked and breaks the stream instead of answering: a lost answer.
	FaultResetAfter = "reset_after"
	// FaultTruncated does what was asked and breaks the stream half-way through the body.
	FaultTruncated = "truncated"
	// FaultStale repeats what the same URL answered first since the script was set: a page that changed meanwhile.
	FaultStale = "stale"
	// FaultHTML answers with an HTML page and Fault.Status (200 when it is 0), as a sign-in proxy in the way does.
	FaultHTML = "html"
)

var faultKinds = []string{
	FaultStatus, FaultRateLimit, FaultLostRights, FaultSlow, FaultResetBefore, FaultResetAfter, FaultTruncated, FaultStale,
	FaultHTML,
}

// Fault is one line of a fault script: what happens to the n-th matching request.
type Fault struct {
	// Endpoint is a method and a path, such as "POST /access/api/v1/tokens": it matches that path and everything below,
	// unless it ends in /{$}. {name} stands for any one segment, so route patterns can be used as they are. "*" is
	// any method.
	Endpoint string `json:"endpoint"`
	// Nth is the first request to be hit, counted from 1 (0 counts as 1); Count is how many in a row (0 counts as 1,
	// negative is all from there on).
	Nth   int `json:"nth"`
	Count int `json:"count"`
	// Every makes the fault come again with each so many-th matching request after that; 0 is never.
	Every int `json:"every"`
	// Kind is one of the Fault… constants.
	Kind string `json:"kind"`
	// Status is for FaultStatus and FaultHTML.
	Status int `json:"status"`
	// RetryAfter is sent as Retry-After with FaultStatus and FaultRateLimit. A number is seconds. "date:N" becomes the
	// HTTP date N seconds from now.
	RetryAfter string `json:"retry_after"`
	// Delay is for FaultSlow, such as "1500ms".
	Delay string `json:"delay"`

	delay time.Duration
}

// Faults is the current script. The zero value lets everything through. It is safe for concurrent use.
type Faults struct {
	mu    sync.Mutex
	rules []*rule
	first map[string]*buffer // for FaultStale: the first answer by URL
	// done: the script has hit a request, and struck is closed.
	done   bool
	struck chan struct{}
}

type rule struct {
	Fault
	seen int
}

// Clear ends the script.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules, f.first, f.done, f.struck = nil, nil, false, nil
}

// Struck gives a channel that is closed as soon as the current script has hit a request: what was asked for is done then,
// where the fault comes after that. Who lets a registry hang can hang up then, without waiting for any time to pass.
func (f *Faults) Struck() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.strike()
}

// Set replaces the script and starts counting anew. It fails, and changes nothing, when a fault makes no sense.
func (f *Faults) Set(faults ...Fault) error {
	rules := make([]*rule, 0, len(faults))
	for _, fault := range faults {
		method, path, ok := strings.Cut(fault.Endpoint, " ")
		if !ok || method == "" || !strings.HasPrefix(path, "/") {
			return fmt.Errorf("endpoint %q is not of the form METHOD /path", fault.Endpoint)
		}
		if !slices.Contains(faultKinds, fault.Kind) {
			return fmt.Errorf("unknown kind %q: use one of %s", fault.Kind, strings.Join(faultKinds, ", "))
		}
		if fault.Delay != "" {
			var err error
			if fault.delay, err = time.ParseDuration(fault.Delay); err != nil {
				return err
			}
		}
		rules = append(rules, &rule{Fault: fault})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules, f.first, f.done, f.struck = rules, map[string]*buffer{}, false, nil
	return nil
}

// next counts a request for every rule it matches and gives the first fault that is due; keep says that the answer has
// to be remembered, and script is for hit.
func (f *Faults) next(r *http.Request) (due *Fault, keep bool, script chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if !matchesEndpoint(rule.Endpoint, r.Method, r.URL.Path) {
			continue
		}
		rule.seen++
		keep = keep || rule.Kind == FaultStale
		if due == nil && rule.hits() {
			due = &rule.Fault
		}
	}
	return due, keep, f.strike()
}

// hit closes the channel of Struck that next gave, unless there is another script by now.
func (f *Faults) hit(script chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.struck == script && !f.done {
		f.done = true
		close(script)
	}
}

// hits reports whether the rule is about the request it has just counted.
func (r *rule) hits() bool {
	since, count := r.seen-max(r.Nth, 1), cmp.Or(r.Count, 1)
	if since >= 0 && r.Every > 0 {
		since %= r.Every
	}
	return since >= 0 && (count < 0 || since < count)
}

// strike gives the channel of Struck. The caller holds the lock.
func (f *Faults) strike() chan struct{} {
	if f.struck == nil {
		f.struck = make(chan struct{})
	}
	return f.struck
}

// remember keeps an answer as the first of its URL, unless there is one, and gives the first.
func (f *Faults) remember(r *http.Request, answer *buffer) *buffer {
	f.mu.Lock()
	defer f.mu.Unlock()
	first := f.first[r.URL.String()]
	if first == nil && f.first != nil {
		f.first[r.URL.String()] = answer
	}
	return cmp.Or(first, answer)
}

// matchesEndpoint compares segment by segment.
func matchesEndpoint(endpoint, method, path string) bool {
	wantMethod, wantPath, _ := strings.Cut(endpoint, " ")
	if wantMethod != "*" && wantMethod != method {
		return false
	}
	want := strings.Split(strings.Trim(wantPath, "/"), "/")
	got := strings.Split(strings.Trim(path, "/"), "/")
	for i, segment := range want {
		switch {
		case segment == "{$}":
			return i == len(got)
		case strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "...}"), segment == "":
			return true
		case i >= len(got), !strings.HasPrefix(segment, "{") && segment != got[i]:
			return false
		}
	}
	return true
}

// play answers a request by the script, or hands it to the dialect.
func (s *Server) play(w http.ResponseWriter, r *http.Request, entry *record.Entry) {
	dialect := *s.handler.Load()
	fault, keep, script := s.Faults.next(r)
	if fault == nil && keep {
		answer := newBuffer()
		dialect.ServeHTTP(answer, r)
		s.Faults.remember(r, answer)
		answer.send(w, answer.body.Len())
		return
	}
	if fault == nil {
		dialect.ServeHTTP(w, r)
		return
	}
	entry.Fault = fault.Kind
	entry.Endpoint = fault.Endpoint // a handler that runs puts its own pattern here
	answer := newBuffer()
	switch fault.Kind {
	case FaultResetAfter, FaultStale, FaultTruncated:
		dialect.ServeHTTP(answer, r)
	}
	s.Faults.hit(script)
	switch fault.Kind {
	case FaultStatus:
		s.refuse(w, r, fault, cmp.Or(fault.Status, http.StatusServiceUnavailable))
	case FaultRateLimit:
		s.refuse(w, r, fault, http.StatusTooManyRequests)
	case FaultLostRights:
		s.refuse(w, r, fault, http.StatusForbidden)
	case FaultHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(cmp.Or(fault.Status, http.StatusOK))
		_, _ = w.Write([]byte("<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n"))
	case FaultSlow:
		if pause(r, fault.delay) {
			dialect.ServeHTTP(w, r)
		}
	case FaultResetBefore, FaultResetAfter:
		panic(http.ErrAbortHandler)
	case FaultStale:
		answer = s.Faults.remember(r, answer)
		answer.send(w, answer.body.Len())
	case FaultTruncated:
		answer.send(w, answer.body.Len()/2)
		panic(http.ErrAbortHandler)
	}
}

// refuse answers with an error in the dialect's shape.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, fault *Fault, status int) {
	if after := fault.RetryAfter; after != "" {
		if seconds, isDate := strings.CutPrefix(after, "date:"); isDate {
			n, _ := strconv.Atoi(seconds)
			after = time.Now().Add(time.Duration(n) * time.Second).UTC().Format(http.TimeFormat)
		}
		w.Header().Set("Retry-After", after)
	}
	if s.Dialect == Artifactory {
		artifactory.WriteError(w, r, status, http.StatusText(status))
		return
	}
	artifactkeeper.WriteError(w, status)
}

// buffer holds an answer that will not be sent as it is.
type buffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newBuffer() *buffer                            { return &buffer{header: http.Header{}, status: http.StatusOK} }
func (b *buffer) Header() http.Header               { return b.header }
func (b *buffer) WriteHeader(status int)            { b.status = status }
func (b *buffer) Write(p []byte) (n int, err error) { return b.body.Write(p) }

// send announces the whole body and sends n bytes of it.
func (b *buffer) send(w http.ResponseWriter, n int) {
	for name, values := range b.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(b.body.Len()))
	w.WriteHeader(b.status)
	_, _ = w.Write(b.body.Bytes()[:n])
	if n < b.body.Len() {
		_ = http.NewResponseController(w).Flush()
	}
}
