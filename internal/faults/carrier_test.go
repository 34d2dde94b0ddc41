package faults

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

// carrier carries requests to a registry. While it is impatient, the time-out of a request that the registry lets hang
// is over as soon as the registry has it: what the provider sees is the same, and nobody waits.
type carrier struct {
	base      http.RoundTripper
	faults    *devregistry.Faults
	impatient atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (c *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	if !c.impatient.Load() {
		return c.base.RoundTrip(r)
	}
	struck := c.faults.Struck()
	select {
	case <-struck:
		return c.base.RoundTrip(r) // an earlier request was the one
	default:
	}
	type result struct {
		answer *http.Response
		err    error
	}
	results := make(chan result, 1)
	go func() {
		answer, err := c.base.RoundTrip(r)
		results <- result{answer, err}
	}()
	select {
	case got := <-results:
		return got.answer, got.err
	case <-struck:
		go func() { // the caller gives the request up, which ends it
			if got := <-results; got.err == nil {
				_ = got.answer.Body.Close()
			}
		}()
		return nil, context.DeadlineExceeded
	}
}
