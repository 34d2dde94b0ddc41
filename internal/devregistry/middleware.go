package devregistry

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
)

// controlPrefix is where the endpoints live that no real registry has.
const controlPrefix = "/_dev/"

// middleware is the way of every request: control endpoints aside, it is delayed, perhaps spoilt, answered, recorded.
func (s *Server) middleware() http.Handler {
	control := s.controlHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.opts.Control && strings.HasPrefix(r.URL.Path, controlPrefix) {
			control.ServeHTTP(w, r)
			return
		}
		s.recorded(w, r)
	})
}

// recorded answers a request and notes it in the log. The note is written before the client can see the end of the
// answer, so that who has an answer finds it in the log.
func (s *Server) recorded(w http.ResponseWriter, r *http.Request) {
	entry := &record.Entry{Time: s.Store.Now(), Method: r.Method, Path: r.URL.Path, UserAgent: r.UserAgent()}
	started := time.Now()
	rec := &recorder{ResponseWriter: w}
	r = r.WithContext(record.With(r.Context(), entry))
	defer func() {
		entry.Status, entry.Duration = rec.status, time.Since(started)
		if entry.Endpoint == "" {
			entry.Endpoint = r.Pattern
		}
		s.Log.Add(*entry)
		s.logLine.write(entry)
	}()
	if !pause(r, s.opts.Latency) {
		return
	}
	s.play(rec, r, entry)
}

// pause waits, and tells whether the client is still there afterwards.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what is below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// lineWriter writes entries as JSON lines, one at a time.
type lineWriter struct {
	mu      sync.Mutex
	encoder *json.Encoder
}

func newLineWriter(w io.Writer) *lineWriter {
	if w == nil {
		return &lineWriter{}
	}
	return &lineWriter{encoder: json.NewEncoder(w)}
}

// write is best effort: a full disk must not fail the requests.
func (l *lineWriter) write(e *record.Entry) {
	if l.encoder == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.encoder.Encode(e)
}
