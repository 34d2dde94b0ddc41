package transport

import (
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkPeak tells how high the heap gets, garbage included, while one answer is received: of an honest list of 100,000 tokens,
// all kept or one, and of bodies without an end. Run it with GOGC=400, as the provider sets it.
func BenchmarkPeak(b *testing.B) {
	all := func(l *tokenLine) (tokenLine, bool) { return *l, true }
	one := func(l *tokenLine) (tokenLine, bool) { return *l, strings.HasSuffix(l.TokenID, "77777") }
	tokens := tokenList(100_000)
	for name, tc := range map[string]struct {
		out  func() any
		from func() *Client
	}{
		"100000 tokens, all kept": {func() any { return NewList("tokens", all) }, func() *Client { return served(b, tokens) }},
		"100000 tokens, one kept": {func() any { return NewList("tokens", one) }, func() *Client { return served(b, tokens) }},
		"a string of 100 MiB": {func() any { return &pageOfThings{} }, func() *Client {
			return served(b, flood(200, "application/json", `{"any":"`, "x", `"}`, 100<<20))
		}},
		"an error of 100 MiB": {func() any { return &pageOfThings{} }, func() *Client {
			return served(b, flood(400, "application/json", `{"code":"`, "x", `"}`, 100<<20))
		}},
		"226000 tokens, all kept": {func() any { return NewList("tokens", all) }, func() *Client { return served(b, tokenList(226_000)) }},
		"elements without end": {func() any { return NewList("items", all) }, func() *Client {
			return served(b, flood(200, "application/json", `{"items":[{}`, ",{}", `]}`, 100<<20))
		}},
	} {
		b.Run(name, func(b *testing.B) {
			c := tc.from()
			b.ReportAllocs()
			highest := uint64(0)
			for b.Loop() {
				highest = max(highest, peak(func() { _ = c.Do(b.Context(), get("/x"), tc.out()) }))
			}
			b.ReportMetric(float64(highest)/(1<<20), "peak-MiB")
		})
	}
}

// peak is the largest heap that is seen while a call runs.
func peak(call func()) (highest uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			highest = max(highest, sample[0].Value.Uint64())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	call()
	close(done)
	watching.Wait()
	return highest
}
