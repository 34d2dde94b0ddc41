package transport

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// allocated is what a call allocates, the test's own server included: garbage as well as what stays, so that it bounds the peak. The
// budgets leave room for the race detector, under which twice as much is allocated.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// flood answers with a body that is written without being made: a beginning, a piece many times, and an end.
func flood(status int, contentType, begin, piece, end string, size int) http.HandlerFunc {
	block := []byte(strings.Repeat(piece, max(32<<10/len(piece), 1)))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, begin)
		for sent := 0; sent < size; sent += len(block) {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
		_, _ = io.WriteString(w, end)
	}
}

// zipped is a body that grows when it is unpacked.
func zipped(t *testing.T, body http.HandlerFunc) http.HandlerFunc {
	t.Helper()
	var packed bytes.Buffer
	var contentType string
	into := &packer{header: http.Header{}, into: gzip.NewWriter(&packed)}
	body(into, nil)
	contentType = into.header.Get("Content-Type")
	if err := into.into.Close(); err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}
}

type packer struct {
	header http.Header
	into   *gzip.Writer
}

func (p *packer) Header() http.Header         { return p.header }
func (p *packer) WriteHeader(int)             {}
func (p *packer) Write(b []byte) (int, error) { return p.into.Write(b) }

type pageOfThings struct {
	Items []struct {
		A, B, C, D string
		E          map[string]any
	} `json:"items"`
	Any any `json:"any"`
}

// TestAnswersCostLittle: whatever is answered, it is refused, or taken for the beginning that it is, before it costs much.
func TestAnswersCostLittle(t *testing.T) { //nolint:paralleltest // it measures what the whole process allocates
	const mib = 1 << 20
	const size = 32 * mib
	const jsonType = "application/json"
	object := func() any { return &pageOfThings{} }
	listed := func() any {
		return NewList("items", func(item *struct{ Name string }) (string, bool) { return item.Name, true })
	}
	bare := func() any { return NewList("", func(item *any) (any, bool) { return *item, true }) }
	nothing := func() any { return nil }
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		out     func() any
		budget  uint64
		says    string
	}{
		"a string in an object":  {flood(200, jsonType, `{"any":"`, "x", `"}`, size), object, 96 * mib, "too large"},
		"empty objects":          {flood(200, jsonType, `{"items":[{}`, ",{}", `]}`, 7*mib), object, 96 * mib, "too large"},
		"empty strings":          {flood(200, jsonType, `{"any":[""`, `,""`, `]}`, 7*mib), object, 96 * mib, "too large"},
		"nested arrays":          {flood(200, jsonType, `{"any":`, "[", `}`, 7*mib), object, 96 * mib, "too large"},
		"members of an object":   {flood(200, jsonType, `{"any":{"":0`, `,"a":1`, `}}`, 7*mib), object, 96 * mib, "too large"},
		"a packed string":        {zipped(t, flood(200, jsonType, `{"any":"`, "x", `"}`, size)), object, 96 * mib, "too large"},
		"a packed list":          {zipped(t, flood(200, jsonType, `{"items":[{}`, ",{}", `]}`, size)), listed, 96 * mib, "too large"},
		"blanks":                 {flood(200, jsonType, `{`, " ", `}`, size), object, 96 * mib, "too large"},
		"an error":               {flood(400, jsonType, `{"code":"`, "x", `"}`, size), object, 8 * mib, "HTTP 400"},
		"an error in a list":     {flood(404, jsonType, `{"code":"`, "x", `"}`, size), listed, 8 * mib, "HTTP 404"},
		"a text for an error":    {flood(502, "text/plain", "", "x", "", size), object, 8 * mib, "HTTP 502"},
		"a packed error":         {zippedError(t, flood(400, jsonType, `{"code":"`, "x", `"}`, size)), object, 8 * mib, "HTTP 400"},
		"a web page":             {flood(200, "text/html", "<html>", "x", "", size), object, 8 * mib, "HTML"},
		"a page without type":    {flood(200, "", "<!doctype html>", "x", "", size), object, 8 * mib, "HTML"},
		"a page for a list":      {flood(200, "", "<!doctype html>", "x", "", size), listed, 8 * mib, "HTML"},
		"a redirect":             {flood(302, "text/plain", "", "x", "", size), object, 8 * mib, "redirect"},
		"nothing wanted":         {flood(200, jsonType, `{"any":"`, "x", `"}`, size), nothing, 8 * mib, ""},
		"a string in a list":     {flood(200, jsonType, `{"items":[{"name":"`, "x", `"}]}`, size), listed, 8 * mib, "too large"},
		"blanks in a list":       {flood(200, jsonType, `{"items":[`, " ", `]}`, size), listed, 8 * mib, "too large"},
		"elements without end":   {flood(200, jsonType, `{"items":[{}`, ",{}", `]}`, size), listed, 96 * mib, "too large"},
		"nested in a list":       {flood(200, jsonType, ``, "[", ``, size), bare, 96 * mib, "other JSON|too large|not the JSON"},
		"beside a list":          {flood(200, jsonType, `{"other":"`, "x", `","items":[]}`, size), listed, 8 * mib, "too large"},
		"after a list":           {flood(200, jsonType, `{"items":[]}`, "x", ``, size), listed, 8 * mib, "not the JSON"},
		"a header":               {header(1, 8*mib), object, 8 * mib, "header"},
		"headers":                {header(40_000, 64), object, 32 * mib, "header"},
		"a list of other things": {flood(200, jsonType, `{"items":["a"`, `,"a"`, `]}`, size), listed, 8 * mib, "not the JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := serveHTTP(t, 1, tc.handler, func(cfg *Config) { cfg.MaxRetries = 0 })
			_ = c.Do(t.Context(), get("/x"), nil) // connects, and is not measured
			var err error
			cost := allocated(func() { err = c.Do(t.Context(), get("/x"), tc.out()) })
			if cost > tc.budget {
				t.Errorf("%d MiB are allocated, at most %d may be", cost/mib, tc.budget/mib)
			}
			if tc.says == "" && err == nil {
				return
			}
			for says := range strings.SplitSeq(tc.says, "|") {
				if err != nil && strings.Contains(err.Error(), says) {
					return
				}
			}
			t.Errorf("want %q: %v", tc.says, err)
		})
	}
}

