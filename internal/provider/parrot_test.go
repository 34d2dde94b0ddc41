package provider_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/acctest"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/devregistrytest"
)

// parrot stands between the provider and the registry. It learns every secret that the registry gives out, and can be made
// to answer each write, but for those of tokens, with an error that repeats whatever was sent, headers included, or not to answer at all.
type parrot struct {
	*httptest.Server
	repeats, hangs atomic.Bool
	hanging, ended chan struct{}

	mu    sync.Mutex
	given []string
}

var given = regexp.MustCompile(`"(?:access_token|refresh_token|reference_token|token)"\s*:\s*"([^"]+)"`)

func newParrot(t *testing.T, env *acctest.Env) *parrot {
	t.Helper()
	behind, err := url.Parse(env.Server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &parrot{hanging: make(chan struct{}, 1), ended: make(chan struct{})}
	forward := httputil.NewSingleHostReverseProxy(behind)
	forward.Transport = devregistrytest.Client(t, env.Server).Transport
	forward.ModifyResponse = func(resp *http.Response) error {
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		p.mu.Lock()
		for _, match := range given.FindAllSubmatch(body, -1) {
			p.given = append(p.given, string(match[1]))
		}
		p.mu.Unlock()
		resp.Body = io.NopCloser(bytes.NewReader(body))
		return nil
	}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet, strings.Contains(r.URL.Path, "/tokens"), !p.repeats.Load() && !p.hangs.Load():
			forward.ServeHTTP(w, r)
		case p.hangs.Load():
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client is gone
			select {
			case p.hanging <- struct{}{}:
			case <-r.Context().Done():
			}
			select {
			case <-r.Context().Done():
			case <-p.ended:
			}
		default:
			p.repeat(w, r)
		}
	}))
	t.Cleanup(func() {
		close(p.ended)
		p.Close()
	})
	return p
}

// repeat answers in the error shapes of both registries at once.
func (p *parrot) repeat(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	said := "you sent " + string(body)
	for _, values := range r.Header {
		for _, value := range values {
			said += " " + value
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"code": "VALIDATION_ERROR", "message": said, "errors": []any{map[string]any{"code": "BAD_REQUEST", "message": said}},
	})
}

// pem is the certificate to trust.
func (p *parrot) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}))
}

// secrets are all that the registry gave out so far.
func (p *parrot) secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.given...)
}
