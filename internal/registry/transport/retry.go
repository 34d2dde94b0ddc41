package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	backoffBase = 250 * time.Millisecond
	backoffMax  = 10 * time.Second
	// maxWaitWithoutDeadline bounds an asked wait when the operation has no deadline of its own. It covers Artifact
	// Keeper's longest window (logins and passwords, 900 s).
	maxWaitWithoutDeadline = 15 * time.Minute
	// maxRetryAfter keeps absurd values from overflowing; no deadline is that far.
	maxRetryAfter = 365 * 24 * time.Hour
)

// retryable is the one condition under which a request is sent again: the failure may pass, and either repeating is
// harmless or the server cannot have acted.
func retryable(class Class, o outcome) bool {
	if o.err != nil {
		if permanent(o.err) {
			return false
		}
		return !o.sent || class != Create
	}
	switch o.answer.Status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		_, asked := retryAfter(o.answer.Header)
		return asked || class != Create
	case http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return class != Create
	case http.StatusInternalServerError:
		// Registries answer 500 to some inputs they do not like; only a read is worth a second try.
		return class == Safe
	default:
		return false
	}
}

// permanent reports whether trying again cannot help.
func permanent(err error) bool {
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	switch {
	case errors.As(err, &certificate), refusedByTLS(err), errors.Is(err, http.ErrSchemeMismatch):
		return true
	case errors.As(err, &dns):
		return dns.IsNotFound
	default:
		return errors.Is(err, errTooLarge)
	}
}

// refusedByTLS reports a TLS alert of the server, such as a missing client certificate. It may come after the request
// was written (TLS 1.3), but a server that raises it has not looked at the request.
func refusedByTLS(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// pause is how long to wait before the next attempt, and whether the server asked for it. A small random part keeps
// parallel requests from returning in step.
func pause(o outcome, number int) (wait time.Duration, asked bool) {
	if o.err == nil {
		if wait, ok := retryAfter(o.answer.Header); ok {
			return wait + jitter(min(wait/10, 500*time.Millisecond)), true
		}
	}
	wait = min(backoffBase<<min(number-1, 10), backoffMax)
	return wait/2 + jitter(wait/2), false
}

// jitter is a random part of a wait; nothing secret depends on it.
func jitter(most time.Duration) time.Duration { return rand.N(most + 1) } //nolint:gosec // not a secret

// retryAfter reads the Retry-After header in both forms (RFC 9110 section 10.2.3). A date is compared with the server's
// own clock where it tells it.
func retryAfter(h http.Header) (time.Duration, bool) {
	now := time.Now()
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return parseRetryAfter(h.Get("Retry-After"), now)
}

func parseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0, false
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) { // the error can only be the range
			return maxRetryAfter, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(date.Sub(now), 0), maxRetryAfter), true
}

// sleep waits on the wall clock, or until the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
