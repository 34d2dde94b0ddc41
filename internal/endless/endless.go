// Package endless plays, for tests, a registry or a proxy in front of one whose lists never end. It is apart from the embedded
// registry, which answers as the real servers do.
package endless

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Kind is a way in which a list has no end.
type Kind string

// The kinds. Some are possible on one registry only.
const (
	// Invented pages bring new objects each time, and the next one is always there.
	Invented Kind = "invented"
	// Repeated is one page for every question.
	Repeated Kind = "repeated"
	// SameCursor brings new objects each time and always the same cursor (Artifactory).
	SameCursor Kind = "same cursor"
	// Alternating leads from one page to another and back.
	Alternating Kind = "alternating"
	// Trickle pages bring one new object each.
	Trickle Kind = "trickle"
	// Growing has a total that grows by a page with every question (Artifact Keeper).
	Growing Kind = "growing"
	// Shrinking has a total that shrinks with every question, so that a reader thinks that objects moved (Artifact Keeper).
	Shrinking Kind = "shrinking"
	// Drip sends one byte of a page and then another, without end.
	Drip Kind = "drip"
)

// Kinds are those that are possible on a registry.
func Kinds(t registry.Type) []Kind {
	if t == registry.Artifactory {
		return []Kind{Invented, Repeated, SameCursor, Alternating, Trickle, Drip}
	}
	return []Kind{Invented, Repeated, Alternating, Trickle, Growing, Shrinking, Drip}
}

// Request is one request as the server saw it.
type Request struct {
	At     time.Time
	Method string
	Path   string
}

// Server is a registry without an end.
type Server struct {
	URL  string
	Of   registry.Type
	kind Kind
	size int
	// most is how many requests are believed to come from a reader that will end; Exceeded is closed by the next one.
	most     int
	Exceeded chan struct{}

	mu      sync.Mutex
	seen    []Request
	changed chan struct{}
}

// Start starts one that lives as long as the test.
func Start(t *testing.T, of registry.Type, kind Kind, most int) *Server {
	t.Helper()
	s := &Server{Of: of, kind: kind, size: 100, most: most, Exceeded: make(chan struct{}), changed: make(chan struct{})}
	if of == registry.Artifactory {
		s.size = 1000
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Seen are the requests so far.
func (s *Server) Seen() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// Reached gives a channel that is closed when the server has seen so many requests.
func (s *Server) Reached(requests int) <-chan struct{} {
	reached := make(chan struct{})
	go func() {
		defer close(reached)
		for {
			s.mu.Lock()
			count, changed := len(s.seen), s.changed
			s.mu.Unlock()
			if count >= requests {
				return
			}
			<-changed
		}
	}()
	return reached
}

func (s *Server) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, Request{At: time.Now(), Method: r.Method, Path: r.URL.Path})
	if len(s.seen) == s.most+1 {
		close(s.Exceeded)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	w.Header().Set("Content-Type", "application/json")
	answer := ""
	switch {
	case r.Method != http.MethodGet:
	case s.Of == registry.Artifactory:
		answer = s.artifactory(r)
	default:
		answer = s.keeper(r)
	}
	switch {
	case answer == "":
		w.WriteHeader(http.StatusNotFound)
		message := fmt.Sprintf("User %s not found", r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
		_, _ = fmt.Fprintf(w, `{"errors":[{"code":"NOT_FOUND","message":%[1]q}],"code":"NOT_FOUND","message":%[1]q}`, message) //nolint:gosec // JSON for a test's client
	case s.kind == Drip:
		drip(w, r)
	default:
		_, _ = w.Write([]byte(answer))
	}
}

// drip sends white space, with which every JSON text may begin, until the client goes away.
func drip(w http.ResponseWriter, r *http.Request) {
	flusher, _ := w.(http.Flusher)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := w.Write([]byte(" ")); err != nil {
			return
		}
		flusher.Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// numbers are the objects of a page. turn counts the pages from 0.
func (s *Server) numbers(turn int) []int {
	start := turn * s.size
	switch s.kind {
	case Repeated:
		start = 0
	case Alternating:
		start = turn % 2 * s.size
	case Trickle:
		start = turn
	case Invented, SameCursor, Growing, Shrinking, Drip:
	}
	page := make([]int, s.size)
	for i := range page {
		page[i] = start + i
	}
	return page
}

// items writes the objects of a page, each by a template in which %[1]d is its number.
func (s *Server) items(turn int, template string) string {
	var b strings.Builder
	for i, n := range s.numbers(turn) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, template, n)
	}
	return b.String()
}

// artifactory answers the lists of the Access service, and for each account.
func (s *Server) artifactory(r *http.Request) string {
	list, name, one := strings.Cut(strings.TrimPrefix(r.URL.Path, "/access/api/v2/"), "/")
	if one && list == "users" && strings.HasPrefix(name, "x") {
		return fmt.Sprintf(`{"username":%q,"email":"%s@example.com","realm":"internal","status":"enabled","admin":false,"effective_admin":false,"groups":[]}`, name, name)
	}
	template := map[string]string{
		"users":       `{"username":"x%[1]d","realm":"internal","status":"enabled"}`,
		"groups":      `{"group_name":"x%[1]d"}`,
		"permissions": `{"name":"x%[1]d"}`,
	}[list]
	if one || template == "" {
		return ""
	}
	turn, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Query().Get("cursor"), "c"))
	next := turn + 1
	switch s.kind {
	case SameCursor:
		turn, next = len(s.Seen()), 1
	case Alternating:
		next = (turn+1)%2 + 10
	case Invented, Repeated, Trickle, Growing, Shrinking, Drip:
	}
	return fmt.Sprintf(`{"%s":[%s],"cursor":"c%d"}`, list, s.items(turn, template), next)
}

// uuid is a template of ids.
const uuid = `"00000000-0000-4000-8000-%012[1]d"`

// keeper answers the paged lists.
func (s *Server) keeper(r *http.Request) string {
	template := map[string]string{
		"users":  `{"id":` + uuid + `,"username":"x%[1]d","email":"x%[1]d@example.com","auth_provider":"local","is_active":true,"is_admin":false}`,
		"groups": `{"id":` + uuid + `,"name":"x%[1]d"}`,
		"permissions": `{"id":` + uuid + `,"principal_type":"user","principal_id":` + uuid + `,"principal_name":"x%[1]d",` +
			`"target_type":"repository","target_id":` + uuid + `,"actions":["read"]}`,
		"repositories": `{"id":` + uuid + `,"key":"x%[1]d","format":"npm","repo_type":"local"}`,
	}[strings.TrimPrefix(r.URL.Path, "/api/v1/")]
	if template == "" {
		return ""
	}
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	pages := 1 << 30
	total := pages * s.size
	switch s.kind {
	case Growing:
		pages = number + 1
		total = pages * s.size
	case Shrinking:
		total -= len(s.Seen())
	case Invented, Repeated, SameCursor, Alternating, Trickle, Drip:
	}
	return fmt.Sprintf(`{"items":[%s],"pagination":{"page":%d,"per_page":%d,"total":%d,"total_pages":%d}}`,
		s.items(number-1, template), number, s.size, total, pages)
}
