package transport

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// outcome is what one attempt came to: an answer, or an error and whether the server may have acted.
type outcome struct {
	answer Response
	err    error
	// sent is true when bytes of the request may have reached a server.
	sent bool
}

// doWithRetry sends a request until it has an answer worth returning, or no further attempt is allowed. Its answer may
// have any status.
func (c *Client) doWithRetry(ctx context.Context, p *prepared) (Response, error) {
	ctx = withLogger(ctx)
	renewed := false
	for number := 1; ; number++ {
		authorization, err := c.authorization(ctx, p)
		if err != nil {
			return Response{}, err
		}
		o := c.send(ctx, p, authorization, number)

		// A refused session was refused before anything happened, so even a create may be sent again with a new one.
		if o.err == nil && o.answer.Status == http.StatusUnauthorized && !renewed && c.renewable(p) {
			renewed = true
			again, err := c.dialect.Authorizer.Renew(ctx, authorization)
			if err != nil {
				return Response{}, err
			}
			if again {
				continue
			}
		}

		if ctx.Err() != nil && o.err != nil {
			return Response{}, c.errCancelled(ctx, p, o)
		}
		if number > c.retries || !retryable(p.Class, o) {
			return c.result(p, o)
		}
		wait, asked := pause(o, number)
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait || !ok && wait > maxWaitWithoutDeadline {
			if asked {
				return Response{}, c.errRetryAfterTooLong(p, o, wait)
			}
			return c.result(p, o)
		}
		logWait(ctx, p, number, wait)
		if c.sleep(ctx, wait) != nil {
			return Response{}, c.errCancelled(ctx, p, o)
		}
	}
}

// result turns the last attempt into the result.
func (c *Client) result(p *prepared, o outcome) (Response, error) {
	if o.err != nil {
		return Response{}, c.errNoResponse(p, o)
	}
	return o.answer, nil
}

func (c *Client) renewable(p *prepared) bool { return !p.Anonymous && c.dialect.Authorizer != nil }

func (c *Client) authorization(ctx context.Context, p *prepared) (registry.Secret, error) {
	switch {
	case p.Anonymous:
		return registry.Secret{}, nil
	case c.dialect.Authorizer != nil:
		value, err := c.dialect.Authorizer.Authorization(ctx)
		if err == nil && !value.Empty() {
			p.mask = newMask(c.secrets, p.Secrets, []registry.Secret{value, bareCredential(value)})
		}
		return value, err
	default:
		return c.cred.header(), nil
	}
}

// send sends the request once and reads the whole answer.
func (c *Client) send(ctx context.Context, p *prepared, authorization registry.Secret, number int) outcome {
	if ctx.Err() != nil {
		return outcome{err: ctx.Err()} // the select below would choose by chance
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return outcome{err: ctx.Err()}
	}
	one, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()

	// GetConn comes before each connection the HTTP stack tries, GotConn when one is about to be written to. The stack
	// itself repeats a request only when nothing of it was written, or when it is safe.
	var sent atomic.Bool
	one = httptrace.WithClientTrace(one, &httptrace.ClientTrace{
		GetConn: func(string) { sent.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	req := c.rest.R() //nolint:forbidigo // this is the one constructor
	req.SetContext(one).SetHeader("Accept", p.accept)
	for name := range c.headers {
		req.SetHeader(name, c.headers.Get(name))
	}
	if !authorization.Empty() {
		req.SetHeader("Authorization", authorization.Reveal())
	}
	if p.body != nil {
		contentType := p.ContentType
		if contentType == "" {
			contentType = "application/json"
		}
		req.SetHeader("Content-Type", contentType).SetBody(p.body)
	}

	start := time.Now()
	resp, err := req.Execute(p.Method, p.url)
	var a Response
	if err == nil {
		a = Response{Method: p.Method, Path: p.Path, Params: p.Params, Status: resp.StatusCode(), Header: resp.Header()}
		err = p.receive(&a, resp.RawBody(), resp.RawResponse.ContentLength)
		_ = resp.RawBody().Close()
	}
	o := outcome{err: bareCause(err), sent: sent.Load()}
	if err == nil {
		o.answer = a
	}
	seen := Attempt{Method: p.Method, Path: p.Path, Status: o.answer.Status, Number: number, Duration: time.Since(start)}
	logAttempt(ctx, p, seen, o)
	if c.observe != nil {
		c.observe(seen)
	}
	return o
}

// bareCause drops the layer of an HTTP error that quotes the URL, query included.
func bareCause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
