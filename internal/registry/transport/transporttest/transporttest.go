// Package transporttest plays scripted answers to a dialect and remembers what it was sent. It knows neither registry;
// what a dialect makes of the real servers' behaviour is tested against the embedded registry.
package transporttest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport"
)

// Reply is one answer. ContentType is application/json when empty.
type Reply struct {
	Status      int
	Body        string
	ContentType string
}

// OK is a success with a JSON body.
func OK(body string) Reply { return Reply{Status: http.StatusOK, Body: body} }

// Refuse is another status with a JSON body.
func Refuse(status int, body string) Reply { return Reply{Status: status, Body: body} }

// Text is an answer in plain text.
func Text(status int, body string) Reply {
	return Reply{Status: status, Body: body, ContentType: "text/plain; charset=utf-8"}
}

// HTML is a web page.
func HTML(status int) Reply {
	return Reply{Status: status, Body: "<!DOCTYPE html><html></html>", ContentType: "text/html; charset=utf-8"}
}

// Script maps "METHOD /escaped/path" to the answers of that path. Each is used up by one request, except the last.
type Script map[string][]Reply

// Sent is a request as it arrived.
type Sent struct {
	What          string // "METHOD /escaped/path"
	Query         string
	Authorization string
	Body          map[string]any
}

// Server plays a script.
type Server struct {
	mu     sync.Mutex
	script Script
	seen   []Sent
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what := r.Method + " " + r.URL.EscapedPath()
	raw, _ := io.ReadAll(r.Body)
	var body map[string]any
	_ = json.Unmarshal(raw, &body)
	s.seen = append(s.seen, Sent{what, r.URL.RawQuery, r.Header.Get("Authorization"), body})
	replies := s.script[what]
	if len(replies) == 0 {
		http.Error(w, "not scripted: "+what, http.StatusTeapot)
		return
	}
	if len(replies) > 1 {
		s.script[what] = replies[1:]
	}
	contentType := replies[0].ContentType
	if contentType == "" {
		contentType = "application/json"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(replies[0].Status)
	_, _ = io.WriteString(w, replies[0].Body)
}

// Start plays a script until the test ends and gives a client for it that does not wait between attempts. Options may
// change the client's settings.
func Start(t testing.TB, script Script, options ...func(*transport.Config)) (*transport.Client, *Server) {
	t.Helper()
	s := &Server{script: script}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cfg := transport.Config{
		BaseURL: server.URL, AllowPlainHTTP: true,
		Credential: transport.Credential{AccessToken: registry.NewSecret("stub-credential")},
		Sleep:      func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	for _, option := range options {
		option(&cfg)
	}
	client, err := transport.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client, s
}

// Seen gives the requests since the start.
func (s *Server) Seen() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// WantSent compares the requests since the start, by method and path.
func (s *Server) WantSent(t testing.TB, want ...string) {
	t.Helper()
	var got []string
	for _, r := range s.Seen() {
		got = append(got, r.What)
	}
	if !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// WantBody compares the body of the n-th request, counted from 0, with JSON.
func (s *Server) WantBody(t testing.TB, n int, want string) {
	t.Helper()
	var expected map[string]any
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		t.Fatal(err)
	}
	seen := s.Seen()
	if n >= len(seen) {
		t.Fatalf("there were only %d requests", len(seen))
	}
	if !reflect.DeepEqual(seen[n].Body, expected) {
		t.Errorf("body of request %d:\n got %v\nwant %v", n, seen[n].Body, expected)
	}
}

// WantKind checks the kind of an error.
func WantKind(t testing.TB, err error, want registry.Kind) {
	t.Helper()
	var e *registry.Error
	if !errors.As(err, &e) || e.Kind != want {
		t.Fatalf("want kind %d, got %v (kind %d)", want, err, registry.KindOf(err))
	}
}