func zippedError(t *testing.T, body http.HandlerFunc) http.HandlerFunc {
	t.Helper()
	packed := zipped(t, body)
	return func(w http.ResponseWriter, r *http.Request) { packed(refusing{w}, r) }
}

type refusing struct{ http.ResponseWriter }

func (r refusing) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusBadRequest)
	return r.ResponseWriter.Write(b)
}

func header(count, length int) http.HandlerFunc {
	value := strings.Repeat("x", length)
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := range count {
			w.Header().Set(fmt.Sprintf("X-%d", i), value)
		}
		_, _ = io.WriteString(w, "{}")
	}
}

// TestTextIsBounded: a version or a pong is short.
func TestTextIsBounded(t *testing.T) { //nolint:paralleltest // it measures what the whole process allocates
	c, _ := serveHTTP(t, 1, flood(200, "text/plain", "", "x", "", 100<<20))
	cost := allocated(func() {
		text, err := c.DoText(t.Context(), get("/x"))
		wantKind(t, err, registry.KindWrongEndpoint)
		if text != "" && len(text) > maxShort {
			t.Errorf("%d bytes", len(text))
		}
		if a, err := c.Probe(t.Context(), get("/x")); err != nil || len(a.Body) != maxShort {
			t.Errorf("%d bytes, %v", len(a.Body), err)
		}
	})
	if cost > 4<<20 {
		t.Errorf("%d bytes are allocated", cost)
	}
}

