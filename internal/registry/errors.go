package registry

import (
	"errors"
	"fmt"
	"strings"
)

// Kind classifies a failure by what the caller can do about it.
type Kind int

// The kinds of failure.
const (
	KindUnknown Kind = iota
	// KindNotFound is the dialect's own not-found answer, never a proxy's 404.
	KindNotFound
	KindConflict
	// KindUnauthorized: the credential is missing, wrong or expired.
	KindUnauthorized
	// KindForbidden: the credential is good and not enough.
	KindForbidden
	// KindInvalid: the registry refused the input.
	KindInvalid
	// KindRateLimited: still limited after the retries that the deadline allowed.
	KindRateLimited
	// KindUnavailable: no answer, or a 5xx, for a request that had no effect as far as can be known.
	KindUnavailable
	// KindUncertain: a write was sent and its answer lost; it may or may not have happened.
	KindUncertain
	// KindWrongEndpoint: something answered that is not this registry's API (an HTML page, a proxy, a wrong path).
	KindWrongEndpoint
	// KindUnsupported: this registry, or this version of it, cannot do that.
	KindUnsupported
)

// Error is a failed operation, in words a person can act on. It never holds a request body, a URL with user info or
// any secret.
type Error struct {
	Kind Kind
	// Op is what was attempted, such as "create user".
	Op string
	// Object is on what, such as `user "alice"`.
	Object string
	// Status is the HTTP status that was answered; 0 when there was no answer.
	Status int
	// Code and Message are the registry's own words, bounded and scrubbed.
	Code    string
	Message string
	// RequestID correlates with the registry's log where it answers one.
	RequestID string
	// Field is the input at fault in the domain's words (username, email, scopes, repositories, …), where the registry
	// or the rule that was broken tells.
	Field string
	// Hint says what to do.
	Hint string
	// Err is the cause below, such as a network error.
	Err error
}

// Error implements error: what was attempted, on which object, what was answered, what to do. No secret is in it, whoever wrote
// its parts.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Object != "" {
		b.WriteString(" " + e.Object)
	}
	b.WriteString(": ")
	switch {
	case e.Status != 0:
		fmt.Fprintf(&b, "the registry answered HTTP %d", e.Status)
		if e.Code != "" {
			b.WriteString(" " + e.Code)
		}
		if e.Message != "" {
			b.WriteString(": " + e.Message)
		}
	case e.Message != "":
		b.WriteString(e.Message)
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	default:
		b.WriteString("failed")
	}
	if e.RequestID != "" {
		b.WriteString(" (request id " + e.RequestID + ")")
	}
	if e.Hint != "" {
		b.WriteString(". " + e.Hint)
	}
	return Masked(b.String())
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf tells the kind of an error; KindUnknown for foreign errors.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindUnknown
}

// IsNotFound reports whether the registry itself said that the object does not exist.
func IsNotFound(err error) bool { return KindOf(err) == KindNotFound }

// IsUnreachable reports whether the registry could not be asked, so that nothing is known about the object.
func IsUnreachable(err error) bool {
	switch KindOf(err) {
	case KindUnavailable, KindUncertain, KindWrongEndpoint, KindRateLimited:
		return true
	case KindUnknown, KindNotFound, KindConflict, KindUnauthorized, KindForbidden, KindInvalid, KindUnsupported:
		return false
	default:
		return false
	}
}
