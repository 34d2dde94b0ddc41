package transport

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/textproto"
	"strings"
	"time"
	"unicode"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Defaults for the zero values of Config, and what the provider documents. Retries have no such fallback: zero means none.
const (
	DefaultRequestTimeout        = 30 * time.Second
	DefaultMaxRetries            = 4
	DefaultMaxConcurrentRequests = 16
)

// Config says how to reach a registry. It is read once by New.
type Config struct {
	// BaseURL is the registry's address; New normalises it (registry.NormalizeURL).
	BaseURL    string
	Credential Credential

	// CAPEM holds certificates to trust besides the system's.
	CAPEM string
	// ClientCertPEM and ClientKeyPEM are for mutual TLS; both or none.
	ClientCertPEM string
	ClientKeyPEM  registry.Secret
	// InsecureSkipVerify accepts any server certificate.
	InsecureSkipVerify bool
	// ProxyURL is an http, https or socks5 proxy. Empty means the environment's (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
	ProxyURL registry.Secret
	// Headers are added to every request, anonymous ones included. Their values are treated as secrets.
	Headers   map[string]string
	UserAgent string

	// RequestTimeout bounds one attempt, body included. Zero means DefaultRequestTimeout.
	RequestTimeout time.Duration
	// MaxRetries is the number of further attempts after the first.
	MaxRetries int
	// MaxConcurrentRequests is the number of requests under way at a time. Zero means DefaultMaxConcurrentRequests.
	MaxConcurrentRequests int
	// MaxListed bounds the objects that one list may bring. Zero means registry.MaxListed.
	MaxListed int
	// AllowPlainHTTP permits sending a credential over http.
	AllowPlainHTTP bool

	// RoundTripper, when set, carries the requests instead of connections made from the settings above. Tests share one
	// among many clients of one server.
	RoundTripper http.RoundTripper
	// Observe, when set, is told of every attempt; tests count requests with it. It must be safe for concurrent use.
	Observe func(Attempt)
	// Sleep waits between attempts; nil waits on the wall clock. Tests replace it.
	Sleep func(context.Context, time.Duration) error
}

// Attempt is one request on the wire, without anything that could be secret.
type Attempt struct {
	Method string
	// Path is the template, such as /access/api/v2/users/{username}.
	Path string
	// Status is zero when no complete answer came.
	Status int
	// Number counts the attempts of one request from 1.
	Number   int
	Duration time.Duration
}

// Credential is an access token, or a user name and password, or an identity to exchange, or nothing.
type Credential struct {
	AccessToken registry.Secret
	Username    string
	Password    registry.Secret
	Identity    Identity
}

// Empty reports whether there is no credential at all.
func (c Credential) Empty() bool {
	return c.AccessToken.Empty() && c.Username == "" && c.Password.Empty() && c.Identity.Empty()
}

// header is the value of the Authorization header that carries the credential as it is; empty without one.
func (c Credential) header() registry.Secret {
	switch {
	case !c.AccessToken.Empty():
		return registry.NewSecret("Bearer " + c.AccessToken.Reveal())
	case c.Username != "":
		return registry.NewSecret("Basic " + c.basic())
	default:
		return registry.Secret{}
	}
}

func (c Credential) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(c.Username + ":" + c.Password.Reveal()))
}

// clean trims what people paste along with a credential and refuses what could not be sent. A line break inside a
// token would otherwise be quoted by the HTTP stack in an error.
func (c Credential) clean() (Credential, error) {
	token := strings.TrimSpace(c.AccessToken.Reveal())
	user := strings.TrimSpace(c.Username)
	password := strings.TrimRight(c.Password.Reveal(), "\r\n")
	identity, err := c.Identity.clean()
	switch {
	case err != nil:
		return Credential{}, err
	case !identity.Empty() && (token != "" || user != "" || password != ""):
		return Credential{}, configError("`oidc`", "it is set together with `access_token`, `username` or `password`",
			"Use one kind of credential.")
	case token != "" && (user != "" || password != ""):
		return Credential{}, configError("`access_token`", "it is set together with `username` or `password`",
			"Use the token, or the user name and password.")
	case (user == "") != (password == ""):
		return Credential{}, configError("`username`", "user name and password belong together, and one of them is missing", "")
	case strings.ContainsFunc(token, notPrintableASCII):
		return Credential{}, configError("`access_token`",
			"it contains a blank, a line break or another character that no token has",
			"Check how it was read: a file or a command often adds lines around it.")
	case strings.ContainsFunc(user, unicode.IsControl) || strings.Contains(user, ":"):
		return Credential{}, configError("`username`", "it contains a control character or a colon", "")
	case strings.ContainsFunc(password, unicode.IsControl):
		return Credential{}, configError("`password`", "it contains a line break or another control character", "")
	}
	return Credential{
		AccessToken: registry.NewSecret(token), Username: user, Password: registry.NewSecret(password), Identity: identity,
	}, nil
}

func notPrintableASCII(r rune) bool { return r <= ' ' || r > '~' }

// cleanHeaders checks the extra headers and gives them in canonical form.
func cleanHeaders(headers map[string]string) (http.Header, error) {
	h := http.Header{}
	for name, value := range headers {
		object := fmt.Sprintf("`headers` %q", name)
		switch canonical := textproto.CanonicalMIMEHeaderKey(name); {
		case name == "" || strings.ContainsFunc(name, notToken):
			return nil, configError(object, "it is not a header name", "")
		case reserved[canonical]:
			return nil, configError(object, "this header is set by the provider itself", "")
		case strings.ContainsFunc(value, unicode.IsControl):
			return nil, configError(object, "the value contains a line break or another control character", "")
		default:
			h.Set(name, strings.TrimSpace(value))
		}
	}
	return h, nil
}

// reserved are headers that would change who we are or how the message is framed.
var reserved = map[string]bool{
	"Authorization": true, "Host": true, "Content-Length": true, "Content-Type": true, "Transfer-Encoding": true,
	"Connection": true, "Accept-Encoding": true, "Cookie": true,
}

// notToken tells characters outside a header name (RFC 9110, token).
func notToken(r rune) bool {
	return notPrintableASCII(r) || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func configError(object, message, hint string) error {
	return &registry.Error{Kind: registry.KindInvalid, Op: "read", Object: object, Message: message, Hint: hint}
}