// served is a client of a server for benchmarks.
func served(b *testing.B, h http.HandlerFunc) *Client {
	b.Helper()
	server := httptest.NewServer(h)
	b.Cleanup(server.Close)
	c, err := New(Config{BaseURL: server.URL, AllowPlainHTTP: true, RequestTimeout: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

type tokenLine struct {
	TokenID     string `json:"token_id"`
	Subject     string `json:"subject"`
	Description string `json:"description"`
	Scope       string `json:"scope"`
	IssuedAt    int64  `json:"issued_at"`
	Expiry      int64  `json:"expiry"`
	Refreshable bool   `json:"refreshable"`
}

// tokenList answers so many tokens as Artifactory does.
func tokenList(count int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"tokens":[`)
		for i := range count {
			if i > 0 {
				_, _ = io.WriteString(w, ",")
			}
			_, _ = fmt.Fprintf(w, `{"token_id":"0a1b2c3d-4e5f-6789-0a1b-%012d","subject":"jfac@01hzyxwvutsrqponmlkjihgfed/users/user-%d",`+
				`"expiry":1790000000,"issued_at":1780000000,"issuer":"jfac@01hzyxwvutsrqponmlkjihgfed","description":"terraform workspace of user-%d, %s",`+
				`"refreshable":true,"scope":"applied-permissions/groups:\"readers\",\"developers\",\"team-%d\"","last_used":1785000000}`,
				i, i, i, strings.Repeat("x", 64), i%97)
		}
		_, _ = io.WriteString(w, `]}`)
	}
}

// TestAListOfManyTokens: 100,000 tokens are an honest list.
func TestAListOfManyTokens(t *testing.T) {
	t.Parallel()
	const count = 100_000
	all := NewList("tokens", func(l *tokenLine) (string, bool) { return l.TokenID, true })
	few := NewList("tokens", func(l *tokenLine) (string, bool) { return l.TokenID, strings.HasSuffix(l.TokenID, "777") })
	for tokens, out := range map[int]*List[tokenLine, string]{count: all, 1000: few} {
		c, _ := serveHTTP(t, 1, tokenList(tokens), func(cfg *Config) { cfg.RequestTimeout = 5 * time.Minute })
		if err := c.Do(t.Context(), get("/x"), out); err != nil {
			t.Fatal(err)
		}
	}
	if len(all.Items) != count || len(few.Items) != 1 {
		t.Errorf("%d and %d", len(all.Items), len(few.Items))
	}
}

func TestListsThatCannotBeBelieved(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"items":[{"name":"a"},{"name":"b"}]}`: "", `{"items":[]}`: "", `{"more":{"items":[1]},"items":[{"name":"a"}],"after":[1,"x",null]}`: "",
		`{"items":null}`: "not the JSON", `{}`: "no list", `null`: "the answer is null", `[]`: "not the JSON", `{"items":{}}`: "not the JSON", `{"items":[1]}`: "not the JSON",
		`{"items":[{"name":"a"}`: "not the JSON", `{"items":[{"name":"a"}]`: "not the JSON", `{"items":[]}{}`: "not the JSON", `{"items":[]} x`: "not the JSON", ` `: "empty", ``: "empty",
	} {
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, "application/json", body) })
		out := NewList("items", func(item *thing) (string, bool) { return item.Name, true })
		err := c.Do(t.Context(), get("/x"), out)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q: %v", body, want, err)
		}
	}
}

// TestAListThatIsCutIsReadAgain from its beginning.
func TestAListThatIsCutIsReadAgain(t *testing.T) {
	t.Parallel()
	first, begun := true, make(chan struct{}, 10)
	c, waits := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if first {
			first = false
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "5000")
			_, _ = io.WriteString(w, `{"items":[{"name":"a"},{"name":"b"},`+strings.Repeat(" ", 2*sniffed))
			_ = http.NewResponseController(w).Flush()
			<-begun // the client has the first elements
			panic(http.ErrAbortHandler)
		}
		answer(w, 200, "application/json", `{"items":[{"name":"a"},{"name":"b"},{"name":"c"}]}`)
	})
	out := NewList("items", func(item *thing) (string, bool) {
		begun <- struct{}{}
		return item.Name, true
	})
	if err := c.Do(t.Context(), get("/x"), out); err != nil || strings.Join(out.Items, "") != "abc" || len(waits.all()) != 1 {
		t.Errorf("%v %v %v", out.Items, err, waits.all())
	}
}

func TestCrowdedSkipsStrings(t *testing.T) {
	t.Parallel()
	text, _ := json.Marshal(strings.Repeat(`,{[\"`, maxObjectValues))
	if crowded(text) {
		t.Error("what is in a string counts")
	}
}
