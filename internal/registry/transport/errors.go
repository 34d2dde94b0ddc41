package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Hints are whole sentences: what to do next.
const (
	endpointHint = "Check `url`: it must be the registry's base address (without /ui or /artifactory), " +
		"and no login page, proxy or other server may answer in its place"
	uncertainHint = "The request was sent and its outcome is not known: it may or may not have taken effect. " +
		"Run again to find out; nothing was repeated blindly"
	credentialHint = "Check the provider's credential: it is wrong, expired or revoked, or belongs to another registry"
	otherHint      = "The answer says nothing about what was asked for, so nothing is concluded from it. " + endpointHint
	forbiddenHint  = "The provider's credential is valid but not allowed to do this; it needs an administrator's token"
)

// newError starts an error about an answer.
func (c *Client) newError(p *prepared, a Response) *registry.Error {
	return &registry.Error{Op: p.Op, Object: p.Object, Status: a.Status, RequestID: p.mask.id(a.requestID())}
}

// errFromStatus turns an answer that is no success into an error, and reports whether it speaks against this being the
// registry at all: a refusal that is not in the registry's own words.
func (c *Client) errFromStatus(p *prepared, a Response) (foreign bool, err error) {
	e := c.newError(p, a)
	problem, own := Problem{}, false
	if c.dialect.Problem != nil && !a.HTML() {
		problem, own = c.dialect.Problem(a)
	}
	e.Code, e.Message, e.Hint = p.mask.text(problem.Code), p.mask.text(problem.Message), problem.Hint
	e.Kind = problem.Kind
	if e.Kind == registry.KindUnknown {
		e.Kind = kindOf(p, a, own, problem.Missing)
	}
	if e.Message == "" {
		e.Message = c.describe(p, a)
	}
	if e.Hint == "" {
		e.Hint = hintFor(e.Kind, a)
		if own && e.Kind == registry.KindWrongEndpoint {
			e.Hint = otherHint
		}
	}
	return !own && a.Status/100 == 4 && a.Status != http.StatusTooManyRequests, e
}

// kindOf reads the status. Only a registry's own words about the object of the request can mean that it is missing; the same
// status from somebody else means that we ask the wrong server.
func kindOf(p *prepared, a Response, own, missing bool) registry.Kind {
	switch {
	case a.Status == http.StatusTooManyRequests:
		return registry.KindRateLimited
	case a.Status >= 500:
		return kindOfServerError(p, a)
	case a.Status == http.StatusRequestTimeout:
		return registry.KindUnavailable
	case a.Status/100 == 3, a.HTML():
		return registry.KindWrongEndpoint
	case a.Status == http.StatusUnauthorized:
		return registry.KindUnauthorized
	case a.Status == http.StatusForbidden:
		return registry.KindForbidden
	case !own && (a.Status == http.StatusNotFound || a.Status == http.StatusMethodNotAllowed || a.Status == http.StatusGone):
		return registry.KindWrongEndpoint
	case a.Status == http.StatusNotFound, a.Status == http.StatusGone, missing && a.Status == http.StatusBadRequest:
		return kindOfMissing(p, missing)
	case a.Status == http.StatusMethodNotAllowed:
		return registry.KindUnsupported
	case a.Status == http.StatusConflict:
		return registry.KindConflict
	default:
		return registry.KindInvalid
	}
}

// kindOfMissing: only what a request names can be missing, and only if the registry said so of that. A list that is not there
// would empty everything it tells about, so it means another address; and when something is made or changed, what is missing
// is something it refers to.
func kindOfMissing(p *prepared, missing bool) registry.Kind {
	switch named := strings.Contains(p.Path, "{"); {
	case named && missing:
		return registry.KindNotFound
	case p.writes():
		return registry.KindInvalid
	default:
		return registry.KindWrongEndpoint
	}
}

// kindOfServerError: a server that failed in the middle of a write may have done it. It has not when it asked to come
// back later.
func kindOfServerError(p *prepared, a Response) registry.Kind {
	if _, asked := retryAfter(a.Header); a.Status == http.StatusServiceUnavailable && asked {
		return registry.KindUnavailable
	}
	if p.writes() {
		return registry.KindUncertain
	}
	return registry.KindUnavailable
}

// describe says what was answered when no dialect can.
func (c *Client) describe(p *prepared, a Response) string {
	switch {
	case a.Status/100 == 3:
		if target, err := url.Parse(a.Header.Get("Location")); err == nil && target.Host != "" {
			return "a redirect to " + p.mask.text(target.Scheme+"://"+target.Host)
		}
		return "a redirect"
	case a.HTML():
		return "an HTML page"
	case a.mediaType() == "text/plain" && len(a.Body) > 0:
		return p.mask.text(string(a.Body[:min(len(a.Body), 4*maxMessage)]))
	default:
		return ""
	}
}

func hintFor(kind registry.Kind, a Response) string {
	switch kind {
	case registry.KindWrongEndpoint:
		return endpointHint
	case registry.KindUnauthorized:
		return credentialHint
	case registry.KindForbidden:
		return forbiddenHint
	case registry.KindUncertain:
		return uncertainHint
	case registry.KindRateLimited:
		if wait, asked := retryAfter(a.Header); asked {
			return fmt.Sprintf("The registry limits requests and asks to wait %s", wait.Round(time.Second))
		}
		return "The registry limits requests; lower `max_concurrent_requests` or try later"
	case registry.KindUnavailable:
		return "The registry could not serve the request; try again, or look into its log"
	case registry.KindUnknown, registry.KindNotFound, registry.KindConflict, registry.KindInvalid, registry.KindUnsupported:
	}
	return ""
}

// errRetryAfterTooLong is the answer to a Retry-After that the operation has no time for.
func (c *Client) errRetryAfterTooLong(p *prepared, o outcome, wait time.Duration) error {
	e := c.newError(p, o.answer)
	e.Kind = registry.KindRateLimited
	e.Message = fmt.Sprintf("the registry asks to wait %s, longer than this operation may take", wait.Round(time.Second))
	e.Hint = "Run again after that time, or raise the operation's `timeouts`"
	return e
}

// errNoResponse is the error of an attempt that brought no complete answer.
func (c *Client) errNoResponse(p *prepared, o outcome) error {
	text := p.mask.text(causeText(o.err))
	e := &registry.Error{
		Kind: registry.KindUnavailable, Op: p.Op, Object: p.Object, Err: cause{o.err, text},
		Message: "no answer from " + c.base + ": " + text,
		Hint:    causeHint(o.err),
	}
	if o.sent && p.writes() && !refusedByTLS(o.err) {
		e.Kind, e.Hint = registry.KindUncertain, uncertainHint
	}
	return e
}

// errCancelled is the error of an operation that was cancelled or ran out of time, whatever the last attempt said.
func (c *Client) errCancelled(ctx context.Context, p *prepared, o outcome) error {
	e := &registry.Error{Kind: registry.KindUnavailable, Op: p.Op, Object: p.Object, Err: ctx.Err()}
	e.Message = "cancelled before the registry answered"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		e.Message = "the time for this operation ended before the registry answered"
		if o.err == nil {
			e.Message += fmt.Sprintf("; its last answer was HTTP %d", o.answer.Status)
		}
	}
	lost := o.err != nil && o.sent && p.writes()
	failed := o.err == nil && o.answer.Status >= 500 && kindOfServerError(p, o.answer) == registry.KindUncertain
	if lost || failed {
		e.Kind, e.Hint = registry.KindUncertain, uncertainHint
	}
	return e
}

// cause is an error of the HTTP stack, which may quote the server, in words that may be shown. What it is can still be asked.
type cause struct {
	err  error
	text string
}

func (c cause) Error() string        { return c.text }
func (c cause) Is(target error) bool { return errors.Is(c.err, target) }
func (c cause) As(target any) bool   { return errors.As(c.err, target) }

// Format implements fmt.Formatter, so that no verb reaches what is below.
func (c cause) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.text)) }

func causeText(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "the request took longer than `request_timeout`"
	default:
		return err.Error()
	}
}

func causeHint(err error) string {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	switch {
	case errors.Is(err, errTooLarge):
		return "No registry's answer of this kind is that large; check `url`, and what answers in the registry's place"
	case errors.As(err, &unknown):
		return "The server's certificate is signed by an authority that this machine does not know; give it as `ca_certificate`"
	case errors.As(err, &host):
		return "The server's certificate is for another host name; check `url`"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "The server's certificate has expired or is not valid yet; check the server and this machine's clock"
	case errors.As(err, &certificate):
		return "The server's certificate cannot be verified; check `url` and `ca_certificate`"
	case refusedByTLS(err):
		return "The server refused the TLS handshake; if it asks for a client certificate, set `client_certificate` and `client_key`"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "The server speaks plain http on this port; check the scheme and port of `url`"
	case errors.As(err, &dns):
		return "The host name cannot be resolved; check `url` and `proxy`"
	case strings.Contains(err.Error(), "proxyconnect"), strings.Contains(err.Error(), "Proxy Authentication"):
		return "The proxy could not be used; check `proxy` and the HTTPS_PROXY variable"
	default:
		return "Check that the registry is running and reachable from here (`url`, `proxy`)"
	}
}
